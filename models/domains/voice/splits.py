"""Splits of patients as IMBALMED writes them: nine sub-bases of training patients, one validation and test for all.

``subdb{k}_train_XX_YY.csv`` holds the training patients of sub-base k by fold (XX % of one class, YY % of the other),
``common_val_test_all_subdbs.csv`` those of validation and test. A training over sub-bases calls `read_splits` on what
`folder_of` tells of its samples, then `expand`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.domain import Noted, Skipped
from models.domains.voice.places import SPLITS, texts_of
from models.errors import UserError
from models.learn.words import plural
from models.recipe import Given
from models.sample import Samples
from models.texttable import NoTable, read_table

#: The sub-bases of the layout, and the parts of a fold.
SUBDBS = tuple(range(1, 10))
SUBSETS = ("train", "val", "test")
COMMON = "common_val_test_all_subdbs.csv"
_SUBDB = re.compile(r"subdb(\d{1,3})_train_(\d+)_(\d+)\.csv", re.I)
_COLUMNS = ("fold_iteration", "healthCode", "subset")
#: What a part may be called.
_WORDS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
#: What a fold misses without patients of one part.
_PARTS = (
    ("val", "validation", "nothing tells its trainings when to stop, nor how sure they may be"),
    ("test", "test", "it has no score"),
)


@dataclass(frozen=True)
class Place:
    """Where a patient was put into a part of a fold: file and line."""

    subset: str
    file: str
    line: int


#: Fold → patient (without capitals) → where it was put.
Folds = dict[int, dict[str, Place]]


@dataclass
class Splits:
    """What the files tell. ratios: "10_90" of each sub-base; trains: patients of each; common: of all of them.

    findings: rows that cannot be used, rows told twice, files that lack.
    """

    ratios: dict[int, str] = field(default_factory=dict)
    trains: dict[int, Folds] = field(default_factory=dict)
    common: Folds = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)
    findings: list[Noted | Skipped] = field(default_factory=list)

    @property
    def subdbs(self) -> tuple[int, ...]:
        """The sub-bases that are there."""
        return tuple(sorted(self.trains))

    def folds(self, subdb: int) -> tuple[int, ...]:
        """The folds of a sub-base."""
        return tuple(sorted(self.trains[subdb]))

    def members(self, subdb: int, fold: int) -> dict[str, str]:
        """Patient (without capitals) → part, of one fold of a sub-base."""
        both = {**self.common.get(fold, {}), **self.trains[subdb].get(fold, {})}
        return {code: place.subset for code, place in both.items()}

    def patients(self) -> set[str]:
        """All patients that are named."""
        folds = [fold for one in (*self.trains.values(), self.common) for fold in one.values()]
        return {code for fold in folds for code in fold}


@dataclass(frozen=True)
class Expanded:
    """One image in one fold of a sub-base: its row among the samples, and its part."""

    row: int
    fold: int
    subset: str


def find_splits(root: Path, files: Sequence[Path], given: str = "") -> tuple[Splits, str]:
    """The splits of a source, and their folder from its root on, "" where there are none.

    files: those below the root; given: a folder that a person named instead. Raises UserError for splits that leak.
    """
    if given:
        folder = Path(os.path.abspath(Path(given).expanduser()))
        return read_splits(folder), Path(os.path.relpath(folder, root)).as_posix()
    if not files:
        return Splits(), ""
    homes = [path.parent for path in files]
    home = max(dict.fromkeys(homes), key=homes.count)
    found = gather_splits([path for path in files if path.parent == home])
    place = home.relative_to(root).as_posix()
    found.findings += [
        Skipped(path.name, "", f"another folder of splits is read: {place}") for path in files if path.parent != home
    ]
    return found, place


def is_split(path: Path) -> bool:
    """Whether a file is one of splits by its name."""
    return bool(_SUBDB.fullmatch(path.name)) or path.name.lower() == COMMON


def folder_of(samples: Samples) -> Path | None:
    """The folder of the splits that came with samples, None where none did."""
    told = texts_of(samples, SPLITS)
    found = next((place for place, name in enumerate(told) if name), None)
    if found is None:
        return None
    source = Path(samples.sources[samples.table.column("source")[found].as_py()])
    return source / told[found]


def read_splits(folder: Path) -> Splits:
    """The splits of a folder. Raises UserError for one without any, and for a patient in two parts of one fold."""
    try:
        files = sorted(path for path in folder.iterdir() if is_split(path))
    except OSError as error:
        raise UserError(
            f"{folder}: the splits cannot be read ({error.strerror}). Bring them, then import again."
        ) from None
    if not files:
        raise UserError(f"{folder} holds no splits: subdb1_train_10_90.csv and so on, and {COMMON}")
    return gather_splits(files)


def gather_splits(files: Sequence[Path]) -> Splits:
    """The splits of some files. Raises UserError for a patient in two parts of one fold, with its name."""
    splits = Splits()
    for path in files:
        found = _SUBDB.fullmatch(path.name)
        number = int(found[1]) if found else 0
        if found and number in splits.trains:
            splits.findings.append(Skipped(path.name, "", f"sub-base {number} is told by {splits.files[number]} too"))
            continue
        folds = splits.common if not found else splits.trains.setdefault(number, {})
        if found:
            splits.ratios[number], splits.files[number] = f"{found[2]}_{found[3]}", path.name
        splits.findings += _read(path, folds)
        if found and not folds:
            del splits.trains[number]
    _refuse_leaks(splits)
    splits.findings += _lacking(splits)
    return splits


def _read(path: Path, folds: Folds) -> Iterator[Noted | Skipped]:
    """The rows of one file into its folds."""
    try:
        table = read_table(path)
    except NoTable as reason:
        yield Skipped(path.name, "", str(reason))
        return
    columns = {name.lower(): name for name in table.names}
    missing = [name for name in _COLUMNS if name.lower() not in columns]
    if missing:
        yield Skipped(path.name, "line 1", f"it has no column {missing[0]}; a split has {', '.join(_COLUMNS)}")
        return
    fold_name, code_name, subset_name = (columns[name.lower()] for name in _COLUMNS)
    yield from (Skipped(path.name, *torn) for torn in table.torn())
    twice: list[str] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        fold, code = _whole(row[fold_name]), row[code_name].strip().casefold()
        subset = _WORDS.get(row[subset_name].strip().lower(), "")
        if fold is None or not code or not subset:
            yield Skipped(path.name, f"line {line}", "it is no fold, healthCode and subset of train, val or test")
            continue
        known = folds.setdefault(fold, {}).setdefault(code, Place(subset, path.name, line))
        if known.subset != subset:
            _refuse(row[code_name].strip(), fold, known, Place(subset, path.name, line))
        if (known.file, known.line) != (path.name, line):
            twice.append(f"line {line}")
    if twice:
        yield Noted(
            path.name,
            "",
            _named(
                plural(len(twice), "row is there twice and counts once", "rows are there twice and count once"), twice
            ),
        )


def _whole(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number < 1e6 else None


def _refuse_leaks(splits: Splits) -> None:
    """Raise UserError for a patient that a sub-base trains on and is judged on in one fold."""
    for folds in splits.trains.values():
        for fold, members in folds.items():
            common = splits.common.get(fold, {})
            for code in members.keys() & common.keys():
                if members[code].subset != common[code].subset:
                    _refuse(code, fold, members[code], common[code])


def _refuse(code: str, fold: int, one: Place, other: Place) -> None:
    first, second = (f"{place.subset} ({place.file}, line {place.line})" for place in (one, other))
    raise UserError(
        f"fold {fold}: patient {code} is in {first} and in {second}. Its score would be of a patient that was learnt: "
        "take it out of one of the two, then import again."
    )


def _lacking(splits: Splits) -> Iterator[Noted]:
    missing = [number for number in SUBDBS if number not in splits.trains]
    if missing:
        words = ", ".join(map(str, missing))
        yield Noted(COMMON, "splits", f"of the sub-bases 1 to 9 these are missing: {words}; the others can be trained")
    if not splits.common:
        yield Noted(COMMON, "splits", "it is missing or empty: no fold has patients of validation and test")
    for number in splits.subdbs:
        bare = [fold for fold in splits.folds(number) if splits.common and fold not in splits.common]
        if bare:
            words = f"{_folds_have(bare)} no patients of validation and test in {COMMON}"
            yield Noted(splits.files[number], "", words)
    for part, name, words in _PARTS:
        bare = [fold for fold, members in splits.common.items() if part not in {one.subset for one in members.values()}]
        if bare:
            yield Noted(COMMON, "", f"{_folds_have(bare)} no patients of {name}: {words}")


def _folds_have(folds: Sequence[int]) -> str:
    told = ", ".join(map(str, sorted(folds)))
    return f"fold {told} has" if len(folds) == 1 else f"folds {told} have"


def one_sided(splits: Splits, labels: Mapping[str, str | None]) -> Iterator[Noted]:
    """Folds one of whose parts holds patients of one class alone. labels: of patients without capitals."""
    parts: dict[tuple[str, int, str], set[str]] = {}
    for number, folds in [*splits.trains.items(), (0, splits.common)]:
        name = splits.files.get(number, COMMON)
        for fold, members in folds.items():
            for code, place in members.items():
                label = labels.get(code)
                parts.setdefault((name, fold, place.subset), set()).update([label] if label else [])
    for (name, fold, subset), classes in sorted(parts.items()):
        if len(classes) == 1:
            words = f"fold {fold}: all patients of {subset} are of the class {next(iter(classes))}"
            yield Noted(name, f"fold {fold}", f"{words}; what needs two is not defined there")


def expand(splits: Splits, subdb: int, speakers: Sequence[str]) -> list[Expanded]:
    """Every image of every patient of a sub-base, by fold, part and patient. speakers: of each sample, (n,).

    Each patient is repeated over all its images, and each image over all folds that name its patient.
    """
    rows: dict[str, list[int]] = {}
    for row, speaker in enumerate(speakers):
        rows.setdefault(speaker.casefold(), []).append(row)
    out: list[Expanded] = []
    for fold in splits.folds(subdb):
        members = sorted((subset, code) for code, subset in splits.members(subdb, fold).items())
        out += [Expanded(row, fold, subset) for subset, code in members for row in rows.get(code, ())]
    return out


def given(samples: Samples, subdbs: Sequence[int] = (), fold: int = -1) -> tuple[Given, ...]:
    """The trainings that the splits of samples ask for, by sub-base and fold; () where they came without splits.

    subdbs: () for all that there are. fold: −1 for all. What lacks training or test patients with samples is left out.
    Raises UserError for a sub-base or a fold that there is none of.
    """
    home = folder_of(samples)
    if home is None:
        return ()
    splits = read_splits(home)
    for number in subdbs:
        if number not in splits.subdbs:
            raise UserError(f"there is no sub-base {number} in {home}: it has {', '.join(map(str, splits.subdbs))}")
    speakers = texts_of(samples, "speaker")
    found = [one for number in subdbs or splits.subdbs for one in _folds(splits, number, speakers)]
    known = sorted({one.fold for one in found})
    if fold >= 0 and fold not in known:
        raise UserError(f"there is no fold {fold} in {home}: it has {', '.join(map(str, known))}; -1 stands for all")
    return tuple(one for one in found if fold in (-1, one.fold))


def _folds(splits: Splits, subdb: int, speakers: Sequence[str]) -> Iterator[Given]:
    """The folds of a sub-base as rows."""
    rows: dict[int, dict[str, list[int]]] = {}
    for one in expand(splits, subdb, speakers):
        rows.setdefault(one.fold, {name: [] for name in SUBSETS})[one.subset].append(one.row)
    for fold, parts in rows.items():
        if parts["train"] and parts["test"]:
            train, val, test = (np.array(sorted(parts[name]), np.int64) for name in SUBSETS)
            yield Given(f"subdb{subdb}", fold, train, val, test)


def joins(splits: Splits, labels: Mapping[str, str | None], seen: set[str]) -> Iterator[Noted | Skipped]:
    """What splits and samples leave over of each other. labels: of patients in small letters; seen: with samples."""
    yield from splits.findings
    if not splits.trains and not splits.common:
        return
    if splits.trains:
        folds = sorted({len(splits.folds(number)) for number in splits.subdbs})
        count = plural(folds[-1], "fold") if len(folds) == 1 else f"{folds[0]}–{plural(folds[-1], 'fold')}"
        words = f"{plural(len(splits.trains), 'sub-base')} of {count}"
        yield Noted("splits", "", f"{words} are there: recipes of images train over all, or over those of --subdbs")
    known = seen | labels.keys()
    unknown = unknown_patients(splits, known)
    if unknown:
        words = "neither a sample nor a row of a survey and"
        words = plural(
            len(unknown),
            f"patient of the splits has {words} is left out",
            f"patients of the splits have {words} are left out",
        )
        yield Noted("splits", "", _named(words, unknown))
    bare = sorted(splits.patients() & known - seen)
    if bare:
        words = plural(
            len(bare),
            "patient of the splits has no image and is left out",
            "patients of the splits have no image and are left out",
        )
        yield Noted("splits", "", _named(words, bare))
    left = sorted(seen - splits.patients())
    if left:
        yield Noted(
            "splits",
            "",
            _named(
                plural(len(left), "patient with samples is in no split", "patients with samples are in no split"), left
            ),
        )
    yield from one_sided(splits, labels)


def _named(words: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{words}: {', '.join(names[:5])}{more}"


def unknown_patients(splits: Splits, known: Iterable[str]) -> list[str]:
    """Patients that splits name and nobody knows."""
    return sorted(splits.patients() - {code.casefold() for code in known})
