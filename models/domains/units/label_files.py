"""Labels for units that are known already: curation files, and phy's tables of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.domain import Finding, LabelFile, Noted, Skipped
from models.domains.units import curation, phy_folder, tables
from models.domains.units.curation import Curation
from models.domains.units.names import label_of
from models.domains.units.recordings import Recordings
from models.domains.units.tables import BrokenTable, Sheet
from models.errors import UserError
from models.sample import Samples

#: The class of units that the acts of a file make, by their ids.
Made = Mapping[str, str | None]
#: What a table that is not of units alone names its samples by.
_OWN = ("sample", "sample_id")


def read_labels(path: Path, samples: Samples) -> LabelFile | None:
    """The labels of a curation file, of a table by unit id, or of a folder of them; None for another table.

    Units are known by their ids, and the recording by where the file lies, by its name, or by having all
    of them. Raises UserError for a file that cannot be read, or whose units may be those of several recordings.
    """
    if path.is_dir():
        return _of_folder(path, samples)
    found = _units_of(path)
    if found is None:
        return None
    units, findings, made = found
    if set(units.keys) & set(samples.ids()):
        return None  # a table of samples whose column of ids goes by another name
    return _given(path, units, Recordings(samples), findings, made)


def _of_folder(path: Path, samples: Samples) -> LabelFile:
    """All files of a folder that hold labels: such a folder as an export of several recordings makes."""
    rows, values = list[int](), list[str]()
    findings: list[Finding] = []
    recordings, read = Recordings(samples), 0
    inside = [place for folder in sorted(path.iterdir()) if folder.is_dir() for place in sorted(folder.iterdir())]
    for file in [*sorted(path.iterdir()), *inside]:
        wanted = file.suffix.lower() == ".json" or file.name == phy_folder.GROUP
        if not (wanted and file.is_file()):
            continue
        read += 1
        try:
            units, told, made = _units_of(file) or (None, [], {})
            one = _given(file, units, recordings, told, made) if units else LabelFile()
        except UserError as error:
            findings.append(Skipped(str(file), "", str(error)))
            continue
        rows += one.rows
        values += one.values
        findings += one.findings
    if not read:
        raise UserError(f"{path} holds no curation file and no {phy_folder.GROUP}. Give a file of labels.")
    return LabelFile(rows, values, findings)


def _units_of(path: Path) -> tuple[Sheet, list[Finding], Made] | None:
    """Ids and labels of a file, and those of units that its acts make; None for one that is not of units."""
    told: list[Finding] = []
    if path.suffix.lower() == ".json":
        one = curation.read_curation(path)
        units = curation.units_of(one)
        told += curation.give(one, units, path.name)
        told += _changed(one, path.name)
        return units, told, {str(unit): one.class_of(unit) for unit in one.made}
    if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet"):
        return None
    try:
        table, told = tables.read_table(path, path.name, {})
    except BrokenTable:
        return None
    label = tables.label_column(table.texts)
    if not label or any(name.lower() in _OWN for name in table.texts):
        return None
    names = phy_folder.names_of(path.parent) if path.name == phy_folder.GROUP else {}
    keys = [names.get(key, key) for key in table.ids]
    return Sheet(keys, tables.labels_of(table, label), [{} for _ in keys]), told, {}


def _changed(one: Curation, name: str) -> Iterator[Finding]:
    counts = {"merge": len(one.merges), "split": len(one.splits), "removal": len(one.removed)}
    words = [f"{count} {what}{'s' if count > 1 else ''}" for what, count in counts.items() if count]
    if words:
        yield Noted(name, "", f"only labels are taken; {', '.join(words)} of this file come in with `edit`")


def _given(path: Path, units: Sheet, recordings: Recordings, findings: Sequence[Finding], made: Made) -> LabelFile:
    """The labels by row; a unit without a label keeps what it has, and so does a made one that is not there."""
    rows = recordings.of(path, units.keys)
    unknown = [key for key in units.keys if key not in rows]
    told = list(findings)
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        told.append(Skipped(path.name, f"unit {unknown[0]}", f"no such unit in this recording{more}"))
    given = [*zip(units.keys, units.labels, strict=True), *made.items()]
    pairs = [(rows[key], label) for key, label in given if label and key in rows]
    return LabelFile([row for row, _ in pairs], [label_of(label) or label for _, label in pairs], told)
