"""Rules that raise alerts on predictions: a small checked grammar, and where along a recording they hold.

``seizure >= .8 for 3 windows`` · ``lpd > .5 for 10 min`` · ``burden seizure > 5 %`` (of an hour) ·
``burden seizure >= 3 min`` · ``drift`` · ``drift > 1.5``. One rule a line; what follows a ``#`` is not read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.course import HOUR, Course, EpisodeRule, find_episodes, hour_edges, recorded_between, seconds_between
from models.errors import UserError

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
EXAMPLE = "seizure >= .8 for 3 windows"
#: From which mean distance of its windows on a recording is unlike what a run learnt from, where a rule names none.
DRIFT = 1.25
#: No project has more rules, and none is longer.
MOST, LONGEST = 100, 200
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<op>>=|<=|≥|≤|>|<)|(?P<percent>%)|(?P<word>[^\s<>≥≤%=]+))")
_OPS: dict[str, Callable[[Any, float], Any]] = {
    ">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less,
}  # fmt: skip
_PLAIN = {"≥": ">=", "≤": "<="}
_UNITS = {
    **dict.fromkeys(("window", "windows"), "windows"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
}
_SECONDS = {"s": 1.0, "min": 60.0, "h": HOUR}
_HOURLY = ("of", "per", "an", "a", "hour", "in", "each")
LEVEL, BURDEN, DRIFTS = "level", "burden", "drift"


@dataclass(frozen=True)
class AlertRule:
    """One rule. kind: level, burden or drift. name: the class; op and value: what is asked of it.

    amount, unit: of a level for how long; of a burden the unit is "%" of an hour or "min" in it.
    """

    kind: str
    name: str
    op: str
    value: float
    amount: float = 1.0
    unit: str = "windows"

    @property
    def text(self) -> str:
        """The rule as it is written; two that mean the same are the same text."""
        limit = f"{self.op} {_plain(self.value)}"
        if self.kind == DRIFTS:
            return f"drift {limit}"
        if self.kind == BURDEN:
            return f"burden {self.name} {limit} {self.unit}"
        unit = "window" if self.unit == "windows" and self.amount == 1 else self.unit
        return f"{self.name} {limit} for {self.amount:g} {unit}"

    @property
    def rising(self) -> bool:
        """Whether it asks for much, not for little."""
        return self.op in (">=", ">")

    def holds(self, values: Any) -> Any:
        """Where values fulfil it; NaN never does."""
        with np.errstate(invalid="ignore"):
            return _OPS[self.op](values, self.value)


@dataclass(frozen=True)
class Raised:
    """Where a rule holds along a recording: from, to in s; first: place of its first window; value: the furthest."""

    rule: AlertRule
    start: float
    stop: float
    first: int
    value: float


# Reading


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


class _Line:
    """The tokens of one rule, and the place for what is wrong with it."""

    def __init__(self, text: str, number: int, classes: Sequence[str]) -> None:
        self.text, self.number, self.classes = text, number, classes
        self.tokens = self._split()
        self.place = 0

    def _split(self) -> list[_Token]:
        found, at = [], 0
        text = self.text.rstrip()
        if len(text) > LONGEST:
            raise self.wrong(f"a rule has at most {LONGEST} letters", LONGEST)
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.wrong(f"{text[at:].strip()[:1]!r} is not understood", at)
            kind = str(match.lastgroup)
            found.append(_Token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return found

    def wrong(self, what: str, column: int | None = None) -> UserError:
        """What is wrong, and where."""
        if column is None:
            column = self.tokens[self.place].column if self.place < len(self.tokens) else len(self.text.rstrip())
        return UserError(f"Rule {self.number}, column {column + 1}: {what}. A rule reads such as {EXAMPLE}.")

    def peek(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, kind: str, wanted: str) -> str:
        """The next token, of this kind."""
        token = self.peek()
        if token is None:
            raise self.wrong(f"{wanted} is missing")
        if token.kind != kind:
            raise self.wrong(f"{token.text!r} stands where {wanted} belongs")
        self.place += 1
        return token.text

    def op(self) -> str:
        text = self.take("op", "one of >=, >, <=, <")
        return _PLAIN.get(text, text)

    def number_up_to(self, wanted: str, top: float) -> float:
        text = self.take("number", wanted)
        if float(text) > top:
            self.place -= 1
            raise self.wrong(f"{text} is more than {wanted} can be, which is {top:g}")
        return float(text)

    def unit(self, known: Sequence[str]) -> str:
        text = self.take("word", f"one of {', '.join(known)}").lower()
        if _UNITS.get(text) not in known:
            self.place -= 1
            raise self.wrong(f"{text!r} is no unit here: {', '.join(known)}")
        return _UNITS[text]

    def class_name(self, text: str) -> str:
        known = {name.lower(): name for name in self.classes}
        if text.lower() not in known:
            self.place -= 1
            near = difflib.get_close_matches(text.lower(), (*known, "burden", "drift"), n=1)
            hint = f", perhaps {near[0]}" if near else ""
            raise self.wrong(f"there is no class {text!r}{hint} (known: {', '.join(self.classes)}, burden, drift)")
        return known[text.lower()]

    def end(self) -> None:
        token = self.peek()
        if token is not None:
            raise self.wrong(f"{token.text!r} is more than a rule says")


def read_rule(text: str, classes: Sequence[str], number: int = 1) -> AlertRule:
    """A rule of its text. Raises UserError with the place where it is wrong."""
    line = _Line(text, number, classes)
    first = line.take("word", "a class, burden or drift")
    # A class of that name is meant as the class: it is the project's own word.
    own = first.lower() in {name.lower() for name in classes}
    if first.lower() == DRIFTS and not own:
        rule = _drift(line)
    elif first.lower() == BURDEN and not own:
        rule = _burden(line)
    else:
        rule = _level(line, line.class_name(first))
    line.end()
    return rule


def _drift(line: _Line) -> AlertRule:
    if line.peek() is None:
        return AlertRule(DRIFTS, "", ">", DRIFT)
    return AlertRule(DRIFTS, "", line.op(), line.number_up_to("a drift", 1000.0))


def _burden(line: _Line) -> AlertRule:
    name = line.class_name(line.take("word", "a class"))
    op = line.op()
    value = line.number_up_to("a burden", 100.0)
    token = line.peek()
    if token is not None and token.kind == "percent":
        line.place += 1
        unit = "%"
    else:
        unit = line.unit(("min",))
        if value > 60:
            line.place -= 2
            raise line.wrong("an hour has 60 minutes")
    while (token := line.peek()) is not None and token.text.lower() in _HOURLY:
        line.place += 1
    return AlertRule(BURDEN, name, op, value, 1.0, unit)


def _level(line: _Line, name: str) -> AlertRule:
    op, value = line.op(), line.number_up_to("a probability", 1.0)
    if line.peek() is None:
        return AlertRule(LEVEL, name, op, value)
    word = line.take("word", "for")
    if word.lower() not in ("for", "in"):
        line.place -= 1
        raise line.wrong(f"{word!r} stands where for belongs")
    amount = line.number_up_to("a length", 1e6)
    unit = line.unit(("windows", "s", "min", "h"))
    if amount <= 0 or (unit == "windows" and amount != int(amount)):
        line.place -= 2
        raise line.wrong("a length is a whole number of windows, or a time above 0")
    return AlertRule(LEVEL, name, op, value, amount, unit)


def read_rules(text: str, classes: Sequence[str]) -> tuple[AlertRule, ...]:
    """The rules of a text, one a line, each once. Raises UserError with line and column of what is wrong."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        told = line.partition("#")[0]
        if told.strip():
            found.append(read_rule(told, classes, number))
    if len(found) > MOST:
        raise UserError(f"{len(found)} rules are more than the {MOST} that a project has. Leave some out.")
    return tuple(dict.fromkeys(found))


def _plain(value: float) -> str:
    text = f"{value:g}"
    return text.removeprefix("0") if text.startswith("0.") else text


# Judging


def judge(
    rule: AlertRule, course: Course, p: Floats, classes: Sequence[str], episodes: EpisodeRule, drift: float | None
) -> list[Raised]:
    """Where a rule holds along a recording. p: (m, classes) probabilities, NaN for none; drift: None, not known."""
    if rule.kind == DRIFTS:
        return _drifted(rule, course, drift)
    if rule.name not in classes or not len(course.rows):
        return []
    values = p[:, list(classes).index(rule.name)]
    return _levels(rule, course, values) if rule.kind == LEVEL else _burdens(rule, course, values, episodes)


def _drifted(rule: AlertRule, course: Course, drift: float | None) -> list[Raised]:
    if drift is None or not rule.holds(drift) or not len(course.rows):
        return []
    return [Raised(rule, float(course.starts[0]), course.end, 0, float(drift))]


def _levels(rule: AlertRule, course: Course, values: Floats) -> list[Raised]:
    met: Bools = np.asarray(rule.holds(values), bool)
    wide = float(np.median(course.stops - course.starts))
    apart = np.append(course.starts[1:] - course.stops[:-1] > wide / 2, True)
    found, begun = [], -1
    for place, holds in enumerate(met.tolist()):
        begun = place if holds and begun < 0 else begun
        last = place - 1 if not holds else place
        if begun >= 0 and (not holds or apart[place]):
            found.append((begun, last))
            begun = -1
    return [_stretch(rule, course, values, *pair) for pair in found if _lasts(rule, course, *pair)]


def _lasts(rule: AlertRule, course: Course, first: int, last: int) -> bool:
    if rule.unit == "windows":
        return last - first + 1 >= rule.amount
    return float(course.stops[last] - course.starts[first]) >= rule.amount * _SECONDS[rule.unit] - 1e-6


def _stretch(rule: AlertRule, course: Course, values: Floats, first: int, last: int) -> Raised:
    part = values[first : last + 1]
    furthest = float(part.max() if rule.rising else part.min())
    return Raised(rule, float(course.starts[first]), float(course.stops[last]), first, furthest)


def _burdens(rule: AlertRule, course: Course, values: Floats, episodes: EpisodeRule) -> list[Raised]:
    edges = hour_edges(course.end)
    spans = [(one.start, one.stop) for one in find_episodes(course.starts, course.stops, values, episodes)]
    seconds, recorded = seconds_between(spans, edges), recorded_between(course, edges)
    # Little of a part of an hour may still become much.
    whole = recorded > 0 if rule.rising else recorded >= HOUR - 60
    told = seconds / 60 if rule.unit == "min" else 100 * seconds / HOUR
    found = []
    for hour in np.flatnonzero(whole & np.asarray(rule.holds(told), bool)).tolist():
        first = int(np.searchsorted(course.stops, edges[hour], "right"))
        first = min(first, len(course.rows) - 1)
        start, stop = max(float(edges[hour]), 0.0), min(float(edges[hour + 1]), course.end)
        found.append(Raised(rule, start, stop, first, float(told[hour])))
    return found


def is_news(one: Raised, known: Sequence[tuple[str, float, float]]) -> bool:
    """Whether nothing was raised by the same rule over the same time. known: rule, start, stop of a recording."""
    return not any(text == one.rule.text and start < one.stop and one.start < stop for text, start, stop in known)


def alert_words(one: Raised) -> str:
    """What was found, in a few words that name nobody."""
    if one.rule.kind == DRIFTS:
        return f"{one.value:.2f} times as far off as usual"
    if one.rule.kind == BURDEN:
        unit = " min" if one.rule.unit == "min" else " %"
        return f"{one.value:.1f}{unit} of the hour"
    far = "greatest" if one.rule.rising else "least"
    share = ".99+" if one.value >= 0.995 else f"{one.value:.2f}".removeprefix("0")
    return f"{one.stop - one.start:g} s, {far} p {share}"
