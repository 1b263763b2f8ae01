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
    help="csv, parquet, report, or a format of the domain (traces: cells, hdf5).",
)
@click.option("--out", required=True, metavar="PATH", help="The file or folder to write.")
@where_option
@click.option("--run", default="", metavar="RUN", help="Whose predictions stand beside the labels.")
@overwrite_option
@shared
def export(project: str, as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("export", {"project": project, **given}, as_json), as_json)


@click.command("pipeline", help="A whole job that a YAML file describes; goes on where it stopped.")
@click.argument("file", metavar="FILE.yaml")
@set_option
@click.option("--again", is_flag=True, help="Do all steps anew.")
@overwrite_option
@shared
def pipeline(file: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("pipeline", {"file": file, "values": settings(sets), **given}, as_json), as_json)


COMMANDS = {"export": export, "pipeline": pipeline}
