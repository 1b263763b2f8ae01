"""What a service answers: shares, the class, and a warning where a window is unlike what the run learnt from."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.domain import Recipe, Setting
from models.domains.eeg.serving import answer
from models.domains.eeg.signals import no_signals
from models.learn.fitted import Model, keep_part
from models.recipe import Judged
from models.service import Answer, Asked, Warned

FLAT = Warned("flat", "flat: C3")


def known() -> Model:
    """A model to which two is the usual distance, and beyond five is far."""
    parts = {"middle": np.zeros(4, np.float32), "scale": np.ones(4, np.float32), "limits": np.array([2, 5], np.float32)}
    return Model("toy", ("a", "b"), {}, keep_part("known", parts))


@dataclass
class Toy:
    """In place of a recipe: what it makes of the windows that it is asked about."""

    p: Any
    away: Any
    asked: list[int] = field(default_factory=list)

    def judge(self, model: Model, signals: Any, setting: Setting) -> Judged:
        self.asked.append(len(signals))
        # All four numbers of a vector are its distance, so that their root mean square is as well.
        vectors = np.repeat(np.asarray(self.away, np.float32)[:, None], 4, axis=1)
        return Judged(np.asarray(self.p, np.float32), vectors)


def answers(toy: Toy, model: Model, temperature: float = 1.0, *told: Warned) -> list[Answer]:
    recipe = cast("Recipe", SimpleNamespace(name="toy", judge=toy.judge))
    asked = [Asked(no_signals(1), told, {}) for _ in toy.away]
    return answer(recipe, model, temperature, ("a", "b"), asked, cast("Setting", None))


def test_what_is_further_than_far_is_warned_of_by_itself() -> None:
    toy = Toy([[0.7, 0.3]] * 4, [2.0, 4.9, 5.0, 6.0])
    found = answers(toy, known(), 1.0, FLAT)
    assert toy.asked == [4], "all are judged together"
    assert [one.distance for one in found] == pytest.approx([1.0, 2.45, 2.5, 3.0])
    assert [tuple(warned.kind for warned in one.warnings) for one in found] == [("flat",)] * 3 + [
        ("flat", "out_of_distribution")
    ]
    words = "this is unlike what the run learnt from: 3.0 times as far as usual, 2.5 is far"
    assert found[3].warnings[-1].text == words
    assert found[3].prediction == "a", "it is answered all the same"
    assert found[3].confidence == pytest.approx(0.7)


def test_a_model_that_knows_nothing_of_distances_warns_of_none() -> None:
    (found,) = answers(Toy([[0.2, 0.8]], [7.9]), Model("toy", ("a", "b"), {}))
    assert (found.distance, found.warnings, found.prediction) == (None, (), "b")


def test_shares_are_by_class_and_as_sure_as_the_temperature_says() -> None:
    (plain,) = answers(Toy([[0.8, 0.2]], [2.0]), known())
    (soft,) = answers(Toy([[0.8, 0.2]], [2.0]), known(), 2.0)
    assert dict(plain.probabilities or {}) == pytest.approx({"a": 0.8, "b": 0.2})
    assert dict(soft.probabilities or {}) == pytest.approx({"a": 2 / 3, "b": 1 / 3}), "odds 4 become 2"


def test_what_cannot_be_judged_is_no_prediction_and_told_once() -> None:
    found, other = answers(Toy([[np.nan, np.nan], [0.4, 0.6]], [7.0, 2.0]), known(), 1.0, FLAT)
    assert (found.probabilities, found.prediction, found.confidence, found.distance) == (None,) * 4
    assert [one.kind for one in found.warnings] == ["flat", "unreadable"]
    assert (other.prediction, other.distance) == ("b", 1.0)
