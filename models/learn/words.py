"""Numbers as a person reads them, everywhere: ``.64``, ``−.08``, ``[.52, .68]``, ``1 449 samples``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

MINUS = "\u2212"
#: What stands where nothing is defined.
NONE = "\u2013"
#: Narrow space that never breaks a line: between thousands.
THIN = "\u202f"
#: A score that rests on fewer groups than this says so.
FEW = 10


def minus(text: str) -> str:
    """The text with true minus signs before digits."""
    return text.replace("-", MINUS)


def share(value: float | None, digits: int = 2) -> str:
    """A share without its leading zero and with a true minus sign; a dash where it is undefined."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{abs(value):.{digits}f}"
    zero = float(text) == 0
    text = text[1:] if text.startswith("0.") else text
    return MINUS + text if value < 0 and not zero else text


def signed(value: float | None, digits: int = 2) -> str:
    """A difference with its sign: ``+.05``, ``−.08``, ``.00``."""
    text = share(value, digits)
    return "+" + text if value is not None and value > 0 and float(text) != 0 else text


def interval(pair: Sequence[float] | None, digits: int = 2) -> str:
    """An interval in brackets, empty where there is none."""
    return f"[{share(pair[0], digits)}, {share(pair[1], digits)}]" if pair is not None else ""


def is_lone(metrics: Mapping[str, Any]) -> bool:
    """Whether all samples of a score are of one group, so that nothing bounds it."""
    return metrics.get("interval_by") == "group" and metrics.get("interval_units") == 1


def is_unbounded(metrics: Mapping[str, Any]) -> bool:
    """Whether a score, as `metrics.score` tells it, has no interval though it is there."""
    value, pairs = metrics.get("balanced_accuracy"), metrics.get("intervals") or {}
    return value is not None and pairs.get("balanced_accuracy") is None


def lone_words(metrics: Mapping[str, Any], group: str = "group", sample: str = "sample") -> str:
    """A sentence on a score that rests on one group alone, by `models.learn.metrics.score`; "" for all others."""
    if not is_lone(metrics):
        return ""
    number = int(metrics.get("n") or 0)
    scored = f"The one {sample} scored is" if number == 1 else f"All {plural(number, sample)} scored are"
    return f"{scored} of one {group}: how well it does on another cannot be told, so there is no interval."


def tell_few(metrics: Mapping[str, Any] | None, noun: str = "group", folded: bool = False) -> str:
    """That a score, as `metrics.score` tells it, rests on very few groups; "" for enough, or where on none.

    folded: all groups are judged already, by folds.
    """
    told = metrics or {}
    units = int(told.get("interval_units") or 0)
    if told.get("interval_by") != "group" or not 0 < units < FEW:
        return ""
    if units == 1:
        return lone_words(told, noun)
    text = f"This score rests on only {plural(units, noun)}: one of them is {1 / units:.0%} of it."
    text += " Draws of so few do not bound its balanced accuracy, which has no interval." if is_unbounded(told) else ""
    return text if folded else f"{text} Training by folds judges every {noun}."


def tell_beside(told: Mapping[str, Any] | None, noun: str = "sample") -> str:
    """A sentence on a model beside the raters, by `models.learn.divergence.beside_raters`; "" without any."""
    if not told:
        return ""
    agreement, kl = told["agreement"], told["kl"]
    same, apart = (_signed_interval(one["intervals"]["difference"]) for one in (agreement, kl))
    return (
        f"Two votes on a {noun} are the same with a chance of {share(agreement['raters'])}, one vote and the model's"
        f" class with {share(agreement['model'])} (difference"
        f" {signed(agreement['model'] - agreement['raters'])}{same}); the divergence from a vote is"
        f" {kl['raters']:.2f} nats of the other votes and {kl['model']:.2f} of the model (difference"
        f" {signed(kl['model'] - kl['raters'])}{apart})."
    )


def _signed_interval(pair: Sequence[float] | None) -> str:
    return "" if pair is None else f" [{signed(pair[0])}, {signed(pair[1])}]"


def count(number: int) -> str:
    """A whole number with thin spaces: ``1 449``."""
    return minus(f"{int(number):,}".replace(",", THIN))


def moment(text: object) -> str:
    """A time of ISO 8601 as a person reads it: ``2026-11-22 10:20 UTC``; as it is where it is no such time."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at.tzinfo else at.strftime("%Y-%m-%d %H:%M")


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 sample``, ``1 449 samples``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listing(items: Sequence[str], most: int = 5) -> str:
    """Words in a row: ``a, b and c``; of many the first few and how many more."""
    if len(items) > most:
        return ", ".join(items[:most]) + f" and {len(items) - most} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""
