"""What recipes with networks share: how they learn, in one stage or two, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Setting, Task
from models.domains.eeg.choices import STEPS_ONLY, Steps
from models.domains.eeg.recipes.model import EegParams, readable
from models.job import Progress, finish
from models.learn.fitted import Model, narrowed
from models.learn.kept_net import fill
from models.learn.settings import DROPOUT, LEARNING_RATE, PATIENCE, WEIGHT_DECAY
from models.learn.words import plural
from models.params import Note, build
from models.sample import Samples

if TYPE_CHECKING:
    from torch import nn

    from models.domains.eeg.staging import Staged
    from models.learn.fit import Mix, Prepare, Trained
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Stage = Callable[[Samples, Index], Generator[Progress, None, "Staged"]]
#: Windows sent through a network in one go.
BATCH = 64


@dataclass(frozen=True)
class NetParams(EegParams):
    """How a network learns. Its loss is the cross entropy with vote shares: the divergence from them and a constant."""

    epochs: Annotated[int, Note("Passes over the training windows", low=1, high=2000)] = 30
    batch_size: Annotated[int, Note("Windows a step", low=1, high=4096)] = 32
    learning_rate: Annotated[float, LEARNING_RATE] = 1e-3
    weight_decay: Annotated[float, WEIGHT_DECAY] = 1e-2
    patience: Annotated[int, PATIENCE] = 8
    stages: Annotated[
        int,
        Note("1: all windows at once; 2: after that those with many votes, in smaller steps", low=1, high=2),
    ] = 1
    second_votes: Annotated[
        int, Note("Votes that a window of the second stage has at least", low=1, high=1000, section="Votes")
    ] = 10
    second_rate: Annotated[
        float, Note("Step length of the second stage as a share of the first", low=1e-3, high=1.0)
    ] = 0.3
    mix: Annotated[
        str,
        Note(
            "Windows of one class joined in training: two added, or a stretch of time of another",
            choices=("none", "mixup", "cutmix"),
            section="Variation",
        ),
    ] = "none"
    flip: Annotated[bool, Note("Mirror left and right at random; no class has a side", section="Variation")] = True
    shift: Annotated[
        float, Note("Windows are moved in time at random by up to this", low=0, high=20, unit="s", section="Variation")
    ] = 2.0
    channel_drop: Annotated[
        float,
        Note("Share of channels, or of regions, that are silent in training", low=0, high=0.9, section="Variation"),
    ] = 0.1
    dropout: Annotated[float, DROPOUT] = 0.3


@dataclass(frozen=True)
class SignalParams(NetParams):
    """The same of networks on the signal itself."""

    rate: Annotated[
        int, Note("Samples a second after resampling", low=20, high=1000, unit="Hz", section="Preprocessing")
    ] = 100


#: A network for a processor and a few hundred windows, to see that all works.
QUICK: Mapping[str, Any] = {"epochs": 15, "batch_size": 16, "patience": 5}


def steps_in(model: Model) -> Steps:
    """The preprocessing that a model learnt with."""
    params = model.numbers["params"]
    found: Steps = build(Steps, {name: params[name] for name in STEPS_ONLY})
    return found


def learn(
    task: Task, make: Callable[[], nn.Module], stage: Stage, prepare: Prepare, mix: Mix | None
) -> Generator[Progress, None, Trained]:
    """Train a network on what `stage` makes of windows, in the stages that the parameters ask for."""
    rows = np.unique(np.concatenate([task.train, task.val]))
    staged = yield from stage(task.samples, rows)
    there = seen_in(staged)
    task = readable(task, *(there[np.searchsorted(rows, part)] for part in (task.train, task.val)))
    first = yield from _run(task, make, staged, rows, prepare, mix)
    later = None if first.cancelled or task.params.stages < 2 else _second(task)
    if later is None:
        if task.params.stages > 1 and not first.cancelled:
            yield Progress(note=_no_second(task))
        return first
    yield Progress(log=f"Second stage: {len(later.train)} windows with at least {task.params.second_votes} votes.")
    known = first.net.state_dict()

    def again() -> nn.Module:
        net = make()
        net.load_state_dict(known)
        return net

    second = yield from _run(later, again, staged, rows, prepare, mix, len(first.history))
    second.history[:0] = first.history
    return second


def seen_in(x: Any) -> Mask:
    """Whether something is to be seen, (n,): what is missing, cannot be read or is flat throughout is 0."""
    return np.array([bool(np.asarray(x[place : place + 1]).any()) for place in range(len(x))], bool)


def _no_second(task: Task) -> str:
    """Why there was no second stage."""
    wanted, all_of = task.params.second_votes, plural(len(task.train), "window")
    if task.votes is None:
        return "There was no second stage: nothing tells how many votes windows have."
    count = int((task.votes[task.train] >= wanted).sum())
    of = (
        f"only {count} of {all_of} to learn from {'has' if count == 1 else 'have'}"
        if count
        else f"none of {all_of} has"
    )
    classes = ", all of one class" if count > 1 else ""
    return f"There was no second stage: {of} {wanted} votes or more{classes}. Lower second_votes, or take one stage."


def _second(task: Task) -> Task | None:
    """The task on windows with many votes, None where these are of fewer than two classes."""
    params = task.params
    if task.votes is None:
        return None
    train, val = (task.votes[part] >= params.second_votes for part in (task.train, task.val))
    if len(np.unique(task.targets[task.train[train]].argmax(1))) < 2:
        return None
    slower = replace(params, learning_rate=params.learning_rate * params.second_rate)
    work = task.work / "second"
    work.mkdir(parents=True, exist_ok=True)
    return narrowed(replace(task, params=slower, work=work), train, val if val.any() else np.ones(len(val), bool))


def _run(
    task: Task, make: Callable[[], nn.Module], staged: Staged, rows: Index, prepare: Prepare, mix: Mix | None,
    before: int = 0,
) -> Generator[Progress, None, Trained]:  # fmt: skip
    from models.learn.fit import Data, settings_of, train_network

    params = task.params
    train, val = (staged.take(np.searchsorted(rows, part)) for part in (task.train, task.val))
    settings = settings_of(params, schedule="cosine", clip=1.0, half=True, before=before)
    return (yield from train_network(make, Data(train, val, prepare, mix), task, settings))


def say(model: Model, net: Net, x: Any, setting: Setting) -> Judged:
    """Uncalibrated probabilities, NaN where nothing is to be seen, and vectors of what a network sees, (n, …)."""
    from models.learn.fit import forward
    from models.learn.tabular import softmax

    if not len(x):
        return Judged(
            np.zeros((0, len(model.classes)), np.float32), np.zeros((0, cast(Any, net.body).width), np.float32)
        )
    vectors = forward(net.body, x, setting.device, BATCH, half=True)
    p = softmax(forward(net.head, vectors, setting.device))
    p[~seen_in(x)] = np.nan
    return Judged(p, vectors)


def prepare(stage: Stage, samples: Samples) -> Generator[Progress, None, None]:
    """Have what a network sees of samples staged, where these are so many that it is kept."""
    from models.domains.eeg.staging import FEW

    if len(samples) > FEW:
        yield from stage(samples, np.arange(len(samples), dtype=np.int64))


def staged_of(stage: Stage, samples: Samples) -> Staged:
    """What a network sees of all of these samples."""
    return finish(stage(samples, np.arange(len(samples), dtype=np.int64)))


def net_of(model: Model, make: Callable[[dict[str, Any]], Net]) -> Net:
    """The model's network with its weights."""
    if "net" not in model.memo:
        model.memo["net"] = fill(make(model.numbers["net"]), model)
    return cast("Net", model.memo["net"])
