"""Weights that a backbone was trained with elsewhere: where their file lies, whether it is the right one."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

#: What stands for weights drawn by chance.
RANDOM = "random"


def folder() -> Path:
    """Where torch keeps weights: hub/checkpoints in $TORCH_HOME, else in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def file_names(backbone: str) -> tuple[str, ...]:
    """The names of weight files that fit this backbone of torchvision, its best first."""
    from torchvision.models import get_model_weights

    known = list(get_model_weights(backbone))
    best = getattr(get_model_weights(backbone), "DEFAULT", None)
    known.sort(key=lambda item: item is not best)
    return tuple(dict.fromkeys(str(item.url).rsplit("/", 1)[-1] for item in known))


def find(backbone: str) -> str:
    """The file name of the weights that are there for this backbone, `RANDOM` where there are none.

    Raises UserError for a file whose content is not what its name says.
    """
    for name in file_names(backbone):
        path = folder() / name
        if path.is_file():
            check(path)
            return name
    return RANDOM


def advice(backbone: str) -> str:
    """Which file is missing and where it belongs, in words."""
    names = file_names(backbone)
    if not names:
        return f"Nobody offers weights for {backbone}; it starts from random ones."
    return (
        f"No weights for {backbone} are there, so it starts from random ones. "
        f"Put {names[0]} into {folder()} to start from ImageNet; until then recipes without a backbone learn more."
    )


def check(path: Path) -> None:
    """Compare the content of a file with the hash at the end of its name. Raises UserError."""
    wanted = re.search(r"-([0-9a-f]{8,})\.\w+$", path.name)
    if wanted is None:
        raise UserError(f"{path}: the name of a weights file ends in a hash, such as -b627a593.pth. Fetch it anew.")
    try:
        state = path.stat()
        found = _hash(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise UserError(f"{path}: the weights cannot be read ({error.strerror}).") from None
    if not found.startswith(wanted[1]):
        raise UserError(
            f"{path}: the content is not what the name says (its hash begins with {found[:8]}, not {wanted[1]}). "
            "The file is damaged or another one: delete it, and fetch it anew."
        )


@lru_cache(maxsize=16)
def _hash(path: str, size: int, moment: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(name: str) -> dict[str, Tensor]:
    """The tensors of a weights file by its name, checked, and nothing else read of it. Raises UserError."""
    import torch

    path = folder() / name
    if Path(name).name != name or not path.is_file():
        raise UserError(f"{path}: the weights that this model was trained with are not there. Put the file there.")
    check(path)
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001  (torch tells of a bad file by errors of many kinds)
        reason = str(error).strip().split("\n")[0][:120]
        raise UserError(
            f"{path}: this file holds more than weights, or is damaged ({reason}). Nothing of it was run. "
            "Delete it, and fetch it anew."
        ) from None
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise UserError(f"{path}: this file holds no weights of a network. Delete it, and fetch it anew.")
    return found
