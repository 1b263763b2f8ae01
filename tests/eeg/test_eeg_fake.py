"""Generated EEG lies in the layout of the real data, shows what it was meant as, and states a ceiling that holds."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.domain import Fake
from models.domains.eeg import ballots, fake, scalp
from models.domains.eeg.constants import CHANNELS, CLASSES, RATE
from models.domains.eeg.spectrogram import columns, regional_power
from models.errors import UserError
from models.job import finish
from tests.eeg.scanned import scanned


def made(out: Path, samples: int = 12, seed: int = 5, **settings: Any) -> Fake:
    return finish(fake.fake(out, samples, seed, **settings))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_layout_is_that_of_the_hms_data(tmp_path: Path) -> None:
    told = made(tmp_path, patients="3")
    table = rows(tmp_path / "train.csv")
    assert told.samples == len(table) == 12
    assert len({row["patient_id"] for row in table}) == 3
    assert len({row["label_id"] for row in table}) == 12
    assert all(file.is_file() for file in told.files)
    for row in table:
        votes = [int(row[f"{name}_vote"]) for name in CLASSES]
        assert 1 <= sum(votes) <= 28
        assert row["expert_consensus"].lower() == CLASSES[int(np.argmax(votes))]
        eeg = pq.read_table(tmp_path / "train_eegs" / f"{row['eeg_id']}.parquet")
        assert tuple(eeg.column_names) == CHANNELS
        first = int(float(row["eeg_label_offset_seconds"]) * RATE)
        assert eeg.num_rows >= first + 50 * RATE
        power = pq.read_table(tmp_path / "train_spectrograms" / f"{row['spectrogram_id']}.parquet")
        assert power.column_names == ["time", *columns()]
        times = power["time"].to_numpy()
        assert times[:3].tolist() == [1, 3, 5]
        start = int(float(row["spectrogram_label_offset_seconds"])) + 1
        assert np.sum((times >= start) & (times <= start + 598)) == 300


def test_few_windows_have_all_classes(tmp_path: Path) -> None:
    made(tmp_path, 24, 1, patients="4")
    assert {row["meant"] for row in rows(tmp_path / "truth" / "windows.csv")} == set(CLASSES)
    seen = scanned(tmp_path)
    assert len(seen.keys) == 24
    assert not any("truth" in one.source or "another kind" in one.text for one in seen.noted), "known, and no samples"


def test_an_eeg_and_its_spectrogram_are_of_one_recording(tmp_path: Path) -> None:
    made(tmp_path, artifacts="0")
    agreeing = 0
    for row in rows(tmp_path / "train.csv"):
        table = pq.read_table(tmp_path / "train_eegs" / f"{row['eeg_id']}.parquet")
        eeg = np.stack([table[name].to_numpy() for name in CHANNELS])[:, : 50 * RATE]
        if np.isnan(eeg).any() or (np.ptp(eeg, axis=1) == 0).any() or float(row["eeg_label_offset_seconds"]):
            continue
        power = pq.read_table(tmp_path / "train_spectrograms" / f"{row['spectrogram_id']}.parquet")
        given = np.stack([power[name].to_numpy() for name in columns()]).reshape(4, 100, -1)
        # The first frame is centred 2 s after the begin of the EEG, which is 275 s after that of the window.
        first = (int(float(row["spectrogram_label_offset_seconds"])) + 275 + 2 - 1) // 2
        ours = regional_power(eeg)[:, :, 2:-2]
        theirs = given[:, :, first + 2 : first + 2 + ours.shape[2]]
        seen = theirs > 0.5
        assert np.corrcoef(np.log(ours[seen]), np.log(theirs[seen]))[0, 1] > 0.99
        agreeing += 1
    assert agreeing > 3


def test_the_same_seed_makes_the_same_data(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        made(tmp_path / name, 4, seed)
    texts = [(tmp_path / name / "train.csv").read_text("utf-8") for name in ("one", "again", "other")]
    assert texts[0] == texts[1] != texts[2]
    eeg = next((tmp_path / "one" / "train_eegs").iterdir())
    assert eeg.read_bytes() == (tmp_path / "again" / "train_eegs" / eeg.name).read_bytes()


def test_every_vote_has_its_rater(tmp_path: Path) -> None:
    made(tmp_path, raters="9")
    votes = rows(tmp_path / "truth" / "votes.csv")
    assert len({vote["rater"] for vote in votes}) <= 9
    for row in rows(tmp_path / "train.csv"):
        given = [vote["vote"] for vote in votes if vote["label_id"] == row["label_id"]]
        assert [given.count(name) for name in CLASSES] == [int(row[f"{name}_vote"]) for name in CLASSES]


def test_the_ceiling_is_what_the_best_answer_reaches() -> None:
    rng = np.random.default_rng(3)
    raters = ballots.draw_raters(30, 0.22, rng)
    shares, counts, right, divergence = [], [], [], []
    for number in range(4000):
        pattern = ballots.draw_pattern(CLASSES[number % 6], number % 2 == 0, rng)
        shares.append(ballots.opinion(pattern))
        _, given = ballots.draw_ballot(shares[-1], raters, rng)
        p = np.bincount(given, minlength=6) / len(given)
        q = shares[-1] @ raters.mean(axis=0)
        counts.append(len(given))
        right.append(p.argmax() == q.argmax())
        divergence.append(sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a))
    best = ballots.ceiling(np.array(shares), raters, counts, rng)
    assert best.accuracy == pytest.approx(np.mean(right), abs=0.02)
    assert best.kl == pytest.approx(np.mean(divergence), abs=0.03)
    assert 0.7 < best.accuracy < 0.95
    assert 0.45 < best.agreement < 0.7, "as real experts"


def test_the_ceiling_of_a_few_raters_is_what_can_be_reckoned_by_hand() -> None:
    """All see class 0; every other rater calls it 1 in three of five cases: on the mean 70 and 30 of a hundred."""
    honest, odd = np.eye(6), np.eye(6)
    odd[0, :2] = 0.4, 0.6
    shares, raters = np.tile(np.eye(6)[0], (400, 1)), np.stack([honest, odd])
    sure, rare = np.log(1 / 0.7), np.log(1 / 0.3)
    one = ballots.ceiling(shares, raters, [1] * 400, np.random.default_rng(1))
    assert one.accuracy == pytest.approx(0.7, abs=0.005)
    assert one.kl == pytest.approx(0.7 * sure + 0.3 * rare, abs=0.005)
    assert one.agreement == pytest.approx(0.7**2 + 0.3**2)
    # Of two votes both are 0 in .49, split in .42 (a tie goes to the first class), both 1 in .09.
    two = ballots.ceiling(shares, raters, [2] * 400, np.random.default_rng(1))
    assert two.accuracy == pytest.approx(0.91, abs=0.005)
    split = 0.5 * np.log(0.5 / 0.7) + 0.5 * np.log(0.5 / 0.3)
    assert two.kl == pytest.approx(0.49 * sure + 0.42 * split + 0.09 * rare, abs=0.005)
    both = ballots.ceiling(shares, raters, [1, 2] * 200, np.random.default_rng(1))
    assert both.kl == pytest.approx((one.kl + two.kl) / 2, abs=0.005), "each window has its own number of votes"
    agreed = ballots.ceiling(shares, honest[None], [5] * 400, np.random.default_rng(1))
    assert (agreed.accuracy, agreed.kl, agreed.agreement) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(("kind", "place"), [(kind, place) for place, kind in enumerate(CLASSES)])
def test_experts_see_clear_patterns_as_what_they_are(kind: str, place: int) -> None:
    rng = np.random.default_rng(0)
    seen = np.mean([ballots.opinion(ballots.draw_pattern(kind, False, rng)) for _ in range(200)], axis=0)
    assert seen.argmax() == place
    assert seen[place] > 0.85
    assert seen.sum() == pytest.approx(1)


def one(lateral: float, sharp: float, evolving: float, hz: float) -> np.ndarray:
    """A strong pattern of a minute without artifacts, 1–30 Hz or so by the background's size."""
    rng = np.random.default_rng(1)
    style = scalp.Style(5, 0.6, 9, 0.1, 0, 1.2, 0, 0)
    pattern = ballots.Pattern(1.0, lateral, sharp, evolving, hz, -1, 0.0)
    return scalp.record(style, [scalp.Episode(0, 60, pattern)], 60, RATE, rng)


def peak(trace: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(trace * np.hanning(len(trace)))) ** 2
    return float(np.fft.rfftfreq(len(trace), 1 / RATE)[power.argmax()])


def test_patterns_are_where_and_as_fast_as_they_should() -> None:
    left, right = CHANNELS.index("T3"), CHANNELS.index("T4")
    lateral, general = one(1, 0, 0, 2.0), one(0, 0, 0, 2.0)
    assert lateral[left].std() > 2 * lateral[right].std()
    assert general[left].std() == pytest.approx(general[right].std(), rel=0.2)
    assert peak(lateral[left]) == pytest.approx(2.0, abs=0.3)
    seizure = one(1, 0, 1, 3.2)
    assert peak(seizure[left, : 10 * RATE]) == pytest.approx(3.0, abs=0.5)
    assert peak(seizure[left, 45 * RATE : 55 * RATE]) == pytest.approx(1.7, abs=0.4)
    beside = CHANNELS.index("C4")
    ends = [seizure[beside, part].std() for part in (slice(0, 10 * RATE), slice(45 * RATE, 55 * RATE))]
    assert ends[1] > 1.5 * ends[0], "it spreads to the other side"


def test_artifacts_and_losses_come_as_often_as_asked() -> None:
    quiet, loud = (scalp.Style(15, 0.7, 9, 0.3, 0, 1.2, 0, rate) for rate in (0, 20))
    size = [
        np.quantile(np.abs(scalp.record(style, [], 120, RATE, np.random.default_rng(0))[:-1]), 0.999)
        for style in (quiet, loud)
    ]
    assert size[1] > 1.5 * size[0]
    rng = np.random.default_rng(1)
    missing = flat = 0
    for _number in range(300):
        eeg = rng.normal(0, 10, (20, 2000)).astype(np.float32)
        scalp.spoil(eeg, RATE, rng)
        lost = np.isnan(eeg)
        missing += bool(lost.any())
        flat += bool((np.ptp(np.where(lost, 0, eeg), axis=1) == 0).any())
        assert not lost.all(axis=1).any()
    assert 10 < missing < 45
    assert 10 < flat < 45


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"recordings": "x"}, "recordings is 'x': give hms or edf"),
        ({"patients": "2.5"}, "whole number"),
        ({"disagreement": "2"}, "give a number from 0 to 0.9"),
        ({"colour": "1"}, "no setting 'colour'"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        made(tmp_path, **settings)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made(tmp_path, 4)
    with pytest.raises(UserError, match="exists"):
        made(tmp_path, 4)
