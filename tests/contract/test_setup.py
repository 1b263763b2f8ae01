"""The installation says what it does while it does it, and fails when pip fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "resources" / "setup" / "prepare.sh"
TOOLS = ("sh", "awk", "sleep", "rm", "touch", "mkdir", "cp", "cat", "dirname", "id")
#: Stands in for Python: makes an environment of itself, and answers as pip does.
PYTHON = """#!/bin/sh
echo "$*" >>calls
case "$*" in
    "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *"pip install --progress-bar"*)
        echo "Collecting torch>=2.7"
        echo "  Downloading torch-2.9.1-cp311.whl.metadata (30 kB)"
        echo "  Downloading torch-2.9.1-cp311.whl (899.7 MB)"
        echo "  Using cached PySide6-6.10-cp39.whl (1.1 GB)"
        echo "  Downloading click-8.3.whl (105 kB)"
        echo "Installing collected packages: click, torch, PySide6"
        [ ! -e broken ] || { echo "ERROR: no matching distribution" >&2; exit 1; } ;;
    "-") cat >/dev/null ;;
esac
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the script is for sh")


def prepare(folder: Path, out: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder of its own, with neither a package manager nor a network to find."""
    tools = folder / "tools"
    tools.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    fake = folder / "python"
    fake.write_text(PYTHON)
    fake.chmod(0o755)
    environment = {"PATH": str(tools), "PYTHON": str(fake), "HOME": os.environ["HOME"]}
    command = [str(tools / "sh"), str(SCRIPT)]
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, check=False
    )


def test_each_step_and_what_is_large_gets_a_line(tmp_path: Path) -> None:
    done = prepare(tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line[:11] for line in lines if line.startswith("Step")] == ["Step 1 of 3", "Step 2 of 3", "Step 3 of 3"]
    assert "5 to 10 minutes" in done.stdout
    assert [line for line in lines if line.startswith("  ")] == [
        "  fetching torch-2.9.1-cp311.whl (899.7 MB)",
        "  fetching PySide6-6.10-cp39.whl (1.1 GB)",
        "  unpacking 3 packages",
    ]
    assert "-m pip check" in (tmp_path / "calls").read_text()


def test_a_terminal_gets_the_bars_of_pip(tmp_path: Path) -> None:
    mine, terminal = os.openpty()
    try:
        assert prepare(tmp_path, terminal).returncode == 0
    finally:
        os.close(terminal)
        os.close(mine)
    assert "-m pip install --progress-bar on --prefer-binary" in (tmp_path / "calls").read_text()


def test_a_failing_installation_fails_with_the_words_of_pip(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    done = prepare(tmp_path)
    assert done.returncode != 0
    assert "no matching distribution" in done.stderr
    assert "pip check" not in (tmp_path / "calls").read_text()
    (tmp_path / "broken").unlink()
    shutil.rmtree(tmp_path / "tools")
    assert prepare(tmp_path).returncode == 0, "again after it was put right"


def test_every_extra_that_the_tests_need_is_installed() -> None:
    """All but what something is only compared with; the README's line for who works without make is the same."""
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    for place in (SCRIPT, ROOT / "README.md"):
        (line,) = re.findall(r'-e "\.\[([a-z0-9,]*dev[a-z0-9,]*)\]"', place.read_text("utf-8"))
        assert set(line.split(",")) == extras - {"bench", "praat"}, place.name
