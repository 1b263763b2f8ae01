"""Playing a stretch of a sound: at a speed, once or over and over, with the place that is heard told as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from models.stretch import Converter, Read, Stretch
from widgets.sound.output import Output, Sink, find_output

#: Milliseconds between two looks at the device.
_TICK = 20
#: At most so many seconds are made at once: what is asked for next should not wait.
_PIECE = 0.25


@dataclass(frozen=True)
class Clip:
    """What is played. read: samples of the recording; start, stop: in samples; rate: samples/s."""

    read: Read
    rate: float
    start: int
    stop: int


class Player(QObject):
    """Plays clips through an output, which is looked for when it is first wanted.

    ``moved(sample)``: what is heard now. ``changed``: it plays, or no longer. ``ended(sample)``: it stopped there by
    itself. ``troubled(why)``: it cannot play.
    """

    moved = Signal(int)
    changed = Signal()
    ended = Signal(int)
    troubled = Signal(str)

    def __init__(
        self, find: Callable[[], tuple[Output | None, str]] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._find = find or find_output
        self._found: tuple[Output | None, str] | None = None
        self.speed, self.volume, self.loop = 1.0, 0.8, False
        self._sink: Sink | None = None
        self._clip: Clip | None = None
        self._made: Converter | None = None
        #: Samples of the device in the rounds before, and written in this one.
        self._rounds, self._written = 0, 0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK)
        self._timer.timeout.connect(self._tick)

    # -- the device

    def look_for_device(self) -> str:
        """Why nothing can be heard, "" where it can."""
        if self._found is None:
            self._found = self._find()
        return self._found[1]

    def is_known(self) -> bool:
        """Whether a device was looked for."""
        return self._found is not None

    # -- playing

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._sink is not None

    def play(self, clip: Clip, at: int | None = None) -> bool:
        """Play a clip, from a sample in it on; False where nothing can be heard, with the reason told."""
        self._silence()
        why = self.look_for_device()
        output = self._found[0] if self._found is not None else None
        if output is None or clip.stop <= clip.start:
            self.troubled.emit(why)
            return False
        sink = output(clip.rate)
        self._clip, self._sink = clip, sink
        self._rounds = self._written = 0
        begin = clip.start if at is None or not clip.start <= at < clip.stop else at
        self._made = self._source(begin)
        sink.set_volume(self.volume)
        if not sink.start():
            self._give_up(sink.trouble() or "sound device: it cannot be opened")
            return False
        self._feed()
        self._timer.start()
        self.changed.emit()
        return True

    def _source(self, start: int) -> Converter:
        assert self._clip is not None
        assert self._sink is not None
        clip = self._clip
        return Converter(Stretch(clip.read, start, clip.stop, self.speed, clip.rate), clip.rate, self._sink.rate)

    def stop(self) -> int | None:
        """Be silent; the sample that was heard last, None where nothing was."""
        place = self.place()
        was = self.playing
        self._silence()
        if was:
            self.changed.emit()
        return place

    def _silence(self) -> None:
        self._timer.stop()
        if self._sink is not None:
            self._sink.stop()
        self._sink = self._made = None

    def _give_up(self, why: str) -> None:
        self._silence()
        self.changed.emit()
        self.troubled.emit(why)

    def place(self) -> int | None:
        """The sample that is heard, None while nothing is."""
        if self._sink is None or self._made is None:
            return None
        heard = round(self._sink.elapsed() * self._sink.rate) - self._rounds
        return self._made.position(min(max(heard, 0), self._made.length))

    # -- while it plays

    def _tick(self) -> None:
        sink, made = self._sink, self._made
        if sink is None or made is None:
            return
        if why := sink.trouble():
            self._give_up(why)
            return
        self._feed()
        heard = round(sink.elapsed() * sink.rate) - self._rounds
        if heard < made.length:
            self.moved.emit(made.position(max(heard, 0)))
        elif self.loop and self._clip is not None:
            self._begin_again(made)
        else:
            self._end()

    def _begin_again(self, made: Converter) -> None:
        self._rounds += made.length
        assert self._clip is not None
        self._made = self._source(self._clip.start)
        self._feed()
        self.moved.emit(self._clip.start)

    def _end(self) -> None:
        stop = self._clip.stop if self._clip is not None else 0
        self._silence()
        self.changed.emit()
        self.moved.emit(stop)
        self.ended.emit(stop)

    def _feed(self) -> None:
        """Give the device what it has room for."""
        sink, made = self._sink, self._made
        if sink is None or made is None:
            return
        room = min(sink.free(), round(_PIECE * sink.rate))
        samples = made.take(room) if room > 0 else None
        if samples is not None and len(samples):
            sink.write(samples)

    # -- choices

    def set_speed(self, speed: float) -> None:
        """How fast, 0.1 to 2, at equal pitch; what plays goes on from where it is."""
        self.speed = speed
        self._go_on()

    def set_volume(self, share: float) -> None:
        """How loud, 0 to 1."""
        self.volume = share
        if self._sink is not None:
            self._sink.set_volume(share)

    def set_loop(self, on: bool) -> None:
        """Over and over."""
        self.loop = on

    def _go_on(self) -> None:
        place, clip = self.place(), self._clip
        if place is not None and clip is not None and self.playing:
            self.play(clip, place)

    def close_down(self) -> None:
        """Be silent."""
        self._silence()
