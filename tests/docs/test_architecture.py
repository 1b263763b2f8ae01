"""docs/architecture.md speaks of what is there, and leaves no package out."""

from __future__ import annotations

import re
from pathlib import Path

from app.documents import architecture

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_every_package_has_its_section() -> None:
    packages = {
        place.parent.relative_to(ROOT).as_posix()
        for top in ("app", "widgets", "workers", "models", "resources")
        for place in (ROOT / top).rglob("__init__.py")
    }
    told = set(re.findall(r"^### `([\w/]+)`$", TEXT, re.MULTILINE))
    assert told == packages


def test_every_place_that_it_names_exists() -> None:
    named = re.findall(r"`((?:app|widgets|workers|models|resources|tests)/[\w/.*]+)`", TEXT)
    missing = [name for name in named if not _exists(name)]
    assert len(named) > 15
    assert not missing


def _exists(name: str) -> bool:
    module = re.sub(r"\.\w+$", ".py", name)
    return any(ROOT.glob(name)) or (ROOT / f"{name}.py").is_file() or (ROOT / module).is_file()


def test_the_list_of_modules_is_the_generated_one() -> None:
    assert architecture() == TEXT, "run python -m app.documents"
