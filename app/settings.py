"""What a person chose: theme, keys, layout, recent projects. One JSON file in the user's config folder."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_state_path

RECENT = 24


@dataclass(frozen=True)
class Recent:
    """A project that was open: what its card on the start page tells."""

    path: str
    name: str
    domain: str
    samples: int = 0
    labelled: int = 0
    run: str = ""
    score: str = ""
    at: str = ""


def config_folder() -> Path:
    """The folder of the settings; ``WINNOW_CONFIG`` names another one."""
    return Path(os.environ.get("WINNOW_CONFIG") or user_config_path("winnow"))


def state_folder() -> Path:
    """The folder of logs and crash reports; ``WINNOW_STATE`` names another one."""
    return Path(os.environ.get("WINNOW_STATE") or user_state_path("winnow"))


def login_name() -> str:
    """The curator's name until another one is chosen."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "curator"


class Settings:
    """Read at start, written whole at each change. A damaged file is set aside, never fatal."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "settings.json"
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text("utf-8"))
            if not isinstance(values, dict):
                raise ValueError("these are no settings")
            return values
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            self._set_aside()
            return {}

    def _set_aside(self) -> None:
        try:
            self.path.replace(self.path.with_suffix(".damaged.json"))
        except OSError:
            return

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a setting, or the default."""
        return self._values.get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Keep a value; an unwritable folder loses the setting, not the work."""
        if self._values.get(name) != value:
            self.write({**self._values, name: value})

    def write(self, values: dict[str, Any]) -> None:
        """Keep these values and no others."""
        self._values = values
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".part")
            beside.write_text(json.dumps(self._values, indent=1), "utf-8")
            beside.replace(self.path)
        except OSError:
            return

    @property
    def curator(self) -> str:
        """The name under which labels are given."""
        return str(self.get("curator") or login_name())

    def recents(self) -> Iterator[Recent]:
        """Projects that were open, last one first."""
        for values in self.get("recent", []):
            try:
                yield Recent(**values)
            except TypeError:
                continue

    def remember(self, recent: Recent) -> None:
        """Put a project at the head of the recent ones."""
        others = [asdict(item) for item in self.recents() if item.path != recent.path]
        self.set("recent", [asdict(recent), *others][:RECENT])

    def forget(self, path: str) -> None:
        """Take a project from the recent ones; its folder is not touched."""
        self.set("recent", [asdict(item) for item in self.recents() if item.path != path])
