"""Verbs that open the window."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.run import answer
from app.cli.verbs import shared


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


@click.command("gui", help="Open the workstation; with a tour, play it and end.")
@click.argument("project", required=False)
@click.option("--tour", default="", metavar="FILE.yaml", help="Steps to play with real key and mouse events.")
@click.option("--out", default="", metavar="DIR", help="Where pictures go.")
@click.option("--size", default="1600x1000", metavar="WxH", help="Size of the window.")
@click.option("--scale", type=float, default=1.0, help="Scaling, for example 2.")
@click.option("--theme", type=click.Choice(["light", "dark", "system"]), default=None, help="light or dark.")
@shared
def gui(
    project: str | None,
    tour: str,
    out: str,
    size: str,
    scale: float,
    theme: str | None,
    as_json: bool,
    verbose: bool,
) -> None:
    from app.gui import run

    theme = "" if theme in (None, "system") else theme
    result = run(_path(project), _path(tour), _path(out), size, scale, theme or "")
    if as_json or tour:
        answer(result, as_json)


@click.command("demo", help="Make demo projects of generated data and open them.")
@click.option("--headless", is_flag=True, help="Play the tour without a display; write pictures, metrics, exports.")
@click.option("--out", default="demo-output", metavar="DIR", help="Where projects, pictures and exports go.")
@click.option("--domains", default="", metavar="A,B", help="Which domains; default all.")
@shared
def demo(headless: bool, out: str, domains: str, as_json: bool, verbose: bool) -> None:
    from app.demo import run
    from models.params import listed

    result = run(headless=headless, out=out, domains=listed(domains))
    if as_json:
        answer(result, as_json)
    elif shots := result["screenshots"]:
        folder = Path(shots[0]).parents[1]
        told = {"screenshots": f"{len(shots)}, in {folder}", "metrics": str(folder.parent / "metrics.json")}
        answer({"projects": result["projects"], **told, "exports": result["exports"]}, as_json)


COMMANDS = {"gui": gui, "demo": demo}
