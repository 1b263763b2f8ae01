"""The formats that EEG is written in."""

from __future__ import annotations

from functools import partial

from models.domain import Export
from models.lazy import lazy

_own = partial(lazy, "models.domains.eeg")

EXPORTS = (
    Export("hms", "Votes in the layout of HMS's train.csv", ".csv", _own("hms_table.write_table")),
    Export(
        "submission",
        "Shares of the six classes, as Kaggle takes them",
        ".csv",
        _own("hms_table.write_submission"),
        of_run=True,
    ),
)
