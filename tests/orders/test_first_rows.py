"""The first samples of a source before its import: what a person knows, not what a domain keeps for itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.domain import Found
from models.domains import domain
from models.job import Job, finish
from models.orders.importing import SHOWN, first_rows
from models.store.project import Project
from workers.inline import run

MAPPING = {"image": "file", "box": ["x", "y", "w", "h"]}


def found(columns: Mapping[str, Sequence[Any]], mapping: str = json.dumps(MAPPING)) -> Found:
    keys = ["a.png#0", "a.png#1"]
    return Found(Path("d"), "d", keys, ["a", "a"], columns=columns, settings={"mapping": mapping})


def test_of_inner_columns_those_that_the_mapping_names_are_told() -> None:
    columns = {"_kind": ["box"] * 2, "_box": ["1,2,3,4", "5,6,7,8"], "_print": ["f0", "0f"], "age": [1.23456789, None]}
    assert first_rows(found(columns)) == [
        {"sample": "a.png#0", "box": "1,2,3,4", "age": "1.2346", "group": "a"},
        {"sample": "a.png#1", "box": "5,6,7,8", "age": "", "group": "a"},
    ]


def test_what_says_the_same_as_the_sample_is_not_told_twice() -> None:
    assert list(first_rows(found({"_image": ["a.png#0", "a.png#1"]}))[0]) == ["sample", "group"]
    assert list(first_rows(found({"_image": ["a.png", "a.png"]}))[0]) == ["sample", "image", "group"]


@pytest.mark.parametrize("mapping", ["", "guess", "[1]", "{"])
def test_without_a_mapping_no_inner_column_is_told(mapping: str) -> None:
    assert list(first_rows(found({"_box": ["1", "2"]}, mapping))[0]) == ["sample", "group"]


@pytest.mark.parametrize("table", [False, True])
def test_of_voices_no_inner_column_is_told(table: bool, tmp_path: Path) -> None:
    place = tmp_path / "data"
    if table:
        place.mkdir()
        lines = [f"p{number},{number % 2},{number}.5,{number * 2}.25,{number}.75" for number in range(8)]
        (place / "features.csv").write_text("\n".join(["patient,label,jitter,shimmer,noise", *lines]) + "\n", "utf-8")
    else:
        finish(domain("voice").fake(place, 20, 3))
    Project.create(tmp_path / "p", "voice").close()
    arguments = {"project": str(tmp_path / "p"), "sources": [str(place)], "dry_run": True}
    told = run(Job("import_samples", arguments, ""))
    (way,) = told["read_as"]
    assert len(way["rows"]) == SHOWN
    assert not {"kind", "file", "splits", "print", "features", "local"} & set(way["rows"][0])
    assert {"sample", "label", "group"} <= set(way["rows"][0])
