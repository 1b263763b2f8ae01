"""Labels and predictions as phy reads them, beside its arrays or in a folder of their own."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import ExportView
from models.domains.units import phy, phy_spikes, tables
from models.domains.units.curation import Id
from models.domains.units.names import label_of
from models.domains.units.sortings import (
    Sorting,
    holds_spikes,
    labels_of,
    many,
    noted,
    of_place,
    others,
    provenance,
    sortings,
    unspoken,
    write_kept,
)
from models.domains.units.tables import BrokenTable
from models.domains.units.trains import flat, open_array
from models.errors import UserError
from models.job import Progress
from models.store.atomic import whole, write_whole

GROUP, PREDICTION, BY = "cluster_group.tsv", "cluster_prediction.tsv", "cluster_curated.tsv"
#: Which unit of spikeinterface a cluster is, as its own export to phy tells it.
NAMES = "cluster_si_unit_ids.tsv"
CLUSTERS = "spike_clusters.npy"
UNSORTED = "unsorted"


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """``cluster_group.tsv`` with every unit, ``cluster_prediction.tsv`` of the run, and who gave each label.

    path: a phy folder, whose former files are kept beside; or a new folder: of these tables, or with a
    folder of them for each recording.
    """
    found = sortings(view)
    written = of_place(found, path)
    replaced = _replaced(view, written, path)
    files: list[Path] = []
    if _stands(path):
        path.mkdir(exist_ok=True)
        files = yield from _write_all(view, written, path)
    else:
        with whole(path) as beside:
            beside.mkdir()
            made = yield from _write_all(view, written, beside)
            files = [path / file.relative_to(beside) for file in made]
    count = sum(len(one.present()) for one in written)
    told = {"written": count, "files": [str(file) for file in files], "skipped": []}
    words = (
        *(others(found, written, path), many(written, "a folder"), _renumbered(written), unspoken(view)),
        _unchanged(written) if holds_spikes(path) else _removed(written),
        replaced,
    )
    return {**told, "notes": noted(path, *words)}


def _stands(path: Path) -> bool:
    """Whether something stands there: a folder of data is not made anew, its files are."""
    return path.is_dir() and any(path.iterdir())


def _renumbered(written: Sequence[Sorting]) -> str:
    texts = any(isinstance(own, str) for one in written for own in one.ids)
    return f"phy knows numbers only: {NAMES} tells which unit each of them is" if texts else ""


def _unchanged(written: Sequence[Sorting]) -> str:
    if not any(one.changes for one in written):
        return ""
    kept = "merges, splits and removals are not made in a sorting that is read: units that they concern keep the label \
they had before"
    return f"{kept}. A new folder gets the units of now: their labels and spike_clusters.npy"


def _removed(written: Sequence[Sorting]) -> str:
    count = sum(len(one.changes.removed) for one in written)
    return f"phy knows no removal: {count} removed units stay there, unsorted" if count else ""


def _replaced(view: ExportView, written: Sequence[Sorting], path: Path) -> str:
    """What to say of labels that a sorting's own table has and the project has not, as one that was labelled since."""
    if not (holds_spikes(path) and len(written) == 1):
        return ""
    (one,) = written
    units = one.staying()
    numbers, _ = _numbers(one, path)
    former, labels = _former(path), labels_of(view, units)
    lost = []
    for own, row in units:
        stood = label_of(former.get(str(numbers[own]), ""))
        if stood is not None and stood != labels.get(own) and view.kind[row] != "human":
            lost.append(f"{numbers[own]} ({stood})")
    if not lost:
        return ""
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return (
        f"labels stood there that the project has not: {', '.join(lost[:5])}{more}. They are in the former {GROUP}, "
        "kept beside; to take such labels in, import the folder again before the export"
    )


def _write_all(view: ExportView, written: Sequence[Sorting], folder: Path) -> Generator[Progress, None, list[Path]]:
    files: list[Path] = []
    for place, one in enumerate(written):
        yield Progress(place, len(written), f"Writing {one.name}")
        own = folder if len(written) == 1 else folder / one.name
        own.mkdir(exist_ok=True)
        files += write_one(view, one, own)
    return files


def write_one(view: ExportView, one: Sorting, folder: Path) -> list[Path]:
    """The tables of one recording; the files, former ones among them.

    Beside the arrays of a sorting its units stay as they were sorted: what was merged, split or removed keeps the
    label that it had before, as nothing there tells of the act. In a folder of their own they are those that there
    are now, with the clusters of their spikes.
    """
    there = holds_spikes(folder)
    units = one.staying() if there else one.present()
    numbers, named = _numbers(one, folder)
    former = _former(folder if there else one.source)
    groups = {number: former.get(str(number), UNSORTED) for number in _clusters(one, folder, numbers)}
    labels = labels_of(view, units)
    groups |= {numbers[own]: _word(labels.get(own)) for own, _ in units}
    if there:
        groups |= {numbers[own]: _word(label_of(label or "")) for own, label in one.before.items()}
    files = write_kept(folder / GROUP, _table(("cluster_id", "group"), sorted(groups.items())))
    if named:
        ids = [(number, own) for own, number in numbers.items()]
        files += write_kept(folder / NAMES, _table(("cluster_id", "si_unit_id"), ids))
    if view.run and view.confidence is not None:
        files += write_kept(folder / PREDICTION, _predictions(view, units, numbers))
    told = provenance(view, units)
    if told:
        rows = [(numbers[own], facts["by"], facts["at"], facts["kind"]) for own, facts in told.items()]
        head = ("cluster_id", "curated_by", "curated_at", "curated_kind")
        files += write_kept(folder / BY, _table(head, rows))
    if not there and one.changes and phy.is_phy(one.source):
        files += _write_clusters(one, numbers, folder / CLUSTERS)
    return files


def _write_clusters(one: Sorting, numbers: Mapping[Id, int], place: Path) -> list[Path]:
    """The cluster of each spike as it is now, in the order of the sorting's own file."""
    former = next((open_array(one.source / name) for name in (CLUSTERS, "spike_templates.npy")
                   if (one.source / name).is_file()), None)  # fmt: skip
    times = open_array(one.source / "spike_times.npy")
    if former is None:
        return []
    # What is no cluster id stays as it is, which another kind of number might not hold.
    before = flat(former)
    clusters = np.array(before)
    moments = np.arange(len(before)) if times is None else flat(times)
    for unit in one.units:
        for piece in unit.pieces:
            spikes = np.flatnonzero(before == int(piece.unit))
            spikes = spikes[np.argsort(moments[spikes], kind="stable")]
            clusters[spikes if piece.take is None else spikes[piece.take]] = numbers[unit.id]
    if clusters.dtype.kind in "iu" and clusters.min(initial=0) >= 0 and clusters.max(initial=0) <= phy_spikes.HIGHEST:
        clusters = clusters.astype(np.int32)
    write_whole(place, lambda file: np.save(file, clusters))
    return [place]


def _word(label: str | None) -> str:
    """A class as phy has it: one word or several on one line."""
    return " ".join(label.split()) if label else UNSORTED


def _predictions(view: ExportView, units: Sequence[tuple[Id, int]], numbers: Mapping[Id, int]) -> str:
    """The model's class of each unit and how sure it is, as spikeinterface writes them."""
    rows = []
    for own, row in units:
        label, sure = view.predictions[row], float(view.confidence[row]) if view.confidence is not None else np.nan
        if label and np.isfinite(sure):
            rows.append((numbers[own], label_of(label) or label, f"{sure:.6g}"))
    return _table(("cluster_id", "prediction", "probability"), rows)


def _numbers(one: Sorting, folder: Path) -> tuple[dict[Id, int], bool]:
    """The cluster number of each unit, and whether they are numbered here because their ids are texts."""
    every = list(dict.fromkeys([*one.ids, *(unit.id for unit in one.units)]))
    numbers = {own: own for own in every if isinstance(own, int)}
    if len(numbers) == len(every):
        return {own: int(own) for own in every}, False
    known = names_of(folder)
    if known and {str(own) for own in one.ids} <= set(known.values()):
        back = {name: number for number, name in known.items()}
        return {own: int(back[str(own)]) for own in one.ids}, False
    if holds_spikes(folder):
        raise UserError(
            f"{folder} does not tell which of its clusters are the units of {one.name}. Choose a new folder."
        )
    taken = set(numbers.values())
    free = (number for number in itertools.count() if number not in taken)
    return {own: numbers[own] if own in numbers else next(free) for own in every}, True


def names_of(folder: Path) -> dict[str, str]:
    """Cluster number → unit id of spikeinterface, {} where the folder does not tell."""
    return _column(folder / NAMES, "si_unit_id")


def _former(folder: Path) -> dict[str, str]:
    """What stands in a folder's table of groups already, so that a unit that was not chosen keeps it."""
    return _column(folder / GROUP, "group") if folder.is_dir() else {}


def _column(file: Path, name: str) -> dict[str, str]:
    try:
        table, _ = tables.read_table(file, file.name, {})
    except BrokenTable:
        return {}
    return dict(zip(table.ids, table.texts.get(name, ()), strict=False))


def _clusters(one: Sorting, folder: Path, numbers: Mapping[Id, int]) -> list[int]:
    """All clusters of a folder: beside the arrays of a sorting all of it, else the units that there are now."""
    if holds_spikes(folder):
        return sorted({*(numbers[own] for own in one.ids), *(int(key) for key in phy.opened(folder).keys)})
    there = {numbers[unit.id] for unit in one.units} | {numbers[own] for own in one.changes.removed}
    if one.source.is_dir() and phy.is_phy(one.source):
        sorted_now = {int(key) for key in phy.opened(one.source).keys}
        there |= sorted_now - {numbers[own] for own in one.ids}
    return sorted(there)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
