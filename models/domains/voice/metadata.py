"""What is known of a recording without hearing it: who speaks, how it was recorded; for a model that may not listen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.domains.voice.mapping import is_clinical, is_described
from models.domains.voice.places import texts_of
from models.sample import Samples

Floats = npt.NDArray[np.float32]
#: How something was recorded, as its file says: what a class must not be told by.
RECORDED = ("rate", "channels", "coding", "seconds")
#: A text column of more different values than this names samples rather than kinds.
KINDS = 30


def metadata(samples: Samples) -> Floats:
    """Numbers and kinds of each sample, (n, d): age, sex, site, microphone and the like, a column for each kind."""
    columns = [column for name in names_of(samples) for column in _numbers(samples, name)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(samples), 1), np.float32)


def names_of(samples: Samples) -> list[str]:
    """The columns that tell of a speaker or a recording and are not measured on the voice, nor on the disease."""
    return [name for name in samples.names if name in RECORDED or (is_described(name) and not is_clinical(name))]


def _numbers(samples: Samples, name: str) -> list[Floats]:
    values = samples.column(name)
    if values.dtype == object:
        words = np.array(texts_of(samples, name))
        kinds = np.unique(words)
        return [(words == kind).astype(np.float32) for kind in kinds] if 1 < len(kinds) <= KINDS else []
    numbers = values.astype(np.float32)
    known = np.isfinite(numbers)
    if not known.any() or len(np.unique(numbers[known])) < 2:
        return []
    return [np.where(known, numbers, np.median(numbers[known])).astype(np.float32)]
