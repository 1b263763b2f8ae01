"""A rater's session on a long recording: steps of two seconds, a model's word, a map, what was said and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Found, Noted, Skipped
from models.domains.eeg import finding
from models.domains.eeg.broken import Broken
from models.domains.eeg.constants import BINS, CLASSES, COLUMNS, RATE, REGIONS, SPARCNET
from models.domains.eeg.finding import Listed, known, ordered, same, tell
from models.domains.eeg.iiic import read_strips
from models.domains.eeg.matfile import MatFile, numbers, open_mat, texts
from models.domains.eeg.table import read_names

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Seconds of a step, and of the window around it that the model was shown.
STEP, SEEN = 2.0, 10.0
#: The phases in which a rater's labels are kept, by the end of a file's name; the last one holds.
PHASES = ("initial", "clusters", "final")
_SPECTRA, _SCORES = "_spect", "_score"


@dataclass(frozen=True)
class Steps:
    """The steps of a session: recording and number of each, (n,) from 0, and what is known of them by column."""

    recordings: list[str]
    numbers: npt.NDArray[np.int64]
    said: Numbers


def is_session(file: MatFile) -> bool:
    """Whether a file is of such a session: the map of its steps, or a phase of its labels."""
    return "Y_model" in file.variables and bool({"Vxy", "LUT"} & {*file.variables})


def is_spectra(file: MatFile) -> bool:
    """Whether a file holds the spectrograms of a whole recording."""
    return {"Sdata", "stimes"} <= {*file.variables} and "seg_10sec" not in file.variables


def is_scores(item: Listed) -> bool:
    """Whether a table of text is one of a model's probabilities alone: six numbers and no header."""
    try:
        names = read_names(item.path)
        first = [float(name) for name in names]
    except (Broken, ValueError):
        return False
    return len(first) == len(SPARCNET) and min(first) >= 0 and abs(sum(first) - 1) < 0.01


def read_scores(item: Listed) -> Numbers:
    """The probabilities of each step in our order, (n, 6). Raises Broken."""
    try:
        values = np.loadtxt(item.path, delimiter=",", ndmin=2)
    except ValueError as error:
        raise Broken(f"it is no table of six probabilities a row ({error})") from error
    if values.shape[1] != len(SPARCNET) or not (np.isfinite(values) & (values >= 0)).all():
        raise Broken("it is no table of six probabilities a row")
    return ordered(values, SPARCNET)


def scan_session(files: Sequence[tuple[Listed, MatFile]], scores: Sequence[Listed]) -> Iterator[Finding]:
    """The samples of one folder: those of a session with all that lies beside, else those of each table alone."""
    spectra = {_stem(item, _SPECTRA): item for item, file in files if is_spectra(file)}
    sessions = [(item, file) for item, file in files if is_session(file)]
    covered: list[Numbers] = []
    if sessions:
        yield from _scan_steps(sessions, spectra, covered)
    for item in scores:
        try:
            said = read_scores(item)
        except Broken as reason:
            yield Skipped(item.name, "", str(reason))
            continue
        if any(_within(said, steps) for steps in covered):
            yield Noted(item.name, "", f"its {len(said)} probabilities stand with the steps of the session beside it")
        else:
            yield from _scan_scores(item, said, spectra)
    used = {_stem(item, _SCORES) for item in scores}
    for stem, item in spectra.items():
        if sessions or stem in used:
            yield Noted(item.name, "", "it is shown with the steps beside it")
        else:
            yield Noted(item.name, "", "spectrograms of a recording whose steps are not here, left out")


def _stem(item: Listed, end: str) -> str:
    return item.path.stem.removesuffix(end)


def _within(said: Numbers, steps: Numbers) -> bool:
    """Whether these rows stand in one run among the steps."""
    if not len(said) or len(said) > len(steps):
        return False
    starts = np.flatnonzero((np.abs(steps[: len(steps) - len(said) + 1] - said[0]) < 1e-6).all(axis=1))
    return any(np.allclose(steps[start : start + len(said)], said, atol=1e-6) for start in starts)


def _scan_steps(
    sessions: Sequence[tuple[Listed, MatFile]], spectra: Mapping[str, Listed], covered: list[Numbers]
) -> Iterator[Finding]:
    """One sample a step, of the map where there is one, with the labels of all phases."""
    maps = [(item, file) for item, file in sessions if "Vxy" in file.variables]
    phases = [(phase, item, file) for phase in PHASES for item, file in sessions if _phase(item) == phase]
    others = [(item, file) for item, file in sessions if (item, file) not in maps and not _phase(item)]
    item, file = next(iter([*maps, *((item, file) for _, item, file in reversed(phases)), *others]))
    try:
        steps = _steps(file)
    except Broken as reason:
        yield Skipped(item.name, "", str(reason))
        return
    covered += [steps.said[[row for row, name in enumerate(steps.recordings) if name == one]] for one in _unique(steps)]
    count = len(steps.recordings)
    columns = _columns(steps, spectra)
    if "Vxy" in file.variables and file.variables["Vxy"].shape == (count, 2):
        x, y = file.read("Vxy").astype(np.float64).T
        columns |= {"x": known(x), "y": known(y)}
    tables = [*phases, *(("labels", *one) for one in others if one[1] is not file)]
    labels, votes, findings = _labelled(item, tables, columns, count)
    yield from findings
    for other, _ in maps[1:]:
        yield Noted(other.name, "", f"a second map beside {item.name}, left out")
    yield Found(
        item.path,
        item.name,
        [f"{name}/{number + 1}" for name, number in zip(steps.recordings, steps.numbers.tolist(), strict=True)],
        same(item.path.stem.partition("_")[0], count),
        labels=labels,
        votes=votes if any(votes) else (),
        tallies=same({}, count),
        columns=columns,
        beside=True,
    )


def _labelled(
    item: Listed, tables: Sequence[tuple[str, Listed, MatFile]], columns: dict[str, Sequence[Any]], count: int
) -> tuple[list[str | None], list[dict[str, str]], list[Finding]]:
    """The labels of the last phase and the votes by hand, each phase as a column too; and what is told of them."""
    labels: list[str | None] = [None] * count
    votes: list[dict[str, str]] = [{} for _ in range(count)]
    findings: list[Finding] = []
    for phase, source, labelled in tables:
        try:
            told = _labels(labelled, count)
            if told is None:
                continue
            labels = told
            columns[f"label_{phase}"] = told
            columns |= _by_hand(labelled, votes)
        except Broken as reason:
            findings.append(Skipped(source.name, "", str(reason)))
            continue
        if source is not item:
            findings.append(Noted(source.name, "", f"its labels stand with the steps of {item.name}"))
    return labels, votes, findings


def _phase(item: Listed) -> str:
    return next((phase for phase in PHASES if item.path.stem.lower().endswith(phase)), "")


def _unique(steps: Steps) -> list[str]:
    return list(dict.fromkeys(steps.recordings))


def _steps(file: MatFile) -> Steps:
    """Recording and number of each step. Raises Broken."""
    said = file.read("Y_model").astype(np.float64)
    if said.ndim != 2 or said.shape[1] != len(SPARCNET) or not len(said):
        raise Broken("Y_model is no table of six probabilities a row")
    parts = np.ones(len(said), np.int64)
    names: dict[int, str] = {}
    if "idx_epoch" in file.variables and file.variables["idx_epoch"].shape[0] == len(said):
        parts = file.read("idx_epoch").reshape(-1).astype(np.int64)
    elif "LUT" in file.variables:
        rows = _lut(file, len(said))
        parts = np.nan_to_num(numbers(rows[:, 0]), nan=1).astype(np.int64)
    if "fileMapping" in file.variables:
        mapping = file.read("fileMapping")
        told = texts(mapping[:, -1]) if mapping.dtype == object and mapping.ndim == 2 else []
        names = {place + 1: name for place, name in enumerate(told) if name}
    recordings = [names.get(part, f"recording{part}") for part in parts.tolist()]
    order = np.zeros(len(said), np.int64)
    for part in np.unique(parts):
        of_part = np.flatnonzero(parts == part)
        order[of_part] = np.arange(len(of_part))
    return Steps(recordings, order, ordered(said, SPARCNET))


def _lut(file: MatFile, count: int) -> npt.NDArray[Any]:
    rows = file.read("LUT")
    if rows.dtype != object or rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] < 5:
        raise Broken(f"its table of labels has not the {count} steps of the session")
    return rows


def _columns(steps: Steps, spectra: Mapping[str, Listed]) -> dict[str, Sequence[Any]]:
    count = len(steps.recordings)
    start = STEP * steps.numbers
    # The middle of a step is that of the ten minutes around it.
    first = start + STEP / 2 - (COLUMNS - 1)
    pictures = [spectra[name].path.name if name in spectra else None for name in steps.recordings]
    return {
        finding.KIND: same("session", count),
        finding.START: [tell(value) for value in start],
        finding.SECONDS: same(tell(STEP), count),
        finding.SPECTROGRAM: pictures,
        finding.SPECTROGRAM_START: [tell(value) for value in first],
        finding.ROW: [str(row) for row in range(count)],
        "recording": steps.recordings,
        "start": start.tolist(),
        "seconds": same(STEP, count),
        "rate": same(float(RATE), count),
        "missing": [picture is None for picture in pictures],
        **finding.probability_columns(steps.said),
    }


def _labels(file: MatFile, count: int) -> list[str | None] | None:
    """The label of each step in one phase, None where the file tells none."""
    if "LUT" not in file.variables:
        return None
    words = [word.lower() for word in texts(_lut(file, count)[:, 4])]
    wrong = sorted({word for word in words if word and word not in CLASSES})
    if wrong:
        raise Broken(f"it holds labels that are none of the six classes: {', '.join(wrong[:4])}")
    return [word or None for word in words]


def _by_hand(file: MatFile, votes: list[dict[str, str]]) -> dict[str, Sequence[Any]]:
    """When each step was labelled by hand; what was said stands in `votes`, the last word of the rater holds."""
    if "idxReal" not in file.variables:
        return {}
    rows = file.read("idxReal")
    if rows.dtype != object or rows.ndim != 2 or rows.shape[1] < 3:
        raise Broken("its list of what was labelled by hand cannot be read")
    name = str(file.read("rater").reshape(-1)[0]).strip() if "rater" in file.variables else ""
    when: list[str | None] = [None] * len(votes)
    for place, word, at in zip(numbers(rows[:, 0]), texts(rows[:, 1]), texts(rows[:, 2]), strict=True):
        if 1 <= place <= len(votes) and word.lower() in CLASSES:
            votes[int(place) - 1][name or "rater"] = word.lower()
            when[int(place) - 1] = at or None
    return {"labelled_at": when} if any(when) else {}


def _scan_scores(item: Listed, said: Numbers, spectra: Mapping[str, Listed]) -> Iterator[Finding]:
    """The steps of a table of probabilities that no session covers."""
    stem = _stem(item, _SCORES)
    # The first window of ten seconds has its middle on the third step.
    numbers_ = np.arange(len(said)) + int((SEEN / 2 - STEP / 2) / STEP)
    steps = Steps(same(stem, len(said)), numbers_, said)
    keys = [str(number + 1) for number in numbers_.tolist()]
    groups = same(stem.partition("_")[0], len(said))
    yield Found(item.path, item.name, keys, groups, labels=same(None, len(said)), columns=_columns(steps, spectra))


def read_spectra(path: Any) -> tuple[Numbers, Floats]:
    """Times (n,) in s and power (4, 100, n) of a whole recording. Raises Broken."""
    file = open_mat(path)
    strips = read_strips(file)
    times = file.read("stimes").reshape(-1).astype(np.float64)
    width = min(len(times), *(strip.shape[1] for strip in strips.values()))
    if not width or (np.diff(times[:width]) <= 0).any():
        raise Broken("the times of its spectrogram do not rise")
    power = np.stack([strips[name][:, :width] for name in REGIONS])
    return times[:width], power.reshape(len(REGIONS), BINS, width)
