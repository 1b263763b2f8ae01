"""Runs as JSON: short for a list, in full for one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.store.project import Project
from models.store.runs import RunRecord

_SHOWN = ("n", "accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")


def short(run: RunRecord) -> dict[str, Any]:
    """One line of the list of runs."""
    part, scored = run.judged()
    return {
        "run": run.id,
        "name": run.name,
        "recipe": run.recipe,
        "at": run.at,
        "best": run.best,
        "note": run.note,
        "seed": run.record.get("seed"),
        "labels": run.record.get("snapshot", {}).get("labels"),
        "part": part,
        "metrics": {name: scored.get(name) for name in _SHOWN},
        "independent": run.record.get("split", {}).get("independent"),
        "stopped_early": run.record.get("stopped_early", False),
        "seconds": run.record.get("seconds"),
    }


def full(run: RunRecord) -> dict[str, Any]:
    """The whole record."""
    head = {"run": run.id, "name": run.name, "note": run.note, "best": run.best, "folder": str(run.path)}
    return {**head, **run.record, "added": run.additions()}


def keep(project: Project, run: RunRecord, name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with its time and the labels that it saw, kept with the run where the project can be written."""
    told = {**result, "at": datetime.now(UTC).isoformat(timespec="seconds"), "position": project.journal.position}
    if not project.read_only:
        run.add(name, told)
    return told


def worse_than_best(project: Project, name: str) -> str:
    """A warning when a run is worse than the one marked as best; "" when it is not."""
    from models.errors import UserError
    from models.orders.comparing import compared

    best = project.runs.best()
    if best is None or best.id == name:
        return ""
    try:
        found = compared(project, best, project.runs.get(name))
    except UserError:
        return ""
    return found.verdict if found.worse else ""
