"""A run's network as ONNX answers as the run does, tells how its input is made, and stays itself in whole numbers."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.eeg import onnx_rows
from models.domains.eeg.choices import Steps
from models.domains.eeg.constants import CHANNELS, CLASSES
from models.domains.eeg.recipes import RECIPES
from models.domains.eeg.signals import read_signals
from models.errors import UserError
from models.job import Job, finish
from models.learn import onnx_net, onnx_ranges, onnx_session
from models.params import build
from models.store.project import Project
from tests.eeg.test_eeg_networks import SMALL
from workers.inline import run

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime", "onnxscript")),
    reason="the extra onnx is not installed",
)


def do(order: str, /, **arguments: Any) -> Any:
    return run(Job(order, {key: str(v) if isinstance(v, Path) else v for key, v in arguments.items()}, order, "cpu"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 32 generated windows of 8 patients, and a run of each recipe."""
    from models.domains.eeg.fake import fake

    home = tmp_path_factory.mktemp("onnx")
    finish(fake(home / "data", samples=32, seed=3, patients=8))
    Project.create(home / "project", "eeg", votes=True).close()
    do("import_samples", project=home / "project", sources=[str(home / "data")])
    for recipe in RECIPES:
        values = {name: value for name, value in (SMALL | {"rounds": 3}).items() if hasattr(recipe.params(), name)}
        do("train", project=home / "project", recipe=recipe.name, values=values, baseline=False, name=recipe.name)
    return home / "project"


def given(project: Path, recipe: Any, rows: slice) -> tuple[dict[str, Any], np.ndarray]:
    """What the file of a run takes of these windows, and what the run said of them."""
    with Project.open(project) as opened:
        record = opened.runs.get(recipe.name)
        model = recipe.load(record.path / "model")
        some = np.arange(len(opened.samples))[rows]
        inputs = onnx_rows.inputs_of(model, read_signals(opened.samples, some, recipe.takes))
        kept = record.predictions()
        _, place = kept.rows(opened.samples)
        return inputs, kept.probabilities[place][rows]


@pytest.mark.parametrize("recipe", RECIPES[:4], ids=lambda recipe: recipe.name)
def test_the_file_answers_as_the_run_does_and_tells_how_its_input_is_made(
    recipe: Any, project: Path, tmp_path: Path
) -> None:
    import onnx
    import onnxruntime

    told = do("export", project=project, format="onnx", run=recipe.name, out=tmp_path / "net.onnx")
    assert sorted(Path(file).name for file in told["files"]) == ["net.json", "net.onnx"]
    assert "compared with torch on" in told["notes"][0]["text"]
    words = json.loads((tmp_path / "net.json").read_text("utf-8"))
    assert words["output"]["classes"] == list(CLASSES)
    assert (words["channels"], words["rate"], words["unit"]) == (list(CHANNELS), 200, "µV")
    build(Steps, words["steps"])
    assert len(words["montage"]["pairs"]) == 18
    assert words["checked"]["kl"]["onnx"] == pytest.approx(words["checked"]["kl"]["torch"], abs=1e-3)
    inside = {one.key: one.value for one in onnx.load(str(tmp_path / "net.onnx")).metadata_props}
    assert json.loads(inside["steps"]) == words["steps"]
    assert json.loads(inside["classes"]) == list(CLASSES)
    assert inside["unit"] == "µV"
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    inputs, said = given(project, recipe, slice(0, 5))
    assert {one["name"]: one["shape"][1:] for one in words["inputs"]} == {
        name: list(values.shape[1:]) for name, values in inputs.items()
    }
    # The run itself may compute with half as many digits.
    np.testing.assert_allclose(session.run(None, inputs)[0], said, atol=0.02)
    one = session.run(None, {name: values[:1] for name, values in inputs.items()})[0]
    np.testing.assert_allclose(one, said[:1], atol=0.02)


#: The ensemble is made of two that stand here, and takes as long as both.
SINGLE = [
    pytest.param(recipe, marks=pytest.mark.long) if recipe.name == "attention_ensemble" else recipe
    for recipe in RECIPES[:4]
]


@pytest.mark.parametrize("recipe", SINGLE, ids=lambda recipe: recipe.name)
def test_whole_numbers_tell_what_they_were_made_of_and_how_they_answer(
    recipe: Any, project: Path, tmp_path: Path
) -> None:
    import onnx
    import onnxruntime

    values = {"int8": "true", "windows": "12"}
    told = do("export", project=project, format="onnx", run=recipe.name, out=tmp_path / "net.onnx", settings=values)
    assert [Path(file).name for file in told["files"]] == ["net.onnx", "net.json", "net.int8.onnx"]
    made = told["checked"]["int8"]
    assert made["calibrated"] == 12
    assert 0 < made["rows"] <= 12
    assert 0 < made["held"]["rows"] <= 12
    assert made["way"] in onnx_ranges.WAYS
    assert len(made["floats"]) < made["layers"]
    graph = onnx.load(str(tmp_path / "net.int8.onnx"))
    inside = {one.key: one.value for one in graph.metadata_props}
    assert json.loads(inside["int8"]) == json.loads((tmp_path / "net.json").read_text("utf-8"))["checked"]["int8"]
    weights = [one for one in graph.graph.initializer if one.data_type == onnx.TensorProto.INT8]
    assert len(weights) >= made["layers"] - len(made["floats"])
    scales = [one for one in graph.graph.initializer if one.name.endswith("_scale") and np.prod(one.dims) > 1]
    assert scales, "each channel of a layer has its own scale"
    assert (tmp_path / "net.int8.onnx").stat().st_size < (tmp_path / "net.onnx").stat().st_size
    session = onnxruntime.InferenceSession(str(tmp_path / "net.int8.onnx"), providers=["CPUExecutionProvider"])
    inputs, said = given(project, recipe, slice(0, 8))
    np.testing.assert_allclose(session.run(None, inputs)[0], said, atol=0.15)


def test_no_window_is_of_two_kinds(project: Path) -> None:
    from models.orders.exporting import export_view

    with Project.open(project) as opened:
        view = export_view(opened, np.arange(len(opened.samples)), "small_1d")
        kept = opened.runs.get("small_1d").predictions()
        _, place = kept.rows(opened.samples)
        part = kept.part[place]
        rows = onnx_rows.choose(view, 32)
        assert set(part[rows.learnt]) == {"train"}
        assert set(part[rows.held]) == {"val"}
        assert set(part[rows.others]) <= {"test", "rest"}
        assert sorted([*rows.learnt, *rows.held, *rows.others]) == list(range(len(opened.samples)))
        few = onnx_rows.choose(view, 5)
        assert [len(few.learnt), len(few.held), len(few.others)] == [
            5,
            min(5, len(rows.held)),
            min(5, len(rows.others)),
        ]
        # Drawn by class: as many classes among five as there are, at most five.
        classes = {onnx_rows._class_of(view, row) for row in rows.learnt.tolist()}
        assert len({onnx_rows._class_of(view, row) for row in few.learnt.tolist()}) == min(5, len(classes))
        bare = onnx_rows.choose(replace(view, folder=None), 32)
        kinds = [set(one.tolist()) for one in (bare.learnt, bare.held, bare.others)]
        assert all(kinds)
        assert sum(len(one) for one in kinds) == len(set().union(*kinds)) == len(opened.samples)


def test_too_few_windows_for_whole_numbers_are_told(project: Path, tmp_path: Path) -> None:
    order = {"project": project, "format": "onnx", "run": "small_1d", "where": "row < 1"}
    with pytest.raises(UserError, match="three at least"):
        do("export", **order, out=tmp_path / "net.onnx", settings={"int8": "yes"})
    assert not list(tmp_path.iterdir())
    assert "on 1 window:" in do("export", **order, out=tmp_path / "net.onnx")["notes"][0]["text"]


def test_what_is_not_here_is_told_in_plain_words(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    values = {"provider": "tensorrt", "windows": "4"}
    told = do("export", project=project, format="onnx", run="small_1d", out=tmp_path / "net.onnx", settings=values)
    assert told["notes"][-1]["text"] == (
        "TensorRT is not here: this ONNX Runtime has no TensorrtExecutionProvider, onnxruntime-gpu has it. "
        "The file was not tried out there."
    )
    monkeypatch.setattr(onnx_net, "difference", lambda *_given: 0.5)
    with pytest.raises(UserError, match=r"otherwise than the model, by up to 0\.5\. Nothing was written"):
        do("export", project=project, format="onnx", run="small_1d", out=tmp_path / "other.onnx", settings=values)
    assert not list(tmp_path.glob("*other*"))


@pytest.mark.gpu
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_gpu_answers_as_the_processor_does(provider: str, project: Path, tmp_path: Path) -> None:
    reason = onnx_session.lacking(provider)
    if reason:
        pytest.skip(reason)
    values = {"provider": provider, "windows": "8"}
    told = do("export", project=project, format="onnx", run="small_1d", out=tmp_path / "net.onnx", settings=values)
    text = told["notes"][-1]["text"]
    assert text.startswith(onnx_session.PROVIDERS[provider].title)
    assert float(text.partition("differ by ")[2].split()[0]) < 0.02
    if provider == "tensorrt":
        assert any((tmp_path / "net.engine").iterdir()), "the engine is kept beside its file"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"int8": "perhaps"}, "int8 is 'perhaps': give yes or no"),
        ({"provider": "vulkan"}, "provider"),
        ({"windows": "0"}, "windows is '0'"),
        ({"window": "3"}, "setting"),
    ],
)
def test_wrong_settings_are_told(values: dict[str, str], words: str, project: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        do("export", project=project, format="onnx", run="small_1d", out=tmp_path / "net.onnx", settings=values)
    with pytest.raises(UserError, match="the format csv has no settings"):
        do("export", project=project, format="csv", out=tmp_path / "t.csv", settings={"int8": "yes"})


def test_what_is_no_network_is_refused_and_no_file_is_written_over(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="features, which is no network: ONNX holds resnet1d_gru"):
        do("export", project=project, format="onnx", run="features", out=tmp_path / "net.onnx")
    (tmp_path / "net.int8.onnx").write_text("mine", "utf-8")
    values = {"int8": "yes"}
    with pytest.raises(UserError, match=r"net\.int8\.onnx exists already"):
        do("export", project=project, format="onnx", run="small_1d", out=tmp_path / "net.onnx", settings=values)
    assert (tmp_path / "net.int8.onnx").read_text("utf-8") == "mine"
