"""A backbone of torchvision on the spectrograms of the four regions, and of the EEG itself."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Overlay, Seen, Setting, Task
from models.domains.eeg.choices import Steps, steps_of
from models.domains.eeg.recipes import networks
from models.domains.eeg.recipes.model import make_recipe
from models.domains.eeg.recipes.networks import QUICK, NetParams, Stage
from models.domains.eeg.signals import EEG, SPECTROGRAM, Signals
from models.job import Progress
from models.learn.fitted import Model
from models.learn.kept_net import arrays_of, told
from models.params import Note, to_plain
from models.sample import Samples

if TYPE_CHECKING:
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: What is drawn: the regions over ten minutes, the EEG over its 50 s and over its middle; or one of both alone.
SOURCES = ("both", "regions", "eeg")


@dataclass(frozen=True)
class EfficientNetParams(NetParams):
    """Which backbone sees which pictures."""

    scale: Annotated[str, Note("Spectrograms are measured in µV²/Hz", choices=("none",), section="Preprocessing")] = (
        "none"
    )
    backbone: Annotated[
        str, Note("Network of torchvision: efficientnet_b0, resnet18, convnext_tiny …", section="Network")
    ] = "efficientnet_b0"
    pretrained: Annotated[
        bool,
        Note("Start from weights of pictures where their file is there, else from random ones", section="Network"),
    ] = True
    spectrograms: Annotated[
        str,
        Note(
            "What is seen: regions over ten minutes and the EEG over 50 s and its middle, or one of both",
            choices=SOURCES,
            section="Network",
        ),
    ] = "both"
    image_size: Annotated[
        int, Note("Side of the pictures, a multiple of 32", low=32, high=512, unit="px", section="Network")
    ] = 224


def plan_net(params: Any, classes: int) -> dict[str, Any]:
    """The sizes of a network, and how its pictures are drawn."""
    size = max(params.image_size // 32, 1) * 32
    drawn = {"size": size, "source": params.spectrograms}
    return {"backbone": params.backbone, "classes": classes, "dropout": params.dropout, "drawn": drawn}


def build_net(plan: dict[str, Any], weights: str = "random") -> Net:
    """The network of a plan; weights: the file that its backbone starts from."""
    from models.domains.eeg import nets
    from models.learn import backbones

    trunk = backbones.trunk(plan["backbone"], weights)
    return nets.spectral(trunk, backbones.width(trunk, plan["drawn"]["size"]), plan["classes"], plan["dropout"])


def weights_of(params: Any) -> Generator[Progress, None, str]:
    """The weights that a training starts from. Raises UserError for an unknown backbone."""
    from models.learn import weights
    from models.learn.backbones import check_name

    check_name(params.backbone)
    if not params.pretrained:
        return weights.RANDOM
    found = weights.find(params.backbone)
    if found == weights.RANDOM:
        yield Progress(log=weights.advice(params.backbone))
    return found


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Draw the windows, train the backbone and its head."""
    from models.domains.eeg import variation

    params = task.params
    plan = plan_net(params, len(task.classes))
    begin = yield from weights_of(params)
    stage = stage_of(steps_of(params), plan["drawn"], task.cache)
    trained = yield from networks.learn(
        task, lambda: build_net(plan, begin), stage, variation.pictures(params), variation.mixing(params.mix)
    )
    facts = told(trained) | {"weights": begin}
    kept = {"net": plan, "params": to_plain(params)}
    return Model("", task.classes, facts, arrays_of(trained.net), kept, memo={"net": trained.net})


def net_of(model: Model) -> Net:
    """The model's network with its weights."""
    return networks.net_of(model, build_net)


def stage_of(steps: Steps, drawn: dict[str, Any], cache: Any) -> Stage:
    """How windows become the pictures that this network sees."""

    def stage(samples: Samples, rows: Index) -> Generator[Progress, None, Any]:
        from models.domains.eeg.pictures import stage_pictures

        return (yield from stage_pictures(samples, rows, steps, drawn["size"], drawn["source"], cache))

    return stage


def inputs(model: Model, signals: Signals) -> dict[str, Any]:
    """Signals as the network takes them, by name."""
    from models.domains.eeg.pictures import draw

    drawn = model.numbers["net"]["drawn"]
    return {"pictures": draw(signals, networks.steps_in(model), drawn["size"], drawn["source"])}


def judge(model: Model, signals: Signals, setting: Setting) -> Judged:
    """What a model makes of signals."""
    return networks.say(model, net_of(model), inputs(model, signals)["pictures"], setting)


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    return networks.say(model, net_of(model), _pictures(model, samples, setting), setting).probabilities


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What is left of a picture after attention over its columns, (n, d)."""
    return networks.say(model, net_of(model), _pictures(model, samples, setting), setting).vectors


def prepare(model: Model, samples: Samples, setting: Setting) -> Generator[Progress, None, None]:
    """Draw samples, for all that follows."""
    yield from networks.prepare(_stage_for(model, setting), samples)


def _pictures(model: Model, samples: Samples, setting: Setting) -> Any:
    return networks.staged_of(_stage_for(model, setting), samples)


def _stage_for(model: Model, setting: Setting) -> Stage:
    return stage_of(networks.steps_in(model), model.numbers["net"]["drawn"], setting.cache)


# Where it looked


def layers(model: Model) -> tuple[str, ...]:
    """The stages of the backbone that keep a map, the last one last."""
    from models.domains.eeg.relevance import picture_layers

    return picture_layers(net_of(model), model.numbers["net"]["drawn"]["size"])


def overlay(model: Model, samples: Samples, setting: Setting) -> Overlay:
    """Grad-CAM on region and frequency."""
    return _shown(model, samples, setting)(net_of(model))


def explain(model: Model, samples: Samples, setting: Setting) -> Floats:
    """The same as a map of each picture, (n, side, side)."""
    found = overlay(model, samples, setting).values
    return found.reshape(len(found), -1, found.shape[3])


def _shown(model: Model, samples: Samples, setting: Setting) -> Callable[[Any], Overlay]:
    """What a network shows of the classes that the model gives."""
    from models.domains.eeg.relevance import decide, of_pictures

    pictures, source = _pictures(model, samples, setting)[:], model.numbers["net"]["drawn"]["source"]
    decided = decide(net_of(model), pictures, setting.device)
    return lambda net: of_pictures(net, pictures, setting.layer, setting.device, model.classes, source, decided)


def sanity(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
    """How much the maps resemble those of the same network with random weights."""
    from models.domains.eeg.relevance import checked

    return checked(_shown(model, samples, setting), net_of(model))


def seen(model: Model, samples: Samples) -> Seen:
    """The pictures as the network saw them; they lie in no image."""
    from models.domains.eeg.pictures import draw
    from models.domains.eeg.signals import read_signals

    drawn = model.numbers["net"]["drawn"]
    signals = read_signals(samples, np.arange(len(samples), dtype=np.int64), (EEG, SPECTROGRAM))
    made = draw(signals, networks.steps_in(model), drawn["size"], drawn["source"])
    return Seen(np.ascontiguousarray(made.transpose(0, 2, 3, 1)), np.full((len(samples), 4), np.nan, np.float32))


EFFICIENTNET = make_recipe(
    "efficientnet",
    "EfficientNet on spectrograms",
    EfficientNetParams,
    learn,
    judge,
    (EEG, SPECTROGRAM),
    score,
    vectors,
    explain=explain,
    overlay=overlay,
    sanity=sanity,
    layers=layers,
    prepare=prepare,
    seen=seen,
    presets={"quick": {**QUICK, "image_size": 96}, "two stages": {"stages": 2}},
)
