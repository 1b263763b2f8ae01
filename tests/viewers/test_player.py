"""Playing through an injected device: what is written, what is told as it goes, loops, speeds, trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.viewers.sounds import RATE, Samples, sounded, voiced
from widgets.sound.output import NO_DEVICE, Output, Sink, find_output, packed
from widgets.sound.player import Clip, Player
from widgets.sound.viewer import SoundViewer

VALUES = voiced(2.0)


class FakeSink:
    """A device whose time is told by the test; it keeps what it is given."""

    def __init__(self, rate: float) -> None:
        self.rate, self.now, self.why = rate, 0.0, ""
        self.heard, self.share, self.stopped = np.zeros(0, np.float32), 1.0, False
        self.opens = True

    def start(self) -> bool:
        return self.opens

    def free(self) -> int:
        return max(round((self.now + 0.25) * self.rate) - len(self.heard), 0)

    def write(self, samples: np.ndarray) -> None:
        assert not self.stopped
        self.heard = np.concatenate([self.heard, samples])

    def elapsed(self) -> float:
        return self.now

    def trouble(self) -> str:
        return self.why

    def set_volume(self, share: float) -> None:
        self.share = share

    def stop(self) -> None:
        self.stopped = True


class Device:
    """Makes fake sinks, the last of which is `sink`. rate: of its own, 0 for whatever is asked."""

    def __init__(self, rate: float = 0.0) -> None:
        self.rate, self.sinks = rate, list[FakeSink]()
        self.prepare: Callable[[FakeSink], None] = lambda _sink: None

    @property
    def sink(self) -> FakeSink:
        return self.sinks[-1]

    def find(self) -> tuple[Output, str]:
        return self.make, ""

    def make(self, rate: float) -> Sink:
        made = FakeSink(self.rate or rate)
        self.prepare(made)
        self.sinks.append(made)
        return made


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def player(device: Device, qtbot: QtBot) -> Iterator[Player]:
    made = Player(device.find)
    made._timer.setInterval(1_000_000)  # its ticks are the test's
    yield made
    made.close_down()


def clip(start: int = 0, stop: int = len(VALUES)) -> Clip:
    return Clip(Samples(VALUES).read, RATE, start, stop)


def run_to(player: Player, device: Device, seconds: float, step: float = 0.1) -> None:
    while player.playing and device.sink.now < seconds - 1e-9:
        device.sink.now = min(device.sink.now + step, seconds)
        player._tick()


def test_what_is_played_is_the_recording(player: Player, device: Device) -> None:
    told, ends = list[int](), list[int]()
    player.moved.connect(told.append)
    player.ended.connect(ends.append)
    assert player.play(clip(1000, 9000))
    assert player.playing
    run_to(player, device, 0.3)
    assert told[-1] == 1000 + round(0.3 * RATE), "it follows what is heard"
    run_to(player, device, 5.0)
    assert np.array_equal(device.sink.heard, VALUES[1000:9000])
    assert (told[-1], ends, player.playing, device.sink.stopped) == (9000, [9000], False, True)


def test_a_pause_is_at_the_sample_that_was_heard(player: Player, device: Device) -> None:
    player.play(clip(), 4000)
    run_to(player, device, 0.1234, 0.0617)
    assert player.stop() == 4000 + round(0.1234 * RATE)
    assert player.stop() is None


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_at_another_speed_the_cursor_goes_with_the_recording(player: Player, device: Device, speed: float) -> None:
    player.set_speed(speed)
    player.play(clip(0, 16_000))
    run_to(player, device, 0.4)
    assert player.place() == pytest.approx(0.4 * speed * RATE, abs=1)
    run_to(player, device, 10.0)
    assert len(device.sink.heard) == pytest.approx(16_000 / speed, abs=1)


def test_another_speed_while_it_plays_goes_on_from_there(player: Player, device: Device) -> None:
    player.play(clip(0, 32_000))
    run_to(player, device, 0.5)
    player.set_speed(0.5)
    assert len(device.sinks) == 2
    assert player.place() == 8000
    run_to(player, device, 1.0)
    assert player.place() == pytest.approx(16_000, abs=2)


def test_a_loop_goes_round_without_a_gap(player: Player, device: Device) -> None:
    ends = list[int]()
    player.ended.connect(ends.append)
    player.set_loop(True)
    player.play(clip(0, 8000))
    run_to(player, device, 1.7)
    assert player.playing
    assert ends == []
    assert player.place() == pytest.approx(round(0.2 * RATE), abs=1)
    assert np.array_equal(device.sink.heard[8000:16_000], VALUES[:8000])
    player.set_loop(False)
    run_to(player, device, 9.0)
    assert ends == [8000]


def test_a_device_of_another_rate_gets_its_own(qtbot: QtBot) -> None:
    device = Device(48_000.0)
    player = Player(device.find)
    player._timer.setInterval(1_000_000)
    player.play(clip(0, 16_000))
    run_to(player, device, 0.5)
    assert player.place() == pytest.approx(8000, abs=2)
    run_to(player, device, 3.0)
    assert len(device.sink.heard) == pytest.approx(48_000, abs=3)
    player.close_down()


def test_volume_is_the_device_s(player: Player, device: Device) -> None:
    player.set_volume(0.3)
    player.play(clip())
    assert device.sink.share == 0.3
    player.set_volume(0.6)
    assert device.sink.share == 0.6


def test_a_device_that_cannot_be_opened_says_so(player: Player, device: Device) -> None:
    told, changed = list[str](), list[int]()
    player.troubled.connect(told.append)
    player.changed.connect(lambda: changed.append(1))

    def shut(sink: FakeSink) -> None:
        sink.opens, sink.why = False, "sound device: OpenError"

    device.prepare = shut
    assert not player.play(clip())
    assert told == ["sound device: OpenError"]
    assert not player.playing
    device.prepare = lambda _sink: None
    player.play(clip())
    device.sink.why = "sound device: FatalError"
    player._tick()
    assert told[-1] == "sound device: FatalError"
    assert not player.playing


def test_without_a_device_nothing_plays_and_it_is_told(qtbot: QtBot) -> None:
    player, told = Player(lambda: (None, NO_DEVICE)), list[str]()
    player.troubled.connect(told.append)
    assert not player.is_known()
    assert not player.play(clip())
    assert told == [NO_DEVICE]
    assert player.place() is None


def test_the_machine_s_own_device_is_looked_for_without_noise(qtbot: QtBot) -> None:
    output, why = find_output()
    assert (output is None) == bool(why)


@pytest.mark.parametrize(("kind", "size"), [("Float", 4), ("Int32", 4), ("Int16", 2), ("UInt8", 1)])
def test_samples_are_packed_as_devices_take_them(kind: str, size: int) -> None:
    made = packed(np.array([0, 1, -1, 2], np.float32), 2, kind)
    assert len(made) == 4 * 2 * size
    dtype = {"Float": "<f4", "Int32": "<i4", "Int16": "<i2", "UInt8": "u1"}[kind]
    values = np.frombuffer(made, dtype).reshape(4, 2).astype(np.float64)
    assert np.array_equal(values[:, 0], values[:, 1])
    middle, top = values[0, 0], values[1, 0]
    assert values[3, 0] == top, "cut at full scale"
    assert values[2, 0] - middle == pytest.approx(middle - top, rel=0.01)


# -- through the viewer


@pytest.fixture
def viewer(device: Device, qtbot: QtBot) -> Iterator[SoundViewer]:
    made = Player(device.find)
    made._timer.setInterval(1_000_000)
    shown = SoundViewer(player=made)
    qtbot.addWidget(shown)
    shown.resize(1000, 700)
    shown.show()
    shown.set_payload(sounded(3.0))
    shown.bar.show_trouble(made.look_for_device())
    yield shown
    shown.close_down()


def test_it_plays_from_the_cursor_which_follows_and_stops_on_the_sample(viewer: SoundViewer, device: Device) -> None:
    viewer.page.set_cursor(1.0)
    viewer.bar.play.click()
    assert viewer.player.playing
    assert viewer.bar.play.accessibleName() == "Pause"
    run_to(viewer.player, device, 0.5)
    assert viewer.page.moment.at == pytest.approx(1.5, abs=1 / RATE)
    assert viewer.page.wave_moment.at == viewer.page.moment.at
    assert viewer.bar.clock.text() == "0:01.500"
    device.sink.now = 0.5621
    viewer.toggle_play()
    assert viewer.page.moment.at == (16_000 + round(0.5621 * RATE)) / RATE
    assert viewer.bar.play.accessibleName() == "Play from the cursor"
    viewer.toggle_play()
    run_to(viewer.player, device, 9.0)
    assert viewer.page.moment.at == pytest.approx(3.0, abs=2 / RATE)


def test_a_page_follows_the_cursor_that_leaves_it(viewer: SoundViewer, device: Device) -> None:
    viewer.page.plot.set_x(0.0, 1.0)
    viewer.page.set_cursor(0.9)
    viewer.toggle_play()
    run_to(viewer.player, device, 0.5)
    left, right = viewer.page.plot.x_range()
    assert left <= 1.4 <= right


def test_the_selection_is_played_alone(viewer: SoundViewer, device: Device) -> None:
    assert not viewer.bar.selection.isEnabled()
    viewer.page.set_selection((0.5, 1.0))
    assert viewer.bar.selection.isEnabled()
    viewer.bar.selection.click()
    run_to(viewer.player, device, 9.0)
    assert len(device.sink.heard) == 8000
    viewer.bar.speed.chosen.emit("0.5")
    viewer.play_selection()
    run_to(viewer.player, device, 9.0)
    assert len(device.sink.heard) == 16_000
    viewer.step_speed(1)
    assert viewer.player.speed == 1.0
    assert viewer.bar.speed.value() == "1"


def test_a_click_while_it_plays_stops_it_there(viewer: SoundViewer, device: Device) -> None:
    viewer.page.set_cursor(0.0)
    viewer.toggle_play()
    run_to(viewer.player, device, 0.2)
    viewer.page._drag_cursor(2.0)
    assert not viewer.player.playing
    assert viewer.page.moment.at == 2.0


def test_another_sample_silences_the_one_before(viewer: SoundViewer, device: Device) -> None:
    viewer.toggle_play()
    viewer.set_payload(sounded(1.0))
    assert device.sink.stopped
    assert not viewer.player.playing
