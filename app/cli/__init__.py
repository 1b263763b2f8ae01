"""The command line: one console script, ``winnow``; verbs are loaded when called."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from app.cli import run
from app.cli.verbs import Group

HELP = "Winnow: look at samples, label, train, review, relabel, export. PROJECT is a project folder."


@click.group(cls=Group, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="winnow", prog_name="winnow")
def commands() -> None:
    """The verbs."""


def call(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    given = list(arguments)
    verbose = "--verbose" in given
    run.start_log(verbose)
    run.LOG.info("winnow %s", " ".join(given))
    try:
        return run.guarded(lambda: commands.main(given, prog_name="winnow", standalone_mode=False), verbose)
    finally:
        run.stop_log()


def main() -> None:
    """The console script. JSON is UTF-8 whatever the terminal's own letters; a half letter is written out."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if stream is sys.stdout else None, errors="backslashreplace")
    status = call(sys.argv[1:])
    sys.stdout.flush()
    sys.exit(status)
