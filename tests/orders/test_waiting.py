"""How long a queue waits for models that never saw the labels they judge, and when it need not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.orders.waiting import FOLDS, JUDGING, training_left
from models.store.predictions import fold_file

SEEN = {"snapshot": {"sha": "the labels that it saw"}}


def left(cache: Path, strategy: str, record: dict[str, Any]) -> float:
    project: Any = SimpleNamespace(cache=cache)
    run: Any = SimpleNamespace(id="run", record=SEEN | record)
    return training_left(project, run, strategy)


@pytest.mark.parametrize("strategy", JUDGING)
def test_all_folds_but_one_are_trained_for_as_long_as_the_run(strategy: str, tmp_path: Path) -> None:
    assert left(tmp_path, strategy, {"seconds": 10.0, "metrics": {"test": {}}}) == 10.0 * (FOLDS - 1)
    assert left(tmp_path, strategy, {}) == 0.0, "of a run that tells no time nothing is foretold"


def test_what_judges_no_labels_waits_for_nothing(tmp_path: Path) -> None:
    assert left(tmp_path, "uncertain", {"seconds": 10.0}) == 0.0


def test_folds_that_are_there_are_not_waited_for(tmp_path: Path) -> None:
    assert left(tmp_path, JUDGING[0], {"seconds": 10.0, "metrics": {"out_of_fold": {}}}) == 0.0
    record: dict[str, Any] = {"seconds": 10.0}
    file = fold_file(tmp_path, "run", SEEN | record)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    assert left(tmp_path, JUDGING[0], record) == 0.0
    assert left(tmp_path, JUDGING[0], {"seconds": 10.0, "snapshot": {"sha": "other labels"}}) > 0.0
