"""Random convolutions with fixed kernels and shares above quantile biases.

After Dempster, Schmidt & Webb, "MiniRocket" (KDD 2021): 84 kernels of length 9 with six weights −1
and three +2, on the raw trace, zero-padded; own implementation.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces.staging import Staged
from models.job import Progress

Floats = npt.NDArray[np.float32]
#: Positions of the three weights +2 in each of the 84 kernels.
TRIPLES = np.array(list(combinations(range(9), 3)))
BIASES = 5
#: Rows convolved at once: small enough that all nine shifted copies stay in the processor's cache.
ROWS = 16


def dilations(length: int, most: int = 12) -> npt.NDArray[np.int64]:
    """Dilations from 1 to what a kernel of nine can span in the trace, evenly in the logarithm."""
    top = max((length - 1) / 8, 1.0)
    return np.unique(np.floor(2 ** np.linspace(0, np.log2(top), most)).astype(np.int64))


def draw_biases(values: Floats, lengths: npt.NDArray[np.int64], seed: int) -> Floats:
    """Biases (dilations, kernels, 5): quantiles of each kernel's output on one random training trace."""
    rng = np.random.default_rng(seed)
    count, length = values.shape
    steps = dilations(length)
    biases = np.zeros((len(steps), len(TRIPLES), BIASES), np.float32)
    golden = 0.6180339887
    for i, step in enumerate(steps):
        for k, row in enumerate(rng.integers(0, count, len(TRIPLES))):
            valid = int(max(lengths[row], 1))
            output = _outputs(values[row : row + 1, :valid], int(step), k)[0]
            shares = (golden * np.arange(1, BIASES + 1) + 0.31 * (i * len(TRIPLES) + k)) % 1.0
            biases[i, k] = np.quantile(output, shares)
    return biases


def _shifts(x: Floats, step: int) -> Floats:
    """The nine shifted copies of zero-padded traces, (9, n, length)."""
    count, length = x.shape
    padded = np.zeros((count, length + 8 * step), np.float32)
    padded[:, 4 * step : 4 * step + length] = x
    return np.stack([padded[:, j * step : j * step + length] for j in range(9)])


def _outputs(x: Floats, step: int, kernel: int) -> Floats:
    shifts = _shifts(x, step)
    return np.asarray(3 * shifts[TRIPLES[kernel]].sum(0) - shifts.sum(0), np.float32)


def transform(staged: Staged, biases: Floats, device: str = "cpu") -> Generator[Progress, None, Floats]:
    """Share of the valid time at which each kernel's output is above each bias, (n, features) float32."""
    if device.startswith("cuda"):
        return (yield from _transform_torch(staged, biases, device))
    count = len(staged)
    features = np.empty((count, biases.size), np.float32)
    for start in range(0, count, ROWS):
        part = slice(start, start + ROWS)
        features[part] = _transform_rows(np.asarray(staged.values[part]), staged.lengths[part], biases)
        if start % (8 * ROWS) == 0:
            yield Progress(start, count, "Random convolutions")
    return features


def _transform_rows(x: Floats, lengths: npt.NDArray[np.int64], biases: Floats) -> Floats:
    count, length = x.shape
    features = np.empty((count, *biases.shape), np.float32)
    padded = not bool((lengths == length).all())
    outside = np.arange(length)[None, :] >= lengths[:, None]
    output, above = np.empty((count, length), np.float32), np.zeros((count, _eights(length)), np.bool_)
    for i, step in enumerate(dilations(length)):
        shifts = _shifts(x, int(step))
        base = shifts.sum(0) / 3
        for k, (a, b, c) in enumerate(TRIPLES):
            np.add(shifts[a], shifts[b], out=output)
            output += shifts[c]
            output -= base
            if padded:
                output[outside] = -np.inf
            for q in range(BIASES):
                np.greater(output, biases[i, k, q] / 3, out=above[:, :length])
                features[:, i, k, q] = _count(above)
    features /= np.maximum(lengths, 1)[:, None, None, None]
    return features.reshape(count, -1)


def _eights(length: int) -> int:
    return -(-length // 8) * 8


def _count(flags: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """True values of each row; eight at a time, since numpy sums bytes one by one."""
    words = flags.view(np.uint64)
    total = np.zeros(len(flags), np.int64)
    for start in range(0, words.shape[1], 255):
        lanes = words[:, start : start + 255].sum(1)
        total += lanes.view(np.uint8).reshape(-1, 8).sum(1, dtype=np.int64)
    return total


def _transform_torch(staged: Staged, biases: Floats, device: str) -> Generator[Progress, None, Floats]:
    """The same on a GPU: a grouped convolution for each dilation."""
    import torch

    length = staged.length
    kernels = np.full((len(TRIPLES), 1, 9), -1.0, np.float32)
    np.put_along_axis(kernels[:, 0], TRIPLES, 2.0, axis=1)
    weight, edges = torch.from_numpy(kernels).to(device), torch.from_numpy(biases).to(device)
    parts: list[Floats] = []
    for start in range(0, len(staged), 64):
        part = slice(start, start + 64)
        x = torch.from_numpy(np.array(staged.values[part])).to(device)[:, None]
        sizes = torch.from_numpy(np.maximum(staged.lengths[part], 1)).to(device)
        valid = (torch.arange(length, device=device)[None] < sizes[:, None])[:, None]
        rows = []
        for i, step in enumerate(dilations(length)):
            out = torch.nn.functional.conv1d(x, weight, padding=4 * int(step), dilation=int(step))
            shares = [((out > edges[i, :, q, None]) & valid).sum(-1) / sizes[:, None] for q in range(BIASES)]
            rows.append(torch.stack(shares, -1))
        parts.append(torch.stack(rows, 1).flatten(1).float().cpu().numpy())
        yield Progress(start, len(staged), "Random convolutions")
    return np.concatenate(parts) if parts else np.zeros((0, biases.size), np.float32)
