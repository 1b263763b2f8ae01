"""Annotations as a file asks for them: one act, that is undone as one; what cannot be changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from workers.inline import run


@pytest.fixture
def night(tmp_path: Path) -> Path:
    compose(tmp_path / "night.edf", waves(120), records=120)
    Project.create(tmp_path / "p", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "night.edf")]}, ""))
    return tmp_path / "p"


def edit(project: Path, told: Any, dry_run: bool = False) -> Any:
    path = project.parent / "edits.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told), "utf-8")
    return run(Job("edit", {"project": str(project), "path": str(path), "by": "ann", "dry_run": dry_run}, ""))


def standing(project: Path) -> list[tuple[float, float, str, tuple[str, ...]]]:
    with Project.open(project) as opened:
        (row,) = opened.rows_of(["night.edf"]).tolist()
        return [(one.start, one.stop, one.text, one.channels) for one in opened.journal.fold.regions(row)]


DRAWN = {
    "intervals": [
        {"recording": "night.edf#10.000", "start": 12.5, "stop": 14, "class": "seizure"},
        {"recording": "night.edf", "start": 20, "text": "blink ä", "channels": ["Fp2", "Fp1"]},
    ]
}


def test_a_file_draws_changes_and_removes(night: Path) -> None:
    planned = edit(night, DRAWN, dry_run=True)
    assert (planned["changed"], planned["event"], standing(night)) == (2, None, [])
    told = edit(night, DRAWN)
    assert told["title"] == "draw 2 annotations"
    assert told["changed"] == len(told["new"]) == 2
    assert standing(night) == [(12.5, 14, "seizure", ()), (20, 20, "blink ä", ("Fp1", "Fp2"))]
    first, second = told["new"]
    again = edit(night, {"moves": [{"interval": first, "stop": 15, "class": "gpd"}], "removals": [second]})
    assert again["title"] == "change 1 annotation, remove 1 annotation"
    assert again["retired"] == [second]
    assert standing(night) == [(12.5, 15, "gpd", ())]
    with Project.open(night) as opened:
        opened.journal.undo("ann")
    assert len(standing(night)) == 2


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("{", "is no JSON"),
        ([], "holds none of intervals, moves, removals"),
        ({"boxes": []}, "holds none of"),
        ({"intervals": [], "boxes": []}, "asks for 'boxes'"),
        ({"intervals": {}}, "is no list"),
        ({"intervals": []}, "asks for nothing"),
        ({"intervals": ["x"]}, "'x' is not an interval"),
        ({"intervals": [{"recording": "day.edf", "start": 1}]}, "no sample 'day.edf'"),
        ({"intervals": [{"recording": "night.edf"}]}, "start of an annotation|stop of an annotation"),
        ({"intervals": [{"recording": "night.edf", "start": "1"}]}, "is '1': give seconds"),
        ({"intervals": [{"recording": "night.edf", "start": 2, "stop": 1}]}, "cannot be"),
        ('{"intervals": [{"recording": "night.edf", "start": NaN}]}', "cannot be"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "colour": "red"}]}, "has no 'colour'"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "class": "seizzure"}]}, "seizure"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "class": "spindle"}]}, 'stands under "text"'),
        ({"intervals": [{"recording": "night.edf", "start": 1, "channels": "Fp1"}]}, "are not"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "low": "5"}]}, "is '5': give Hz"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "low": 5, "high": 5}]}, "from 5 Hz to 5 Hz cannot be"),
        ('{"intervals": [{"recording": "night.edf", "start": 1, "high": Infinity}]}', "any frequency to inf Hz cannot"),
        ({"intervals": [{"recording": "night.edf", "start": 1, "low": -1}]}, "cannot be"),
        ({"moves": [{"interval": "none", "stop": 3}]}, "no annotation 'none'"),
        ({"removals": [3]}, "no annotation '3'"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(night: Path, told: Any, words: str) -> None:
    with pytest.raises(UserError, match=words):
        edit(night, told)
    assert standing(night) == []


def bands(project: Path) -> list[tuple[float | None, float | None]]:
    with Project.open(project) as opened:
        (row,) = opened.rows_of(["night.edf"]).tolist()
        return [(one.low, one.high) for one in opened.journal.fold.regions(row)]


def test_a_box_of_time_and_frequency_is_drawn_changed_and_taken_back(night: Path) -> None:
    told = edit(night, {"intervals": [{"recording": "night.edf", "start": 1, "stop": 2, "text": "a", "low": 300}]})
    (name,) = told["new"]
    assert bands(night) == [(300, None)]
    edit(night, {"moves": [{"interval": name, "high": 3400.5}]})
    assert bands(night) == [(300, 3400.5)], "what is not told stays"
    edit(night, {"moves": [{"interval": name, "low": None}]})
    assert bands(night) == [(None, 3400.5)]
    with Project.open(night) as opened:
        opened.journal.undo("ann")
    assert bands(night) == [(300, 3400.5)]
