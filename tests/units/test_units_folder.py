"""The model folder as UnitRefine has it: spikeinterface opens it and predicts the same."""

from __future__ import annotations

import csv
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.domain import ExportView, Setting
from models.domains.units import folder
from models.domains.units.folder import Rows, export, write_folder
from models.domains.units.recipes import RECIPES
from models.domains.units.recipes.model import table_of
from models.errors import UserError
from models.store.predictions import FILE_NAME, write_predictions
from tests.units.tables import CLASSES, NAMES, finish, task

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def trained(name: str, work: Path, **values: Any) -> tuple[Any, Any, np.ndarray]:
    """A model, its task and its probabilities of all units."""
    recipe = BY_NAME[name]
    given = task(recipe, work, **values)
    _, model = finish(recipe.fit(given))
    return model, given, recipe.predict(model, given.samples, Setting("cpu", work))


def rows_of(model: Any, given: Any) -> Rows:
    labels = [CLASSES[code] for code in given.targets.argmax(1)]
    return Rows([str(n) for n in range(len(labels))], table_of(model, given.samples), labels)


def opened(place: Path) -> tuple[Any, dict[str, Any]]:
    """Spikeinterface's own loader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from spikeinterface.curation import load_model

        return load_model(model_folder=place, trust_model=True)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("search", {"configurations": 6, "inner_folds": 2}),
        ("random_forest", {"trees": 20}),
        ("mlp", {"epochs": 30}),
        ("svc", {}),
        ("logistic_regression", {"imputation": "iterative"}),
        ("gradient_boosting", {"rounds": 20, "calibrate": False}),
    ],
)
def test_spikeinterface_predicts_the_same(name: str, values: dict[str, Any], tmp_path: Path) -> None:
    model, given, p = trained(name, tmp_path, **values)
    rows = rows_of(model, given)
    files = write_folder(model, rows, tmp_path / "model", temperature=1.3)
    assert [file.name for file in files] == [
        "best_model.skops", "model_accuracies.csv", "model_info.json", "training_data.csv", "labels.csv",
    ]  # fmt: skip
    pipeline, info = opened(tmp_path / "model")
    assert list(pipeline.feature_names_in_) == list(NAMES)
    frame = pd.DataFrame(rows.x, columns=list(NAMES))
    predicted = [info["label_conversion"][str(code)] for code in pipeline.predict(frame)]
    assert predicted == [CLASSES[code] for code in p.argmax(1)]
    from models.learn.temperature import apply_temperature

    np.testing.assert_allclose(pipeline.predict_proba(frame), apply_temperature(p, 1.3), atol=2e-5)


def test_spikeinterface_labels_the_units_of_an_analyzer_with_it(tmp_path: Path) -> None:
    from spikeinterface.curation.model_based_curation import ModelBasedClassification

    class Analyzer:
        """What the classification asks of an analyzer."""

        unit_ids = np.arange(240)

        def get_extension(self, name: str) -> None:
            return None

        def get_metrics_extension_data(self) -> pd.DataFrame:
            return pd.DataFrame(rows.x, columns=list(NAMES))

    model, given, p = trained("random_forest", tmp_path, trees=20)
    rows = rows_of(model, given)
    write_folder(model, rows, tmp_path / "model")
    pipeline, info = opened(tmp_path / "model")
    judge = ModelBasedClassification(Analyzer(), pipeline)
    found = judge.predict_labels(model_info=info, set_predictions_as_properties=False)
    assert found["prediction"].tolist() == [CLASSES[code] for code in p.argmax(1)]
    np.testing.assert_allclose(found["probability"], p.max(1), atol=2e-5)


def test_the_tables_beside_the_model_are_those_of_the_trainer(tmp_path: Path) -> None:
    model, given, _ = trained("search", tmp_path, configurations=6, inner_folds=2)
    write_folder(model, rows_of(model, given), tmp_path / "model")
    table = pd.read_csv(tmp_path / "model" / "model_accuracies.csv", index_col=0)
    assert tuple(table.columns) == folder.HEAD
    assert len(table) == len([row for row in model.tried if row["balanced_accuracy"] is not None])
    training = pd.read_csv(tmp_path / "model" / "training_data.csv", index_col="unit_id")
    labels = pd.read_csv(tmp_path / "model" / "labels.csv", index_col="unit_index")
    assert list(training.columns) == list(NAMES)
    assert labels["0"].tolist() == given.targets.argmax(1).tolist()
    np.testing.assert_array_equal(training.to_numpy(np.float32), table_of(model, given.samples))
    info = json.loads((tmp_path / "model" / "model_info.json").read_text())
    assert set(info) == {"metric_params", "requirements", "label_conversion"}
    assert info["label_conversion"] == {"0": "good", "1": "mua", "2": "noise"}


def test_two_steps_are_two_folders(tmp_path: Path) -> None:
    model, given, p = trained("two_step", tmp_path, rounds=15, trees=20, calibrate=False)
    rows = rows_of(model, given)
    write_folder(model, rows, tmp_path / "model")
    first, named = opened(tmp_path / "model" / "noise_neural")
    second, classes = opened(tmp_path / "model" / "sua_mua")
    assert named["label_conversion"] == {"0": "neural", "1": "noise"}
    assert classes["label_conversion"] == {"0": "good", "1": "mua"}
    frame = pd.DataFrame(rows.x, columns=list(NAMES))
    np.testing.assert_allclose(first.predict_proba(frame)[:, 1], p[:, 2], atol=2e-5)
    good = (1 - first.predict_proba(frame)[:, 1]) * second.predict_proba(frame)[:, 0]
    np.testing.assert_allclose(good, p[:, 0], atol=2e-5)
    labels = pd.read_csv(tmp_path / "model" / "sua_mua" / "labels.csv")
    assert len(labels) == int((given.targets.argmax(1) < 2).sum())


def test_a_model_that_spikeinterface_could_not_feed_is_refused(tmp_path: Path) -> None:
    model, given, _ = trained("logistic_regression", tmp_path, relative=True)
    with pytest.raises(UserError, match="relative to their session"):
        write_folder(model, rows_of(model, given), tmp_path / "model")


def view_of(given: Any, p: np.ndarray | None, run: Path | None) -> ExportView:
    labels = [CLASSES[code] for code in given.targets.argmax(1)]
    count = len(labels)
    predicted = [None] * count if p is None else [CLASSES[code] for code in p.argmax(1)]
    blank = [""] * count
    return ExportView(given.samples, CLASSES, labels, blank, blank, blank, predicted, None, p, "", "p", run)


def test_an_export_holds_the_runs_training_units_and_all_predictions(tmp_path: Path) -> None:
    model, given, p = trained("random_forest", tmp_path, trees=20)
    run = tmp_path / "run-1"
    (run / "model").mkdir(parents=True)
    BY_NAME["random_forest"].save(model, run / "model")
    (run / "run.json").write_text(json.dumps({"recipe": "random_forest", "temperature": 1.0}))
    parts = ["train"] * 200 + ["test"] * 40
    write_predictions(run / FILE_NAME, given.samples.ids(), parts, p, CLASSES)
    _, told = finish(export(view_of(given, p, run), tmp_path / "out"))
    assert told["written"] == 240
    assert {Path(file).name for file in told["files"]} >= {"best_model.skops", "model_predictions.csv"}
    assert len(pd.read_csv(tmp_path / "out" / "training_data.csv")) == 200
    with (tmp_path / "out" / "model_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["prediction"] for row in rows] == [CLASSES[code] for code in p.argmax(1)]
    assert opened(tmp_path / "out")[1]["label_conversion"]


def test_without_a_run_the_labels_are_written(tmp_path: Path) -> None:
    given = task(BY_NAME["random_forest"], tmp_path)
    _, told = finish(export(view_of(given, None, None), tmp_path / "out"))
    assert told["written"] == 240
    assert "no run yet" in told["skipped"][0]["reason"]
    assert not (tmp_path / "out" / "best_model.skops").exists()


def test_no_tree_is_written_twice(tmp_path: Path) -> None:
    model, given, _ = trained("search", tmp_path, configurations=4, inner_folds=2, voters=3)
    assert len(model.facts["winners"]) > 1
    write_folder(model, rows_of(model, given), tmp_path / "model", temperature=1.3)
    with zipfile.ZipFile(tmp_path / "model" / "best_model.skops") as archive:
        schema = archive.read("schema.json").decode()
    pipeline, _ = opened(tmp_path / "model")
    voters = pipeline.steps[-1][1].calibrated_classifiers_[0].estimator.estimator.estimators_[0].estimators_
    forest = next(voter[-1] for voter in voters if hasattr(voter[-1], "estimators_"))
    assert schema.count('"__class__": "Tree"') >= len(forest.estimators_)
    assert schema.count('"__class__": "Tree"') < 2 * len(forest.estimators_) + 400
