"""A recipe judges signals that are no samples as it predicts samples, and tells how far they are from what it knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from models.domain import Setting
from models.domains import domain
from models.domains.eeg.familiar import distances
from models.domains.eeg.recipes import features
from models.domains.eeg.signals import Signals, no_signals, read_signals
from models.orders.fitting import load_model
from models.store.project import Project


def test_signals_are_judged_as_samples_are_predicted(study: Path) -> None:
    with Project.open(study) as project:
        fitted, _ = load_model(domain("eeg"), project.runs.get("last").path)
        some, setting = project.samples.take(np.arange(6)), Setting("cpu", project.cache)
        recipe = fitted.recipe
        assert recipe.judge is not None
        assert recipe.embed is not None
        judged = recipe.judge(fitted.model, read_signals(some, np.arange(6), recipe.takes), setting)
        np.testing.assert_allclose(judged.probabilities, recipe.predict(fitted.model, some, setting), atol=1e-6)
        np.testing.assert_allclose(judged.vectors, recipe.embed(fitted.model, some, setting), atol=1e-6)


def test_what_no_brain_makes_is_far_from_what_is_known(study: Path) -> None:
    with Project.open(study) as project:
        fitted, _ = load_model(domain("eeg"), project.runs.get("last").path)
        setting = Setting("cpu", project.cache)
        usual = read_signals(project.samples, np.arange(12), ("eeg",))
        strange = no_signals(2)
        strange.eeg[0] = np.random.default_rng(0).normal(0, 400, strange.eeg[0].shape)
        strange.eeg[1] = 3000 * np.sign(np.sin(np.arange(10_000) * 2.4))

        def away(signals: Signals) -> tuple[np.ndarray, float]:
            assert fitted.recipe.judge is not None
            found = distances(fitted.model, fitted.recipe.judge(fitted.model, signals, setting).vectors)
            assert found is not None
            return found

        known, far = away(usual)
        assert np.median(known) == pytest.approx(1, abs=0.5)
        assert (known < far).mean() > 0.9
        assert (away(strange)[0] > far).all()


def test_some_windows_are_judged_in_one_thread(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    answers = features._answers

    def told(*given: object) -> object:
        seen.extend(one["num_threads"] for one in threadpool_info())
        return answers(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(features, "_answers", told)
    with Project.open(study) as project, threadpool_limits(2):
        fitted, _ = load_model(domain("eeg"), project.runs.get("last").path)
        assert fitted.recipe.judge is not None
        fitted.recipe.judge(fitted.model, no_signals(1), Setting("cpu", project.cache))
    assert set(seen) == {1}
