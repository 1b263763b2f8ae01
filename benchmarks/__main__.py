"""``python -m benchmarks [--quick] [names…]``: run the benchmarks and print one table.

Every module of this folder with a function ``run(quick: bool) -> list[dict]`` is a benchmark; see
``table`` for the rows. Each runs in a process of its own, so that none warms or slows another.
Figures are kept in ``benchmarks/results``. Ends with 1 when a benchmark broke; a goal that is not
reached is a figure, not an error.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.table import table, write

HERE = Path(__file__).parent
PLAIN = {"__main__", "__init__", "table"}


def names() -> list[str]:
    """The benchmarks that there are."""
    found = (path.stem for path in sorted(HERE.glob("*.py")) if path.stem not in PLAIN)
    return [name for name in found if "def run(" in (HERE / f"{name}.py").read_text(encoding="utf-8")]


def alone(name: str, quick: bool, out: str) -> None:
    """In a process of its own: run one and write its rows."""
    rows = import_module(f"benchmarks.{name}").run(quick)
    Path(out).write_text(json.dumps(rows), encoding="utf-8")


def measure(name: str, quick: bool) -> list[dict[str, Any]] | None:
    """The rows of one benchmark, None when it broke."""
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        out = Path(folder) / "rows.json"
        code = f"from benchmarks.__main__ import alone; alone({name!r}, {quick!r}, {str(out)!r})"
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, env=environment, check=False)
        if done.returncode or not out.exists():
            return None
        rows: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
        return rows


def main(arguments: list[str] | None = None) -> int:
    """Run what is named, else all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: proves that each benchmark runs")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names())}; all when none is given")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - set(names())
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    rows: list[dict[str, Any]] = []
    broken: list[str] = []
    for name in given.names or names():
        began = time.perf_counter()
        print(f"{name} …", file=sys.stderr, flush=True)
        found = measure(name, given.quick)
        if found is None:
            broken.append(name)
            continue
        write(HERE / "results", name, found, given.quick, time.perf_counter() - began)
        rows += found
    print(table(rows))
    if broken:
        print(f"\nBroken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
