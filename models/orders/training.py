"""Trains a recipe on a project's labels and keeps the outcome as a run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import Domain, Given, Setting
from models.errors import Cancelled
from models.job import Progress, Steps
from models.learn import weights
from models.learn.card import write_card
from models.learn.cluster import workplace
from models.learn.pieces import Place
from models.learn.save import check_clock
from models.learn.temperature import evened_words
from models.orders.beside import few_words, score_beside, score_parts
from models.orders.fitting import Seen, keeping, unsaid_words
from models.orders.given import given_split, learnable
from models.orders.left_over import give_up, last_interrupted, sweep, write_asked
from models.orders.naming import (
    device_of,
    find_domain,
    find_recipe,
    make_params,
    name_run,
    needed_folder,
    place,
    refuse,
)
from models.orders.plan import Plan, Wish, draw_anew, make_plan
from models.orders.run_record import record_of
from models.orders.tracking import check_tracking, tell
from models.orders.tried import TRIED, tried_text
from models.orders.way import Asked, Reached, Training, Way
from models.orders.way_folds import by_folds
from models.orders.way_given import by_given
from models.orders.way_split import by_split
from models.store.atomic import whole, write_text
from models.store.fold import Fold
from models.store.predictions import FILE_NAME, write_predictions
from models.store.project import Project
from models.store.runs import RunFolder


def train(
    project: str,
    recipe: str,
    values: Mapping[str, Any] | None = None,
    preset: str = "",
    where: str = "",
    max_samples: int = 0,
    split: str = "",
    split_by: str = "",
    split_seed: int | None = None,
    test_size: float | None = None,
    folds: int = 0,
    seed: int = 0,
    device: str = "auto",
    resume: bool = False,
    baseline: bool = True,
    out: str = "",
    overwrite: bool = False,
    name: str = "",
    by: str = "",
    track: str = "",
    cluster: str = "",
    redraw_test: bool = False,
) -> Steps:
    """Train, evaluate, predict all samples and record a run; its JSON is that of ``winnow train``.

    Cancelled keeps the best weights so far as a run marked "stopped early", or leaves nothing.
    resume goes on with the last interrupted training of this recipe, with its own settings.
    baseline: also score metadata alone and the domain's baseline on the same split.
    track: where the run is told to, as an MLflow tracking URI or a folder; "local" is one in the project.
    cluster: where folds and predictions are computed: "local:4" for processes of this machine, or the address of a
    Dask scheduler; "" is this process. A training that loses its cluster can be gone on with.
    redraw_test: first draw a locked test set anew that parts groups, or holds one class alone.
    """
    if out:
        refuse(place(out), overwrite)
    check_tracking(track)
    check_clock()
    with Project.open(place(project)) as opened, workplace(cluster) as there:
        if name:
            opened.runs.check_name(name)
        kind = find_domain(opened)
        chosen = find_recipe(kind, recipe)
        wish = Wish(where, max_samples, split, split_by, split_seed, test_size, folds)
        asked = Asked(chosen, make_params(chosen, dict(values or {}), preset), preset, wish, seed)
        setting = Setting(device_of(device), opened.cache)
        run = _Run(opened, kind, asked, setting, there, baseline, overwrite, opened.journal.position)
        if resume:
            run.go_on()
        elif redraw_test:
            draw_anew(opened, kind, wish, run.asked.params)
        record = yield from run.steps()
        if out:
            needed_folder(place(out).parent)
            with whole(place(out)) as beside:
                shutil.copytree(opened.path / "runs" / record["id"], beside)
        if name:
            name_run(opened, record["id"], name, by)
        told = answer(record, opened.path / "runs" / record["id"])
        if track:
            told["tracked"] = yield from keeping(tell(record, Path(told["folder"]), opened.path, track), Seen())
        return told


def answer(record: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What ``winnow train`` prints of a run record."""
    names = ("recipe", "seed", "params", "snapshot", "split", "classes", "metrics", "balance", "seconds", "device")
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    told = {name: record.get(name) for name in names}
    more = {name: record[name] for name in ("stopped_early", "words", "notes", "cluster") if record.get(name)}
    begun = _begun(record.get("input") or {}, record.get("params") or {})
    return {"run": record["id"], **told, **more, **begun, "folder": str(folder), "files": files}


def _begun(facts: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    """What to know of a network that began with random weights for want of a file of them, where that belongs."""
    wanted = facts.get("weights") == weights.RANDOM and params.get("pretrained", True) and params.get("backbone")
    return {"weights": weights.advice(str(params["backbone"]))} if wanted else {}


@dataclass
class _Run:
    """One training from the choice of rows to the finished folder. position: of the labels that it sees."""

    project: Project
    kind: Domain
    asked: Asked
    setting: Setting
    there: Place
    baseline: bool
    anew: bool
    position: int
    old: RunFolder | None = None
    seen: Seen = field(default_factory=Seen)
    begun: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def go_on(self) -> None:
        """Go on with the last interrupted training of this recipe, as it was asked for then."""
        self.old, self.asked, self.position = last_interrupted(self.project, self.asked)

    def steps(self) -> Generator[Progress, None, dict[str, Any]]:
        yield Progress(text="Choosing rows")
        journal = self.project.journal
        fold = journal.fold if self.old is None else journal.at(self.position)
        plan, givens = self._plan(fold)
        notes = self._advice(plan)
        sweep(self.project)
        folder = self.project.runs.start()
        try:
            if self.old is not None:
                folder.take_over(self.old)
                self.seen.log.append(f"Goes on with the interrupted {self.old.id}")
            write_asked(folder, self.asked, self.position)
            training = Training(
                self.project, self.kind, self.asked, plan, givens, self.setting, self.there, folder, self.seen,
                self.old is not None, self.anew,
            )  # fmt: skip
            record = yield from self._work(training, fold.sha(), notes)
            folder.finish(record)
        except (Cancelled, GeneratorExit):
            folder.discard()
            raise
        except Exception as error:
            give_up(folder, error)
            raise
        return {**record, "id": folder.id}

    def _plan(self, fold: Fold) -> tuple[Plan, tuple[Given, ...]]:
        """Rows and split; where the recipe asks for splits that came with the data, and nobody for another, those."""
        asked, givens = self.asked, tuple[Given, ...]()
        if asked.recipe.given is not None and replace(asked.wish, where="", max_samples=0) == Wish():
            givens = asked.recipe.given(asked.params, self.project.samples)
        # No test set is locked for them: each sample is judged by models that never saw its group.
        wish = replace(asked.wish, split_by="group", test_size=0.0) if givens else asked.wish
        plan = make_plan(self.project, self.kind, fold, wish, asked.seed, asked.params)
        if not givens:
            return plan, givens
        split = given_split(plan, givens)
        givens, left_out = learnable(plan, self.kind, givens)
        self.seen.log += left_out
        split = replace(given_split(plan, givens), notes=(*split.notes, *left_out))
        return replace(plan, split=split), givens

    def _advice(self, plan: Plan) -> list[str]:
        """What the domain says of these samples, also into the log."""
        if self.kind.advise is None:
            return []
        notes = [words for _title, words in self.kind.advise(plan.samples, plan.codes, plan.classes)]
        self.seen.log += notes
        return notes

    def _work(self, training: Training, sha: str, notes: list[str]) -> Generator[Progress, None, dict[str, Any]]:
        """Reach a model, score it, write what belongs to the run; its record."""
        plan, path = training.plan, training.folder.path
        reached = yield from way_of(training)(training)
        metrics = score_parts(training, reached.p, reached.parts)
        metrics |= {"given": reached.scores} if reached.scores else {}
        words = ""
        if self.baseline and not self.seen.cancelled:
            words = yield from score_beside(training, metrics, reached.parts)
        _write_said(training, reached)
        record = {
            **record_of(training, reached, metrics),
            "started": self.started,
            "seconds": round(time.monotonic() - self.begun, 3),
            "snapshot": {"position": self.position, "sha": sha, "labels": int((plan.codes >= 0).sum())},
            "words": words,
            "notes": [
                *notes,
                *self.seen.notes,
                *unsaid_words(reached.p, self.kind, plan.samples),
                *few_words(training, metrics, reached.parts),
                *evened_words(reached.made.temperature),
            ],
        }
        write_text(path / "card.md", write_card({**record, "id": training.folder.id}))
        write_text(path / "log.txt", "\n".join(self.seen.log) + "\n")
        if self.seen.rows:
            write_text(path / TRIED, tried_text(self.seen.rows))
        return record


def way_of(training: Training) -> Way:
    """By which way a training comes to its model."""
    if training.givens:
        return by_given
    return by_folds if training.plan.split.folds else by_split


def _write_said(training: Training, reached: Reached) -> None:
    """What is said of the samples that anything is said of."""
    said = np.flatnonzero(np.isfinite(reached.p).all(axis=1))
    ids = training.plan.samples.take(said).ids()
    parts = reached.parts[said].tolist()
    write_predictions(training.folder.path / FILE_NAME, ids, parts, reached.p[said], training.plan.classes)
