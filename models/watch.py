"""What a domain declares where its samples are windows of recordings that are watched over: a dashboard, alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.course import Course
from models.sample import Samples


@dataclass(frozen=True)
class Watch:
    """How samples lie along recordings, and what is watched for in them.

    target: the class whose episodes are listed. rest: the one of all that is none of the others, "" for none.
    courses(samples) gives the recordings with the windows of each, in order of groups; of samples that stand alone
    there are none. distances(model, vectors) tells how far windows (n, d) lie from what a model learnt from, where 1 is
    usual, and from where on that is far; None where it is not known.
    """

    target: str
    courses: Callable[[Samples], Sequence[Course]]
    distances: Callable[[Any, npt.NDArray[np.float32]], tuple[npt.NDArray[np.float32], float] | None] | None = None
    rest: str = ""
