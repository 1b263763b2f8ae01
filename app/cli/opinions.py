"""Verbs on several opinions of the same samples, and on how far a run's own can be believed."""

from __future__ import annotations

from typing import Any

import click

from app.cli.labels import rows_of, split_pair
from app.cli.projects import opened
from app.cli.run import answer, order
from app.cli.verbs import by_option, curator, project_argument, run_option, shared, where_option

#: Pairs of annotators that a terminal shows.
SHOWN = 12


@click.command("agreement", help="Kappa of all annotators, of pairs and of each one; how many split votes are open.")
@project_argument
@click.option("--group-by", default="", metavar="COLUMN", help="Also for each value of a column.")
@click.option("--run", default="last", metavar="RUN", help="The run that stands among them, on what it did not learn.")
@shared
def agreement(project: str, group_by: str, run: str, as_json: bool, verbose: bool) -> None:
    told = order("agreement", {"project": project, "group_by": group_by, "run": run}, as_json)
    if not as_json:
        told = _for_a_terminal(told)
    answer(told, as_json)


def _for_a_terminal(told: dict[str, Any]) -> dict[str, Any]:
    """The raters before their pairs, of these the ones that share most samples, and no tables within tables."""
    left = {name: value for name, value in told.items() if name not in ("open_samples", "pairs")}
    left["raters"] = [
        {name: value for name, value in rater.items() if name not in ("bias", "errors")} for rater in told["raters"]
    ]
    pairs = [{name: value for name, value in pair.items() if name not in ("confusion", "by")} for pair in told["pairs"]]
    left["pairs"] = sorted(pairs, key=lambda pair: -int(pair["n"]))[:SHOWN]
    if len(pairs) > SHOWN:
        left["pairs_of_fewer_samples"] = f"{len(pairs) - SHOWN} more, all of which --json tells"
    return left


@click.command("adjudicate", help="Settle split votes: the class of each sample, as one act.")
@project_argument
@click.argument("pairs", nargs=-1, required=True, metavar="SAMPLE=CLASS...")
@by_option
@shared
def adjudicate(project: str, pairs: tuple[str, ...], by: str, as_json: bool, verbose: bool) -> None:
    from models.orders.agreeing import adjudicate as settle
    from models.orders.naming import class_names, find_domain

    with opened(project) as found:
        known = class_names(found, find_domain(found))
        split = [split_pair(pair, known) for pair in pairs]
        rows = rows_of(found, [sample for sample, _ in split])
        event = settle(found, rows, [value for _, value in split], curator(found, by))
        answer({"changed": len(rows), "event": event.number, "title": event.title}, as_json)


@click.command("calibrate", help="Fit a run's confidence to labels of samples that came after it; another run.")
@project_argument
@run_option
@where_option
@click.option("--carry", is_flag=True, help="Only predict what came after the run, so that it can be labelled.")
@shared
def calibrate(project: str, run: str, where: str, carry: bool, as_json: bool, verbose: bool) -> None:
    if carry:
        answer(order("carry_run", {"project": project, "run": run}, as_json), as_json)
        return
    answer(order("calibrate", {"project": project, "run": run, "where": where}, as_json), as_json)


@click.command("carry", help="Labels of OLD to the matching samples of NEW that have none; both a group or a source.")
@project_argument
@click.argument("old")
@click.argument("new")
@click.option("--least", type=click.FloatRange(0, 1), default=0.5, help="How alike two must be.")
@click.option("--dry-run", is_flag=True, help="Report only, write nothing.")
@by_option
@shared
def carry(project: str, old: str, new: str, by: str, as_json: bool, verbose: bool, **given: Any) -> None:
    with opened(project) as found:
        who = curator(found, by)
    answer(order("carry_labels", {"project": project, "old": old, "new": new, "by": who, **given}, as_json), as_json)


COMMANDS = {"carry": carry, "agreement": agreement, "adjudicate": adjudicate, "calibrate": calibrate}
