"""What to look at next, and why."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.pieces import clear_pieces
from models.learn.review.pool import Pool, Suggestion
from models.learn.review.queue import STRATEGIES
from models.learn.review.queue import queue as rank_queue
from models.learn.words import plural
from models.orders.auditing import audited_rows, estimate, keep_drawn
from models.orders.classing import fold_of
from models.orders.fitting import Seen
from models.orders.folding import out_of_fold
from models.orders.naming import device_of, find_domain, find_recipe, place, plain
from models.orders.plan import Wish, make_plan
from models.orders.rapid import line_of, placeable, said_codes
from models.orders.waiting import FOLDS, JUDGING
from models.params import build, unknown
from models.store.fold import Fold
from models.store.predictions import Predictions, fold_file, read_predictions, write_predictions
from models.store.project import Project
from models.store.runs import HELD_OUT, RunRecord
from models.store.view import View

Floats = npt.NDArray[np.float32]
PLACING = ("blend", "diversity", "medoids", "boundary")
#: Those of rapid labelling: what is labelled is what one person has said.
RAPID = ("medoids", "boundary")
#: Strategies that work before the first run: by the samples' own shape, and by chance.
BARE = ("diversity", *RAPID, "audit")
#: Those that hold no labelled sample.
UNLABELLED = ("uncertainty", "diversity", "spread", *RAPID)


def queue(
    project: str,
    run: str = "last",
    strategy: str = "blend",
    n: int = 50,
    seed: int = 0,
    device: str = "auto",
    by: str = "",
    folds: bool = True,
) -> Steps:
    """The n samples to look at next; out-of-fold probabilities are made when the run has none.

    folds: without them only the labels of samples that the run itself held out are judged, which takes no training.

    Samples whose files are missing are passed over: ``notes`` counts them, and says why nothing was found.
    An audit remembers what it drew; its answer holds the ``estimate`` of the label error so far.
    Before the first run only the strategies of `BARE` work; their ``run`` is "". by: whose labels those of `RAPID` go
    by where the votes of all count.
    """
    if strategy not in STRATEGIES:
        raise UserError(unknown("strategy", strategy, STRATEGIES))
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), _run(opened, run, strategy)
        setting = Setting(device_of(device), opened.cache)
        there = placeable(opened, kind, record) if strategy in RAPID else kind.there(opened.samples)
        pool = (
            (yield from _bare(opened, kind, setting, strategy))
            if record is None
            else (yield from _pool(opened, kind, record, setting, strategy, folds))
        )
        if strategy in RAPID:
            pool = _rapid(pool, opened, kind, by)
        gone = int((~there & kind.gone(opened.samples) & ~pool.marked("skipped")).sum())
        pool = replace(pool, skipped=pool.marked("skipped") | ~there)
        yield Progress(text="Ranking")
        found = rank_queue(pool, strategy, n, seed)
        told = {"queue": _listed(opened, found), "run": record.id if record else "", "strategy": strategy}
        told["notes"] = _notes(pool, strategy, found, gone)
        if strategy == "audit":
            told["estimate"] = plain(estimate(opened, pool))
            keep_drawn(opened, [item.row for item in found])
        return told


def _listed(project: Project, found: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """What is proposed by the ids of its samples, as the answer tells it."""
    ids = project.samples.take([item.row for item in found]).ids() if found else []
    return [
        {"sample": name, "score": plain(float(item.score)), "strategy": item.strategy, "reason": item.reason}
        for name, item in zip(ids, found, strict=True)
    ]


def _rapid(pool: Pool, project: Project, kind: Domain, by: str) -> Pool:
    """The same samples with what one person has said of them, in the project's own classes, and in their order."""
    names = tuple(project.journal.fold.classes)
    titles = tuple(kind.class_titles.get(name, name) for name in names)
    codes, line = said_codes(project, by, names), line_of(project, kind)
    return replace(pool, codes=codes, classes=names, titles=titles, line=line, probabilities=None, others={})


def _notes(pool: Pool, strategy: str, found: list[Suggestion], gone: int) -> list[str]:
    """Why nothing was found, and how many samples were passed over. gone: those whose files are missing."""
    notes = []
    if not found and strategy in UNLABELLED and not pool.unlabelled.any():
        those = "Every sample that is there" if gone else "Every sample"
        notes.append(f"{those} is labelled, and this queue holds those that are not yet.")
    elif not found:
        notes.append("Nothing waits in this queue.")
    return [*notes, f"{plural(gone, 'sample')} passed over: what they are of is missing."] if gone else notes


def _run(project: Project, name: str, strategy: str) -> RunRecord | None:
    if name != "last" or project.runs.list():
        return project.runs.get(name)
    if strategy in BARE:
        return None
    raise UserError(
        f"there is no run yet, and the strategy {strategy} ranks by a model. Train one first; until then "
        "diversity shows samples unlike the labelled ones, and audit draws labels at random."
    )


def _bare(project: Project, kind: Domain, setting: Setting, strategy: str) -> Generator[Progress, None, Pool]:
    """What is known of a project before its first run."""
    from models.orders.mapping import embed_all

    fold, test = project.journal.fold, np.zeros(len(project.samples), bool)
    locked = project.test_rows()
    if locked is not None:
        test[locked] = True
    return Pool(
        codes=fold.live_codes,
        classes=tuple(fold.classes),
        titles=tuple(kind.class_titles.get(name, name) for name in fold.classes),
        groups=project.samples.group_codes()[0],
        embedding=(yield from embed_all(project, kind, None, setting)) if strategy in PLACING else None,
        test=test,
        skipped=fold.flagged("exclude") | fold.unsure() | ~fold.live,
        audited=audited_rows(project),
    )


def _pool(
    project: Project, kind: Domain, record: RunRecord, setting: Setting, strategy: str, folds: bool = True
) -> Generator[Progress, None, Pool]:
    plain_fold, view = project.journal.fold, View(project, record.id)
    fold = fold_of(project, kind, record)
    p, classes = view.probabilities(record.id)
    part = view.column("part")
    unseen = np.isin(part.astype(str), HELD_OUT)
    if folds and strategy in JUDGING and not (part == "out_of_fold").any():
        p, unseen = yield from _with_folds(project, kind, record, setting, np.array(p), unseen)
    names = tuple(classes) + tuple(name for name in fold.classes if name not in classes)
    if len(names) > len(classes):
        p = np.concatenate([p, np.zeros((len(p), len(names) - len(classes)), p.dtype)], axis=1)
        p[~np.isfinite(p[:, 0])] = np.nan
    codes = np.array([*(names.index(name) for name in fold.classes), -1], np.int64)[fold.live_codes]
    test = np.zeros(len(project.samples), bool)
    locked = project.test_rows()
    if locked is not None:
        test[locked] = True
    return Pool(
        codes=codes,
        classes=names,
        titles=tuple(kind.class_titles.get(name, name) for name in names),
        run=record.title,
        probabilities=p,
        out_of_fold=unseen,
        groups=project.samples.group_codes()[0],
        embedding=(yield from _embedding(project, kind, record, setting)) if strategy in PLACING else None,
        others=_others(project, record, names) if strategy in ("blend", "disagreement") else {},
        test=test,
        skipped=fold.flagged("exclude") | fold.unsure() | ~fold.live | _left_out(plain_fold, fold),
        audited=audited_rows(project),
        settled=fold.human() & (fold.stamp > record.record["snapshot"]["position"]),
    )


def _left_out(plain_fold: Fold, fold: Fold) -> npt.NDArray[np.bool_]:
    """Rows whose label the run's classes leave out: they are neither unlabelled nor wrong."""
    return np.asarray((plain_fold.codes >= 0) & (fold.codes < 0), bool)


def _others(project: Project, record: RunRecord, names: tuple[str, ...]) -> dict[str, Any]:
    """Probabilities of the latest other runs of the same classes."""
    found: dict[str, Any] = {}
    for other in project.runs.list():
        if other.id != record.id and len(found) < 4 and set(other.record.get("classes", ())) <= set(names):
            p, classes = View(project, other.id).probabilities(other.id)
            spread = np.zeros((len(p), len(names)), np.float32)
            for column, name in enumerate(classes):
                spread[:, names.index(name)] = p[:, column]
            found[other.title] = np.where(np.isfinite(p[:, :1]), spread, np.nan)
    return found


def _embedding(
    project: Project, kind: Domain, record: RunRecord, setting: Setting
) -> Generator[Progress, None, Floats | None]:
    if find_recipe(kind, record.recipe).embed is None:
        return None
    from models.orders.mapping import embed_all

    return (yield from embed_all(project, kind, record, setting))


def _with_folds(
    project: Project, kind: Domain, record: RunRecord, setting: Setting, p: Floats, unseen: npt.NDArray[np.bool_]
) -> Generator[Progress, None, tuple[Floats, npt.NDArray[np.bool_]]]:
    """The run's probabilities with out-of-fold ones where it trained, from the cache or made now."""
    kept = yield from fold_predictions(project, kind, record, setting)
    rows, index = kept.rows(project.samples)
    p[rows], unseen = kept.probabilities[index], unseen.copy()
    unseen[rows] = True
    return p, unseen


def fold_predictions(
    project: Project, kind: Domain, record: RunRecord, setting: Setting
) -> Generator[Progress, None, Predictions]:
    """Out-of-fold probabilities of the rows a run trained on, by its recipe and the labels it saw."""
    file = fold_file(project.cache, record.id, record.record)
    folder = file.parent
    try:
        return read_predictions(file)
    except UserError:
        pass
    folder.mkdir(parents=True, exist_ok=True)
    told = record.record
    recipe = find_recipe(kind, record.recipe)
    params = build(recipe.params, told["params"])
    wish = Wish(**{**told.get("wish", {}), "folds": FOLDS})
    if told["split"]["kind"] == "file":
        wish = Wish(where=wish.where, folds=FOLDS)
    snapshot = project.journal.at(told["snapshot"]["position"])
    plan = make_plan(project, kind, snapshot, wish, told["seed"], params)
    work = folder / f".{record.id}"
    rows, p = yield from out_of_fold(plan, kind, recipe, params, told["seed"], setting, work, Seen())
    ids = plan.samples.take(rows).ids()
    order = [plan.classes.index(name) for name in told["classes"]]
    write_predictions(file, ids, ["out_of_fold"] * len(ids), p[:, order], told["classes"])
    clear_pieces(work)
    return read_predictions(file)
