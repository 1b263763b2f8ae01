"""The model doctor: looks without trusting, mends what versions broke, tells leakage, builds again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Setting
from models.domains.units import doctor, pipelines, repair
from models.domains.units.recipes import RECIPES
from models.domains.units.recipes.model import table_of
from models.errors import UserError
from models.learn.save import read_skops, write_skops
from tests.units.folders import FOREST, make_folder
from tests.units.sortings import write_table
from tests.units.tables import CLASSES, NAMES, finish, task
from tests.units.test_units_writing import do, project_of

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "units"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound model folder."""
    return make_folder(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(whole, tmp_path / "model"))


def kinds(folder: Path) -> list[str]:
    return [one.kind for one in doctor.examine(folder).ailments]


def units(seed: int = 0) -> np.ndarray[Any, Any]:
    return table_of(*_bare(seed))


def _bare(seed: int) -> tuple[Any, Any]:
    from models.domains.units.recipes.model import Model

    given = task(FOREST, Path(), seed=seed)
    return Model("random_forest", CLASSES, NAMES, NAMES), given.samples


def test_a_sound_folder_has_nothing_to_complain_of(folder: Path) -> None:
    seen = doctor.examine(folder)
    assert seen.ailments == ()
    assert seen.versions["scikit-learn"] == seen.here["scikit-learn"]
    assert "sklearn.tree._tree.Tree" in seen.types
    assert seen.untrusted == ()
    assert seen.metrics == NAMES
    assert seen.classes == dict(enumerate(CLASSES))
    assert (seen.rows, seen.distinct) == (240, 240)
    json.dumps(seen.plain())


def test_looking_makes_nothing_of_what_the_file_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    write_skops(Pipeline([("x", FunctionTransformer(os.getcwd))]), folder / "best_model.skops")
    import skops.io

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(skops.io, "load", refuse)
    monkeypatch.setattr(skops.io, "loads", refuse)
    seen = doctor.examine(folder)
    assert seen.untrusted == ("posix.getcwd",)
    assert "type" in kinds(folder)
    with pytest.raises(UserError, match=r"not trusted: posix\.getcwd"):
        repair.open_model(folder)


def test_a_broken_or_absent_model_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "best_model.skops").write_bytes(b"PK\x03\x04 no more")
    assert [one.text for one in doctor.examine(folder).ailments if "not a readable skops file" in one.text]
    with pytest.raises(UserError, match="not a readable skops file"):
        repair.open_model(folder)
    (folder / "best_model.skops").unlink()
    assert [one.cure for one in doctor.examine(folder).ailments] == ["rebuild"]
    with pytest.raises(UserError, match=r"no \.skops file to open"):
        repair.open_model(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="not a model folder"):
        doctor.examine(tmp_path / "empty")


def test_an_imputer_of_another_version_is_mended(folder: Path) -> None:
    before = repair.predict(repair.open_model(folder), units(), NAMES)[1]
    pipeline = read_skops(folder / "best_model.skops", pipelines.TRUSTED)
    del pipeline.steps[0][1]._fill_dtype
    write_skops(pipeline, folder / "best_model.skops")
    patient = repair.open_model(folder)
    assert len(patient.mended) == 1
    assert "SimpleImputer" in patient.mended[0]
    np.testing.assert_array_equal(repair.predict(patient, units(), NAMES)[1], before)


def test_parts_inside_parts_are_mended() -> None:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    inner = SimpleImputer().fit(np.ones((3, 2)))
    del inner._fill_dtype
    vote = pipelines.average([make_pipeline(inner)], np.array([0, 1]))
    assert len(repair.mend(vote)) == 1
    assert inner._fill_dtype == inner._fit_dtype
    assert repair.mend(vote) == []


def test_renamed_metrics_are_found_with_their_sign() -> None:
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    old = ["peak_to_valley", "peak_trough_ratio", "snr"]
    new = ["snr", "peak_to_trough_duration", "peak_after_to_trough_ratio"]
    table, missing = repair.arrange(old, x, new)
    assert table.tolist() == [[2, -3, 1]]
    assert not missing
    back, missing = repair.arrange(new, table, old)
    assert back.tolist() == x.tolist()
    assert repair.arrange(["snr", "d_prime"], x, new)[1] == ["d_prime"]


def test_a_model_with_old_names_predicts_units_with_present_ones(folder: Path, tmp_path: Path) -> None:
    pipeline = read_skops(folder / "best_model.skops", pipelines.TRUSTED)
    old = np.array(["peak_trough_ratio" if name == "snr" else name for name in NAMES], object)
    for _, step in pipeline.steps[:1]:
        step.feature_names_in_ = old
    write_skops(pipeline, folder / "best_model.skops")
    (folder / "training_data.csv").write_text(
        (folder / "training_data.csv").read_text().replace("snr", "peak_trough_ratio")
    )
    seen = doctor.examine(folder)
    assert seen.renamed == {"peak_trough_ratio": ("peak_after_to_trough_ratio", -1.0)}
    assert any("is now minus peak_after_to_trough_ratio" in one.text for one in seen.ailments)
    patient = repair.open_model(folder)
    x = units()
    flipped = x.copy()
    flipped[:, 1] *= -1
    present = ["peak_after_to_trough_ratio" if name == "snr" else name for name in NAMES]
    expected = repair.predict(patient, x, old.tolist())[1]
    np.testing.assert_array_equal(repair.predict(patient, flipped, present)[1], expected)
    place = repair.adopt(patient, tmp_path / "run")
    recipe = next(one for one in RECIPES if one.name == "search")
    model = recipe.load(place / "model")
    assert model.asked[1] == "peak_after_to_trough_ratio"
    from models.sample import Samples

    table = _bare(0)[1].table
    renamed = table.rename_columns(["peak_after_to_trough_ratio" if n == "snr" else n for n in table.column_names])
    place_of = renamed.column_names.index("peak_after_to_trough_ratio")
    import pyarrow.compute as pc

    renamed = renamed.set_column(
        place_of, "peak_after_to_trough_ratio", pc.negate(renamed.column("peak_after_to_trough_ratio"))
    )
    p = recipe.predict(model, Samples(renamed, ("s",)), Setting("cpu", tmp_path))
    np.testing.assert_allclose(p, expected, atol=1e-6)


def test_missing_metrics_are_told_and_most_missing_is_refused(folder: Path) -> None:
    patient = repair.open_model(folder)
    x = units()
    labels, _, missing = repair.predict(patient, x[:, 1:], NAMES[1:])
    assert missing == ["num_spikes"]
    assert set(labels) <= set(CLASSES)
    with pytest.raises(UserError, match="lack most of its metrics"):
        repair.predict(patient, x[:, :2], NAMES[:2])


def test_doubled_rows_are_leakage_and_a_rebuilt_model_says_the_truth(folder: Path) -> None:
    for name in ("training_data.csv", "labels.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join([head, *rows, *rows]) + "\n")
    (folder / "model_accuracies.csv").write_text(
        "classifier name,imputation_strategy,scaling_strategy,accuracy,best_params\n"
        "RandomForestClassifier,knn,RobustScaler(),0.99,\"OrderedDict([('n_estimators', 30)])\"\n"
    )
    seen = doctor.examine(folder)
    assert (seen.rows, seen.distinct, seen.published) == (480, 240, 0.99)
    assert [one.kind for one in seen.ailments] == ["doubled", "leakage"]
    assert "published score of 0.9900 is not real: of 96 rows" in seen.ailments[1].text
    _, rebuilt = finish(repair.rebuild(folder))
    assert rebuilt.rows == 240
    assert rebuilt.configuration.words == "Random forest · knn · robust"
    assert dict(rebuilt.configuration.values) == {"n_estimators": 30}
    assert rebuilt.balanced_accuracy < 0.97
    assert "published score was 0.990" in rebuilt.words
    assert rebuilt.patient.classes == CLASSES


def test_the_leak_is_that_of_the_seed_in_the_model_and_else_the_mean_of_all_draws(folder: Path) -> None:
    from sklearn.model_selection import train_test_split

    for name in ("training_data.csv", "labels.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join([head, *rows, *rows]) + "\n")
    codes = doctor.read_training(folder, doctor.Chart()).codes  # type: ignore[union-attr]

    def shared(seed: int) -> int:
        train, test = train_test_split(np.arange(480), test_size=0.2, random_state=seed, stratify=codes)
        return int(np.isin(test % 240, train % 240).sum())

    for seed in (7, np.int64(11)):
        pipeline = read_skops(folder / "best_model.skops", pipelines.TRUSTED)
        pipeline.steps[-1][1].random_state = seed
        write_skops(pipeline, folder / "best_model.skops")
        seen = doctor.examine(folder)
        assert (seen.seed, seen.leak) == (seed, (96, shared(int(seed))))
    (folder / "best_model.skops").unlink()
    seen = doctor.examine(folder)
    mean = np.mean([shared(seed) for seed in range(200)])
    assert seen.seed is None
    assert seen.leak is not None
    assert abs(seen.leak[1] - mean) < 1
    assert f"about {seen.leak[1]} also stand" in seen.ailments[-1].text


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda model: model.__class__(model.steps[:-1]), "not a classifier"),
        (lambda model: type(model.steps[-1][1])(), "never fitted"),
        (lambda model: model.steps[-1][1].estimators_[0], "wants 6 metrics, the folder names 1"),
    ],
)
def test_what_is_no_fitted_classifier_is_told_in_one_line(folder: Path, spoil: Any, words: str) -> None:
    if "names 1" in words:
        (folder / "training_data.csv").write_text("unit_id,snr\n" + "0,1\n" * 240)
    pipeline = read_skops(folder / "best_model.skops", pipelines.TRUSTED)
    write_skops(spoil(pipeline), folder / "best_model.skops")
    with pytest.raises(UserError, match=words):
        repair.open_model(folder)


def test_classes_may_be_words(folder: Path) -> None:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier().fit(np.nan_to_num(units()), np.array(["a", "b"])[np.arange(240) % 2])
    write_skops(tree, folder / "best_model.skops")
    assert repair.open_model(folder).classes == ("a", "b")


def test_trust_that_nothing_asks_for_is_told(folder: Path, tmp_path: Path) -> None:
    line = ",".join(["1"] * len(NAMES))
    source = write_table(tmp_path / "a.csv", f"cluster_id,{','.join(NAMES)}\n0,{line}\n")
    project = project_of(tmp_path / "p", source)
    told = do("predict", project=project, model=str(folder), trust=["posix.getcwd", "numpy.dtype"])
    assert any("trust in numpy.dtype, posix.getcwd: leave" in note for note in told["notes"])
    assert not any("trust in" in note for note in do("predict", project=project, model=str(folder))["notes"])


def test_tables_that_do_not_belong_together_are_told(folder: Path) -> None:
    (folder / "labels.csv").write_text("unit_index,0\n0,1\n")
    assert "do not belong together" in doctor.examine(folder).ailments[0].text
    with pytest.raises(UserError, match="cannot be built again"):
        finish(repair.rebuild(folder))
    (folder / "model_info.json").write_text("[1]")
    assert any("does not describe a model" in one.text for one in doctor.examine(folder).ailments)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
@pytest.mark.parametrize("name", ["model_info.json", "training_data.csv", "labels.csv", "best_model.skops"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert any(one.kind == "file" for one in doctor.examine(folder).ailments)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("model_info.json", "[" * 200_000, "nests its brackets too deeply"),
        ("model_info.json", '{"requirements": "x", "metric_params": 7, "label_conversion": [1]}', "is not told"),
        ("model_info.json", '{"metric_params": {"quality_metric_params": {"metric_names": 7}}}', "lacks requirements"),
        ("labels.csv", "unit_index,0\n" + "0,inf\n" * 400, "what is not a number"),
        ("model_accuracies.csv", ",balanced_accuracy\n0,1.2.3\n", ""),
    ],
)
def test_side_files_that_hold_something_else_are_told(folder: Path, name: str, text: str, words: str) -> None:
    rows = len((folder / "labels.csv").read_text().splitlines()) - 1
    (folder / name).write_text(text.replace("0,inf\n" * 400, "0,inf\n" * rows))
    found = [one.text for one in doctor.examine(folder).ailments]
    assert any(words in one for one in found) or not words, found


def test_printed_parameters_are_read_as_literals_only() -> None:
    assert repair._values("OrderedDict([('a', 1), ('class_weight', 'balanced')])") == {"a": 1}
    assert repair._values("{'C': 0.5}") == {"C": 0.5}
    assert repair._values("__import__('os').getcwd()") == {}


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data here")
def test_a_published_model_of_an_older_version_predicts(tmp_path: Path) -> None:
    import pandas as pd

    place = SHARED / "si_model_sklearn161"
    seen = doctor.examine(place)
    assert seen.versions == {"spikeinterface": "0.102.3", "scikit-learn": "1.6.1"}
    assert {one.kind for one in seen.ailments} >= {"doubled", "leakage"}
    assert (seen.rows, seen.distinct) == (1592, 796)
    assert (seen.seed, seen.leak) == (1500918033, (319, 251))
    patient = repair.open_model(place)
    new = pd.read_csv(SHARED / "unitrefine_tutorial" / "new_data.csv").select_dtypes("number")
    labels, p, missing = repair.predict(patient, new.to_numpy(np.float32), list(new.columns))
    assert len(labels) == len(p) == 50
    assert not missing
    assert repair.adopt(patient, tmp_path / "run").joinpath("run.json").is_file()
    _, rebuilt = finish(repair.rebuild(place))
    assert rebuilt.balanced_accuracy < 0.93 < (rebuilt.published or 0)


def test_a_folder_of_another_program_predicts_like_a_run(folder: Path) -> None:
    from models.domains import domain
    from models.orders.fitting import load_model, predict_rows

    fitted, record = load_model(domain("units"), folder)
    assert record["classes"] == list(CLASSES)
    assert fitted.folder == folder
    given = _bare(0)[1]
    _, p = finish(predict_rows(fitted, given, np.arange(240), Setting("cpu", folder)))
    expected = repair.predict(repair.open_model(folder), units(), NAMES)[1]
    np.testing.assert_allclose(p, expected, atol=1e-6)
    (folder / "best_model.skops").unlink()
    with pytest.raises(UserError, match=r"no \.skops file to open"):
        load_model(domain("units"), folder)


def test_predictions_of_a_sick_model_tell_what_ails_it(folder: Path, tmp_path: Path) -> None:
    for name in ("training_data.csv", "labels.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join([head, *rows, *rows]) + "\n")
    line = ",".join(["1"] * len(NAMES))
    source = write_table(tmp_path / "a.csv", f"cluster_id,{','.join(NAMES)}\n0,{line}\n1,{line}\n")
    told = do("predict", project=project_of(tmp_path / "p", source), model=str(folder))
    assert told["predicted"] == 2
    assert any("each of its units stands there twice" in note for note in told["notes"])
    assert any("is not real" in note for note in told["notes"])
