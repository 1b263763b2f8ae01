"""Acoustic measures of recordings and a linear model: each recording by itself, or one row a speaker."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Reasons, Setting, Task
from models.domains.voice.measures import FAMILIES, NAMES, places_of
from models.errors import UserError
from models.job import Progress, finish
from models.learn.fitted import Model, concluded, filled, keep_part, narrowed, part_of, recipe_of, refuse_unseen
from models.learn.settings import CommonParams
from models.params import Note
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
NAME = "acoustic"
RECORDING, SPEAKER = "recording", "speaker"
#: Standardised measures stay inside this.
FAR = 10.0


@dataclass(frozen=True)
class AcousticParams(CommonParams):
    """Which measures, what a row is, and how strong the model is."""

    families: Annotated[
        tuple[str, ...],
        Note("Measures that are learnt from", choices=FAMILIES, section="Data", label="Measures", empty="all"),
    ] = ()
    unit: Annotated[
        str,
        Note(
            "What is learnt from: each recording, or the mean of all recordings of a speaker, "
            "which then have one answer",
            choices=(RECORDING, SPEAKER),
            section="Data",
            label="One row for each",
        ),
    ] = RECORDING
    strength: Annotated[
        float, Note("Inverse ridge penalty C of the linear model", low=1e-6, high=1e3, section="Model")
    ] = 0.01


def fit(task: Task) -> Generator[Progress, None, Model]:
    """Measure the recordings and fit the linear model; what a measure lacks is its median over the training rows."""
    from models.learn.tabular import fit_linear, lesson

    params: AcousticParams = task.params
    chosen = places_of(params.families)
    rows = np.unique(np.concatenate([task.train, task.val]))
    measured = yield from _described(task.samples, rows, params.unit, task)
    heard = told(measured)
    task = _audible(task, heard[np.searchsorted(rows, task.train)])
    taught = lesson(task if params.unit == RECORDING else _by_speaker(task))
    raw = measured[np.searchsorted(rows, taught.rows)][:, chosen]
    middle = medians(raw)
    x = completed(raw, middle)
    targets = np.eye(len(task.classes), dtype=np.float32)[taught.codes]
    linear = yield from fit_linear(x, targets, taught.weights, params.strength)
    arrays: dict[str, npt.NDArray[Any]] = {"middle": middle, "present": taught.present}
    arrays |= keep_part("linear", linear.arrays)
    facts = {"measures": [NAMES[place] for place in chosen], "unit": params.unit, "unheard": int((~heard).sum())}
    model = Model(NAME, task.classes, facts, arrays)
    return concluded(model, NAME, task, lambda: filled(_answers(model, measured[np.searchsorted(rows, task.val)])))


def _audible(task: Task, heard: npt.NDArray[np.bool_]) -> Task:
    """The task on recordings that can be heard. UserError where these tell no two classes."""
    from models.domains.voice.measured import why_unheard

    if not heard.all():
        why = why_unheard(task.samples, task.train[~heard])
        if not heard.any():
            raise UserError(
                f"none of the labelled samples is a recording that can be measured: {why}. Bring recordings in which "
                "somebody is heard, or train another recipe on images and tables."
            )
        refuse_unseen(task, heard, "recordings", f"nothing can be measured: {why}. Bring them anew, or leave them out.")
    return narrowed(task, heard, np.ones(len(task.val), bool))


def _by_speaker(task: Task) -> Task:
    """The task on one row for each speaker and class, which counts as its recordings do on the mean."""
    codes, names = task.samples.group_codes()
    classes = task.targets.argmax(axis=1)
    found, first = np.unique(codes[task.train], return_index=True)
    for code in found.tolist():
        if len(np.unique(classes[task.train][codes[task.train] == code])) > 1:
            raise UserError(
                f"{names[code]} has recordings of several classes, so that a speaker cannot be one row. "
                "Give unit = recording."
            )
    draw = None if task.draw is None else task.draw[first] / max(float(task.draw[first].sum()), 1e-12)
    return replace(task, train=task.train[first], draw=draw)


def _described(samples: Samples, rows: Index, unit: str, place: Task | Setting) -> Generator[Progress, None, Floats]:
    """The measures of samples at these rows, or the means of all recordings of their speakers, (n, 81)."""
    from models.domains.voice.measured import measure_rows

    own = yield from measure_rows(samples, rows, place.cache)
    if unit == RECORDING or not len(rows):
        return own
    every = samples.population
    wanted = np.array(samples.column("group")[rows], object)
    groups = np.array(every.column("group"), object)
    there = np.flatnonzero(np.isin(groups.astype(str), wanted.astype(str)))
    found = yield from measure_rows(every, there, place.cache)
    means = {name: _mean(found[groups[there] == name]) for name in dict.fromkeys(wanted.tolist())}
    out = np.stack([means[name] for name in wanted.tolist()])
    # What is no longer among the others speaks for itself.
    return np.where(told(out)[:, None], out, own)


def told(table: Floats) -> npt.NDArray[np.bool_]:
    """Which rows (n, d) tell anything, (n,)."""
    return np.asarray(np.isfinite(table).any(axis=1), bool)


def _mean(table: Floats) -> Floats:
    """The mean of each column over what is told of it, NaN where nothing is."""
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def medians(x: Floats) -> Floats:
    """The median of each column over what is told of it; 0 of a column that is told nowhere."""
    known = told(x.T)
    out = np.zeros(x.shape[1], np.float32)
    out[known] = np.nanmedian(x[:, known], axis=0)
    return out


def completed(x: Floats, middle: Floats) -> Floats:
    """Columns with their median where nothing is told."""
    return np.where(np.isfinite(x), x, middle).astype(np.float32)


def prepare(model: Model, samples: Samples, setting: Setting) -> Generator[Progress, None, Floats]:
    """Measure samples, for all that follows."""
    return (yield from _described(samples, np.arange(len(samples)), str(model.facts["unit"]), setting))


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Uncalibrated probabilities, (n, classes); all classes alike where nothing is heard."""
    return filled(_answers(model, finish(prepare(model, samples, setting))))


def _answers(model: Model, measured: Floats) -> Floats:
    """Probabilities of measures (n, 81), NaN where nothing is told."""
    from models.learn.tabular import Linear, softmax, spread

    present = model.arrays["present"]
    scores = Linear(part_of(model, "linear")).scores(_input(model, measured))[:, present]
    out = spread(softmax(scores), present, len(model.classes))
    out[~told(measured)] = np.nan
    return out


def _input(model: Model, measured: Floats) -> Floats:
    """What the linear model is given of measures (n, 81)."""
    places = [NAMES.index(name) for name in model.facts["measures"]]
    return completed(measured[:, places], np.asarray(model.arrays["middle"], np.float32))


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Standardised measures, (n, d); 0 where nothing is heard."""
    measured = finish(prepare(model, samples, setting))
    linear = part_of(model, "linear")
    z = np.clip((_input(model, measured) - linear["mean"]) / linear["scale"], -FAR, FAR)
    z[~told(measured)] = 0
    return np.asarray(z, np.float32)


def reasons(model: Model, samples: Samples, rows: Index, background: Index, setting: Setting) -> Reasons:
    """What each measure adds to the score of the class that these rows got: weight times distance from the background.

    Scores are less their mean over the classes; what is explained is exact, for the model is linear.
    """
    measured, others = (finish(prepare(model, samples.take(part), setting)) for part in (rows, background))
    lost = int((~told(measured)).sum())
    if lost:
        from models.domains.voice.measured import why_unheard

        why = why_unheard(samples.take(rows), np.flatnonzero(~told(measured)))
        raise UserError(f"{lost} of {len(measured)} samples cannot be measured: {why}. Leave them out.")
    others = others[told(others)]
    linear = {name: np.asarray(values, np.float64) for name, values in part_of(model, "linear").items()}
    present = model.arrays["present"]
    weights = (linear["weight"] / linear["scale"][:, None])[:, present]
    weights = weights - weights.mean(axis=1, keepdims=True)
    bias = linear["bias"][present] - linear["bias"][present].mean()
    middle = _input(model, others).mean(axis=0, dtype=np.float64)
    base = bias + (middle - linear["mean"]) @ weights
    x = _input(model, measured)
    given = ((x - linear["mean"]) @ weights + bias).argmax(axis=1)
    values = (x - middle) * weights[:, given].T
    classes = tuple(model.classes[place] for place in np.asarray(present)[given].tolist())
    return Reasons(classes, tuple(model.facts["measures"]), values, base[given], "score", "exact, linear")


ACOUSTIC = recipe_of(
    NAME, "Acoustic measures", AcousticParams, fit, score, embed=vectors, reasons=reasons, prepare=prepare,
    presets={
        "speaker": {"unit": SPEAKER},
        "lean": {"unit": SPEAKER, "families": ["mfcc means", "formants", "tilt"]},
    },
)  # fmt: skip
