"""The ensemble listens to both branches, or to the one that has something to look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.domain import Setting
from models.domains.eeg.fusion import Fusion
from models.domains.eeg.recipes import attention_ensemble
from models.domains.eeg.signals import no_signals, read_signals
from models.job import finish
from models.store.project import Project
from tests.eeg.test_eeg_networks import lesson, project  # noqa: F401  (a fixture)

RECIPE = attention_ensemble.ATTENTION_ENSEMBLE


def told(first: float, second: float) -> torch.Tensor:
    """Two branches of three numbers, that are sure of the first and of the second of two classes."""
    return torch.tensor([[1.0, 2, 3, 3, 2, 1, 4, 0, 0, 4, first, second]])


def test_a_fusion_begins_as_the_mean_and_passes_over_what_is_not_there() -> None:
    fusion = Fusion((3, 3), 2, hidden=4, mean=(0.25, 0.75)).eval()
    torch.testing.assert_close(fusion.weights(told(1, 1)), torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(fusion(told(1, 1)), torch.tensor([[1.0, 3.0]]))
    torch.testing.assert_close(fusion(told(1, 0)), torch.tensor([[4.0, 0.0]]))
    torch.testing.assert_close(fusion(told(0, 1)), torch.tensor([[0.0, 4.0]]))


@pytest.mark.parametrize("branches", ["frozen", "learn"])
def test_branches_are_weighed_for_each_window(branches: str, project: Path, tmp_path: Path) -> None:  # noqa: F811
    with Project.open(project) as opened:
        task = lesson(opened, RECIPE, tmp_path / "work", branches=branches)
        model = finish(RECIPE.fit(task))
        some, setting = opened.samples.take(task.val), Setting("cpu", opened.cache)
        weights = attention_ensemble.branch_weights(model, some, setting)
        assert weights.shape == (len(some), 2)
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
        signals = read_signals(some, np.arange(len(some)), RECIPE.takes)
        bare = no_signals(len(some))
        assert RECIPE.judge is not None
        for half in (replace(bare, eeg=signals.eeg), replace(bare, regions=signals.regions)):
            p = RECIPE.judge(model, half, setting).probabilities
            np.testing.assert_allclose(p.sum(1), 1, atol=1e-4)
