"""Pieces for tests: numbers that are added up, with marks of each time that one is done."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import UserError
from models.job import Progress
from models.learn.pieces import Bench, Outcome, Piece, key_of


def add(given: dict[str, Any], ground: Any, bench: Bench) -> Generator[Progress, None, Outcome]:
    """The sum of given and ground; a mark of each attempt lies in the folder that is given."""
    marks = Path(given["marks"])
    attempt = marks / f"{given['number']}-{os.getpid()}-{time.monotonic_ns()}"
    attempt.write_text("", "utf-8")
    for step in range(3):
        yield Progress(step, 3, "Adding")
        trouble(given, marks)
    rng = np.random.default_rng(given["number"])
    values = np.asarray(ground, np.float64) * given["number"] + rng.random(len(ground))
    # Qt in a worker would be the window's; which modules there are is an answer of its own.
    qt = any(name.partition(".")[0] == "PySide6" for name in sys.modules)
    return Outcome({"sum": values}, {"number": given["number"], "qt": qt, "resumed": bench.resume})


def trouble(given: dict[str, Any], marks: Path) -> None:
    """What a test has asked for: wait for a file, die once, fail."""
    if given.get("wait"):
        while not (marks / given["wait"]).exists():
            time.sleep(0.02)
    if given.get("die") and not (marks / "died").exists():
        (marks / "died").write_text(str(os.getpid()), "utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    if given.get("wrong"):
        raise UserError("row 7 of the table is no number. Correct it.")
    if given.get("fault"):
        raise ZeroDivisionError("the toy broke")


def endless(given: dict[str, Any], ground: Any, bench: Bench) -> Generator[Progress, None, Outcome]:
    """Goes on until it is stopped, and says then that it was."""
    marks = Path(given["marks"])
    (marks / f"begun-{given['number']}").write_text("", "utf-8")
    try:
        while True:
            yield Progress(0, 0, "Waiting")
            time.sleep(0.02)
    finally:
        (marks / f"stopped-{given['number']}").write_text("", "utf-8")


def toys(marks: Path, count: int = 4, work: Any = add, **more: dict[int, Any]) -> list[Piece]:
    """So many pieces; more: what some of them are given beside, by number."""
    marks.mkdir(exist_ok=True)
    found = []
    for number in range(count):
        extra = {name: one[number] for name, one in more.items() if number in one}
        given = {"number": number, "marks": str(marks), **extra}
        found.append(Piece(f"toy-{number}", f"Toy {number + 1} of {count}", work, given, key_of("toy", number)))
    return found


def attempts(marks: Path) -> dict[int, int]:
    """How often each piece was begun."""
    names = [file.name.split("-") for file in marks.iterdir() if file.name[0].isdigit()]
    numbers = [int(parts[0]) for parts in names]
    return {number: numbers.count(number) for number in sorted(set(numbers))}
