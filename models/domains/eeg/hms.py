"""Tables of HMS: windows of EEGs with votes, those to be predicted, and what a model said of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Found, Noted, Skipped
from models.domains.eeg import exchanged, finding
from models.domains.eeg.broken import Broken
from models.domains.eeg.constants import CHANNELS, CLASSES, COLUMNS, RATE, WINDOW
from models.domains.eeg.finding import Listed, counted, first_of, known, same, tell
from models.domains.eeg.named import LABEL_ID, NamedVotes, is_named
from models.domains.eeg.parquet import read_eeg
from models.domains.eeg.shelf import Lying, Shelf
from models.domains.eeg.table import Table, as_numbers, read_names, read_table
from models.domains.eeg.units import factor_words, in_microvolts
from models.job import Progress
from models.learn.words import count

EEG_ID, SUB_ID, OFFSET = "eeg_id", "eeg_sub_id", "eeg_label_offset_seconds"
SPECTROGRAM_ID, SPECTROGRAM_OFFSET = "spectrogram_id", "spectrogram_label_offset_seconds"
PATIENT, CONSENSUS = "patient_id", "expert_consensus"
VOTES = tuple(f"{name}_vote" for name in CLASSES)
#: What the tables call the class with most votes.
CALLED = {"seizure": "Seizure", "lpd": "LPD", "gpd": "GPD", "lrda": "LRDA", "grda": "GRDA", "other": "Other"}
#: The columns of train.csv.
HEADER = (
    "eeg_id", "eeg_sub_id", "eeg_label_offset_seconds", "spectrogram_id", "spectrogram_sub_id",
    "spectrogram_label_offset_seconds", "label_id", "patient_id", "expert_consensus", *VOTES,
)  # fmt: skip
#: Columns of the tables that generated data have beside them.
TRUE_WINDOWS = ("label_id", "meant", "strength", "lateral", "sharp", "evolving", "frequency")
PREDICTIONS = tuple(f"{name}_vote_prediction" for name in CLASSES)
#: Kinds of tables: windows with their place, whole EEGs to be predicted, predictions of windows, and no samples.
WINDOWS, WHOLES, PREDICTED, SUBMISSION, FOLDS = "windows", "wholes", "predicted", "submission", "folds"
#: And who voted what on the windows beside it.
NAMED = "named"
#: More votes of one class on one row are no count of raters, and would outweigh all other rows of a training.
_MOST_VOTES = 10_000
#: So many EEGs of a table are looked at to see whether their unit can be right.
_LOOKED = 64
_NO_SAMPLES = {
    SUBMISSION: "it is a submission, with probabilities and no windows",
    FOLDS: "it tells which fold a row is in, and holds no samples",
}


def kind_of(names: Collection[str]) -> str:
    """What kind of table has these columns; "" for one of another layout."""
    columns = set(names)
    votes = columns.issuperset(VOTES)
    if any(name.lower().startswith("fold") for name in columns) and not votes:
        return FOLDS if columns & {EEG_ID, PATIENT} else ""
    if EEG_ID not in columns:
        return NAMED if is_named(columns) else ""
    if OFFSET in columns:
        return WINDOWS
    if votes:
        return PREDICTED if columns.issuperset(PREDICTIONS) else SUBMISSION
    return WHOLES if SPECTROGRAM_ID in columns else ""


def is_truth(names: Collection[str]) -> bool:
    """Whether a table tells how generated windows were meant: no sample, and no news."""
    return set(names).issuperset(TRUE_WINDOWS)


@dataclass
class Sheet:
    """A table of windows that is read, the rows of it that can be used, and what a model said of them (n, 6)."""

    item: Listed
    kind: str
    table: Table
    use: npt.NDArray[np.int64]
    said: npt.NDArray[np.float64]

    @property
    def keys(self) -> list[str]:
        """The key of each row in use."""
        numbers = self.texts(EEG_ID)
        if SUB_ID not in self.table.columns:
            return numbers
        return [f"{number}/{sub}" for number, sub in zip(numbers, self.texts(SUB_ID), strict=True)]

    def texts(self, name: str) -> list[str]:
        """A column of the rows in use, "" where there is none."""
        column = self.table.columns.get(name)
        return [column[row] for row in self.use] if column is not None else [""] * len(self.use)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """The same as numbers, NaN where there is none."""
        return self.table.numbers(name)[self.use]

    def lines(self, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """The rows of the file at some of the rows in use."""
        found: npt.NDArray[np.int64] = self.table.rows[self.use[where]]
        return found


@dataclass
class Tables:
    """The tables of one folder that a person pointed at. claimed: EEGs and spectrograms that they name."""

    items: list[Listed]
    claimed: set[Path] = field(default_factory=set)

    def scan(self) -> Iterator[Progress | Finding]:
        """The samples of all of them; predictions stand with the windows that they are of, where these are here."""
        sheets: list[Sheet] = []
        named = NamedVotes()
        for item in self.items:
            yield Progress(text=f"Reading {item.name}")
            try:
                yield from _read(item, sheets, named)
            except Broken as reason:
                yield Skipped(item.name, "", str(reason))
        placed = [sheet for sheet in sheets if sheet.kind != PREDICTED]
        for sheet in sheets:
            if sheet.kind == PREDICTED:
                left, notes = _join(sheet, placed)
                yield from notes
                placed += [left] if left is not None else []
        for sheet in placed:
            yield from self._samples(sheet, named)
        yield from named.left()

    def _samples(self, sheet: Sheet, named: NamedVotes) -> Iterator[Progress | Finding]:
        folder, name = sheet.item.path.parent, sheet.item.name
        eegs, spectrograms = Shelf(folder, name, "eegs"), Shelf(folder, name, "spectrograms")
        yield from eegs.look(sheet.texts(EEG_ID))
        yield from spectrograms.look(sheet.texts(SPECTROGRAM_ID))
        placed = _place(sheet, eegs, spectrograms)
        self.claimed |= {folder / one.path for one in (*placed.eegs, *placed.spectrograms) if one is not None}
        self.claimed |= eegs.spoilt() | spectrograms.spoilt()
        yield from (*eegs.broken(), *spectrograms.broken())
        yield from _look(sheet.item, placed)
        counts, labels, told = _opinions(sheet)
        said = named.opinions(folder, sheet.texts(LABEL_ID), counts)
        yield from (Noted(name, "", text) for text in (*placed.notes, *_odd(sheet, placed), *told, *said.notes))
        patients = sheet.texts(PATIENT)
        yield from _nameless(sheet, patients)
        others = [number or eeg for number, eeg in zip(sheet.texts(SPECTROGRAM_ID), sheet.texts(EEG_ID), strict=True)]
        yield Found(
            sheet.item.path,
            name,
            sheet.keys,
            [patient or other for patient, other in zip(patients, others, strict=True)],
            # "" tells that there is none: else the word of one rater would hold where votes are split.
            labels=[label or ("" if votes else None) for label, votes in zip(labels, said.votes, strict=True)],
            votes=said.votes if any(said.votes) else (),
            tallies=said.tallies,
            columns={**_patient(patients), **_columns(sheet, placed)},
            beside=True,
        )


def _nameless(sheet: Sheet, patients: Sequence[str]) -> Iterator[Noted]:
    """Rows that name no patient, so that the windows of one may come to be both learnt from and tested on."""
    if all(patients):
        return
    without = np.array([not one for one in patients])
    rows = counted(int(without.sum()), "row")
    column = "" if PATIENT in sheet.table.columns else f" (the column {PATIENT} is not there)"
    told = (
        f"{rows} without a patient ({first_of(sheet.lines(without))})"
        if any(patients)
        else (f"it names no patients{column}")
    )
    yield Noted(sheet.item.name, "", f"{told}: windows are kept together by their spectrogram")


def _patient(names: Sequence[str]) -> dict[str, Sequence[Any]]:
    return {"patient": [name or None for name in names]} if any(names) else {}


def _read(item: Listed, sheets: list[Sheet], named: NamedVotes) -> Iterator[Finding]:
    kind = kind_of(read_names(item.path))
    if kind == NAMED:
        yield from named.read(item)
        return
    if kind in _NO_SAMPLES:
        yield Noted(item.name, "", f"{_NO_SAMPLES[kind]}, left out")
        return
    table = read_table(item.path)
    yield from (Skipped(item.name, f"row {row}", reason) for row, reason in table.bad)
    if not len(table):
        yield Noted(item.name, "", "it has a header and no rows")
        return
    lost = [name for name in VOTES if name not in table.columns]
    if kind == WINDOWS and len(lost) < len(VOTES) and lost:
        own = ", ".join(name for name in table.columns if name not in HEADER) or "none"
        words = f"it has no column {', '.join(lost)}, so none of its votes are read (columns of other names: {own})"
        yield Noted(item.name, "votes", words)
    wrong = _wrong_rows(table, kind)
    yield from (Skipped(item.name, f"row {table.rows[row]}", reason) for row, reason in sorted(wrong.items()))
    use = np.array([row for row in range(len(table)) if row not in wrong], np.int64)
    said = np.stack([table.numbers(column)[use] for column in PREDICTIONS], axis=1)
    if len(use):
        sheets.append(Sheet(item, kind, table, use, said))


def _wrong_rows(table: Table, kind: str) -> dict[int, str]:
    """Rows that can be no sample, each with the first reason why."""
    wrong: dict[int, str] = {}
    for name in (EEG_ID, SUB_ID):
        for row, text in enumerate(table.columns.get(name, ())):
            if not text.isalnum():
                wrong.setdefault(row, f"{name} is {text[:40]!r}, no number of an EEG")
    for name in (OFFSET, SPECTROGRAM_OFFSET) if kind == WINDOWS else ():
        values, texts = table.numbers(name), table.columns.get(name, ())
        # Nothing written is a place that is not told.
        bad = [row for row in np.flatnonzero(~((values >= 0) & (values < 1e7))).tolist() if row < len(texts)]
        for row in (row for row in bad if texts[row]):
            wrong.setdefault(row, f"{name} is {texts[row][:40]!r}, no time in s")
    for name in VOTES if set(VOTES) <= set(table.columns) else ():
        values = as_numbers(table.columns[name])
        for row in np.flatnonzero(~((values >= 0) & (values <= _MOST_VOTES))).tolist():
            text = table.columns[name][row][:40]
            finite = np.isfinite(values[row])
            reason = "negative" if values[row] < 0 else "more than can be right" if finite else "no number"
            wrong.setdefault(row, f"{name} is {text!r}, which is {reason}")
    return wrong


def _join(sheet: Sheet, placed: Sequence[Sheet]) -> tuple[Sheet | None, list[Noted]]:
    """Give predictions to the windows that they are of; the sheet itself where no table here has these windows."""
    where = {key: place for place, key in enumerate(sheet.keys)}
    taken: set[str] = set()
    notes = []
    for other in placed:
        pairs = [(row, where[key]) for row, key in enumerate(other.keys) if key in where]
        if pairs and other.kind == WINDOWS:
            rows, places = np.array(pairs).T
            other.said[rows] = sheet.said[places]
            taken.update(sheet.keys[place] for place in places)
            text = f"its predictions stand with {counted(len(pairs), 'row')} of {other.item.name}"
            notes.append(Noted(sheet.item.name, "", text))
    if not taken:
        return sheet, []
    if len(taken) < len(where):
        text = f"{count(len(where) - len(taken))} of its rows are in no table of windows here, left out"
        notes.append(Noted(sheet.item.name, "", text))
    return None, notes


def _opinions(sheet: Sheet) -> tuple[npt.NDArray[np.float64], list[str | None], list[str]]:
    """Votes (n, 6), the label that the file gives itself, and what is odd about them."""
    count = len(sheet.use)
    notes: list[str] = []
    voted = set(VOTES) <= set(sheet.table.columns)
    votes = np.stack([sheet.numbers(name) for name in VOTES], axis=1) if voted else np.zeros((count, len(CLASSES)))
    none = votes.sum(axis=1) == 0
    if voted and none.any():
        rows = counted(int(none.sum()), "row")
        notes.append(f"votes of {rows} sum to 0 ({first_of(sheet.lines(none))}): without votes")
    by_votes = finding.majority(votes)
    said = [text.lower() for text in sheet.texts(CONSENSUS)]
    if not any(said):
        return votes, by_votes, notes
    unknown = np.array([bool(word) and word not in CLASSES for word in said])
    if unknown.any():
        words = ", ".join(sorted({word for word in said if word and word not in CLASSES})[:4])
        notes.append(
            f"{CONSENSUS} is none of the six classes in {counted(int(unknown.sum()), 'row')} ({words}): by votes there"
        )
    labels = [word if word in CLASSES else vote for word, vote in zip(said, by_votes, strict=True)]
    of_label = np.array([votes[row, CLASSES.index(name)] if name else 0 for row, name in enumerate(labels)])
    parted = ~none & (of_label < votes.max(axis=1)) if voted else np.zeros(count, bool)
    if parted.any():
        rows = counted(int(parted.sum()), "row")
        notes.append(f"{CONSENSUS} is not what most votes say in {rows} ({first_of(sheet.lines(parted))})")
    return votes, labels, notes


@dataclass
class Placed:
    """Where the signals of each row are: files, None where there is none or where its place in it is not known.

    pairs: channels that look exchanged, by the path of the EEG, of those that were looked at.
    """

    eegs: list[Lying | None]
    spectrograms: list[Lying | None]
    start: npt.NDArray[np.float64]
    sstart: npt.NDArray[np.float64]
    notes: list[str]
    pairs: dict[str, exchanged.Pair] = field(default_factory=dict)


def _place(sheet: Sheet, eegs: Shelf, spectrograms: Shelf) -> Placed:
    count = len(sheet.use)
    numbers, pictures = sheet.texts(EEG_ID), sheet.texts(SPECTROGRAM_ID)
    heads = [eegs.find(number) for number in numbers]
    seen = [spectrograms.find(number) if number else None for number in pictures]
    notes = [*_missing(numbers, heads, "EEG", eegs), *_missing(pictures, seen, "spectrogram", spectrograms)]
    if sheet.kind == WHOLES:
        return Placed(heads, seen, np.zeros(count), np.zeros(count), notes)
    if sheet.kind == WINDOWS:
        start, sstart = sheet.numbers(OFFSET), sheet.numbers(SPECTROGRAM_OFFSET)
    else:
        # No place is told: only what is a single window is certain.
        start = np.where([_rows(one) == WINDOW * RATE for one in heads], 0.0, np.nan)
        sstart = np.where([0 < _rows(one) <= COLUMNS for one in seen], 0.0, np.nan)
    for found, known_at, thing in ((heads, start, "EEG"), (seen, sstart, "spectrogram")):
        open_ = sum(one is not None and math.isnan(at) for one, at in zip(found, known_at.tolist(), strict=True))
        if open_:
            stands = "stands in its" if open_ == 1 else "stand in their"
            notes.append(f"where {counted(open_, 'row')} {stands} {thing} is not told")
    return Placed(_at(heads, start), _at(seen, sstart), start, sstart, notes)


def _at(found: Sequence[Lying | None], starts: npt.NDArray[np.float64]) -> list[Lying | None]:
    """The files in which the place of a row is known."""
    return [one if np.isfinite(start) else None for one, start in zip(found, starts.tolist(), strict=True)]


def _rows(one: Lying | None) -> float:
    return one.head.rows if one is not None and one.head is not None else np.nan


def _columns(sheet: Sheet, placed: Placed) -> dict[str, Sequence[Any]]:
    """The columns of the samples: where their signals are, and what is known of them."""
    count = len(sheet.use)
    pictures = sheet.texts(SPECTROGRAM_ID)
    columns: dict[str, Sequence[Any]] = {
        finding.KIND: same("hms", count),
        finding.EEG: [one.path if one is not None else None for one in placed.eegs],
        finding.START: [tell(value) if np.isfinite(value) else None for value in placed.start],
        finding.SECONDS: same(tell(WINDOW), count),
        finding.SPECTROGRAM: [one.path if one is not None else None for one in placed.spectrograms],
        finding.SPECTROGRAM_START: [tell(value) if np.isfinite(value) else None for value in placed.sstart],
        "_ssub": [text or None for text in sheet.texts("spectrogram_sub_id")],
        "recording": sheet.texts(EEG_ID),
        "start": known(placed.start),
        "seconds": same(float(WINDOW), count),
        "rate": same(float(RATE), count),
        "channels": [_channels(one) for one in placed.eegs],
        "eeg_id": sheet.texts(EEG_ID),
        "spectrogram_id": [number or None for number in pictures],
        "missing": [
            eeg is None or (bool(number) and spectrogram is None)
            for eeg, spectrogram, number in zip(placed.eegs, placed.spectrograms, pictures, strict=True)
        ],
    }
    if LABEL_ID in sheet.table.columns:
        columns["label_id"] = [text or None for text in sheet.texts(LABEL_ID)]
    votes = np.stack([sheet.numbers(name) for name in VOTES], axis=1).sum(axis=1)
    # Shares of votes sum to 1 and tell no number.
    if np.isfinite(votes).all() and (votes == np.round(votes)).all() and sheet.kind != PREDICTED:
        columns["votes_total"] = known(votes)
    if placed.pairs:
        columns[exchanged.COLUMN] = [_pair(placed, one) for one in placed.eegs]
    if np.isfinite(sheet.said).any():
        columns |= finding.probability_columns(sheet.said)
    return columns


def _odd(sheet: Sheet, placed: Placed) -> list[str]:
    """Windows that end after their EEG or their spectrogram, and channels that are missing."""
    notes = []
    rows = np.array([_rows(one) for one in placed.eegs])
    shown = np.array([_rows(one) for one in placed.spectrograms])
    ends = np.floor(placed.start * RATE) + WINDOW * RATE, np.floor(placed.sstart / 2) + COLUMNS
    for late, thing in ((ends[0] > rows, "EEG"), (ends[1] > shown, "spectrogram")):
        if late.any():
            rows_late = counted(int(late.sum()), "row")
            notes.append(f"windows of {rows_late} end after their {thing} ({first_of(sheet.lines(late))})")
    lacking = _lacking(placed.eegs)
    return [*notes, lacking] if lacking else notes


def _look(item: Listed, placed: Placed) -> Iterator[Progress | Finding]:
    """EEGs whose values cannot be µV or whose channels look exchanged, of some all over the table.

    To look at each would take as long as to read it. Those that look exchanged are kept with what is placed.
    """
    paths = list(dict.fromkeys(one.path for one in placed.eegs if one is not None))
    some = np.unique(np.linspace(0, len(paths) - 1, min(len(paths), _LOOKED)).astype(np.int64)).tolist()
    units: dict[float, list[str]] = {}
    for done, path in enumerate(paths[place] for place in some):
        yield Progress(done, len(some), "Looking at the values of EEGs")
        try:
            voltages = in_microvolts(read_eeg(item.path.parent / path))
        except Broken:
            continue  # told where it is looked at
        units.setdefault(voltages.factor, []).append(path)
        if (pair := exchanged.of_eeg(voltages.values, RATE)) is not None:
            placed.pairs[path] = pair
    looked = f"of {counted(len(some), 'EEG')} that were looked at, as"
    for factor, odd in units.items():
        if words := factor_words(factor):
            yield Noted(item.name, "", f"{count(len(odd))} {looked} {odd[0]}: {words}")
    if placed.pairs:
        path, pair = next(iter(placed.pairs.items()))
        text = f"{count(len(placed.pairs))} {looked} {path}: {exchanged.words(pair)}; {exchanged.ADVICE}"
        yield Noted(item.name, "channels", text)


def _pair(placed: Placed, one: Lying | None) -> str | None:
    """The channels of an EEG that look exchanged, as far as it was looked at."""
    pair = placed.pairs.get(one.path) if one is not None else None
    return exchanged.short(pair) if pair is not None else None


def _channels(one: Lying | None) -> int | None:
    """How many of our channels an EEG has."""
    if one is None or one.head is None:
        return None
    return sum(place >= 0 for place in one.head.channels)


def _missing(numbers: Sequence[str], found: Sequence[Lying | None], thing: str, shelf: Shelf) -> list[str]:
    """How many files are not there or cannot be read, how many rows need them, and where the first one belongs."""
    rows = [number for number, one in zip(numbers, found, strict=True) if number and one is None]
    if not rows:
        return []
    lost = [number for number in rows if not shelf.holds(number)]
    parts = ((lost, "missing"), ([number for number in rows if shelf.holds(number)], "damaged"))
    told = [(_few_of(numbers, thing, what), numbers[0]) for numbers, what in parts if numbers]
    return [f"{text}: the first would be {shelf.place_of(first)}" if lost and first == lost[0] else text
            for text, first in told]  # fmt: skip


def _few_of(numbers: Sequence[str], thing: str, what: str) -> str:
    """So many files of these numbers, and rows that need them, are what is told."""
    files = len(set(numbers))
    return f"{counted(files, thing)} {'is' if files == 1 else 'are'} {what}, with {counted(len(numbers), 'row')}"


def _lacking(heads: Sequence[Lying | None]) -> str:
    """What channels are missing in how many EEGs."""
    lacks: Mapping[str, set[str]] = {name: set() for name in CHANNELS}
    for path, head in {one.path: one.head for one in heads if one is not None}.items():
        for name, place in zip(CHANNELS, head.channels if head is not None else (), strict=head is not None):
            if place < 0:
                lacks[name].add(path)
    told = [f"{name} in {len(paths)}" for name, paths in lacks.items() if paths]
    return f"channels are missing in EEGs: {', '.join(told)}" if told else ""
