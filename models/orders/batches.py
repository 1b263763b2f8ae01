"""Predictions and embeddings of many samples as pieces of work, for a cluster; this process does them in one go."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Recipe, Setting
from models.domains import domain
from models.errors import UserError
from models.job import Progress
from models.learn.balance import Balanced
from models.learn.pieces import Bench, Here, Outcome, Piece, Place, clear_pieces, key_of, run_pieces
from models.learn.save import trusting
from models.orders.fitting import Fitted, chunks, predict_rows, predict_there, prepared
from models.orders.folding import sources_of
from models.orders.naming import find_recipe
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: About so many samples, of whole groups, are a piece.
SIZE = 500
#: Folder of the project's cache for pieces of a prediction that is not finished.
WORK = "pieces"
_last: dict[str, Fitted] = {}


@dataclass(frozen=True)
class Model:
    """A model on its way to another process: its files with their names, and what was found out about it.

    key: of all that. trust: types that a person trusts in these files.
    """

    key: str
    domain: str
    recipe: str
    files: tuple[tuple[str, bytes], ...]
    temperature: float
    trust: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What the pieces of a prediction share: the model, and all samples that any of them is measured against."""

    model: Model
    samples: Samples
    setting: Setting


def predict_piece(given: Rows, ground: Asked, bench: Bench) -> Generator[Progress, None, Outcome]:
    """{p: (m, classes)} of these rows."""
    setting = replace(ground.setting, cache=bench.cache(ground.setting.cache))
    p = yield from predict_rows(_fitted(ground.model), ground.samples, given, setting)
    return Outcome({"p": p})


def embed_piece(given: Rows, ground: Asked, bench: Bench) -> Generator[Progress, None, Outcome]:
    """{p: (m, d)}, what the model sees in these rows."""
    setting = replace(ground.setting, cache=bench.cache(ground.setting.cache))
    fitted, samples = _fitted(ground.model), ground.samples.take(given)
    yield from prepared(fitted, samples, setting)
    embed = fitted.recipe.embed
    if embed is None:
        raise UserError(f"the recipe {fitted.recipe.name} has no embedding.")
    return Outcome({"p": np.asarray(embed(fitted.model, samples, setting), np.float32)})


def predict_at(
    there: Place,
    fitted: Fitted,
    kind: Domain,
    samples: Samples,
    rows: Rows,
    classes: int,
    setting: Setting,
    model: Path,
    work: Path,
    trust: tuple[str, ...] = (),
) -> Generator[Progress, None, Floats]:
    """`predict_there`, by a cluster where there is one. model: the folder of its files; work: what is finished lies
    there until all is."""
    if isinstance(there, Here):
        return (yield from predict_there(fitted, kind, samples, rows, classes, setting))
    result = np.full((len(rows), classes), np.nan, np.float32)
    able = kind.there(samples)[rows]
    if able.any():
        asked = Asked(_packed(fitted, kind, model, trust), samples, setting)
        result[able] = yield from _spread(there, asked, predict_piece, rows[able], work)
    return result


def embed_at(
    there: Place, fitted: Fitted, kind: Domain, samples: Samples, rows: Rows, setting: Setting, model: Path, work: Path
) -> Generator[Progress, None, Floats]:
    """What a model sees in these rows, (m, d), by a cluster."""
    asked = Asked(_packed(fitted, kind, model, ()), samples, setting)
    return (yield from _spread(there, asked, embed_piece, rows, work))


def _spread(there: Place, asked: Asked, do: Any, rows: Rows, work: Path) -> Generator[Progress, None, Floats]:
    """The rows of all pieces in their places."""
    parts = chunks(asked.samples.group_codes()[0][rows], SIZE)
    key = key_of(asked.samples.take(rows), asked.model.key)
    device, total = asked.setting.device, len(parts)
    pieces = []
    for number, part in enumerate(parts, 1):
        own = key_of(key, do.__name__, part, device)
        pieces.append(Piece(f"part-{number}", f"Part {number} of {total}", do, rows[part], own, device))
    cache = asked.setting.cache
    paths = [*sources_of(asked.samples, rows), *([cache] if cache.exists() else [])]
    outcomes = yield from run_pieces(pieces, asked, there, work, paths)
    found = [np.asarray(one.arrays["p"], np.float32) for one in outcomes]
    result = np.empty((len(rows), found[0].shape[1]), np.float32)
    for part, p in zip(parts, found, strict=True):
        result[part] = p
    clear_pieces(work)
    return result


def _packed(fitted: Fitted, kind: Domain, folder: Path, trust: tuple[str, ...]) -> Model:
    """The files of a model's folder; of a model of another program as our own recipe keeps it."""
    if folder.is_dir():
        files = _files(folder)
    else:
        with tempfile.TemporaryDirectory(prefix="winnow-model-") as place:
            fitted.recipe.save(fitted.model, Path(place))
            files = _files(Path(place))
    facts = (kind.name, fitted.recipe.name, files, fitted.temperature, trust)
    return Model(key_of(*facts), *facts)


def _files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return tuple((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)


def _fitted(model: Model) -> Fitted:
    """The model as it can be asked; the last one is kept, for many pieces ask the same."""
    if model.key not in _last:
        _last.clear()
        _last[model.key] = _load(model)
    return _last[model.key]


def _load(model: Model) -> Fitted:
    recipe: Recipe = find_recipe(domain(model.domain), model.recipe)
    with tempfile.TemporaryDirectory(prefix="winnow-model-") as place:
        for name, data in model.files:
            file = Path(place) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        with trusting(model.trust):
            found = recipe.load(Path(place))
    none = np.empty(0, np.int64)
    return Fitted(recipe, found, model.temperature, Balanced(none, none.astype(np.float32), None, none, none))
