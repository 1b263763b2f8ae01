"""A run on the samples of another project: what may have shifted there, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


def _none() -> Index:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Abroad:
    """A run of two classes and another project's samples, as a remedy sees them; 1 is the class that is looked for.

    source, codes: what the run learnt from, and its classes. target: samples there, no label of theirs but the
    told ones: rows `known` with classes `told`. pool: rows that labels could be asked of. p: of class 1 as the run
    gives it, (target,). predict(samples) gives that of other looks of the target. retrain(source, samples, changes)
    trains the recipe anew on another look of the source, with other parameters, and gives it of these samples.
    vectors(samples) gives what the model sees of them, (n, d).
    """

    recipe: str
    params: Mapping[str, Any]
    source: Samples
    codes: Index
    target: Samples
    pool: Index
    p: Floats
    predict: Callable[[Samples], Generator[Progress, None, Floats]]
    retrain: Callable[[Samples, Samples, Mapping[str, Any]], Generator[Progress, None, Floats]]
    vectors: Callable[[Samples], Generator[Progress, None, Floats]]
    cache: Path
    known: Index = field(default_factory=_none)
    told: Index = field(default_factory=_none)
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Remedy:
    """One way to do better there. make gives p of class 1 for all of the target, (n,); .5 is where it is decided.

    labels: whether it needs some of the target. find gives what a model can keep of it, so that it decides later
    samples too (None: nothing can be kept). unfit(recipe, params) tells why it is nothing for a run, "" for none.
    """

    name: str
    title: str
    make: Callable[[Abroad], Generator[Progress, None, Floats]]
    labels: bool = False
    unfit: Callable[[str, Mapping[str, Any]], str] = lambda _recipe, _params: ""
    find: Callable[[Abroad], Generator[Progress, None, Any]] | None = None


@dataclass(frozen=True)
class Trait:
    """Something of a sample that differs between laboratories and tells nothing of its class."""

    name: str
    title: str
    unit: str = ""


@dataclass(frozen=True)
class External:
    """What a domain knows of other sources.

    measure(samples, cache) gives (n, traits), NaN for what cannot be read. positive(class) tells which class is
    looked for. ask(scores, groups, count, seed) chooses samples to label there. shares: what the share of that
    class in a group is called. contents(samples, rows) tells what the file of each sample holds, "" where it cannot
    be read: samples of one file are no others, whatever list names them. keep(model, what a remedy found, place of the
    class looked for, temperature) gives a model that decides so.
    """

    remedies: tuple[Remedy, ...]
    traits: tuple[Trait, ...]
    measure: Callable[[Samples, Path], Generator[Progress, None, Floats]]
    positive: Callable[[str], bool]
    ask: Callable[[npt.NDArray[np.float64], Index, int, int], Index]
    shares: str = ""
    contents: Callable[[Samples, Index], list[str]] | None = None
    keep: Callable[[Any, Any, int, float], Any] | None = None
