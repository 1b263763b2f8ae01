"""EDF and BDF: samples as they were, gaps as gaps, and every broken form told in a word."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.edf import BadRecording, open_edf, span
from models.domains.eeg.recording import open_recording
from models.domains.eeg.tal import keep_time
from models.resampling import resample
from tests.eeg.recorded import compose, waves


@pytest.mark.parametrize("width", [2, 3])
def test_samples_come_back_from_any_place(tmp_path: Path, width: int) -> None:
    true = waves(10)
    found = open_recording(compose(tmp_path / "a.edf", true, records=10, width=width))
    assert (found.names, found.rate, found.length, found.form) == (CHANNELS, 64, 640, "BDF" if width == 3 else "EDF")
    assert found.clock == "2024-06-05T07:08:09"
    values = np.stack(list(true.values()))
    for first, last in ((0, 640), (5, 6), (60, 70), (639, 640), (100, 100), (-5, 10), (630, 900)):
        got = found.read(first, last)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, values[:, max(0, first) : last])


def test_a_file_of_another_writer(tmp_path: Path) -> None:
    from edfio import Edf, EdfAnnotation, EdfSignal

    true = waves(20, rate=100)
    signals = [
        EdfSignal(
            values / 1000, 100, label=f"EEG {name}-REF", physical_dimension="mV", physical_range=(-3.2768, 3.2767)
        )
        for name, values in true.items()
    ]
    file = Edf(signals, annotations=[EdfAnnotation(3, 2, "seizure")], starttime=dt.time(1, 2, 3, 500_000))
    file.write(tmp_path / "a.edf")
    found = open_recording(tmp_path / "a.edf")
    assert found.names == CHANNELS
    assert found.start is None or found.start.time() == dt.time(1, 2, 3, 500_000)
    np.testing.assert_allclose(found.read(0, 2000), np.stack(list(true.values())), atol=0.06)


def test_gaps_stay_gaps(tmp_path: Path) -> None:
    true = waves(6, names=("Fp1", "F3"))
    clocks = (0.25, 1.25, 2.25, 12.25, 13.25, 20.75)
    texts = [keep_time(clock) for clock in clocks]
    found = open_recording(compose(tmp_path / "a.edf", true, records=6, texts=texts, reserved="EDF+D"))
    assert found.offset == 0.25
    assert found.clock == "2024-06-05T07:08:09.250000"
    assert found.gaps == ((3, 12), (14, 20.5))
    assert found.length == 21.5 * 64
    values = found.read(0, found.length)[0]
    for place, clock in enumerate(clocks):
        begin = round((clock - 0.25) * 64)
        np.testing.assert_array_equal(values[begin : begin + 64], true["Fp1"][place * 64 : place * 64 + 64])
    assert np.isnan(values).sum() == (9 + 6.5) * 64
    np.testing.assert_array_equal(found.read(150, 900)[0], values[150:900])
    assert "2 gaps of 15.5 s" in "; ".join(found.notes)


@pytest.mark.parametrize("clocks", [(0, 1, 0.5), (0, 1, 1e9), (0, 1, 1.2)])
def test_times_that_cannot_be_are_no_gaps(tmp_path: Path, clocks: tuple[float, ...]) -> None:
    texts = [keep_time(clock) for clock in clocks]
    found = open_recording(compose(tmp_path / "a.edf", waves(3), records=3, texts=texts, reserved="EDF+D"))
    assert (found.gaps, found.length) == ((), 192)
    assert "do not rise" in found.notes[0]


def test_mixed_rates_come_at_the_highest_of_eeg(tmp_path: Path) -> None:
    seconds, low = 40, np.sin(2 * np.pi * 1.0 * np.arange(40 * 16) / 16) * 100
    fast = np.sin(2 * np.pi * 1.0 * np.arange(40 * 256) / 256) * 100
    signals = {**waves(seconds, names=("Fp1", "F3")), "EEG C3-REF": np.round(low), "EKG": np.round(fast)}
    found = open_recording(compose(tmp_path / "a.edf", signals, records=seconds))
    assert found.rate == 64
    assert found.names == ("Fp1", "F3", "C3", "EKG")
    assert "C3 from 16 Hz, EKG from 256 Hz" in "; ".join(found.notes)
    true = np.sin(2 * np.pi * np.arange(seconds * 64) / 64) * 100
    got = found.read(0, found.length)
    np.testing.assert_allclose(got[2, 64:-64], true[64:-64], atol=1.5)
    np.testing.assert_allclose(got[3, 64:-64], true[64:-64], atol=1.5)
    for first, last in ((0, 7), (777, 1900), (2500, 2560)):
        np.testing.assert_allclose(found.read(first, last), got[:, first:last], atol=1e-4)


@pytest.mark.parametrize("ratio", [Fraction(125, 16), Fraction(1, 8), Fraction(2, 3), Fraction(5001, 5000)])
def test_resampled_pieces_are_pieces_of_the_whole(ratio: Fraction) -> None:
    stored = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    length = int(3000 * ratio)
    whole = resample(lambda a, b: stored[a:b], 3000, 0, length, ratio)
    assert len(whole) == length
    for first, last in ((0, 5), (length // 3, length // 3 + 40), (length - 3, length)):
        piece = resample(lambda a, b: stored[a:b], 3000, first, last, ratio)
        np.testing.assert_allclose(piece, whole[first:last], atol=1e-5)
    level = resample(lambda a, b: np.full(b - a, 1e4, np.float32), 3000, 0, length, ratio)
    np.testing.assert_allclose(level, 1e4, rtol=1e-6)


# Broken ones


def test_a_truncated_file_says_how_much_is_there(tmp_path: Path) -> None:
    found = open_recording(compose(tmp_path / "a.edf", waves(100), records=100, cut=20 * 64 * 2 * 40 + 1))
    assert found.seconds == 59
    assert "cut short: 59 s of 1 min 40 s is there" in "; ".join(found.notes)
    assert found.read(0, found.length).shape == (20, 59 * 64)


@pytest.mark.parametrize(("stated", "words"), [("-1", "does not tell"), ("junk", "does not tell"), ("3", "left out")])
def test_record_counts_that_lie(tmp_path: Path, stated: str, words: str) -> None:
    found = open_recording(compose(tmp_path / "a.edf", waves(5), records=5, stated=stated))
    assert found.seconds == (3 if stated == "3" else 5)
    assert words in "; ".join(found.notes)


def lie(name: str, value: str) -> Any:
    return lambda fields: fields[name].__setitem__(0, value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"change": lie("samples", "99999999")}, "so many samples"),
        ({"change": lie("samples", "999999")}, "no samples"),
        ({"change": lie("samples", "-5")}, "samples a record"),
        ({"change": lie("samples", "x")}, "samples a record"),
        ({"change": lie("samples", "1e300")}, "samples a record"),
        ({"stated": "99999999", "cut": 5 * 20 * 64 * 2}, "no samples"),
        ({"seconds": "0"}, "cannot be"),
        ({"seconds": "1e-30"}, "cannot be"),
        ({"seconds": "-1"}, "cannot be"),
        ({"seconds": "nan"}, "cannot be"),
        ({"seconds": "2e7"}, "days together"),
    ],
)
def test_headers_that_lie_are_told(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRecording, match=words):
        open_recording(compose(tmp_path / "a.edf", waves(5), records=5, **settings))


@pytest.mark.parametrize("content", [b"", b"0       ", b"0       " + b" " * 300, b"0       " + b"9" * 400, b"PK\3\4"])
def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.edf"
    path.write_bytes(content)
    with pytest.raises(BadRecording):
        open_recording(path)


def test_any_damage_of_a_header_ends_in_a_word(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    texts = [keep_time(place) + b"+1\x14spike\x14\x00" for place in range(4)]
    whole = compose(tmp_path / "a.edf", waves(4, names=("Fp1",)), records=4, texts=texts, reserved="EDF+D").read_bytes()
    opened = 0
    for number in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, 256 * 3, 3):
            content[place] = rng.integers(0, 256)
        path = tmp_path / f"{number}.edf"
        path.write_bytes(content)
        try:
            found = open_recording(path)
        except BadRecording:
            continue
        opened += 1
        assert found.read(0, min(found.length, 1000)).shape[1] == min(found.length, 1000)
    assert opened > 50


def test_limits_that_make_no_scale_are_told(tmp_path: Path) -> None:
    found = open_recording(compose(tmp_path / "a.edf", waves(5), records=5, change=lie("most", "-32768")))
    assert "Fp1: its limits make no scale" in found.notes[0]


def test_limits_beyond_all_numbers_give_no_samples(tmp_path: Path) -> None:
    change = lambda fields: fields["high"].__setitem__(0, "9e99")  # noqa: E731
    found = open_recording(compose(tmp_path / "a.edf", waves(5), records=5, change=change))
    values = found.read(0, 320)
    assert np.isnan(values[0]).all()
    assert np.isfinite(values[1:]).all()


def test_volts_under_the_name_of_microvolts(tmp_path: Path) -> None:
    def small(fields: dict[str, list[str]]) -> None:
        fields["low"], fields["high"] = ["-.032768"] * 20, ["0.032767"] * 20

    true = waves(5)
    found = open_recording(compose(tmp_path / "a.edf", true, records=5, change=small))
    assert "volts under the name of µV" in "; ".join(found.notes)
    np.testing.assert_allclose(found.read(0, 320), np.stack(list(true.values())), rtol=1e-4, atol=1e-3)


def test_microvolts_under_the_name_of_volts(tmp_path: Path) -> None:
    true = waves(5)
    found = open_recording(
        compose(tmp_path / "a.edf", true, records=5, change=lambda fields: fields.update(unit=["V"] * 20))
    )
    assert "µV under the name of volts" in "; ".join(found.notes)
    np.testing.assert_allclose(found.read(0, 320), np.stack(list(true.values())), rtol=1e-4)


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1e3), ("uV", 1), ("\xb5V", 1), ("nV", 1e-3)])
def test_units(tmp_path: Path, unit: str, factor: float) -> None:
    true = waves(5, names=("Fp1", "Temp"))
    change = lambda fields: fields.update(unit=[unit, "degC"])  # noqa: E731
    found = open_recording(compose(tmp_path / "a.edf", true, records=5, change=change))
    assert found.units == ("µV", "degC")
    np.testing.assert_allclose(found.read(0, 320)[0], true["Fp1"] * factor, rtol=1e-6)
    np.testing.assert_array_equal(found.read(0, 320)[1], true["Temp"])


def test_channels_at_the_limits_of_the_amplifier(tmp_path: Path) -> None:
    true = waves(20)
    true["C3"] = np.clip(true["C3"] * 2000, -32768, 32767)
    found = open_recording(compose(tmp_path / "a.edf", true, records=20))
    assert "much of C3 stands at the limits" in "; ".join(found.notes)


def test_a_file_that_shrinks_after_it_was_opened_gives_no_samples_and_no_crash(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(20), records=20)
    found = open_recording(path)
    path.write_bytes(path.read_bytes()[:-20_000])
    values = found.read(0, found.length)
    assert values.shape == (20, 20 * 64)
    assert np.isnan(values[:, -64:]).all()


def test_lengths_in_words() -> None:
    assert [span(value) for value in (12.5, 250, 12_000)] == ["12.5 s", "4 min 10 s", "3 h 20 min"]


def test_annotations_alone_are_no_recording(tmp_path: Path) -> None:
    from edfio import Edf, EdfAnnotation

    Edf([], annotations=[EdfAnnotation(0, 30, "Sleep stage W")]).write(tmp_path / "a.edf")
    assert open_edf(tmp_path / "a.edf").signals == ()
    with pytest.raises(BadRecording, match="annotations and no signals"):
        open_recording(tmp_path / "a.edf")
