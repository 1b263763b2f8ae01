"""A network as the arrays of a model, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from models.learn.fitted import Model, keep_part, part_of

if TYPE_CHECKING:
    from torch import nn

    from models.learn.fit import Trained
    from models.learn.nets import Net

NET = "net"


def arrays_of(net: nn.Module) -> dict[str, npt.NDArray[Any]]:
    """All weights of a network as a model keeps them."""
    return keep_part(NET, {name: value.numpy() for name, value in net.state_dict().items()})


def fill(net: Net, model: Model) -> Net:
    """A network with the weights that a model keeps."""
    import torch

    net.load_state_dict({name: torch.from_numpy(values) for name, values in part_of(model, NET).items()})
    return net.eval()


def told(trained: Trained) -> dict[str, Any]:
    """What a run record tells of a training."""
    return {
        "epochs": len(trained.history),
        "best_epoch": trained.best_epoch,
        "batch": trained.batch,
        "cancelled": trained.cancelled,
    }
