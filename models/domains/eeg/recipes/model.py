"""What all recipes of EEG share: what is learnt of the votes, which windows are there, marks of what was computed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Predict, Recipe, Setting, Task
from models.domains.eeg import finding
from models.domains.eeg.bad_channels import bad_told
from models.domains.eeg.choices import Steps
from models.domains.eeg.familiar import known_from
from models.domains.eeg.inner import path_of, text_of
from models.domains.eeg.signals import TOGETHER, Signals, read_signals
from models.errors import UserError
from models.job import Progress
from models.learn.fitted import Model, concluded, filled, narrowed, recipe_of, seeing
from models.learn.kept import Marks, marks_of, state_of
from models.learn.settings import BALANCE, CommonParams
from models.learn.temperature import apply_temperature
from models.params import Note
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Learn = Callable[[Task], Generator[Progress, None, Model]]
Judge = Callable[[Model, Signals, Setting], Judged]


@dataclass(frozen=True)
class EegParams(CommonParams, Steps):
    """What every recipe of EEG has: how votes are learnt from, and what is done to windows before."""

    balance: Annotated[str, BALANCE] = "none"
    target: Annotated[
        str,
        Note(
            "What is learnt: the shares of all votes, or the class with most of them",
            choices=("votes", "majority"),
            section="Votes",
        ),
    ] = "votes"
    vote_weight: Annotated[
        str,
        Note(
            "How much a window counts: all alike, by the number of its votes, or by the logarithm of that",
            choices=("none", "count", "log"),
            section="Votes",
            short="weight by votes",
        ),
    ] = "log"
    min_votes: Annotated[
        int,
        Note("Windows with fewer votes are not learnt from; 0 takes all", low=0, high=1000, section="Votes"),
    ] = 0


def make_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    judge: Judge,
    takes: tuple[str, ...],
    score: Predict | None = None,
    vectors: Predict | None = None,
    **others: Any,
) -> Recipe:
    """A Recipe of functions on signals.

    learn(task) gets a task whose targets and weights are as the parameters want them, and passes over windows in which
    nothing is to be seen. judge(model, signals, setting) gives uncalibrated probabilities and vectors of the signals
    that `takes` names, for samples as for requests; NaN where nothing is to be seen. score and vectors do the same for
    samples where what is computed of them is kept.
    """
    scored = score or (lambda model, samples, setting: _of_samples(judge, takes, model, samples, setting).probabilities)
    placed = vectors or (lambda model, samples, setting: _of_samples(judge, takes, model, samples, setting).vectors)

    def fit(task: Task) -> Generator[Progress, None, Model]:
        wanted = voted(task)
        setting = Setting(task.device, task.cache)
        model = yield from learn(wanted)
        model.arrays |= known_from(wanted, lambda rows: placed(model, wanted.samples.take(rows), setting))
        return concluded(model, name, wanted, lambda: filled(scored(model, wanted.samples.take(wanted.val), setting)))

    def judged(model: Model, signals: Signals, setting: Setting) -> Judged:
        found = judge(model, signals, setting)
        return replace(found, probabilities=apply_temperature(found.probabilities, model.temperature))

    return recipe_of(name, title, params, fit, scored, embed=placed, judge=judged, takes=takes, **others)


def _of_samples(judge: Judge, takes: tuple[str, ...], model: Model, samples: Samples, setting: Setting) -> Judged:
    """What a model makes of samples, some at a time."""
    rows = np.arange(len(samples))
    parts = [
        judge(model, read_signals(samples, rows[start : start + TOGETHER], takes), setting)
        for start in range(0, max(len(rows), 1), TOGETHER)
    ]
    shares = np.concatenate([part.probabilities for part in parts])
    return Judged(shares, np.concatenate([part.vectors for part in parts]))


def voted(task: Task) -> Task:
    """The task with targets, weights and training rows as its parameters want the votes to be learnt from.

    Raises UserError where no window has enough votes.
    """
    params, targets = task.params, task.targets
    if params.target == "majority":
        targets = _standing(task)
    if task.votes is None:
        return replace(task, targets=targets)
    weights = weighted(task.weights, task.votes, params.vote_weight)
    kept = task.votes[task.train] >= params.min_votes
    if not kept.any():
        most = float(task.votes[task.train].max(initial=0))
        raise UserError(
            f"no window of the training side has {params.min_votes} votes, the most is {most:g}. Give fewer min_votes."
        )
    return narrowed(replace(task, targets=targets, weights=weights), kept, np.ones(len(task.val), bool))


def _standing(task: Task) -> Floats:
    """The class of each window that stands as a target of its own, (n, classes): of split votes what was settled.

    Where nobody voted and nothing stands, and where votes are split and nothing is settled, it is zeros.
    """
    shares = task.targets
    top = shares.max(axis=1, initial=0)
    alone = ((shares == top[:, None]).sum(axis=1) == 1) & (top > 0)
    codes = np.where(alone, shares.argmax(axis=1), -1) if task.codes is None else task.codes
    return np.asarray(np.eye(shares.shape[1])[codes] * (codes >= 0)[:, None], np.float32)


def readable(task: Task, train: Mask, val: Mask) -> Task:
    """The task on windows in which there is something to be seen. UserError where these tell no two classes."""
    lost = "no EEG of the labelled windows can be read, so nothing can be learnt. Bring their files and locate them."
    return seeing(task, train, val, lost, "windows")


def weighted(weights: Floats, votes: npt.NDArray[np.float64], rule: str) -> Floats:
    """Weights of samples times what their votes are worth; a window without a count counts as one vote."""
    if rule == "none":
        return weights
    count = np.maximum(votes, 1)
    return np.asarray(weights * (count if rule == "count" else np.log2(1 + count)), np.float32)


def able(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are windows that have their EEG, (n,): recordings as a whole are none."""
    if finding.EEG not in samples.names:
        return np.zeros(len(samples), bool)
    found = ~wholes(samples)
    found &= np.array([bool(text) for text in samples.table.column(finding.EEG).to_pylist()], bool)
    return found


def wholes(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are recordings as a whole, (n,)."""
    if finding.WHOLE not in samples.names:
        return np.zeros(len(samples), bool)
    return np.array([bool(text) for text in samples.table.column(finding.WHOLE).to_pylist()], bool)


def marks(samples: Samples, rows: Index, of: str, spectrograms: bool = False) -> Marks:
    """What tells each window from every other one, and what is computed of it (`of`) from anything else, (n,).

    spectrograms: it is computed of those of the sources too.
    """
    files = (finding.EEG, finding.SPECTROGRAM) if spectrograms else (finding.EEG,)
    places = (finding.START, finding.SECONDS, finding.ROW, *((finding.SPECTROGRAM_START,) if spectrograms else ()))
    states: dict[str, str] = {}

    def state(path: Path | None) -> str:
        place = str(path)
        if place not in states:
            states[place] = state_of(path) if path is not None else ""
        return states[place]

    def bad(row: int) -> tuple[str, ...]:
        names, table = bad_told(samples, row)
        if names is not None:
            return (f"bad {','.join(names)}",) if names or table else ()
        return (f"bad {state(table)}",) if table is not None else ()

    def texts() -> Iterator[str]:
        for row in np.asarray(rows).tolist():
            held = [state(path_of(samples, row, name)) for name in files]
            yield "|".join((of, *held, *(text_of(samples, row, name) for name in places), *bad(row)))

    return marks_of(texts())
