"""The table of the benchmarks: goals, signs, dashes, and finding the modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks.table import cells, figure, reached, row, table, write

FAST = {"name": "act", "ours": 0.5, "peer": 2.0, "ratio": 4.0, "unit": "ms", "goal": 1.0}
RATE = {"name": "rate", "ours": 97.0, "peer": 100.0, "ratio": 0.97, "goal": 0.97, "higher_is_better": True}
FRAME = {"name": "frame", "ours": 9.0, "peer": 4.0, "ratio": 2.25, "goal": 1.5, "goal_of": "ratio", "note": "slow"}
BARE = {"name": "bare", "ours": None, "peer": None, "ratio": None, "unit": "s", "goal": None}


def test_goals_are_of_ours_or_of_the_ratio() -> None:
    assert [reached(row) for row in (FAST, RATE, FRAME, BARE)] == [True, True, False, None]
    assert reached({**FAST, "ours": 1.5}) is False
    assert reached({**RATE, "ratio": 0.9}) is False


def test_cells_carry_units_and_signs() -> None:
    assert cells(FAST) == ("act", "0.5 ms", "2 ms", "4 ×", "≤ 1 ms", "yes")
    assert cells(RATE)[4:] == ("≥ 0.97 ×", "yes")
    assert cells(BARE) == ("bare", "–", "–", "–", "–", "–")
    assert figure(123456.0, "rows/s") == "123,456 rows/s"


def test_a_ratio_is_how_many_times_better_ours_is() -> None:
    assert row("act", 0.5, 2.0)["ratio"] == 4.0
    assert row("pace", 6.0, 2.0, unit="1/s", more=True)["ratio"] == 3.0
    assert [row("act", 0.5)["ratio"], row("size", None, 1.0)["ratio"], row("act", 0.0, 1.0)["ratio"]] == [None] * 3
    assert reached(row("act", 0.5, 2.0, 1.0)) is True
    assert reached(row("act", 0.5, 2.0, 6.0, of="ratio")) is False
    assert reached(row("pace", 6.0, 2.0, 7.0, more=True)) is False


def test_table_is_markdown_with_notes() -> None:
    lines = table([FAST, FRAME]).splitlines()
    assert len({len(line) for line in lines[:4]}) == 1
    assert set(lines[1]) == {"|", "-"}
    assert lines[-1] == "- frame: slow"


def test_figures_are_kept(tmp_path: Path) -> None:
    kept = json.loads(write(tmp_path / "results", "x", [FAST], True, 1.23).read_text(encoding="utf-8"))
    assert (tmp_path / "results" / "x.quick.json").exists()
    assert kept["rows"][0]["reached"] is True
    assert {"python", "processor", "commit", "versions"} <= kept["machine"].keys()


def test_modules_are_found_and_unknown_ones_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "training" in program.names()
    assert not {"table", "loads", "__main__"} & set(program.names())
    with pytest.raises(SystemExit):
        program.main(["nothing"])
    assert "training" in capsys.readouterr().err


def test_a_broken_benchmark_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "HERE", tmp_path)
    monkeypatch.setattr(program, "names", lambda: ["bad", "good"])
    monkeypatch.setattr(program, "measure", lambda name, quick: [FAST] if name == "good" else None)
    assert program.main(["--quick"]) == 1
    out = capsys.readouterr()
    assert "| act" in out.out
    assert "Broken: bad" in out.err
