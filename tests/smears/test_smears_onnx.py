"""A run's network as ONNX answers as the run does; without the extra one line says what to install."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.domains.smears import fine
from models.errors import UserError
from models.job import Job
from models.learn import onnx_net
from models.store.project import Project
from tests.smears.blood import drawn
from workers.inline import run

WITHOUT = importlib.util.find_spec("onnx") is None or importlib.util.find_spec("onnxruntime") is None
SMALL = {
    "small_cnn": {"epochs": 2, "image_size": 32, "filters": [4, 8]},
    "fine": {"epochs": 2, "image_size": 32, "filters": [4, 8], "patience": 0, "fine": True},
    "resnet34": {"epochs": 2, "image_size": 64},
    "colour_texture": {},
}


def do(order: str, /, **arguments: Any) -> Any:
    return run(Job(order, {key: str(v) if isinstance(v, Path) else v for key, v in arguments.items()}, order, "cpu"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty cells of twelve patients in two class folders; no weights are here."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    cells, codes = drawn(60)
    for number, (cell, code) in enumerate(zip(cells, codes.tolist(), strict=True)):
        place = tmp_path / "d" / ("uninfected", "infected")[code] / f"P{number // 5}_IMG_{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(cell).save(place)
    Project.create(tmp_path / "p", "smears").close()
    do("import_samples", project=tmp_path / "p", sources=[str(tmp_path / "d")])
    return tmp_path / "p"


def train(project: Path, recipe: str) -> None:
    name = "small_cnn" if recipe == "fine" else recipe
    do("train", project=project, recipe=name, values=SMALL[recipe], baseline=False, device="cpu")


@pytest.mark.skipif(WITHOUT, reason="the extra onnx is not installed")
@pytest.mark.parametrize("recipe", ["small_cnn", "fine", "resnet34"])
def test_the_file_answers_as_the_run_does(project: Path, tmp_path: Path, recipe: str) -> None:
    import onnxruntime

    train(project, recipe)
    told = do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    assert "compared with torch on 60 cells" in told["notes"][0]["text"]
    assert sorted(Path(file).name for file in told["files"]) == ["net.json", "net.onnx"]
    told = json.loads((tmp_path / "net.json").read_text("utf-8"))
    size = SMALL[recipe]["image_size"]
    assert told["input"]["shape"] == ["cells", size, size, 3]
    # As the JSON says, by hand: these cells are whole files, so their boxes have no margin to take.
    files = sorted((tmp_path / "d").rglob("*.png"))[:7]
    side = fine.FINER * size if recipe == "fine" else size
    cells = np.stack([np.asarray(Image.open(file).resize((side, side), Image.Resampling.BILINEAR)) for file in files])
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pictures": fine.show(cells) if recipe == "fine" else cells})
    do("predict", project=project, run="last", out=tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    head = lines[0].split(",")
    wanted = {line.split(",")[0]: dict(zip(head, line.split(","), strict=True)) for line in lines[1:]}
    for file, row in zip(files, found, strict=True):
        one = next(value for name, value in wanted.items() if name.endswith(f"/{file.name}"))
        given = [float(one[f"p_{name}"]) for name in told["output"]["classes"]]
        # The run itself may compute with half as many digits.
        assert row == pytest.approx(given, abs=0.02)


@pytest.mark.skipif(WITHOUT, reason="the extra onnx is not installed")
def test_what_is_no_network_and_what_would_answer_otherwise_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="model of a run, and there is none"):
        do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    train(project, "colour_texture")
    with pytest.raises(UserError, match="no network: ONNX holds resnet34 and small_cnn"):
        do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    train(project, "small_cnn")
    with pytest.raises(UserError, match="no name of an ONNX file"):
        do("export", project=project, format="onnx", out=tmp_path / "net.txt")
    monkeypatch.setattr(onnx_net, "difference", lambda *_given: 0.5)
    with pytest.raises(UserError, match=r"otherwise than the model, by up to 0\.5\. Nothing was written"):
        do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    assert not list(tmp_path.glob("*net*"))
    monkeypatch.undo()
    (tmp_path / "net.json").write_text("mine", "utf-8")
    with pytest.raises(UserError, match="exists already, where what goes into the model is written"):
        do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    assert (tmp_path / "net.json").read_text("utf-8") == "mine"


def test_without_the_extra_one_line_says_what_to_install(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_net, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r'pip install "\.\[onnx\]"  in Winnow\'s folder'):
        do("export", project=project, format="onnx", out=tmp_path / "net.onnx")
    assert not list(tmp_path.glob("*net*"))
