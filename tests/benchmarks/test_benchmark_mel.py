"""Peers of the mel benchmark are measured in a Python that has them, and else it is said that none has."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import mel

FAKE = """
import numpy as np
__version__ = "9.9"
class feature:
    @staticmethod
    def melspectrogram(y, sr, n_fft, hop_length, n_mels):
        return np.full((n_mels, 1 + len(y) // hop_length), 2.0, np.float32)
"""


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    np.save(tmp_path / "samples.npy", np.zeros(mel.RATE, np.float32))
    return tmp_path / "samples.npy"


def test_a_peer_is_run_where_it_is_and_its_numbers_are_compared(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "librosa.py").write_text(FAKE, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = np.full((128, 63), 1.0, np.float32)
    told = mel.against("librosa", samples, 0.5, found, "mel", "a note")
    assert told["ours"] == 500
    assert told["peer"] is not None
    assert told["note"] == "librosa 9.9, its first call made before; 5.0e-01 apart; a note"


def test_a_peer_that_is_nowhere_or_does_not_load_is_told(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mel, "pythons", lambda: [sys.executable])
    (tmp_path / "torchaudio.py").write_text("raise OSError('built for another torch')\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told, why = mel.by_peer("torchaudio", samples, tmp_path / "found.npy")
    assert told is None
    assert "does not work there (OSError: built for another torch)" in why
    (tmp_path / "librosa.py").write_text("raise ModuleNotFoundError(\"No module named 'librosa'\")\n", "utf-8")
    told, why = mel.by_peer("librosa", samples, tmp_path / "found.npy")
    assert told is None
    assert why == "librosa is not installed; WINNOW_MEL_PEERS names a Python that has it"
    row = mel.against("librosa", samples, 0.5, np.zeros((128, 63), np.float32), "mel", "a note")
    assert (row["peer"], row["ratio"]) == (None, None)


def test_the_pythons_that_a_person_names_come_after_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mel.VARIABLE, raising=False)
    assert mel.pythons() == [sys.executable]
    monkeypatch.setenv(mel.VARIABLE, "/a/python:/b/python" if sys.platform != "win32" else "/a/python;/b/python")
    assert mel.pythons() == [sys.executable, "/a/python", "/b/python"]
