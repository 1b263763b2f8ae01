"""Scores a run where its project stands now, or on another project."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.classing import fold_of
from models.orders.fitting import load_model, predict_rows
from models.orders.naming import chosen_rows, device_of, find_domain, place, plain
from models.orders.plan import counted_votes
from models.orders.predicting import run_probabilities
from models.orders.records import keep as keep_result
from models.orders.scores import SCORE
from models.orders.scoring import held_out, score_rows
from models.params import Note, build
from models.store.database import read_only_text
from models.store.fold import Fold
from models.store.project import Project
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EvaluateParams:
    """How a score is told."""

    balanced: Annotated[bool, Note("Also the score on evened classes")] = True


#: Parts of a run's samples that had a say in its model.
_TAUGHT = ("train", "val", "out_of_fold")


def evaluate(
    project: str,
    run: str = "last",
    on: str = "",
    where: str = "",
    max_samples: int = 0,
    seed: int = 0,
    device: str = "auto",
    values: Mapping[str, Any] | None = None,
    keep: bool = False,
) -> Steps:
    """Metrics of a run with the labels of now: on its held-out samples here, on all of another project.

    Classes are matched by name; samples of a class the run does not know are counted in ``unknown``.
    values: ``balanced`` no leaves the score on evened classes out. keep: keep it with the run as its
    newest score, so that it stands beside runs that were scored with other labels.
    """
    if keep and (on or where or max_samples):
        raise UserError("only the score on all of a run's held-out samples here is kept with it. Leave the choice out.")
    balanced = build(EvaluateParams, values or {}).balanced
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        setting = Setting(device_of(device), opened.cache)
        if keep:
            _keeps(opened)
        if on:
            scored = yield from elsewhere(opened, on, kind, record, where, max_samples, seed, setting, balanced)
        else:
            scored = yield from _here(opened, kind, record, where, max_samples, seed, setting, balanced)
        if keep:
            keep_score(opened, record, scored)
        return {"run": record.id, "on": on or None, **plain(scored)}


def rescore(project: str, runs: Sequence[str], device: str = "auto") -> Steps:
    """Score these runs anew on what they held out, with the labels of now, and keep it with each; {runs}."""
    with Project.open(place(project)) as opened:
        kind, setting = find_domain(opened), Setting(device_of(device), opened.cache)
        _keeps(opened)
        for number, name in enumerate(runs):
            record = opened.runs.get(name)
            yield Progress(number, len(runs), f"Scoring {record.title}")
            scored = yield from _here(opened, kind, record, "", 0, 0, setting, True)
            keep_score(opened, record, scored)
        return {"runs": list(runs)}


def _keeps(project: Project) -> None:
    """Raise UserError where nothing can be kept with a run, before anything is scored."""
    if project.read_only:
        raise UserError(read_only_text(str(project.path)))


def keep_score(project: Project, record: RunRecord, scored: Mapping[str, Any]) -> None:
    """Keep a score of now with its run, and what it rests on."""
    version = project.keep_test_version() if record.record.get("test_version") else 0
    told = {"part": scored["part"], "metrics": scored["metrics"]}
    keep_result(project, record, SCORE, plain({**told, "test_version": version, "labels": project.journal.fold.sha()}))


def codes_of(fold: Fold, classes: tuple[str, ...]) -> Rows:
    """Present labels as codes of a run's classes; −1 without one or the sample, −2 of a class it does not know."""
    lookup = np.array([classes.index(name) if name in classes else -2 for name in fold.classes] + [-1], np.int64)
    found: Rows = lookup[fold.live_codes]
    found[fold.flagged("exclude")] = -1
    return found


def _limit(rows: Rows, most: int, seed: int) -> Rows:
    if not most or len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng([seed, 23]).choice(rows, most, replace=False))


def _here(
    project: Project,
    kind: Domain,
    record: RunRecord,
    where: str,
    most: int,
    seed: int,
    setting: Setting,
    balanced: bool,
) -> Generator[Progress, None, dict[str, Any]]:
    every = np.arange(len(project.samples), dtype=np.int64)
    p, parts, classes = yield from run_probabilities(project, kind, record, every, setting)
    fold = fold_of(project, kind, record)
    codes = codes_of(fold, classes)
    codes[np.isnan(p).any(axis=1)] = -1
    locked = project.test_rows() if record.record.get("test_version") else None
    if locked is not None:
        # Samples of the test set that had no label when the run was trained were held out as well.
        parts[locked] = np.where(parts[locked] == "rest", "test", parts[locked])
    mask = np.zeros(len(every), bool)
    mask[chosen_rows(project, where, record.id)] = True
    part, rows = held_out(np.where(mask, parts, "other"), codes)
    if part == "rest":
        rows = rows[mask[rows]]
    rows = _limit(rows, most, seed)
    if not len(rows):
        raise UserError("none of the chosen samples was held out from this run. Label more, or evaluate --on another.")
    told = _told(kind, project, fold, codes, p, rows, classes, part, balanced)
    shared = _shared(project, kind, record, rows)
    return {**told, "notes": shared} if shared else told


def _shared(project: Project, kind: Domain, record: RunRecord, rows: Rows) -> list[str]:
    """What to say when groups of these rows stand in the training of the run; of folds its record tells."""
    group, sample = kind.words(project.samples)
    if len(record.record.get("split", {}).get("folds") or ()):
        torn = record.record["split"].get("independent") is False
        return [f"Not independent: the folds part {group}s, so models are judged by those they learnt from."] * torn
    predicted = record.predictions()
    own, places = predicted.rows(project.samples)
    groups = project.samples.group_codes()[0]
    learnt = groups[own[predicted.part[places].astype(str) == "train"]]
    both, scored = len(np.intersect1d(learnt, groups[rows])), len(np.unique(groups[rows]))
    if not both:
        return []
    text = (
        f"{both} of the {plural(scored, group)} scored stand in training too"
        if scored > 1
        else (f"the one {group} scored stands in training too")
    )
    return [f"Not independent: {text}, with other {sample}s: the score tells nothing of a new {group}."]


def elsewhere(
    project: Project,
    on: str,
    kind: Domain,
    record: RunRecord,
    where: str,
    most: int,
    seed: int,
    setting: Setting,
    balanced: bool,
) -> Generator[Progress, None, dict[str, Any]]:
    """The run's model on the labelled samples of another project; notes tell of what it had seen of them."""
    with Project.open(place(on)) as other:
        if other.domain != project.domain:
            raise UserError(f"{other.path} holds {other.domain}, the run is of {project.domain}.")
        fitted, told = load_model(kind, record.path)
        classes = tuple(told["classes"])
        fold = fold_of(other, kind, record)
        codes = codes_of(fold, classes)
        able = (codes >= 0) & kind.there(other.samples)
        rows = np.intersect1d(np.flatnonzero(able), chosen_rows(other, where, "last"))
        rows = _limit(rows, most, seed)
        if not len(rows):
            raise UserError(f"{other.path} has no labelled sample of the classes {', '.join(classes)}.")
        found = yield from predict_rows(fitted, other.samples, rows, Setting(setting.device, other.cache))
        p = np.zeros((len(codes), len(classes)), np.float32)
        p[rows] = found
        scored = _told(kind, other, fold, codes, p, rows, classes, "external", balanced)
        return {**scored, "notes": seen(project, other, record, rows)}


def seen(project: Project, other: Project, record: RunRecord, rows: Rows) -> list[str]:
    """What to say when samples of another project, known by their file's content, had a part in the run."""
    predicted = record.predictions()
    own, places = predicted.rows(project.samples)
    taught = own[np.isin(predicted.part[places].astype(str), _TAUGHT)]
    known = set(_contents(project, taught)) - {None}
    same = np.array([content in known for content in _contents(other, rows)], bool)
    of_files = ""
    external = find_domain(project).external
    if external is not None and external.contents is not None:
        files = set(external.contents(project.samples, taught)) - {""}
        alike = np.array([content in files for content in external.contents(other.samples, rows)], bool)
        of_files = ", or with others of their files" if (alike & ~same).any() else ""
        same |= alike
    if not same.any():
        return []
    count = f"{int(same.sum())} of these {len(rows)} samples"
    text = f"{record.id} was trained or chosen with {count}{of_files}: this score flatters it"
    return [f"{text}. Evaluate on a project of other files."]


def _contents(project: Project, rows: Rows) -> list[tuple[str, str] | None]:
    """Each sample as the hash of its source and its key there; None for a source whose hash is not known."""
    shas = {source.number: source.sha for source in project.sources()}
    table = project.samples.table.select(["source", "key"]).take(rows)
    pairs = zip(table.column("source").to_pylist(), table.column("key").to_pylist(), strict=True)
    return [(sha, key) if (sha := shas.get(number)) else None for number, key in pairs]


def _told(
    kind: Domain,
    project: Project,
    fold: Fold,
    codes: Rows,
    p: npt.NDArray[Any],
    rows: Rows,
    classes: tuple[str, ...],
    part: str,
    balanced: bool,
) -> dict[str, Any]:
    evened, votes = balanced and bool(kind.by_columns), counted_votes(project, fold, classes)
    metrics = score_rows(kind, project.samples, codes, p, rows, classes, evened, votes=votes)
    head = {"part": part, "classes": list(classes), "unknown": int((codes == -2).sum())}
    return {**head, "metrics": metrics, "confusion": metrics["confusion"], "intervals": metrics["intervals"]}
