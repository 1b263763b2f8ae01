"""Trains a recipe on a project's labels and keeps the outcome as a run."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Given, GivenOutcome, Recipe, Setting
from models.errors import Cancelled, UserError
from models.job import Progress, Steps
from models.learn import stop
from models.learn.card import write_card
from models.learn.cluster import workplace
from models.learn.metadata import confound_words, metadata_score
from models.learn.pieces import Place
from models.learn.save import check_clock
from models.orders.batches import predict_at
from models.orders.classing import class_table
from models.orders.fitting import Fitted, Seen, fit_rows, keeping, predict_rows, unsaid_words
from models.orders.folding import out_of_fold
from models.orders.given import Whole, answer_given, fit_given, given_split, join_models, score_given
from models.orders.made import MADE, Made, keep_made, made_key, made_of, read_made
from models.orders.naming import device_of, find_domain, find_recipe, make_params, needed_folder, place, plain, refuse
from models.orders.plan import Plan, Wish, make_plan, plain_wish
from models.orders.scoring import held_out, score_rows, wants_balanced
from models.orders.tracking import check_tracking, tell
from models.orders.tried import TRIED, tried_text
from models.params import to_plain
from models.store.atomic import whole, write_text
from models.store.fold import Fold
from models.store.predictions import FILE_NAME, write_predictions
from models.store.project import Project
from models.store.runs import JUDGES, RunFolder

Floats = npt.NDArray[np.float32]
Parts = npt.NDArray[np.object_]
_PLAN, _MODEL = "plan.json", "model"


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
) -> Steps:
    """Train, evaluate, predict all samples and record a run; its JSON is that of ``winnow train``.

    Cancelled keeps the best weights so far as a run marked "stopped early", or leaves nothing.
    resume goes on with the last interrupted training of this recipe, with its own settings.
    baseline: also score metadata alone and the domain's baseline on the same split.
    track: where the run is told to, as an MLflow tracking URI or a folder; "local" is one in the project.
    cluster: where folds and predictions are computed: "local:4" for processes of this machine, or the address of a
    Dask scheduler; "" is this process. A training that loses its cluster can be gone on with.
    """
    if out:
        refuse(place(out), overwrite)
    check_tracking(track)
    check_clock()
    with Project.open(place(project)) as opened, workplace(cluster) as there:
        kind = find_domain(opened)
        chosen = find_recipe(kind, recipe)
        wish = Wish(where, max_samples, split, split_by, split_seed, test_size, folds)
        run = _Run(opened, kind, chosen, dict(values or {}), preset, wish, seed, device_of(device), baseline, there)
        run.anew = overwrite
        old = run.continued() if resume else None
        record = yield from run.steps(old)
        if name:
            opened.runs.rename(record["id"], name, by or "winnow")
        if out:
            needed_folder(place(out).parent)
            with whole(place(out)) as beside:
                shutil.copytree(opened.path / "runs" / record["id"], beside)
        told = answer(record, opened.path / "runs" / record["id"])
        if track:
            told["tracked"] = yield from keeping(tell(record, Path(told["folder"]), opened.path, track), Seen())
        return told


def _give_up(folder: RunFolder, error: Exception) -> None:
    """End a training that failed. What it learnt stays to go on with; where that is nothing, nothing stays.

    Raises UserError that says so where the fault is one that a person can mend.
    """
    if not any(file.is_file() and file.name != _PLAN for file in folder.work.rglob("[!.]*")):
        folder.discard()
        return
    folder.release()
    if isinstance(error, UserError | OSError):
        words = str(error) if isinstance(error, UserError) else f"{error.strerror or error}."
        raise UserError(f"{words} What was learnt is kept: winnow train --resume goes on with it.") from error


def answer(record: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What ``winnow train`` prints of a run record."""
    names = ("recipe", "seed", "params", "snapshot", "split", "classes", "metrics", "balance", "seconds", "device")
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    told = {name: record.get(name) for name in names}
    more = {name: record[name] for name in ("stopped_early", "words", "notes", "cluster") if record.get(name)}
    return {"run": record["id"], **told, **more, "folder": str(folder), "files": files}


class _Run:
    """One training from the choice of rows to the finished folder."""

    def __init__(
        self,
        project: Project,
        kind: Domain,
        recipe: Recipe,
        values: dict[str, Any],
        preset: str,
        wish: Wish,
        seed: int,
        device: str,
        baseline: bool,
        there: Place,
    ) -> None:
        self.project = project
        self.kind = kind
        self.recipe = recipe
        self.params = make_params(recipe, values, preset)
        self.preset = preset
        self.wish = wish
        self.seed = seed
        self.setting = Setting(device, project.cache)
        self.baseline = baseline
        self.there = there
        self.seen = Seen()
        self.position = project.journal.position
        self.begun = time.monotonic()
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.words = ""
        self.notes: list[str] = []
        self.anew = False
        self.givens: tuple[Given, ...] = ()
        self.scores: dict[str, Any] = {}

    def continued(self) -> RunFolder:
        """The interrupted training to go on with; this run takes its settings."""
        for folder in self.project.runs.left_over():
            file = folder.path / "work" / _PLAN
            try:
                told = json.loads(file.read_text("utf-8")) if file.is_file() else {}
                if told.get("recipe") == self.recipe.name:
                    self.params = make_params(self.recipe, told["params"])
                    self.wish, self.seed, self.position = Wish(**told["wish"]), int(told["seed"]), int(told["position"])
                    self.preset = str(told.get("preset", ""))
                    return folder
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
                raise UserError(f"{file} is damaged. Delete the folder {folder.path} and train anew.") from None
        raise UserError(f"no interrupted training of {self.recipe.name} is here. Leave --resume out to begin anew.")

    def steps(self, old: RunFolder | None) -> Generator[Progress, None, dict[str, Any]]:
        yield Progress(text="Choosing rows")
        fold = self.project.journal.fold if old is None else self.project.journal.at(self.position)
        plan = self._plan(fold)
        if self.kind.advise is not None:
            self.notes = [words for _title, words in self.kind.advise(plan.samples, plan.codes, plan.classes)]
            self.seen.log += self.notes
        self._sweep()
        folder = self.project.runs.start()
        try:
            self._begin(folder, old)
            record = yield from self._work(folder, plan, fold.sha(), old is not None)
            folder.finish(record)
        except (Cancelled, GeneratorExit):
            folder.discard()
            raise
        except Exception as error:
            _give_up(folder, error)
            raise
        return {**record, "id": folder.id}

    def _plan(self, fold: Fold) -> Plan:
        """Rows and split; where the recipe asks for splits that came with the data, and nobody for another, those."""
        wish = self.wish
        if self.recipe.given is not None and replace(wish, where="", max_samples=0) == Wish():
            self.givens = self.recipe.given(self.params, self.project.samples)
        if not self.givens:
            return make_plan(self.project, self.kind, fold, wish, self.seed, self.params)
        # No test set is locked for them: each sample is judged by models that never saw its group.
        plan = make_plan(
            self.project, self.kind, fold, replace(wish, split_by="group", test_size=0.0), self.seed, self.params
        )
        return replace(plan, split=given_split(plan, self.givens))

    def _sweep(self) -> None:
        """Take away what was begun and not even planned: nobody can go on with it."""
        for folder in self.project.runs.left_over():
            if not (folder.work / _PLAN).exists():
                folder.discard()

    def _begin(self, folder: RunFolder, old: RunFolder | None) -> None:
        if old is not None:
            folder.take_over(old)
            self.seen.log.append(f"Goes on with the interrupted {old.id}")
        told = {
            "recipe": self.recipe.name,
            "params": to_plain(self.params),
            "preset": self.preset,
            "wish": plain_wish(self.wish),
            "seed": self.seed,
            "position": self.position,
        }
        write_text(folder.work / _PLAN, json.dumps(told))

    def _work(self, folder: RunFolder, plan: Plan, sha: str, resume: bool) -> Generator[Progress, None, dict[str, Any]]:
        if self.givens:
            made, p, parts = yield from self._given(folder, plan)
        else:
            made = yield from self._model(folder, plan, resume)
            p, parts = made.p, plan.split.parts(len(plan.samples))
            if not self.seen.cancelled:
                p, parts = yield from self._add_folds(plan, p, parts, folder.work)
        self.notes = [*self.notes, *unsaid_words(p)]
        metrics = self._metrics(plan, p, parts)
        metrics |= {"given": self.scores} if self.scores else {}
        if self.baseline and not self.seen.cancelled:
            yield from self._beside(plan, metrics, parts, folder.work)
        said = np.flatnonzero(np.isfinite(p).all(axis=1))
        ids = plan.samples.take(said).ids()
        write_predictions(folder.path / FILE_NAME, ids, parts[said].tolist(), p[said], plan.classes)
        record = self._record(plan, made, metrics, p, sha)
        write_text(folder.path / "card.md", write_card({**record, "id": folder.id}))
        write_text(folder.path / "log.txt", "\n".join(self.seen.log) + "\n")
        if self.seen.rows:
            write_text(folder.path / TRIED, tried_text(self.seen.rows))
        return record

    def _model(self, folder: RunFolder, plan: Plan, resume: bool) -> Generator[Progress, None, Made]:
        """Fit, keep the model, and predict all samples with it; what was made so before is taken up again."""
        split = plan.split
        file, key = folder.work / MADE, ""
        if split.folds:
            key = made_key(plan, self.kind, self.recipe, self.params, self.seed, self.setting)
            if (known := read_made(file, key, self.seen)) is not None and (folder.path / _MODEL).is_dir():
                yield Progress(text="The model was kept before", log="The model was kept before")
                return known
        fitted = yield from fit_rows(
            plan, self.recipe, self.params, split.train, split.val, self.seed, self.setting, folder.work, self.seen,
            resume,
        )  # fmt: skip
        p = yield from keeping(self._keep(folder, plan, fitted), self.seen)
        made = made_of(fitted, p)
        if key and not self.seen.cancelled:
            keep_made(file, key, made, self.seen)
        return made

    def _given(self, folder: RunFolder, plan: Plan) -> Generator[Progress, None, tuple[Made, Floats, Parts]]:
        """Train over the splits that came with the data, and leave the files that the field expects of them."""
        recipe, params = self.recipe, self.params
        if recipe.member is not None:
            name, params = recipe.member(params)
            recipe = find_recipe(self.kind, name)
        rule = self.recipe.fusion(self.params) if self.recipe.fusion is not None else "mean"
        whole = Whole(plan, self.kind, recipe, params, self.givens, self.seed, self.setting, self.there, rule)
        sets = yield from fit_given(whole, self.seen, self.anew)
        fitted = replace((yield from join_models(whole, sets, folder.work, self.seen)), recipe=self.recipe)
        said = yield from keeping(self._keep(folder, plan, fitted), self.seen)
        p, parts = answer_given(whole, sets, said, plan.split.parts(len(plan.samples)))
        self.scores = score_given(whole, sets)
        if self.recipe.report is not None:
            labels = [plan.classes[code] if code >= 0 else None for code in plan.codes.tolist()]
            outcome = GivenOutcome(self.recipe.name, plan.samples, labels, plan.classes, self.givens, self.scores)
            self.recipe.report(outcome, folder.path)
        return made_of(fitted, said), p, parts

    def _keep(self, folder: RunFolder, plan: Plan, fitted: Fitted) -> Generator[Progress, None, Floats]:
        """Save the model, and predict all samples whose files are there."""
        yield Progress(text="Keeping the model")
        shutil.rmtree(folder.path / _MODEL, ignore_errors=True)
        (folder.path / _MODEL).mkdir()
        self.recipe.save(fitted.model, folder.path / _MODEL)
        everything = np.arange(len(plan.samples), dtype=np.int64)
        return (
            yield from predict_at(
                self.there, fitted, self.kind, plan.samples, everything, len(plan.classes), self.setting,
                folder.path / _MODEL, folder.work / "predicting",
            )
        )  # fmt: skip

    def _add_folds(
        self, plan: Plan, p: Floats, parts: Parts, work: Path
    ) -> Generator[Progress, None, tuple[Floats, Parts]]:
        """Out-of-fold probabilities in place of those of a model that saw the sample."""
        if not plan.split.folds:
            return p, parts
        try:
            rows, found = yield from out_of_fold(
                plan, self.kind, self.recipe, self.params, self.seed, self.setting, work / "folds", self.seen,
                self.there,
            )  # fmt: skip
        except Cancelled:
            self.seen.cancelled = True
            return p, parts
        p, parts = p.copy(), parts.copy()
        p[rows], parts[rows] = found, "out_of_fold"
        return p, parts

    def _metrics(self, plan: Plan, p: Floats, parts: Parts) -> dict[str, Any]:
        balanced = wants_balanced(self.kind, self.params)
        metrics: dict[str, Any] = {}
        for name in JUDGES:
            rows = np.flatnonzero((parts == name) & (plan.codes >= 0))
            if len(rows):
                metrics[name] = score_rows(
                    self.kind, plan.samples, plan.codes, p, rows, plan.classes, balanced, votes=plan.votes
                )
        return metrics

    def _beside(self, plan: Plan, metrics: dict[str, Any], parts: Parts, work: Path) -> Generator[Progress, None, None]:
        """Score what metadata alone reach, and the domain's baseline on the same split."""
        part, rows = held_out(parts, plan.codes)
        try:
            if self.kind.metadata is not None:
                yield Progress(text="Scoring metadata alone")
                metrics["metadata_only"] = self._metadata(plan)
                self.words = confound_words(metrics["metadata_only"], metrics.get(part))
            if self.kind.baseline and self.kind.baseline != self.recipe.name and len(rows):
                yield Progress(text="Scoring the baseline")
                metrics["baseline"] = yield from self._baseline(plan, part, rows, work / "baseline")
        except Cancelled:
            self.seen.cancelled = True
        except UserError as error:
            self.seen.log.append(f"Not scored beside: {error}")

    def _metadata(self, plan: Plan) -> dict[str, Any]:
        rows = np.flatnonzero(plan.codes >= 0)
        if self.kind.metadata is None:
            raise UserError("this domain names no metadata")
        x = self.kind.metadata(plan.samples)[rows]
        return metadata_score(
            x, plan.codes[rows], plan.groups[rows], plan.classes, 0, 5, self.kind.is_ordinal(plan.classes)
        )

    def _baseline(
        self, plan: Plan, part: str, rows: npt.NDArray[np.int64], work: Path
    ) -> Generator[Progress, None, dict[str, Any]]:
        recipe = find_recipe(self.kind, self.kind.baseline)
        params, seen = recipe.params(), Seen()
        p = np.zeros((len(plan.samples), len(plan.classes)), np.float32)
        if part == "out_of_fold":
            rows, found = yield from out_of_fold(
                plan, self.kind, recipe, params, self.seed, self.setting, work, seen, self.there
            )
        else:
            split = plan.split
            fitted = yield from fit_rows(
                plan, recipe, params, split.train, split.val, self.seed, self.setting, work, seen
            )
            found = yield from predict_rows(fitted, plan.samples, rows, self.setting)
        p[rows] = found
        scored = score_rows(
            self.kind, plan.samples, plan.codes, p, rows, plan.classes, bool(self.kind.by_columns), votes=plan.votes
        )
        return {"recipe": recipe.name, "part": part, **scored}

    def _stopping(self, plan: Plan, p: Floats) -> dict[str, Any]:
        """How the predictions changed over the runs of this recipe: whether more labels still change the model."""
        tables = [p]
        for run in self.project.runs.list()[: stop.RUNS]:
            if run.recipe == self.recipe.name and tuple(run.record["classes"]) == plan.classes:
                kept = run.predictions()
                rows, index = kept.rows(plan.samples)
                before = np.full_like(p, np.nan)
                before[rows] = kept.probabilities[index]
                tables.insert(0, before)
        return stop.stability(tables).plain()

    def _record(self, plan: Plan, made: Made, metrics: dict[str, Any], p: Floats, sha: str) -> dict[str, Any]:
        locked = plan.split.kind == "locked"
        counts = {
            "rule": getattr(self.params, "balance", "none"),
            "before": dict(zip(plan.classes, made.before, strict=False)),
            "after": dict(zip(plan.classes, made.after, strict=False)),
        }
        record = {
            "recipe": self.recipe.name,
            "params": to_plain(self.params),
            "preset": self.preset,
            "seed": self.seed,
            "started": self.started,
            "seconds": round(time.monotonic() - self.begun, 3),
            "device": self.setting.device,
            "versions": versions(),
            "snapshot": {"position": self.position, "sha": sha, "labels": int((plan.codes >= 0).sum())},
            "split": plan.split.plain(),
            "wish": plain_wish(self.wish),
            "classes": list(plan.classes),
            "grouping": class_table(self.project, self.kind, self.params, self.project.journal.fold),
            "metrics": metrics,
            "balance": counts,
            "temperature": made.temperature,
            "project": self.project.path.name,
            "domain": self.kind.name,
            "curves": self.seen.curves,
            "log": self.seen.log,
            "test_version": self.project.keep_test_version() if locked else 0,
            "parent": "",
            "stopped_early": self.seen.cancelled,
            "words": self.words,
            "notes": self.notes,
            "input": made.facts,
            "stopping": self._stopping(plan, p),
        }
        if ran := self.there.plain():
            record["cluster"] = ran
        found: dict[str, Any] = plain(record)
        return found


def versions() -> dict[str, str]:
    """Versions of what can change a result, of those that are loaded."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for module, name in (("numpy", "numpy"), ("sklearn", "scikit-learn"), ("torch", "torch"), ("app", "winnow")):
        try:
            if module in sys.modules or module == "app":
                found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from source"
    return found


def again(record: Mapping[str, Any]) -> Wish:
    """The wish of an earlier run, to train on the same rows."""
    return replace(Wish(), **record.get("wish", {}))
