"""The tables of the IMBALMED runner: an index of mel images, and one combined CSV a sub-base with all its folds."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from models.domain import ExportView
from models.domains.voice import splits as splitting
from models.domains.voice.places import AUDIO, FILE, ROW, kinds, texts_of
from models.domains.voice.splits import Splits
from models.errors import UserError
from models.job import Progress
from models.sample import Samples
from models.store.outfolder import folder
from models.store.sheet import sheet_text

INDEX = "melspec_index.csv"
FOLDER = "audio_imbalmed_combined"
INDEX_HEAD = ("healthCode", "record_id", "column_id", "image_rel_path")
HEAD = ("healthCode", "health_code", "record_id", "column_id", "image_rel_path", "label", "fold", "subset")


def combined_name(subdb: int) -> str:
    """The name of the combined CSV of a sub-base."""
    return f"audio_imbalmed_subdb{subdb}_combined.csv"


def index_rows(samples: Samples) -> list[tuple[str, str, str, str]]:
    """healthCode, record_id, column_id and image_rel_path of each sample; a recording has its own path there."""
    names = ("speaker", "record_id", "column_id", FILE)
    told = zip(*(texts_of(samples, name) for name in names), strict=True)
    return [(code, record or PurePosixPath(path).stem, column or AUDIO, path) for code, record, column, path in told]


def combined_rows(
    samples: Samples, labels: Sequence[str | None], splits: Splits, subdb: int
) -> list[tuple[str | int, ...]]:
    """The rows of the combined CSV of a sub-base, as `HEAD`, by fold, part and patient; of labelled images."""
    index = index_rows(samples)
    out: list[tuple[str | int, ...]] = []
    for one in splitting.expand(splits, subdb, [row[0] for row in index]):
        label = labels[one.row]
        if label:
            code, record, column, path = index[one.row]
            out.append((code, code, record, column, path, label, one.fold, one.subset))
    return out


def write_tables(
    samples: Samples, labels: Sequence[str | None], place: Path, subdbs: Sequence[int] = ()
) -> Generator[Progress, None, list[Path]]:
    """Write the index and the combined CSVs below a folder that is there; returns what was written.

    subdbs: () for all that the splits hold. Raises UserError where the samples came without splits, or a sub-base is
    not among them.
    """
    home = splitting.folder_of(samples)
    if home is None:
        raise UserError(
            "these samples came without splits: import their folder with subdb1_train_10_90.csv and so on, or name the "
            "folder of splits with --set splits=FOLDER"
        )
    splits = splitting.read_splits(home)
    missing = [number for number in subdbs if number not in splits.subdbs]
    if missing:
        known = ", ".join(map(str, splits.subdbs))
        raise UserError(f"there is no sub-base {missing[0]} in {home}: it has {known}")
    wanted = [*subdbs] or [*splits.subdbs]
    files = [place / INDEX]
    files[0].write_text(sheet_text(INDEX_HEAD, index_rows(samples)), "utf-8")
    (place / FOLDER).mkdir(exist_ok=True)
    for number, subdb in enumerate(wanted):
        yield Progress(number, len(wanted), f"Writing sub-base {subdb}")
        files.append(place / FOLDER / combined_name(subdb))
        files[-1].write_text(sheet_text(HEAD, combined_rows(samples, labels, splits, subdb)), "utf-8")
    return files


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """The tables of the images and recordings of a view, with the labels of now."""
    rows = np.flatnonzero(kinds(view.samples) != ROW)
    samples, labels = view.samples.take(rows), [view.labels[row] for row in rows.tolist()]
    if not len(rows):
        raise UserError("nothing could be written: none of the samples is a mel image or a recording")
    with folder(path) as beside:
        files = yield from write_tables(samples, labels, beside)
    skipped = [
        {"source": name, "where": "", "reason": "without a label: in the index, not in the combined tables"}
        for name, label in zip(samples.ids(), labels, strict=True)
        if not label
    ]
    told = [str(path / file.relative_to(beside)) for file in files]
    return {"written": len(rows), "files": told, "skipped": skipped}
