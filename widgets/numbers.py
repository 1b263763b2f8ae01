"""Numbers, times and amounts in the window. What the models' words have too comes from there."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from models.learn import words
from models.learn.words import MINUS, NONE, THIN, count, minus, plural

__all__ = [
    "MINUS",
    "NONE",
    "THIN",
    "amount",
    "bounds",
    "clock",
    "count",
    "day_and_clock",
    "difference",
    "duration",
    "interval",
    "local",
    "minus",
    "p",
    "plural",
    "share",
    "size",
]


def share(value: float | None, digits: int = 3) -> str:
    """A share without its leading zero; in tables and charts with three digits: ``.605``."""
    return words.share(value, digits)


def p(value: float | None) -> str:
    """A probability with two digits; what would round to 1 reads ``.99+``."""
    if value is None or not math.isfinite(value):
        return NONE
    return ".99+" if value >= 0.995 else share(value, 2)


def interval(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """A share with its interval: ``.605 [.530, .664]``; only the share where there is none."""
    return share(value, digits) + ("" if low is None or high is None else f" {bounds(low, high, digits)}")


def difference(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """``+.059 [+.004, +.124]``: a difference always has its sign."""
    told = words.signed(value, digits)
    if low is None or high is None:
        return told
    return f"{told} [{words.signed(low, digits)}, {words.signed(high, digits)}]"


def bounds(low: float, high: float, digits: int = 3) -> str:
    """The interval alone: ``[.530, .664]``."""
    return words.interval((low, high), digits)


def amount(value: float | None, digits: int = 3, unit: str = "") -> str:
    """A value with fixed decimals and its unit: ``0.46 nats``."""
    if value is None or not math.isfinite(value):
        return NONE
    return minus(f"{value:.{digits}f}") + (f" {unit}" if unit else "")


def measured(value: float | None, decimals: int, unit: str = "") -> str:
    """A value with its unit: as many decimals as its column has, three digits where that would show none."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit == "s" and 0 < abs(value) < 0.01:
        return minus(f"{value * 1000:.3g} ms")  # the shape of a spike, as people speak of it
    if value and (round(value, decimals) == 0 or abs(value) >= 1e7):
        told = minus(f"{value:.3g}")
    elif decimals == 0 and abs(value) < 1e15:
        told = count(round(value))
    else:
        told = minus(f"{value:.{decimals}f}")
    return f"{told} {unit}" if unit else told


def spoken(unit: str, decimals: int) -> tuple[str, float]:
    """The unit that people say a column of so many decimals in, and what its values are times: ms for a spike's."""
    return ("ms", 1000.0) if unit == "s" and decimals >= 4 else (unit, 1.0)


def clock(at: datetime | str, now: datetime | None = None) -> str:
    """``14:06`` for today, ``Nov 20`` for this year, ``Nov 20, 2024`` before; in local time."""
    then = local(at)
    today = local(now) if now is not None else datetime.now().astimezone()
    if then.date() == today.date():
        return f"{then:%H:%M}"
    day = f"{_MONTHS[then.month - 1]} {then.day}"
    return day if then.year == today.year else f"{day}, {then.year}"


def day_and_clock(at: datetime | str, now: datetime | None = None) -> str:
    """``today, 14:41``, ``yesterday``, then ``Nov 19``: as the start page says it."""
    then = local(at)
    today = local(now) if now is not None else datetime.now().astimezone()
    days = (today.date() - then.date()).days
    if days == 0:
        return f"today, {then:%H:%M}"
    return "yesterday" if days == 1 else clock(then, today)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(at: datetime | str) -> datetime:
    """A moment (ISO 8601 text or datetime, UTC where it says none) in local time."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone()


def duration(seconds: float | None) -> str:
    """``0:42``, ``12:05``, ``1:02:03``."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount_of_bytes: float) -> str:
    """``5.1 GB``, in powers of 1000."""
    value = float(amount_of_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            return f"{value:.1f} {unit}" if value < 9.95 and unit != "B" else f"{value:.0f} {unit}"
        value /= 1000
    return NONE
