"""The predictions of a run: one row a sample, kept as an Arrow file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.errors import UserError
from models.sample import Samples
from models.store.atomic import plain, write_whole

FILE_NAME = "predictions.arrow"
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Predictions:
    """m predicted samples: portable ids, part ("train" "val" "test" "out_of_fold" "rest"), probabilities.

    probabilities: (m, k) float32, columns in the order of `classes`.
    """

    ids: list[str]
    part: npt.NDArray[np.object_]
    probabilities: Floats
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, samples: Samples) -> tuple[Index, Index]:
        """Rows of `samples` that were predicted, ascending, and the place of each here."""
        import pyarrow.compute as pc

        places = pc.index_in(samples.table.column("id"), value_set=pa.array(self.ids, pa.string()))
        found = pc.fill_null(places, -1).to_numpy().astype(np.int64)
        rows = np.flatnonzero(found >= 0)
        return rows, found[rows]


def fold_file(cache: Path, run: str, told: Mapping[str, Any]) -> Path:
    """Where the out-of-fold predictions of a run's training samples are kept. told: its run.json."""
    return cache / "out_of_fold" / f"{run}-{told['snapshot']['sha'][:12]}.arrow"


def write_predictions(
    path: Path, ids: Sequence[str], parts: Sequence[str], probabilities: npt.ArrayLike, classes: Sequence[str]
) -> None:
    """Write predictions whole; probabilities (m, k) in the order of `classes`."""
    values = np.ascontiguousarray(probabilities, np.float32).reshape(len(ids), len(classes))
    table = pa.table(
        {
            "id": pa.array(list(ids), pa.string()),
            "part": pa.array(list(parts), pa.string()).dictionary_encode(),
            "probabilities": pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), max(len(classes), 1)),
        }
        if len(classes)
        else {"id": pa.array([], pa.string()), "part": pa.array([], pa.string())}
    )
    _write(path, table.replace_schema_metadata({"classes": json.dumps(list(classes))}))


def read_predictions(path: Path) -> Predictions:
    """Read predictions; UserError when the file is absent or damaged."""
    table = _read(path)
    classes = _classes(table)
    values = np.zeros((0, len(classes)), np.float32)
    if table.num_rows:
        flat = table.column("probabilities").combine_chunks().flatten()
        values = flat.to_numpy(zero_copy_only=False).reshape(table.num_rows, len(classes))
    parts = table.column("part").cast(pa.string()).to_numpy(zero_copy_only=False)
    return Predictions(table.column("id").to_pylist(), parts, cast(Floats, values), classes)


def drop_predictions(path: Path, ids: Sequence[str]) -> int:
    """Rewrite a file without these samples; gives how many were taken out."""
    import pyarrow.compute as pc

    table = _read(path)
    keep = pc.invert(pc.is_in(table.column("id"), value_set=pa.array(list(ids), pa.string())))
    kept = table.filter(keep)
    if kept.num_rows < table.num_rows:
        _write(path, kept)
    return cast(int, table.num_rows - kept.num_rows)


def _write(path: Path, table: pa.Table) -> None:
    def write(file: BinaryIO) -> None:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    write_whole(path, write)


def _read(path: Path) -> Any:
    try:
        with pa.OSFile(str(plain(path))) as file:
            table = pa.ipc.open_file(file).read_all()
        if not _whole(table):
            raise pa.ArrowInvalid("not what is written here")
    except FileNotFoundError:
        raise UserError(f"{path} is missing: this run holds no predictions. Train or predict again.") from None
    except (pa.ArrowInvalid, OSError, ValueError, RecursionError):
        raise UserError(f"{path} is damaged: its predictions can't be read. Train again or delete the run.") from None
    return table


def _classes(table: Any) -> tuple[str, ...]:
    """The classes that a table of predictions names; ValueError without."""
    found = json.loads((table.schema.metadata or {}).get(b"classes", b""))
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError("no classes")
    return tuple(found)


def _whole(table: Any) -> bool:
    """Whether a table has the columns of predictions, each of its kind."""
    kinds = {field.name: field.type for field in table.schema}
    part = kinds.get("part", pa.null())
    words = part.value_type if pa.types.is_dictionary(part) else part
    shares = pa.list_(pa.float32(), max(len(_classes(table)), 1))
    known = kinds.get("id") == pa.string() and words == pa.string()
    return known and (kinds.get("probabilities") == shares or not table.num_rows)
