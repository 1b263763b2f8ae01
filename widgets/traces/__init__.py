"""The viewer of traces and the stacked traces by ring."""

from __future__ import annotations

import sys


def _load_plots() -> None:
    """Load pyqtgraph without CUDA, which it looks for to stream video and which takes 40 ms to be found."""
    if "pyqtgraph" in sys.modules or "cuda.bindings" in sys.modules:
        return
    sys.modules["cuda.bindings"] = None  # type: ignore[assignment]
    try:
        import pyqtgraph  # noqa: F401
    finally:
        del sys.modules["cuda.bindings"]


_load_plots()
