"""Parameters declared once: a frozen dataclass gives the form, the flags and the run record.

A recipe declares its parameters as dataclass fields with ``Annotated`` notes::

    @dataclass(frozen=True)
    class MlpParams:
        epochs: Annotated[int, Note("Passes over the training rows", low=1, high=500)] = 15
        dropout: Annotated[float, Note("Share of units left out", low=0, high=0.9)] = 0.2
        balance: Annotated[str, Note("How classes are evened", choices=("none", "weights"))] = "none"
        filters: Annotated[tuple[int, ...], Note("Filters of each layer")] = (32, 64, 128)
"""

from __future__ import annotations

import difflib
import math
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_origin

from models.errors import UserError


@dataclass(frozen=True)
class Note:
    """What a person needs to know of one parameter: help, limits, unit, choices, form section.

    short: the help in three words, for a form that has no room for it. offers: of what an open list is offered
    values, "features" for the columns of numbers that a model may learn from. empty: what a list without a value
    means, in a word; all that is offered unless told otherwise.
    """

    help: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    section: str = "Training"
    label: str = ""
    short: str = ""
    offers: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Param:
    """One declared parameter: its name, kind (``int float bool str list``), default and note."""

    name: str
    kind: str
    item: str
    default: Any
    note: Note

    @property
    def label(self) -> str:
        """The words beside the field: the note's own, or the name with spaces."""
        return self.note.label or self.name.replace("_", " ").capitalize()

    def plain(self) -> dict[str, Any]:
        """The parameter as JSON for ``winnow recipes`` and the generated documents."""
        return {
            "name": self.name,
            "kind": self.kind,
            "default": plain_value(self.default),
            "low": self.note.low,
            "high": self.note.high,
            "unit": self.note.unit,
            "choices": list(self.note.choices),
            "section": self.note.section,
            "help": self.note.help,
        }


_KINDS: dict[Any, str] = {int: "int", float: "float", bool: "bool", str: "str"}
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def describe(record: type) -> tuple[Param, ...]:
    """Return the declared parameters of a dataclass in order of their fields."""
    hints = typing.get_type_hints(record, include_extras=True)
    return tuple(_describe_field(item, hints[item.name]) for item in fields(record))


def _describe_field(item: Any, hint: Any) -> Param:
    note = next((extra for extra in get_args(hint)[1:] if isinstance(extra, Note)), Note(""))
    plain = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    default = item.default_factory() if item.default is MISSING else item.default
    if get_origin(plain) is tuple:
        return Param(item.name, "list", _KINDS[get_args(plain)[0]], default, note)
    return Param(item.name, _KINDS[plain], "", default, note)


def build(record: type, values: Mapping[str, Any]) -> Any:
    """Make the record from values given as text (flags, YAML) or as they are (form, run record).

    Raises UserError for an unknown name (with the nearest known one), a value of the wrong kind
    or one outside its limits.
    """
    known = {param.name: param for param in describe(record)}
    for name in values:
        if name not in known:
            raise UserError(unknown("parameter", name, known))
    return record(**{name: convert(known[name], value) for name, value in values.items()})


def convert(param: Param, value: Any) -> Any:
    """Turn one given value into the parameter's kind, checked against its limits and choices."""
    if param.kind == "list":
        parts = _split(value, param.item) if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            parts = [parts]
        return tuple(_convert_one(param, param.item, part) for part in parts if part != "")
    return _convert_one(param, param.kind, value)


def listed(text: str) -> list[str]:
    """The parts of a text with commas, each without the blanks around it; an empty one is none."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _split(text: str, item: str) -> list[str]:
    """The parts of a list as a person writes it: ``a b, c`` are two words, ``1 2, 5`` three numbers."""
    if item in ("int", "float"):
        return text.replace(",", " ").split()
    return [part.strip() for part in text.split(",")]


def _convert_one(param: Param, kind: str, value: Any) -> Any:
    result = _parse(param, kind, value)
    note = param.note
    if note.choices and result not in note.choices:
        raise UserError(unknown(param.name, str(result), note.choices))
    low, high = note.low, note.high
    if kind in ("int", "float") and ((low is not None and result < low) or (high is not None and result > high)):
        limits = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        raise UserError(f"{param.name} = {value} is outside its limits, {limits}. Give a value inside them.")
    return result


def _parse(param: Param, kind: str, value: Any) -> Any:
    try:
        if kind == "bool":
            return value if isinstance(value, bool) else _WORDS[str(value).strip().lower()]
        if kind == "int":
            number = float(value)
            if number != int(number) or isinstance(value, bool):
                raise ValueError(value)
            return int(number)
        if kind == "float":
            number = float(value)
            if not math.isfinite(number):
                raise ValueError(value)
            return number
        return str(value)
    except (ValueError, KeyError, TypeError, OverflowError):
        wanted = {"bool": "yes or no", "int": "a whole number", "float": "a number"}[kind]
        raise UserError(f"{param.name} = {value!r} is not {wanted}. Give {wanted}.") from None


def to_plain(record: Any) -> dict[str, Any]:
    """The record's values as JSON."""
    return {item.name: plain_value(getattr(record, item.name)) for item in fields(record)}


def plain_value(value: Any) -> Any:
    """A tuple as a list, all else as it is."""
    return list(value) if isinstance(value, tuple) else value


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The one sentence for an unknown name: the nearest known one and the list of all."""
    from models.natural import natural

    names = sorted(known, key=natural)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"there is no {what} {name!r}.{hint} Known: {', '.join(names) or 'none'}."
