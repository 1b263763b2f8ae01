"""What groups and samples are called: simulations of cells, or what a recording's file says."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from models.domain import Found, common_words
from models.domains.traces import DOMAIN
from models.domains.traces.nouns import nouns
from models.job import Job
from models.sample import Samples
from models.store.project import Project
from workers.inline import run

MAPPED = '{"d": "x", "a": 0}'


def table(*rows: tuple[str, str, str | None]) -> Samples:
    """Samples of these keys, groups and layouts."""
    keys, groups, layouts = zip(*rows, strict=True)
    found = Found(Path("a.h5"), "a.h5", keys, groups, columns={"_layout": layouts, "noise": [0.1] * len(rows)})
    return found.addresses()


@pytest.mark.parametrize(
    ("key", "group", "word"),
    [
        ("cells/cell_3/rec1/dff", "a/cell_3", "cell"),
        ("mice/m1/dff", "a/m1", "group"),
        ("Animals/m1/dff", "a/m1", "animal"),
        ("m1/dff", "a/m1", "group"),
        ("traces/0", "a", "group"),
        ("cells/m1", "a/m1", "cell"),
        ("m1/cells/m1/dff", "a/m1", "cell"),
    ],
)
def test_a_recording_s_group_is_called_by_the_folder_it_stands_in(key: str, group: str, word: str) -> None:
    assert nouns(table((key, group, MAPPED))) == {(word, "recording")}


def test_simulations_keep_their_words_and_mixtures_get_neutral_ones() -> None:
    for layout in ("sim:T", None):
        assert nouns(table(("1/0", "a/1", layout))) == {("simulation", "cell")}
    assert common_words({("simulation", "cell"), ("cell", "recording")}) == ("group", "sample")


@pytest.mark.parametrize("odd", [("1/0", "a/1", "sim:T"), ("animals/m1/dff", "a/m1", MAPPED)])
def test_one_other_sample_in_the_middle_makes_a_mixture(odd: tuple[str, str, str]) -> None:
    cells = [(f"cells/c{number}/dff", f"a/c{number}", MAPPED) for number in range(40)]
    assert DOMAIN.words(table(*cells)) == ("cell", "recording")
    mixed = table(*cells[:20], odd, *cells[20:])
    assert DOMAIN.words(mixed) == ("group", "sample")
    keys, groups = mixed.table.column("key").to_pylist(), mixed.table.column("group").to_pylist()
    found = Found(Path("a.h5"), "a.h5", keys, groups, columns={"_layout": [*[MAPPED] * 20, odd[2], *[MAPPED] * 20]})
    assert DOMAIN.words_of(found) == ("group", "sample")


def test_many_samples_of_a_folder_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("models.domains.traces.nouns._noun", lambda parts, name: str(seen.append(name)))
    samples = table(*((f"cells/c{number % 7}/rec{number}", f"a/c{number % 7}", MAPPED) for number in range(5000)))
    DOMAIN.words(samples)
    DOMAIN.words(samples)
    assert sorted(seen) == [f"c{number}" for number in range(7)]


def test_the_import_says_what_it_counts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        for cell in range(3):
            for take in range(2):
                place = file.create_group(f"cells/c{cell}/rec{take}")
                place["dff"] = rng.normal(size=200).astype(np.float32)
                place["time_s"] = np.arange(200) / 10
    Project.create(tmp_path / "p", "traces").close()
    arguments = {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "rec.h5")]}
    for dry in (True, False):
        told = run(Job("import_samples", {**arguments, "dry_run": dry}, ""))
        assert told["words"] == {"group": "cell", "sample": "recording"}
    with Project.open(tmp_path / "p") as project:
        assert DOMAIN.words(project.samples) == ("cell", "recording")
