"""What a domain's prediction service is sent and what it answers, without a word of the web."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.recipe import Recipe, Setting


class BadBody(Exception):
    """What is wrong with a request, and where in it: names and numbers from the outside in."""

    def __init__(self, words: str, *place: str | int) -> None:
        super().__init__(words)
        self.words, self.place = words, place


@dataclass(frozen=True)
class Warned:
    """What is odd about an input: a name for counting it, such as "flat", and words."""

    kind: str
    text: str


@dataclass(frozen=True)
class Asked:
    """One request that can be answered. signals: as the recipes of the domain judge them. options: as sent."""

    signals: Any
    warnings: tuple[Warned, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a run says of one request: None thrice where it has nothing to go by, and then a warning says so.

    distance: from what the run learnt from, 1 is usual; None: not known.
    """

    probabilities: Mapping[str, float] | None
    prediction: str | None
    confidence: float | None
    warnings: tuple[Warned, ...]
    distance: float | None = None


@dataclass(frozen=True)
class Service:
    """How a domain's runs answer requests.

    read(body, recipe) makes a request of a JSON value, or raises BadBody. answer(recipe, model, temperature, classes,
    requests, setting) answers some together. keep(requests, folder) adds them to the source in a folder, all of them on
    disk when it returns, or none. kept(folder) is that source, as a project can import it, even where a process was
    killed while it wrote; None where it holds no request. schema: of the body, as JSON Schema. example(): a body that
    any run can answer.
    """

    read: Callable[[Any, Recipe], Asked]
    answer: Callable[[Recipe, Any, float, Sequence[str], Sequence[Asked], Setting], list[Answer]]
    keep: Callable[[Sequence[Asked], Path], None]
    kept: Callable[[Path], Path | None]
    schema: Mapping[str, Any]
    example: Callable[[], Mapping[str, Any]]
