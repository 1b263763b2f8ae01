"""Ctrl+C after the fit: the model that is there becomes a run."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from models.orders import fitting


def test_ctrl_c_while_predicting_keeps_the_model(
    winnow: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=all")
    answers = fitting._answers

    def interrupted(*given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return answers(*given)

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "_answers", interrupted)
        ended = winnow("train", project, "--recipe", "forest", "--set", "trees=5", "--json")
    assert ended.status == 130
    assert ended.json["stopped_early"]
    assert winnow.ok("predict", project, "--run", ended.json["run"])["predicted"] == 450
