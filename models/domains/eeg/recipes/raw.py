"""Networks on the signal: residual stages with a GRU, and a small one that sees both sides alike."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Overlay, Recipe, Setting, Task
from models.domains.eeg.choices import Steps, steps_of
from models.domains.eeg.recipes import networks
from models.domains.eeg.recipes.model import make_recipe
from models.domains.eeg.recipes.networks import QUICK, SignalParams, Stage
from models.domains.eeg.signals import EEG, Signals
from models.job import Progress
from models.learn.fitted import Model
from models.learn.kept_net import arrays_of, told
from models.params import Note, to_plain
from models.sample import Samples

if TYPE_CHECKING:
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Plan = Callable[[Any, int], dict[str, Any]]
#: Places of integrated gradients where their order is asked for, not their sum.
FEW_NODES = 16


@dataclass(frozen=True)
class ResnetGruParams(SignalParams):
    """Size of the residual network."""

    filters: Annotated[
        tuple[int, ...], Note("Filters of the stages, each half as long", low=1, high=2048, section="Network")
    ] = (32, 64, 96, 128)
    kernel: Annotated[int, Note("Length of their kernels", low=3, high=63, unit="samples", section="Network")] = 7
    units: Annotated[int, Note("Units of the GRU, each way", low=1, high=1024, section="Network")] = 96


@dataclass(frozen=True)
class SmallParams(SignalParams):
    """The small network sees the signal at 40 Hz."""

    rate: Annotated[
        int, Note("Samples a second after resampling", low=20, high=1000, unit="Hz", section="Preprocessing")
    ] = 40
    low_pass: Annotated[
        float,
        Note("Faster waves are filtered out; 0 for none", low=0, high=500, unit="Hz", section="Preprocessing"),
    ] = 18.0


def plan_resnet(params: Any, classes: int) -> dict[str, Any]:
    """The sizes of the residual network."""
    return {
        "kind": "resnet_gru", "classes": classes, "filters": list(params.filters), "kernel": params.kernel | 1,
        "units": params.units, "dropout": params.dropout, "drop": params.channel_drop,
    }  # fmt: skip


def plan_small(params: Any, classes: int) -> dict[str, Any]:
    """The sizes of the small network."""
    return {"kind": "symmetric", "classes": classes, "dropout": params.dropout, "drop": params.channel_drop}


def build_net(plan: dict[str, Any]) -> Net:
    """The network of a plan."""
    from models.domains.eeg import nets

    sizes = {name: value for name, value in plan.items() if name != "kind"}
    makers: dict[str, Callable[..., Net]] = {"resnet_gru": nets.resnet_gru, "symmetric": nets.symmetric}
    return makers[plan["kind"]](**sizes)


def net_of(model: Model) -> Net:
    """The model's network with its weights."""
    return networks.net_of(model, build_net)


def stage_of(steps: Steps, cache: Any) -> Stage:
    """How windows become what these networks see."""

    def stage(samples: Samples, rows: Index) -> Generator[Progress, None, Any]:
        from models.domains.eeg.staging import stage_windows

        return (yield from stage_windows(samples, rows, steps, cache))

    return stage


def stage_for(model: Model, setting: Setting) -> Stage:
    """The same for a model that has learnt."""
    return stage_of(networks.steps_in(model), setting.cache)


def learner(plan_net: Plan) -> Callable[[Task], Generator[Progress, None, Model]]:
    """The learn function of a kind of network."""

    def learn(task: Task) -> Generator[Progress, None, Model]:
        from models.domains.eeg import variation

        params = task.params
        plan = plan_net(params, len(task.classes))
        stage = stage_of(steps_of(params), task.cache)
        trained = yield from networks.learn(
            task, lambda: build_net(plan), stage, variation.windows(params), variation.mixing(params.mix)
        )
        kept = {"net": plan, "params": to_plain(params)}
        return Model("", task.classes, told(trained), arrays_of(trained.net), kept, memo={"net": trained.net})

    return learn


def inputs(model: Model, signals: Signals) -> dict[str, Any]:
    """Signals as the network takes them, by name."""
    from models.domains.eeg.staging import preprocessed

    return {"windows": preprocessed(signals.eeg, networks.steps_in(model), signals.bad)}


def judge(model: Model, signals: Signals, setting: Setting) -> Judged:
    """What a model makes of signals."""
    return networks.say(model, net_of(model), inputs(model, signals)["windows"], setting)


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    return _said(model, samples, setting).probabilities


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What is left of a window after attention over time, (n, d)."""
    return _said(model, samples, setting).vectors


def prepare(model: Model, samples: Samples, setting: Setting) -> Generator[Progress, None, None]:
    """Preprocess samples, for all that follows."""
    yield from networks.prepare(stage_for(model, setting), samples)


def _said(model: Model, samples: Samples, setting: Setting) -> Judged:
    return networks.say(model, net_of(model), networks.staged_of(stage_for(model, setting), samples), setting)


# Where it looked


def layers(model: Model) -> tuple[str, ...]:
    """What can be looked into."""
    from models.domains.eeg.relevance import signal_layers

    return signal_layers(net_of(model))


def overlay(model: Model, samples: Samples, setting: Setting) -> Overlay:
    """How far moments, or channels over time, speak for the decided class."""
    from models.domains.eeg.relevance import of_signal

    x = networks.staged_of(stage_for(model, setting), samples)[:]
    return of_signal(net_of(model), x, setting.layer, setting.device, model.classes)


def sanity(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
    """How much that resembles what the same network with random weights shows."""
    from models.domains.eeg.relevance import checked, decide, of_signal

    x = networks.staged_of(stage_for(model, setting), samples)[:]
    decided = decide(net_of(model), x, setting.device)

    def shown(net: Any) -> Overlay:
        return of_signal(net, x, setting.layer, setting.device, model.classes, decided, FEW_NODES)

    return checked(shown, net_of(model))


learn_resnet = learner(plan_resnet)


def _recipe(name: str, title: str, params: type, plan: Plan, quick: dict[str, Any]) -> Recipe:
    presets = {"quick": {**QUICK, **quick}, "two stages": {"stages": 2}}
    return make_recipe(
        name, title, params, learner(plan), judge, (EEG,), score, vectors,
        overlay=overlay, sanity=sanity, layers=layers, prepare=prepare, presets=presets,
    )  # fmt: skip


RESNET1D_GRU = _recipe(
    "resnet1d_gru", "ResNet-1D and GRU", ResnetGruParams, plan_resnet, {"filters": [24, 32, 48, 64], "units": 48}
)
SMALL_1D = _recipe("small_1d", "Small symmetric 1-D CNN", SmallParams, plan_small, {})
