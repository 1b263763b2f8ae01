"""Verbs on projects and their samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.run import MISTAKE, Stop, answer, order, settings
from app.cli.verbs import SEEDS, overwrite_option, project_argument, set_option, shared, where_option

if TYPE_CHECKING:
    from models.store.project import Project


def opened(path: str) -> Project:
    """The project of a folder."""
    from models.orders.naming import place
    from models.store.project import Project

    return Project.open(place(path))


@click.command("new", help="Make an empty project.")
@project_argument
@click.option("--domain", "name", required=True, help="The kind of data, for example traces.")
@click.option("--classes", default="", help="Classes, as a,b,c.")
@click.option("--labels-url", default="", help="PostgreSQL address, for labels shared by several curators.")
@shared
def new(project: str, name: str, classes: str, labels_url: str, as_json: bool, verbose: bool) -> None:
    from models.domains import domain
    from models.orders.naming import place
    from models.params import listed
    from models.store.project import Project

    kind = domain(name)
    given = listed(classes)
    with Project.create(place(project), name, given, labels_url, kind.votes) as made:
        answer({"project": str(made.path), "domain": name, "classes": given or list(kind.classes)}, as_json)


@click.command("import", help="Add samples by reference to their files; doing it again is harmless.")
@project_argument
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--labels", default="", metavar="FILE", help="A CSV of labels: sample, label.")
@click.option("--dry-run", is_flag=True, help="Report only, write nothing.")
@click.option("--by", default="file", help="Who gave the labels of the CSV.")
@set_option
@shared
def import_(
    project: str,
    sources: tuple[str, ...],
    labels: str,
    dry_run: bool,
    by: str,
    sets: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    arguments = {"project": project, "sources": list(sources), "labels": labels, "settings": settings(sets)}
    told = order("import_samples", {**arguments, "dry_run": dry_run, "by": by}, as_json)
    answer(told if as_json else _in_short(told), as_json)


def _in_short(told: dict[str, Any]) -> dict[str, Any]:
    """A report without what only a program reads: nouns, and the first rows of each source in full."""
    ways = [{name: value for name, value in way.items() if name != "rows"} for way in told["read_as"]]
    return {name: value for name, value in {**told, "read_as": ways}.items() if name not in ("words", "renewed")}


@click.command("locate", help="Point moved sources to their new place, checked by hash.")
@project_argument
@click.argument("old")
@click.argument("new_place", metavar="NEW")
@shared
def locate(project: str, old: str, new_place: str, as_json: bool, verbose: bool) -> None:
    answer(order("locate", {"project": project, "old": old, "new": new_place}, as_json), as_json)


@click.command("check", help="Check database, journal, sources and runs; ends with 1 when anything is wrong.")
@project_argument
@shared
def check(project: str, as_json: bool, verbose: bool) -> None:
    result = order("check", {"project": project}, as_json)
    answer(result, as_json)
    if not result["ok"]:
        count = len(result["problems"])
        click.echo(f"winnow: {project}: {count} problem{'s' if count > 1 else ''} found, see the list", err=True)
        raise Stop(MISTAKE)


@click.command("purge", help="Take samples out for good (withdrawn consent), with all made of them.")
@project_argument
@click.option("--where", required=True, metavar="EXPR", help="Which samples.")
@click.option("--yes", is_flag=True, help="Really do it; it can't be undone. Without it all that would go is named.")
@shared
def purge(project: str, where: str, yes: bool, as_json: bool, verbose: bool) -> None:
    answer(order("purge", {"project": project, "where": where, "sure": yes}, as_json), as_json)


@click.command("summary", help="What is in a project: counts, columns, runs.")
@project_argument
@shared
def summary(project: str, as_json: bool, verbose: bool) -> None:
    from models.orders.summary import summarise

    with opened(project) as found:
        told = summarise(found)
    if not as_json:
        told["columns"] = [{name: item[name] for name in item if name != "histogram"} for item in told["columns"]]
    answer(told, as_json)


@click.command("samples", help="List samples.")
@project_argument
@where_option
@click.option("--columns", default="", help="Columns, as a,b; default: id, group, label, prediction and metadata.")
@click.option("--sort", default="", help="A column; -column for the reverse.")
@click.option("--limit", "-n", type=click.IntRange(min=0), default=None, help="At most so many rows.")
@click.option("--run", default="last", help="Whose predictions.")
@shared
def samples(
    project: str, where: str, columns: str, sort: str, limit: int | None, run: str, as_json: bool, verbose: bool
) -> None:
    from models.orders.summary import list_samples
    from models.params import listed

    with opened(project) as found:
        answer(list_samples(found, where, listed(columns), sort, limit, run), as_json)


@click.command("fake", help="Generate data in the domain's real file layout, with its best reachable score.")
@click.argument("domain")
@click.argument("out")
@click.option(
    "--samples",
    "count",
    type=click.IntRange(min=0),
    default=None,
    help="How many (simulations, recordings, …) to make.",
)
@click.option("--seed", type=SEEDS, default=0)
@overwrite_option
@set_option
@shared
def fake(
    domain: str,
    out: str,
    count: int | None,
    seed: int,
    overwrite: bool,
    sets: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    arguments: dict[str, Any] = {"domain_name": domain, "out": out, "samples": count, "seed": seed}
    answer(order("fake", {**arguments, "values": settings(sets), "overwrite": overwrite}, as_json), as_json)


@click.command(
    "fetch", help="Bring a public data set or weights file by name, resumed and checked; no name lists them."
)
@click.argument("name", required=False, default="")
@click.option(
    "--out",
    default="",
    metavar="DIR",
    help="The folder (default: for weights where torch keeps them, for data one of this name here).",
)
@shared
def fetch(name: str, out: str, as_json: bool, verbose: bool) -> None:
    answer(order("fetch", {"name": name, "out": out}, as_json), as_json)


COMMANDS = {
    "new": new,
    "import": import_,
    "locate": locate,
    "check": check,
    "purge": purge,
    "summary": summary,
    "samples": samples,
    "fake": fake,
    "fetch": fetch,
}
