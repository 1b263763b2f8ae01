"""The signal and its spectrograms judged by a network each, joined by attention over branch and time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Overlay, Setting, Task
from models.domains.eeg.choices import steps_of
from models.domains.eeg.recipes import efficientnet, networks, raw
from models.domains.eeg.recipes.efficientnet import EfficientNetParams
from models.domains.eeg.recipes.model import make_recipe
from models.domains.eeg.recipes.networks import QUICK
from models.domains.eeg.recipes.raw import ResnetGruParams
from models.domains.eeg.signals import EEG, SPECTROGRAM, Signals
from models.job import Progress
from models.learn.fitted import Model, narrowed
from models.learn.kept_net import arrays_of, fill, told
from models.learn.settings import evens
from models.learn.split import draw_split
from models.params import Note, build, to_plain
from models.sample import Samples

if TYPE_CHECKING:
    from models.domains.eeg.fusion import Ensemble, Fusion
    from models.learn.fit import Trained

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Told = dict[str, Any]
#: The branches by name; that of the pictures stands before the names of its layers.
SIGNAL, PICTURES = "signal", "spectrograms"
BRANCHES = (SIGNAL, PICTURES)
#: Shares of the signal among which the mean of both branches is chosen.
_SHARES = np.linspace(0, 1, 21)
#: Fewer windows of patients apart teach what joins the branches less than these lose by learning without them: 240
#: gained nothing over the mean of both, all 724 that the branches learnt from gained .009 nats.
LEAST = 500


@dataclass(frozen=True)
class EnsembleParams(ResnetGruParams):
    """Both branches, and how they are joined."""

    backbone: Annotated[
        str, Note("Network of torchvision on the pictures: efficientnet_b0, resnet18 …", section="Network")
    ] = "efficientnet_b0"
    pretrained: Annotated[
        bool,
        Note("Start from weights of pictures where their file is there, else from random ones", section="Network"),
    ] = True
    image_size: Annotated[
        int, Note("Side of the pictures, a multiple of 32", low=32, high=512, unit="px", section="Network")
    ] = 224
    branches: Annotated[
        str,
        Note(
            "While both are joined the branches stay as they are, or learn on with it from end to end",
            choices=("frozen", "learn"),
            section="Fusion",
        ),
    ] = "frozen"
    joined_share: Annotated[
        float,
        Note(
            "Share of the training patients that frozen branches leave to what joins them, where these have "
            f"{LEAST} windows; else, and with 0, it learns on the branches' own",
            low=0.0,
            high=0.5,
            section="Fusion",
        ),
    ] = 0.2
    joined_epochs: Annotated[int, Note("Passes in which both are joined", low=1, high=2000, section="Fusion")] = 20
    joined_rate: Annotated[float, Note("Step length while both are joined", low=1e-7, high=1.0, section="Fusion")] = (
        3e-4
    )
    hidden: Annotated[int, Note("Units that both are joined in", low=2, high=1024, section="Fusion")] = 64


def params_of(params: EnsembleParams, kind: type, **others: Any) -> Any:
    """The parameters of a branch: those of the whole that it has."""
    own = to_plain(params)
    return build(kind, {one.name: own[one.name] for one in fields(kind) if one.name in own} | others)


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Train the branches one after the other, then what joins them.

    Of what they learnt from, branches say more than they know, and the one that knows it by heart would be listened to
    most. So what joins frozen branches learns on a part of the training patients that neither of them sees, as in
    stacking (Wolpert 1992); one part and not folds, for vectors of two trainings of a branch have no axis in common.
    Where these patients have too few windows, all is learnt on all of them, and the validation part, which no branch
    learnt from, alone decides. Branches that learn on with what joins them do so end to end on all training windows.
    Each way begins from the mean of both branches, whose one share and temperatures are those that the validation part
    likes best, and that mean stays where the validation part finds nothing better.
    """
    taught, apart = parted(task)
    signal, picture = _branch_tasks(taught)
    models = yield from _learn_branches(signal, picture)
    net = _joined_net(task, models)
    facts: dict[str, Any] = {
        "branches": [model.facts for model in models],
        "cancelled": any(model.facts["cancelled"] for model in models),
    }
    parts = _Parts(task, signal.params, picture.params)
    facts |= yield from _learn_joint(apart, apart is taught, net, parts, not facts["cancelled"])
    kept = {"net": plan_of(task, models, net), "params": to_plain(task.params)}
    return Model("", task.classes, facts, arrays_of(net.cpu().eval()), kept, memo={"net": net})


def _learn_branches(signal: Task, picture: Task) -> Generator[Progress, None, list[Model]]:
    """Train one branch after the other; where the first was stopped the second is as it began."""
    models: list[Model] = []
    for name, one, teach in (("signal", signal, raw.learn_resnet), ("spectrograms", picture, efficientnet.learn)):
        yield Progress(log=f"Training the branch of the {name}.")
        model = yield from teach(one)
        model.numbers["params"] = to_plain(one.params)
        models.append(model)
        if model.facts["cancelled"]:
            yield Progress(log="Stopped before both were joined.")
            break
    if len(models) < 2:
        yield Progress(log="The branch of the spectrograms has learnt nothing.")
        models.append(_untaught(picture))
    return models


def _learn_joint(apart: Task, own: bool, net: Ensemble, parts: _Parts, whole: bool) -> Generator[Progress, None, Told]:
    """Let the mean of the branches begin well, and teach what joins them; what is to be told of that.

    apart: the windows that joining is learnt on. own: the branches learnt from these too. whole: neither was stopped.
    """
    from models.domains.eeg.fusion import BRANCHES

    rows = np.unique(np.concatenate([apart.train, apart.val]))
    said = yield from parts.said(net, rows)
    there = np.asarray(said[:, -len(BRANCHES) :].any(axis=1), bool)
    apart = narrowed(apart, *(there[np.searchsorted(rows, part)] for part in (apart.train, apart.val)))
    _settle(net.fusion, said[np.searchsorted(rows, apart.val)], apart)
    # On the branches' own windows, with none to validate on, nothing would tell knowledge from what is known by heart.
    blind = apart.params.branches == "frozen" and own and not len(apart.val)
    if not whole or blind or not _tells(apart):
        return {}
    trained = yield from _join(apart, net, parts, said, rows)
    return told(trained) | {"joined_on": len(np.unique(apart.train))}


def parted(task: Task) -> tuple[Task, Task]:
    """What the branches learn from, and what joins them: other patients where the branches are frozen, else all."""
    params = task.params
    if params.branches != "frozen":
        return task, task
    codes = np.full(len(task.targets), -1, np.int64)
    codes[task.train] = task.targets[task.train].argmax(1)
    split = draw_split(codes, task.samples.group_codes()[0], task.seed, 0.0, params.joined_share)
    left = np.isin(task.train, split.val)
    # By sample both parts would be of one patient.
    if split.by != "group" or len(split.val) < LEAST:
        return task, task
    every = np.ones(len(task.val), bool)
    return narrowed(task, ~left, every), narrowed(task, left, every)


def _tells(task: Task) -> bool:
    """Whether the training windows are of two classes at least."""
    return len(np.unique(task.targets[task.train].argmax(1))) > 1


def _branch_tasks(task: Task) -> tuple[Task, Task]:
    found = []
    for name, kind in (("signal", ResnetGruParams), ("spectrograms", EfficientNetParams)):
        work = task.work / name
        work.mkdir(parents=True, exist_ok=True)
        others = {"scale": "none"} if kind is EfficientNetParams else {}
        found.append(replace(task, params=params_of(task.params, kind, **others), work=work))
    return found[0], found[1]


def _untaught(task: Task) -> Model:
    plan = efficientnet.plan_net(task.params, len(task.classes))
    net = efficientnet.build_net(plan)
    return Model("", task.classes, {"cancelled": True}, arrays_of(net), {"net": plan}, memo={"net": net})


def plan_of(task: Task, models: Sequence[Model], net: Ensemble) -> dict[str, Any]:
    """The sizes of both branches and of their fusion."""
    fusion = net.fusion
    sizes = {"widths": fusion.widths, "classes": len(task.classes), "hidden": task.params.hidden}
    sizes["dropout"] = task.params.dropout
    shapes = [list(shape) for shape in net.shapes]
    return {EEG: models[0].numbers["net"], SPECTROGRAM: models[1].numbers["net"], "fusion": sizes, "shapes": shapes}


def build_net(plan: dict[str, Any]) -> Ensemble:
    """The network of a plan."""
    from models.domains.eeg.fusion import Ensemble, Fusion

    branches = raw.build_net(plan[EEG]), efficientnet.build_net(plan[SPECTROGRAM])
    return Ensemble(*branches, Fusion(**plan["fusion"]), plan["shapes"])


def net_of(model: Model) -> Ensemble:
    """The model's network with its weights."""
    if "net" not in model.memo:
        model.memo["net"] = fill(cast(Any, build_net(model.numbers["net"])), model)
    return cast("Ensemble", model.memo["net"])


def _joined_net(task: Task, models: Sequence[Model]) -> Ensemble:
    from models.domains.eeg.constants import CHANNELS, WINDOW
    from models.domains.eeg.fusion import Ensemble, Fusion

    nets = [raw.net_of(models[0]), efficientnet.net_of(models[1])]
    size = models[1].numbers["net"]["drawn"]["size"]
    widths = [cast(Any, net.body).width for net in nets]
    fusion = Fusion(widths, len(task.classes), task.params.hidden, task.params.dropout)
    shapes = ((len(CHANNELS), WINDOW * task.params.rate), (3, size, size))
    return Ensemble(nets[0], nets[1], fusion, shapes)


class _Parts:
    """What both branches see of rows."""

    def __init__(self, task: Task, signal: Any, picture: Any) -> None:
        self.task = task
        drawn = efficientnet.plan_net(picture, 1)["drawn"]
        self.stages = (
            raw.stage_of(steps_of(signal), task.cache),
            efficientnet.stage_of(steps_of(picture), drawn, task.cache),
        )

    def staged(self, rows: Index) -> Generator[Progress, None, list[Any]]:
        """The windows and the pictures."""
        found = []
        for stage in self.stages:
            found.append((yield from stage(self.task.samples, rows)))
        return found

    def said(self, net: Ensemble, rows: Index) -> Generator[Progress, None, Floats]:
        """What both branches say of rows, as the fusion takes it."""
        windows, pictures = yield from self.staged(rows)
        return tell(net, windows, pictures, self.task.device)


def tell(net: Ensemble, windows: Any, pictures: Any, device: str) -> Floats:
    """What both branches say of windows and pictures, (n, …), one row each as the fusion takes it."""
    from models.learn.fit import forward

    parts = []
    for branch, x in ((net.eeg, windows), (net.spectrogram, pictures)):
        seen = forward(branch.body, x, device, networks.BATCH, half=True)
        parts.append((seen, forward(branch.head, seen, device), networks.seen_in(x).astype(np.float32)[:, None]))
    return np.concatenate([*(one[0] for one in parts), *(one[1] for one in parts), *(one[2] for one in parts)], axis=1)


def _settle(fusion: Fusion, said: Floats, task: Task) -> None:
    """Let the branches begin as honest as the validation part finds them, and with the mean that it likes best."""
    import torch

    from models.learn.fit import soft_loss
    from models.learn.tabular import softmax
    from models.learn.temperature import fit_temperature

    if not len(said):
        return
    first = sum(fusion.widths)
    count = fusion.classes
    targets = np.asarray(task.targets[task.val], np.float64)
    scores = [said[:, first + place * count : first + (place + 1) * count] for place in range(2)]
    soft = [fit_temperature(softmax(one), targets) for one in scores]
    mixed = [share * scores[0] / soft[0] + (1 - share) * scores[1] / soft[1] for share in _SHARES]
    best = float(_SHARES[int(np.argmin([soft_loss(one, targets, evens(task.params)) for one in mixed]))])
    with torch.no_grad():
        fusion.get_buffer("temperatures").copy_(torch.tensor(soft))
        fusion.get_buffer("before").copy_(torch.log(torch.tensor([best, 1 - best]).clamp_min(1e-3)))


def _join(task: Task, net: Ensemble, parts: _Parts, said: Floats, rows: Index) -> Generator[Progress, None, Trained]:
    """Teach what joins the branches, and these with it where that is wanted; what was there before stays if better.

    said: what the branches say of the windows at `rows`.
    """
    from models.learn.fit import Data, settings_of, soft_loss, train_network

    params = task.params
    places = [np.searchsorted(rows, part) for part in (task.train, task.val)]
    frozen = params.branches == "frozen"
    whole: Any = net.fusion if frozen else net
    known = {name: value.clone() for name, value in whole.state_dict().items()}
    work = task.work / "joined"
    work.mkdir(parents=True, exist_ok=True)
    settings = settings_of(
        params, epochs=params.joined_epochs, learning_rate=params.joined_rate, clip=1.0, half=not frozen
    )
    begun = (
        soft_loss(_scores(net.fusion, said[places[1]]), task.targets[task.val], evens(params))
        if len(task.val)
        else float("inf")
    )
    data = Data(said[places[0]], said[places[1]])
    if not frozen:
        laid = Laid((yield from parts.staged(rows)))
        data = Data(laid.take(places[0]), laid.take(places[1]), _varied(net, params))
    yield Progress(log="Joining both branches.")
    trained = yield from train_network(lambda: whole, data, replace(task, work=work), settings)
    # With patience 0 the last weights are kept, whatever the best ones were.
    if trained.history and begun < trained.history[trained.best_epoch - 1].get("val_loss", 0.0):
        whole.load_state_dict(known)
        yield Progress(log="Joining them by attention did not help: their mean is kept.")
    return trained


def _scores(fusion: Fusion, said: Floats) -> Floats:
    from models.learn.fit import forward

    return forward(fusion, said)


def _varied(net: Ensemble, params: Any) -> Any:
    """How rows are changed in training: each branch's part as it is alone."""
    import torch

    from models.domains.eeg import variation

    changes = variation.windows(params), variation.pictures(params)

    def prepare(x: Any, training: bool) -> Any:
        if not training:
            return x
        found = [change(part, True) for change, part in zip(changes, net.parts(x), strict=True)]
        return torch.cat([part.flatten(1) for part in found], 1)

    return prepare


class Laid:
    """Windows and pictures laid in one row each, (n, 20 · t + 3 · side · side)."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = list(parts)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.parts[0]), sum(int(np.prod(part.shape[1:])) for part in self.parts))

    def __getitem__(self, index: Any) -> Floats:
        found = [np.asarray(part[index], np.float32) for part in self.parts]
        return np.concatenate([part.reshape(len(part), -1) for part in found], axis=1)

    def take(self, rows: Index) -> Laid:
        """These rows."""
        return Laid([part.take(rows) for part in self.parts])


def inputs(model: Model, signals: Signals) -> dict[str, Any]:
    """Signals as the networks take them, by name; 0 where there is nothing."""
    from models.domains.eeg.pictures import draw
    from models.domains.eeg.staging import preprocessed

    steps, drawn = networks.steps_in(model), model.numbers["net"][SPECTROGRAM]["drawn"]
    windows = preprocessed(signals.eeg, steps, signals.bad)
    windows[~np.isfinite(signals.eeg).any(axis=(1, 2))] = 0
    return {"windows": windows, "pictures": draw(signals, replace(steps, scale="none"), drawn["size"], drawn["source"])}


def judge(model: Model, signals: Signals, setting: Setting) -> Judged:
    """What a model makes of signals; either of them is enough."""
    given = inputs(model, signals)
    return _judged(model, given["windows"], given["pictures"], setting)


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    return _judged(model, *_staged(model, samples, setting), setting).probabilities


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """The joined vectors, (n, d)."""
    return _judged(model, *_staged(model, samples, setting), setting).vectors


def _judged(model: Model, windows: Any, pictures: Any, setting: Setting) -> Judged:
    import torch

    from models.domains.eeg.fusion import BRANCHES
    from models.learn.tabular import softmax

    net = net_of(model)
    if not len(windows):
        return Judged(np.zeros((0, len(model.classes)), np.float32), np.zeros((0, net.fusion.width), np.float32))
    said = tell(net, windows, pictures, setting.device)
    fusion = net.fusion.cpu().eval()
    with torch.inference_mode():
        x = torch.from_numpy(said)
        p = softmax(fusion(x).numpy())
        p[~said[:, -len(BRANCHES) :].any(axis=1)] = np.nan
        return Judged(p, np.asarray(fusion.body(x).numpy(), np.float32))


def prepare(model: Model, samples: Samples, setting: Setting) -> Generator[Progress, None, None]:
    """Preprocess and draw samples, for all that follows."""
    for stage in _stages(model, setting):
        yield from networks.prepare(stage, samples)


def _staged(model: Model, samples: Samples, setting: Setting) -> tuple[Any, Any]:
    windows, pictures = (networks.staged_of(stage, samples) for stage in _stages(model, setting))
    return windows, pictures


def _stages(model: Model, setting: Setting) -> tuple[networks.Stage, networks.Stage]:
    steps, drawn = networks.steps_in(model), model.numbers["net"][SPECTROGRAM]["drawn"]
    pictured = efficientnet.stage_of(replace(steps, scale="none"), drawn, setting.cache)
    return raw.stage_of(steps, setting.cache), pictured


# Where it looked


def branch_weights(model: Model, samples: Samples, setting: Setting) -> Floats:
    """How much the signal and the spectrograms count for each window, (n, 2), rows sum to 1."""
    import torch

    net = net_of(model)
    if not len(samples):
        return np.zeros((0, 2), np.float32)
    said = tell(net, *_staged(model, samples, setting), setting.device)
    with torch.inference_mode():
        return np.asarray(net.fusion.cpu().eval().weights(torch.from_numpy(said)).numpy(), np.float32)


def layers(model: Model) -> tuple[str, ...]:
    """What of both branches can be looked into, those of the signal last."""
    from models.domains.eeg.relevance import picture_layers, signal_layers

    net, size = net_of(model), model.numbers["net"][SPECTROGRAM]["drawn"]["size"]
    return (*(f"{PICTURES} {name}" for name in picture_layers(net.spectrogram, size)), *signal_layers(net.eeg))


def overlay(model: Model, samples: Samples, setting: Setting) -> Overlay:
    """How far moments, channels or regions by frequency speak for the class in a branch, and how much each counts."""
    windows, pictures = _staged(model, samples, setting)
    decided = _judged(model, windows, pictures, setting).probabilities.argmax(1)
    branch, shown = _branch(model, windows[:], pictures[:], setting, decided)
    return replace(shown(branch), branches=BRANCHES, shares=branch_weights(model, samples, setting))


def _branch(
    model: Model, windows: Any, pictures: Any, setting: Setting, decided: Index, **few: Any
) -> tuple[Any, Callable[[Any], Overlay]]:
    """The branch that the layer is of, and what it shows."""
    from models.domains.eeg.relevance import of_pictures, of_signal

    net, names, device = net_of(model), model.classes, setting.device
    if setting.layer.startswith(PICTURES):
        source, layer = model.numbers["net"][SPECTROGRAM]["drawn"]["source"], setting.layer.removeprefix(PICTURES)
        return net.spectrogram, lambda one: of_pictures(one, pictures, layer.strip(), device, names, source, decided)
    return net.eeg, lambda one: of_signal(one, windows, setting.layer, device, names, decided, **few)


def sanity(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
    """How much that resembles what the same branch with random weights shows."""
    from models.domains.eeg.relevance import checked

    windows, pictures = _staged(model, samples, setting)
    decided = _judged(model, windows, pictures, setting).probabilities.argmax(1)
    branch, shown = _branch(model, windows[:], pictures[:], setting, decided, nodes=raw.FEW_NODES)
    return checked(shown, branch)


ATTENTION_ENSEMBLE = make_recipe(
    "attention_ensemble",
    "Signal and spectrograms by attention",
    EnsembleParams,
    learn,
    judge,
    (EEG, SPECTROGRAM),
    score,
    vectors,
    overlay=overlay,
    sanity=sanity,
    layers=layers,
    prepare=prepare,
    presets={
        "quick": {**QUICK, "image_size": 96, "filters": [24, 32, 48, 64], "units": 48},
        "end to end": {"branches": "learn"},
        "two stages": {"stages": 2},
    },
)
