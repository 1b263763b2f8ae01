"""What is shown of a cell: its image, all boxes of it, its name; and label modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.smears import boxes
from models.domains.smears.groupings import GROUPINGS, binary, source, stages
from models.domains.smears.load import load, neighbours, short
from models.payload import Picture
from models.sample import Samples
from tests.smears.scanned import bbbc, picture, scanned


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """Two cells of an image, one of a missing one, and an image without boxes."""
    long = "0ab56f9a-846d-49e2-a617-c6cc477fdfad.png"
    picture(tmp_path / "images" / long)
    picture(tmp_path / "images" / "empty.png")
    text = bbbc(
        (f"/images/{long}", [(10, 20, 40, 60, "ring"), (100, 10, 150, 90, "rbc")]),
        ("/images/gone.png", [(1, 1, 9, 9, "ring")]),
        ("/images/empty.png", []),
    )
    (tmp_path / "list.json").write_text(text, "utf-8")
    return scanned(tmp_path, pixel="0.25").found[0].addresses()


def test_a_cell_is_shown_among_its_neighbours(samples: Samples) -> None:
    (found,) = load(samples, 1)
    assert isinstance(found, Picture)
    assert found.chosen == 1
    assert found.boxes.tolist() == [[10, 20, 40, 60], [100, 10, 150, 90]]
    assert list(found.ids) == samples.ids()[:2]
    assert found.reader is not None
    assert found.reader.read(0, 0, 200, 100, 2).shape == (50, 100, 3)
    assert found.facts == ("200 × 100 px",)
    assert neighbours(samples, 0).tolist() == [0, 1]


def test_a_missing_image_is_said(samples: Samples) -> None:
    (found,) = load(samples, 2)
    assert isinstance(found, Picture)
    assert found.reader is None
    assert "gone.png cannot be shown" in found.note
    assert found.chosen == 0


def test_only_the_boxes_of_the_shown_image_are_read(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project may have a million boxes, and a person waits for one image."""
    counts = []

    def table(texts: Any) -> boxes.Boxes:
        counts.append(len(texts))
        return read(texts)

    read = boxes.table
    monkeypatch.setattr(boxes, "table", table)
    load(samples, 0)
    assert counts == [len(neighbours(samples, 0))]
    assert counts[0] < len(samples)


def test_an_image_without_boxes_is_shown_whole(samples: Samples) -> None:
    (found,) = load(samples, 3)
    assert isinstance(found, Picture)
    assert found.chosen == -1
    assert found.boxes.shape == (0, 4)
    assert found.note == ""


def test_names_are_short(samples: Samples) -> None:
    assert [short(samples, row) for row in range(4)] == ["0ab56f9a 0", "0ab56f9a 1", "gone 0", "empty"]


def test_no_two_images_share_their_cells(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        picture(tmp_path / folder / "a.png")
        (tmp_path / folder / "list.json").write_text(bbbc(("a.png", [(1, 1, 9, 9, "ring")])), "utf-8")
    tables = [one.addresses() for one in scanned(tmp_path).found]
    import pyarrow as pa

    second = tables[1].table.set_column(1, "source", pa.array([1], pa.int32()))
    both = Samples(pa.concat_tables([tables[0].table, second]), tables[0].sources + tables[1].sources)
    assert [neighbours(both, row).tolist() for row in range(2)] == [[0], [1]]


@pytest.mark.parametrize(
    ("label", "two", "stage"),
    [
        ("red blood cell", "uninfected", "red blood cell"),
        ("RBC", "uninfected", "red blood cell"),
        ("Uninfected", "uninfected", "red blood cell"),
        ("Parasitized", "infected", None),
        ("infected", "infected", None),
        ("ring", "infected", "ring"),
        ("Red_Blood_Cell", "uninfected", "red blood cell"),
        ("gametocyte", "infected", "gametocyte"),
        ("leukocyte", None, None),
        ("difficult", None, None),
        ("Platelets", None, None),
        ("🦠", None, None),
    ],
)
def test_label_modes(label: str, two: str | None, stage: str | None) -> None:
    assert (binary(label), stages(label), source(label)) == (two, stage, label)


def test_the_first_mode_leaves_classes_as_they_are() -> None:
    assert [one.name for one in GROUPINGS] == ["source", "binary", "stages"]
    assert all(set(filter(None, map(one.of, one.classes))) == set(one.classes) for one in GROUPINGS)


def test_many_images_are_found_at_once() -> None:
    import pyarrow as pa

    count = 200_000
    table = pa.table(
        {
            "source": pa.array(np.zeros(count, np.int32)),
            "_image": pa.array([f"{place // 50}.png" for place in range(count)]),
        }
    )
    assert neighbours(Samples(table, ("x",)), 12_345).tolist() == list(range(12_300, 12_350))
