"""Two networks on one window, joined by attention: how much each is listened to depends on what it says.

Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from models.learn.nets import Net

#: Branches in their order: the signal, and its spectrograms.
BRANCHES = ("eeg", "spectrogram")
_NOTHING = -1e4


class Fusion(nn.Module):
    """Vectors and class scores of both branches in one row (n, d₁ + d₂ + 2k + 2) → class scores (n, k).

    The last two tell which branches there are. Scores are the mean of those of the branches by attention, and what
    the joined vectors add. mean: how much each branch counts before anything is learnt. temperatures: by which the
    scores of each are softened.
    """

    def __init__(
        self, widths: Sequence[int], classes: int, hidden: int = 64, dropout: float = 0.3,
        mean: Sequence[float] = (0.5, 0.5), temperatures: Sequence[float] = (1.0, 1.0),
    ) -> None:  # fmt: skip
        super().__init__()
        self.widths, self.classes, self.width = list(widths), classes, hidden
        self.views = nn.ModuleList(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden)) for width in widths)
        self.ask = nn.Sequential(nn.Tanh(), nn.Linear(hidden, 1))
        self.add = nn.Sequential(nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, classes))
        self.register_buffer("before", torch.log(torch.tensor(mean).clamp_min(1e-3)))
        self.register_buffer("temperatures", torch.tensor(temperatures))
        # It begins as the plain mean: nothing that it has not learnt makes it worse.
        for part in (self.ask[1], self.add[2]):
            nn.init.zeros_(cast(nn.Linear, part).weight)
            nn.init.zeros_(cast(nn.Linear, part).bias)

    def _split(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
        parts = torch.split(x, [*self.widths, self.classes, self.classes, len(BRANCHES)], dim=1)
        return list(parts[:2]), list(parts[2:4]), parts[4]

    def weights(self, x: Tensor) -> Tensor:
        """How much each branch counts, (n, 2), rows sum to 1; one that is not there does not count."""
        vectors, _, there = self._split(x)
        asked = torch.cat([self.ask(view(one)) for view, one in zip(self.views, vectors, strict=True)], 1)
        return torch.softmax(asked.float() + cast(Tensor, self.before) + _NOTHING * (1 - there), 1)

    def body(self, x: Tensor) -> Tensor:
        """The joined vectors, (n, hidden)."""
        vectors, _, _ = self._split(x)
        weights = self.weights(x)
        views = [view(one) for view, one in zip(self.views, vectors, strict=True)]
        return cast(Tensor, sum(weights[:, [place]] * one for place, one in enumerate(views)))

    def forward(self, x: Tensor) -> Tensor:
        _, scores, _ = self._split(x)
        weights = self.weights(x)
        soft = cast(Tensor, self.temperatures)
        mean = sum(weights[:, [place]] * one / soft[place] for place, one in enumerate(scores))
        return cast(Tensor, mean + self.add(self.body(x)))


class Ensemble(nn.Module):
    """Both branches and their fusion on windows and pictures laid in one row, (n, 20 · t + 3 · side · side)."""

    def __init__(self, eeg: Net, spectrogram: Net, fusion: Fusion, shapes: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.eeg, self.spectrogram, self.fusion = eeg, spectrogram, fusion
        self.shapes = [tuple(shape) for shape in shapes]

    def parts(self, x: Tensor) -> list[Tensor]:
        """The windows and the pictures."""
        sizes = [int(torch.Size(shape).numel()) for shape in self.shapes]
        found = torch.split(x, sizes, dim=1)
        return [part.reshape(-1, *shape) for part, shape in zip(found, self.shapes, strict=True)]

    def told(self, windows: Tensor, pictures: Tensor) -> Tensor:
        """What both branches say, as the fusion takes it."""
        seen = [self.eeg.body(windows), self.spectrogram.body(pictures)]
        scores = [self.eeg.head(seen[0]), self.spectrogram.head(seen[1])]
        there = [part.abs().flatten(1).amax(1, keepdim=True) > 0 for part in (windows, pictures)]
        return torch.cat([*(part.float() for part in (*seen, *scores)), *(part.float() for part in there)], 1)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.fusion(self.told(*self.parts(x))))
