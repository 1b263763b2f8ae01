"""The formats that EEG is written in."""

from __future__ import annotations

from functools import partial

from models.domain import Export
from models.domains.eeg.options import EXPORT_KEYS, ONNX_KEYS, SUBMISSION_KEYS
from models.lazy import lazy

_own = partial(lazy, "models.domains.eeg")

EXPORTS = (
    Export("edf", "Recordings as EDF+ with their annotations", "", _own("edf_file.export"), keys=EXPORT_KEYS),
    Export("bids", "BIDS tree: recordings with tables of events", "", _own("bids_tree.export"), keys=EXPORT_KEYS),
    Export("hms", "Votes in the layout of HMS's train.csv", ".csv", _own("hms_table.write_table")),
    Export(
        "submission",
        "Shares of the six classes, as Kaggle takes them",
        ".csv",
        _own("hms_table.write_submission"),
        of_run=True,
        keys=SUBMISSION_KEYS,
    ),
    Export(
        "onnx",
        "ONNX of a run's network (extra: onnx)",
        ".onnx",
        _own("onnx_model.export"),
        needs="onnx",
        of_run=True,
        keys=ONNX_KEYS,
    ),
)
