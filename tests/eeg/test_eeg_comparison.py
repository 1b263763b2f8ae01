"""What a step of preprocessing makes of a window, for the picture beside its choice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains.eeg.choices import STEPS_ONLY, Steps
from models.domains.eeg.comparison import compare
from models.errors import UserError
from models.store.project import Project
from tests.eeg.test_eeg_networks import project  # noqa: F401  (a fixture)


def test_each_choice_has_a_step_with_its_before_and_after(project: Path) -> None:  # noqa: F811
    with Project.open(project) as opened:
        for choice in STEPS_ONLY:
            if choice == "ica":
                continue  # seconds of work, the same way
            step = compare(opened.samples, 0, Steps(rate=100, reference="average", jump=300), choice)
            assert step is not None
            assert step.title
            assert step.words
            assert len(step.before) == len(step.after) == len(step.names) == 20
            assert step.seconds == 50
        assert compare(opened.samples, 0, Steps(), "epochs") is None


def test_the_step_alone_is_between_the_two(project: Path) -> None:  # noqa: F811
    with Project.open(project) as opened:
        clip = compare(opened.samples, 0, Steps(clip=20), "clip")
        assert clip is not None
        assert np.abs(clip.after).max() == 20
        assert np.abs(clip.before).max() > 20
        np.testing.assert_array_equal(clip.after, np.clip(clip.before, -20, 20))
        rate = compare(opened.samples, 0, Steps(rate=50), "rate")
        assert rate is not None
        assert (rate.before.shape[1], rate.after.shape[1]) == (10000, 2500)
        off = compare(opened.samples, 0, Steps(notch="none"), "notch")
        assert off is not None
        assert "off" in off.words
        np.testing.assert_array_equal(off.before, off.after)


def test_a_sample_without_an_eeg_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from models.domains.eeg import window

    monkeypatch.setattr(window, "eeg", lambda samples, rows: np.full((1, 20, 10000), np.nan, np.float32))
    with Project.open(project) as opened, pytest.raises(UserError, match="no EEG"):
        compare(opened.samples, 0, Steps(), "notch")
