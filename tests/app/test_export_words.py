"""What is told once something was exported: what it was, and about which file a note is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.ask import _exported


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"written": 240}, "Exported 240 samples to out"),
        ({"written": 1, "of": "report"}, "Exported 1 report to out"),
        (
            {"written": 2, "notes": [{"source": "/a/b/night.edf", "where": "", "text": "3 values are 0"}]},
            "Exported 2 samples to out. night.edf: 3 values are 0",
        ),
        (
            {"written": 1, "of": "network", "notes": [{"source": "", "where": "", "text": "compared with torch"}]},
            "Exported 1 network to out. Compared with torch",
        ),
    ],
)
def test_the_notice_of_an_export(result: dict[str, object], words: str) -> None:
    told: list[str] = []
    window = SimpleNamespace(notify=lambda note: told.append(note.text))
    _exported(window, Path("/x/out"), result)  # type: ignore[arg-type]
    assert told == [words]
