"""Ways to learn from samples, what each is given, and studies of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """What a recipe is given to fit on.

    targets: (n, classes) vote shares, rows sum to 1. train, val: rows of `samples` (train may
    repeat rows). weights: loss weight of each sample, (n,). draw: probability of each train row
    to be drawn, (len(train),), or None for a plain shuffle. votes: how many voted on each sample, (n,),
    None where the project does not count votes. codes: the class of each sample that stands, by most votes or as it
    was settled, (n,) with −1 for none; None where targets tell it. cache: folder for staged arrays kept between
    runs. work: this fit's own folder for checkpoints; with `resume` it goes on from there.
    """

    samples: Samples
    classes: tuple[str, ...]
    targets: Floats
    train: Index
    val: Index
    weights: Floats
    draw: Floats | None
    params: Any
    seed: int
    device: str
    cache: Path
    work: Path
    resume: bool = False
    votes: npt.NDArray[np.float64] | None = None
    codes: Index | None = None


@dataclass(frozen=True)
class Setting:
    """Where a prediction happens: device and cache folder. layer: what part of a network is looked into, "" its own."""

    device: str
    cache: Path
    layer: str = ""


Fit = Callable[[Task], Generator[Progress, None, Any]]


Predict = Callable[[Any, Samples, Setting], Floats]


@dataclass(frozen=True)
class Judged:
    """What a model makes of signals: probabilities (n, classes), and the vectors (n, d) that `embed` gives."""

    probabilities: Floats
    vectors: Floats


@dataclass(frozen=True)
class Table:
    """What features add where each is of a row and a column, as of a channel and a band: values (n, rows, columns).

    others (n, len(names)): what those add that are of none, by what they are of; all of it sums to what all features
    add.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: npt.NDArray[np.float64]
    names: tuple[str, ...]
    others: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reasons:
    """What each feature of some samples adds to the model's answer for the class that it gave them.

    classes: of each sample. values (n, d): a sample's row and its base, (n,), sum to the answer. scale:
    of the answer, in words. method: how they were found. table: the same gathered, None where there is no such order.
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    values: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]
    scale: str
    method: str
    table: Table | None = None


@dataclass(frozen=True)
class Seen:
    """What a model saw of some samples: pictures (n, h, w, 3), and where each lies in the image that it is cut from.

    regions (n, 4): left, top, right, bottom in pixels, NaN where a sample cannot be read.
    """

    pictures: npt.NDArray[np.uint8]
    regions: Floats


@dataclass(frozen=True)
class Overlay:
    """A relevance that lies on the recording or the spectrogram around samples.

    values: of moments (n, t), of channels (n, rows, t), or of strips (n, rows, bins, t), the lowest frequency first.
    span: seconds around the middle of a sample that t reaches over. rows: names of channels or strips. hertz: from the
    lowest to the highest frequency of a strip. classes: the one of each sample that it speaks for. branches, shares
    (n, branches): the parts of a model, and how much each counts. notes: a word on each sample, "" for none.
    signed: below 0 it speaks against the class.
    """

    values: Floats
    span: tuple[float, float]
    classes: tuple[str, ...]
    rows: tuple[str, ...] = ()
    hertz: tuple[float, float] = (0.0, 0.0)
    branches: tuple[str, ...] = ()
    shares: Floats | None = None
    notes: tuple[str, ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class Stepped:
    """What a step of preprocessing made of one sample: values (channels, n), each over the same seconds, by its name.

    words: what it did, or why it did nothing.
    """

    title: str
    names: tuple[str, ...]
    before: Floats
    after: Floats
    seconds: float
    words: str


@dataclass(frozen=True)
class Given:
    """One training whose split came with the data: rows to learn from, to choose by, and to be judged on.

    name: of the set that it is a fold of, such as a sub-base.
    """

    name: str
    fold: int
    train: Index
    val: Index
    test: Index


@dataclass(frozen=True)
class GivenOutcome:
    """What a run over given splits came to, for the files that its domain knows it by.

    labels: class or None of each sample. classes: in their order. scores: {sets: {name: summary}, fusion: summary, …}
    as `models.learn.given.summarise` tells them.
    """

    recipe: str
    samples: Samples
    labels: Sequence[str | None]
    classes: tuple[str, ...]
    givens: tuple[Given, ...]
    scores: Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """One way to learn: parameters declared once, fit as a generator of Progress.

    fit returns the model (the generator's value); when the consumer closes the generator, work
    stops. When `Cancelled` is thrown into it, it returns the best model so far, or raises it.
    predict gives (n, classes) probabilities. embed gives (n, d) vectors. explain gives a
    relevance per sample and time, (n, length), or per place of its picture, (n, h, w) from 0 to 1, by the layer of
    the setting where there are some: layers(model) names them, the last is its own. seen(model, samples) gives these
    pictures.
    sanity tells whether that explanation depends on what was learned (similarity to one of random weights,
    passed 1 or 0). reasons(model, samples, rows, background,
    setting) tells by feature why each of these rows got its class, against rows that the model learnt from.
    save and load use the given folder only (safetensors, skops, JSON).
    prepare(model, samples, setting) computes what the others need of samples, telling how far it is, and keeps it for
    them in the cache.
    given(params, samples): the trainings whose splits came with the data, that these parameters ask for; () for none,
    then it learns on the plan's own split. fusion(params): by which rule their sets are joined, the mean without it.
    member(params): the recipe, by name, and its parameters that each of these trainings follows; its own without it.
    ahead(params, samples, rows, setting) computes what trainings with these parameters need of these rows whatever they
    learn, and keeps it in the cache, so that many trainings share it.
    offered(samples): which values of a parameter there are for these samples, in words by its name, such as the
    trainings that their splits hold.
    rests(params, samples, rows) tells what a training on these rows depends on beside their table, such as the states
    of files and the weights of a backbone, as plain values and arrays: what was learnt of others does not count as
    finished.
    report(outcome, folder) writes what the field expects of such a run into the run's folder.
    judge(model, signals, setting) answers on signals that are no samples, as the domain's service is sent them; takes
    names those that it looks at, of which any one is enough.
    """

    name: str
    title: str
    params: type
    fit: Fit
    predict: Predict
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Any]
    embed: Predict | None = None
    explain: Predict | None = None
    sanity: Callable[[Any, Samples, Setting], Mapping[str, float]] | None = None
    reasons: Callable[[Any, Samples, Index, Index, Setting], Reasons] | None = None
    layers: Callable[[Any], tuple[str, ...]] | None = None
    seen: Callable[[Any, Samples], Seen] | None = None
    overlay: Callable[[Any, Samples, Setting], Overlay] | None = None
    prepare: Callable[[Any, Samples, Setting], Generator[Progress, None, Any]] | None = None
    judge: Callable[[Any, Any, Setting], Judged] | None = None
    takes: tuple[str, ...] = ()
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Callable[[Any, Samples], tuple[Given, ...]] | None = None
    offered: Callable[[Samples], Mapping[str, str]] | None = None
    fusion: Callable[[Any], str] | None = None
    report: Callable[[GivenOutcome, Path], None] | None = None
    member: Callable[[Any], tuple[str, Any]] | None = None
    ahead: Callable[[Any, Samples, Index, Setting], Generator[Progress, None, Any]] | None = None
    rests: Callable[[Any, Samples, Index], Any] | None = None


@dataclass(frozen=True)
class Inspected:
    """A run as a study sees it.

    task: to fit on all labelled samples of now that are not left out. codes: the class of each sample, −1
    without one, (n,). train: rows that the model learnt from; held: labelled rows that it is judged on,
    of the part `part`. With "out_of_fold" the model itself has seen these.
    """

    recipe: Recipe
    model: Any
    task: Task
    codes: Index
    train: Index
    held: Index
    part: str
    setting: Setting


@dataclass(frozen=True)
class Studied:
    """What a study found: a sentence, and rows of a table.

    label, value, spread: the columns that a figure takes for names, lengths and error bars; "" for none.
    axis: what the lengths are.
    """

    text: str
    rows: Sequence[Mapping[str, Any]]
    label: str = ""
    value: str = ""
    spread: str = ""
    axis: str = ""


@dataclass(frozen=True)
class Study:
    """A look at a run beyond its scores. make raises UserError for a run that cannot be looked at so.

    refits: whether it trains anew, and so takes as long as several trainings.
    """

    name: str
    title: str
    make: Callable[[Inspected], Generator[Progress, None, Studied]]
    refits: bool = False

    @property
    def kept(self) -> str:
        """Under what name its outcome is kept with a run."""
        return f"study-{self.name}"
