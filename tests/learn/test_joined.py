"""Models joined to one: kept and read again as they were, and refused where their description is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.domain import Recipe, Setting
from models.errors import UserError
from models.learn.fuse import RULES, learn_fusion
from models.learn.joined import ABOUT, Joined, joinable
from models.sample import Samples

TRUTH = np.tile([0, 1], 60)
#: What three members say of 120 samples, the first with the least noise.
TABLES = np.stack(
    [
        np.stack([1 - p, p], axis=1)
        for p in (
            1 / (1 + np.exp(-(np.random.default_rng(seed).normal(size=120) + strength * (2 * TRUTH - 1))))
            for seed, strength in enumerate((1.5, 0.8, 0.2))
        )
    ]
)


def save(model: Any, folder: Path) -> None:
    (folder / "place.txt").write_text(str(model), "utf-8")


def predict(model: Any, samples: Samples, setting: Setting) -> npt.NDArray[np.float32]:
    return TABLES[int(model)].astype(np.float32)


RECIPE = joinable(
    Recipe(
        name="told",
        title="Told",
        params=object,
        fit=lambda task: iter(()),  # type: ignore[arg-type, return-value]
        predict=predict,
        save=save,
        load=lambda folder: int((folder / "place.txt").read_text("utf-8")),
    )
)


def kept(folder: Path, rule: str) -> Joined:
    joined = Joined({"a": 0, "b": 1, "c": 2}, learn_fusion(rule, TABLES, TRUTH), {"sets": ["a", "b", "c"]})
    RECIPE.save(joined, folder)
    return joined


def answers(model: Any) -> npt.NDArray[np.float32]:
    nothing: Any = None
    return RECIPE.predict(model, nothing, nothing)


@pytest.mark.parametrize("rule", RULES)
def test_a_joined_model_comes_back_as_it_was(tmp_path: Path, rule: str) -> None:
    joined = kept(tmp_path, rule)
    again = RECIPE.load(tmp_path)
    assert (list(again.members), again.fusion.rule, again.facts) == (["a", "b", "c"], rule, joined.facts)
    np.testing.assert_allclose(answers(again), answers(joined), atol=1e-6)
    assert np.abs(answers(again) - answers(0)).max() > 0.01, "not the word of one alone"


def test_a_single_model_is_kept_as_ever(tmp_path: Path) -> None:
    RECIPE.save(1, tmp_path)
    assert RECIPE.load(tmp_path) == 1
    np.testing.assert_array_equal(answers(1), TABLES[1].astype(np.float32))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"members": ["a", "../b", "c"]}, "leads out of the folder"),
        ({"members": []}, "leads out of the folder"),
        ({"members": ["a", "b"]}, "3 weights for 2 members"),
        ({"fusion": {"rule": "mean"}}, "does not describe joined models"),
        ({"facts": None}, "does not describe joined models"),
    ],
)
def test_a_broken_description_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    kept(tmp_path, "weighted")
    record = json.loads((tmp_path / ABOUT).read_text("utf-8"))
    (tmp_path / ABOUT).write_text(json.dumps({**record, **change}), "utf-8")
    with pytest.raises(UserError, match=words):
        RECIPE.load(tmp_path)
