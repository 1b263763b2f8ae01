"""How many answers a queue saves a curator who looks for a rare class: a simulated one, who is never wrong.

The most frequent class against the rest, of which so many are kept that they are 1.5 %. A third of the groups judges
and is never asked about. The curator begins with 20 labels, one of them of the rare class, and answers 20 suggestions
of the queue in each turn; what the queue shows again counts as an answer too. Cells are known by their colour and
texture, the model is the linear part of that recipe. Each source that WINNOW_SMEARS names (divided as PATH is), else
drawn smears. The curves are drawn beside the results.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score

from benchmarks.table import Row, row
from models.domains.smears import features
from models.domains.smears.cells import drawable
from models.domains.smears.recipes.colour_texture import FAR, ColourTextureParams
from models.job import Job, finish
from models.learn.balance import balance_rows
from models.learn.review.pool import Pool
from models.learn.review.queue import queue
from models.learn.split import fold_rows
from models.learn.tabular import fit_linear, softmax
from models.orders.figures import COLOURS
from models.orders.waiting import FOLDS
from models.store.project import Project
from workers.inline import run as do

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Curves = npt.NDArray[np.float64]
#: By chance is what a blend does that knows no run and no embedding.
STRATEGIES = ("random", "uncertainty", "blend")
CLASSES = ("frequent", "rare")
#: Answers of a turn, and labels at the beginning; the share of the groups that judges is one in so many.
TURN, HELD = 20, 3
#: Two-sided 95 % quantiles of Student's t by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78}


@dataclass(frozen=True)
class Cells:
    """Cells of a source: features (n, 160), 1 for the rare class (n,), the group of each (n,)."""

    x: Floats
    truth: Index
    groups: Index

    def take(self, rows: Index) -> Cells:
        """Some of them."""
        return Cells(self.x[rows], self.truth[rows], self.groups[rows])


def run(quick: bool) -> list[Row]:
    """Answers until the average precision that chance reaches at last, and the precision on the way there."""
    share, seeds, most = (0.1, 2, 60) if quick else (0.015, 5, 300)
    named = [] if quick else list(filter(None, os.environ.get("WINNOW_SMEARS", "").split(os.pathsep)))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="winnow-queueing-") as folder:
        for place, source in enumerate(named or [_drawn(Path(folder), 400 if quick else 4000)]):
            cells = read(source, Path(folder) / str(place))
            curves, again = simulate(cells, share, seeds, most)
            name = Path(source).name
            _draw(curves, most, name, f"queueing{'.quick' if quick else ''}.{place}.png")
            rows += _rows(name, curves, again)
    return rows


def _drawn(folder: Path, count: int) -> str:
    source = str(folder / "drawn smears")
    values = {"mistakes": "0"}
    do(Job("fake", {"domain_name": "smears", "out": source, "samples": count, "values": values}, "fake"))
    return source


def read(source: str, place: Path) -> Cells:
    """The labelled cells of a source that can be measured."""
    Project.create(place, "smears").close()
    do(Job("import_samples", {"project": str(place), "sources": [source]}, "import"))
    with Project.open(place) as opened:
        samples, codes = opened.samples, np.asarray(opened.journal.fold.codes, np.int64)
        rows = np.flatnonzero(drawable(samples) & (codes >= 0))
        x = finish(features.measure(samples, rows, opened.cache))
        groups = samples.group_codes()[0][rows]
    rare = (codes[rows] != np.bincount(codes[rows]).argmax()).astype(np.int64)
    return Cells(x, rare, groups).take(np.flatnonzero(np.isfinite(x).all(1)))


def simulate(cells: Cells, share: float, seeds: int, most: int) -> tuple[dict[str, Curves], dict[str, float]]:
    """Average precision (seeds, turns) by strategy, and the share of answers about what had a label already."""
    curves: dict[str, list[list[float]]] = {name: [] for name in STRATEGIES}
    again = dict.fromkeys(STRATEGIES, 0.0)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        some = cells.take(_thinned(cells.truth, share, rng))
        held = fold_rows(some.truth, some.groups, HELD, seed)[0]
        desk, judge = some.take(np.setdiff1d(np.arange(len(some.truth)), held)), some.take(held)
        first = _first(desk.truth, rng)
        for name in STRATEGIES:
            curve, repeats = _curate(desk, judge, first, name, seed, most)
            curves[name].append(curve)
            again[name] += repeats / (most - TURN) / seeds
    return {name: np.array(found) for name, found in curves.items()}, again


def _thinned(truth: Index, share: float, rng: np.random.Generator) -> Index:
    """All of the frequent class, and so many of the rare one that they have this share."""
    frequent, rare = np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)
    count = min(round(share / (1 - share) * len(frequent)), len(rare))
    return np.sort(np.concatenate([frequent, rng.choice(rare, count, replace=False)]))


def _first(truth: Index, rng: np.random.Generator) -> Index:
    """What is labelled at the beginning: one example of the rare class, the others at random."""
    example = rng.choice(np.flatnonzero(truth == 1), 1)
    others = np.setdiff1d(np.arange(len(truth)), example)
    return np.concatenate([example, rng.choice(others, TURN - 1, replace=False)])


def _curate(desk: Cells, judge: Cells, first: Index, strategy: str, seed: int, most: int) -> tuple[list[float], int]:
    """Average precision on the judging cells after each turn, and how many answers confirmed a label."""
    codes = np.full(len(desk.truth), -1, np.int64)
    codes[first] = desk.truth[first]
    curve, repeats = [], 0
    for answers in range(TURN, most + 1, TURN):
        known = np.flatnonzero(codes >= 0)
        found = _probabilities(desk, codes, known, np.concatenate([desk.x, judge.x]))
        p, judged = found[: len(codes)], found[len(codes) :, 1]
        curve.append(float(average_precision_score(judge.truth, judged)))
        if answers < most:
            by = "blend" if strategy == "random" else strategy
            rows = np.array([one.row for one in queue(_pool(desk, codes, p, strategy), by, TURN, seed)], np.int64)
            repeats += int((codes[rows] >= 0).sum())
            codes[rows] = desk.truth[rows]
    return curve, repeats


def _probabilities(desk: Cells, codes: Index, rows: Index, x: Floats) -> Floats:
    """What a model that learnt from these rows says of x, (n, 2)."""
    weights = balance_rows(codes, "weights", np.random.default_rng(0), rows).weights[rows]
    targets = np.eye(2, dtype=np.float32)[codes[rows]]
    return softmax(finish(fit_linear(desk.x[rows], targets, weights, ColourTextureParams().strength)).scores(x))


def _pool(desk: Cells, codes: Index, p: Floats, strategy: str) -> Pool:
    """What the strategy sees; what it judges is judged by models that did not learn from it."""
    if strategy == "random":
        return Pool(codes, CLASSES)
    if strategy == "uncertainty":
        return Pool(codes, CLASSES, probabilities=p)
    known = np.flatnonzero(codes >= 0)
    z = (desk.x - desk.x[known].mean(0)) / np.maximum(desk.x[known].std(0), 1e-6)
    p = p.copy()
    for held in fold_rows(codes, desk.groups, FOLDS, 0):
        p[held] = _probabilities(desk, codes, np.setdiff1d(known, held), desk.x[held])
    embedding = np.clip(z, -FAR, FAR)
    return Pool(codes, CLASSES, probabilities=p, out_of_fold=codes >= 0, groups=desk.groups, embedding=embedding)


def needed(curves: Curves, aims: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Answers after which each seed first reaches its aim; infinite where it never does."""
    reached = curves >= aims[:, None] - 1e-12
    return np.where(reached.any(1), TURN * (1.0 + reached.argmax(1)), np.inf)


def _rows(name: str, curves: dict[str, Curves], again: dict[str, float]) -> list[Row]:
    aims, turns = curves["random"][:, -1], curves["random"].shape[1]
    chance = needed(curves["random"], aims)
    rows = []
    for strategy in STRATEGIES[1:]:
        mine = needed(curves[strategy], aims)
        # Who never gets there is counted with the last answer; the note tells it.
        ours = float(np.minimum(mine, turns * TURN).mean())
        each = ", ".join(f"{a:.0f} against {b:.0f}" for a, b in zip(mine, chance, strict=True))
        note = f"seed by seed {each}; {again[strategy]:.0%} of the answers confirmed a label"
        what = f"{name}, {strategy}: answers for the average precision of {turns * TURN} at random"
        rows.append(row(what, ours, float(chance.mean()), note=note, unit=""))
    for strategy in STRATEGIES[1:]:
        for turn in sorted({turns // 3 - 1, turns - 1}):
            own, other = curves[strategy][:, turn], curves["random"][:, turn]
            note = f"{_spread(own)}; at random {_spread(other)}; difference {_spread(own - other)} (t over seeds)"
            what = f"{name}, {strategy}: average precision after {(turn + 1) * TURN} answers"
            rows.append(row(what, float(own.mean()), float(other.mean()), note=note, unit="", more=True))
    return rows


def _spread(values: npt.NDArray[np.float64]) -> str:
    half = values.std(ddof=1) / np.sqrt(len(values)) * STUDENT[len(values) - 1]
    return f"{values.mean():.3f} ± {half:.3f}"


def _draw(curves: dict[str, Curves], most: int, name: str, file: str) -> None:
    """Mean of the seeds, a band from the worst to the best of them."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    answers = np.arange(TURN, most + 1, TURN)
    for colour, (strategy, found) in zip((COLOURS[7], *COLOURS), curves.items(), strict=False):
        axes.plot(answers, found.mean(0), color=colour, label=strategy.capitalize())
        axes.fill_between(answers, found.min(0), found.max(0), color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("Answers of the curator")
    axes.set_ylabel("Average precision of the rare class")
    axes.set_title(f"{name}: mean and range of {len(curves['random'])} seeds", fontsize=10)
    axes.legend(frameon=False, loc="lower right")
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / file, dpi=150)
