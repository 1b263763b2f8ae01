"""A request of the prediction service: a JSON value as signals, with what is odd about it, or where it is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from models import electrodes
from models.domain import Recipe
from models.domains.eeg import regional
from models.domains.eeg.body_schema import FIELDS, FINEST, MOST_CHANNELS, PICTURE, SLOWEST
from models.domains.eeg.constants import BINS, CHANNELS, COLUMNS, RATE, REGIONS, WINDOW
from models.domains.eeg.derived import Terms, count_derived, mix, terms_of
from models.domains.eeg.oddities import of_eeg, of_power
from models.domains.eeg.repair import bridge_gaps
from models.domains.eeg.signals import EEG, SPECTROGRAM, no_signals
from models.domains.eeg.units import factor_words, in_microvolts
from models.resampling import resample
from models.service import Asked, BadBody, Warned

Floats = npt.NDArray[np.float32]
LENGTH = WINDOW * RATE
_PLAIN = {int, float, type(None)}
_NAMES = {EEG: "eeg_data", SPECTROGRAM: "spectrogram_data"}


def read(body: Any, recipe: Recipe) -> Asked:
    """A request of a body. Raises BadBody."""
    if not isinstance(body, Mapping):
        raise BadBody("a request is an object with eeg_data or spectrogram_data")
    for name in body:
        if name not in FIELDS:
            raise BadBody(f"this is not known; there are {', '.join(FIELDS)}", str(name)[:80])
    given = {kind for kind, name in _NAMES.items() if body.get(name) is not None}
    _check_enough(given, recipe)
    signals = no_signals(1)
    warnings: list[Warned] = []
    if EEG in given:
        signals.eeg[0], told = _eeg(body)
        warnings += told
    if SPECTROGRAM in given:
        signals.regions[0], told = _spectrogram(body["spectrogram_data"])
        warnings += told
    elif SPECTROGRAM in recipe.takes:
        signals.regions[0] = regional.of_window(signals.eeg[0])
        text = f"no spectrogram was sent: it was computed of the {WINDOW} s of EEG"
        warnings.append(Warned("spectrogram_computed", text))
    return Asked(signals, tuple(warnings), _options(body.get("options")))


def _check_enough(given: set[str], recipe: Recipe) -> None:
    """A spectrogram can be made of EEG, the EEG of nothing."""
    if not given:
        raise BadBody("neither eeg_data nor spectrogram_data is there; one of them is needed", "eeg_data")
    if EEG not in given and SPECTROGRAM not in recipe.takes:
        raise BadBody(f"the model ({recipe.name}) looks at the EEG alone; send eeg_data", "eeg_data")


def _options(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise BadBody("options are an object", "options")
    for name, value in given.items():
        if name not in ("keep", "id", "patient"):
            raise BadBody("this option is not known; there are keep, id, patient", "options", str(name)[:80])
        if name == "keep" and not isinstance(value, bool):
            raise BadBody("keep is true or false", "options", "keep")
        if name != "keep" and not (isinstance(value, str) and len(value) <= 200 and value.isprintable()):
            raise BadBody(f"{name} is a text of up to 200 signs", "options", name)
    return dict(given)


# EEG


def _eeg(body: Mapping[str, Any]) -> tuple[Floats, list[Warned]]:
    """µV at 200 Hz in our order, (20, 10000)."""
    rate = _rate(body.get("rate"))
    rows = body["eeg_data"]
    if not isinstance(rows, list):
        raise BadBody("a list of channels is expected, each a list of numbers", "eeg_data")
    if not 1 <= len(rows) <= MOST_CHANNELS:
        raise BadBody(f"1 to {MOST_CHANNELS} channels are expected, there are {len(rows)}", "eeg_data")
    made, warnings = _made(body.get("names"), len(rows))
    length = round(WINDOW * float(rate))
    values = np.stack([_channel(row, length, rate, "eeg_data", number) for number, row in enumerate(rows)])
    infinite = int(np.isinf(values).sum())
    values[~np.isfinite(values)] = np.nan
    out = mix(made, lambda row: _at_our_rate(values[row], rate), LENGTH)
    if infinite:
        warnings.append(Warned("infinite", f"{infinite} infinite values are taken as missing"))
    read = in_microvolts(out)
    if words := factor_words(read.factor):
        warnings.append(Warned("unit", words))
    # Only electrodes that were sent as such can be in each other's place.
    return read.values, [*warnings, *of_eeg(read.values, not count_derived(made))]


def _rate(given: Any) -> Fraction:
    if given is None:
        return Fraction(RATE)
    if isinstance(given, bool) or not isinstance(given, int | float) or not SLOWEST <= given <= FINEST:
        raise BadBody(f"the rate is a number from {SLOWEST} to {FINEST} samples a second", "rate")
    return Fraction(given).limit_denominator(10_000)


def _made(given: Any, count: int) -> tuple[Sequence[Terms], list[Warned]]:
    """What each of our channels is made of among those that were sent; and which names are odd."""
    if given is None:
        if count not in (len(CHANNELS) - 1, len(CHANNELS)):
            words = f"without names {len(CHANNELS) - 1} or {len(CHANNELS)} channels are expected, there are {count}"
            raise BadBody(f"{words}; the order is {' '.join(CHANNELS)}", "eeg_data")
        return [((place, 1.0),) if place < count else () for place in range(len(CHANNELS))], []
    if not isinstance(given, list) or len(given) != count:
        raise BadBody(f"a list with a name for each of the {count} channels is expected", "names")
    for number, name in enumerate(given):
        if not isinstance(name, str) or len(name) > 100:
            raise BadBody("a name is a text of up to 100 signs", "names", number)
    found = terms_of(tuple(one.name for one in electrodes.name_channels(given)))
    if not any(found[:-1]):
        raise BadBody("none of these is an electrode of the 10–20 system", "names")
    return found, _repeated(given)


def _repeated(given: Sequence[str]) -> list[Warned]:
    """Electrodes that are named twice, T3 and T7 being one; a warning that says which channels are judged."""
    counts = Counter(one.name for one in map(electrodes.name_channel, given) if one.electrode)
    if not (twice := [name for name in CHANNELS if counts[name] > 1]):
        return []
    return [Warned("repeated", f"sent more than once, the first of each is judged: {', '.join(twice)}")]


def _channel(row: Any, length: int, rate: Fraction, *place: str | int) -> Floats:
    if isinstance(row, list) and len(row) != length:
        words = f"{WINDOW} s at {float(rate):g} Hz are {length} values, there are {len(row)}"
        raise BadBody(words, *place)
    return numbers(row, *place)


def numbers(row: Any, *place: str | int) -> Floats:
    """A list of numbers; null and NaN are missing values. Raises BadBody."""
    if not isinstance(row, list):
        raise BadBody("a list of numbers is expected", *place)
    if not set(map(type, row)) <= _PLAIN:
        wrong = next(number for number, value in enumerate(row) if type(value) not in _PLAIN)
        raise BadBody("a number is expected", *place, wrong)
    try:
        with np.errstate(over="ignore"):
            return np.array(row, np.float64).astype(np.float32)
    except OverflowError:
        raise BadBody("a number here is too large", *place) from None


def _at_our_rate(row: Floats, rate: Fraction) -> Floats:
    """The same as recordings of other rates are read; where values are missing they stay so."""
    if rate == RATE:
        return row
    known = np.isfinite(row)
    filled = bridge_gaps(row[None])[0]
    read: Callable[[int, int], Floats] = lambda first, last: filled[first:last]  # noqa: E731
    out = resample(read, len(row), 0, LENGTH, Fraction(RATE) / rate)
    if not known.all():
        nearest = np.minimum((np.arange(LENGTH) * float(rate) / RATE).round().astype(np.int64), len(row) - 1)
        out = np.where(known[nearest], out, np.float32(np.nan))
    return np.asarray(out, np.float32)


# Spectrogram


def _spectrogram(given: Any) -> tuple[Floats, list[Warned]]:
    """Power of four regions, (4, 100, 300)."""
    shape = (len(REGIONS), BINS, COLUMNS)
    if not isinstance(given, list) or len(given) not in (shape[0], PICTURE[0]):
        found = f", there are {len(given)}" if isinstance(given, list) else ""
        words = f"4 regions of 100 bins × 300 columns, or a picture of 3 × 224 × 224, are expected{found}"
        raise BadBody(words, "spectrogram_data")
    picture = len(given) == PICTURE[0]
    values = _grid(given, PICTURE if picture else shape)
    values[~np.isfinite(values)] = np.nan
    if picture:
        return _of_picture(values), [
            Warned("picture", "a picture tells no regions: the mean of its channels stands for all four")
        ]
    return np.maximum(values, 0), of_power(values)


def _grid(given: list[Any], shape: tuple[int, ...]) -> Floats:
    out = np.empty(shape, np.float32)
    for number, part in enumerate(given):
        if not isinstance(part, list) or len(part) != shape[1]:
            found = f", there are {len(part)}" if isinstance(part, list) else ""
            raise BadBody(f"{shape[1]} rows are expected{found}", "spectrogram_data", number)
        for place, row in enumerate(part):
            if isinstance(row, list) and len(row) != shape[2]:
                words = f"{shape[2]} values are expected, there are {len(row)}"
                raise BadBody(words, "spectrogram_data", number, place)
            out[number, place] = numbers(row, "spectrogram_data", number, place)
    return out


def _of_picture(picture: Floats) -> Floats:
    """Power of a picture of its logarithm: rows are bins from the slowest on, columns the ten minutes."""
    from scipy.ndimage import zoom

    with np.errstate(over="ignore"):
        mean = bridge_gaps(picture.mean(axis=0))
        scaled = zoom(mean, (BINS / PICTURE[1], COLUMNS / PICTURE[2]), order=1, grid_mode=True, mode="nearest")
        power = np.exp(np.clip(scaled, -20, 20))
    return np.repeat(np.asarray(power, np.float32)[None], len(REGIONS), axis=0)
