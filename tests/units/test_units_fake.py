"""Generated units: the layout, the stated ceiling, and the recordings that they come from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Fake
from models.domains.units import densities, load
from models.domains.units.analyzer import open_analyzer
from models.domains.units.extensions import compute, missing
from models.domains.units.fake import fake, session_names
from models.errors import UserError
from models.job import Progress
from models.payload import Around
from tests.units.sortings import scanned


def made(out: Path, **settings: Any) -> Fake:
    steps = fake(out, **settings)
    seen: list[Progress] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            told: Fake = end.value
            break
    assert seen
    return told


def test_tables_are_found_again_with_their_labels(tmp_path: Path) -> None:
    told = made(tmp_path, samples=203, seed=4)
    assert told.samples == 203
    assert all(file.is_file() for file in told.files)
    found = scanned(tmp_path).found
    assert len(found) == 8
    assert sum(len(one.keys) for one in found) == 203
    assert {one.columns["animal"][0] for one in found} == {"mouse1", "mouse2", "mouse3", "mouse4"}
    labels = Counter(label for one in found for label in one.labels)
    assert set(labels) == {"good", "mua", "noise"}
    assert labels["mua"] > labels["good"]


def test_the_same_seed_gives_the_same_and_another_does_not(tmp_path: Path) -> None:
    files = [made(tmp_path / name, samples=40, seed=seed).files[0] for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    texts = [file.read_text("utf-8") for file in files]
    assert texts[0] == texts[1] != texts[2]


def test_missing_values_go_with_noise_and_few_spikes(tmp_path: Path) -> None:
    made(tmp_path, samples=3000, seed=1)
    samples = scanned(tmp_path).samples()
    labels = np.array([label for one in scanned(tmp_path).found for label in one.labels])
    gone = np.isnan(samples.column("drift_ptp"))
    assert gone[labels == "noise"].mean() > gone[labels == "good"].mean() + 0.1
    spikes = samples.column("num_spikes")
    assert np.median(spikes[gone]) < np.median(spikes[~gone])
    assert (np.isnan(samples.column("drift_std")) == gone).all()


def test_the_ceiling_is_what_the_best_classifier_reaches_and_no_other() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    ceiling, error = densities.best_score(1.0, rng, 2000)
    assert 0.8 < ceiling < 0.95
    drawn = densities.draw(np.repeat(np.arange(3), 1500), 1.0, rng)
    p = densities.posteriors(drawn.latents, 1.0)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert abs((p.argmax(axis=1) == drawn.classes).mean() - ceiling) < 5 * error
    confident = p.max(axis=1)
    assert abs(confident.mean() - (p.argmax(axis=1) == drawn.classes).mean()) < 0.02, "the posteriors are calibrated"
    mixed = rng.permutation(4500)
    learner = HistGradientBoostingClassifier(max_iter=60, max_depth=3).fit(
        drawn.latents[mixed[:3000]], drawn.classes[mixed[:3000]]
    )
    reached = (learner.predict(drawn.latents[mixed[3000:]]) == drawn.classes[mixed[3000:]]).mean()
    assert 0.6 < reached < ceiling


def test_more_overlap_lowers_the_ceiling() -> None:
    scores = [densities.best_score(noise, np.random.default_rng(0), 1000)[0] for noise in (0.5, 1.0, 2.0)]
    assert scores[0] > scores[1] > scores[2] > 1 / 3


def test_names_of_many_recordings_are_unlike() -> None:
    from models.domains.units.fake import plan

    names = session_names(plan({"sessions": 60, "animals": 2}))
    assert len(set(names)) == 60
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mode": "magic"}, "mode is 'magic'"),
        ({"sessions": 0}, "sessions is 0"),
        ({"sessions": "2.5"}, "a whole number"),
        ({"noise": "loud"}, "noise is 'loud'"),
        ({"animals": 9, "sessions": 3}, "animals is 9"),
        ({"samples": 3}, "at least one unit"),
        ({"nois": 1}, "Did you mean noise"),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        made(tmp_path, **settings)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    made(tmp_path, samples=16)
    with pytest.raises(UserError, match="exists"):
        made(tmp_path, samples=16)


@pytest.mark.filterwarnings("ignore")
def test_recordings_come_with_analyzers_and_labels(tmp_path: Path) -> None:
    told = made(tmp_path, samples=6, seed=2, mode="recording", sessions=1, seconds=5, channels=4)
    assert told.samples == 6
    assert told.ceiling == 0.95
    result = scanned(tmp_path)
    found = result.one
    assert found.name == "mouse1a_imec0/analyzer"
    assert len([label for label in found.labels if label]) == 6
    assert {"snr", "amplitude_median", "peak_to_trough_duration", "depth"} <= set(found.columns)
    assert "a recording" in result.note("holds no units")
    folder = tmp_path / "mouse1a_imec0" / "analyzer"
    before = (folder / "extensions" / "templates" / "average.npy").read_bytes()
    steps = compute(folder, ["waveforms", "principal_components", "spike_locations"])
    while True:
        try:
            next(steps)
        except StopIteration as end:
            assert set(end.value.names) == {"waveforms", "principal_components", "spike_locations"}  # noqa: PT017
            break
    assert (folder / "extensions" / "templates" / "average.npy").read_bytes() == before
    found = around(folder)
    snippets, components = found.snippets("u0"), found.components("u0")
    assert snippets is not None
    assert snippets.waves.shape == (len(snippets.spikes), 4, 90)
    template = np.load(folder / "extensions" / "templates" / "average.npy")[0]
    best = int(np.ptp(template, axis=0).argmax())
    assert np.corrcoef(snippets.waves.mean(axis=0)[best], template[:, best])[0, 1] > 0.95
    assert components is not None
    assert components.values.shape == (len(components.spikes), 4)
    stretch = found.stretch("u0", 50_000, 3000, "referenced")
    assert stretch is not None
    assert (stretch.values.shape, stretch.unit) == ((4, 3000), "µV")
    assert len(found.depths("u0"))
    assert missing(folder) == []
    with pytest.raises(UserError, match="exists"):
        made(tmp_path, samples=6, seed=2, mode="recording", sessions=1, seconds=5, channels=4)


def around(folder: Path) -> Around:
    """What is around the units of an analyzer."""
    return load._around(open_analyzer(folder))


def test_a_phy_folder_of_any_size_is_made_quickly(tmp_path: Path) -> None:
    told = made(tmp_path, samples=30, seed=3, mode="phy", spikes=20_000, seconds=60, channels=24)
    assert (told.samples, told.ceiling, len(told.files)) == (30, 0.95, 1)
    result = scanned(*told.files)
    found = result.one
    assert not result.noted
    assert len(found.keys) == 30
    assert sum(found.columns["num_spikes"]) == 20_000
    times = np.load(told.files[0] / "spike_times.npy", mmap_mode="r")
    assert (np.diff(times) >= 0).all()
    assert 0 <= times[0] < times[-1] < 60 * 30_000
    spreads: dict[str, list[float]] = {label: [] for label in ("good", "mua", "noise")}
    for label, spread in zip(found.labels, found.columns["amplitude_cv"], strict=True):
        spreads[str(label)].append(spread)
    middles = [float(np.median(spreads[label])) for label in ("good", "mua", "noise")]
    assert middles == sorted(middles), "the classes differ in how much amplitudes spread"
    with pytest.raises(UserError, match="exists"):
        made(tmp_path, samples=30, mode="phy", spikes=20_000)
