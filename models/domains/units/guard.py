"""What spikeinterface may make of a folder that comes from elsewhere: arrays, its own classes, nothing that runs.

It opens pickles and makes objects of the classes that a description names. Here a pickle may hold arrays and the
components that spikeinterface itself keeps with an analyzer, and a description only classes of spikeinterface.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import threading
from collections.abc import Iterator
from typing import Any

_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
#: All that a pickle may make, by module and name.
ALLOWED = frozenset(
    [
        ("builtins", "set"),
        ("builtins", "slice"),
        ("collections", "OrderedDict"),
        ("_codecs", "encode"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.core.numeric", "_frombuffer"),
        *((module, name) for module in _ARRAYS for name in ("_reconstruct", "scalar")),
        ("sklearn.decomposition._pca", "PCA"),
        ("sklearn.decomposition._incremental_pca", "IncrementalPCA"),
    ]
)
_OWN = "spikeinterface."
_TURN = threading.RLock()


class _Plain(pickle.Unpickler):
    """Reads pickles of arrays; anything else is refused before it is made."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function of this name. UnpicklingError for one that is not allowed."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not trusted: a pickle from elsewhere may run anything")
        return super().find_class(module, name)


def _load(file: Any, **_options: Any) -> Any:
    return _Plain(file).load()


def _loads(data: Any, /, **_options: Any) -> Any:
    return _Plain(io.BytesIO(data)).load()


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """While spikeinterface reads a folder: what is not allowed raises in its place, and counts as not there."""
    from spikeinterface.core import base

    make = base._get_class_from_string

    def own_class(told: str) -> Any:
        if not str(told).startswith(_OWN):
            raise ValueError(f"{told} is no class of spikeinterface")
        return make(told)

    with _TURN, contextlib.ExitStack() as stack:
        for place, name, put in (
            (pickle, "load", _load),
            (pickle, "loads", _loads),
            (base, "_get_class_from_string", own_class),
        ):
            stack.callback(setattr, place, name, getattr(place, name))
            setattr(place, name, put)
        yield
