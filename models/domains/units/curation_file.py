"""Labels as curation files of spikeinterface (formats 2 and 1), also where its own window looks for them."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.units import analyzer, curation
from models.domains.units.curation import KINDS, QUALITY, Curation, Definition, Id
from models.domains.units.names import label_of
from models.domains.units.sortings import (
    Changes,
    Sorting,
    files_for,
    labels_of,
    many,
    noted,
    of_place,
    others,
    provenance,
    sortings,
    split_labels,
    unspoken,
    write_kept,
)
from models.errors import UserError
from models.job import Progress
from models.store.atomic import whole, write_text

Written = Generator[Progress, None, dict[str, Any]]
#: The classes that a curation file offers where the project has no others, met or not.
USUAL = ("good", "mua", "noise")


def export_two(view: ExportView, path: Path) -> Written:
    """Format 2, which spikeinterface applies to an analyzer."""
    return (yield from export(view, path, "2"))


def export_one(view: ExportView, path: Path) -> Written:
    """Format 1, for spikeinterface before 0.103; it cannot hold splits."""
    return (yield from export(view, path, "1"))


def export(view: ExportView, path: Path, version: str) -> Written:
    """Labels with their definitions and all unit ids of each recording.

    path: an analyzer, in which SpikeInterface's own window finds the file; a file that ends in
    ``.json``, of one recording; or a folder with a file for each.
    """
    found = sortings(view)
    written = of_place(found, path)
    if path.is_dir() and analyzer.is_analyzer(path):
        places = [analyzer.gui_file(path)]
    else:
        places = files_for(view, written, path, ".json")
    for file in places:
        _spare(file, found)
    files = yield from _write_all(view, written, places, path, version)
    if places == [path / analyzer.ZARR_GUI]:
        enlist_group(path, places[0])
    count = sum(len(one.present()) for one in written)
    told = {"written": count, "files": [str(file) for file in files], "skipped": []}
    words = (
        others(found, written, path),
        many(written, "a file"),
        _without(view),
        unspoken(view),
        split_labels(written, curation.MADE),
    )
    return {**told, "notes": noted(path, *words)}


def _spare(file: Path, found: Sequence[Sorting]) -> None:
    """Raise UserError for a file of a sorting that is no curation, such as an analyzer's settings."""
    if not file.is_file() or not any(one.source.resolve() in file.resolve().parents for one in found):
        return
    try:
        curation.read_curation(file)
    except UserError:
        raise UserError(f"{file} is a file of the sorting and no curation. Choose another name.") from None


def _without(view: ExportView) -> str:
    predicted = bool(view.run) and any(view.predictions)
    return "labels only: the format has no place for a model's predictions (phy has)" if predicted else ""


def _write_all(
    view: ExportView, written: Sequence[Sorting], places: Sequence[Path], path: Path, version: str
) -> Generator[Progress, None, list[Path]]:
    files: list[Path] = []
    fresh = places[0].parent == path and not (path.is_dir() and any(path.iterdir()))
    texts = []
    for number, (one, place) in enumerate(zip(written, places, strict=True)):
        yield Progress(number, len(written), f"Writing {one.name}")
        texts.append(text_of(view, one, version, place))
    if fresh:
        with whole(path) as beside:
            beside.mkdir()
            for place, text in zip(places, texts, strict=True):
                (beside / place.name).write_text(text, "utf-8")
        return list(places)
    for place, text in zip(places, texts, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        files += write_kept(place, text)
    return files


def text_of(view: ExportView, one: Sorting, version: str, place: Path) -> str:
    """The file's text, which spikeinterface's own model has accepted. UserError for what it cannot hold."""
    if one.changes.reason:
        raise UserError(
            f"{place} is not written: {one.changes.reason}, which a curation file cannot tell as one step. "
            "Export to phy or NWB, or undo it."
        )
    told = curation.as_told(curated(view, one, former(one, place), version), version)
    by = [{"unit_id": own, **facts} for own, facts in provenance(view, one.chosen()).items()]
    validate(told, place)
    told["provenance"] = {"project": view.project, "labels": by}
    if place.name == analyzer.ZARR_GUI.name:
        told = {**attributes(place), curation.HELD: told}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def attributes(place: Path) -> dict[str, Any]:
    """What else stands among the attributes of a zarr group."""
    try:
        found = curation.read_json(place)
    except UserError:
        return {}
    return dict(found) if isinstance(found, dict) else {}


def enlist_group(folder: Path, place: Path) -> None:
    """Make the folder of some attributes a group of the zarr folder, and tell of it where all groups are listed."""
    group = place.parent / ".zgroup"
    if not group.is_file():
        write_text(group, json.dumps({"zarr_format": 2}, indent=4))
    index = folder / ".zmetadata"
    if index.is_file():
        listed = curation.read_json(index)
        own = {file.relative_to(folder).as_posix(): curation.read_json(file) for file in (group, place)}
        listed["metadata"] = {**listed["metadata"], **own}
        write_text(index, json.dumps(listed, indent=4))


def former(one: Sorting, place: Path) -> Curation | None:
    """The curation that the units came with, or that stands in the place: what it says beside labels is kept."""
    own = analyzer.gui_file(one.source) if one.source.is_dir() else one.source
    for file in (place, own):
        if (file.suffix.lower() == ".json" or file.name == analyzer.ZARR_GUI.name) and file.is_file():
            try:
                found = curation.read_curation(file)
            except UserError:
                continue
            if set(map(str, found.units)) <= set(map(str, one.ids)):
                return found
    return None


def _offered(view: ExportView) -> tuple[str, ...]:
    """The classes that other programs are to offer: the usual ones too before a unit has each of them."""
    return USUAL if set(view.classes) <= set(USUAL) else tuple(view.classes)


def curated(view: ExportView, one: Sorting, before: Curation | None, version: str) -> Curation:
    """Labels of now over what a former curation says of other kinds; changes of the project over its own."""
    kind = curation.quality_kind(before) if before is not None and before.definitions else QUALITY
    options = list(before.definitions[kind].options) if before is not None and kind in before.definitions else []
    spelled = {label_of(word) or word: word for word in options}
    classes = [name for name in _offered(view) if label_of(name) is not None]
    options += [name for name in classes if (label_of(name) or name) not in spelled]
    several = _kinds(view, one)
    labels: dict[Id, dict[str, tuple[str, ...]]] = {}
    for own, label in labels_of(view, one.chosen()).items():
        labels[own] = {kind: _words(label, several.get(own, {}).get(kind, ()), spelled)}
    by_text = {str(own): own for own in one.ids}
    rest = {by_text[str(own)]: given for own, given in (before.labels if before else {}).items()}
    for own in one.ids:
        for other, words in {**rest.get(own, {}), **several.get(own, {})}.items():
            if other != kind:
                labels.setdefault(own, {})[other] = tuple(words)
    chosen = {own for own, _ in one.chosen()}
    for own, given in rest.items():
        if own not in chosen and kind in given:
            labels.setdefault(own, {})[kind] = given[kind]
    sole = before is None or kind not in before.definitions or before.definitions[kind].exclusive
    definitions = {kind: Definition(tuple(dict.fromkeys(options)), sole)}
    definitions |= {name: told for name, told in (before.definitions if before else {}).items() if name != kind}
    changes = one.changes or _changes(before, by_text)
    ordered = {own: labels[own] for own in one.ids if own in labels}
    fresh = [(unit.id, unit.row) for unit in one.units if unit.row >= 0 and unit.id not in set(one.ids)]
    made = {own: {kind: _words(label, (), spelled)} for own, label in labels_of(view, fresh).items()}
    return Curation(version, one.ids, definitions, ordered, changes.merges, changes.splits, changes.removed, made)


def _words(label: str, several: Sequence[str], spelled: Mapping[str, str]) -> tuple[str, ...]:
    """The class as the file spells it; with further labels of the same kind, where the class is still among them."""
    if any(label_of(word) == label for word in several):
        return tuple(several)
    return (spelled.get(label_of(label) or label, label),)


def _kinds(view: ExportView, one: Sorting) -> dict[Id, dict[str, tuple[str, ...]]]:
    """What the units' curation file said of them beside the class, by unit and kind."""
    if KINDS not in view.samples.names:
        return {}
    texts = view.samples.column(KINDS)
    found = {}
    for own, row in one.chosen():
        if isinstance(texts[row], str):
            found[own] = {str(kind): tuple(map(str, words)) for kind, words in json.loads(texts[row]).items()}
    return found


def _changes(before: Curation | None, by_text: Mapping[str, Id]) -> Changes:
    """Those of a former curation, with ids as the sorting has them."""
    if before is None:
        return Changes()
    merges = tuple(replace(merge, units=tuple(by_text[str(unit)] for unit in merge.units)) for merge in before.merges)
    splits = tuple(replace(split, unit=by_text[str(split.unit)]) for split in before.splits)
    return Changes(merges, splits, tuple(by_text[str(unit)] for unit in before.removed))


def validate(told: Mapping[str, Any], place: Path) -> None:
    """Raise UserError where spikeinterface's own model of the format refuses a curation."""
    import spikeinterface.curation.curation_model as formats

    model = getattr(formats, "Curation", None) or formats.CurationModel
    try:
        model(**told)
    except ValueError as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{place} is not written: spikeinterface would refuse it ({reason}).") from error
