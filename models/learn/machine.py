"""What a machine computes with: a GPU, and threads: elsewhere as many as here, so that sums add up in one order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What a person, or who sends a piece of work elsewhere, says of it; empty for all cores but one.
VARIABLE = "WINNOW_THREADS"
_POOLS = {"blas": "OPENBLAS_NUM_THREADS", "openmp": "OMP_NUM_THREADS"}


@dataclass(frozen=True)
class Threads:
    """Threads of a training loop, of linear algebra and of OpenMP."""

    loop: int
    blas: int
    openmp: int


def usual() -> int:
    """Threads of a training loop: as the variable says, else all cores but one, which the window keeps."""
    told = os.environ.get(VARIABLE, "")
    return int(told) if told.isdigit() and int(told) else max(1, (os.cpu_count() or 2) - 1)


def here() -> Threads:
    """What this process computes with."""
    from threadpoolctl import threadpool_info

    found = {pool["user_api"]: int(pool["num_threads"]) for pool in threadpool_info()}
    return Threads(usual(), *(found.get(name) or _told(variable) for name, variable in _POOLS.items()))


def _told(variable: str) -> int:
    told = os.environ.get(variable, "")
    return int(told) if told.isdigit() and int(told) else os.cpu_count() or 1


@contextmanager
def computing(threads: Threads) -> Iterator[None]:
    """Within the block this process computes with as many, in libraries that are loaded later too."""
    from threadpoolctl import threadpool_limits

    said = {VARIABLE: threads.loop, _POOLS["blas"]: threads.blas, _POOLS["openmp"]: threads.openmp}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update({name: str(value) for name, value in said.items()})
    try:
        with threadpool_limits({"blas": threads.blas, "openmp": threads.openmp}):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def has_driver() -> bool:
    """Whether there may be a GPU: told without a library that takes long to load."""
    return Path("/dev/nvidia0").exists() or Path("/proc/driver/nvidia").exists() or os.name == "nt"


def has_gpu() -> bool:
    """Whether torch computes on a GPU here."""
    if not has_driver():
        return False
    import torch

    return bool(torch.cuda.is_available())
