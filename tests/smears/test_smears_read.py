"""BBBC041, Pascal VOC, crops and plain images are found; what is wrong is named and the rest comes in."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from models.domains.smears.groupings import binary, stages
from models.errors import UserError
from tests.smears.scanned import bbbc, picture, scanned

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "smears"
real = pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")


@real
def test_bbbc041() -> None:
    found = scanned(REAL / "bbbc041", file="training.json")
    assert not found.skipped
    assert not found.noted
    assert Counter(found.labels) == {
        "red blood cell": 1407, "trophozoite": 25, "schizont": 13, "gametocyte": 3, "leukocyte": 1,
    }  # fmt: skip
    assert len(set(found.groups)) == 28
    assert len(set(found.keys)) == 1449
    modes = Counter(binary(label or "") for label in found.labels)
    assert modes == {"uninfected": 1407, "infected": 41, None: 1}
    assert Counter(stages(label or "") for label in found.labels)[None] == 1
    assert set(found.column("split")) == {"training"}


@real
def test_missing_images_are_told_with_counts() -> None:
    found = scanned(REAL / "bbbc041", split="test", file="t*.json")
    assert len(found.keys) == 5922
    assert all(found.column("missing"))
    assert "120 images are missing, with 5\u202f922 boxes" in found.words
    assert found.labels.count("difficult") == 5
    packed = scanned(REAL / "bbbc041" / "training_all1208_boxes_only.json.gz")
    assert len(packed.keys) == 79_672
    assert "1\u202f180 images are missing, with 78\u202f223 boxes" in packed.words


@real
def test_bccd() -> None:
    found = scanned(REAL / "bccd")
    assert len(found.keys) == 4886
    assert Counter(found.labels) == {"RBC": 4153, "WBC": 372, "Platelets": 361}
    assert [(one.source[-11:], one.where) for one in found.skipped] == [
        ("e_00338.xml"[-11:], "BloodImage_00338.jpg object 12"),
        ("e_00343.xml"[-11:], "BloodImage_00343.jpg object 3"),
    ]
    assert all("no area" in one.reason for one in found.skipped)
    assert len(set(found.groups)) == 364
    assert Counter(found.column("split")).keys() == {"training", "validation", "test"}
    assert found.column("_image")[0].startswith("../JPEGImages/")
    assert not any(found.column("missing"))


@real
def test_nih() -> None:
    found = scanned(REAL / "nih")
    assert Counter(found.labels) == {"Parasitized": 500, "Uninfected": 500}
    assert len(set(found.groups)) == 52
    assert found.keys[0].startswith("Parasitized/")
    assert [one.name for one in found.found] == ["cell_images"]
    assert set(found.groups) == set(found.column("patient"))


def test_boxes_that_are_none_are_named_and_the_rest_comes_in(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    marks = [
        ("10", "10", "30", "30", "rbc"),
        (10, 10, 10, 30, "rbc"),
        (50, 10, 30, 30, "rbc"),
        (300, 10, 330, 30, "rbc"),
        (10, 10, 30, 30, "rbc"),
        (10, 10, 30, 30, "ring"),
        (180, 80, 220, 120, "rbc"),
        ("ten", 10, 30, 30, "rbc"),
        (None, 10, 30, 30, "rbc"),
    ]
    (tmp_path / "list.json").write_text(bbbc(("/images/a.png", marks)), "utf-8")
    found = scanned(tmp_path)
    assert found.keys == ["images/a.png#0", "images/a.png#5", "images/a.png#6"]
    assert found.column("_box") == ["10,10,30,30", "10,10,30,30", "180,80,200,100"]
    assert found.column("edge") == [False, False, True]
    told = {one.where.rpartition(" ")[2]: one.reason for one in found.skipped}
    assert list(told) == ["1", "2", "3", "7", "8"]
    for number, words in (("1", "no area"), ("2", "inverted"), ("3", "outside"), ("7", "'ten'"), ("8", "None")):
        assert words in told[number]
    assert "1 box is drawn twice with one class and kept once: images/a.png object 4" in found.words
    assert "1 box goes beyond its image" in found.words


@pytest.mark.parametrize("name", ["/images/../../secret.png", "../secret.png", "images/../../secret.png", "..", "", 7])
def test_a_name_that_leaves_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    picture(tmp_path / "secret.png")
    picture(tmp_path / "in" / "a.png")
    text = bbbc((name, [(1, 1, 9, 9, "ring")]), ("a.png", [(1, 1, 9, 9, "ring")]))
    (tmp_path / "in" / "list.json").write_text(text, "utf-8")
    found = scanned(tmp_path / "in" / "list.json")
    assert found.keys == ["a.png#0"]
    assert len(found.skipped) == 1
    assert "1 box stays out" in found.skipped[0].reason


def test_paths_of_another_computer_are_found_by_their_end(tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.png")
    names = ["C:\\data\\set\\a.png", "/mnt/someone/set/a.png", "https://example.org/x/set/a.png?size=1"]
    for name in names:
        (tmp_path / "list.json").write_text(bbbc((name, [(1, 1, 9, 9, "ring")])), "utf-8")
        found = scanned(tmp_path)
        assert found.column("_image") == ["set/a.png"], name
        assert not any(found.column("missing"))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.97])
def test_json_that_is_cut_off_costs_no_other_file(cut: float, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text = bbbc(("a.png", [(1, 1, 9, 9, "ring"), (11, 11, 19, 19, "ring")]))
    (tmp_path / "whole.json").write_text(text, "utf-8")
    (tmp_path / "half.json").write_text(text[: int(len(text) * cut)], "utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, "utf-8")
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe\x00[")
    (tmp_path / "half.json.gz").write_bytes(b"\x1f\x8b\x08\x00abc")
    found = scanned(tmp_path)
    assert len(found.keys) == 2
    assert {one.source for one in found.skipped} == {"half.json", "deep.json", "odd.json", "half.json.gz"}
    assert "cut off" in next(one.reason for one in found.skipped if one.source == "half.json")


def test_class_names_stay_as_they_are(tmp_path: Path) -> None:
    names = ["red blood cell", "a, b", "a/b", "🦠 ring", "Δ+;", '"quoted"', "0"]
    picture(tmp_path / "a.png")
    marks = [(place * 20, 1, place * 20 + 9, 9, name) for place, name in enumerate(names)]
    (tmp_path / "list.json").write_text(bbbc(("a.png", [*marks, (1, 20, 9, 30, ""), (1, 40, 9, 50, None)])), "utf-8")
    assert scanned(tmp_path).labels == [*names, None, None]


def test_damaged_and_strange_images_are_named_and_lose_no_label(tmp_path: Path) -> None:
    picture(tmp_path / "good.png")
    cut = picture(tmp_path / "cut.png", 200, 100)
    cut.write_bytes(cut.read_bytes()[:-20])
    picture(tmp_path / "large.png", 300, 150)
    Image.new("CMYK", (200, 100)).save(tmp_path / "cmyk.jpg")
    Image.new("RGBA", (200, 100)).save(tmp_path / "alpha.png")
    names = ["good.png", "cut.png", "large.png", "cmyk.jpg", "alpha.png", "{none}.png"]
    text = bbbc(*((name, [(1, 1, 9, 9, "ring")]) for name in names))
    (tmp_path / "list.json").write_text(text, "utf-8")
    found = scanned(tmp_path)
    assert found.labels == ["ring"] * 6
    assert found.column("missing") == [None, True, None, None, None, True]
    for words in (
        "cut off: the end of the file is missing): cut.png", "large.png (300 × 150, told as 200 × 100)",
        "CMYK colours are turned into RGB: cmyk.jpg", "laid on white: alpha.png", "1 image is missing",
    ):  # fmt: skip
        assert words in found.words


def test_boxes_follow_the_turning_of_an_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "a.jpg", 200, 100, exif=exif)
    stored, shown = [(10, 20, 40, 60, "ring")], [(10, 20, 40, 60, "ring")]
    (tmp_path / "list.json").write_text(bbbc(("a.jpg", stored), width=200, height=100), "utf-8")
    found = scanned(tmp_path)
    assert found.column("_box") == ["40,10,80,40"]
    assert "were drawn before these were turned" in found.words
    (tmp_path / "list.json").write_text(bbbc(("a.jpg", shown), width=100, height=200), "utf-8")
    again = scanned(tmp_path)
    assert again.column("_box") == ["10,20,40,60"]
    assert not again.noted


def test_two_images_of_one_name_are_two_groups(tmp_path: Path) -> None:
    for folder, shade in (("one", 10), ("two", 20)):
        picture(tmp_path / folder / "a.png", shade=shade)
        (tmp_path / folder / "list.json").write_text(bbbc(("a.png", [(1, 1, 9, 9, "ring")])), "utf-8")
    found = scanned(tmp_path)
    assert [one.name for one in found.found] == ["one/list.json", "two/list.json"]
    assert found.groups == ["a.png", "two/a.png"]


def test_an_image_of_the_same_name_elsewhere_is_not_taken(tmp_path: Path) -> None:
    picture(tmp_path / "one" / "a.png", shade=10)
    (tmp_path / "two").mkdir()
    picture(tmp_path / "a.png", shade=20)
    marks = [(1, 1, 9, 9, "ring")]
    (tmp_path / "list.json").write_text(bbbc(("one/a.png", marks), ("two/a.png", marks)), "utf-8")
    found = scanned(tmp_path)
    assert found.keys == ["one/a.png#0", "two/a.png#0"]
    assert found.column("missing") == [None, True]
    (tmp_path / "flat").mkdir()
    picture(tmp_path / "flat" / "a.png")
    (tmp_path / "flat" / "list.json").write_text(bbbc(("x/a.png", marks), ("y/a.png", marks)), "utf-8")
    flat = scanned(tmp_path / "flat")
    assert flat.column("missing") == [None, True]
    assert "stands for an image that another name has" in flat.words


def test_an_image_without_boxes_is_one_sample(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 800, 600)
    (tmp_path / "list.json").write_text(bbbc(("a.png", []), width=800, height=600), "utf-8")
    listed = scanned(tmp_path / "list.json")
    assert (listed.keys, listed.column("_whole"), listed.labels) == (["a.png"], ["1"], [None])
    (tmp_path / "list.json").unlink()
    for place in (tmp_path, tmp_path / "a.png"):
        found = scanned(place, pixel="0.2")
        assert (found.keys, found.column("_whole"), found.labels) == ([""], ["1"], [None])
        assert found.found[0].source == tmp_path / "a.png"
        assert found.column("pixel_um") == [0.2]


def test_images_that_no_list_tells_of_are_left_and_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 800, 600)
    picture(tmp_path / "b.png", 800, 600)
    text = bbbc(("a.png", [(1, 1, 9, 9, "ring")]), width=800, height=600)
    (tmp_path / "list.json").write_text(text, "utf-8")
    found = scanned(tmp_path)
    assert found.keys == ["a.png#0"]
    assert "1 image without boxes left out" in found.words


def test_class_folders_with_parts_patients_and_damage(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name in ("infected", "not infected"):
            picture(tmp_path / part / name / f"P{len(name)}_IMG_1.png", 60, 50, len(part) * 10)
            picture(tmp_path / part / name / f"P{len(name)}_IMG_2.png", 60, 50)
    broken = tmp_path / "train" / "infected" / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    found = scanned(tmp_path)
    assert Counter(found.labels) == {"infected": 4, "not infected": 4}
    assert set(found.groups) == {"P8", "P12"}
    assert Counter(found.column("split")) == {"training": 4, "test": 4}
    assert len(found.found) == 1
    assert [one.where for one in found.skipped] == ["train/infected/broken.png"]
    assert len(scanned(tmp_path, split="test").keys) == 4
    assert set(scanned(tmp_path, group="folder").groups) == {
        f"{part}/{name}" for part in ("train", "test") for name in ("infected", "not infected")
    }
    assert len(set(scanned(tmp_path, group="image").groups)) == 8


def test_a_folder_of_small_images_is_cells_without_a_class(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / f"{number}.png", 60, 50)
    found = scanned(tmp_path)
    assert found.keys == ["0.png", "1.png", "2.png"]
    assert found.labels == [None] * 3
    assert not any(found.column("_whole"))
    assert "taken for single cells" in found.words


def test_groups_that_are_not_known_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "list.json").write_text(bbbc(("a.png", [(1, 1, 9, 9, "ring")])), "utf-8")
    assert "slide is not known of all cells" in scanned(tmp_path, group="slide").words
    assert "there is no column ward" in scanned(tmp_path, group="ward").words


def test_images_elsewhere(tmp_path: Path) -> None:
    picture(tmp_path / "far" / "away" / "a.png")
    (tmp_path / "near" / "images").mkdir(parents=True)
    (tmp_path / "near" / "list.json").write_text(bbbc(("images/a.png", [(1, 1, 9, 9, "ring")])), "utf-8")
    assert scanned(tmp_path / "near").column("missing") == [True]
    found = scanned(tmp_path / "near", images=str(tmp_path / "far"))
    assert not any(found.column("missing"))
    assert found.column("_image") == ["../far/away/a.png"]
    with pytest.raises(UserError, match="no folder"):
        scanned(tmp_path / "near", images=str(tmp_path / "nowhere"))


def test_wrong_settings_and_places(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pixel is"):
        scanned(tmp_path, pixel="small")
    with pytest.raises(UserError, match="does not exist"):
        scanned(tmp_path / "nothing")


def voc(name: str, *marks: str, width: int = 200) -> str:
    size = f"<size><width>{width}</width><height>100</height></size>"
    return f"<annotation><filename>{name}</filename>{size}{''.join(marks)}</annotation>"


def voc_object(*corners: object, name: str = "RBC", more: str = "") -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    ends = "".join(f"<{end}>{value}</{end}>" for end, value in zip(names, corners, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{ends}</bndbox></object>"


def test_voc_that_is_odd_or_hostile(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages" / "a.jpg")
    notes = tmp_path / "Annotations"
    notes.mkdir()
    difficult = voc_object(1, 1, 9, 9, more="<difficult>1</difficult>")
    (notes / "a.xml").write_text(voc("a", difficult, voc_object(20, 1, 30.5, 9), "<object><name>x</name></object>"))
    (notes / "cut.xml").write_text(voc("a.jpg", voc_object(1, 1, 9, 9))[:-30])
    bomb = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]>'
    (notes / "bomb.xml").write_text(bomb + voc("&d;", voc_object(1, 1, 9, 9)))
    (notes / "leaves.xml").write_text(voc("../../a.jpg", voc_object(1, 1, 9, 9)))
    (notes / "other.xml").write_text("<svg/>")
    found = scanned(tmp_path)
    assert found.keys == ["a#0", "a#1"]
    assert found.column("_image") == ["../JPEGImages/a.jpg"] * 2
    assert found.column("difficult") == [True, None]
    assert found.column("_box") == ["1,1,9,9", "20,1,30.5,9"]
    told = {one.source.rpartition("/")[2]: one.reason for one in found.skipped}
    assert told["a.xml"] == "it has 0 numbers, not 4"
    assert "cut off" in told["cut.xml"]
    assert "leaves the folder" in told["leaves.xml"]
    assert "2 XML files that are no annotations" in found.words


def test_a_class_may_be_called_like_a_number_that_is_none(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    lines = [f"a.png,{x},10,{x + 20},40,{name}" for x, name in ((5, "nan"), (40, "NA"), (70, "None"), (100, ""))]
    (tmp_path / "boxes.csv").write_text("\n".join(["image,x1,y1,x2,y2,label", *lines]), "utf-8")
    assert scanned(tmp_path).labels == ["nan", "NA", "None", None]


def test_a_number_that_is_none_is_no_class(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    marks = [(5, 10, 25, 40, math.nan), (40, 10, 60, 40, "ring")]
    (tmp_path / "list.json").write_text(bbbc(("a.png", marks)), "utf-8")  # type: ignore[arg-type]
    assert scanned(tmp_path).labels == [None, "ring"]
