"""The split and the balance of a training before it begins, as they will be. No Qt: it runs beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domain import Given
from models.errors import UserError
from models.learn.balance import balance_rows
from models.learn.split import Split
from models.learn.words import plural
from models.orders import plan
from models.orders.test_set import first_test
from models.sample import Samples
from widgets import numbers
from widgets.charts.split_squares import SquareRow

Rows = npt.NDArray[np.int64]
#: More values of the column than this are not rows of the preview.
VALUES = 8
#: Values of the form's choice; a column is named behind its sign.
GROUP, SAMPLE, FILE, COLUMN = "group", "sample", "file", "by:"


Advise = Callable[[Samples, Rows, Sequence[str]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Basis:
    """What a split is drawn from, copied at one moment.

    codes: (n,) place of the label in `classes`, −1 for samples that take no part; everything: the
    same before the choice of samples. groups: (n,) codes of `names`. locked: rows of the locked test
    set. values: (n,) of the column whose values are the rows of the preview. samples: for a split
    by another column or by a file. advise: the domain's, of `Domain`. apart: what a group and a sample are called
    where nothing parts groups unasked, else None. given: the trainings whose splits came with the data, which a
    recipe makes in place of a split of its own while nobody asks for one. told, known: what a first training locks its
    test set over, (n,) codes of other classes than those that are learnt; None where these are the same. torn: that the
    locked test set parts groups, in words.
    """

    samples: Samples
    codes: Rows
    everything: Rows
    groups: Rows
    names: tuple[str, ...]
    classes: tuple[str, ...]
    locked: Rows | None = None
    column: str = ""
    values: npt.NDArray[np.generic] | None = None
    advise: Advise | None = None
    apart: tuple[str, str] | None = None
    given: Callable[[], tuple[Given, ...]] | None = None
    told: Rows | None = None
    known: Sequence[str] = ()
    torn: str = ""


@dataclass(frozen=True)
class Wish:
    """by: the form's choice. file: path of an external split. folds: 0 for none. rule: how classes are evened."""

    by: str = GROUP
    file: str = ""
    seed: int = 0
    val_size: float = 0.2
    folds: int = 0
    rule: str = "none"


@dataclass(frozen=True)
class Preview:
    """The split in groups and samples, class counts of its training side before and after balancing.

    independent: no group stands on two sides. told: what the domain says against training on these labels.
    over: the trainings over splits that came with the data, in words; "" where the split is drawn.
    """

    rows: tuple[SquareRow, ...]
    groups: dict[str, int]
    samples: dict[str, int]
    before: tuple[int, ...]
    after: tuple[int, ...]
    rule: str
    locked: bool
    notes: tuple[str, ...]
    independent: bool
    told: tuple[tuple[str, str], ...] = ()
    over: str = ""

    @property
    def is_split(self) -> bool:
        """Whether there is anything to split: of one sample, or none, nothing can leak."""
        return sum(self.samples.values()) > 1

    @property
    def leaks(self) -> bool:
        """Whether a model would be tested on what it has seen."""
        return self.is_split and not self.independent

    @property
    def left_unused(self) -> int:
        """Training samples that balancing leaves out."""
        return max(sum(self.before) - sum(self.after), 0) if self.rule == "downsample" else 0

    def advices(self) -> list[tuple[str, str]]:
        """Title and words of all that is to be known before training: of the balance, then the domain's own."""
        own = self.advice()
        return [*([own] if own[0] else []), *self.told]

    def advice(self) -> tuple[str, str]:
        """What to know of the balance: a title and words, both "" when all is well."""
        present = [count for count in self.before if count]
        if len(present) < 2:
            return "Training needs two classes", "Label samples of at least two classes."
        if self.left_unused > 0.2 * sum(self.before):
            title = f"Balancing leaves {numbers.count(sum(self.after))} of {numbers.plural(sum(self.before), 'sample')}"
            return f"{title}.", "Class weights would use all of them."
        if self.rule == "none" and max(present) > 3 * min(present):
            return (
                f"Classes are uneven, 1 to {max(present) / min(present):.0f}.",
                "Class weights would count them evenly.",
            )
        return "", ""


def make_preview(basis: Basis, wish: Wish) -> Preview:
    """Draw the split as the training will; UserError where that can't be."""
    givens = basis.given() if basis.given is not None and wish.by == GROUP and not wish.folds else ()
    if givens:
        return _over(basis, wish, givens)
    split = _split(basis, wish)
    balanced = balance_rows(basis.codes, wish.rule, np.random.default_rng([wish.seed, 22]), split.train)
    count = len(basis.classes)
    sides = split.sides()
    groups = {name: len(np.unique(basis.groups[rows])) for name, rows in sides.items()}
    return Preview(
        _squares(basis, split),
        groups,
        {name: len(rows) for name, rows in sides.items()},
        _padded(balanced.before, count),
        _padded(balanced.after, count),
        wish.rule,
        split.kind == "locked",
        split.notes,
        split.independent,
        _advised(basis),
    )


def _advised(basis: Basis) -> tuple[tuple[str, str], ...]:
    return tuple(basis.advise(basis.samples, basis.codes, basis.classes)) if basis.advise is not None else ()


def _over(basis: Basis, wish: Wish, givens: Sequence[Given]) -> Preview:
    """Trainings over splits that came with the data: nothing is drawn and no test set locked, as each group is tested
    where it was not learnt from. Classes are those of all rows that any of them learns from."""
    sides = {
        name: np.unique(np.concatenate([getattr(one, name) for one in givens])) for name in ("train", "val", "test")
    }
    sides = {name: rows[basis.codes[rows] >= 0] for name, rows in sides.items()}
    balanced = balance_rows(basis.codes, wish.rule, np.random.default_rng([wish.seed, 22]), sides["train"])
    sets, count = len({one.name for one in givens}), len(basis.classes)
    folds = plural(len({one.fold for one in givens}), "fold")
    return Preview(
        (),
        {name: len(np.unique(basis.groups[rows])) for name, rows in sides.items()},
        {name: len(rows) for name, rows in sides.items()},
        _padded(balanced.before, count),
        _padded(balanced.after, count),
        wish.rule,
        False,
        (),
        True,
        _advised(basis),
        f"{folds} of {plural(sets, 'set')}" if sets > 1 else folds,
    )


def _padded(counts: Rows, count: int) -> tuple[int, ...]:
    found = [int(value) for value in counts[:count]]
    return tuple(found + [0] * (count - len(found)))


def _split(basis: Basis, wish: Wish) -> Split:
    """The split as `models.orders.plan` draws it, with the test set that a first training locks."""
    file, column = wish.file if wish.by == FILE else "", wish.by.removeprefix(COLUMN)
    asked = plan.Wish(split=file, split_by="" if wish.by in (GROUP, FILE) else column, folds=wish.folds)
    test = basis.locked
    if not (basis.codes >= 0).any():
        test = None  # nothing is refused yet: the advice says what is missing
    elif test is None and not wish.folds and not asked.is_separate:
        told = basis.everything if basis.told is None else basis.told
        test = first_test(told, basis.groups, basis.values, plan.TEST, basis.known or basis.classes, basis.apart)
    drawing = plan.Drawing(
        basis.samples, basis.codes, basis.everything >= 0, basis.groups, basis.classes, basis.apart or (GROUP, SAMPLE),
        basis.apart is not None, test, asked.is_separate, basis.torn,
    )  # fmt: skip
    split = drawing.split(asked, wish.seed, wish.val_size)[0]
    if file and not len(split.train):
        raise UserError(f"{Path(file).name} puts no labelled sample on the training side.")
    return split


def _squares(basis: Basis, split: Split) -> tuple[SquareRow, ...]:
    """Each group with its side, in rows by the value that most of its samples have."""
    count = len(basis.names)
    held = np.zeros((count, 4), bool)
    for place, rows in enumerate((split.train, split.val, split.test, split.left_out)):
        held[basis.groups[rows], place] = True
    several = held[:, :3].sum(axis=1) > 1
    words = np.array(["train", "val", "test", "rest"], object)[held.argmax(axis=1)]
    words[several] = "mixed"
    used = np.flatnonzero(held.any(axis=1))
    titles = _titles(basis)
    found: dict[str, list[tuple[str, str]]] = {}
    for group in used.tolist():
        found.setdefault(titles[group], []).append((basis.names[group], str(words[group])))
    return tuple(SquareRow(title, tuple(found[title])) for title in sorted(found))


def _titles(basis: Basis) -> list[str]:
    """The row of each group: its value of the column, "" for all when there are none or too many."""
    empty = [""] * len(basis.names)
    if basis.values is None or not basis.column:
        return empty
    first = np.full(len(basis.names), -1, np.int64)
    order = np.arange(len(basis.groups))[::-1]
    first[basis.groups[order]] = order
    values = [basis.values[row] if row >= 0 else None for row in first.tolist()]
    words = [_word(value) for value in values]
    return [f"{basis.column} {word}" for word in words] if 1 < len(set(words)) <= VALUES else empty


def _word(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
