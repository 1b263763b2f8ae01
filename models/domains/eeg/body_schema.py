"""The form of a request of the prediction service, as its document tells it."""

from __future__ import annotations

from typing import Any

from models.domains.eeg.constants import BINS, CHANNELS, COLUMNS, RATE, REGIONS, WINDOW

FIELDS = ("eeg_data", "names", "rate", "spectrogram_data", "options")
#: Samples a second that are taken, and channels.
SLOWEST, FINEST, MOST_CHANNELS = 50, 4000, 256
#: What some clients send in place of four regions: a picture of channels, rows, columns.
PICTURE = (3, 224, 224)

_NUMBER = {"type": ["number", "null"]}


def _rows(least: int, most: int, rows: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "maxItems": most, "items": rows}


def _grid(planes: int, rows: int, columns: int) -> dict[str, Any]:
    return _rows(planes, planes, _rows(rows, rows, _rows(columns, columns, _NUMBER)))


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["eeg_data"]}, {"required": ["spectrogram_data"]}],
    "properties": {
        "eeg_data": {
            **_rows(1, MOST_CHANNELS, _rows(1, WINDOW * FINEST, _NUMBER)),
            "description": f"{WINDOW} s of EEG in µV, a list a channel; without names {len(CHANNELS) - 1} or "
            f"{len(CHANNELS)} channels in the order {' '.join(CHANNELS)}; null and NaN are missing values. "
            f"Without rate each has {WINDOW * RATE} values.",
        },
        "names": {
            **_rows(1, MOST_CHANNELS, {"type": "string", "maxLength": 100}),
            "description": "What the channels are called, in any clinical spelling and order.",
        },
        "rate": {
            "type": "number", "minimum": SLOWEST, "maximum": FINEST, "default": RATE,
            "description": "Samples a second; other rates are resampled.",
        },
        "spectrogram_data": {
            "oneOf": [_grid(len(REGIONS), BINS, COLUMNS), _grid(*PICTURE)],
            "description": f"Power in µV²/Hz of the ten minutes around, {' '.join(REGIONS)} × {BINS} bins × {COLUMNS} "
            "columns; or a picture of 3 × 224 × 224 of its logarithm.",
        },
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "keep": {"type": "boolean", "description": "Whether it may be kept where the service keeps requests."},
                "id": {"type": "string", "maxLength": 200, "description": "Comes back with the answer."},
                "patient": {
                    "type": "string", "maxLength": 200,
                    "description": "Whose window it is; where it is kept this is hashed before it is written.",
                },
            },
        },
    },
}  # fmt: skip


def example() -> dict[str, Any]:
    """The least that any run can answer: a window without a signal."""
    return {"eeg_data": [[0.0] * (WINDOW * RATE)] * (len(CHANNELS) - 1)}
