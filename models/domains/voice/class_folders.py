"""Class folders of recordings and mel images: copies of the files, with a table that an import reads again."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.voice.folders import PLAIN
from models.domains.voice.headings import OURS
from models.domains.voice.places import paths_of, texts_of
from models.errors import UserError
from models.job import Progress
from models.store.outfolder import flat_names, folder, folder_names
from models.store.sheet import sheet_text

#: The table beside the folders.
TABLE = "metadata.csv"
_HEAD = ("path", "speaker_id", "label", "sample", "by", "at", "kind")


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder for each class with the files of its samples as they are, and a table of speakers, labels and facts.

    Rows of tables of features have no file, and unlabelled samples no folder: both are told and left out.
    """
    rows, skipped = _chosen(view)
    if not rows:
        reason = f": {skipped[0]['source']}: {skipped[0]['reason']}" if skipped else ""
        raise UserError(f"nothing could be written{reason}")
    labels = [str(view.labels[row]) for row, _ in rows]
    order = [name for name in view.classes if name in labels]
    folders = folder_names(list(dict.fromkeys([*order, *labels])), lambda name: name.lower() in PLAIN)
    names = flat_names([file for _, file in rows])
    lines = []
    with folder(path) as beside:
        for one in folders.values():
            (beside / one).mkdir()
        for number, ((row, file), label, name) in enumerate(zip(rows, labels, names, strict=True)):
            if number % 20 == 0:
                yield Progress(number, len(rows), f"Copying {file.name}")
            place = f"{folders[label]}/{name}"
            _copy(file, beside / place)
            lines.append((place, row))
        head, table = _table(view, lines)
        (beside / TABLE).write_text(sheet_text(head, table), "utf-8")
    files = [str(path / place) for place, _ in lines]
    return {"written": len(lines), "files": [*files, str(path / TABLE)], "skipped": skipped}


def _chosen(view: ExportView) -> tuple[list[tuple[int, Path]], list[dict[str, str]]]:
    """The rows that are written with their files, and what is left out."""
    rows, skipped = [], []
    for row, file in enumerate(paths_of(view.samples)):
        reason = ""
        if file is None:
            reason = "a row of a table has no file"
        elif not view.labels[row]:
            reason = "without a label, which a class folder has no place for"
        elif not file.is_file():
            reason = "its file is missing"
        if reason or file is None:
            skipped.append({"source": view.samples.ids()[row], "where": "", "reason": reason})
        else:
            rows.append((row, file))
    return rows, skipped


def _copy(file: Path, place: Path) -> None:
    try:
        shutil.copyfile(file, place)
    except OSError as error:
        raise UserError(f"{file} cannot be copied: {error.strerror or error}. Nothing was written.") from error


def _table(view: ExportView, lines: list[tuple[str, int]]) -> tuple[list[str], list[list[Any]]]:
    """The head and the rows of the table: whose each file is, its class, who said so, and what a table told of it."""
    samples = view.samples
    facts = [name for name in samples.names if name not in OURS and not name.startswith("_")]
    told = {name: samples.table.column(name).to_pylist() for name in facts}
    speakers, ids = texts_of(samples, "speaker"), samples.ids()
    rows = [
        [place, speakers[row], view.labels[row], ids[row], view.by[row], view.at[row], view.kind[row]]
        + [told[name][row] for name in facts]
        for place, row in lines
    ]
    return [*_HEAD, *(name for name in facts)], rows
