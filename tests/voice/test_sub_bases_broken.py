"""Trainings over sub-bases when something changed under them, or is broken in part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.job import Job
from models.learn.given import Answered, Truth
from models.orders import fitting, folding
from models.orders.given import _fusion
from models.recipe import Given
from tests.projects import project_from
from tests.voice import spoken
from workers.inline import run

COMMON = "common_val_test_all_subdbs.csv"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for each training of a fold that is done from now on."""
    done: list[int] = []
    work = fitting.fit_rows

    def fit(*given: Any, **named: Any) -> Any:
        done.append(1)
        return (yield from work(*given, **named))

    monkeypatch.setattr(folding, "fit_rows", fit)
    return done


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of eight patients, nine sub-bases and two folds."""
    return spoken.data_set(tmp_path / "data")


def project_of(data: Path) -> Path:
    place = data.parent / "p"
    return project_from(place, "voice", data)


def train(project: Path, recipe: str = "inception", **values: Any) -> dict[str, Any]:
    given = {"project": str(project), "recipe": recipe, "values": spoken.SMALL | values, "baseline": False}
    told: dict[str, Any] = run(Job("train", given, ""))
    return told


def test_a_picture_that_changed_is_looked_at_again(data: Path, counted: list[int]) -> None:
    project = project_of(data)
    train(project, subdbs=(1,))
    train(project, subdbs=(1,))
    assert len(counted) == 2
    image = sorted((data / "data" / "melSpec").iterdir())[0]
    other = sorted((data / "data" / "melSpec").iterdir())[-1]
    image.write_bytes(other.read_bytes())
    train(project, subdbs=(1,))
    assert len(counted) == 4, "what was learnt of another picture is not taken for finished"


def test_weights_that_came_since_are_used(data: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    import torchvision

    from models.learn import weights

    project = project_of(data)
    train(project, subdbs=(1,))
    monkeypatch.setenv("TORCH_HOME", str(data.parent / "torch"))
    monkeypatch.setattr(weights, "check", lambda path: None)
    torch.manual_seed(5)
    place = weights.folder() / weights.file_names("mobilenet_v3_small")[0]
    place.parent.mkdir(parents=True)
    torch.save(torchvision.models.mobilenet_v3_small().state_dict(), place)
    train(project, subdbs=(1,))
    assert len(counted) == 4, "what was learnt on random weights is not taken for finished"


def test_a_fold_that_lacks_a_class_is_left_out_and_named(data: Path) -> None:
    odd = [(0, spoken.uuid_of(5), "train"), (0, spoken.uuid_of(7), "train")]
    even = [(1, spoken.uuid_of(1), "train"), (1, spoken.uuid_of(2), "train")]
    spoken.split(data, "subdb1_train_10_90.csv", odd + even)
    told = train(project_of(data), subdbs=(1, 2))
    sets = told["metrics"]["given"]["sets"]
    assert [fold["fold"] for fold in sets["subdb1"]["folds"]] == [1]
    assert [fold["fold"] for fold in sets["subdb2"]["folds"]] == [0, 1]
    (note,) = told["split"]["notes"]
    assert note.startswith("subdb1, fold 0 left out: fewer than two classes")


def test_a_fold_that_a_sub_base_lacks_leaves_the_others_in_their_place() -> None:
    codes, groups = np.tile([0, 1], 8), np.arange(16)
    truth = Truth(codes, groups, 2, 1)
    right = np.stack([1.0 - codes, codes], axis=1) * 0.8 + 0.1
    halves, none = (np.arange(8), np.arange(8, 16)), np.empty(0, np.int64)

    def answers(name: str, folds: tuple[int, ...], p: Any) -> list[Answered]:
        p = np.asarray(p, np.float32)
        return [Answered(Given(name, fold, none, halves[fold], none), p[halves[fold]], p[none]) for fold in folds]

    sets = {"subdb1": answers("subdb1", (1,), right), "subdb2": answers("subdb2", (0, 1), np.full((16, 2), 0.5))}
    assert _fusion(sets, truth, "weighted").weights == (1.0, 0.0), "fold 1 stands in both and tells them apart"


def test_where_no_fold_has_two_classes_nothing_is_learnt(data: Path) -> None:
    odd = [(fold, spoken.uuid_of(one), "train") for fold, one in ((0, 5), (0, 7), (1, 1), (1, 3))]
    spoken.split(data, "subdb1_train_10_90.csv", odd)
    with pytest.raises(UserError, match=r"fewer than two classes.*subdb1, fold 0 and subdb1, fold 1"):
        train(project_of(data), subdbs=(1,))


def test_a_split_that_changed_since_is_followed(data: Path, counted: list[int]) -> None:
    project = project_of(data)
    train(project, subdbs=(1,))
    file = spoken.split_folder(data) / "subdb1_train_10_90.csv"
    state = file.stat()
    text = file.read_text("utf-8")
    file.write_text(text.replace(f"0,{spoken.uuid_of(8)},train\n", ""), "utf-8")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    train(project, subdbs=(1,))
    assert len(counted) == 3, "the fold whose patients changed, and no other"


def test_a_patient_that_was_put_on_two_sides_since_is_an_error(data: Path) -> None:
    project = project_of(data)
    file = spoken.split_folder(data) / COMMON
    file.write_text(file.read_text("utf-8") + f"0,{spoken.uuid_of(8).upper()},test\n", "utf-8")
    with pytest.raises(UserError, match=f"fold 0: patient {spoken.uuid_of(8)}"):
        train(project, subdbs=(1,))
