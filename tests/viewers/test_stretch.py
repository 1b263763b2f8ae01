"""Slower and faster at equal pitch: length and pitch within one per cent, the whole source, no clicks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.stretch import Converter, Stretch
from tests.viewers.sounds import RATE, Samples, sine, voiced

SPEEDS = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.5, 2.0)


def pitch(values: np.ndarray, rate: float = RATE) -> float:
    """The strongest frequency between 60 and 1000 Hz, between bins by a parabola."""
    count = 1 << 18
    power = np.abs(np.fft.rfft(values * np.hanning(len(values)), count))
    low, high = int(60 * count / rate), int(1000 * count / rate)
    return (low + float(power[low:high].argmax())) * rate / count


def all_of(stretch: Stretch | Converter, piece: int = 1000) -> np.ndarray:
    parts = []
    while len(part := stretch.take(piece)):
        parts.append(part)
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("kind", ["tone", "voice"])
def test_length_follows_the_speed_and_pitch_stays(speed: float, kind: str) -> None:
    values = sine(220, 1.5, height=0.5) if kind == "tone" else voiced(1.5)
    made = all_of(Stretch(Samples(values).read, 0, len(values), speed, RATE))
    assert len(made) / len(values) * speed == pytest.approx(1, rel=0.01)
    assert pitch(made) == pytest.approx(pitch(values), rel=0.01)
    inner = slice(1000, -1000)
    loud, wanted = np.sqrt((made[inner] ** 2).mean()), np.sqrt((values[inner] ** 2).mean())
    assert loud == pytest.approx(wanted, rel=0.12), "as loud as before"
    assert np.abs(np.diff(made[inner])).max() < 2.5 * np.abs(np.diff(values)).max(), "no clicks"


def test_at_its_own_speed_it_is_the_source() -> None:
    values = voiced(1.0)
    made = all_of(Stretch(Samples(values).read, 1000, 9000, 1.0, RATE), 777)
    assert np.array_equal(made, values[1000:9000])


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 3000), st.integers(0, 4000), st.sampled_from(SPEEDS), st.integers(1, 5000))
def test_pieces_of_any_size_give_the_same(start: int, count: int, speed: float, piece: int) -> None:
    whole = all_of(Stretch(READER.read, start, start + count, speed, RATE), 1 << 20)
    assert len(whole) == round(count / speed)
    assert np.array_equal(all_of(Stretch(READER.read, start, start + count, speed, RATE), piece), whole)


READER = Samples(voiced(1.0))


def test_positions_lead_from_start_to_stop() -> None:
    stretch = Stretch(READER.read, 500, 2500, 0.3, RATE)
    assert stretch.position(0) == 500
    assert stretch.position(stretch.length) == 2500
    assert stretch.position(stretch.length + 99) == 2500


def test_silence_stays_silent() -> None:
    made = all_of(Stretch(Samples(np.zeros(8000, np.float32)).read, 0, 8000, 0.5, RATE))
    assert not made.any()
    assert len(made) == 16_000


@pytest.mark.parametrize("speed", [0.05, 2.5, float("nan")])
def test_other_speeds_are_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Stretch(READER.read, 0, 100, speed, RATE)


@pytest.mark.parametrize("wanted", [8000.0, 16_000.0, 44_100.0, 48_000.0])
def test_a_device_with_its_own_rate_plays_the_same_pitch(wanted: float) -> None:
    values = sine(330, 1.0, height=0.5)
    made = Converter(Stretch(Samples(values).read, 0, len(values), 1.0, RATE), RATE, wanted)
    heard = all_of(made, 441)
    assert len(heard) == pytest.approx(wanted, abs=2)
    assert pitch(heard, wanted) == pytest.approx(330, rel=0.01)
    assert made.position(len(heard)) == pytest.approx(len(values), abs=2)
    inner = heard[5:-5]
    assert np.abs(np.diff(inner)).max() < 1.2 * 0.5 * 2 * np.pi * 330 / wanted, "no clicks between pieces"
