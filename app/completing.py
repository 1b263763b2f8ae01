"""Computing what sources lack: told before anything is written, done in the worker, read anew without reopening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.chrome.dialog import FieldDialog
from app.nouns import sample_noun
from models.errors import UserError
from models.orders.completing import Incomplete, incomplete
from widgets import numbers
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window

ORDER, TITLE = "complete", "Compute missing measures"


def ask(window: Window) -> None:
    """Look what is missing, which may open recordings and so is done beside the window; then tell and ask."""
    session = window.session
    project = session.open_project

    def refused(error: Exception) -> None:
        window.notify(Note(str(error), "error", "Not done"))

    def told(found: Sequence[Incomplete]) -> None:
        if session.project is not project:
            return
        ready = [one for one in found if one.ready]
        if ready:
            _ask_for(window, ready)
        else:
            words = " ".join(obstacle_words(one) for one in found[:3]) or "The sources hold all that can be computed."
            window.notify(Note(words, "info", "Nothing to compute", stays=bool(found)))

    session.jobs.beside(lambda: incomplete(project), told, refused)


def _ask_for(window: Window, ready: Sequence[Incomplete]) -> None:
    words = " ".join(filter(None, (told_words(ready), *(obstacle_words(one) for one in ready[:2]))))
    dialog = FieldDialog(TITLE, words, "Compute", "complete", window)
    if len(ready) > 1:
        every = (f"all {len(ready)}", "")
        choice = dialog.add_choice("source", "Of", [every, *((one.source.name, one.source.name) for one in ready)])
        choice.set_value("")

    def go(values: dict[str, str]) -> None:
        if running(window):
            raise UserError("They are being computed already.")
        chosen = values.get("source", "")
        start(window, [chosen] if chosen else [one.source.name for one in ready])

    dialog.ask(go)


def told_words(ready: Sequence[Incomplete]) -> str:
    """What would be written where, and what it gives."""
    gives = {one.name: one.gives for source in ready for one in source.ready}
    named = ", ".join(f"{name} ({words})" for name, words in gives.items())
    first = ready[0].source.path
    where = f"{first} gets" if len(ready) == 1 else f"{first.name} and {len(ready) - 1} more get"
    folders = numbers.plural(len(gives), "new folder")
    return f"{where} {folders} under extensions: {named}. Nothing that is there is changed."


def obstacle_words(one: Incomplete) -> str:
    """In one line what of a source cannot be computed, and why."""
    parts = [f"{', '.join(names)}: {reason}" for reason, names in one.obstacles().items()]
    return f"Not to be computed of {one.source.name}: {'; '.join(parts)}." if parts else ""


def running(window: Window) -> bool:
    """Whether they are being computed, or wait for that."""
    return any(ticket.job.order == ORDER for ticket in window.session.jobs.waiting())


def start(window: Window, names: Sequence[str], compute: bool = True) -> None:
    """Let the worker compute, or after a computing that was ended by force read what it had done."""
    session = window.session

    def done(result: Mapping[str, Any]) -> None:
        session.poll()
        window.notify(_outcome(result, sample_noun(session)))

    def cut() -> None:
        # Killed because it did not listen, or it crashed: what it had finished is there, and nobody read it.
        if compute:
            start(window, names, compute=False)

    arguments = {"sources": list(names), "compute": compute}
    title = TITLE if compute else "Read what was computed"
    session.start_here(ORDER, arguments, title, done, cut=cut)


def _outcome(result: Mapping[str, Any], noun: str) -> Note:
    computed = list(dict.fromkeys(name for names in result["computed"].values() for name in names))
    failed, text = list(result["failed"]), f"Computed {', '.join(computed) or 'nothing new'}"
    if not result["computed"] and not failed:
        text = "What was finished is kept"
    told = f"{text}; measures of {numbers.plural(result['samples'], noun)} are read anew."
    if not result["samples"]:
        told = "Nothing was computed."
    if result["stopped"]:
        told = f"Stopped. {told}"
    if failed:
        told += f" Not computed: {'; '.join(failed[:3])}."
    return Note(told, "warn" if failed else "ok", stays=bool(failed))
