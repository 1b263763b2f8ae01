"""Curation files of all formats: read, given to units, written, and what is wrong with some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.domains.units.curation import (
    Curation,
    Definition,
    Merge,
    Split,
    give,
    quality_kind,
    read_curation,
    write_curation,
)
from models.domains.units.tables import Sheet
from models.errors import UserError
from tests.units.sortings import scanned, write_phy, write_table

FULL = Curation(
    "2",
    ("a", "b", "c", "d", "e", "f"),
    {"quality": Definition(("good", "MUA", "noise")), "type": Definition(("fs", "rs"), False)},
    {"a": {"quality": ("MUA",), "type": ("fs", "rs")}, "b": {"quality": ("odd",)}},
    (Merge(("c", "d"), "g"),),
    (Split("e", ((0, 1, 2),), None, ("h", "i")),),
    ("f",),
)


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_is_written_comes_back(tmp_path: Path, version: str) -> None:
    whole = FULL if version == "2" else Curation("1", FULL.units, FULL.definitions, FULL.labels, (Merge(("c", "d")),))
    write_curation(whole, tmp_path / "c.json", version)
    back = read_curation(tmp_path / "c.json")
    assert back.format == version
    assert (back.units, back.labels, back.merges) == (whole.units, whole.labels, whole.merges)
    assert (back.splits, back.removed) == (whole.splits, whole.removed)
    assert "odd" in back.definitions["quality"].options


@pytest.mark.parametrize("version", ["1", "2"])
def test_spikeinterface_takes_what_is_written(tmp_path: Path, version: str) -> None:
    from spikeinterface.curation.curation_model import Curation as Theirs

    whole = FULL if version == "2" else Curation("1", FULL.units, {}, FULL.labels, FULL.merges, (), FULL.removed)
    write_curation(whole, tmp_path / "c.json", version)
    theirs = Theirs(**json.loads((tmp_path / "c.json").read_text("utf-8")))
    assert [merge.unit_ids for merge in theirs.merges] == [["c", "d"]]
    assert theirs.removed == ["f"]
    assert theirs.manual_labels[0].labels["quality"] == ["MUA"]


def test_spikeinterface_takes_a_file_without_any_label(tmp_path: Path) -> None:
    from spikeinterface.curation.curation_model import Curation as Theirs

    write_curation(Curation("2", (1, 2), {"quality": Definition(("x",))}), tmp_path / "c.json")
    assert Theirs(**json.loads((tmp_path / "c.json").read_text("utf-8"))).unit_ids == [1, 2]


def test_format_1_cannot_hold_splits(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot hold splits"):
        write_curation(FULL, tmp_path / "c.json", "1")
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    ("name", "units", "merges"), [("int", 7, (1, 2)), ("str", 7, ("a", "b")), ("no-merge", 8, None)]
)
def test_files_of_sortingview(data: Path, name: str, units: int, merges: tuple[int, ...] | None) -> None:
    place = data / "curation_json" / f"sv-sorting-curation-{name}.json"
    one = read_curation(place)
    assert (one.format, len(one.units)) == ("0", units)
    assert (one.merges[0].units if one.merges else None) == merges
    found = scanned(place).one
    assert len([label for label in found.labels if label]) == units


@pytest.mark.parametrize(("version", "removed", "splits"), [("1", ("u0",), 0), ("2", ("u0",), 1)])
def test_files_of_spikeinterface(data: Path, version: str, removed: tuple[str, ...], splits: int) -> None:
    one = read_curation(data / "curation_json" / f"curation_v{version}.json")
    assert (one.format, len(one.units), one.removed, len(one.splits)) == (version, 16, removed, splits)
    assert one.merges[0].units == ("u4", "u5")


def test_a_file_alone_is_units_with_labels(tmp_path: Path) -> None:
    write_curation(FULL, tmp_path / "mouse1_curation.json")
    found = scanned(tmp_path).one
    assert found.keys == list(FULL.units)
    assert found.labels == ["mua", "odd", None, None, None, None]
    assert found.columns["type"][0] == "fs, rs"
    assert found.columns["merged_into"][2:4] == ["g", "g"]
    assert found.columns["split_into"][4] == "h + i"
    assert found.columns["removed"][5] == "yes"
    assert set(found.groups) == {"mouse1"}


def test_beside_a_sorting_it_labels_its_units(tmp_path: Path) -> None:
    write_phy(tmp_path / "phy")
    labels = {2: {"quality": ("good",)}, 7: {"quality": ("noise",)}}
    write_curation(Curation("2", (0, 2, 3, 7), {}, labels, (Merge((0, 2)),)), tmp_path / "curation.json")
    result = scanned(tmp_path)
    assert result.one.labels == [None, "good", None, "noise"]
    assert result.one.columns["merged_into"] == ["0 + 2", "0 + 2", None, None]
    assert "the labels of phy" in result.note("has all its 4 units")


def test_of_two_files_the_newer_format_labels_and_the_other_is_an_opinion(tmp_path: Path) -> None:
    write_phy(tmp_path / "phy")
    write_curation(Curation("1", (0, 2, 3, 7), {}, {2: {"quality": ("good",)}}), tmp_path / "a_curation.json", "1")
    write_curation(Curation("2", (0, 2, 3, 7), {}, {2: {"quality": ("MUA",)}}), tmp_path / "b_curation.json")
    found = scanned(tmp_path).one
    assert found.labels[1] == "mua"
    assert found.votes[1] == {"file:a_curation": "good"}


def test_units_of_another_sorting_stay_apart(tmp_path: Path) -> None:
    write_phy(tmp_path / "phy")
    write_curation(Curation("2", (0, 99), {}, {0: {"quality": ("good",)}}), tmp_path / "curation.json")
    assert {found.name for found in scanned(tmp_path).found} == {"curation.json", "phy"}


def test_a_file_from_afar_must_name_all_units_or_be_pointed_at(tmp_path: Path) -> None:
    write_phy(tmp_path / "a" / "phy")
    write_curation(Curation("2", (0, 2), {}, {0: {"quality": ("good",)}}), write_table(tmp_path / "b" / "c.json", ""))
    assert len(scanned(tmp_path).found) == 2
    assert scanned(tmp_path / "a" / "phy", tmp_path / "b" / "c.json").one.labels[0] == "good"


def test_the_kind_of_label_that_is_the_class() -> None:
    labels = {1: {"cell": ("x",), "verdict": ("y",)}}
    assert quality_kind(Curation("2", (1,), {"quality": Definition(("a", "b"))}, labels)) == "quality"
    kinds = {"cell": Definition(("x", "z"), False), "verdict": Definition(("y", "z"))}
    assert quality_kind(Curation("2", (1,), kinds, labels)) == "verdict"
    assert quality_kind(Curation("2", (1,))) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"format_version": "2", "unit_ids": [1', "cut off or still be written"),
        ('{"format_version": "9", "unit_ids": [1], "manual_labels": []}', "format_version is 9"),
        ('{"format_version": "2", "unit_ids": [1], "manual_labels": [{"labels": {}}]}', "'unit_id' is missing"),
        ('{"format_version": "2", "unit_ids": [[1]], "manual_labels": []}', "is no unit id"),
        ('{"format_version": "2", "unit_ids": [1], "label_definitions": {"q": {}}}', "'label_options' is missing"),
        ('{"labelsByUnit": [1]}', "no whole curation file"),
        ('{"other": 1}', "is no curation file"),
        ('{"unit_ids": [1], "splits": [{"unit_id": 1, "indices": [0, 1]}], "merges": []}', "no list of lists"),
        ('{"unit_ids": [1], "splits": [{"unit_id": 1, "indices": ["01"]}], "merges": []}', "no list of lists"),
        ('{"unit_ids": [1], "splits": [{"unit_id": 1, "indices": [[0.5]]}], "merges": []}', "no whole number"),
        ('{"merges": ' + "[" * 200_000, "nests its brackets too deeply"),
        ("[1, 2]", "is no curation file"),
        (
            '{"manual_labels": [{"unit_id": 1, "quality": ["good"]}, {"unit_id": 1, "quality": ["noise"]}]}',
            "unit 1 has two entries in manual_labels, quality good and noise",
        ),
    ],
)
def test_broken_files_are_one_message_each(tmp_path: Path, text: str, reason: str) -> None:
    place = write_table(tmp_path / "curation.json", text)
    with pytest.raises(UserError, match=reason):
        read_curation(place)
    write_phy(tmp_path / "phy")
    result = scanned(tmp_path, place)
    assert result.one.name == "phy"
    assert len(result.skipped) + len(result.noted) == 1


def test_merges_as_a_dictionary_and_as_lists(tmp_path: Path) -> None:
    for merges in ({"9": [1, 2]}, [[1, 2]]):
        told = {"format_version": "2", "unit_ids": [1, 2], "merges": merges}
        one = read_curation(write_table(tmp_path / "c.json", json.dumps(told)))
        assert one.merges[0].units == (1, 2)


def test_one_unit_is_told_as_one(tmp_path: Path) -> None:
    place = write_table(tmp_path / "x.json", '{"labelsByUnit": {"1": ["good", "MUA"], "9": ["good"]}}')
    told = [str(found) for found in give(read_curation(place), Sheet(["1"], [None], [{}]), "x.json")]
    assert any("1 unit has several labels of quality" in words for words in told)
    assert any("labelled there, but not among the 1 unit" in words for words in told)
