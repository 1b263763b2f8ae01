"""What a domain loaded for one sample, looked into. It comes with the first sample: a window begins without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.payload import Payload, Picture, Recording, Sound, Spectrogram, Tissue, Traces, Unit

if TYPE_CHECKING:
    from widgets.unit.digest import Digest


@dataclass(frozen=True)
class Parts:
    """The first payload of each kind that was loaded."""

    picture: Picture | None
    recording: Recording | None
    spectrogram: Spectrogram | None
    sound: Sound | None
    traces: Traces | None
    tissue: Tissue | None


def part(payloads: Sequence[Payload | Digest]) -> Parts:
    """What was loaded, by its kinds."""

    def first(kind: type) -> Any:
        return next((one for one in payloads if isinstance(one, kind)), None)

    return Parts(*(first(kind) for kind in (Picture, Recording, Spectrogram, Sound, Traces, Tissue)))


def prepare(payloads: Sequence[Payload], lags: Any) -> Sequence[Payload | Digest]:
    """Make payloads ready to be drawn, off the window's thread. lags: of the correlograms of units."""
    if any(isinstance(one, Recording) for one in payloads):
        from widgets.recording.reader import prepare as prepare_recording

        prepare_recording()
    if any(isinstance(one, Sound) for one in payloads):
        from widgets.sound.raster import prepare as prepare_sound

        prepare_sound()
    if not any(isinstance(one, Unit) for one in payloads):
        return payloads
    from widgets.unit.digest import digest

    return tuple(digest(one, lags) if isinstance(one, Unit) else one for one in payloads)


def unit_of(payloads: Sequence[Payload | Digest]) -> Digest | None:
    """The unit among what was loaded, read and counted."""
    if not any(not isinstance(one, Traces | Tissue) for one in payloads):
        return None
    from widgets.unit.digest import Digest, digest

    found = next((one for one in payloads if isinstance(one, Unit | Digest)), None)
    return digest(found) if isinstance(found, Unit) else found


def tells_other_channels(before: Sequence[Payload | Digest], now: Sequence[Payload | Digest]) -> bool:
    """Whether the same recording tells otherwise than before which of its channels are bad."""
    told = {one.whole: one.bad for one in before if isinstance(one, Recording) and one.whole}
    return any(isinstance(one, Recording) and told.get(one.whole, one.bad) != one.bad for one in now)
