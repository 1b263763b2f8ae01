"""The verb on alerts: rules, what they raise, and who took note of it."""

from __future__ import annotations

from typing import Any

import click

from app.cli.projects import opened
from app.cli.run import answer, order, settings
from app.cli.verbs import by_option, curator, device_option, project_argument, shared

#: Every alert that nobody acknowledged yet.
ALL = "all"


@click.command("alerts", help="Alerts of a project, newest first; with --watch the rules are held against a run first.")
@project_argument
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Rules in place of the former; may be repeated.")
@click.option("--no-rules", is_flag=True, help="Leave all rules out.")
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Of episodes: threshold, gap, least (s).")
@click.option("--watch", is_flag=True, help="Hold the rules against a run's predictions.")
@click.option("--run", default="last", metavar="RUN", help="With --watch: a run's id or name, best or last.")
@click.option(
    "--webhook", default="", metavar="URL", help="With --watch: post what nobody was sent yet to this address."
)
@click.option(
    "--acknowledge", multiple=True, metavar="ALERT", help="Take note of an alert, or of all; may be repeated."
)
@by_option
@device_option
@shared
def alerts(
    project: str,
    rules: tuple[str, ...],
    no_rules: bool,
    sets: tuple[str, ...],
    watch: bool,
    run: str,
    webhook: str,
    acknowledge: tuple[str, ...],
    by: str,
    device: str,
    as_json: bool,
    verbose: bool,
) -> None:
    from models.orders.alerting import list_alerts

    told: dict[str, Any] = {}
    _change(project, rules, no_rules, sets)
    if watch or webhook:
        found = order("watch", {"project": project, "run": run, "webhook": webhook, "device": device}, as_json)
        told = {name: value for name, value in found.items() if name != "rules"}
    if acknowledge:
        told["acknowledged"] = _acknowledge(project, acknowledge, by)
    if not as_json and "raised" in told:
        told |= {"raised": len(told["raised"]), "failed": told["failed"] or "none"}
    answer({**told, **list_alerts(project)}, as_json)


def _change(project: str, rules: tuple[str, ...], no_rules: bool, sets: tuple[str, ...]) -> None:
    from models.orders.alerting import set_episode_rule, set_rules

    if not (rules or no_rules or sets):
        return
    with opened(project) as found:
        if rules or no_rules:
            set_rules(found, "\n".join(rules))
        if sets:
            set_episode_rule(found, settings(sets))


def _acknowledge(project: str, names: tuple[str, ...], by: str) -> int:
    from models.orders.alerting import acknowledge, alerts_of

    with opened(project) as found:
        waiting = [one.name for one in alerts_of(found) if not one.by]
        wanted = waiting if ALL in names else names
        return acknowledge(found, wanted, curator(found, by)).count if wanted else 0


COMMANDS = {"alerts": alerts}
