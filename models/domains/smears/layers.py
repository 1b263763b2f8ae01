"""A decoded image with its halved copies, so that any region at any scale is cheap."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def reduced(pixels: Pixels, scale: int) -> Pixels:
    """The image at 1/scale, ⌈extent / scale⌉, each pixel the mean of those that it stands for."""
    if scale == 1 or not pixels.size:
        return pixels
    from PIL import Image

    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(scale))


def clipped(left: int, top: int, right: int, bottom: int, width: int, height: int) -> tuple[int, int, int, int]:
    """A region without what lies outside the image; empty ones have no extent."""
    left, top = min(max(int(left), 0), width), min(max(int(top), 0), height)
    return left, top, min(max(int(right), left), width), min(max(int(bottom), top), height)


class LayeredImage:
    """A PictureReader over pixels in memory, (h, w, 3). Halved copies are made when they are first asked for."""

    def __init__(self, pixels: Pixels) -> None:
        self.layers = [pixels]
        self.lock = threading.Lock()

    @property
    def width(self) -> int:
        return int(self.layers[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.layers[0].shape[0])

    @property
    def weight(self) -> int:
        """Bytes that it takes, with the copies."""
        return sum(layer.nbytes for layer in self.layers)

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> Pixels:
        left, top, right, bottom = clipped(left, top, right, bottom, self.width, self.height)
        whole = self.layers[0]
        # Off the grid of the copies a mean is taken of the pixels themselves.
        if scale == 1 or left % scale or top % scale:
            return reduced(whole[top:bottom, left:right], scale)
        inside = right < self.width and right % scale, bottom < self.height and bottom % scale
        if any(inside):
            return reduced(whole[top:bottom, left:right], scale)
        layer = self._layer(scale)
        return layer[top // scale : -(-bottom // scale), left // scale : -(-right // scale)]

    def _layer(self, scale: int) -> Pixels:
        wanted = scale.bit_length() - 1
        with self.lock:
            while len(self.layers) <= wanted:
                self.layers.append(reduced(self.layers[-1], 2))
            return self.layers[wanted]
