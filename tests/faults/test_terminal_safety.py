"""What the command line prints: nothing that a terminal obeys, JSON whatever is inside, one line an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.run import LONG, document, shown
from models.domain import Found
from models.store.project import Project

ESCAPES = "a\x1b[31mred\x9b0m\nb\u202egpj"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    file = tmp_path / "a.h5"
    file.write_text("x", "utf-8")
    with Project.create(tmp_path / "p", "traces", ["0", "1"]) as made:
        keys = [ESCAPES, "quote\"'", *map(str, range(3000))]
        made.add(Found(file, "a.h5", keys, ["g"] * len(keys), [], columns={"remark": [ESCAPES] * len(keys)}))
    return tmp_path / "p"


def call(*arguments: str | bytes, reads: int = -1) -> tuple[int, bytes, bytes]:
    """Status, standard output (its first `reads` bytes, then the pipe is closed) and error."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "WINNOW_LOG": os.devnull}
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments], stdout=-1, stderr=-1, env=environment
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        if reads < 0:
            out, err = child.communicate(timeout=60)
        else:
            out = child.stdout.read(reads)
            child.stdout.close()
            err = child.stderr.read()
        return child.wait(60), out, err


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_escape_sequence_reaches_the_terminal(project: Path, flags: tuple[str, ...]) -> None:
    status, out, _ = call("samples", str(project), "--limit", "2", *flags)
    assert status == 0
    text = out.decode()
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert "gpj" in text
    if flags:
        assert json.loads(text)["rows"][0]["remark"] == ESCAPES


def test_an_error_names_a_wild_sample_on_one_harmless_line(project: Path) -> None:
    status, out, err = call("label", str(project), b"x\x1b[31m\xff=0")
    assert (status, out) == (1, b"")
    assert err.startswith(b"winnow: ")
    assert err.count(b"\n") == 1
    assert b"\x1b" not in err
    assert b"our fault" not in err


def test_a_reader_that_goes_away_gets_no_traceback(project: Path) -> None:
    assert call("samples", str(project), "--json", reads=5)[::2] == (0, b"")


def test_a_long_list_is_the_same_json() -> None:
    value = {"rows": [{"id": f"s{n}\x7f", "n": None} for n in range(2 * LONG + 1)], "found": 3, "head": {"a": [1]}}
    text = "\n".join(document(value))
    assert json.loads(text) == value
    assert "\x7f" not in text


def test_plain_text_stays_what_it_is() -> None:
    assert shown("Größe 数据 ±") == "Größe 数据 ±"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["train", "P", "--recipe", "forest", "--seed", "-5"], 1),
        (["train", "P", "--recipe", "forest", "--split-seed", "99999999999999999999"], 1),
        (["train", "P", "--recipe", "forest", "--set", "trees"], 1),
        (["samples", "P", "--limit", "many"], 1),
        (["label", "P", "no-equals-sign"], 1),
        (["train", "P"], 2),
        (["samples", "P", "--nix"], 2),
    ],
)
def test_a_wrong_value_is_a_mistake_and_a_missing_one_wrong_usage(
    project: Path, arguments: list[str], status: int
) -> None:
    ended, out, err = call(*[str(project) if one == "P" else one for one in arguments])
    assert (ended, out, err.count(b"\n")) == (status, b"", 1)
    assert b"our fault" not in err
