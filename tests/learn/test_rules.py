"""Rules by thresholds: what they decide, what is proposed, what is kept."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import UserError
from models.learn.rules import Clause, Rule, RuleSet, propose, read_rules

CLASSES = ("good", "mua", "noise")
TABLE = {"snr": np.array([9.0, 5.0, 1.0, np.nan]), "isi": np.array([0.1, 0.9, 0.2, 0.1])}
SET = RuleSet(
    "strict",
    (
        Clause("noise", False, (Rule("snr", False, 2.0), Rule("isi", True, 5.0))),
        Clause("good", True, (Rule("snr", True, 4.0), Rule("isi", False, 0.5))),
    ),
    "mua",
)


def test_the_first_clause_that_holds_decides_and_a_missing_value_fulfils_nothing() -> None:
    assert SET.decide(TABLE, CLASSES, 4).tolist() == [0, 1, 2, 1]
    assert SET.columns() == ["snr", "isi"]


def test_an_empty_clause_or_one_on_a_column_that_is_not_there_holds_nowhere() -> None:
    assert not Clause("good", True).holds(TABLE, 4).any()
    assert not Clause("good", True, (Rule("snr", True, 0), Rule("gone", True, 0))).holds(TABLE, 4).any()
    assert Clause("good", False, (Rule("snr", True, 0), Rule("gone", True, 0))).holds(TABLE, 4).sum() == 3


def test_rules_come_back_as_they_were_kept() -> None:
    assert read_rules(SET.plain()) == SET
    for broken in ({}, {"name": "a", "clauses": [{}]}, None):
        with pytest.raises(UserError, match="no rules"):
            read_rules(broken)
    told = SET.plain()
    told["clauses"][0]["rules"][0]["value"] = float("nan")
    with pytest.raises(UserError, match="no number"):
        read_rules(told)


def test_a_proposal_finds_the_thresholds_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=900) for name in ("a", "b", "c")}
    codes = np.where(columns["a"] > 1, 2, np.where((columns["b"] < 0) & (columns["a"] < 0), 0, 1))
    found = propose(columns, codes, CLASSES)
    assert found.rest == "mua"
    assert {clause.name for clause in found.clauses} == {"good", "noise"}
    assert (found.decide(columns, CLASSES, 900) == codes).mean() > 0.9
    assert propose(columns, np.full(900, -1), CLASSES).clauses == ()
