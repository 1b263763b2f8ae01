"""The YAML file of a job as nodes that know their lines; what is no YAML, or too much of it, is told with its line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import UserError

#: Nodes of a file, aliases written out, that are read at most.
MOST = 100_000


def read_text(path: Path) -> str:
    """The text of a file. Raises UserError."""
    if not path.exists():
        raise UserError(f"{path} does not exist. Give a YAML file; winnow pipeline FILE --template DOMAIN writes one.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read: {error}. Give a YAML file.") from None


def compose(text: str, path: Path) -> Any:
    """The root of a file's text: a mapping. Raises UserError with the line."""
    import yaml

    with telling(path):
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None and _size(root, {}) > MOST:
        raise UserError(f"{path} says more than {MOST} things once its aliases are written out. Write it shorter.")
    if not isinstance(root, yaml.MappingNode):
        raise UserError(f"{path}, line 1: write project: FOLDER and steps: a list, or sections of settings.")
    return root


@contextlib.contextmanager
def telling(path: Path) -> Iterator[None]:
    """What is wrong with YAML within the block is a UserError with its line."""
    import yaml

    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}, line {line}: this is not YAML that can be read: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{path} can't be read as YAML: {str(error).splitlines()[0]}.") from None


def _size(node: Any, known: dict[int, int]) -> int:
    """How many nodes there are once aliases are written out; one within itself counts as too many."""
    if id(node) not in known:
        known[id(node)] = MOST + 1
        inside = node.value if isinstance(node.value, list) else []
        children = [one for item in inside for one in (item if isinstance(item, tuple) else (item,))]
        known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]
