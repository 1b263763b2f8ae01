"""Which windows stand where before there is a run: features of those that have their EEG, or what their source says."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from models.domains.eeg import placing
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.finding import EEG
from models.job import Progress, finish
from models.sample import Samples

Floats = npt.NDArray[np.float32]
#: Features of each of six windows, by its number: of very different size, as those of an EEG.
FEATURES = np.outer([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], [1.0, 1e4]).astype(np.float32)


def windows(eeg: list[str], mapped: list[float] | None) -> Samples:
    """Six windows. eeg: the file of each; mapped: where each stands on the map of its source, NaN for nowhere."""
    count = len(eeg)
    columns: dict[str, Any] = {
        "id": [str(row) for row in range(count)],
        "source": pa.array([0] * count, pa.int32()),
        "key": [""] * count,
        "group": pa.array(["p"] * count).dictionary_encode(),
        EEG: eeg,
    }
    if mapped is not None:
        columns |= {"x": mapped, "y": [value + 1 for value in mapped]}
        columns |= {f"p_{name}": [1 / 6 if np.isfinite(value) else np.nan for value in mapped] for name in CLASSES}
    return Samples(pa.table(columns), ("table.csv",))


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Which windows were measured, in place of reading them."""
    asked: list[list[int]] = []

    def measure(samples: Samples, rows: Any, params: Any, cache: Path) -> Generator[Progress, None, Floats]:
        asked.append(rows.tolist())
        yield Progress(0, 1)
        found: Floats = FEATURES[rows]
        return found

    monkeypatch.setattr(placing, "measure", measure)
    return asked


def vectors(samples: Samples) -> Floats:
    return finish(placing.vectors(samples, Path("cache")))


NAN = float("nan")


def test_where_most_windows_have_their_eeg_it_is_measured(measured: list[list[int]]) -> None:
    some = ["", "a", "a", "a", "", "a"]
    for mapped in (None, [0.0, NAN, NAN, NAN, 4.0, 5.0], [0.0, 1.0, NAN, NAN, 4.0, 5.0]):
        found = vectors(windows(some, mapped))
        assert measured.pop() == [1, 2, 3, 5]
        assert found.shape == (6, FEATURES.shape[1])
        assert np.isnan(found).all(axis=1).tolist() == [True, False, False, False, True, False]
        order = found[[1, 2, 3, 5]]
        assert (np.diff(order, axis=0) > 0).all(), "each stands where its own features are"
        spread = np.ptp(order, axis=0)
        assert spread[1] < 2 * spread[0], "no feature is all of the map"


def test_features_are_logarithms_by_their_median_and_middle_half() -> None:
    found = vectors(windows(["a"] * 6, None))
    logs = np.log1p(FEATURES.astype(np.float64))
    low, middle, high = np.quantile(logs, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(found, (logs - middle) / (high - low) * 1.349, rtol=1e-3, atol=1e-4)


def test_where_more_windows_are_on_the_map_of_their_source_that_counts(measured: list[list[int]]) -> None:
    found = vectors(windows(["a", "a", "", "", "", ""], [0.0, 1.0, 2.0, NAN, 4.0, 5.0]))
    assert measured == []
    assert found.shape == (6, 2 + len(CLASSES))
    np.testing.assert_allclose(found[2], [2, 3, *[np.sqrt(1 / 6)] * 6], rtol=1e-6)
    assert np.isnan(found[3]).all()


def test_a_window_that_only_half_is_told_of_does_not_count_as_told(measured: list[list[int]]) -> None:
    samples = windows(["a", "a", "", "", "", ""], [0.0, 1.0, 2.0, NAN, NAN, NAN])
    table = samples.table.set_column(samples.table.column_names.index("y"), "y", pa.array([1.0, 2, 3, 4, 5, NAN]))
    found = vectors(Samples(table, samples.sources))
    assert found.shape[1] == 2 + len(CLASSES), "three are told of, two have their EEG"
    table = table.set_column(table.column_names.index(EEG), EEG, pa.array(["a", "a", "a", "", "", ""]))
    assert vectors(Samples(table, samples.sources)).shape[1] == FEATURES.shape[1]
    assert measured == [[0, 1, 2]]
