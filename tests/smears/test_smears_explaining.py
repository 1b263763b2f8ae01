"""Why a network gave its class to a cell: maps over the place that it saw, of a layer that can be chosen."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.smears import gradcam
from models.domains.smears.cells import boxes_of
from models.domains.smears.fake import fake
from models.errors import UserError
from models.job import Job, finish
from models.orders.explaining import drawn_map
from models.store.project import Project
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of drawn smears with a small network of two epochs, and a model of features."""
    place = tmp_path_factory.mktemp("why")
    finish(fake(place / "data", 60, seed=1))
    project = place / "study"
    Project.create(project, "smears").close()
    do("import_samples", project=str(project), sources=[str(place / "data")])
    values = {"epochs": 2, "image_size": 32, "filters": (8, 16), "label_mode": "binary"}
    do("train", project=str(project), recipe="small_cnn", values=values, baseline=False, device="cpu")
    return project


def test_a_map_lies_over_the_box_with_its_margin(trained: Path) -> None:
    with Project.open(trained) as opened:
        ids, boxes = opened.samples.ids(), boxes_of(opened.samples, np.arange(len(opened.samples)))
    inner = next(row for row in range(len(ids)) if boxes[row][0] > 20 and boxes[row][2] < 600 and boxes[row][3] < 440)
    left, top, right, bottom = boxes[inner].tolist()
    told = do("explain_samples", project=str(trained), run="run-1", samples=[ids[inner]], device="cpu")
    across, down = 0.1 * (right - left), 0.1 * (bottom - top)
    expected = [left - across, top - down, right + across, bottom + down]
    np.testing.assert_allclose(told["regions"][ids[inner]], expected, atol=0.02)
    assert np.shape(told["values"][ids[inner]]) == (32, 32)
    assert told["layers"] == ["stage1", "stage2"]
    assert told["layer"] == "stage2"
    assert "random weights" in told["words"]
    other = do("explain_samples", project=str(trained), run="run-1", samples=[ids[inner]], device="cpu", layer="stage1")
    assert other["layer"] == "stage1"
    assert other["values"] != told["values"]
    assert other["sanity"] != told["sanity"], "the check is of the layer that is shown"


def test_maps_are_written_with_their_check(trained: Path, tmp_path: Path) -> None:
    told = do("explain", project=str(trained), run="run-1", out=str(tmp_path / "why"), where="row < 3", layer="stage1")
    names = {Path(file).name for file in told["files"]}
    assert {"relevance.csv", "sample-1.png", "sample-3.svg"} <= names
    assert all(Path(file).stat().st_size for file in told["files"])
    with (tmp_path / "why" / "relevance.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert len(lines) == 4
    assert lines[0][:3] == ["sample", "0:0", "0:1"]
    assert -1 <= told["sanity"]["similarity"] <= 1
    with pytest.raises(UserError, match="Did you mean stage2"):
        do("explain", project=str(trained), run="run-1", out=str(tmp_path / "no"), layer="stage22")
    assert not (tmp_path / "no").exists()


def test_of_an_empty_map_it_is_said_that_there_is_nothing_to_see(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project.open(trained) as opened:
        ids = opened.samples.take([0, 1, 2]).ids()
    real, spoilt = gradcam.maps, 3

    def some_empty(looked: Any, cells: Any, *others: Any, **named: Any) -> Any:
        found = real(looked, cells, *others, **named)
        found[:spoilt] = 0
        return found

    monkeypatch.setattr(gradcam, "maps", some_empty)
    told = do("explain_samples", project=str(trained), run="run-1", samples=ids, device="cpu")
    assert told["empty"] == ids
    assert told["sanity"] is None, "two empty maps are not alike by what they show"
    assert told["words"].startswith("Nothing to see")
    assert "Another layer" in told["words"]
    spoilt = 1
    told = do("explain_samples", project=str(trained), run="run-1", samples=ids, device="cpu")
    assert told["empty"] == ids[:1]
    assert "in 1 of 3 samples none does" in told["words"]
    assert -1 <= told["sanity"]["similarity"] <= 1


def test_a_drawn_map_that_is_empty_says_so() -> None:
    picture = np.full((8, 8, 3), 200, np.uint8)
    drawn = drawn_map(picture, np.zeros((8, 8), np.float32), "cell")
    assert drawn.get_suptitle() == "cell: nothing speaks for its class"
    assert [len(axes.images) for axes in drawn.axes] == [1, 1]
    assert [len(axes.images) for axes in drawn_map(picture, np.eye(8, dtype=np.float32), "cell").axes] == [1, 2]


def test_a_model_of_features_has_no_layers(trained: Path, tmp_path: Path) -> None:
    values = {"rounds": 5}
    do("train", project=str(trained), recipe="colour_texture", values=values, baseline=False, device="cpu")
    with pytest.raises(UserError, match="no layers to choose among"):
        do("explain", project=str(trained), run="last", out=str(tmp_path / "no"), layer="layer4")
    with pytest.raises(UserError, match=r"These have: .*small_cnn"):
        do("explain", project=str(trained), run="last", out=str(tmp_path / "no"))
