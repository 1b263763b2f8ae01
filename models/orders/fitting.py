"""Fits one recipe on rows of a plan, keeps and loads models, predicts in whole groups."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Recipe, Setting, Task
from models.errors import Cancelled, UserError
from models.job import Progress, Steps
from models.learn.balance import Balanced, balance_rows
from models.learn.save import read_json, trusting
from models.learn.temperature import apply_temperature, fit_temperature
from models.learn.words import plural
from models.orders.naming import find_recipe
from models.orders.plan import Plan
from models.sample import Samples

T = TypeVar("T")

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: What a damaged or hostile model makes the libraries raise.
_DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError, OSError)
#: About so many samples are predicted between two signs of life.
CHUNK = 20_000


@dataclass
class Seen:
    """What passed by while a fit ran: numbers of each epoch, log lines, rows of a table, whether it was cancelled, and
    notes for people, each once."""

    curves: list[dict[str, float]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False
    notes: list[str] = field(default_factory=list)

    def hear(self, note: str) -> None:
        """A note for people, into the log too; again is none."""
        if note and note not in self.notes:
            self.notes.append(note)
            self.log.append(note)

    def take(self, step: Progress) -> Progress:
        """Note a step; what of it is told further."""
        if step.log:
            self.log.append(step.log)
        self.hear(step.note)
        if "epoch" in step.values:
            self.curves.append(dict(step.values))
        if step.row is not None:
            self.rows.append(dict(step.row))
        return step


@dataclass(frozen=True)
class Fitted:
    """A model with its temperature, and the rows it learnt from.

    folder: where it was loaded from, if it was; answers: how many classes it must tell apart then; spare: types
    that were trusted without need.
    """

    recipe: Recipe
    model: Any
    temperature: float
    balanced: Balanced
    folder: Path | None = None
    answers: int = 0
    spare: tuple[str, ...] = ()


def relay(steps: Steps, seen: Seen) -> Steps:
    """Pass a generator's progress on, noting it; `Cancelled` thrown in goes to it and is noted too."""
    try:
        step = next(steps)
        while True:
            told = seen.take(step)
            try:
                yield told
            except Cancelled:
                seen.cancelled = True
                step = steps.throw(Cancelled())
            else:
                step = next(steps)
    except StopIteration as end:
        return end.value


def keeping(steps: Generator[Progress, None, T], seen: Seen) -> Generator[Progress, None, T]:
    """Pass steps on to their end; a cancel is noted only, for what was fitted would be lost with it."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        seen.take(step)
        try:
            yield replace(step, keeping=True)
        except Cancelled:
            seen.cancelled = True


def make_task(
    plan: Plan,
    params: Any,
    train: Rows,
    val: Rows,
    seed: int,
    setting: Setting,
    work: Path,
    resume: bool = False,
) -> tuple[Task, Balanced]:
    """What a recipe is given to fit on these rows, and how their classes were evened."""
    rule = getattr(params, "balance", "none")
    balanced = balance_rows(plan.codes, rule, np.random.default_rng([seed, 22]), train)
    work.mkdir(parents=True, exist_ok=True)
    task = Task(
        samples=plan.samples,
        classes=plan.classes,
        targets=plan.targets,
        train=balanced.rows,
        val=val,
        weights=balanced.weights,
        draw=balanced.draw,
        params=params,
        seed=seed,
        device=setting.device,
        cache=setting.cache,
        work=work,
        resume=resume,
        votes=None if plan.votes is None else plan.votes.sum(axis=1),
        codes=plan.codes,
    )
    return task, balanced


def fit_rows(
    plan: Plan,
    recipe: Recipe,
    params: Any,
    train: Rows,
    val: Rows,
    seed: int,
    setting: Setting,
    work: Path,
    seen: Seen,
    resume: bool = False,
) -> Generator[Progress, None, Fitted]:
    """Balance, fit, and find the temperature on the validation rows when the parameters ask for it."""
    task, balanced = make_task(plan, params, train, val, seed, setting, work, resume)
    model = yield from relay(recipe.fit(task), seen)
    temperature = 1.0
    if getattr(params, "calibrate", False) and len(val) >= 2 * len(plan.classes):
        p = recipe.predict(model, plan.samples.take(val), setting)
        # Of votes the shares are to be told: the class with most of them alone would make all too certain.
        majority = getattr(params, "target", "") == "majority"
        temperature = fit_temperature(p, (plan.codes if majority else plan.targets)[val])
    return Fitted(recipe, model, temperature, balanced)


def prepared(fitted: Fitted, samples: Samples, setting: Setting) -> Generator[Progress, None, None]:
    """Have what a recipe needs of samples computed and kept, with its own progress, where it takes long."""
    if fitted.recipe.prepare is None or not len(samples):
        return
    with _sound(fitted.folder) if fitted.folder is not None else nullcontext():
        yield from fitted.recipe.prepare(fitted.model, samples, setting)


def predict_rows(fitted: Fitted, samples: Samples, rows: Rows, setting: Setting) -> Generator[Progress, None, Floats]:
    """Probabilities of these rows, (m, k), in chunks of whole groups: some features look at a group."""
    result: Floats | None = None
    done = 0
    for places in chunks(samples.group_codes()[0][rows]):
        yield from prepared(fitted, samples.take(rows[places]), setting)
        p = _answers(fitted, samples.take(rows[places]), setting)
        if fitted.temperature != 1.0:
            p = apply_temperature(p, fitted.temperature)
        if result is None:
            result = np.empty((len(rows), p.shape[1]), np.float32)
        result[places] = p
        done += len(places)
        yield Progress(done, len(rows), "Predicting")
    if result is None:
        raise UserError("there is nothing to predict.")
    return result


def predict_there(
    fitted: Fitted, kind: Domain, samples: Samples, rows: Rows, classes: int, setting: Setting
) -> Generator[Progress, None, Floats]:
    """The same, NaN for samples that nothing can be said of, as their files are missing. classes: how many."""
    able = kind.there(samples)[rows]
    if len(rows) and able.all():
        return (yield from predict_rows(fitted, samples, rows, setting))
    result = np.full((len(rows), classes), np.nan, np.float32)
    if able.any():
        result[able] = yield from predict_rows(fitted, samples, rows[able], setting)
    return result


def unsaid_words(p: Floats, kind: Domain, samples: Samples) -> list[str]:
    """What to say of samples without a prediction, p (n, k); nothing where each has one."""
    unsaid = np.isnan(p).any(axis=1)
    beside = unsaid & kind.beside(samples)
    others, lost = int(beside.sum()), int((unsaid & ~beside).sum())
    words = [f"{plural(others, *kind.asides)} without a prediction: only {kind.sample}s have one."] if others else []
    if lost:
        words.append(f"{plural(lost, 'sample')} without a prediction: what they are of is missing or broken.")
    return words


def _answers(fitted: Fitted, samples: Samples, setting: Setting) -> Floats:
    """The model's own probabilities; a folder that is not what it says is told as such."""
    if fitted.folder is None:
        return fitted.recipe.predict(fitted.model, samples, setting)
    with _sound(fitted.folder):
        p = fitted.recipe.predict(fitted.model, samples, setting)
        if p.ndim != 2 or p.shape[1] != fitted.answers:
            raise ValueError(f"it tells {p.shape[-1]} classes apart, its record names {fitted.answers}")
    return p


@contextmanager
def _sound(folder: Path) -> Iterator[None]:
    """Whatever a model from elsewhere trips over is the folder's fault, not ours."""
    try:
        yield
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise UserError(f"{folder}: this is not a sound model ({reason}). Train again or fetch it anew.") from error


def chunks(groups: Rows, size: int = 0) -> list[Rows]:
    """Places in chunks of about this size, 0 for the usual one; samples of one group, (n,) codes, are in one."""
    size = size or CHUNK
    order = np.argsort(groups, kind="stable")
    if len(order) <= size:
        return [np.arange(len(order))] if len(order) else []
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    cuts, last = [], 0
    for edge in [*edges.tolist(), len(order)]:
        if edge - last >= size:
            cuts.append(edge)
            last = edge
    return [np.sort(part) for part in np.split(order, cuts) if len(part)]


def load_model(kind: Domain, folder: Path, trust: tuple[str, ...] = ()) -> tuple[Fitted, dict[str, Any]]:
    """The model in a run's folder (or a copy of it, or a folder of another program), and its record."""
    if kind.adopt is not None and not (folder / "run.json").is_file():
        with tempfile.TemporaryDirectory(prefix="winnow-model-") as copy:
            fitted, record = load_model(kind, kind.adopt(folder, Path(copy), trust), trust)
        return replace(fitted, folder=folder), record
    if not (folder / "run.json").is_file():
        raise UserError(f"{folder} is not a run's folder: it holds no run.json. Give a run or such a folder.")
    record = read_json(folder / "run.json")
    if record.get("domain", kind.name) != kind.name:
        raise UserError(f"{folder} is a model of {record['domain']}; this project holds {kind.name}.")
    recipe = find_recipe(kind, str(record.get("recipe", "")))
    if not (folder / "model").is_dir():
        raise UserError(f"{folder} holds no model. Train again.")
    _check_files(folder / "model")
    with trusting(trust) as spare, _sound(folder):
        model = recipe.load(folder / "model")
        answers, temperature = _described(record)
    empty = Balanced(np.empty(0, np.int64), np.empty(0, np.float32), None, np.empty(0, np.int64), np.empty(0, np.int64))
    return Fitted(recipe, model, temperature, empty, folder, answers, tuple(sorted(spare))), record


def _check_files(folder: Path) -> None:
    """Raise UserError for what is neither file nor folder: a pipe of a file's name would be waited for without end."""
    for path in folder.rglob("*"):
        if not (path.is_file() or path.is_dir()):
            raise UserError(f"{path} is no file. A model is made of plain files: train again or fetch it anew.")


def _described(record: dict[str, Any]) -> tuple[int, float]:
    """Number of classes and temperature of a record; ValueError where it makes no sense."""
    classes, temperature = record.get("classes"), float(record.get("temperature", 1.0))
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ValueError("run.json names no classes")
    if not 0 < temperature < math.inf:
        raise ValueError(f"run.json gives the temperature {temperature}")
    return len(classes), temperature
