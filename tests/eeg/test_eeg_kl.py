"""The divergence of real predictions from real votes, to the digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.domains.eeg.constants import CLASSES
from models.learn.divergence import divergences, score_votes

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "eeg" / "hms"
TABLE = REAL / "oof_predictions_7th_place_convnext.csv"


@pytest.mark.skipif(not TABLE.is_file(), reason="no shared data here")
def test_a_known_model_has_its_known_divergence() -> None:
    table = pd.read_csv(TABLE)
    votes = table[[f"{name}_vote" for name in CLASSES]].to_numpy()
    predicted = table[[f"{name}_vote_prediction" for name in CLASSES]].to_numpy()
    assert len(table) == 21490
    assert round(float(divergences(votes, predicted).mean()), 5) == 0.51460
    told = score_votes(votes, predicted, table["eeg_id"])
    assert told["kl"] == pytest.approx(0.51460, abs=1e-5)
    low, high = told["interval"]
    assert 0.49 < low < 0.51460 < high < 0.54
    uniform = np.full_like(predicted, 1 / 6)
    assert float(divergences(votes, uniform).mean()) == pytest.approx(told["uniform"])
