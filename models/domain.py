"""A domain is a record of functions and declarations; a sixth one is one more folder."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.edits import Completion, Computed, EditKind, Edits, Lacking
    from models.external import External
    from models.findings import Annotated, Finding, Found, LabelFile, Noted, Placed, Scan, Skipped
    from models.job import Progress
    from models.payload import Payload
    from models.recipe import (
        Fit,
        Given,
        GivenOutcome,
        Inspected,
        Judged,
        Overlay,
        Predict,
        Reasons,
        Recipe,
        Seen,
        Setting,
        Stepped,
        Studied,
        Study,
        Table,
        Task,
    )
    from models.region import Region
    from models.sample import Samples
    from models.service import Service
    from models.watch import Watch

#: The nouns of those modules too: who makes or uses a domain finds all of them here.
__all__ = [
    "SHARE",
    "Annotated",
    "Column",
    "Completion",
    "Computed",
    "Demo",
    "Doctor",
    "Domain",
    "EditKind",
    "Edits",
    "Export",
    "ExportView",
    "External",
    "Fake",
    "Finding",
    "Fit",
    "Flaw",
    "Found",
    "Given",
    "GivenOutcome",
    "Grouping",
    "ImportKey",
    "Inspected",
    "Judged",
    "LabelFile",
    "Lacking",
    "Matched",
    "Noted",
    "Overlay",
    "Placed",
    "Predict",
    "Reasons",
    "Recipe",
    "Scan",
    "Seen",
    "Service",
    "Setting",
    "Skipped",
    "Stepped",
    "Studied",
    "Study",
    "Table",
    "Task",
    "Watch",
    "common_words",
]

#: Where those nouns stand. They are loaded when they are asked for: a window begins without most of them.
_HOMES = {
    "models.edits": ("Completion", "Computed", "EditKind", "Edits", "Lacking"),
    "models.external": ("External",),
    "models.findings": (
        "Annotated",
        "Finding",
        "Found",
        "LabelFile",
        "Noted",
        "Placed",
        "Scan",
        "Skipped",
    ),
    "models.recipe": (
        *("Fit", "Given", "GivenOutcome", "Inspected", "Judged", "Overlay", "Predict", "Reasons", "Recipe", "Seen"),
        *("Setting", "Stepped", "Studied", "Study", "Table", "Task"),
    ),
    "models.service": ("Service",),
    "models.watch": ("Watch",),
}
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        for module, nouns in _HOMES.items():
            if name in nouns:
                return getattr(import_module(module), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


#: The unit of a column whose values are parts of a whole.
SHARE = "share"

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Export:
    """One format that this domain alone writes.

    write(project view, path) is a generator of Progress that returns {written, files, skipped}. beside: it
    may be pointed at the data themselves, where it adds files and keeps the former ones. needs: the
    module of an extra that it is written with. of_run: it holds the model of a run, and nothing without one.
    one_way: no import reads it, though it may end as files that imports read.
    keys: what it can be told; the view has what was given.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[ExportView, Path], Generator[Progress, None, dict[str, Any]]]
    beside: bool = False
    needs: str = ""
    of_run: bool = False
    one_way: bool = False
    keys: Mapping[str, ImportKey] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether the library that it needs is installed."""
        return not self.needs or find_spec(self.needs) is not None


@dataclass(frozen=True)
class ExportView:
    """What an export may see: samples with label columns, provenance and predictions.

    every: all samples of the project, of which `samples` are some; None where these are all. live: which of
    them are there, not retired by an act of structure; None where all are. told: the label of each of all, retired
    ones as they were; empty where none is.
    labels: class or None each. by, at: who and when (ISO 8601), "" where unlabelled. kind: "human",
    "file" or "". votes: class → how many, of each sample. probabilities: (n, classes) of the chosen run or None.
    folder: of that run, None without. flagged: the flags of each but bookmarks, with commas, "" for none.
    spread: a person accepted the label as it was spread, rather than saying it.
    regions: id → what is annotated inside it, of all samples of the project that are there. settings: of the format's
    `keys`, those that were given. bad: id → channels that a person called bad in the recording that it carries.
    """

    samples: Samples
    classes: tuple[str, ...]
    labels: Sequence[str | None]
    by: Sequence[str]
    at: Sequence[str]
    kind: Sequence[str]
    predictions: Sequence[str | None]
    confidence: npt.NDArray[np.float64] | None
    probabilities: Floats | None
    run: str
    project: str
    folder: Path | None = None
    every: Samples | None = None
    live: npt.NDArray[np.bool_] | None = None
    told: Sequence[str | None] = ()
    votes: Sequence[Mapping[str, float]] = ()
    spread: Sequence[bool] = ()
    flagged: Sequence[str] = ()
    regions: Mapping[str, Sequence[Region]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    bad: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fake:
    """What a fake generator made."""

    files: tuple[Path, ...]
    samples: int
    ceiling: float
    text: str = ""


@dataclass(frozen=True)
class Column:
    """How a metadata column reads: title, unit (`SHARE` for one from 0 to 1), decimals; `main` ones show by default.

    feature: measured on the sample itself, so that its place among the classes tells something.
    tells: says what somebody or a model takes it for, which who votes blind may not see. early: stands right behind
    the label in a list, before what is left out where the list is narrow.
    """

    name: str
    title: str
    unit: str = ""
    decimals: int = 3
    main: bool = False
    feature: bool = False
    tells: bool = False
    early: bool = False


@dataclass(frozen=True)
class Flaw:
    """Something that can be wrong with samples, measured on import: a filter, and a queue with the worst first.

    where: the expression that chooses such samples. by: the column that tells how bad it is, high values first unless
    `low`; told with its title and unit as the reason.
    """

    name: str
    title: str
    where: str
    by: str
    low: bool = False


@dataclass(frozen=True)
class ImportKey:
    """One setting of an import or an export, as text: its label, help, unit, limits in words, what empty stands for."""

    label: str
    help: str
    unit: str = ""
    limits: str = ""
    default: str = ""


@dataclass(frozen=True)
class Demo:
    """The demo of a domain: how much is generated, how it is imported, what is trained on it.

    fakes: the settings of each generated folder; `samples` is of the first. where: which samples are trained on, so
    that others are new to the run, "" for all. episodes, alerts: what its run is held against along recordings: limits
    of an episode, and rules. pictures() are those of a few generated
    samples, (n, side, side, 3), for the card that offers the demo.
    """

    samples: int = 20
    settings: Mapping[str, str] = field(default_factory=dict)
    recipe: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Callable[[], npt.NDArray[np.uint8]] | None = None
    fakes: Sequence[Mapping[str, str]] = ({},)
    where: str = ""
    episodes: Mapping[str, float] = field(default_factory=dict)
    alerts: str = ""


@dataclass(frozen=True)
class Matched:
    """Two samples (rows) that are the same thing found twice: how alike they are, 0 to 1, and why, in words."""

    old: int
    new: int
    score: float
    reason: str


@dataclass(frozen=True)
class Doctor:
    """Looks at model folders of other programs before anything in them is trusted.

    examine(folder, samples) tells as JSON what is known of one and how its inputs fit these samples; nothing of it
    runs. rebuild(folder, place) makes a run's folder at `place` of its training data and returns what it is worth.
    Both raise UserError. learnt(model, samples) tells which of these stand in the training data of a model that was
    taken in, None where that is not known.
    """

    examine: Callable[[Path, Samples], Mapping[str, Any]]
    rebuild: Callable[[Path, Path], Generator[Progress, None, str]]
    learnt: Callable[[Any, Samples], npt.NDArray[np.bool_] | None]


@dataclass(frozen=True)
class Grouping:
    """A way to train on fewer classes than the samples are labelled with, chosen at training.

    of: the class that a label stands for; None for one that is left out, which is never an error. classes: in
    order; () for those that are found.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    of: Callable[[str], str | None]


@dataclass(frozen=True)
class Domain:
    """All that the core needs to know of one kind of data.

    scan finds samples; load(samples, row) gives the payloads of one sample to be shown side by
    side; sketch(samples, rows, points) gives (rows, points) values for the small line in tables and
    cards, and drawn(samples) says whether any of them has one (None: all have);
    short(samples, row) is a short name of a sample. ordinal: numbered classes have an order.
    group, sample: the words for them. baseline: a recipe that stands beside every other.
    doctor: how such a folder is looked at first, or None.
    able(samples) tells which can be learnt from and scored, (n,): their files are there (None: all).
    aside(samples) tells which of the others are none by their kind, whatever is there (None: none); asides are words
    for one of these and for several.
    ailing(samples) tells in sentences what is wrong with files that samples rest on beside their sources.
    advise(samples, codes, classes) tells what speaks against training on these labels, codes (n,) with −1 for none:
    (title, words) each. shift(model, samples) tells how samples differ from those that a model learnt from, "" for
    not at all. match(samples, old rows, new rows) pairs samples that are the same things found anew, the surest
    first. calibrate(model, temperature, samples, labels, setting) fits a model's confidence to labelled samples
    that it did not learn from: the model, and rows, before, after (calibration error), words.
    class_keys: class → a further key of its command, "" that of clearing; people know them from elsewhere.
    adopt(folder, place, trusted types) makes a run's folder at `place` of a model folder that another
    program wrote; it raises UserError for a folder that is none.
    labels(path, samples) reads a file of labels in a form of the domain's own for samples that are there;
    None for another file, which is read as a table of samples and labels.
    edits: the acts of structure that it knows, such as merges, or None.
    thumbs(samples, rows, side, cache) gives small pictures, (rows, side, side, 3) uint8, in place of the small line;
    imaged(samples) says whether any of them has one (None: all have). gallery: they are what is worked with: many at
    once stand in the list at first, which takes most of the window.
    stage(samples, cache) makes these ready ahead, so that none needs its source; it gives how many it made.
    external: what is known of other sources, and of what helps there, or None.
    order: in which classes that are found stand, whatever order a source has; others come after these.
    groupings: label modes by name; the first is that of a training that names none.
    completion: what its sources may lack and how that is computed, or None.
    votes: whether a new project counts all votes on a sample, not its latest label alone. service: how its runs
    answer requests, or None. watch: how samples lie along recordings that are watched over, or None. near: whether the
    nearest labelled samples stand beside each, as they always do in a gallery.
    compare(samples, row, params, choice): what the step of preprocessing that a parameter is of makes of a sample, None
    where it is of none.
    carrier(samples, row) is the id of the sample on which the annotations of a sample's recording stand; None: none.
    vectors(samples, cache) places samples before there is a run, telling how far it is: (n, d), NaN for what cannot be;
    places(samples) is a map that came with them, (n, 2), or None. follows: columns that tell the recording that a
    sample is of and when it stands in it, of samples that follow each other; empty where they have no order.
    metadata: columns that a metadata-only model may see. confounders: what a score may rest on instead of the samples,
    in words → its columns, of which those that are there are looked at. healthy: classes, in small letters, that the
    one that sensitivity is of stands against. together: what the page is called on which all samples of a group stand
    side by side and get their label in one act; "" where the samples of a group do not share theirs. apart: nothing
    parts a group unless a person asks for it: where whole groups cannot be held out, a training is refused. flaws: what
    can be wrong with samples. audible(samples): which can be heard, (n,); None: none. nouns: the words for group and
    sample of these samples, each pair once, where samples of several origins are called differently.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    group: str
    sample: str
    scan: Scan
    load: Callable[[Samples, int], tuple[Payload, ...]]
    sketch: Callable[[Samples, Index, int], Floats]
    recipes: Sequence[Recipe]
    exports: tuple[Export, ...]
    fake: Callable[..., Generator[Progress, None, Fake]]
    columns: tuple[Column, ...] = ()
    class_titles: Mapping[str, str] = field(default_factory=dict)
    class_keys: Mapping[str, str] = field(default_factory=dict)
    import_keys: Mapping[str, ImportKey] = field(default_factory=dict)
    fake_keys: Mapping[str, str] = field(default_factory=dict)
    ordinal: bool = False
    baseline: str = ""
    by_columns: tuple[str, ...] = ()
    metadata: Callable[[Samples], Floats] | None = None
    suffixes: tuple[str, ...] = ()
    short: Callable[[Samples, int], str] | None = None
    drawn: Callable[[Samples], bool] | None = None
    demo: Demo = Demo()
    adopt: Callable[[Path, Path, tuple[str, ...]], Path] | None = None
    doctor: Doctor | None = None
    advise: Callable[[Samples, Index, Sequence[str]], list[tuple[str, str]]] | None = None
    able: Callable[[Samples], npt.NDArray[np.bool_]] | None = None
    aside: Callable[[Samples], npt.NDArray[np.bool_]] | None = None
    asides: tuple[str, str] = ("sample of another kind", "samples of another kind")
    ailing: Callable[[Samples], list[str]] | None = None
    shift: Callable[[Any, Samples], str] | None = None
    match: Callable[[Samples, Index, Index], Generator[Progress, None, list[Matched]]] | None = None
    calibrate: Callable[[Any, float, Samples, Sequence[str | None], Setting], tuple[Any, Mapping[str, Any]]] | None = (
        None
    )
    nouns: Callable[[Samples], set[tuple[str, str]]] | None = None
    labels: Callable[[Path, Samples], LabelFile | None] | None = None
    edits: Edits | None = None
    completion: Completion | None = None
    studies: tuple[Study, ...] = ()
    thumbs: Callable[[Samples, Index, int, Path], npt.NDArray[np.uint8]] | None = None
    groupings: tuple[Grouping, ...] = ()
    order: tuple[str, ...] = ()
    external: External | None = None
    imaged: Callable[[Samples], bool] | None = None
    gallery: bool = False
    stage: Callable[[Samples, Path], Generator[Progress, None, int]] | None = None
    votes: bool = False
    service: Service | None = None
    near: bool = False
    compare: Callable[[Samples, int, Any, str], Stepped | None] | None = None
    watch: Watch | None = None
    vectors: Callable[[Samples, Path], Generator[Progress, None, Floats]] | None = None
    places: Callable[[Samples], Floats | None] | None = None
    follows: tuple[str, ...] = ()
    carrier: Callable[[Samples, int], str] | None = None
    confounders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    healthy: tuple[str, ...] = ()
    together: str = ""
    apart: bool = False
    flaws: tuple[Flaw, ...] = ()
    checks: tuple[str, ...] = ()
    begins: Callable[[Samples], str] | None = None
    audible: Callable[[Samples], npt.NDArray[np.bool_]] | None = None

    def there(self, samples: Samples) -> npt.NDArray[np.bool_]:
        """Which samples can be learnt from and scored, (n,)."""
        return np.ones(len(samples), bool) if self.able is None else self.able(samples)

    def gone(self, samples: Samples) -> npt.NDArray[np.bool_]:
        """Which samples could be, were their files there, (n,)."""
        return ~self.there(samples) & ~self.beside(samples)

    def beside(self, samples: Samples) -> npt.NDArray[np.bool_]:
        """Which samples are none that can be learnt from, by their kind, (n,)."""
        return np.zeros(len(samples), bool) if self.aside is None else self.aside(samples)

    def offers_places(self, samples: Samples) -> bool:
        """Whether a map came with these samples; found out once."""
        if self.places is None or not len(samples):
            return False
        if "places" not in samples.memo:
            samples.memo["places"] = self.places(samples) is not None
        return bool(samples.memo["places"])

    def ordered(self, names: Sequence[str]) -> tuple[str, ...]:
        """Classes in the order of the domain; those that it does not name stay behind, as they stood."""
        places = {name: place for place, name in enumerate(self.order)}
        return tuple(sorted(names, key=lambda name: places.get(name.lower(), len(places))))

    def draws(self, samples: Samples) -> bool:
        """Whether a small line says anything of these samples; of none it is taken for granted."""
        return self.drawn is None or not len(samples) or self.drawn(samples)

    def pictures(self, samples: Samples) -> bool:
        """Whether small pictures stand for these samples; of none it is taken for granted, and found out once."""
        if self.thumbs is None:
            return False
        if self.imaged is None or not len(samples):
            return True
        if "pictures" not in samples.memo:
            samples.memo["pictures"] = self.imaged(samples)
        return bool(samples.memo["pictures"])

    def look(self, samples: Samples, rows: Index, points: int, side: int, cache: Path) -> npt.NDArray[Any]:
        """What stands for samples in lists: small pictures (rows, side, side, 3), else small lines (rows, points)."""
        if self.thumbs is not None and self.pictures(samples):
            return self.thumbs(samples, rows, side, cache)
        return self.sketch(samples, rows, points)

    def words(self, samples: Samples) -> tuple[str, str]:
        """What a group and a sample of these are called; of mixed origins they are groups of samples."""
        if self.nouns is None or not len(samples):
            return self.group, self.sample
        if "words" not in samples.memo:
            samples.memo["words"] = common_words(self.nouns(samples))
        found: tuple[str, str] = samples.memo["words"]
        return found

    def words_of(self, found: Found) -> tuple[str, str]:
        """The same of the samples of a source, at least one."""
        return (self.group, self.sample) if self.nouns is None else common_words(self.nouns(found.addresses()))

    @property
    def measured(self) -> bool:
        """Whether samples have features of their own, as columns of numbers."""
        return any(column.feature for column in self.columns)

    @property
    def demo_name(self) -> str:
        """What the demo project is called: its folder, and so its title."""
        return f"{self.name}-demo"

    def is_ordinal(self, classes: Sequence[str]) -> bool:
        """Whether these classes are ordered: the domain's are, and each is a number."""
        return self.ordinal and all(name.isdigit() for name in classes)


def common_words(words: set[tuple[str, str]]) -> tuple[str, str]:
    """The words for group and sample where all have the same, else neutral ones."""
    return next(iter(words)) if len(words) == 1 else ("group", "sample")
