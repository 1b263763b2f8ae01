"""Generated data, and a demo project of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import Demo
from models.domains import domain as find_domain
from models.errors import UserError
from models.job import Progress, Steps
from models.orders.alerting import set_episode_rule, set_rules, watch
from models.orders.cards import keep_card
from models.orders.importing import import_samples
from models.orders.naming import needed_folder, place, refuse
from models.orders.training import train
from models.params import unknown
from models.store.atomic import whole
from models.store.project import Project


def fake(
    domain_name: str,
    out: str,
    samples: int | None = None,
    seed: int = 0,
    values: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Steps:
    """Generated data in the domain's real layout, with the best reachable score."""
    kind = find_domain(domain_name)
    for name in values or {}:
        if name not in kind.fake_keys:
            raise UserError(unknown("setting", name, kind.fake_keys))
    target = place(out)
    refuse(target, overwrite)
    needed_folder(target.parent)
    given = dict(values or {})
    if samples is not None:
        if samples < 1:
            raise UserError(f"--samples is {samples}: give 1 or more.")
        given["samples"] = samples
    with whole(target) as beside:
        beside.mkdir()
        made = yield from kind.fake(beside, seed=seed, **given)
    files = [str(target / file.relative_to(beside)) for file in made.files]
    return {"files": files, "samples": made.samples, "ceiling": made.ceiling, "text": made.text}


def make_demo(folder: str, domain: str, samples: int = 0) -> Steps:
    """A project of generated data with labels, a few of them wrong or missing, and one run."""
    kind = find_domain(domain)
    plan = kind.demo
    home = needed_folder(place(folder))
    made = home / kind.demo_name
    refuse(made, False)
    yield from _generate(home / "data", domain, plan, samples or plan.samples)
    with Project.create(made, domain, votes=kind.votes):
        yield Progress(text="Importing")
    path = str(made)
    yield from import_samples(path, [str(home / "data")], settings=dict(plan.settings))
    if not kind.votes:
        # Where raters vote, they differ by themselves.
        _spoil(path)
    with Project.open(made) as opened:
        keep_card(opened, kind)
        if plan.alerts:
            set_episode_rule(opened, plan.episodes)
            set_rules(opened, plan.alerts)
    result = yield from train(
        path, plan.recipe or kind.recipes[0].name, dict(plan.values), where=plan.where, name="first"
    )
    if plan.alerts:
        yield from watch(path)
    return {"project": path, "run": result["run"]}


def _generate(data: Path, domain_name: str, plan: Demo, samples: int) -> Steps:
    """What the demo is imported from; what is there already is left."""
    if data.exists():
        return
    first, *others = plan.fakes
    yield from fake(domain_name, str(data), samples, values=first)
    for number, values in enumerate(others, start=2):
        yield from fake(domain_name, str(data / f"part-{number}"), values=values)


def _spoil(path: str, share: float = 0.04) -> None:
    """Wrong labels on a few samples and none on others, so that the queue has something to find."""
    with Project.open(place(path)) as opened:
        rng = np.random.default_rng(7)
        labels = opened.journal.fold.labels()
        rows = rng.permutation(np.flatnonzero(labels != None))  # noqa: E711 - elementwise
        count = max(1, int(share * len(rows)))
        classes = list(opened.classes)
        wrong = [classes[(classes.index(labels[row]) + 1) % len(classes)] for row in rows[:count]]
        opened.journal.label_each(rows[:count], wrong, "file:demo", "Labels with mistakes")
        opened.journal.label(rows[count : 4 * count], "", "file:demo", "Labels taken away")
