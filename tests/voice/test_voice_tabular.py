"""The tabular recipe learns from columns of tables by subject, with gaps, and comes back from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import call
from models.domains.voice.load import left_elsewhere
from models.domains.voice.recipes.tabular import columns_of, table_of
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.projects import project_from
from tests.voice.spoken import DATA, scanned, table, tone, wav
from workers.inline import run


def subjects(path: Path, count: int = 24, apart: float = 2.0) -> Path:
    """Three rows of each subject, of which the odd ones are ill; a gap here and there."""
    rng = np.random.default_rng(0)
    rows = []
    for who in range(count):
        own = rng.normal(apart * (who % 2), 1, 3)
        for turn in range(3):
            values: list[Any] = [f"{value:.4f}" for value in own + rng.normal(0, 0.2, 3)]
            values[turn] = "" if who % 5 == 0 else values[turn]
            rows.append((f"S{who:02}_{turn}", f"S{who:02}", *values, 40 + who, who % 2))
    return table(path, ("name", "subject", "jitter(%)", "shimmer", "hnr", "age", "status"), *rows)


def project_of(place: Path, source: Path) -> str:
    project_from(place, "voice", source)
    return str(place)


@pytest.mark.parametrize(("classes", "told"), [(30, True), (16, True), (15, False), (2, False)])
def test_a_column_of_labels_that_tells_nearly_every_row_apart_is_doubted(
    classes: int, told: bool, tmp_path: Path
) -> None:
    """The table of another domain, whose `label_id` numbers its rows, is not a voice's."""
    rows = [(f"S{row:02}", row % 7, row / 3, row % 5, f"c{row % classes}") for row in range(30)]
    file = table(tmp_path / "rows.csv", ("subject", "hnr", "shimmer", "jitter", "label"), *rows)
    Project.create(tmp_path / "p", "voice").close()
    order = Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(file)], "dry_run": True}, "import")
    doubts = [note["text"] for note in run(order)["notes"] if "hardly the column of labels" in note["text"]]
    assert [text.split(":")[0] for text in doubts] == [f"{classes} classes on 30 samples"] * told


@pytest.mark.parametrize("method", ["linear", "trees", "both"])
def test_it_learns_by_subject_and_comes_back(method: str, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", subjects(tmp_path / "t.csv"))
    told = run(
        Job("train", {"project": project, "recipe": "tabular", "values": {"method": method}, "folds": 4}, "train")
    )
    assert told["split"]["by"] == "group"
    assert told["split"]["independent"]
    assert told["metrics"]["out_of_fold"]["balanced_accuracy"] > 0.75
    predicted = run(Job("predict", {"project": project, "run": told["run"]}, "predict"))
    assert predicted["predicted"] == 72


def test_columns_are_chosen_by_name_and_pattern(tmp_path: Path) -> None:
    samples = scanned(subjects(tmp_path / "t.csv")).samples()
    assert columns_of(samples) == ["jitter(%)", "shimmer", "hnr"]
    assert columns_of(samples, ("jitter(%)", "h*")) == ["jitter(%)", "hnr"]
    assert columns_of(samples, ("!shim*",)) == ["jitter(%)", "hnr"]
    assert columns_of(samples, ("*", "!age", "!hnr")) == ["jitter(%)", "shimmer"]
    with pytest.raises(UserError, match="columns leave no column to learn from: !\\*"):
        columns_of(samples, ("!*",))
    assert columns_of(samples, ("*",)) == ["jitter(%)", "shimmer", "hnr", "age"]
    assert np.isnan(table_of(samples, ["jitter(%)", "nothing"])[0]).tolist() == [True, True]
    with pytest.raises(UserError, match=r"'shimer'.*Did you mean shimmer"):
        columns_of(samples, ("shimer",))


def test_recordings_have_what_the_import_measured(tmp_path: Path) -> None:
    rows = [(wav(tmp_path / "d" / f"{n}.wav", tone(seed=n)).name, f"s{n}", n % 2) for n in range(4)]
    table(tmp_path / "d" / "t.csv", ("file", "speaker", "label"), *rows)
    samples = scanned(tmp_path / "d").samples()
    assert columns_of(samples) == ["seconds", "level", "noise", "silent", "clipped"]
    with pytest.raises(UserError, match="no columns of features"):
        columns_of(scanned(tmp_path / "d", quality="no").samples().take([]))


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
def test_parkinsons_by_subject_is_above_chance_and_below_what_a_leak_gives(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", DATA / "uci_parkinsons")
    told = run(Job("train", {"project": project, "recipe": "tabular", "folds": 5}, "train"))
    assert told["split"]["by"] == "group"
    assert 0.7 < told["metrics"]["out_of_fold"]["auc"] < 0.95


# The command line


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any, str]:
    """Exit status, the one JSON document, and what stands on standard error."""
    status = call([str(word) for word in words])
    told = capsys.readouterr()
    return status, json.loads(told.out) if told.out.strip() else None, told.err


def test_the_verbs_answer_as_the_contract_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = answer(capsys, "fake", "voice", tmp_path / "d", "--samples", 24, "--seed", 1, "--json")
    assert status == 0
    assert {"files", "samples", "ceiling"} <= told.keys()
    assert answer(capsys, "new", tmp_path / "p", "--domain", "voice", "--json")[0] == 0
    status, told, _ = answer(capsys, "import", tmp_path / "p", tmp_path / "d", "--json")
    assert status == 0
    assert {"samples", "added", "known", "groups", "labels", "classes", "skipped", "notes"} <= told.keys()
    assert (told["samples"], told["groups"]) == (24, 6)
    status, told, _ = answer(capsys, "samples", tmp_path / "p", "--where", 'quality ~ "clipping"', "--json")
    assert (status, len(told["rows"])) == (0, 1)
    status, told, _ = answer(capsys, "recipes", "voice", "--json")
    assert "tabular" in [one["name"] for one in told["recipes"]]


def test_mistakes_are_one_line_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "new", tmp_path / "p", "--domain", "voice", "--json")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.wav").write_bytes(b"")
    for words in (("--set", "speakers_column=x"), (), ("--set", "quality=perhaps")):
        status, told, err = answer(capsys, "import", tmp_path / "p", tmp_path / "d", *words, "--json")
        assert status == 1
        assert told is None
        assert len([line for line in err.splitlines() if line.startswith("winnow: ")]) == 1
    assert "a.wav: it is empty" in answer(capsys, "import", tmp_path / "p", tmp_path / "d", "--json")[2]


def test_columns_that_tell_the_classes_alone_are_told_of_the_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(f"S{n}", *rng.normal(size=3), n % 2, n % 2 + rng.random() / 2) for n in range(60)]
    file = table(tmp_path / "t.csv", ("subject", "a", "b", "c", "status", "severity"), *rows)
    told: Any = run(Job("train", {"project": project_of(tmp_path / "p", file), "recipe": "tabular"}, ""))
    assert any(
        note.startswith("severity tells the classes of 100 % of the training rows alone") for note in told["notes"]
    )


def test_a_column_that_nearly_tells_the_classes_is_told_and_others_are_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(f"S{n}", *rng.normal(size=3), n % 2, (n + (n in (6, 31))) % 2) for n in range(120)]
    file = table(tmp_path / "t.csv", ("subject", "a", "b", "c", "status", "arm"), *rows)
    told: Any = run(Job("train", {"project": project_of(tmp_path / "p", file), "recipe": "tabular"}, ""))
    (note,) = [note for note in told["notes"] if "of the training rows alone" in note]
    assert note.startswith("arm tells the classes of 9")


def test_a_column_that_one_table_leaves_out_is_learnt_from_by_none_and_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    head = ("subject", "a", "b", "c", "status")
    first = table(tmp_path / "a.csv", head, *((f"S{n}", *rng.normal(size=2), n % 2, n % 2) for n in range(24)))
    second = table(tmp_path / "b.csv", head, *((f"T{n}", *rng.normal(size=3), n % 2) for n in range(24)))
    project = project_from(tmp_path / "p", "voice", first, second)
    told: Any = run(Job("train", {"project": str(project), "recipe": "tabular"}, ""))
    assert "c is not learnt from, as one of the tables leaves it out." in told["notes"]
    asked = {"project": str(project), "recipe": "tabular", "values": {"columns": ["a", "c"]}}
    told = run(Job("train", asked, ""))
    assert not any("is not learnt from" in note for note in told.get("notes", ()))


def test_what_each_table_leaves_out_is_told_whichever_comes_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    head = ("subject", "a", "b", "c", "d", "status")
    first = table(tmp_path / "a.csv", head, *((f"S{n}", *rng.normal(size=2), n % 2, n % 3, n % 2) for n in range(24)))
    second = table(
        tmp_path / "b.csv", head, *((f"T{n}", *rng.normal(size=2), n % 5, n % 2 * 7, n % 2) for n in range(24))
    )
    for order in ((first, second), (second, first)):
        found = scanned(*order)
        assert left_elsewhere(found.samples()) == ["c", "d"]
    assert left_elsewhere(scanned(first).samples()) == [], "nobody has it as a feature"
