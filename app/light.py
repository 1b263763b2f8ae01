"""What the window's process does without, and what it spares Qt, so that it starts soon."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import Any


def spare_sources() -> None:
    """Load Qt, and spare it reading the source of each module that is loaded after it (40 ms at the start).

    PySide6 looks there whether a module might want its methods under other names (``from __feature__ import …``), which
    none here does. No effect where another PySide6 asks in another way.
    """
    import PySide6.QtCore  # noqa: F401

    features: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(features, "_mod_uses_pyside"):
        features._mod_uses_pyside = _names_no_feature


def _names_no_feature(_module: object) -> bool:
    return False


class _Absent:
    """An import hook that says there is no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out here", name=name)
        return None


def spare_pandas() -> None:
    """Let pyarrow's one search for pandas (0.3 s) fail, so that it never loads it by itself in this process.

    Only its guess is spared: `Table.to_pandas` and `import pandas` work as ever. No effect where
    pandas is loaded already.
    """
    import numpy as np
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    hook = _Absent()
    sys.meta_path.insert(0, hook)
    try:
        # Two searches: one for sequences, one (in C++) for numpy arrays of objects.
        pa.array([], pa.null())
        pa.array(np.array(["", None], object))
    finally:
        sys.meta_path.remove(hook)
