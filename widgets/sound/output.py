"""Where sound goes: a device of this machine through QtMultimedia, or none, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLoggingCategory

Samples = npt.NDArray[np.float32]
#: Seconds of sound that wait in the device: a window that is busy for a moment is not heard.
_AHEAD = 0.25
NO_DEVICE = "No sound device: playback is off"


class Sink(Protocol):
    """One way of playing from a start to a stop."""

    #: Samples/s that it takes.
    rate: float

    def start(self) -> bool:
        """Begin; False where the device refuses."""
        ...

    def free(self) -> int:
        """How many samples can be written now."""
        ...

    def write(self, samples: Samples) -> None:
        """Play these after the ones before."""
        ...

    def elapsed(self) -> float:
        """Seconds since the start."""
        ...

    def trouble(self) -> str:
        """Why it stopped, "" while all is well."""
        ...

    def set_volume(self, share: float) -> None:
        """0 to 1, as it is heard."""
        ...

    def stop(self) -> None:
        """Be silent at once."""
        ...


#: Makes a sink for samples of a rate.
Output = Callable[[float], Sink]


def find_output() -> tuple[Output | None, str]:
    """The machine's own sound device, or None and why there is none."""
    # What a library says of a machine without a device is said by us, once. It is silenced by rules and not by a
    # handler: one in Python would wait for the interpreter inside the loading of a library, and another thread that
    # loads one waits for that, for ever.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false\ndefault.warning=false")
    try:
        from PySide6.QtMultimedia import QMediaDevices

        device = QMediaDevices.defaultAudioOutput()
    except ImportError:
        return None, "Playback is off: QtMultimedia lacks a system library (libpulse0 on Linux)"
    finally:
        QLoggingCategory.setFilterRules("")
    return (None, NO_DEVICE) if device.isNull() else ((lambda rate: DeviceSink(device, rate)), "")


class DeviceSink:
    """A Sink of QtMultimedia; what the device does not take as it is is given as it takes it."""

    def __init__(self, device: Any, rate: float) -> None:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink

        wanted = QAudioFormat()
        wanted.setSampleRate(round(rate))
        wanted.setChannelCount(1)
        wanted.setSampleFormat(QAudioFormat.SampleFormat.Float)
        self._format = wanted if device.isFormatSupported(wanted) else device.preferredFormat()
        self.rate = float(self._format.sampleRate())
        self._sink = QAudioSink(device, self._format)
        self._sink.setBufferSize(self._format.bytesForDuration(round(_AHEAD * 1e6)))
        self._place: Any = None

    def start(self) -> bool:
        """Begin; a device that cannot be opened tells so only now."""
        self._place = self._sink.start()
        return self._place is not None and not self.trouble()

    def free(self) -> int:
        return int(self._sink.bytesFree() // max(self._format.bytesPerFrame(), 1))

    def write(self, samples: Samples) -> None:
        self._place.write(packed(samples, self._format.channelCount(), self._format.sampleFormat().name))

    def elapsed(self) -> float:
        return self._sink.elapsedUSecs() / 1e6

    def trouble(self) -> str:
        from PySide6.QtMultimedia import QtAudio

        error = self._sink.error()
        # A sink that has nothing left to play says so, which is no trouble.
        return "" if error in (QtAudio.Error.NoError, QtAudio.Error.UnderrunError) else f"sound device: {error.name}"

    def set_volume(self, share: float) -> None:
        self._sink.setVolume(min(max(share, 0.0), 1.0) ** 2)

    def stop(self) -> None:
        self._sink.stop()


def packed(samples: Samples, channels: int, kind: str) -> bytes:
    """Samples as a device takes them: Float, Int32, Int16 or UInt8, the same in each channel. KeyError for others."""
    clipped = np.clip(samples, -1, 1)
    if kind == "UInt8":
        values: npt.NDArray[Any] = np.rint(clipped * 127 + 128).astype(np.uint8)
    else:
        scale, dtype = {"Float": (1.0, np.float32), "Int32": (2**31 - 256, np.int32), "Int16": (32767, np.int16)}[kind]
        values = (clipped if kind == "Float" else np.rint(clipped * np.float64(scale))).astype(dtype)
    return np.repeat(values, channels).tobytes()
