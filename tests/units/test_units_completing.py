"""What analyzers lack: told at the import, computed when asked for, read anew; nothing that was there is changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from models.domain import Computed
from models.domains.units import analyzer, extensions, load
from models.domains.units.extensions import EXTENSIONS, KEPT, MAKING, compute, lacking, missing
from models.errors import Cancelled, UserError
from models.orders.completing import incomplete
from models.payload import Unit
from models.store.project import Project
from tests.units.sortings import scanned
from tests.units.test_units_writing import do, label, project_of
from workers.inline import run as run_job

TAKEN = ("template_metrics", "correlograms", "template_similarity")


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A copy of the analyzer without some of its extensions; it has no recording."""
    place = Path(shutil.copytree(data / "si_sim" / "analyzer", tmp_path / "mouse7" / "analyzer"))
    for name in TAKEN:
        shutil.rmtree(place / "extensions" / name)
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def finish(steps: Generator[Any, None, Computed], stop_after: int = -1) -> Computed:
    """Run to the end, or stop it at a step."""
    count = 0
    try:
        while True:
            count += 1
            _ = next(steps) if count != stop_after else steps.throw(Cancelled())
    except StopIteration as end:
        found: Computed = end.value
        return found


def test_the_table_of_extensions_is_that_of_spikeinterface() -> None:
    from spikeinterface.core.sortinganalyzer import get_extension_class

    for name, kind in EXTENSIONS.items():
        theirs = get_extension_class(name)
        recording = kind.recording and not kind.instead
        assert (list(kind.needs), recording) == (theirs.depend_on, theirs.need_recording), name


def test_mean_waveforms_need_single_ones_or_the_recording(folder: Path) -> None:
    shutil.rmtree(folder / "extensions" / "templates")
    shutil.rmtree(folder / "extensions" / "unit_locations")
    told = {item.name: item.obstacle for item in lacking(folder)}
    assert told["templates"] == extensions.NO_RECORDING
    assert told["unit_locations"] == "it needs templates"
    assert finish(compute(folder, ["templates"])).failed, "spikeinterface says so too"


def test_an_import_tells_what_is_missing_and_what_it_would_give(folder: Path) -> None:
    before = contents(folder)
    result = scanned(folder)
    note = result.note("import with extensions=compute")
    assert "correlograms (correlograms in its own bins)" in note
    assert "template_metrics (measures of the waveform)" in note
    assert "waveforms (single spikes over the template), spike_locations" in result.note("needs the recording")
    assert "they will be computed" in scanned(folder, extensions="compute", dry="yes").note("correlograms")
    assert contents(folder) == before
    with pytest.raises(UserError, match="extensions is 'all': give leave or compute"):
        scanned(folder, extensions="all")


def test_an_import_computes_what_it_can_and_reads_it(folder: Path) -> None:
    before = contents(folder)
    result = scanned(folder, extensions="compute")
    assert "computed: correlograms, template_similarity, template_metrics" in result.note("computed: correlograms")
    assert "waveforms (single spikes over the template), spike_locations" in result.note("needs the recording")
    assert "half_width" in result.one.columns or "trough_half_width" in result.one.columns
    after = contents(folder)
    assert {name: after[name] for name in before} == before, "what was there is as it was"
    again = scanned(folder, extensions="compute")
    assert not [item for item in again.noted if "computed: " in item.text and "not" not in item.text]


def test_a_folder_that_may_not_be_written_to_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_given: False)
    assert {item.obstacle for item in lacking(folder)} == {f"{folder} may not be written to"}
    result = scanned(folder, extensions="compute")
    assert len(result.one.keys) == 16
    assert len([item for item in result.noted if "may not be written to" in item.text]) == 1
    with pytest.raises(UserError, match="may not be written to: its missing extensions stay missing"):
        next(compute(folder))


def test_stopped_it_keeps_what_is_done(folder: Path) -> None:
    told = finish(compute(folder, ["correlograms", "template_similarity", "template_metrics"]), stop_after=4)
    assert (told.names, told.stopped) == (("correlograms", "template_similarity"), True)
    assert "template_metrics" in missing(folder)
    assert not (folder / KEPT).exists()


def test_one_that_a_killed_program_left_half_computed_is_missing(folder: Path) -> None:
    shutil.copytree(folder / "extensions" / "isi_histograms", folder / "extensions" / "correlograms")
    (folder / KEPT).mkdir()
    (folder / KEPT / MAKING).write_text("correlograms", "utf-8")
    assert "correlograms" in missing(folder)
    extensions.restore(folder)
    assert not (folder / "extensions" / "correlograms").exists()
    assert not (folder / KEPT).exists()


def test_a_unit_tells_what_its_source_could_have(folder: Path) -> None:
    one = analyzer.opened(folder)
    assert extensions.computable(one) == set(TAKEN)
    project = project_of(folder.parent / "p", folder)
    with Project.open(project) as opened:
        (unit,) = load.load(opened.samples, 0)
        assert isinstance(unit, Unit)
        assert unit.computable == set(TAKEN)
        (found,) = incomplete(opened)
    assert {item.name for item in found.ready} == set(TAKEN)
    assert list(found.obstacles().values()) == [["waveforms", "spike_locations"], ["principal_components"]]


def test_the_measures_of_a_project_are_renewed_and_labels_stay(folder: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", folder)
    label(project, u0="good", u3="noise")
    with Project.open(project) as opened:
        opened.keep_columns({opened.samples.sample(0).id: {"region": "CA1"}})
        group, before = opened.samples.sample(0).group, set(opened.samples.names)
        known = opened.sources()[0].sha
    told = do("complete", project=project)
    assert told["computed"] == {"analyzer": ["correlograms", "template_similarity", "template_metrics"]}
    assert (told["samples"], told["stopped"]) == (16, False)
    with Project.open(project) as opened:
        first = opened.samples.sample(0)
        assert first.group == group
        assert first.meta["region"] == "CA1", "what the analyzer does not tell stays"
        assert set(opened.samples.names) - before & set(opened.samples.names)
        assert [name for name in opened.journal.fold.labels().tolist() if name] == ["good", "noise"]
        assert opened.sources()[0].sha != known, "the source is known again after it moves"
    assert do("check", project=project)["ok"]
    assert do("complete", project=project)["computed"] == {}


def test_stopped_the_order_reads_what_is_done(folder: Path, tmp_path: Path) -> None:
    from models.job import Job

    project, seen = project_of(tmp_path / "p", folder), []
    job = Job("complete", {"project": str(project)}, "")
    told = run_job(job, seen.append, lambda: any("template_similarity" in step.text for step in seen))
    assert told["stopped"]
    assert "correlograms" in told["computed"]["analyzer"]
    assert told["samples"] == 16
    shutil.rmtree(folder / "extensions" / "unit_locations")
    (folder / KEPT).mkdir()
    (folder / KEPT / MAKING).write_text("correlograms", "utf-8")
    after = do("complete", project=project, compute=False)
    assert (after["computed"], after["samples"]) == ({}, 16)
    assert not (folder / "extensions" / "correlograms").exists()


def test_made_units_have_the_new_measures_too(folder: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", folder)
    with Project.open(project) as opened:
        from models.orders.editing import steps_of
        from models.orders.naming import find_domain
        from models.structure import MERGE, Edit

        opened.restructure(steps_of(opened, find_domain(opened), [Edit(MERGE, (4, 5))]), "ann", "Merge")
    do("measure", project=project)
    with Project.open(project) as opened:
        before = set(opened.samples.sample(16).meta)
    do("complete", project=project)
    with Project.open(project) as opened:
        assert len(set(opened.samples.sample(16).meta) - before) > 3
