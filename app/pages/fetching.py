"""Batches to review: some samples fetched by chance, class, doubt or group, looked at together, accepted as one act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.chrome.dialog import FieldDialog
from app.commands import Command
from app.nouns import group_noun, sample_noun
from models.errors import UserError
from widgets import numbers

if TYPE_CHECKING:
    from app.pages.reviewing import Reviewing
    from app.session import Session
    from app.window import Window

Rows = npt.NDArray[np.int64]
USUAL, MOST = 100, 5000
#: Ways that the worker ranks by, as queues are.
RANKED = {"uncertain": "uncertainty", "suspicious": "label-issue"}


def fetching_commands(window: Window, reviewing: Reviewing) -> list[Command]:
    """Fetching a batch, and accepting all of the list."""
    session = window.session

    def has() -> bool:
        return session.project is not None and session.count > 0

    def listed() -> bool:
        return has() and bool(session.listing.queue) and len(session.order) > 0

    def fetch() -> None:
        ask_batch(window, reviewing)

    on = ("curate",)
    return [
        Command("batch.fetch", "Fetch samples to review…", fetch, ("Ctrl+Shift+F",), "Review", has, on, "queue"),
        Command(
            "batch.accept", "Accept all of this list", session.accept_all, ("Shift+A",), "Review", listed, on, "accept"
        ),
    ]


def ask_batch(window: Window, reviewing: Reviewing) -> None:
    """How many, and which."""
    session = window.session
    noun, group = sample_noun(session), group_noun(session)
    dialog = FieldDialog(
        f"Fetch {noun}s",
        "They are looked at together: accept all, or give some another class first.",
        "Fetch",
        "batch",
        window,
    )
    dialog.add_field("count", "How many", str(USUAL))
    ways = [("By chance", "chance"), ("Of a class", "class"), ("Most uncertain", "uncertain")]
    ways += [("Most suspicious labels", "suspicious"), (f"From one {group}", "group")]
    dialog.add_choice("way", "Which", ways)
    dialog.add_choice("class", "Class", [(session.class_title(name), name) for name in session.classes])
    dialog.add_field("group", group.capitalize(), hint=f"its name or a part of it; empty for that of the shown {noun}")

    def fetch(values: dict[str, str]) -> None:
        count = _number(values["count"])
        if values["way"] in RANKED:
            reviewing.open(RANKED[values["way"]], count)
            return
        rows, words = chosen(session, values)
        picked = draw(rows, count, session.fold.human())
        if not len(picked):
            raise UserError(f"No {noun} is {words[0].lower()}{words[1:]}.")
        session.show_rows(picked, f"{numbers.count(len(picked))} {words}")
        window.focus_page()

    dialog.ask(fetch)


def chosen(session: Session, values: dict[str, str]) -> tuple[Rows, str]:
    """The rows that a batch may be drawn from, and what it is called."""
    fold = session.fold
    there = np.asarray(fold.live & ~fold.flagged("exclude"), bool)
    way = values["way"]
    if way == "class":
        # Before there is a label, the model's class tells.
        places = np.where(session.places() >= 0, session.places(), session.predicted_places())
        name = values["class"]
        mask = places == (session.classes.index(name) if name in session.classes else -2)
        return np.flatnonzero(there & mask), f"of {session.class_title(name)}"
    if way == "group":
        name = _group(session, values["group"])
        return np.flatnonzero(there & (session.view.column("group") == name)), f"from {name}"
    return np.flatnonzero(there), "by chance"


def draw(rows: Rows, count: int, seen: npt.NDArray[np.bool_] | None = None, seed: int | None = None) -> Rows:
    """So many of these rows by chance, each once; seen: by row, what a person has labelled comes last."""
    some: Rows = np.random.default_rng(seed).permutation(rows)
    if seen is not None:
        some = some[np.argsort(seen[some], kind="stable")]
    return some[:count]


def _group(session: Session, words: str) -> str:
    """The group that is meant: by its name, else by a part of it that only one has."""
    groups = session.view.column("group")
    if not words and session.current >= 0:
        return str(groups[session.current])
    names = sorted({str(name) for name in groups.tolist()})
    found = [name for name in names if name == words] or [name for name in names if words.lower() in name.lower()]
    if len(found) != 1:
        noun = group_noun(session)
        raise UserError(f"{len(found)} {noun}s have {words!r} in their name. Give the name of one.")
    return found[0]


def _number(words: str) -> int:
    if not words.isdigit() or not 1 <= int(words) <= MOST:
        raise UserError(f"Give a number from 1 to {MOST}.")
    return int(words)
