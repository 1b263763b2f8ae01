"""Networks on windows of EEG. Imports torch; import it inside functions of recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.features import PAIRS
from models.learn.nets import Net

#: Places of the pairs on the left, on the right in the same order, and in the middle.
LEFT, RIGHT, MIDDLE = (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15), (16, 17)
#: Beyond this many of its units a value of a pair tells of an artifact.
_LARGE = 3.0


class Bipolar(nn.Module):
    """Electrodes (n, 20, t) → pairs (n, 18, t); in training each pair is silent with this probability."""

    def __init__(self, drop: float = 0.0) -> None:
        super().__init__()
        matrix = torch.zeros(len(PAIRS), len(CHANNELS))
        for row, (first, second) in enumerate(PAIRS):
            matrix[row, CHANNELS.index(first)], matrix[row, CHANNELS.index(second)] = 1, -1
        self.register_buffer("matrix", matrix, persistent=False)
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        pairs = torch.matmul(cast(Tensor, self.matrix), x)
        if self.training and self.drop:
            pairs = pairs * (torch.rand(*pairs.shape[:2], 1, device=x.device) >= self.drop)
        return pairs


class Block(nn.Module):
    """Two convolutions over time beside a short cut, (n, c, t) → (n, width, t / stride)."""

    def __init__(self, inputs: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(inputs, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Conv1d(width, width, kernel, 1, kernel // 2, bias=False), nn.BatchNorm1d(width),
        )  # fmt: skip
        same = inputs == width and stride == 1
        self.short: nn.Module = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv1d(inputs, width, 1, stride, bias=False), nn.BatchNorm1d(width))
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.main(x) + self.short(x))


class Recurrent(nn.Module):
    """A GRU both ways over time, (n, c, t) → (n, 2 · units, t)."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.gru = nn.GRU(inputs, units, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.gru(x.transpose(1, 2))[0]).transpose(1, 2)


class AttentionPool(nn.Module):
    """The mean over time (n, c, t) → (n, c), weighted by what is there and by how near to the middle it is."""

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Conv1d(width, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, 1, 1))
        # Raters judged the middle.
        self.near = nn.Parameter(torch.ones(()))

    def reset_parameters(self) -> None:
        """As before anything is learnt, beside what its parts reset."""
        nn.init.ones_(self.near)

    def weights(self, x: Tensor) -> Tensor:
        """How much each moment counts, (n, t), rows sum to 1."""
        place = torch.linspace(-1, 1, x.shape[2], device=x.device) if x.shape[2] > 1 else x.new_zeros(1)
        return torch.softmax(self.score(x)[:, 0].float() - self.near * place**2, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weights(x)[:, None]).sum(2)


class Pooled(nn.Module):
    """Steps over time, and their mean by attention."""

    def __init__(self, steps: nn.Module, width: int) -> None:
        super().__init__()
        self.steps, self.pool, self.width = steps, AttentionPool(width), width

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.pool(self.steps(x)))

    def attention(self, x: Tensor) -> Tensor:
        """How much each moment counts, (n, t)."""
        return self.pool.weights(self.steps(x))


def with_head(body: Pooled, classes: int, dropout: float) -> Net:
    """A body with its class scores."""
    return Net(body, nn.Sequential(nn.Dropout(dropout), nn.Linear(body.width, classes)))


def resnet_gru(
    classes: int, filters: Sequence[int] = (32, 64, 96, 128), kernel: int = 7, units: int = 96,
    dropout: float = 0.3, drop: float = 0.0,
) -> Net:  # fmt: skip
    """Residual stages, each half as long, on 18 pairs, then a GRU and attention over time; input (n, 20, t)."""
    parts: dict[str, nn.Module] = {"pairs": Bipolar(drop)}
    parts["stem"] = nn.Sequential(
        nn.Conv1d(len(PAIRS), filters[0], 15, 2, 7, bias=False), nn.BatchNorm1d(filters[0]), nn.ReLU()
    )
    inputs = filters[0]
    for number, width in enumerate(filters, 1):
        parts[f"stage{number}"] = Block(inputs, width, kernel, 2)
        inputs = width
    parts["gru"] = Recurrent(inputs, units)
    return with_head(Pooled(_chain(parts), 2 * units), classes, dropout)


def _chain(parts: dict[str, nn.Module]) -> nn.Sequential:
    chain = nn.Sequential()
    for name, part in parts.items():
        chain.add_module(name, part)
    return chain


class Quality(nn.Module):
    """How far each pair can be believed, (n, pairs, t) → (n, pairs) from 0 to 1, by how large, fast and flat it is."""

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.judge = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        # Each is believed until something speaks against it.
        nn.init.constant_(cast(nn.Linear, self.judge[2]).bias, 2.0)

    def forward(self, pairs: Tensor) -> Tensor:
        apart = pairs - pairs.mean(2, keepdim=True)
        size = apart.abs().mean(2)
        fast = pairs.diff(dim=2).abs().mean(2) / (size + 1e-3)
        large = (apart.abs() > _LARGE).float().mean(2)
        # The lower median, by a sort: ONNX knows no median.
        usual = size.sort(1).values[:, (size.shape[1] - 1) // 2, None]
        told = torch.stack([torch.log(size + 1e-3), fast, large, torch.log((size + 1e-3) / (usual + 1e-3))], dim=2)
        return torch.sigmoid(self.judge(told)[..., 0])


class Sides(nn.Module):
    """Steps over time that tell left from right by nothing: mirrored input gives the same, (n, 20, t) → (n, c, t').

    One encoder sees every pair, a second one each side with the middle; the sides are joined by their sum, difference
    and product. Pairs count as far as their quality goes.
    """

    def __init__(
        self, first: int = 32, second: int = 64, side: int = 160, joined: int = 192, drop: float = 0.0
    ) -> None:
        super().__init__()
        self.pairs, self.quality = Bipolar(drop), Quality()
        self.each = nn.Sequential(
            nn.Conv1d(1, first, 13, 4, 6, bias=False), nn.BatchNorm1d(first), nn.ReLU(),
            Block(first, first, 7, 2), Block(first, second, 5, 2),
        )  # fmt: skip
        self.side = nn.Sequential(Block(3 * second, side, 5, 2), Block(side, side, 3, 1))
        self.join = nn.Sequential(nn.Conv1d(3 * side, joined, 1, bias=False), nn.BatchNorm1d(joined), nn.ReLU())
        self.last = Block(joined, joined, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        pairs = self.pairs(x)
        sure = self.quality(pairs)
        count, channels, length = pairs.shape
        seen = self.each(pairs.reshape(count * channels, 1, length))
        seen = seen.reshape(count, channels, seen.shape[1], seen.shape[2])
        middle = _mean(seen, sure, MIDDLE)
        left, right = (self.side(torch.cat([*_halves(seen, sure, places), middle], 1)) for places in (LEFT, RIGHT))
        joined = self.join(torch.cat([left + right, (left - right).abs(), left * right], 1))
        return cast(Tensor, self.last(joined))


def _halves(seen: Tensor, sure: Tensor, places: Sequence[int]) -> list[Tensor]:
    """The lateral and the parasagittal chain of a side."""
    return [_mean(seen, sure, places[:4]), _mean(seen, sure, places[4:])]


def _mean(seen: Tensor, sure: Tensor, places: Sequence[int]) -> Tensor:
    """What pairs show on the mean, as far as each can be believed, (n, c, t)."""
    weights = sure[:, list(places)]
    total = torch.einsum("npct,np->nct", seen[:, list(places)], weights)
    return total / weights.sum(1).clamp_min(1e-3)[:, None, None]


def symmetric(classes: int, dropout: float = 0.3, drop: float = 0.0, **sizes: int) -> Net:
    """A small network that sees both sides alike; input (n, 20, t)."""
    steps = Sides(drop=drop, **sizes)
    return with_head(Pooled(steps, cast(Any, steps.join[0]).out_channels), classes, dropout)


class Columns(nn.Module):
    """A backbone on pictures (n, 3, h, w) of bytes, read as steps over time (n, c, w'); without a map there is one."""

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, x: Tensor) -> Tensor:
        levels = (x.float() / 255 - 0.4) / 0.2
        # Strides of the input are kept by convolutions: on a processor channels come last.
        levels = levels.contiguous(memory_format=torch.channels_last)
        features = getattr(self.trunk, "features", None)
        if features is None:
            return cast(Tensor, self.trunk(levels))[..., None]
        return cast(Tensor, features(levels)).mean(2)


def spectral(trunk: nn.Module, width: int, classes: int, dropout: float = 0.3) -> Net:
    """A backbone with attention over the columns of its pictures."""
    return with_head(Pooled(Columns(trunk), width), classes, dropout)
