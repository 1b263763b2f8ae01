"""Verbs that write data for others."""

from __future__ import annotations

from typing import Any

import click

from app.cli.run import answer, order, settings
from app.cli.verbs import overwrite_option, project_argument, set_option, shared, where_option


@click.command("export", help="Labelled data in the field's formats, with provenance.")
@project_argument
@click.option(
    "--format",
    required=True,
    metavar="F",
    help="csv, parquet, report, or a format of the domain (traces: cells, hdf5; eeg: edf, bids).",
)
@click.option("--out", required=True, metavar="PATH", help="The file or folder to write.")
@where_option
@click.option("--run", default="", metavar="RUN", help="Whose predictions stand beside the labels.")
@set_option
@overwrite_option
@shared
def export(project: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("export", {"project": project, "settings": settings(sets), **given}, as_json), as_json)


@click.command("pipeline", help="A whole job that a YAML file describes; goes on where it stopped.")
@click.argument("file", metavar="FILE.yaml")
@set_option
@click.option("--again", is_flag=True, help="Do all steps anew.")
@overwrite_option
@shared
def pipeline(file: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    told = order("pipeline", {"file": file, "values": settings(sets), **given}, as_json)
    if not as_json:
        steps = [{**step, "result": _briefly(step["result"])} for step in told["steps"]]
        told = {**told, "steps": steps, "more": "all figures: the same call with --json"}
    answer(told, as_json)


def _briefly(result: dict[str, Any]) -> str:
    """A step's result in one short line: what it made, how many, and the first score with its interval."""
    from models.store.runs import JUDGES

    words = [f"{name} {result[name]}" for name in ("run", "added", "known", "labels", "written") if result.get(name)]
    words += [
        f"{name} {len(result[name])}" for name in ("files", "skipped") if name in result and "split" not in result
    ]
    metrics = result.get("metrics") or {}
    part = next((name for name in JUDGES if metrics.get(name)), result.get("part", ""))
    scored = metrics.get(part, metrics)
    if (value := scored.get("balanced_accuracy")) is not None:
        low, high = scored.get("intervals", {}).get("balanced_accuracy") or (None, None)
        within = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
        words.append(f"balanced accuracy of {part} {value:.3f}{within}")
    return ", ".join(words) or "done"


COMMANDS = {"export": export, "pipeline": pipeline}
