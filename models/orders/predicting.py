"""Predictions of a run or a model folder, for chosen samples, as a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.cluster import workplace
from models.learn.decide import decide
from models.learn.pieces import Here, Place
from models.orders.batches import WORK, predict_at
from models.orders.fitting import Fitted, load_model, unsaid_words
from models.orders.naming import chosen_rows, device_of, find_domain, needed_folder, place, refuse, spare_sources
from models.params import Note, build
from models.store.atomic import write_text
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.sheet import sheet_text

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Parts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class DecideParams:
    """How probabilities become an answer."""

    abstain: Annotated[float, Note("No answer where the model is less sure than this", low=0, high=1)] = 0.0
    costs: Annotated[str, Note("Cost table as JSON: a row per true class, a column per answer")] = ""


def predict(
    project: str,
    run: str = "",
    model: str = "",
    where: str = "",
    out: str = "",
    values: Mapping[str, Any] | None = None,
    trust: Sequence[str] = (),
    device: str = "auto",
    overwrite: bool = False,
    cluster: str = "",
) -> Steps:
    """Predict chosen samples; those a run predicted already keep that prediction (out of fold where it was).

    cluster: where it is computed, as of `train`. What was finished when it lost the cluster is not done again.
    """
    if bool(run) == bool(model):
        raise UserError("name either a run or a model folder: --run last, or --model FOLDER.")
    params = build(DecideParams, values or {})
    target = place(out) if out else None
    if target is not None:
        refuse(target, overwrite)
    with Project.open(place(project)) as opened, workplace(cluster) as there:
        if target is not None:
            spare_sources(opened, target)
        kind, setting = find_domain(opened), Setting(device_of(device), opened.cache)
        rows = chosen_rows(opened, where, run or "last")
        found = yield from (
            _by_run(opened, kind, opened.runs.get(run), rows, setting, there, tuple(trust))
            if run
            else _by_folder(opened, kind, place(model), rows, setting, there, tuple(trust))
        )
        said = np.isfinite(found.p).all(axis=1)
        codes = decide(found.p, _costs(params.costs), params.abstain)
        answers = np.array([*found.classes, ""], object)[codes]
        if target is not None:
            needed_folder(target.parent)
            write_text(target, _table(opened, rows, answers, found.p, found.parts, found.classes))
        return {
            "predicted": int(said.sum()),
            "out": str(target) if target else None,
            "classes": {name: count for name, count in sorted(Counter(answers.tolist()).items()) if name},
            "abstained": int((codes[said] < 0).sum()),
            "notes": [*unsaid_words(found.p, kind, opened.samples.take(rows)), *found.notes],
            **({"cluster": ran} if (ran := there.plain()) else {}),
        }


@dataclass(frozen=True)
class _Said:
    """Of n rows: probabilities (n, k), where each stood in the training (n,); the classes, and what is to be told."""

    p: Floats
    parts: Parts
    classes: tuple[str, ...]
    notes: list[str]


def _by_run(
    project: Project,
    kind: Domain,
    record: RunRecord,
    rows: Rows,
    setting: Setting,
    there: Place,
    trust: tuple[str, ...],
) -> Generator[Progress, None, _Said]:
    """What a run of the project says of rows. trust: asked for by nobody here."""
    p, parts, classes = yield from run_probabilities(project, kind, record, rows, setting, there)
    new = rows[parts == "rest"]
    notes = _shift(kind, load_model(kind, record.path)[0].model, project, new) if len(new) else []
    return _Said(p, parts, classes, [*notes, *_needless(trust)])


def _by_folder(
    project: Project, kind: Domain, folder: Path, rows: Rows, setting: Setting, there: Place, trust: tuple[str, ...]
) -> Generator[Progress, None, _Said]:
    """What the model of a folder says of rows, none of which it learnt from as far as anybody knows."""
    fitted, told = load_model(kind, folder, trust)
    classes, kept = tuple(told["classes"]), project.cache / WORK / "model"
    p = yield from predict_at(
        there, fitted, kind, project.samples, rows, len(classes), setting, folder / "model", kept, trust
    )
    notes = [*_ailments(kind, folder, project), *_shift(kind, fitted.model, project, rows), *_needless(fitted.spare)]
    return _Said(p, np.full(len(rows), "rest", object), classes, notes)


def _needless(types: Sequence[str]) -> list[str]:
    """What to say of types that a person trusted and nothing asked for."""
    words = ", ".join(types)
    return [f"Nothing asked for the trust in {words}: leave --trust out, or mend its spelling."] if types else []


def _ailments(kind: Domain, folder: Path, project: Project) -> list[str]:
    """What the domain's doctor finds at a model folder of another program; nothing for one of our own."""
    if kind.doctor is None:
        return []
    try:
        found = kind.doctor.examine(folder, project.samples)
    except UserError:
        return []
    return [str(one["text"]) for one in found["ailments"]]


def _shift(kind: Domain, model: Any, project: Project, rows: Rows) -> list[str]:
    """How samples that the model did not learn from differ from those that it did; nothing where they are alike."""
    words = kind.shift(model, project.samples.take(rows)) if kind.shift is not None else ""
    return [words] if words else []


def _costs(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise UserError(f"costs = {text!r} is not JSON. Give a table such as [[0,1],[5,0]].") from None


def run_probabilities(
    project: Project, kind: Domain, record: RunRecord, rows: Rows, setting: Setting, there: Place | None = None
) -> Generator[Progress, None, tuple[Floats, Parts, tuple[str, ...]]]:
    """Probabilities (m, k) and parts of rows; samples that came after the run are predicted now.

    NaN for samples that nothing can be said of, as their files are missing. there: where, this process for None.
    """
    kept = record.predictions()
    place_of = np.full(len(project.samples), -1, np.int64)
    found, index = kept.rows(project.samples)
    place_of[found] = index
    where = place_of[rows]
    p = np.zeros((len(rows), len(kept.classes)), np.float32)
    parts = np.full(len(rows), "rest", object)
    known = where >= 0
    p[known], parts[known] = kept.probabilities[where[known]], kept.part[where[known]]
    new = np.flatnonzero(~known)
    if len(new):
        fitted, _ = load_model(kind, record.path)
        p[new] = yield from predict_at(
            there or Here(), fitted, kind, project.samples, rows[new], p.shape[1], setting, record.path / "model",
            project.cache / WORK / record.id,
        )  # fmt: skip
    return p, parts, tuple(kept.classes)


def _table(project: Project, rows: Rows, answers: Any, p: Floats, parts: Parts, classes: tuple[str, ...]) -> str:
    """The predictions as CSV."""
    taken = project.samples.take(rows)
    groups = taken.column("group")
    lines = []
    for number, name in enumerate(taken.ids()):
        shares = ["" if np.isnan(value) else f"{value:.6g}" for value in (*p[number].tolist(), p[number].max())]
        sure = shares.pop()
        lines.append([name, groups[number], answers[number], sure, parts[number], *shares])
    head = ["sample", "group", "prediction", "confidence", "part", *(f"p_{name}" for name in classes)]
    return sheet_text(head, lines)


def loaded(project: Project, kind: Domain, run: str) -> tuple[RunRecord, Fitted]:
    """A run with its model."""
    record = project.runs.get(run)
    return record, load_model(kind, record.path)[0]
