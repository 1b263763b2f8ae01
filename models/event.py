"""One act on labels, and the entries it changed."""

from __future__ import annotations

from dataclasses import dataclass

#: Kinds of entries. A label is a vote; its name tells which set of labels ("" the project's own).
LABEL, FLAG, NOTE, STRUCTURE, REGION, ALERT, RUN = "label", "flag", "note", "structure", "region", "alert", "run"
KINDS = (LABEL, FLAG, NOTE, STRUCTURE, REGION, ALERT, RUN)
#: Names of entries of structure: a sample that others took the place of, and how one was made of others.
RETIRED, MADE = "retired", "made"
#: The set of labels that holds counts of votes by nobody in particular, one a sample (`models.tally`).
TALLY = "tally"
#: The set of labels that holds what was proposed to samples, "" where it was accepted or refused: no label itself.
PROPOSED = "proposed"
#: The source of imported labels among the annotators.
FILE = "file"
#: What a run is called among those who have an opinion: no annotator has that name.
MODEL = "model"
#: A vote that was taken back on purpose: the sample is unlabelled though a file names a class.
CLEARED = ""
#: A curator looked and cannot say.
CANNOT_SAY = "?"


@dataclass(frozen=True)
class Entry:
    """One value to set: the sample's row (−1 for the project itself), kind, name, new value.

    value: a class for a label ("" clears it), "on" or "" for a flag, text for a note, JSON for
    the others; None takes the entry out as if it never was.
    """

    row: int
    kind: str
    name: str
    value: str | None


@dataclass(frozen=True)
class Changed:
    """One entry as an event changed it, with the sample's id."""

    sample: str
    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Event:
    """One act: number (its position in the journal), when (ISO 8601, UTC), who, its title.

    count: how many entries it changed; `changes` holds them (of a bulk act the first few unless
    all were asked for). undoes / redoes: the event it takes back or brings back. run: the run
    that was shown when it was made, "" for none. accepts: labels were given on that run's word.
    """

    number: int
    at: str
    by: str
    title: str
    count: int
    changes: tuple[Changed, ...] = ()
    undoes: int | None = None
    redoes: int | None = None
    run: str = ""
    accepts: bool = False
