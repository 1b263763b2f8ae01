"""External validation: one locked test, remedies before and after on it, what shifts; kept with the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Setting
from models.errors import Cancelled, UserError
from models.job import finish
from models.orders.abroad import kept_name
from models.orders.applying import apply_remedy
from models.orders.external import external
from models.orders.fitting import load_model, predict_rows
from models.orders.naming import find_domain
from models.orders.predicting import predict
from models.store.project import Project
from tests.cli.conftest import Winnow

QUICK = ("--set", "label_mode=binary", "--set", "rounds=20", "--set", "trees=40")
Places = tuple[Path, Path]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A project with a run, and one of another laboratory: crops of other classes' names, stain and light."""
    folder, winnow = tmp_path_factory.mktemp("external"), Winnow()
    looks = {"here": ("mode=boxes", "look=a", "contrast=2"), "there": ("mode=crops", "look=c", "contrast=2")}
    for name, sets in looks.items():
        given = [part for one in sets for part in ("--set", one)]
        winnow.ok("fake", "smears", folder / f"{name}-data", "--samples", 300, *given)
        winnow.ok("new", folder / name, "--domain", "smears")
        winnow.ok("import", folder / name, folder / f"{name}-data")
    winnow.ok("train", folder / "here", "--recipe", "colour_texture", *QUICK)
    return folder / "here", folder / "there"


@pytest.fixture(scope="module")
def found(places: Places) -> Any:
    names = ("aligned", "refit", "threshold", "colours")
    return finish(external(str(places[0]), on=str(places[1]), remedies=names, labels=(10, 20), draws=2))


def test_half_of_the_other_groups_are_locked_and_labels_are_of_the_rest(found: Any, places: Places) -> None:
    test = found["test"]
    with Project.open(places[1]) as other:
        codes, names = other.samples.group_codes()
    counts = dict(zip(names, np.bincount(codes), strict=True))
    assert test["n"] == sum(counts[name] for name in test["groups"])
    assert test["n"] + test["pool"] == sum(counts.values())
    assert 0.3 < test["n"] / sum(counts.values()) < 0.7
    assert sum(sum(row) for row in found["outside"]["confusion"]) == test["n"]
    assert {one["group"] for one in found["outside"]["groups"]} == set(test["groups"])


def test_each_remedy_stands_beside_the_run_as_trained_on_the_same_test(found: Any) -> None:
    done = [entry for entry in found["remedies"] if entry["state"] == "done"]
    assert [(entry["name"], entry["labels"]) for entry in done] == [
        ("threshold", 10), ("threshold", 20), ("aligned", 0), ("refit", 10), ("refit", 20),
    ]  # fmt: skip
    before = found["outside"]["balanced_accuracy"]
    for entry in done:
        assert entry["n"] == found["test"]["n"]
        assert entry["difference"] == pytest.approx(entry["balanced_accuracy"] - before)
        low, high = entry["difference_interval"]
        assert low <= entry["difference"] <= high
        assert len(entry["draws"]) == (2 if entry["labels"] else 1)
        assert entry["helps"] == (low > 0)
    assert {entry["name"]: entry for entry in done}["aligned"]["balanced_accuracy"] > 0.9


def test_what_is_nothing_for_a_recipe_says_why(found: Any) -> None:
    (colours,) = [entry for entry in found["remedies"] if entry["name"] == "colours"]
    assert colours["state"] == "cannot"
    assert "not from pictures" in colours["why"]


def test_what_shifts_is_told_largest_first(found: Any) -> None:
    traits = found["shifts"]["traits"]
    assert {one["name"] for one in traits} == {"background", "share", "hue", "saturation", "sharpness", "size"}
    aucs = [one["auc"] for one in traits]
    assert aucs == sorted(aucs, reverse=True)
    assert aucs[0] > 0.9
    assert found["shifts"]["together"] > 0.95
    assert all(sum(one["inside"]) == pytest.approx(1, abs=0.01) for one in traits)


def test_the_share_of_infected_cells_stands_with_its_interval(found: Any) -> None:
    for one in found["outside"]["groups"]:
        low, high = one["share_interval"]
        assert 0 <= low <= one["share"] <= high <= 1
        assert one["positives"] == round(one["labelled_share"] * one["n"])
        low, high = one["sensitivity_interval"]
        assert 0 <= low <= one["sensitivity"] <= high <= 1
    assert [one["class"] for one in found["outside"]["stages"]] == ["Parasitized", "Uninfected"]


def test_groups_are_called_by_the_column_that_parts_the_same_and_others_stand_beside_them(found: Any) -> None:
    # Crops come by patient; a slide is one patient's here.
    assert found["group"] in ("Patient", "Slide")
    for one in found["outside"]["by"]:
        assert sum(part["n"] for part in one["parts"]) <= found["test"]["n"]


@pytest.mark.parametrize(("name", "labels"), [("aligned", 0), ("threshold", 20), ("refit", 20), ("self_training", 0)])
def test_a_remedy_becomes_a_run_of_the_other_project(found: Any, places: Places, name: str, labels: int) -> None:
    measured = finish(external(str(places[0]), on=str(places[1]), remedies=[name], labels=(10, 20), draws=2))
    entry = next(one for one in measured["remedies"] if (one["name"], one["labels"]) == (name, labels))
    made = finish(apply_remedy(str(places[0]), on=str(places[1]), remedy=name, labels=labels))
    assert made["project"] == str(places[1])
    with Project.open(places[1]) as other:
        record = other.runs.get(made["run"])
        part, metrics = record.judged()
        assert part == "test"
        assert metrics["n"] == found["test"]["n"]
        assert metrics["balanced_accuracy"] == pytest.approx(entry["draws"][0], abs=1e-6), "as it was measured"
        assert record.record["remedy"]["labels"] == record.record["snapshot"]["labels"] == labels
        assert "made of run-1 of here" in record.note
        assert record.record["remedy"]["from"]["project"] == "here"
        assert record.grouping["Parasitized"] == "infected"
        kept = record.predictions()
        assert (kept.part == "train").sum() == labels
        # The model in the folder says of each sample what the run says.
        rows = np.arange(40)
        again = finish(predict(str(places[1]), model=str(record.path), out=str(places[1].parent / f"{name}.csv")))
        assert again["predicted"] == len(kept.part)
        fitted, _ = load_model(find_domain(other), record.path)
        p = finish(predict_rows(fitted, other.samples, rows, Setting("cpu", other.cache)))
        at, index = kept.rows(other.samples)
        told = np.full((len(other.samples), 2), np.nan)
        told[at] = kept.probabilities[index]
        assert p == pytest.approx(told[rows], abs=1e-5)
        other.runs.delete(made["run"], "ada")
        assert made["run"] not in [one.id for one in other.runs.list()]
        other.journal.undo("ada")
        assert other.runs.get(made["run"]).id == made["run"]


def test_what_cannot_be_kept_as_a_run_says_why(places: Places) -> None:
    given = {"project": str(places[0]), "on": str(places[1])}
    with pytest.raises(UserError, match="cannot be kept as a run"):
        finish(apply_remedy(**given, remedy="masked"))
    with pytest.raises(UserError, match="needs labels"):
        finish(apply_remedy(**given, remedy="threshold"))
    with pytest.raises(UserError, match="labelled samples beside its locked test"):
        finish(apply_remedy(**given, remedy="threshold", labels=100_000))


def test_one_more_remedy_joins_those_that_are_kept(found: Any, places: Places) -> None:
    more = finish(external(str(places[0]), on=str(places[1]), remedies=["self_training"], labels=(10, 20), draws=2))
    names = [entry["name"] for entry in more["remedies"]]
    assert names == ["colours", "threshold", "threshold", "aligned", "refit", "refit", "self_training"]
    assert more["test"] == found["test"]
    with Project.open(places[0]) as project:
        kept = project.runs.get("last").added(kept_name(str(places[1])))
    assert kept is not None
    assert kept["remedies"] == more["remedies"]


def test_the_test_stays_locked_whatever_the_seed(found: Any, places: Places) -> None:
    other = finish(external(str(places[0]), on=str(places[1]), remedies=[], labels=(10,), draws=1, seed=5))
    assert other["test"]["groups"] == found["test"]["groups"]
    assert not other["remedies"]


def test_a_cancel_keeps_the_remedies_that_were_done(places: Places) -> None:
    steps = external(str(places[0]), on=str(places[1]), remedies=["aligned", "refit"], labels=(20,), draws=3, seed=1)
    for step in steps:
        if step.text.startswith("Head retrained"):
            with pytest.raises(Cancelled):
                steps.throw(Cancelled())
            break
    with Project.open(places[0]) as project:
        kept = project.runs.get("last").added(kept_name(str(places[1])))
    assert kept is not None
    assert [entry["name"] for entry in kept["remedies"]] == ["aligned"]


def test_inside_and_outside_are_kept_before_what_takes_longer(places: Places) -> None:
    name = kept_name(str(places[1]))
    steps, seen = external(str(places[0]), on=str(places[1]), remedies=["threshold"], labels=(10,), draws=1, seed=3), []
    with Project.open(places[0]) as project:
        record = project.runs.get("last")
        for step in steps:
            kept = record.added(name)
            if kept is not None and kept["basis"]["seed"] == 3:
                seen.append((step.text, bool(kept["shifts"]["traits"]), len(kept["remedies"])))
    assert seen[0] == ("What differs there", False, 0)
    assert next(one for one in seen if one[1])[2] == 0
    assert kept is not None
    assert kept["outside"]["balanced_accuracy"] is not None
    assert finish(external(str(places[0]), on=str(places[1]), remedies=[], labels=(10,), draws=1, seed=3))["remedies"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"on": ""}, "--on OTHER"), ({"remedies": ["prayer"]}, "prayer"), ({"run": "run-9"}, "run-9")],
)
def test_a_mistake_is_told(places: Places, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        finish(external(str(places[0]), **{"on": str(places[1]), **arguments}))


def test_another_domain_or_more_classes_are_refused(places: Places, tmp_path: Path) -> None:
    winnow = Winnow()
    winnow.ok("new", tmp_path / "traces", "--domain", "traces")
    with pytest.raises(UserError, match="holds traces"):
        finish(external(str(places[0]), on=str(tmp_path / "traces")))
    winnow.ok("train", places[0], "--recipe", "colour_texture", "--rounds", 2, "--trees", 2, "--name", "stages")
    with pytest.raises(UserError, match="label_mode=binary"):
        finish(external(str(places[0]), run="stages", on=str(places[1])))
