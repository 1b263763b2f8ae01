"""Units of one recording found in two sortings, and labels carried from one to the other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.units.matching import common, joined
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.app.unit_tables import make_units
from tests.projects import project_from
from tests.units.sortings import write_phy, write_table
from workers.inline import run

#: Former id → id of the second sorting.
AGAIN = {0: 11, 2: 5, 3: 8, 7: 1}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One sorting with labels, and the same anew: other ids, spikes that jitter, a tenth of them lost."""
    first, second = tmp_path / "first", tmp_path / "second"
    made = write_phy(first)
    write_table(first / "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\n2\tmua\n7\tnoise\n")
    shutil.copytree(first, second)
    (second / "cluster_group.tsv").unlink()
    rng = np.random.default_rng(1)
    kept = np.sort(rng.choice(400, 360, replace=False))
    times = made["spike_times"].astype(np.int64)[kept] + rng.integers(-3, 4, 360)
    order = np.argsort(times, kind="stable")
    ids = np.array([AGAIN[int(code)] for code in made["spike_clusters"][kept][order]], np.int32)
    np.save(second / "spike_times.npy", times[order].astype(np.uint64))
    np.save(second / "spike_clusters.npy", ids)
    for name in ("spike_templates", "amplitudes"):
        np.save(second / f"{name}.npy", made[name][kept][order])
    path = tmp_path / "p"
    return project_from(path, "units", first, second)


def carry(path: Path, old: str = "first", new: str = "second", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job("carry_labels", {"project": str(path), "old": old, "new": new, **more}, ""))
    return found


def test_labels_go_to_the_same_units_under_their_new_ids(project: Path) -> None:
    told = carry(project, by="ann")
    pairs = {pair["old"].split("#")[1]: pair["new"].split("#")[1] for pair in told["pairs"] if pair["score"] >= 0.5}
    assert pairs == {str(old): str(new) for old, new in AGAIN.items() if str(old) in pairs}
    assert told["carried"] == 3
    assert told["unmatched"] == []
    with Project.open(project) as opened:
        labels = dict(zip(opened.samples.ids(), opened.journal.fold.labels(), strict=True))
        assert [labels[f"second#{AGAIN[old]}"] for old in (0, 2, 7)] == ["good", "mua", "noise"]
        assert opened.journal.events(limit=1)[0].title == "Carry 3 labels from first to second"
        opened.journal.undo("ann")
        assert opened.journal.fold.labels().tolist().count(None) == 5


def test_a_dry_run_and_a_label_that_is_there_change_nothing(project: Path) -> None:
    assert carry(project, dry_run=True)["event"] == 0
    with Project.open(project) as opened:
        row = int(opened.rows_of(["second#11"])[0])
        opened.journal.label([row], "mua", "ann")
    assert carry(project)["carried"] == 2
    with Project.open(project) as opened:
        assert opened.journal.fold.labels()[row] == "mua"


def test_units_without_spikes_and_templates_match_nothing(tmp_path: Path) -> None:
    path = make_units(tmp_path, each=5, sessions=2)
    told = carry(path, "session 0", "session 1")
    assert (told["carried"], told["matched"], len(told["unmatched"])) == (0, 0, 5)
    with pytest.raises(UserError, match="name two"):
        carry(path, "session 0", "session 0")
    with pytest.raises(UserError, match="group or source"):
        carry(path, "session 9", "session 0")


def test_a_spike_meets_one_spike_only() -> None:
    one = np.array([1.0, 2.0, 3.0])
    assert common(one, one + 0.0003) == 1
    assert common(one, np.array([2.0001])) == pytest.approx(1 / 3)
    assert common(np.array([1.0, 1.0001]), np.array([1.0])) == pytest.approx(0.5)
    assert common(np.array([1.0, 1.0002]), np.array([1.0001, 5.0, 6.0])) == pytest.approx(1 / 4)
    assert common(one, np.zeros(0)) == 0


def test_what_is_not_known_does_not_count() -> None:
    assert joined((np.nan, 0.8, np.nan)) == pytest.approx(0.8)
    assert joined((np.nan, np.nan, 1.0)) == 0
    assert joined((0.01, 0.99, 1.0)) == 0
