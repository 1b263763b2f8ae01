"""A network elsewhere: its own answer stands beside its aligned vectors, as measured and in the run that keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Setting
from models.job import finish
from models.orders.applying import apply_remedy
from models.orders.external import external
from models.orders.fitting import load_model, predict_rows
from models.orders.naming import find_domain
from models.store.project import Project
from tests.cli.conftest import Winnow

Places = tuple[Path, Path]
#: A network that is learnt in a moment.
SMALL = ("label_mode=binary", "epochs=2", "image_size=32", "filters=8")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A project with a run of small_cnn on fine density and one on colours, and a project of another laboratory."""
    folder, winnow = tmp_path_factory.mktemp("answered"), Winnow()
    for name, look in {"here": "look=a", "there": "look=c"}.items():
        winnow.ok("fake", "smears", folder / f"{name}-data", "--samples", 200, "--set", look, "--set", "contrast=2")
        winnow.ok("new", folder / name, "--domain", "smears")
        winnow.ok("import", folder / name, folder / f"{name}-data")
    small = [part for one in SMALL for part in ("--set", one)]
    for given in (("--preset", "For other laboratories", "--name", "fine"), ("--name", "plain")):
        winnow.ok("train", folder / "here", "--recipe", "small_cnn", *given, *small, "--device", "cpu")
    return folder / "here", folder / "there"


@pytest.mark.parametrize(
    ("run", "name", "labels", "answers"),
    [
        ("fine", "aligned", 0, True),
        ("fine", "refit", 20, False),
        ("fine", "self_training", 0, False),
        ("plain", "aligned", 0, False),
    ],
)
def test_a_kept_remedy_says_what_was_measured_and_of_fine_density_only_alignment_keeps_the_own_answer(
    places: Places, run: str, name: str, labels: int, answers: bool
) -> None:
    given: dict[str, Any] = {"project": str(places[0]), "run": run, "on": str(places[1]), "device": "cpu"}
    measured = finish(external(**given, remedies=[name], labels=(20,), draws=1))
    entry = next(one for one in measured["remedies"] if one["name"] == name)
    made = finish(apply_remedy(**given, remedy=name, labels=labels))
    with Project.open(places[1]) as other:
        record = other.runs.get(made["run"])
        assert record.judged()[1]["balanced_accuracy"] == pytest.approx(entry["draws"][0], abs=1e-6)
        fitted, _ = load_model(find_domain(other), record.path)
        assert ("cure.own" in fitted.model.arrays) == answers
        # The model in the folder says of some cells alone what the run says of all.
        rows = np.arange(40)
        p = finish(predict_rows(fitted, other.samples, rows, Setting("cpu", other.cache)))
        kept = record.predictions()
        at, index = kept.rows(other.samples)
        told = np.full((len(other.samples), 2), np.nan)
        told[at] = kept.probabilities[index]
        assert p == pytest.approx(told[rows], abs=1e-4)
