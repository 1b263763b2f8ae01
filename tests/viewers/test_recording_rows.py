"""What the rows of a recording are made of: readers, montages, places on the page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from models.electrodes import CHANNELS
from models.filters import Filters, apply
from models.montage import BUILT_IN, parse_montage, rows
from models.payload import Recording
from tests.viewers.recordings import KINDS, RATE, Signals, recorded, shown_viewer, waves
from widgets.recording import reader as reading
from widgets.recording.reader import MontageReader, PagedReader
from widgets.recording.rows import lay_out, show_rows
from widgets.recording.viewer import RecordingViewer

# Readers


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    yield from shown_viewer(qtbot)


def test_a_page_is_montaged_and_then_filtered_with_what_lies_beyond_it() -> None:
    signals = Signals(waves(60))
    applied = rows(CHANNELS, BUILT_IN["longitudinal"])
    filters = Filters(0.5, 30.0)
    read = MontageReader(signals, applied.matrix, RATE, filters)
    whole = apply(applied.matrix @ signals.values, RATE, filters)
    low, high = read.read(2000, 3000, 1000)
    np.testing.assert_allclose(low, whole[:, 2000:3000], atol=0.05)
    assert low is high
    first, last = signals.asked[-1]
    assert first < 2000
    assert last > 3000
    low, high = read.read(2000, 3000, 100)
    np.testing.assert_allclose(low, whole[:, 2000:3000].reshape(-1, 100, 10).min(2), atol=0.05)
    np.testing.assert_allclose(high, whole[:, 2000:3000].reshape(-1, 100, 10).max(2), atol=0.05)


def test_the_same_moment_is_drawn_the_same_wherever_the_page_begins() -> None:
    read = MontageReader(Signals(waves(60)), rows(CHANNELS, BUILT_IN["average"]).matrix, RATE, Filters(0.5, 30.0, 50.0))
    one, other = read.read(2000, 3000, 1000)[0], read.read(2500, 3500, 1000)[0]
    np.testing.assert_allclose(one[:, 500:], other[:, :500], atol=0.05)


def test_a_row_is_missing_only_where_one_of_its_own_channels_is() -> None:
    values = waves(10)
    values[CHANNELS.index("F7"), 100:200] = np.nan
    found = MontageReader(Signals(values), rows(CHANNELS, BUILT_IN["longitudinal"]).matrix, RATE).samples(0, 1000)
    lost = np.isnan(found)
    assert lost[:2, 100:200].all()
    assert lost.sum() == 2 * 100


@pytest.mark.parametrize("montage", sorted(BUILT_IN))
def test_rows_are_what_the_matrix_makes_of_the_channels(montage: str) -> None:
    signals, matrix = Signals(waves(4)), rows(CHANNELS, BUILT_IN[montage]).matrix
    found = MontageReader(signals, matrix, RATE).samples(0, 300)
    np.testing.assert_allclose(found, matrix.astype(np.float64) @ signals.values[:, :300], atol=1e-4)


def test_long_stretches_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PIECE", 300)
    signals = Signals(waves(10))
    matrix = rows(CHANNELS, BUILT_IN["transverse"]).matrix
    np.testing.assert_allclose(
        MontageReader(signals, matrix, RATE).samples(50, 950), matrix @ signals.values[:, 50:950], atol=1e-3
    )
    assert max(last - first for first, last in signals.asked) == 300


def test_wide_pages_are_as_recorded() -> None:
    signals = Signals(waves(300))
    matrix = rows(CHANNELS, BUILT_IN["longitudinal"]).matrix
    live = MontageReader(signals, matrix, RATE, Filters(5.0, 30.0))
    both = PagedReader(live, live.plain(), lambda _why: None)
    np.testing.assert_allclose(both.read(0, 30_000, 30_000)[0], matrix @ signals.values, atol=1e-3)
    assert not np.allclose(both.read(0, 1000, 1000)[0], (matrix @ signals.values)[:, :1000], atol=5)


# Rows


def test_groups_stand_apart_and_the_heart_below_with_its_own_gain() -> None:
    shown = show_rows(recorded(), BUILT_IN["longitudinal"], ())
    spreads = np.full(len(shown), 50.0)
    spreads[-1] = 2000.0
    lanes = lay_out(shown, 1000, 0.5, spreads, np.zeros(len(shown)))
    steps = -np.diff(lanes.middles)
    assert steps[3] > 1.4 * steps[0]
    assert steps[0] == pytest.approx(steps[1])
    gains = lanes.gains()
    assert (gains[:-1] == -0.5).all()
    assert gains[-1] * 2000 == pytest.approx(0.8 * lanes.tall)
    assert lay_out(shown, 1000, 0.5, spreads, np.zeros(len(shown)), upright=True).gains()[0] == 0.5
    wide = lanes.fitted(np.full(len(shown), 4000.0)).gains()
    np.testing.assert_allclose(np.abs(wide) * 4000, 0.8 * lanes.tall)
    np.testing.assert_array_equal(lanes.fitted(np.full(len(shown), 1.0)).gains(), gains)
    assert lanes.middles[-2] - lanes.tall / 2 == pytest.approx(lanes.below(1000) - 1000), "all that stands above it"
    bare = lay_out(shown.without(shown.labels[-1:]), 1000, 0.5, spreads[:-1], np.zeros(len(shown) - 1))
    assert bare.below(1000) == 0
    assert -1000 < lanes.middles.min() < lanes.middles.max() < 0


def test_narrow_rows_begin_below_the_words_at_the_head() -> None:
    shown = show_rows(recorded(), BUILT_IN["longitudinal"], ())
    spreads, rest = np.full(len(shown), 50.0), np.zeros(len(shown))
    plain, under = lay_out(shown, 500, 0.5, spreads, rest), lay_out(shown, 500, 0.5, spreads, rest, head=46.0)
    assert under.middles[0] + 0.4 * under.tall < -46 < plain.middles[0]
    assert under.tall < plain.tall
    assert under.middles[-1] - plain.middles[-1] == pytest.approx(0, abs=plain.tall / 2)
    roomy = lay_out(shown, 5000, 0.5, spreads, rest, head=46.0)
    np.testing.assert_array_equal(roomy.middles, lay_out(shown, 5000, 0.5, spreads, rest).middles)


def test_rows_make_room_for_what_is_told_of_them(viewer: RecordingViewer) -> None:
    kept = tuple(name for name in CHANNELS if name not in ("Cz", "F7", "T4", "O2"))
    viewer.resize(700, 420)
    viewer.set_payload(Recording(Signals(waves(60, kept)), kept, RATE, KINDS[4:]))
    page = viewer.page
    assert page.lanes is not None
    assert page.words.tall() >= 26
    top = -float(page.lanes.middles[0]) - 0.5 * page.lanes.tall
    assert top > page.words.tall() - 0.2 * page.lanes.tall


@pytest.mark.parametrize(
    ("montage", "words"),
    [
        ("transverse", "6 rows added up from several pairs"),
        ("average", "pairs that do not connect all electrodes give no Average: as recorded"),
    ],
)
def test_what_pairs_give_is_told(montage: str, words: str, viewer: RecordingViewer) -> None:
    names = tuple(row.label for row in BUILT_IN["longitudinal"].rows if row.label != "EKG")
    viewer.set_payload(Recording(Signals(waves(60, names)), names, RATE, ("eeg",) * len(names)))
    viewer.choose_montage(montage)
    assert words in viewer.page.words.notes


def test_rows_that_were_not_recorded_are_left_out_and_told(viewer: RecordingViewer) -> None:
    kept = tuple(name for name in CHANNELS if name != "Cz")
    viewer.set_payload(Recording(Signals(waves(60, kept)), kept, RATE, KINDS[1:]))
    assert viewer.page.shown is not None
    assert "Fz-Cz" not in viewer.page.shown.labels
    assert "not recorded: Fz-Cz, Cz-Pz" in viewer.page.words.notes


def test_a_recording_without_the_electrodes_is_shown_as_recorded(viewer: RecordingViewer) -> None:
    names = ("A-B", "C-D", "breath")
    viewer.set_payload(Recording(Signals(waves(60, names)), names, RATE, ("eeg", "eeg", "other")))
    assert viewer.page.shown is not None
    assert viewer.page.shown.labels == names
    assert "too few electrodes for Double banana: as recorded" in viewer.page.words.notes


def test_as_recorded_shows_channels_that_no_montage_names(viewer: RecordingViewer) -> None:
    names = (*CHANNELS, "LOC", "SpO2")
    kinds = (*KINDS, "eog", "other")
    viewer.set_payload(Recording(Signals(waves(60, names)), names, RATE, kinds))
    viewer.choose_montage("referential")
    assert viewer.page.shown is not None
    assert {"LOC", "SpO2"} <= set(viewer.page.shown.labels)
    assert viewer.page.shown.kinds[viewer.page.shown.labels.index("SpO2")] == "other"


def test_own_montages_are_offered(viewer: RecordingViewer) -> None:
    own = parse_montage({"name": "mine", "groups": [{"name": "a", "rows": ["Fp1-O1", "Fp2-O2"]}]})
    viewer.set_montages([own])
    viewer.choose_montage("mine")
    assert viewer.page.shown is not None
    assert viewer.page.shown.labels == ("Fp1-O1", "Fp2-O2")
    viewer.set_montages([])
    assert viewer.page.look.montage.name == "longitudinal"
