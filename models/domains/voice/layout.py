"""The layout of the IMBALMED runner: mel images named by patient, a survey of diagnoses, splits of patients.

``{healthCode}_{record_id}_{column_id}.jpg`` with UUIDs, whatever their capitals; ``Demographics_Survey.csv``; splits
as of `models.domains.voice.splits`. Every join is told: what has no partner is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Finding, Noted, Skipped
from models.domains.voice import splits as splitting
from models.domains.voice.places import IMAGE
from models.domains.voice.sheet import Desk, Entry, gather, named
from models.domains.voice.walk import TABLE, Files
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural
from models.texttable import NoTable, Table, read_table

SURVEY = "Demographics_Survey.csv"
_CODE, _DIAGNOSIS = "healthcode", "professionaldiagnosis"
_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_NAME = re.compile(rf"({_UUID})_({_UUID})_(.+)\.(?:jpe?g|png)", re.I)
#: How a diagnosis is written, and the class that it stands for; nothing is unlabelled.
_TRUTH = {
    **dict.fromkeys(("true", "yes", "1", "1.0", "t", "y"), "1"),
    **dict.fromkeys(("false", "no", "0", "0.0", "f", "n"), "0"),
    **dict.fromkeys(("", "nan", "na", "none", "null"), ""),
}
#: Patients of one trouble that are told one by one.
_ONE_BY_ONE = 20


@dataclass
class Layout:
    """One data set: its root, from which `image_rel_path` starts, images, survey and splits."""

    root: Path
    images: list[Path] = field(default_factory=list)
    misnamed: list[Path] = field(default_factory=list)
    survey: Path | None = None
    splits: list[Path] = field(default_factory=list)


@dataclass
class Survey:
    """The class of each patient (without capitals), "" unlabelled; rows: the row and line of each, in the file."""

    labels: dict[str, str] = field(default_factory=dict)
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    findings: list[Noted | Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Name:
    """What the name of a mel image tells. code: of the patient, without capitals."""

    code: str
    record: str
    column: str
    capitals: bool


def name_of(path: Path) -> Name | None:
    """What the name of a mel image tells, None for one of another pattern."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    return Name(found[1].lower(), found[2].lower(), found[3], found[1] != found[1].lower())


def find_layouts(files: Files, desk: Desk, told: bool) -> list[Layout]:
    """The data sets of this layout among the files; their tables are taken, so that nothing else reads them.

    told: those with a survey or splits alone; else those that are left of images which are only named so.
    """
    marks = [path for path in files.of(TABLE) if splitting.is_split(path) or path.name.lower() == SURVEY.lower()]
    homes: dict[Path, list[Path]] = {}
    for path in (path for path in files.of(IMAGE) if path not in desk.claimed):
        homes.setdefault(path.parent, []).append(path)
    layouts: dict[Path, Layout] = {}
    for home, found in homes.items():
        if not any(map(name_of, found)) and not (marks and home.name.lower() == "melspec"):
            continue
        root = _root(home, files.top, marks)
        one = layouts.setdefault(root, Layout(root))
        one.images += [path for path in found if name_of(path)]
        one.misnamed += [path for path in found if not name_of(path)]
    for one in layouts.values():
        inside = [path for path in marks if one.root in path.parents]
        one.splits = [path for path in inside if splitting.is_split(path)] if not desk.options.splits else []
        one.survey = next((path for path in inside if not splitting.is_split(path)), None)
    given = bool(desk.options.survey or desk.options.splits)
    wanted = [one for one in layouts.values() if given or one.survey or one.splits or not told]
    for one in wanted:
        desk.claimed.update(path for path in marks if one.root in path.parents)
    return wanted


def _root(home: Path, top: Path, marks: Sequence[Path]) -> Path:
    """Where the paths of a data set start: above ``data``, the nearest folder with images and survey or splits."""
    above = [home, *home.parents]
    inside = above[: above.index(top) + 1]
    found = next((folder for folder in inside if any(folder in mark.parents for mark in marks)), None)
    if found is None:
        found = home.parent if home.name.lower() == "melspec" and home != top else home
    return found.parent if found.name.lower() == "data" and found != top else found


def read_layout(layout: Layout, files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    """The samples of one data set, with all that its joins leave over. Raises UserError for a leak in its splits."""
    name = files.name_of(layout.root)
    yield Progress(text=f"Reading {name}")
    splits, folder = splitting.find_splits(layout.root, layout.splits, desk.options.splits)
    survey_path = Path(desk.options.survey).expanduser() if desk.options.survey else layout.survey
    survey = read_survey(survey_path) if survey_path is not None else Survey()
    for path in layout.misnamed:
        desk.claimed.add(path)
        words = "its name is not {healthCode}_{record_id}_{column_id}.jpg, so nobody knows whose it is"
        yield Skipped(name, path.relative_to(layout.root).as_posix(), words)
    entries = [_entry(path, layout.root, survey) for path in layout.images]
    yield from survey.findings
    yield from _joins(name, survey_path, survey, entries)
    yield from splitting.joins(splits, survey.labels, {entry.speaker for entry in entries})
    yield from _capitals(name, layout.images, survey)
    settings = {
        key: given for key, given in (("survey", desk.options.survey), ("splits", desk.options.splits)) if given
    }
    return (yield from gather(layout.root, name, entries, desk, settings, folder))


def _entry(path: Path, root: Path, survey: Survey) -> Entry:
    told = name_of(path)
    assert told is not None
    facts = {"record_id": told.record, "column_id": told.column}
    return Entry(path, path.relative_to(root).as_posix(), told.code, survey.labels.get(told.code) or None, facts)


# The survey


def read_survey(path: Path) -> Survey:
    """The diagnoses of a survey. Raises UserError for a file that a person named and that is none."""
    survey = Survey()
    try:
        table = read_table(path)
        code, diagnosis = _survey_columns(table)
    except NoTable as reason:
        survey.findings.append(Skipped(path.name, "", f"{reason}: all images come in without a label"))
        return survey
    survey.findings.extend(Skipped(path.name, *torn) for torn in table.torn())
    words: dict[str, int] = {}
    for place, (line, row) in enumerate(zip(table.lines, table.rows, strict=True), 1):
        _take(survey, path.name, (place, line), row[code].strip(), row[diagnosis].strip(), words)
    if words:
        told = ", ".join(f"{word!r} {count} times" for word, count in sorted(words.items()))
        survey.findings.append(
            Noted(path.name, "", f"diagnoses are written as {told}: read as 1 for true and 0 for false")
        )
    return survey


def _survey_columns(table: Table) -> tuple[str, str]:
    plain = {"".join(letter for letter in name.lower() if letter.isalnum()): name for name in table.names}
    for name in (_CODE, _DIAGNOSIS):
        if name not in plain:
            raise NoTable(f"it has no column {'healthCode' if name == _CODE else 'professional-diagnosis'}")
    return plain[_CODE], plain[_DIAGNOSIS]


def _take(survey: Survey, name: str, at: tuple[int, int], code: str, told: str, words: dict[str, int]) -> None:
    """One row of the survey."""
    where, key = f"row {at[0]} (line {at[1]})", code.casefold()
    label = _TRUTH.get(told.lower())
    if not key:
        survey.findings.append(Skipped(name, where, "it names no patient"))
        return
    if label is None:
        survey.findings.append(
            Noted(name, where, f"{code}: the diagnosis {told!r} is neither true nor false: unlabelled")
        )
        label = ""
    elif told and told not in ("True", "False"):
        words[told] = words.get(told, 0) + 1
    if key in survey.labels:
        first = survey.rows[key][0]
        if survey.labels[key] == label:
            survey.findings.append(Noted(name, where, f"{code} is there twice, first in row {first}; it counts once"))
        else:
            words_here = f"{code} is {told or 'without a diagnosis'!r} here and another in row {first}: unlabelled"
            survey.findings.append(Noted(name, where, words_here))
            survey.labels[key] = ""
        return
    survey.labels[key], survey.rows[key], survey.names[key] = label, at, code


# What has no partner


def _joins(name: str, path: Path | None, survey: Survey, entries: Sequence[Entry]) -> Iterator[Noted]:
    seen = {entry.speaker for entry in entries}
    told = path.name if path is not None else name
    if path is None:
        yield Noted(name, "survey", f"there is no {SURVEY}: all images come in without a label")
    else:
        unknown = sorted(seen - survey.labels.keys())
        if unknown:
            count = sum(entry.speaker in unknown for entry in entries)
            words = f"{plural(count, 'image')} without a label: no row of the survey is of the patient"
            yield Noted(told, "survey", named(words, unknown))
        bare = sorted(code for code in seen & survey.labels.keys() if not survey.labels[code])
        if bare:
            count = sum(entry.speaker in bare for entry in entries)
            yield Noted(
                told, "survey", named(f"{plural(count, 'image')} without a label: no diagnosis of the patient", bare)
            )
    absent = [code for code in survey.labels if code not in seen]
    for code in absent[:_ONE_BY_ONE]:
        row, line = survey.rows[code]
        words = "has a diagnosis and no image" if survey.labels[code] else "has no diagnosis and no image"
        yield Noted(told, f"row {row} (line {line})", f"patient {survey.names[code]} {words}")
    if len(absent) > _ONE_BY_ONE:
        yield Noted(
            told, "survey", f"{plural(len(absent) - _ONE_BY_ONE, 'more patient', 'more patients')} without an image"
        )


def _capitals(name: str, images: Sequence[Path], survey: Survey) -> Iterator[Noted]:
    told = [path.name for path in images if (found := name_of(path)) is not None and found.capitals]
    told += [code for key, code in survey.names.items() if code != key]
    if told:
        yield Noted(
            name,
            "",
            named(
                plural(
                    len(told),
                    "id is written with capitals and is taken as without",
                    "ids are written with capitals and are taken as without",
                ),
                told,
            ),
        )


def check_given(survey: str, splits: str) -> None:
    """Raise UserError where a person named a survey or splits that are not there."""
    if survey and not Path(survey).expanduser().is_file():
        raise UserError(f"survey is {survey!r}, which is no file: give the path of {SURVEY}")
    if splits and not Path(splits).expanduser().is_dir():
        raise UserError(
            f"splits is {splits!r}, which is no folder: give the folder of subdb1_train_10_90.csv and so on"
        )
