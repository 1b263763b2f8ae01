"""Channels that look exchanged are told where EEG comes in, is looked at and is sent; nothing is told of sound EEG."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from models.domains.eeg import exchanged, iiic, load, oddities, parquet, scalp, window
from models.domains.eeg.constants import CHANNELS
from models.payload import Recording
from models.sample import Samples
from tests.eeg.recorded import FORMATS, compose
from tests.eeg.recorded import scanned as scanned_file
from tests.eeg.scanned import row, scanned, table, write_eeg

Floats = npt.NDArray[np.float32]
DATA = FORMATS.parent
STYLE = scalp.Style(20.0, 0.7, 10.0, 0.3, 0.0, 1.2, 1.0, 0.0)
FAR = [("Fp1", "O2"), ("F7", "P4"), ("F3", "O2"), ("Fp2", "Pz"), ("C3", "T6")]


@cache
def sound(seed: int = 1, rate: int = 200) -> Floats:
    """A minute of generated EEG without artifacts, (20, n)."""
    return scalp.record(STYLE, [], 60.0, rate, np.random.default_rng(seed))


def with_exchange(values: Floats, first: str, second: str) -> Floats:
    """The same with the signals of two channels under each other's name."""
    out = values.copy()
    places = [CHANNELS.index(first), CHANNELS.index(second)]
    out[places] = values[places[::-1]]
    return out


@pytest.mark.parametrize("seed", range(1, 6))
def test_of_sound_eeg_nothing_is_told(seed: int) -> None:
    assert exchanged.of_eeg(sound(seed), 200) is None


@pytest.mark.parametrize("pair", FAR)
@pytest.mark.parametrize("rate", [200, 128])
def test_two_distant_electrodes_are_named(pair: tuple[str, str], rate: int) -> None:
    found = exchanged.of_eeg(with_exchange(sound(1, rate), *pair), rate)
    assert found is not None
    assert set(found) == set(pair)


def test_an_electrode_in_the_place_of_the_ekg_is_named() -> None:
    assert exchanged.of_eeg(with_exchange(sound(), "C4", "EKG"), 200) == ("C4", "EKG")


def test_a_lost_electrode_and_one_that_is_too_large_hide_no_other_exchange() -> None:
    values = with_exchange(sound(), "Fp1", "O2")
    values[CHANNELS.index("T5")] = np.nan
    values[CHANNELS.index("Cz")] = 3.2
    values[CHANNELS.index("F8")] *= 50
    values[:, 3000:3400] = np.nan
    assert exchanged.of_eeg(values, 200) == ("Fp1", "O2")


def test_a_broken_electrode_is_not_taken_for_an_exchanged_one() -> None:
    rng = np.random.default_rng(0)
    for place in range(len(CHANNELS) - 1):
        values = sound().copy()
        values[place] = rng.normal(0, 20, values.shape[1])
        assert exchanged.of_eeg(values, 200) is None, CHANNELS[place]
        values[place] = -sound()[place]
        assert exchanged.of_eeg(values, 200) is None, CHANNELS[place]


def test_of_what_tells_too_little_nothing_is_told() -> None:
    wrong = with_exchange(sound(), "Fp1", "O2")
    few = wrong.copy()
    few[3:12] = np.nan
    rng = np.random.default_rng(0)
    for values in (
        *(wrong[:, :length] for length in (0, 1, 300, 200 * 15)), few, np.full_like(wrong, np.nan),
        np.zeros_like(wrong), np.full_like(wrong, 3e38), rng.normal(0, 20, wrong.shape).astype(np.float32),
    ):  # fmt: skip
        assert exchanged.of_eeg(values, 200) is None


def test_a_recording_tells_it_at_import_in_a_column_and_where_it_is_shown(tmp_path: Path) -> None:
    signals = dict(zip(CHANNELS, with_exchange(sound(1, 128), "F7", "P4"), strict=True))
    seen = scanned_file(compose(tmp_path / "a.edf", signals, records=60))
    (noted,) = seen.noted
    assert noted.text.startswith("F7 and P4 look exchanged: check how they were plugged in")
    assert set(seen.one.columns["exchanged"]) == {"F7 and P4"}
    bare = seen.one.addresses()
    told = pa.array(seen.one.columns["exchanged"], pa.string())
    samples = Samples(bare.table.append_column("exchanged", told), bare.sources)
    for at in (0, len(samples) - 1):
        shown = load.load(samples, at)[0]
        assert isinstance(shown, Recording)
        assert shown.note == "F7 and P4 look exchanged"


def test_of_a_sound_recording_there_is_neither_a_word_nor_a_column(tmp_path: Path) -> None:
    seen = scanned_file(compose(tmp_path / "a.edf", dict(zip(CHANNELS, sound(1, 128), strict=True)), records=60))
    assert seen.noted == []
    assert "exchanged" not in seen.one.columns


def test_windows_of_a_table_tell_it_at_import_in_a_column_and_where_they_are_shown(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", sound())
    write_eeg(tmp_path / "train_eegs" / "12.parquet", with_exchange(sound(), "Fp1", "O2"))
    votes = (1, 0, 2, 0, 0, 0)
    table(tmp_path, *(row(eeg, 0, 0, votes, spectrogram="") for eeg in (11, 12)))
    found = scanned(tmp_path)
    (told,) = [one.text for one in found.noted if "exchanged" in one.text]
    assert told.startswith("1 of 2 EEGs that were looked at, as train_eegs/12.parquet: Fp1 and O2 look exchanged; ")
    assert found.found[0].columns["exchanged"] == [None, "Fp1 and O2"]
    samples = found.found[0].addresses()
    assert [window.remarks(samples, at) for at in (0, 1)] == [[], ["Fp1 and O2 look exchanged"]]


def test_whoever_sends_it_to_the_service_is_warned() -> None:
    sent = sound()[:, :10_000]
    assert [one.kind for one in oddities.of_eeg(sent)] == []
    (warned,) = oddities.of_eeg(with_exchange(sent, "Fp1", "O2"))
    assert oddities.of_eeg(with_exchange(sent, "Fp1", "O2"), recorded=False) == [], "of pairs nobody can tell"
    assert (warned.kind, warned.text) == ("exchanged", "Fp1 and O2 look exchanged: check the order of the channels")


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
def test_of_real_segments_nothing_is_told_and_most_exchanges_are() -> None:
    files = sorted((DATA / "iiic_samples").glob("*_sample*.mat"))
    segments = [iiic.read_segment(file) for file in files]
    segments += [parquet.read_eeg(file) for file in sorted((DATA / "hms").glob("*_eegs/*.parquet"))]
    assert [exchanged.of_eeg(one, 200) for one in segments] == [None] * len(segments)
    found = [exchanged.of_eeg(with_exchange(one, *pair), 200) for one in segments for pair in FAR]
    right = [pair is not None and set(pair) == set(FAR[at % len(FAR)]) for at, pair in enumerate(found)]
    assert len(segments) == 20
    assert sum(right) >= 0.75 * len(right)
    assert not any(pair is not None and not hit for pair, hit in zip(found, right, strict=True))
