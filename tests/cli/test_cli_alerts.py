"""The verb of alerts: rules in, alerts out, acknowledged by name; a wrong rule is one line with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.eeg.watched import make_watched


def test_rules_raise_alerts_that_are_acknowledged_by_name(winnow: Any, tmp_path: Path) -> None:
    ward = make_watched(tmp_path)
    assert winnow.ok("alerts", ward) == {
        "rules": [], "episodes": {"threshold": 0.5, "gap": 20.0, "least": 10.0}, "alerts": []
    }  # fmt: skip
    wrong = winnow("alerts", ward, "--rule", "drift", "--rule", "seizur > .5")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("winnow: Rule 2, column 1: there is no class 'seizur', perhaps seizure")
    told = winnow.ok("alerts", ward, "--rule", "seizure >= .8 for 3 windows", "--set", "threshold=0.6", "--watch")
    assert told["episodes"]["threshold"] == 0.6
    (one,) = told["raised"]
    assert (told["run"], one["sample"], one["acknowledged"]) == ("run-1", "one.edf#80.000", None)
    lines = winnow("alerts", ward, "--watch").out.splitlines()
    assert "raised: 0" in lines
    assert "failed: none" in lines
    assert sum("one.edf#80.000" in line for line in lines) == 1, "an alert stands there once"
    assert winnow("alerts", ward, "--acknowledge", "nobody").status == 1
    taken = winnow.ok("alerts", ward, "--acknowledge", "all", "--by", "ann")
    assert taken["acknowledged"] == 1
    assert taken["alerts"][0]["acknowledged"]["by"] == "ann"
    assert winnow.ok("undo", ward, "--by", "ann")["undone"]
    assert winnow.ok("alerts", ward)["alerts"][0]["acknowledged"] is None
    assert winnow.ok("alerts", ward, "--no-rules")["rules"] == []
    assert winnow.ok("check", ward)["ok"]
