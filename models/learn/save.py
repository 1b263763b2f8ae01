"""Models on disk: tensors as safetensors, numbers as JSON, scikit-learn parts as skops; never pickle."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Array = npt.NDArray[Any]

#: Types beside skops' own defaults that a model folder may hold. A folder with another type is refused.
TRUSTED = (
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
#: What the dates of files in a ZIP archive can tell.
_YEARS = range(1980, 2108)
_asked: ContextVar[tuple[str, ...]] = ContextVar("trusted types", default=())
_spare: ContextVar[set[str] | None] = ContextVar("types trusted for nothing", default=None)


@contextmanager
def trusting(types: tuple[str, ...]) -> Iterator[set[str]]:
    """Within the block these further types are trusted: what a person named after seeing them.

    Gives those of them that no file has needed yet.
    """
    spare = set(types)
    token, other = _asked.set(types), _spare.set(spare)
    try:
        yield spare
    finally:
        _asked.reset(token)
        _spare.reset(other)


def check_clock() -> None:
    """Raise UserError where the clock of this machine tells a year that no archive can hold: models are such files."""
    year = datetime.now().year
    if year not in _YEARS:
        raise UserError(f"the clock of this machine says {year}. Set it, then train again.")


def write_skops(value: Any, path: Path) -> None:
    """Write a scikit-learn object, compressed (its description is text); whole or not at all."""
    import skops.io

    check_clock()

    _whole(path, skops.io.dumps(value, compression=zipfile.ZIP_DEFLATED, compresslevel=3))


def read_skops(path: Path, trusted: tuple[str, ...] = ()) -> Any:
    """Read a scikit-learn object.

    Raises UserError naming each type that is neither in `TRUSTED`, nor given here, nor in
    `trusting`, and for a file that is missing or broken.
    """
    import skops.io

    allowed = {*TRUSTED, *trusted, *_asked.get()}
    data = _bytes(path)
    try:
        found = skops.io.get_untrusted_types(data=data)
    except (ValueError, KeyError, TypeError, OSError, RecursionError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: this is not a readable skops file ({error}). Train again or fetch it anew.") from None
    strange = sorted(set(found) - allowed)
    if (spare := _spare.get()) is not None:
        spare -= set(found) - {*TRUSTED, *trusted}
    if strange:
        raise UserError(
            f"{path}: this model holds types that are not trusted: {', '.join(strange)}. "
            f"If you know where it comes from, name them with --trust."
        )
    return skops.io.loads(data, trusted=sorted(set(found)))


def write_tensors(path: Path, tensors: Mapping[str, Any], numbers: Mapping[str, Any] | None = None) -> None:
    """Write torch tensors or numpy arrays with JSON-able numbers in the file's header; whole or not at all."""
    metadata = {"numbers": json.dumps(dict(numbers or {}))}
    arrays = {name: _array(value) for name, value in tensors.items()}
    from safetensors.numpy import save

    _whole(path, save(arrays, metadata=metadata))


def read_tensors(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read back arrays and numbers; UserError for a file that is missing or broken."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: the weights cannot be read ({error}). Train again or fetch them anew.") from None
    return arrays, cast("dict[str, Any]", json.loads(metadata.get("numbers", "{}")))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON document; whole or not at all."""
    _whole(path, json.dumps(value, indent=1, sort_keys=True).encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON document; UserError for one that is missing or broken."""
    try:
        value = json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: this is not JSON ({error}). Train again or fetch it anew.") from None
    if not isinstance(value, dict):
        raise UserError(f"{path}: this does not describe a model. Train again or fetch it anew.")
    return value


def _array(value: Any) -> Array:
    if not isinstance(value, np.ndarray):
        value = value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
    return np.array(value, order="C", copy=None)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: this part of the model cannot be read ({error.strerror}).") from None


def _whole(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
