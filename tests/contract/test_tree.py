"""What may not be in the tree: other people's data, paths of one machine, loose ends, endless functions."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
PACKAGES = ("app", "widgets", "workers", "models")
BINARY = {".png", ".otf", ".ttf", ".ico"}


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git tracks; outside a clone all files of the source folders."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        places = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        folders = (*PACKAGES, "resources", "tests", "docs", "benchmarks")
        places = [
            place for folder in folders for place in (ROOT / folder).rglob("*") if "__pycache__" not in str(place)
        ]
    return tuple(place for place in places if place.is_file())


def lines_with(pattern: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Where text files of the tree match; this file is left out, for it names what it seeks."""
    found = []
    for place in tracked():
        name = place.relative_to(ROOT).as_posix()
        if place.suffix in BINARY or place == Path(__file__) or name in but:
            continue
        text = place.read_text("utf-8", errors="replace")
        found += [
            f"{name}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if re.search(pattern, line)
        ]
    return found


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
def test_no_file_of_the_shared_data_is_in_the_tree() -> None:
    sizes = {place.stat().st_size: place for place in tracked() if place.stat().st_size}
    same_size = [place for place in DATA.rglob("*") if place.is_file() and place.stat().st_size in sizes]
    ours = {hashlib.sha256(place.read_bytes()).digest() for place in tracked() if place.stat().st_size}
    assert not [place for place in same_size if hashlib.sha256(place.read_bytes()).digest() in ours]


def test_no_paths_of_one_machine() -> None:
    assert not lines_with(r"(?<![\w.$}*])/(work|home|root)/\w")


def test_no_package_index_is_named() -> None:
    assert not lines_with(r"(--index-url|--extra-index-url|pypi\.\w+|files\.pythonhosted|jfrog|artifactory)")


def test_no_loose_ends() -> None:
    assert not lines_with(r"\b(TODO|FIXME|XXX|HACK)\b", but=("resources/fonts/Inter-OFL.txt",))


def lengths() -> dict[str, int]:
    """Lines of each function, decorators and docstring left out."""
    found = {}
    for package in PACKAGES:
        for place in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(place.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                    count = (node.end_lineno or 0) - first.lineno + 1
                    found[f"{place.relative_to(ROOT)}:{node.lineno} {node.name}"] = count
    return found


def test_functions_are_short() -> None:
    found = lengths()
    ordered = sorted(found.values())
    assert len(ordered) > 1000
    assert ordered[int(0.95 * len(ordered))] <= 45
    assert not [f"{name}: {count} lines" for name, count in found.items() if count > 100]
