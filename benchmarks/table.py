"""One table of all benchmarks: ours beside the peer, the ratio, and whether the goal is reached.

A row is a dict: name, ours, peer (or None), ratio (or None), unit, goal (or None), and optionally
higher_is_better (of the goal's figure, default False), goal_of ("ours" or "ratio"; default "ratio"
when higher_is_better, else "ours"), peer_at_least (the peer was stopped then) and note.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HEADINGS = ("what", "ours", "peer", "ratio", "goal", "reached")
PACKAGES = ("numpy", "torch", "PySide6", "pyqtgraph", "sqlalchemy", "pyarrow", "mne-qt-browser")


def row(
    name: str,
    ours: float | None,
    peer: float | None = None,
    goal: float | None = None,
    note: str = "",
    of: str = "ours",
    unit: str = "ms",
    more: bool = False,
) -> Row:
    """A row whose ratio is how many times better ours is. of: what the goal speaks of. more: the higher, the better."""
    better, worse = (ours, peer) if more else (peer, ours)
    ratio = better / worse if better is not None and worse else None
    told = {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, "goal": goal, "goal_of": of}
    return {**told, "higher_is_better": more or of == "ratio", "note": note}


def goal_of(row: Row) -> str:
    """Which figure the goal speaks of: "ours" or "ratio"."""
    guess = "ratio" if row.get("higher_is_better") else "ours"
    return str(row.get("goal_of", guess))


def reached(row: Row) -> bool | None:
    """Whether the goal is reached; None without a goal or a figure."""
    goal, figure = row.get("goal"), row.get(goal_of(row))
    if goal is None or figure is None:
        return None
    return bool(figure >= goal) if row.get("higher_is_better") else bool(figure <= goal)


def figure(value: float | None, unit: str = "") -> str:
    """Three significant digits with the unit; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{text} {unit}".strip()


def cells(row: Row) -> tuple[str, ...]:
    """A row's texts, in the order of HEADINGS."""
    unit, ratio = str(row.get("unit", "")), row.get("ratio")
    sign = "≥" if row.get("higher_is_better") else "≤"
    of_ratio = goal_of(row) == "ratio"
    goal = "–" if row.get("goal") is None else f"{sign} {figure(row['goal'], '×' if of_ratio else unit)}"
    answer = {True: "yes", False: "no", None: "–"}[reached(row)]
    # A peer that was not waited for any longer.
    least = "> " if row.get("peer_at_least") else ""
    peer, times = (f"{least}{text}" for text in (figure(row.get("peer"), unit), figure(ratio, "×")))
    return (str(row["name"]), figure(row.get("ours"), unit), peer, times, goal, answer)


def table(rows: Iterable[Row]) -> str:
    """All rows as a Markdown table with aligned columns, notes below it."""
    rows = list(rows)
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    shown = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"- {row['name']}: {row['note']}" for row in rows if row.get("note")]
    return "\n".join([*shown, *([""] if notes else []), *notes])


def machine() -> dict[str, Any]:
    """Where and with what the figures were taken."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": versions,
        "commit": _commit(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    where = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=where, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def write(folder: Path, name: str, rows: Sequence[Row], quick: bool, seconds: float) -> Path:
    """Keep the figures as ``<name>.json`` (``<name>.quick.json``) in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{'.quick' if quick else ''}.json"
    marked = [{**row, "reached": reached(row)} for row in rows]
    content = {"benchmark": name, "quick": quick, "seconds": round(seconds, 1), "machine": machine(), "rows": marked}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
