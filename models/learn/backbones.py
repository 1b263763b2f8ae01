"""Backbones of torchvision by name: a trunk that gives vectors, its stages, and the form it computes fastest in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from models.errors import UserError
from models.learn import weights
from models.learn.fit import has_half
from models.params import unknown

#: Networks with branches that only help their training from nothing.
_PLAIN: Mapping[str, dict[str, Any]] = {
    "inception_v3": {"aux_logits": False, "init_weights": True},
    "googlenet": {"aux_logits": False, "init_weights": True},
}
#: The last stages of a trunk that learn as "layer4" does in a ResNet hold at least this share of its weights.
LAST = 1 / 3


def known() -> tuple[str, ...]:
    """The names of all backbones."""
    import torchvision

    return tuple(torchvision.models.list_models(module=torchvision.models))


def check_name(name: str) -> None:
    """Raises UserError with the nearest known names."""
    if name not in known():
        raise UserError(unknown("backbone", name, known()))


def trunk(backbone: str, state: str = weights.RANDOM) -> nn.Module:
    """The network without its classifier, in evaluation mode. state: the file of its weights, or "random"."""
    import torchvision

    check_name(backbone)
    options = _PLAIN.get(backbone, {})
    # Random weights are the same at every time: what was computed with them stays of use.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = torchvision.models.get_model(backbone, weights=None, **options)
    if state != weights.RANDOM:
        _fill(net, state)
    _behead(net)
    found: nn.Module = net.eval()
    return found


def _fill(net: nn.Module, name: str) -> None:
    state = {key: value for key, value in weights.load(name).items() if not key.lower().startswith("aux")}
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{weights.folder() / name}: these weights are of another network ({reason}).") from None


def _behead(net: nn.Module) -> None:
    """Take the last linear layer out."""
    last = [name for name, part in net.named_modules() if isinstance(part, nn.Linear)]
    if not last:
        raise UserError("this backbone has no linear classifier to take out. Choose another one.")
    owner, _, leaf = last[-1].rpartition(".")
    setattr(net.get_submodule(owner) if owner else net, leaf, nn.Identity())


def width(net: nn.Module, size: int) -> int:
    """How many numbers a vector of this trunk has."""
    with torch.inference_mode():
        return int(net(torch.zeros(1, 3, size, size)).shape[1])


def stages(net: nn.Module) -> dict[str, nn.Module]:
    """The parts of a trunk one after another, by name; a chain of features is taken apart."""
    found: dict[str, nn.Module] = {}
    for name, part in net.named_children():
        if name == "features" and isinstance(part, nn.Sequential):
            found |= {f"{name}.{inner}": item for inner, item in part.named_children()}
        else:
            found[name] = part
    return found


def freeze(net: nn.Module, layers: str) -> None:
    """Let only the last stages learn ("layer4"), or all of it ("all")."""
    if layers == "all":
        return
    parts = {name: sum(value.numel() for value in part.parameters()) for name, part in stages(net).items()}
    total, held = sum(parts.values()), 0
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    for name in reversed(parts):
        for parameter in net.get_submodule(name).parameters():
            parameter.requires_grad_(True)
        held += parts[name]
        if held >= LAST * total:
            break


class Tuned(nn.Module):
    """A trunk of which some stages learn: batch norms of the others keep what they know."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)
        return found

    def train(self, mode: bool = True) -> Tuned:
        super().train(mode)
        for part in self.net.modules():
            own = list(part.parameters(recurse=False))
            if own and not any(value.requires_grad for value in own):
                part.eval()
        return self


def quick(net: nn.Module, device: str) -> tuple[nn.Module, torch.dtype]:
    """The trunk as it computes fastest without learning, and the type of its input.

    Batch norms are folded into the convolutions, channels come last; on a processor that knows bfloat16 all is of
    that type (on CUDA autocast sees to it).
    """
    from torch.fx.experimental.optimization import fuse
    from torch.fx.proxy import TraceError

    # A network whose steps depend on its input cannot be folded; it is only slower.
    with contextlib.suppress(TraceError, TypeError, NotImplementedError):
        net = fuse(net)
    kind = torch.bfloat16 if device == "cpu" and has_half() else torch.float32
    return net.to(device=device, dtype=kind).to(memory_format=torch.channels_last), kind
