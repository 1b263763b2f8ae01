"""Every format of boxes goes out and comes back: the same boxes and classes in another project."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from models.domains.smears.cells import crops
from models.domains.smears.crops import says_nothing
from models.errors import UserError
from models.job import Job
from models.store.outfolder import flat_names, folder_names
from models.store.project import Project
from tests.smears.scanned import bbbc, picture
from workers.inline import run

FORMATS = {"coco": ".json", "yolo": "", "voc": "", "cpa": ""}
#: Classes that formats trip over.
ODD = ("red blood cell", "ring, early/late", "ring_early", "Ring Early", "👾 trophozoite", "images", "0")


def do(order: str, /, **arguments: Any) -> Any:
    return run(Job(order, {key: str(v) if isinstance(v, Path) else v for key, v in arguments.items()}, order))


def project_of(place: Path, *sources: Path, **settings: str) -> Any:
    Project.create(place, "smears").close()
    return do("import_samples", project=place, sources=[str(source) for source in sources], settings=settings)


def noise(path: Path, seed: int, width: int = 200, height: int = 100) -> Path:
    """An image of which every region is another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(values).save(path)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project of two lists with an image of one name in each, relabelled; one image has no box, one is missing."""
    for place, folder in enumerate(("a", "b")):
        noise(tmp_path / "data" / folder / "images" / "x.png", place)
        boxes = [(10 * n + place, 5, 10 * n + 9.25, 30.5, "rbc") for n in range(1, 9)]
        text = bbbc(("images/x.png", boxes), ("images/only.png", []))
        (tmp_path / "data" / folder / "list.json").write_text(text, "utf-8")
    noise(tmp_path / "data" / "a" / "images" / "only.png", 7)
    project_of(tmp_path / "p", tmp_path / "data")
    with Project.open(tmp_path / "p") as opened:
        rows = np.flatnonzero([key.startswith("images/x.png") for key in opened.samples.column("key").tolist()])
        opened.journal.label_each(rows[: len(ODD)], list(ODD), "ada")
        opened.journal.label(rows[-1:], "", "ada")
    return tmp_path


def cells(project: Path) -> Counter[tuple[str, str, str | None, bytes]]:
    """What every cell is: its box, its class and its pixels, whatever its image is called."""
    with Project.open(project) as opened:
        samples = opened.samples
        boxes = samples.column("_box").tolist()
        labels = opened.journal.fold.labels().tolist()
        rows = [row for row in range(len(samples)) if boxes[row] and opened.journal.fold.live[row]]
        pixels = crops(samples, np.array(rows, np.int64), 16)
        return Counter((boxes[row], labels[row], pixels[place].tobytes()) for place, row in enumerate(rows))


@pytest.mark.parametrize("form", FORMATS)
def test_boxes_and_classes_come_back(home: Path, form: str) -> None:
    out = home / "data" / f"out{FORMATS[form]}"
    told = do("export", project=home / "p", format=form, out=out)
    project_of(home / "back", out)
    before = {one: count for one, count in cells(home / "p").items() if one[1] or form == "cpa"}
    assert len(before) == (16 if form == "cpa" else 15)
    assert cells(home / "back") == before
    assert told["written"] == len(before)
    assert all(Path(file).is_file() for file in told["files"])


@pytest.mark.parametrize("form", FORMATS)
def test_what_has_no_label_or_no_box_is_told(home: Path, form: str) -> None:
    told = do("export", project=home / "p", format=form, out=home / f"out{FORMATS[form]}")
    reasons = [one["reason"] for one in told["skipped"]]
    assert any("no box is drawn" in reason for reason in reasons)
    words = " ".join([*reasons, *(note["text"] for note in told["notes"])])
    assert "without a label" in words


def test_a_list_elsewhere_tells_where_its_images_are(home: Path) -> None:
    told = do("export", project=home / "p", format="coco", out=home / "other" / "out.json")
    (note,) = [note["text"] for note in told["notes"]]
    assert note.endswith(f"images={home / 'data'}")
    content = json.loads((home / "other" / "out.json").read_text("utf-8"))
    assert [one["file_name"] for one in content["images"]] == ["a/images/x.png", "b/images/x.png"]
    assert str(home) not in json.dumps(content)
    project_of(home / "back", home / "other" / "out.json", images=str(home / "data"))
    assert cells(home / "back") == {one: count for one, count in cells(home / "p").items() if one[1]}
    marks = [one["attributes"] for one in content["annotations"]]
    assert {mark["kind"] for mark in marks} == {"human", "file"}
    assert (marks[0]["by"], marks[0]["sample"]) == ("ada", "a/list.json#images/x.png#0")


def test_geojson_comes_back_with_its_images(home: Path) -> None:
    told = do("export", project=home / "p", format="geojson", out=home / "out")
    (note,) = [note["text"] for note in told["notes"] if "images=" in note["text"]]
    assert note.endswith(f"images={home / 'data'}")
    project_of(home / "back", home / "out", images=str(home / "data"))
    assert cells(home / "back") == cells(home / "p")


def test_what_qupath_wrote_is_read(tmp_path: Path) -> None:
    """A file named as its image: derived classes, objects of several parts, and what is no outline."""
    noise(tmp_path / "slide.png", 1)
    ring = [[10, 5], [40, 5], [40.5, 30], [10, 30], [10, 5]]
    shapes = [
        ("Polygon", [ring], {"name": "ring"}),
        ("MultiPolygon", [[ring], [[[60, 50], [70, 50], [70, 58], [60, 50]]]], {"names": ["cell", "big"]}),
        ("Polygon", [[[1, 1], [9, 1], [9, 9], [1, 1]]], None),
        ("Point", [3, 4], {"name": "ring"}),
    ]
    features = [
        {"type": "Feature", "id": str(n), "geometry": {"type": kind, "coordinates": at},
         "properties": {"objectType": "annotation", **({"classification": told} if told else {})}}
        for n, (kind, at, told) in enumerate(shapes)
    ]  # fmt: skip
    for name, content in (("a", features), ("b", {"type": "FeatureCollection", "features": features})):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "slide.geojson").write_text(json.dumps(content), "utf-8")
        found = project_of(tmp_path / f"p-{name}", folder, images=str(tmp_path))
        assert (found["samples"], found["labels"]) == (3, 2)
        assert [one["reason"] for one in found["skipped"]] == ["it is a Point, which has no inside"]
        with Project.open(tmp_path / f"p-{name}") as opened:
            assert opened.samples.column("_box").tolist() == ["10,5,40.5,30", "10,5,70,58", "1,1,9,9"]
            assert opened.journal.fold.labels().tolist() == ["ring", "cell: big", None]
            assert "missing" not in opened.samples.names


@pytest.mark.parametrize("form", ["coco", "voc", "cpa"])
def test_boxes_of_missing_images_are_written_and_told(home: Path, form: str) -> None:
    (home / "data" / "b" / "images" / "x.png").unlink()
    told = do("export", project=home / "p", format=form, out=home / "out" / f"out{FORMATS[form]}")
    assert told["written"] == (16 if form == "cpa" else 15)
    assert any("images that are missing" in note["text"] for note in told["notes"])
    project_of(home / "back", home / "out")
    with Project.open(home / "back") as opened:
        labels = opened.journal.fold.labels().tolist()
    with Project.open(home / "p") as opened:
        assert Counter(filter(None, labels)) == Counter(filter(None, opened.journal.fold.labels().tolist()))


def test_a_damaged_image_costs_its_own_cells_alone(home: Path) -> None:
    place = home / "data" / "b" / "images" / "x.png"
    place.write_bytes(place.read_bytes()[:100] + b"\0" * 300 + place.read_bytes()[400:])
    told = do("export", project=home / "p", format="folders", out=home / "out")
    assert told["written"] == 8
    assert {"1 cell", "7 cells"} <= {one["where"] for one in told["skipped"]}  # one has no label


@pytest.mark.parametrize("form", ["yolo", "folders"])
def test_formats_that_need_pixels_skip_missing_images(home: Path, form: str) -> None:
    (home / "data" / "b" / "images" / "x.png").unlink()
    told = do("export", project=home / "p", format=form, out=home / "out")
    assert told["written"] == 8
    assert [one["where"] for one in told["skipped"] if one["reason"] == "the image is missing"] == ["image", "8 cells"]


def test_crops_come_back_in_their_classes_with_their_groups(home: Path) -> None:
    told = do("export", project=home / "p", format="folders", out=home / "out")
    assert told["written"] == 15
    project_of(home / "back", home / "out")
    with Project.open(home / "p") as before, Project.open(home / "back") as after:
        found = [(group, label) for group, label in pairs(before) if label]
        assert Counter(pairs(after)) == Counter(found)
        row = after.samples.column("key").tolist().index(next(k for k in after.samples.column("key") if "rbc" in k))
        name = after.samples.column("key")[row].rpartition("/")[2]
    listed = (home / "out" / "cells.txt").read_text("utf-8").splitlines()
    sample = next(line.split("\t")[2] for line in listed if line.startswith(name))
    with Project.open(home / "p") as before:
        own = before.samples.sample(before.samples.ids().index(sample))
        left, top, right, bottom = (float(value) for value in own.meta["_box"].split(","))
        whole = np.asarray(Image.open(own.source.parent / own.meta["_image"]))
    crop = np.asarray(Image.open(home / "out" / "rbc" / name))
    assert np.array_equal(crop, whole[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))])


def pairs(project: Project) -> list[tuple[str, str | None]]:
    groups = project.samples.column("group").tolist()
    return list(zip(groups, project.journal.fold.labels().tolist(), strict=True))


def test_files_that_are_cells_are_copied_as_they_are(tmp_path: Path) -> None:
    for folder in ("infected", "uninfected"):
        picture(tmp_path / "d" / folder / "C1_IMG_1.png", 40, 50)
    project_of(tmp_path / "p", tmp_path / "d")
    do("export", project=tmp_path / "p", format="folders", out=tmp_path / "out")
    files = sorted((tmp_path / "out").rglob("*.png"))
    assert [file.name for file in files] == ["C1_IMG_1.png", "uninfected_C1_IMG_1.png"]
    assert files[0].read_bytes() == (tmp_path / "d" / "infected" / "C1_IMG_1.png").read_bytes()
    told = project_of(tmp_path / "back", tmp_path / "out")
    assert told["groups"] == 1  # the patient's, though one file has another name now
    assert told["classes"] == {"infected": 1, "uninfected": 1}


def test_a_single_class_comes_back(tmp_path: Path) -> None:
    for folder in ("train", "other"):
        picture(tmp_path / "d" / folder / f"{folder}.png", 40, 50)
    project_of(tmp_path / "p", tmp_path / "d")
    with Project.open(tmp_path / "p") as opened:
        opened.journal.label(range(len(opened.samples)), "train", "ada")
    do("export", project=tmp_path / "p", format="folders", out=tmp_path / "out")
    assert project_of(tmp_path / "back", tmp_path / "out")["classes"] == {"train": 2}


def test_names_of_folders_never_collide() -> None:
    classes = ["a/b", "a:b", "A_b", "con", "train", ".", "..", "test", "é" * 200, "é" * 201]
    names = folder_names(classes, says_nothing)
    assert len({name.casefold() for name in names.values()}) == len(classes)
    assert not any(set(name) & set('/\\:*?"<>|') or name.strip(" .") != name for name in names.values())
    assert not {"con", "train", "test", ""} & {name.lower() for name in names.values()}
    with pytest.raises(UserError, match="line end"):
        folder_names(["a\nb"])


def test_names_of_images_never_collide() -> None:
    paths = [Path(text) for text in ("/d/a/x.png", "/d/b/x.png", "/d/b/X.jpg", "/x.png", "/x.tif", "/d/=y.png")]
    names = flat_names(paths)
    assert names[:3] == ["x.png", "b_x.png", "d_b_X.jpg"]
    assert len({name.rpartition(".")[0].casefold() for name in names}) == len(names)
    assert names[-1] == "_=y.png"


def test_an_old_export_is_never_mixed_with_a_new_one(home: Path) -> None:
    do("export", project=home / "p", format="voc", out=home / "out")
    do("export", project=home / "p", format="voc", out=home / "out", overwrite=True)
    (home / "out" / "Annotations" / "old.xml").write_text("<annotation/>", "utf-8")
    before = sorted((home / "out").rglob("*"))
    with pytest.raises(UserError, match=r"Annotations/old\.xml, which would be read along"):
        do("export", project=home / "p", format="voc", out=home / "out", overwrite=True)
    assert sorted((home / "out").rglob("*")) == before


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "folders", "cpa", "geojson"])
def test_nothing_is_half_written_on_a_full_disk(home: Path, form: str, monkeypatch: Any) -> None:
    def full(*_given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    monkeypatch.setattr("models.store.atomic._settle_file", full)
    monkeypatch.setattr("models.store.atomic._settle_folder", full)
    with pytest.raises(UserError):
        do("export", project=home / "p", format=form, out=home / "away" / f"out{FORMATS.get(form, '')}")
    assert not list((home / "away").iterdir())


def test_parts_are_kept(tmp_path: Path) -> None:
    noise(tmp_path / "d" / "images" / "x.png", 1)
    noise(tmp_path / "d" / "images" / "y.png", 2)
    for name, part in (("x", "training"), ("y", "test")):
        text = bbbc((f"images/{name}.png", [(5, 5, 30, 30, "ring")]))
        (tmp_path / "d" / f"{part}.json").write_text(text, "utf-8")
    project_of(tmp_path / "p", tmp_path / "d")
    for form, suffix in FORMATS.items():
        if form == "cpa":
            continue
        do("export", project=tmp_path / "p", format=form, out=tmp_path / f"out-{form}{suffix}")
        project_of(tmp_path / f"back-{form}", tmp_path / f"out-{form}{suffix}")
        with Project.open(tmp_path / f"back-{form}") as opened:
            assert sorted(opened.samples.column("split").tolist()) == ["test", "training"], form


def test_the_files_are_as_other_programs_want_them(home: Path) -> None:
    for form in ("yolo", "voc", "geojson"):
        do("export", project=home / "p", format=form, out=home / form)
    line = (home / "yolo" / "labels" / "x.txt").read_text("utf-8").splitlines()[0].split()
    assert line[0].isdigit()
    assert [float(value) for value in line[1:]] == pytest.approx([0.073125, 0.1775, 0.04625, 0.255])
    found = ElementTree.parse(home / "voc" / "Annotations" / "x.xml").getroot()
    assert found.findtext("filename") == "x.png"
    assert [found.findtext(f"size/{name}") for name in ("width", "height", "depth")] == ["200", "100", "3"]
    marked = json.loads((home / "geojson" / "x.geojson").read_text("utf-8"))
    assert marked["type"] == "FeatureCollection"
    first = marked["features"][0]
    assert first["geometry"]["coordinates"][0][0] == first["geometry"]["coordinates"][0][-1] == [10, 5]
    assert first["properties"]["classification"]["name"] == ODD[0]
    assert first["properties"]["objectType"] == "annotation"


def test_one_geojson_file_holds_one_image(home: Path) -> None:
    with pytest.raises(UserError, match="boxes of 2 images"):
        do("export", project=home / "p", format="geojson", out=home / "out.geojson")
    where = 'id ~ "a/list"'
    told = do("export", project=home / "p", format="geojson", out=home / "out.geojson", where=where)
    assert told["written"] == 8


def test_nothing_labelled_is_one_line(tmp_path: Path) -> None:
    noise(tmp_path / "d" / "x.png", 1, 800, 600)
    project_of(tmp_path / "p", tmp_path / "d")
    with pytest.raises(UserError, match=r"nothing could be written: x\.png, image: no box is drawn in it yet"):
        do("export", project=tmp_path / "p", format="coco", out=tmp_path / "out.json")


def test_difficult_cells_stay_difficult(tmp_path: Path) -> None:
    noise(tmp_path / "d" / "JPEGImages" / "x.png", 1)
    (tmp_path / "d" / "Annotations").mkdir()
    box = "<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>{}</xmax><ymax>30</ymax></bndbox>"
    marks = [f"<object><name>ring</name><difficult>{n}</difficult>{box.format(30 + n)}</object>" for n in (0, 1)]
    text = f"<annotation><filename>x.png</filename>{''.join(marks)}</annotation>"
    (tmp_path / "d" / "Annotations" / "x.xml").write_text(text, "utf-8")
    project_of(tmp_path / "p", tmp_path / "d")
    for form in ("coco", "voc"):
        do("export", project=tmp_path / "p", format=form, out=tmp_path / "d" / f"out-{form}{FORMATS[form]}")
        project_of(tmp_path / form, tmp_path / "d" / f"out-{form}{FORMATS[form]}")
        with Project.open(tmp_path / form) as opened:
            boxes, difficult = opened.samples.column("_box").tolist(), opened.samples.column("difficult").tolist()
        assert [box for box, one in zip(boxes, difficult, strict=True) if one == 1] == ["5,5,31,30"]
