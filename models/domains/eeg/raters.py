"""Matrices of raters: what each of many people said of each segment, without the segments themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Found, Noted, Skipped
from models.domains.eeg import finding
from models.domains.eeg.broken import Broken
from models.domains.eeg.constants import CLASSES, LABELLED, SPARCNET
from models.domains.eeg.finding import Listed, counted, majority, same, tell
from models.domains.eeg.matfile import MatFile, numbers, texts

Codes = npt.NDArray[np.int8]
#: The number of a class in such a file, as the place in our order.
_PLACES = np.array([CLASSES.index(name) for name in SPARCNET])


@dataclass(frozen=True)
class Patients:
    """Sex and age of patients by their name."""

    sex: Mapping[str, str]
    age: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Matrix:
    """codes: the place of the class that each rater said in our order, −1 for none, (segments, raters)."""

    item: Listed
    file: MatFile
    codes: Codes
    raters: tuple[str, ...]


def is_matrix(file: MatFile) -> bool:
    """Whether a file is a matrix of segments and raters."""
    return "Y" in file.variables and bool({"keys", "rater124"} & {*file.variables})


def is_list(file: MatFile) -> bool:
    """Whether a file is a table of recordings or patients alone."""
    return [*file.variables] == ["res"] and file.variables["res"].kind == "cell"


def scan_matrices(items: Sequence[tuple[Listed, MatFile]]) -> Iterator[Finding]:
    """The samples of matrices and the lists beside them, all of one folder."""
    patients = Patients({}, {})
    for item, file in items:
        if is_list(file):
            found = _patients(file)
            yield Noted(item.name, "", _told(file, found))
            patients = found or patients
    matrices = []
    for item, file in items:
        if is_matrix(file):
            try:
                matrices.append(Matrix(item, file, _codes(file), _raters(file)))
            except Broken as reason:
                yield Skipped(item.name, "", str(reason))
    keyed = [one for one in matrices if "keys" in one.file.variables]
    names: tuple[str, ...] = ()
    for one in sorted(matrices, key=lambda one: one in keyed):
        twin = next((other for other in keyed if other is not one and one not in keyed and _agree(one, other)), None)
        if twin is None:
            yield from _scan_matrix(one, one.raters or names, patients)
        else:
            names = one.raters
            text = f"it says the votes of {twin.item.name} in another order: only the names of raters are taken"
            yield Noted(one.item.name, "", text)


def _agree(one: Matrix, other: Matrix) -> bool:
    """Whether two matrices hold the same rows in some order."""
    if one.codes.shape != other.codes.shape:
        return False
    # No byte may be 0: text of a fixed width ends there.
    first, second = (np.sort((each.codes + 2).view(f"S{each.codes.shape[1]}").ravel()) for each in (one, other))
    return bool(np.array_equal(first, second))


def _codes(file: MatFile) -> Codes:
    """What each rater said of each segment. Raises Broken."""
    values = file.read("Y")
    if values.ndim != 2 or values.dtype.kind not in "fiu" or not values.size:
        raise Broken("Y is no matrix of segments and raters")
    rows, people = np.nonzero(np.isfinite(values))
    said = values[rows, people]
    wrong = np.flatnonzero((said < 0) | (said >= len(SPARCNET)) | (said != np.floor(said)))
    if len(wrong):
        raise Broken(f"Y holds {said[wrong[0]]:g} in row {rows[wrong[0]] + 1}, which is no class from 0 to 5")
    codes = np.full(values.shape, -1, np.int8)
    codes[rows, people] = _PLACES[said.astype(np.int64)]
    return codes


def _raters(file: MatFile) -> tuple[str, ...]:
    """The names of the raters in the order of the columns, () where the file tells none."""
    if "rater124" not in file.variables:
        return ()
    names = texts(file.read("rater124").reshape(-1))
    count = file.variables["Y"].shape[1]
    return tuple(names) if len(names) == count and len({*names, ""}) == count + 1 else ()


def _scan_matrix(matrix: Matrix, raters: Sequence[str], patients: Patients) -> Iterator[Finding]:
    item, file, codes = matrix.item, matrix.file, matrix.codes
    count, people = codes.shape
    if len(raters) != people:
        digits = max(3, len(str(people)))
        raters = [f"rater{number:0{digits}d}" for number in range(1, people + 1)]
    keys = _keys(file, count)
    votes = np.stack([(codes == place).sum(axis=1) for place in range(len(CLASSES))], axis=1).astype(np.float64)
    yield from _check_sums(item, file, votes)
    groups = [key.rpartition("_")[0].removeprefix("sparcnet_") or key for key in keys]
    labels = majority(votes)
    split = sum(label is None for label in labels)
    if split:
        told = f"votes of {counted(split, 'segment')} are split evenly: no label of their own"
        yield Noted(item.name, "", told)
    columns = _columns(keys, votes)
    if "keys" in file.variables:
        columns["patient"] = groups
    if patients.sex:
        columns["sex"] = [patients.sex.get(group) for group in groups]
        columns["age"] = [patients.age.get(group) for group in groups]
    yield Found(
        item.path,
        item.name,
        keys,
        groups,
        # "" tells that there is none: else the word of one rater would hold where votes are split.
        labels=[label or "" for label in labels],
        votes=_said(codes, raters),
        tallies=same({}, count),
        columns=columns,
        beside=True,
    )


def _columns(keys: Sequence[str], votes: npt.NDArray[np.float64]) -> dict[str, Sequence[Any]]:
    """What is known of segments by their names and votes (n, classes) alone."""
    count = len(keys)
    return {
        finding.KIND: same("matrix", count),
        finding.ROW: [str(row) for row in range(count)],
        finding.SECONDS: same(tell(LABELLED), count),
        "recording": keys,
        "seconds": same(float(LABELLED), count),
        "votes_total": votes.sum(axis=1).tolist(),
        "missing": same(True, count),
    }


def _said(codes: Codes, raters: Sequence[str]) -> list[dict[str, str]]:
    """What each rater said of each segment."""
    votes: list[dict[str, str]] = [{} for _ in range(len(codes))]
    rows, people = np.nonzero(codes >= 0)
    for row, rater, place in zip(rows.tolist(), people.tolist(), codes[rows, people].tolist(), strict=True):
        votes[row][raters[rater]] = CLASSES[place]
    return votes


def _keys(file: MatFile, count: int) -> list[str]:
    """The key of each segment: its name, else its row."""
    keys = texts(file.read("keys").reshape(-1)) if "keys" in file.variables else []
    if keys and (len(keys) != count or not all(keys)):
        raise Broken(f"it names {len(keys)} segments where its matrix has {count}")
    return keys or [f"row{row}" for row in range(1, count + 1)]


def _check_sums(item: Listed, file: MatFile, votes: npt.NDArray[np.float64]) -> Iterator[Noted]:
    """Whether the counts that a file gives beside are those of its matrix."""
    if "V" not in file.variables:
        return
    sums = file.read("V")
    if sums.shape != votes.shape:
        yield Noted(item.name, "V", "these counts do not fit the matrix and are not used")
        return
    other = (finding.ordered(sums.astype(np.float64), SPARCNET) != votes).any(axis=1)
    if other.any():
        rows = counted(int(other.sum()), "segment")
        yield Noted(item.name, "V", f"the counts of {rows} are not those of the matrix, which holds")


def _patients(file: MatFile) -> Patients | None:
    """Sex and age by patient, None for a list of another layout."""
    rows = file.read("res")
    if rows.ndim != 2 or rows.shape[1] < 3:
        return None
    names, sexes, ages = texts(rows[:, 0]), texts(rows[:, 1]), numbers(rows[:, 2])
    if not {sex.lower() for sex in sexes} <= {"male", "female", "m", "f", "", "unknown", "other"}:
        return None
    sex = {name: word.lower() for name, word in zip(names, sexes, strict=True) if name and word}
    age = {name: float(years) for name, years in zip(names, ages, strict=True) if name and 0 <= years < 130}
    return Patients(sex, age)


def _told(file: MatFile, found: Patients | None) -> str:
    count = file.variables["res"].shape[0]
    if found is None:
        return f"a list of {count} recordings, which holds no samples"
    return f"a list of {count} patients: sex and age stand with the segments beside it"
