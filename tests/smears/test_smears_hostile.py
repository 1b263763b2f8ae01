"""Lists and images that mean harm, or are merely broken: each is named, the rest comes in, and no memory is filled."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from models import texttable
from models.domains.smears import cpa, read, tiffs
from models.domains.smears.images import BadImage, decode, examine
from tests.smears.scanned import bbbc, picture, scanned

CELL = (1, 1, 9, 9)


def test_halves_of_letters_cost_no_other_cell(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    marks = [(*CELL, "ring"), (20, 1, 29, 9, "\ud83d cut"), (40, 1, 49, 9, "🦠 whole"), (60, 1, 69, 9, "\\ud83d")]
    text = bbbc(("a.png", marks), ("\udc00.png", [(*CELL, "ring")]))
    (tmp_path / "list.json").write_text(text, "utf-8")
    found = scanned(tmp_path)
    assert found.labels == ["ring", "\N{REPLACEMENT CHARACTER} cut", "🦠 whole", "\\ud83d", "ring"]
    assert found.column("missing") == [None, None, None, None, True]
    assert "only half is there" in found.words
    (tmp_path / "list.json").write_text(bbbc(("a.png", marks[2:])), "utf-8")
    assert "half" not in scanned(tmp_path).words, "two halves are one letter"


def test_names_that_no_file_has_stay_out(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text = bbbc(("a.png", [(*CELL, "ring")]), (f"{'é' * 200}.png", [(*CELL, "ring")]), ("", [(*CELL, "ring")]))
    (tmp_path / "list.json").write_text(text, "utf-8")
    found = scanned(tmp_path)
    assert found.keys == ["a.png#0"]
    assert "longer than the name of any file; its 1 box stays out" in found.words
    assert "entry 2: it has no pathname" in found.words


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_whose_name_is_no_text_costs_no_other(tmp_path: Path) -> None:
    for name in (b"one/a.png", b"two/b.png", b"two/caf\xe9.png"):
        place = tmp_path / os.fsdecode(name)
        place.parent.mkdir(exist_ok=True)
        try:
            Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(place)
        except OSError:
            pytest.skip("this disk takes no such name")
    found = scanned(tmp_path)
    assert found.keys == ["one/a.png", "two/b.png"]
    assert "'caf\\udce9.png': its name is not readable text" in found.words


def test_a_class_is_one_line(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    marks = [(*CELL, "red\nblood\tcell"), (20, 1, 29, 9, "nul\0l"), (40, 1, 49, 9, "a b")]
    (tmp_path / "list.json").write_text(bbbc(("a.png", marks)), "utf-8")
    assert scanned(tmp_path).labels == ["red blood cell", "nul l", "a b"]


@pytest.mark.parametrize(
    ("name", "words", "classes"),
    [
        ("classes.txt", "ring\n\nwbc\n", ["ring", "1", "wbc", "3"]),
        ("data.yaml", "names: [no, 007, null, [a, b]]", ["no", "007", "null", "3"]),
        ("data.yaml", "names: {0: yes, 2: 1.0}", ["yes", "1", "1.0", "3"]),
        ("data.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, ring]", ["0", "ring", "2", "3"]),
        ("data.yaml", "names:\n  0: |\n    a\n\n    b\n  1: c", ["a b", "c", "2", "3"]),
    ],
)
def test_classes_of_yolo_keep_their_numbers_and_names(
    name: str, words: str, classes: list[str], tmp_path: Path
) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("".join(f"{number} .{number + 1} .5 .1 .1\n" for number in range(4)))
    (tmp_path / name).write_text(words, "utf-8")
    assert scanned(tmp_path).labels == classes


def test_two_images_of_one_number_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    content = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": "1", "file_name": "b.png"}, {"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}],
        "categories": [{"id": 1, "name": "ring"}],
    }
    (tmp_path / "list.json").write_text(json.dumps(content), "utf-8")
    found = scanned(tmp_path)
    assert found.keys == ["a.png#0"]
    assert "b.png: its id 1 is that of a.png, and boxes of this id are taken for that one" in found.words


def test_lists_too_large_for_the_memory_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "list.json").write_text(bbbc(("a.png", [(*CELL, "ring")])), "utf-8")
    with gzip.open(tmp_path / "many.json.gz", "wb") as file:
        file.write(b"[" + b"[]," * 1000 + b"[]]")
    (tmp_path / "long.json").write_text("[" + " " * 5000 + "]")
    (tmp_path / "lines.csv").write_text("image,x\n" * 200)
    (tmp_path / "fields.csv").write_text("image,x," + "a," * 300)
    monkeypatch.setattr(read, "_MOST_ENTRIES", 900)
    monkeypatch.setattr(read, "_LONGEST", 4000)
    monkeypatch.setattr(texttable, "_MOST_LINES", 100)
    monkeypatch.setattr(texttable, "_MOST_FIELDS", 250)
    found = scanned(tmp_path)
    assert found.keys == ["a.png#0"]
    assert "many.json.gz : it has more than 900 entries" in found.words
    assert "long.json : it is longer than" in found.words
    assert found.words.count("more than 100 lines or 250 fields") == 2


def test_a_view_that_never_ends_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
    with closing(sqlite3.connect(tmp_path / "cells.db")) as database:
        database.execute("CREATE TABLE Per_Image (ImageNumber INTEGER)")
        database.execute(f"CREATE VIEW Per_Object AS {endless} SELECT x AS ImageNumber FROM c")
        database.execute(f"CREATE VIEW Silent AS {endless} SELECT count(*) FROM c")
        database.commit()
    monkeypatch.setattr(cpa, "_MOST_ROWS", 1000)
    monkeypatch.setattr(cpa, "_MOST_STEPS", 3)
    for name, words in (("Per_Object", "more than 1,000 rows"), ("Silent", "interrupted")):
        (tmp_path / "cells.properties").write_text(f"db_sqlite_file = cells.db\nobject_table = {name}\n")
        assert words in scanned(tmp_path).words


def test_pieces_of_a_tiff_that_unpack_to_more_than_they_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tif"
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", compression="zlib", rowsperstrip=64)
    monkeypatch.setattr(tiffs, "_HARMLESS", 1 << 16)
    assert np.array_equal(decode(path), pixels), "what is as large as it should be is read"
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        place, tag = page.dataoffsets[0], page.tags["StripByteCounts"]
    bomb = zlib.compress(bytes(50_000_000))
    data = bytearray(path.read_bytes()) + bytes(len(bomb))
    data[place : place + len(bomb)] = bomb
    path.write_bytes(data)
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags[tag.code].overwrite(len(bomb))
    with pytest.raises(BadImage, match="unpacks to more"):
        decode(path)


def test_values_of_many_channels_are_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 40), np.uint8), photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(path, mode="r+b") as file:
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            file.pages.first.tags[name].overwrite(15_000)
    with pytest.raises(BadImage, match="15000 × 15000 pixels of 40 bytes each"):
        examine(path)
