"""From raw data to a model that SpikeInterface opens: recordings, missing extensions, labels, training, export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.filterwarnings("ignore")
def test_from_recordings_to_a_model_folder(winnow: Any, tmp_path: Path) -> None:
    data, project, model = tmp_path / "raw", tmp_path / "p", tmp_path / "model"
    sets = ("--set", "mode=recording", "--set", "seconds=5", "--set", "channels=4")
    assert winnow.ok("fake", "units", data, "--samples", 24, *sets)["samples"] == 24
    winnow.ok("new", project, "--domain", "units")
    planned = winnow.ok("import", project, data, "--set", "extensions=compute", "--dry-run")
    assert len([note for note in planned["notes"] if "they will be computed" in note["text"]]) == 2
    assert not list(data.glob("*/analyzer/extensions/waveforms")), "a dry run writes nothing"
    told = winnow.ok("import", project, data, "--set", "extensions=compute")
    assert told["samples"] == 24
    computed = [note["text"] for note in told["notes"] if note["text"].startswith("computed: ")]
    assert len(computed) == 2
    assert "principal_components" in computed[0]
    assert len(list(data.glob("*/analyzer/extensions/principal_components"))) == 2
    names = [row["id"] for row in winnow.ok("samples", project, "--where", "group == 'mouse1a_imec0'")["rows"]]
    known = {row["id"]: row["label"] for row in winnow.ok("samples", project, "--columns", "label")["rows"]}
    acts = winnow.ok("label", project, *(f"{name}={known[name]}" for name in names[:6]), "--by", "ann")
    assert acts["changed"] == 6
    run = winnow.ok("train", project, "--recipe", "random_forest", "--trees", 20, "--folds", 2)["run"]
    assert winnow.ok("predict", project, "--run", run)["predicted"] == 24
    winnow.ok("export", project, "--format", "si-model", "--run", run, "--out", model)
    assert {"best_model.skops", "model_info.json", "training_data.csv", "labels.csv", "model_accuracies.csv"} <= {
        file.name for file in model.iterdir()
    }
    assert json.loads((model / "model_info.json").read_text("utf-8"))
    again = winnow.ok("import", project, data, "--set", "extensions=compute")
    assert not [note for note in again["notes"] if note["text"].startswith("computed: ")], "what is there stays"
