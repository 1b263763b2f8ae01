"""Acts on a sample as lines of its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.event import CANNOT_SAY, CLEARED, FLAG, LABEL, NOTE, PROPOSED, TALLY, Changed, Event
from models.store.fold import is_file
from models.tally import is_of_shares, read_tally
from widgets import numbers
from widgets.history import Moment

if TYPE_CHECKING:
    from app.session import Session


def moment_of(session: Session, event: Event, row: int, letters: Sequence[str]) -> Moment | None:
    """What an act was to one sample; letters: of the classes."""
    when = numbers.day_and_clock(event.at)
    who = _who(event)
    sample = session.sample_id(row)
    changes = [change for change in event.changes if change.sample == sample] or list(event.changes)
    if not changes:
        return Moment(event.title, who, when, "history")
    change = changes[0]
    if change.kind == LABEL:
        spread = any((one.name, one.after) == (PROPOSED, CLEARED) for one in changes)
        return _said(session, event, row, change, spread, letters)
    if change.kind == FLAG:
        return Moment(event.title, who, when, "flag" if change.name != "bookmark" else "bookmark")
    if change.kind == NOTE:
        title = event.title if event.undoes or event.redoes else "Note" if change.after else "Note taken away"
        return Moment(title, f"{who}: {change.after}" if change.after else who, when, "note")
    return Moment(event.title[:1].upper() + event.title[1:], who, when, "history")


def _said(
    session: Session, event: Event, row: int, change: Changed, spread: bool, letters: Sequence[str]
) -> Moment | None:
    """A label, votes without names, or a class that was spread. spread: the label is such a one, accepted."""
    if change.name == TALLY:
        counted, when = sum(read_tally(change.after or "").values()), numbers.day_and_clock(event.at)
        shares = session.fold.shared()[row] or is_of_shares(change.after or "")
        title = "Shares of votes" if shares else f"{numbers.plural(round(counted), 'vote')} without a name"
        return Moment(title, _who(event), when, "people") if counted else None
    if change.name == PROPOSED:
        return _proposal(session, event, change, letters)
    return _label(session, event, change, spread, letters)


def _who(event: Event) -> str:
    return "import" if is_file(event.by) else event.by


def _proposal(session: Session, event: Event, change: Changed, letters: Sequence[str]) -> Moment:
    """A class was spread to the sample, or that was taken back or refused."""
    when, who = numbers.day_and_clock(event.at), _who(event)
    classes: Sequence[str] = session.classes
    if event.undoes or event.redoes or change.after not in classes:
        return Moment(event.title, who, when, "undo" if event.undoes else "redo" if event.redoes else "close")
    place = classes.index(str(change.after))
    title = f"{session.class_title(str(change.after))} spread to it"
    return Moment(title, _with_company(event, False, event.count), when, "hollow", letters[place], place)


def _label(session: Session, event: Event, change: Changed, spread: bool, letters: Sequence[str]) -> Moment:
    classes: Sequence[str] = session.classes
    value, when = change.after, numbers.day_and_clock(event.at)
    who = _who(event)
    # What the person had said already is no word of the model, also where it was accepted with others.
    accepted = event.accepts and change.before != value
    if event.undoes or event.redoes:
        return Moment(event.title, who, when, "undo" if event.undoes else "redo")
    if value in classes:
        place = classes.index(str(value))
        opinion = event.by.partition(":")[2] if is_file(event.by) else ""
        own = "Voted" if session.votes_count and not is_file(event.by) else "Labelled"
        verb = f"{opinion} says" if opinion else "Accepted" if accepted or spread else own
        title = f"{verb} {session.class_title(str(value))}{' as spread' if spread else ''}"
        # Of each that was accepted as spread the act changed two entries: the label, and what was proposed.
        others = event.count // 2 if spread else event.count
        return Moment(title, _with_company(event, accepted, others), when, "filled", letters[place], place)
    title = "Cannot say" if value == CANNOT_SAY else "Label cleared"
    return Moment(title, who, when, "dashed")


def _with_company(event: Event, accepted: bool, count: int) -> str:
    """Who gave a label, on whose word, and with how many others: what was looked at one by one has neither."""
    told = [_who(event), f"{event.run or 'the model'}'s word"] if accepted else [_who(event)]
    told += [f"one of {numbers.count(count)}"] if count > 1 and not is_file(event.by) else []
    return ", ".join(told)
