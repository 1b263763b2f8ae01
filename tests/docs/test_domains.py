"""The toy domain of docs/domains.md goes through the whole loop as it stands on the page."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import domains
from models.domain import Domain
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from workers.inline import run

PAGE = Path(__file__).parents[2] / "docs" / "domains.md"


@pytest.fixture
def curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Domain]:
    """The domain of the page, in a folder that `models.domains` looks into."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    home = tmp_path / "domains" / "curves"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(blocks[0], "utf-8")
    monkeypatch.setattr(domains, "__path__", [*domains.__path__, str(home.parent)])
    monkeypatch.setattr(domains, "NAMES", domains.find_names())
    import sys

    yield domains.domain("curves")
    sys.modules.pop("models.domains.curves")
    vars(domains).pop("curves", None)


def do(order: str, **arguments: Any) -> Any:
    return run(Job(order, arguments, order))


@pytest.fixture
def project(curves: Domain, tmp_path: Path) -> Path:
    made = do("fake", domain_name="curves", out=str(tmp_path / "data"), samples=90)
    assert made["samples"] == 90
    assert 0.9 < made["ceiling"] < 1.0
    Project.create(tmp_path / "p", "curves").close()
    told = do("import_samples", project=str(tmp_path / "p"), sources=[str(tmp_path / "data")])
    assert (told["samples"], told["groups"], told["skipped"]) == (90, 15, [])
    assert set(told["classes"]) == {"rising", "falling"}
    return tmp_path / "p"


def test_its_name_is_known_without_registration(curves: Domain) -> None:
    assert "curves" in domains.NAMES
    assert curves.name == "curves"
    with pytest.raises(UserError, match="Did you mean curves"):
        domains.domain("curvse")


def test_it_trains_and_gives_a_queue(project: Path) -> None:
    trained = do("train", project=str(project), recipe="centroid", values={"sharpness": "2"}, seed=1)
    score = trained["metrics"]["test"]
    assert score["balanced_accuracy"] > 0.6
    assert trained["split"]["by"] == "group"
    listed = do("queue", project=str(project), strategy="blend", n=5)["queue"]
    assert listed
    assert all(item["reason"] for item in listed)


def test_its_export_comes_back_with_the_labels_of_now(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        ids = opened.samples.ids()
        before = opened.journal.fold.labels().tolist()
        changed = "rising" if before[0] == "falling" else "falling"
        opened.journal.label([0], changed, "ada")
    out = tmp_path / "again" / "curves.csv"
    written = do("export", project=str(project), format="curves", out=str(out))
    assert written["written"] == 90
    Project.create(tmp_path / "q", "curves").close()
    do("import_samples", project=str(tmp_path / "q"), sources=[str(out.parent)])
    with Project.open(tmp_path / "q") as opened:
        assert opened.samples.ids() == ids
        assert opened.journal.fold.labels().tolist() == [changed, *before[1:]]


def test_a_bad_line_is_skipped_and_told(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "data" / "curves.csv"
    rows = list(csv.reader(file.read_text("utf-8").splitlines()))
    rows[3][5] = "much"
    rows[4] = rows[4][:10]
    other = tmp_path / "bad" / "bad.csv"
    other.parent.mkdir()
    with other.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    (other.parent / "notes.csv").write_text("this,is,not\n", "utf-8")
    told = do("import_samples", project=str(project), sources=[str(other.parent)], dry_run=True)
    assert [item["where"] for item in told["skipped"]] == ["line 4", "line 5"]
    assert told["added"] == 88
    assert "notes.csv" in [item["source"] for item in told["notes"]]


def test_its_samples_can_be_shown(project: Path, curves: Domain) -> None:
    import numpy as np

    with Project.open(project) as opened:
        (shown,) = curves.load(opened.samples, 3)
        assert shown.reader.length == 24
        assert curves.sketch(opened.samples, np.array([3, 1]), 12).shape == (2, 12)
