"""Which moments of a trace a decision rests on: occlusion for any model, gradients for networks.

A gradient explanation is checked by randomised weights (Adebayo et al., "Sanity checks for saliency
maps", 2018): an explanation that survives them says nothing about the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.domains.traces.staging import Staged
from models.learn.explain import check

if TYPE_CHECKING:
    from torch import nn

Floats = npt.NDArray[np.float32]
#: How many windows cover a trace: narrow ones for sharpness, wide ones for what narrow ones leave visible.
WINDOWS = (40, 10)
#: Rows occluded in one go.
ROWS = 32
#: Noisy copies whose gradients are averaged (SmoothGrad).
COPIES = 8


def occlude(score: Callable[[Staged], Floats], staged: Staged, windows: tuple[int, ...] = WINDOWS) -> Floats:
    """Fall of the chosen class's probability when a window of time is bridged by a line, (n, length).

    Windows overlap by half; each moment gets the mean of its windows. Positive: the moment speaks
    for the prediction.
    """
    if not len(staged):
        return np.zeros((0, staged.length), np.float32)
    whole = score(staged)
    chosen = whole.argmax(1)
    rows = np.arange(len(staged))
    relevance = np.zeros((len(staged), staged.length))
    times = np.zeros(staged.length)
    for start, stop in (span for count in windows for span in spans(staged.length, count)):
        covered = score(replace(staged, values=bridge(staged, start, stop)))
        relevance[:, start:stop] += (whole[rows, chosen] - covered[rows, chosen])[:, None]
        times[start:stop] += 1
    relevance /= np.maximum(times, 1)
    return np.where(staged.mask(), relevance, 0).astype(np.float32)


def spans(length: int, windows: int) -> list[tuple[int, int]]:
    """Windows of equal width that overlap by half and cover the length."""
    width = max(2, -(-2 * length // (windows + 1)))
    starts = range(0, max(length - width // 2, 1), max(width // 2, 1))
    return [(start, min(start + width, length)) for start in starts]


def bridge(staged: Staged, start: int, stop: int) -> Floats:
    """The traces with [start, stop) replaced by a line between their medians left and right of it."""
    values = np.array(staged.values, np.float32)
    width = max((stop - start) // 2, 1)
    before, after = values[:, max(start - width, 0) : start], values[:, stop : stop + width]
    left = np.median(before if before.shape[1] else after, axis=1)
    right = np.median(after if after.shape[1] else before, axis=1)
    if before.shape[1] or after.shape[1]:
        share = np.linspace(0, 1, stop - start, dtype=np.float32)
        values[:, start:stop] = left[:, None] * (1 - share) + right[:, None] * share
    values[~staged.mask()] = 0
    return values


def gradient(net: nn.Module, x: Floats, device: str = "cpu", copies: int = COPIES, spread: float = 0.1) -> Floats:
    """Mean absolute gradient of the chosen class's score over noisy copies of the input, (n, length).

    Each row is scaled to a maximum of 1. The noise is the same at each call.
    """
    import torch

    net = net.to(device).eval()
    parts: list[Floats] = []
    for start in range(0, len(x), ROWS):
        batch = torch.from_numpy(np.array(x[start : start + ROWS])).to(device)
        with torch.no_grad():
            chosen = net(batch).argmax(1)
        total = torch.zeros_like(batch)
        source = torch.Generator().manual_seed(0)
        for _ in range(copies):
            noise = torch.randn(batch.shape[1:], generator=source).to(device)
            probe = (batch + spread * noise).requires_grad_(True)
            scores = net(probe).gather(1, chosen[:, None]).sum()
            total += torch.autograd.grad(scores, probe)[0].abs()
        parts.append(total.mean(1).float().cpu().numpy())
    if not parts:
        return np.zeros((0, x.shape[-1]), np.float32)
    relevance = np.concatenate(parts)
    return np.asarray(relevance / (relevance.max(1, keepdims=True) + 1e-12), np.float32)


def randomised_check(net: nn.Module, x: Floats, device: str = "cpu", draws: int = 3) -> dict[str, float]:
    """Compare the gradient saliency with that of the same network with random weights: similarity and passed."""
    from models.learn.nets import shuffled

    return check(gradient(net, x, device), (gradient(shuffled(net, draw), x, device) for draw in range(draws)))
