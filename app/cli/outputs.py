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
    help="csv, parquet, report, or a format of the domain (eeg: edf, hms …; voice: raven …); a wrong one lists all.",
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
@click.option("--template", default="", metavar="DOMAIN", help="Write all settings of a domain to the file, and end.")
@overwrite_option
@shared
def pipeline(file: str, sets: tuple[str, ...], template: str, as_json: bool, verbose: bool, **given: Any) -> None:
    if template:
        answer(_write_template(file, template, given["overwrite"]), as_json)
        return
    values = settings(sets)
    _check_service(file, values)
    told = order("pipeline", {"file": file, "values": values, **given}, as_json)
    serving = told.pop("serve", None)
    if not as_json:
        steps = [{**step, "result": _briefly(step["result"])} for step in told["steps"]]
        told = {**told, "steps": steps, "more": "all figures: the same call with --json"}
    if serving is None:
        answer(told, as_json)
        return
    from app.cli.serving import start_service

    start_service(
        told["project"], serving, lambda url, run: answer({**told, "serve": {"url": url, "run": run}}, as_json)
    )


def _write_template(file: str, domain: str, overwrite: bool) -> dict[str, Any]:
    from models.orders.configuration import template
    from models.orders.naming import needed_folder, place, refuse
    from models.store.atomic import write_text

    text, target = template(domain), place(file)
    refuse(target, overwrite)
    needed_folder(target.parent)
    write_text(target, text)
    return {"files": [str(target)], "domain": domain}


def _check_service(file: str, values: dict[str, str]) -> None:
    """A job that ends with the service needs its extra before anything begins."""
    from models.orders.naming import place
    from models.orders.pipeline import read_file

    steps, _ = read_file(place(file), values)
    if any(step.verb == "serve" for step in steps):
        from app.service.extra import check_extra

        check_extra()


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
        words.append(f"balanced accuracy of {part} {value:.3f}{within or _unbounded(scored)}")
    return ", ".join(words) or "done"


def _unbounded(scored: dict[str, Any]) -> str:
    """Why a score has no interval, where that is because all of it is of one group."""
    from models.learn.words import is_lone

    return " of one group, which cannot bound it" if is_lone(scored) else ""


COMMANDS = {"export": export, "pipeline": pipeline}
