"""What a merge would make, told before it is made; which units may be one, and why."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from models.domains import domain
from models.job import Job
from models.orders.editing import steps_of
from models.store.project import Project
from models.structure import Edit
from tests.projects import project_from
from tests.units.sortings import write_phy
from workers.inline import run

UNITS = domain("units")


def imported(tmp_path: Path, source: Path) -> Path:
    return project_from(tmp_path / "p", "units", source)


@pytest.fixture
def halved(tmp_path: Path) -> Path:
    """A neuron with a pause of 3 ms that was sorted as the units 0 and 1, another alike (2), one elsewhere (3)."""
    write_phy(tmp_path / "phy")
    rng = np.random.default_rng(1)
    neuron = np.cumsum(60 + rng.exponential(340, 6000)).astype(np.uint64)
    other = np.sort(rng.choice(int(neuron[-1]), 3000, replace=False)).astype(np.uint64)
    third = np.sort(rng.choice(int(neuron[-1]), 3000, replace=False)).astype(np.uint64)
    times = np.concatenate([neuron, other, third])
    clusters = np.concatenate([rng.integers(0, 2, 6000), np.full(3000, 2), np.full(3000, 3)])
    owners = np.concatenate([np.zeros(9000), np.full(3000, 3)])
    order = np.argsort(times, kind="stable")
    np.save(tmp_path / "phy" / "spike_times.npy", times[order])
    np.save(tmp_path / "phy" / "spike_clusters.npy", clusters[order].astype(np.int32))
    np.save(tmp_path / "phy" / "spike_templates.npy", owners[order].astype(np.int32))
    np.save(tmp_path / "phy" / "amplitudes.npy", rng.normal(20, 2, len(times)))
    return imported(tmp_path, tmp_path / "phy")


def test_the_halves_of_a_neuron_are_proposed_with_the_reason(halved: Path) -> None:
    found = run(Job("propose", {"project": str(halved)}, ""))["proposals"]
    assert [(one["kind"], one["samples"]) for one in found] == [("merge", ["phy#0", "phy#1"])]
    assert "templates alike 1.00, 0 µm apart" in found[0]["reason"]
    assert "fire 0.00 times as often" in found[0]["reason"]


def test_what_is_gone_is_not_proposed(halved: Path) -> None:
    with Project.open(halved) as project:
        project.restructure(steps_of(project, UNITS, [Edit("remove", (0,))]), "ann", "removal of 1 unit")
    assert run(Job("propose", {"project": str(halved)}, ""))["proposals"] == []


def test_a_map_is_made_anew_when_measures_came(halved: Path) -> None:
    arguments = {"project": str(halved), "method": "pca"}
    first = run(Job("project_map", arguments, ""))
    assert run(Job("project_map", arguments, ""))["cached"]
    with Project.open(halved) as project:
        project.keep_columns({"phy#0": {"snr": 4.0}})
    again = run(Job("project_map", arguments, ""))
    assert not again["cached"]
    assert again["file"] != first["file"]


def test_what_spikeinterface_proposes_of_an_analyzer_has_its_reason(data: Path, tmp_path: Path) -> None:
    import spikeinterface as si

    one = si.load_sorting_analyzer(data / "si_sim" / "analyzer")
    count = len(one.sorting.get_unit_spike_train("u1", segment_index=0))
    half = np.random.default_rng(0).random(count) < 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        split = one.split_units({"u1": [np.flatnonzero(half), np.flatnonzero(~half)]}, new_unit_ids=[["a", "b"]])
        split.save_as(format="binary_folder", folder=tmp_path / "analyzer")
    place = imported(tmp_path, tmp_path / "analyzer")
    found = run(Job("propose", {"project": str(place)}, ""))["proposals"]
    assert found[0]["samples"] == ["analyzer#a", "analyzer#b"]
    assert "as spikeinterface finds" in found[0]["reason"]
