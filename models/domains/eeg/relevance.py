"""Where networks on windows looked: moments, channels over time, regions by frequency.

Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.domain import Overlay
from models.domains.eeg.constants import COLUMNS, REGIONS, WINDOW
from models.domains.eeg.features import TITLES
from models.domains.eeg.load import SHOWN
from models.domains.eeg.spectrogram import FREQUENCIES
from models.errors import UserError
from models.learn import backbones
from models.learn.gradcam import class_maps, mapping_stages
from models.learn.gradients import NODES, integrated
from models.params import unknown

if TYPE_CHECKING:
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Windows or pictures in one go, and moments of a window that relevance is told of: ten a second.
BATCH, STEP, MOMENTS = 64, 16, 500
#: What else than a stage of a network on the signal can be looked at.
ATTENTION, INTEGRATED = "attention", "integrated gradients"
#: Parts whose output has no time of a whole window, or no class in it yet.
_INNER = ("pairs", "quality", "each", "side", "join")
#: A sum that is off by more than this is told as what it is.
_OFF = 0.02
_HALF = WINDOW / 2


# A network on the signal


def signal_layers(net: Net) -> tuple[str, ...]:
    """What of a network on the signal can be looked into, its own last."""
    steps = cast(Any, net.body).steps
    return (*(name for name, _ in steps.named_children() if name not in _INNER), ATTENTION, INTEGRATED)


def of_signal(
    net: Net, x: Any, layer: str, device: str, names: Sequence[str], decided: Index | None = None, nodes: int = NODES
) -> Overlay:
    """How far windows (n, 20, t) speak for a class. names: of the classes; decided: one a window, else the network's.

    layer: a stage: Grad-CAM over time; "attention": what the network attends to, whatever its class; "integrated
    gradients": what each channel adds over time.
    """
    named = signal_layers(net)
    layer = layer or named[-1]
    if layer not in named:
        raise UserError(unknown("layer", layer, named))
    net = net.to(device).eval()
    decided = decide(net, x, device) if decided is None else decided
    classes = tuple(names[place] for place in decided.tolist())
    if layer == INTEGRATED:
        values, off = channels(net, x, decided, device, nodes)
        return Overlay(values, (-_HALF, _HALF), classes, TITLES, notes=tuple(map(off_words, off)), signed=True)
    return Overlay(moments(net, x, layer, decided, device), (-_HALF, _HALF), classes)


def decide(net: Net, x: Any, device: str) -> Index:
    """The class that a network gives each input, (n,)."""
    net = net.to(device).eval()
    found = [np.zeros(0, np.int64)]
    with torch.inference_mode():
        for start in range(0, len(x), STEP):
            found.append(net(_batch(x, start, STEP, device)).argmax(1).cpu().numpy())
    return np.concatenate(found)


def _batch(x: Any, start: int, count: int, device: str) -> Tensor:
    return torch.from_numpy(np.asarray(x[start : start + count], np.float32)).to(device)


def moments(net: Net, x: Any, layer: str, decided: Index, device: str) -> Floats:
    """How much each tenth of a second counts by a stage or by attention, (n, MOMENTS), at most 1."""
    out = np.zeros((len(x), MOMENTS), np.float32)
    for start in range(0, len(x), BATCH):
        batch = _batch(x, start, BATCH, device)
        if layer == ATTENTION:
            with torch.inference_mode():
                seen = cast(Any, net.body).attention(batch)[:, None]
                seen = nn.functional.interpolate(seen, MOMENTS, mode="linear", align_corners=False)[:, 0]
                out[start : start + BATCH] = (seen / seen.amax(1, keepdim=True)).cpu().numpy()
        else:
            part, wanted = net.get_submodule(f"body.steps.{layer}"), decided[start : start + BATCH]
            told = torch.from_numpy(wanted).to(device)
            out[start : start + BATCH] = class_maps(net, part, batch, told, size=(MOMENTS,))
    return out


def channels(
    net: Net, x: Any, decided: Index, device: str, nodes: int = NODES
) -> tuple[Floats, npt.NDArray[np.float64]]:
    """What each bipolar channel adds to the score of a class over time, (n, 18, MOMENTS), by integrated gradients.

    Against a silent window. And how far each sum is off, as a share of it.
    """
    pairs = cast(Any, net.body).steps.pairs
    x = np.asarray(x, np.float32)
    with torch.inference_mode():
        seen = pairs(torch.from_numpy(x).to(device))
    seen = torch.clone(seen)

    def answer(copies: Tensor, place: int) -> Tensor:
        hook = pairs.register_forward_hook(lambda _part, _given, _out: copies)
        try:
            nothing = copies.new_zeros(len(copies), *x.shape[1:])
            return cast(Tensor, net(nothing)[:, int(decided[place])])
        finally:
            hook.remove()

    values, off = integrated(answer, seen, nodes)
    edges = np.arange(MOMENTS) * values.shape[2] // MOMENTS
    return np.asarray(np.add.reduceat(values, edges, axis=2), np.float32), off


def off_words(off: float) -> str:
    """How far the parts sum to the whole."""
    if abs(off) <= _OFF:
        return "the parts sum to the score less that of silence"
    return f"the parts sum to {1 + off:.0%} of the score less that of silence"


# A network on pictures


def picture_layers(net: Net, size: int) -> tuple[str, ...]:
    """The stages of the backbone that keep a map of such pictures, the last one last."""
    return mapping_stages(net, _stages(net), torch.zeros(1, 3, size, size))


def _stages(net: Net) -> dict[str, str]:
    trunk = cast(Any, net.body).steps.trunk
    found = {name: f"body.steps.trunk.{name}" for name in backbones.stages(trunk)}
    return {name: path for name, path in found.items() if name.startswith(("features", "layer", "Mixed"))}


def of_pictures(
    net: Net, pictures: Any, layer: str, device: str, names: Sequence[str], source: str, decided: Index | None = None
) -> Overlay:
    """Grad-CAM on region and frequency of pictures (n, 3, side, side), each with maximum 1. source: what is drawn."""
    side = pictures.shape[2]
    named = picture_layers(net, side)
    if not named or (layer and layer not in named):
        raise UserError(unknown("layer", layer, named))
    net = net.to(device).eval()
    decided = decide(net, pictures, device) if decided is None else decided
    part = net.get_submodule(_stages(net)[layer or named[-1]])
    out = [np.zeros((0, side, side), np.float32)]
    for start in range(0, len(pictures), STEP):
        wanted = torch.from_numpy(decided[start : start + STEP]).to(device)
        out.append(class_maps(net, part, _batch(pictures, start, STEP, device), wanted))
    maps = np.concatenate(out).reshape(-1, len(REGIONS), side // len(REGIONS), side)
    note = "times are also those of 50 s and of 20 s of the EEG" if source == "both" else ""
    reach = _HALF if source == "eeg" else float(COLUMNS)
    return Overlay(
        maps,
        (-reach, reach),
        tuple(names[place] for place in decided.tolist()),
        tuple(SHOWN[name] for name in REGIONS),
        (float(FREQUENCIES[0]), float(FREQUENCIES[-1])),
        notes=(note,) * len(maps),
    )


def checked(shown: Callable[[Any], Overlay], net: nn.Module) -> dict[str, float]:
    """How much what is shown resembles what the same network of random weights shows.

    shown(network) is to be of the same classes for all: another class alone would make it look unlike.
    """
    from models.learn.gradcam import randomised

    return randomised(lambda other: shown(other).values, net, shown(net).values)
