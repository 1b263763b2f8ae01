"""The samples as one wide table: address, metadata, labels, flags and a run's predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.sample import FIXED
from models.store.grouped import as_classes
from models.store.predictions import Predictions, fold_file, read_predictions
from models.store.proposals import came_by_spreading, visible
from models.store.state import NONE, Codes
from models.store.voted import standing
from models.store.where import Array, Mask, compile_where

if TYPE_CHECKING:
    from models.store.fold import Fold
    from models.store.project import Project
    from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]

#: Columns that are not stored with the samples, with what they say.
DERIVED = {
    "label": "the present label; where all votes count, what most of them say or somebody settled",
    "by": "who gave the present label",
    "labelled": "has a label",
    "unlabelled": "has no label",
    "human": "labelled by a person",
    "vote": "your own vote, also where others outvote it",
    "votes": "how many votes it has by now",
    "agreement": "the share of its votes that the commonest class has",
    "entropy": "how far its votes differ, in nats: 0 where all say the same",
    "proposed": "the class that was spread to it and waits for a person's word; no label",
    "spread": "the person who labelled it accepted what was spread to it",
    "flagged": "has any flag",
    "bookmark": "has the flag bookmark",
    "excluded": "has the flag exclude",
    "retired": "another took its place: merged, split or removed",
    "note": "the note",
    "prediction": "the model's class",
    "confidence": "the model's probability of its class",
    "part": "train, val, test, out_of_fold or rest in the run",
    "conflict": "label and prediction differ",
    "wrong": "they differ, on a sample the model did not train on",
    "issue": "1 minus the model's probability of the label, on a sample the model did not train on",
    "row": "order of addition, from 0",
}
FUNCTIONS = {
    "prediction": 'prediction("run-2"): the class that run gave',
    "confidence": 'confidence("run-2"): its probability',
    "changed_since": 'changed_since("run-3"): labelled anew since that run',
    "flagged": 'flagged("bad quality"): has that flag',
    "missing": 'missing("noise"): has no value there',
    "p": 'p("seizure"): the model\'s probability of that class',
    "vote": 'vote("ann"): the class that this annotator gave',
    "votes": 'votes("seizure"): how many annotators gave that class, or which share',
}


class View:
    """Columns of a project at one moment, computed when asked for and kept.

    run: the run whose predictions stand in ``prediction`` and ``confidence`` ("last" and "best"
    are allowed to be absent, a named one is not). fold: labels as they were, for a snapshot; those
    of now without it. unseen: where a review made out-of-fold predictions of the run's training
    samples, those stand in place of what the run says of samples that it has seen.
    """

    #: Whose proposals are shown, None: of all.
    _asker: str | None = None
    #: Whose own vote is told as ``vote``, "": of the curator that the project's settings name.
    curator = ""

    def __init__(self, project: Project, run: str = "last", fold: Fold | None = None, unseen: bool = False) -> None:
        self.project = project
        self.samples = project.samples
        self.fold = fold or project.journal.fold
        self._run, self._unseen = run, unseen
        self._kept: dict[str, Array] = {}
        self._meant: Fold | None = None
        self._stands: Fold | None = None
        self._predicted: dict[str, tuple[Array, Array, Array, tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self.samples)

    def names(self) -> tuple[str, ...]:
        """All column names: fixed, metadata, derived."""
        return tuple(dict.fromkeys((*FIXED, *self.samples.names, *DERIVED)))

    def functions(self) -> tuple[str, ...]:
        return tuple(FUNCTIONS)

    def mask(self, where: str) -> Mask:
        """(n,) booleans of an expression; raises UserError (WhereError) with the place.

        Samples that are not there are left out, unless the expression asks for them by ``retired``.
        """
        found = compile_where(where)
        mask = found.mask(self)
        return mask if "retired" in found.names or self.fold.whole else mask & self.fold.live

    def every(self, where: str) -> Rows:
        """The rows that an expression chooses, also of samples that are not there any more."""
        return np.flatnonzero(compile_where(where).mask(self)).astype(np.int64)

    def rows(self, where: str) -> Rows:
        """The rows that an expression chooses."""
        return np.flatnonzero(self.mask(where)).astype(np.int64)

    def column(self, name: str) -> Array:
        """(n,) values: float64 with NaN, bool, or object with None where missing."""
        if name not in self._kept:
            self._kept[name] = self._compute(name)
        return self._kept[name]

    def call(self, name: str, argument: str) -> Array:
        """A column with an argument, such as ``prediction("run-2")``."""
        if name in ("prediction", "confidence"):
            label, sure, _part, _classes = self._predictions(argument)
            return label if name == "prediction" else sure
        if name == "changed_since":
            later: Array = self.fold.touched > self._record(argument).record["snapshot"]["position"]
            return later
        made: dict[str, Callable[[str], Array]] = {
            "flagged": self.fold.flagged,
            "missing": self._missing,
            "p": self._probability,
            "vote": self._votes_of,
            "votes": self._vote_count,
        }
        return made[name](argument)

    def _compute(self, name: str) -> Array:
        if name in (*FIXED, *self.samples.names):
            if name == "source":
                return self._source_names()
            return self.samples.column(name)
        derived: dict[str, Any] = {
            "label": self._labels,
            "by": self._authors,
            "labelled": lambda: self.stands().codes >= 0,
            "unlabelled": lambda: self.stands().codes < 0,
            "human": self.fold.human,
            "vote": lambda: self._votes_of(self.curator or str(self.project.setting("curator", "") or "")),
            "votes": self._votes,
            "agreement": self._agreement,
            "entropy": self._entropy,
            "proposed": lambda: visible(self.project, self._asker),
            "spread": lambda: came_by_spreading(self.project) & (self.stands().codes >= 0),
            "flagged": self.fold.flagged,
            "bookmark": lambda: self.fold.flagged("bookmark"),
            "excluded": lambda: self.fold.flagged("exclude"),
            "retired": lambda: ~self.fold.live,
            "note": self.fold.notes,
            "prediction": lambda: self._predictions(self._run)[0],
            "confidence": lambda: self._predictions(self._run)[1],
            "part": lambda: self._predictions(self._run)[2],
            "conflict": self._conflict,
            "wrong": lambda: self._conflict() & ~self.taught(),
            "issue": self._issue,
            "row": lambda: np.arange(len(self), dtype=np.float64),
        }
        values = derived[name]()
        return np.asarray(values)

    def _source_names(self) -> Array:
        names = {info.number: info.name for info in self.project.sources()}
        numbers = self.samples.table.column("source").to_numpy()
        return np.array([names.get(int(number)) for number in numbers], object)

    def _labels(self) -> Array:
        return self.stands().labels()

    def _votes_of(self, by: str) -> Array:
        told: Array = np.array([*self.fold.classes, None], object)[self.fold.vote_codes(by)]
        return told

    def _votes(self) -> Array:
        """(n,) votes of each sample; NaN where its source tells shares alone."""
        return np.where(self.fold.shared(), np.nan, self.fold.vote_counts().sum(axis=1))

    def _vote_shares(self) -> Array:
        """(n, classes) shares of the votes; NaN where nobody voted."""
        counts = self.fold.vote_counts()
        total = counts.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))

    def _agreement(self) -> Array:
        """(n,) share of the commonest class."""
        shares = self._vote_shares()
        return np.asarray(shares.max(axis=1)) if shares.shape[1] else np.full(len(self), np.nan)

    def _entropy(self) -> Array:
        """(n,) entropy of the shares, nats."""
        shares = self._vote_shares()
        logs = np.log(shares, out=np.zeros(shares.shape), where=shares > 0)
        told = np.abs((shares * logs).sum(axis=1))
        return told if shares.shape[1] else np.full(len(self), np.nan)

    def _authors(self) -> Array:
        codes, names = self.authors()
        return np.array([*names, None], object)[codes]

    def authors(self) -> tuple[Codes, list[str]]:
        """Who gave the label that stands: a code each, and the names; −1 where votes outnumber the latest one."""
        codes, names = self.fold.by
        return np.where(self.stands().codes == self.fold.codes, codes, NONE).astype(np.int32), names

    def stands(self) -> Fold:
        """The labels that stand, as scores and exports take them: where all votes count, what most of them say."""
        if self._stands is None:
            self._stands = self._standing(self.fold)
        return self._stands

    def _standing(self, fold: Fold) -> Fold:
        return standing(self.project, fold)

    def _conflict(self) -> Array:
        label, prediction = self.meant().labels(), self.column("prediction")
        both = (label != None) & (prediction != None)  # noqa: E711 - elementwise
        return np.asarray(both & (label != prediction), bool)

    def meant(self) -> Fold:
        """The same as the classes of the run."""
        if self._meant is None:
            grouping = self._grouping()
            self._meant = self._standing(as_classes(self.fold, grouping)) if grouping else self.stands()
        return self._meant

    def taught(self) -> Mask:
        """(n,) which rows the run learnt from: what it says of them is no opinion."""
        return np.asarray(self.column("part") == "train", bool)

    def meaning(self, label: str | None) -> str | None:
        """The class of the run that a label stands for; None for no label, and for one that is left out."""
        return self._grouping().get(label, label) or None if label else None

    def _grouping(self) -> dict[str, str]:
        try:
            return self._record(self._run).grouping if self._run else {}
        except UserError:
            return {}

    def stand_ins(self) -> dict[str, str]:
        """Class of the run → the one label of the project that stands for it, where there is one alone."""
        finer: dict[str, list[str]] = {}
        for name, found in self._grouping().items():
            if found and name in self.fold.classes:
                finer.setdefault(found, []).append(name)
        return {found: names[0] for found, names in finer.items() if len(names) == 1}

    def accepted(self, rows: Rows) -> list[str | None]:
        """The label that each of these rows has once the model's class is accepted; None where it gave none.

        A label that stands for the model's class stays. Else it is that class, or the one label that stands for it.
        """
        grouping = self._grouping()
        predicted = self.column("prediction")[rows].tolist()
        if not grouping:
            return list(predicted)
        said, meant = self.stands().labels()[rows].tolist(), self.meant().labels()[rows].tolist()
        only = self.stand_ins()
        return [
            label if own is not None and own == found else only.get(found, found)
            for label, own, found in zip(said, meant, predicted, strict=True)
        ]

    def _issue(self) -> Array:
        values, classes = self.probabilities()
        issue = np.full(len(self), np.nan)
        meant = self.meant()
        place = np.array([classes.index(name) if name in classes else -1 for name in (*meant.classes, "")])
        column = place[meant.codes]
        rows = np.flatnonzero((column >= 0) & ~self.taught())
        issue[rows] = 1 - values[rows, column[rows]]
        return issue

    def renewed(self) -> View:
        """The same columns after labels changed: what labels do not touch is kept."""
        other = View(self.project, self._run, unseen=self._unseen)
        self._pass_on(other)
        return other

    def _pass_on(self, other: View) -> None:
        """Give another view what labels do not touch."""
        other.curator = self.curator
        if other.samples is self.samples:
            other._predicted = self._predicted
            lasting = (*FIXED, *self.samples.names, "prediction", "confidence", "part", "row")
            other._kept = {name: kept for name, kept in self._kept.items() if name in lasting or name[0] == "\0"}

    def _record(self, run: str) -> RunRecord:
        return self.project.runs.get(run)

    def _predictions(self, run: str) -> tuple[Array, Array, Array, tuple[str, ...]]:
        if run not in self._predicted:
            self._predicted[run] = self._read_predictions(run)
        return self._predicted[run]

    def _read_predictions(self, run: str) -> tuple[Array, Array, Array, tuple[str, ...]]:
        count = len(self)
        label, part = np.full(count, None, object), np.full(count, None, object)
        sure = np.full(count, np.nan)
        try:
            record = self._record(run) if run else None
        except UserError:
            if run not in ("last", "best"):
                raise
            record = None
        if record is None:
            return label, sure, part, ()
        found = record.predictions()
        full = np.full((len(self), len(found.classes)), np.nan, np.float32)
        for told in (found, self._fold_predictions(record) if self._unseen else None):
            if told is not None and told.classes == found.classes:
                rows, index = told.rows(self.samples)
                full[rows], part[rows] = told.probabilities[index], told.part[index]
        rows = np.flatnonzero(np.isfinite(full[:, :1]).any(axis=1)).astype(np.int64)
        if len(rows):
            label[rows] = np.array(found.classes, object)[full[rows].argmax(axis=1)]
            sure[rows] = full[rows].max(axis=1)
        self._kept[f"\0{run}"] = full
        return label, sure, part, tuple(found.classes)

    def _fold_predictions(self, record: RunRecord) -> Predictions | None:
        file = fold_file(self.project.cache, record.id, record.record)
        try:
            return read_predictions(file) if file.exists() else None
        except UserError:
            return None

    def probabilities(self, run: str = "") -> tuple[Array, tuple[str, ...]]:
        """(n, classes) probabilities of a run, NaN where it has none, and its classes."""
        run = run or self._run
        classes = self._predictions(run)[3]
        return self._kept.get(f"\0{run}", np.full((len(self), 0), np.nan, np.float32)), classes

    def _probability(self, name: str) -> Array:
        values, classes = self.probabilities()
        if name not in classes:
            raise UserError(f"the run knows no class {name!r}. Known: {', '.join(classes) or 'no run yet'}.")
        return values[:, classes.index(name)].astype(np.float64)

    def _vote_count(self, name: str) -> Array:
        if name not in self.fold.classes:
            raise UserError(f"no vote names {name!r}. Known: {', '.join(self.fold.classes)}.")
        return self.fold.vote_counts()[:, self.fold.classes.index(name)].astype(np.float64)

    def _missing(self, name: str) -> Array:
        if name not in self.names():
            raise UserError(f"there is no column {name!r}.")
        values = self.column(name)
        if values.dtype == object:
            return np.asarray(values == None, bool)  # noqa: E711 - elementwise
        return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
