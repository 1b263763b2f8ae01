"""The examples of docs/scripting.md run in order, in one session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "scripting.md"


def test_the_examples_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 8
    monkeypatch.chdir(tmp_path)
    session: dict[str, Any] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"docs/scripting.md, block {number}", "exec"), session)
    told = capsys.readouterr().out
    assert "600 samples in 24 groups" in told
    assert "Did you mean forest?" in told
    assert session["test"]["balanced_accuracy"] > 0.3
    assert len(session["p"]) == 600
    assert session["seen"]
    assert (tmp_path / "labels.csv").read_text("utf-8").count("\n") == 601
    assert (tmp_path / "labelled.h5").is_file()
