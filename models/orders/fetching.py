"""Public data sets and weights by name: the only thing here that uses the network, and only when it is asked for."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.job import Progress, Steps
from models.learn import weights
from models.orders import competition
from models.orders.archives import unpack
from models.orders.downloads import download
from models.orders.naming import needed_folder, place, refuse
from models.params import unknown
from models.store.atomic import whole

_HASH = re.compile(r"-([0-9a-f]{8,})\.\w+$")


@dataclass(frozen=True)
class Thing:
    """What can be fetched.

    counts: of an archive, how many files of these suffixes there are at least. terms: under which it is offered.
    competition: the name of the competition whose own client brings it.
    """

    title: str
    url: str
    terms: str = ""
    counts: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    competition: str = ""

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.url.rpartition("/")[2]

    @property
    def packed(self) -> bool:
        """Whether it is an archive."""
        return self.file.endswith(".zip") or bool(self.competition)


_HMS = "hms-harmful-brain-activity-classification"
_WEIGHTS = "https://download.pytorch.org/models"
THINGS: dict[str, Thing] = {
    "bbbc041": Thing(
        "P. vivax blood smears with boxes, 1,328 images",
        "https://data.broadinstitute.org/bbbc/BBBC041/malaria.zip",
        "CC BY-NC-SA 3.0, cite Ljosa et al. 2012",
        {(".png", ".jpg", ".jpeg"): 1328, (".json",): 2},
    ),
    "nih": Thing(
        "P. falciparum, single cells in class folders, 27,558 crops",
        "https://data.lhncbc.nlm.nih.gov/public/Malaria/cell_images.zip",
        "cite Rajaraman et al. 2018",
        {(".png",): 27558},
    ),
    "hms": Thing(
        "EEG with experts' votes, 106,800 windows of 1,950 patients",
        f"{competition.ADDRESS}/{_HMS}",
        "the rules of the competition",
        {(".parquet",): 17089 + 11138, (".csv",): 2},
        _HMS,
    ),
    "resnet34": Thing("ImageNet weights of ResNet-34", f"{_WEIGHTS}/resnet34-b627a593.pth"),
    "efficientnet_b0": Thing(
        "ImageNet weights of EfficientNet-B0", f"{_WEIGHTS}/efficientnet_b0_rwightman-7f5810bc.pth"
    ),
    "inception_v3": Thing("ImageNet weights of Inception v3", f"{_WEIGHTS}/inception_v3_google-0cc3c7bd.pth"),
}


def fetch(name: str = "", out: str = "") -> Steps:
    """Fetch one thing by name: {name, files, count, checked, notes}; without a name {names, files: []}.

    out: the folder; "" is that of torch's weights for weights, and one of this name here for a data set.
    """
    if not name:
        return {"names": [_told(name, one) for name, one in THINGS.items()], "files": []}
    if name not in THINGS:
        raise UserError(unknown("data set or weights file", name, THINGS))
    thing = THINGS[name]
    if thing.packed:
        return {"name": name, **(yield from _fetch_archive(thing, place(out or name)))}
    return {"name": name, **(yield from _fetch_file(thing, place(out or str(weights.folder()))))}


def _told(name: str, thing: Thing) -> dict[str, str]:
    where = f"a folder {name} here" if thing.packed else str(weights.folder())
    return {"name": name, "title": thing.title, "address": thing.url, "terms": thing.terms, "where": where}


# A file whose name tells its hash


def _fetch_file(thing: Thing, folder: Path) -> Generator[Progress, None, dict[str, Any]]:
    target = needed_folder(folder) / thing.file
    if target.exists():
        if _hash_of(target).startswith(_wanted(thing)):
            return _outcome([target], [_hash_words(thing)], [f"{target} was there already"])
        raise UserError(f"{target} is there, with another content than its name says. Delete it and fetch it anew.")
    part = yield from download(thing.url, target)
    yield Progress(text=f"Checking {thing.file}")
    found = _hash_of(part.path)
    if not found.startswith(_wanted(thing)):
        part.drop()
        raise UserError(
            f"{thing.url}: its hash begins with {found[:8]}, not {_wanted(thing)}: it is damaged or another file, "
            "and was not kept."
        )
    os.replace(part.path, target)
    part.drop()
    return _outcome([target], [_hash_words(thing)], [])


def _wanted(thing: Thing) -> str:
    found = _HASH.search(thing.file)
    if found is None:
        raise UserError(f"{thing.file} tells no hash that its content could be compared with.")
    return found[1]


def _hash_words(thing: Thing) -> str:
    digits = _wanted(thing)
    return f"its SHA-256 begins with {digits}, as its name says ({4 * len(digits)} bits of 256)"


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# An archive


def _fetch_archive(thing: Thing, target: Path) -> Generator[Progress, None, dict[str, Any]]:
    refuse(target, overwrite=False)
    needed_folder(target.parent)
    archive, drop = yield from _received(thing, target)
    try:
        with whole(target) as beside:
            beside.mkdir()
            count = yield from unpack(archive, beside)
            _check_counts(thing, beside)
    except UserError as error:
        drop()
        raise UserError(f"{thing.url}: {error}") from error
    drop()
    checked = ["each file against the checksum in the archive", f"that no file is lacking of {count:,}"]
    note = "its publisher gives no hash, so it cannot be told here whether this is what was published"
    return {**_outcome([target], checked, [note, *([thing.terms] if thing.terms else [])]), "count": count}


def _received(thing: Thing, target: Path) -> Generator[Progress, None, tuple[Path, Callable[[], None]]]:
    """The archive, and what takes it away."""
    if not thing.competition:
        part = yield from download(thing.url, target.with_name(f"{target.name}-{thing.file}"))
        return part.path, part.drop
    folder = needed_folder(target.with_name(f".{target.name}.part"))
    try:
        archive = yield from competition.download(thing.competition, folder)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # where nothing came
    return archive, lambda: shutil.rmtree(folder, ignore_errors=True)


def _check_counts(thing: Thing, folder: Path) -> None:
    names = [file.name.lower() for file in folder.rglob("*") if file.is_file()]
    for suffixes, least in thing.counts.items():
        found = sum(name.endswith(suffixes) for name in names)
        if found < least:
            raise UserError(f"it holds {found:,} files of {'/'.join(suffixes)} where {least:,} are expected")


def _outcome(files: list[Path], checked: list[str], notes: list[str]) -> dict[str, Any]:
    return {"files": [str(file) for file in files], "count": len(files), "checked": checked, "notes": notes}
