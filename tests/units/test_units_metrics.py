"""The measures: names, what a model may learn from, and the table it learns from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains.units import DOMAIN
from models.domains.units.metrics import (
    METRICS,
    RELATIVE,
    feature_names,
    features,
    finite,
    is_feature,
    renames,
    unit_of,
    within,
)
from tests.units.sortings import scanned, write_phy, write_table


def test_names_are_unlike_and_read_well() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    told = {column.name: column for column in DOMAIN.columns}
    assert told["snr"].feature
    assert not told["depth"].feature
    assert not told["channel"].feature


@pytest.mark.parametrize(
    "name",
    [
        "cluster_id",
        "is_noise",
        "majority_vote",
        "KSLabel",
        "bc_unitType",
        "depth",
        "x",
        "channel",
        "_rate",
        "classifier_probability",
    ],
)
def test_what_no_model_learns_from(name: str) -> None:
    assert not is_feature(name)


def test_a_name_that_two_old_ones_have_is_given_once() -> None:
    assert renames(["brain_area", "acronym"]) == {"brain_area": ("region", 1.0)}
    assert renames(["duration"]) == {}


def test_only_numbers_are_features_and_known_ones_come_first(tmp_path: Path) -> None:
    text = "cluster_id,zz,aa,snr,num_spikes,region,depth,is_good\n1,5,6,2,100,CA1,7,1\n2,6,7,3,200,CA3,8,0\n"
    samples = scanned(write_table(tmp_path / "a.csv", text)).samples()
    assert feature_names(samples) == ["num_spikes", "snr", "aa", "zz"]
    values, names = features(samples)
    assert names == ["num_spikes", "snr", "aa", "zz"]
    assert values.dtype == np.float32
    assert values.tolist() == [[100, 2, 6, 5], [200, 3, 7, 6]]


def test_wanted_measures_come_in_order_and_missing_ones_are_empty(tmp_path: Path) -> None:
    place = write_table(tmp_path / "a.csv", "cluster_id,snr,half_width\n1,inf,0.2\n2,1e300,\n3,4,0.4\n")
    samples = scanned(place).samples()
    values, names = features(samples, ["half_width", "l_ratio", "snr", "trough_half_width"])
    assert names == ["trough_half_width", "l_ratio", "snr"]
    np.testing.assert_array_equal(values[:, 2], [np.nan, np.nan, 4])
    assert np.isnan(values[:, 1]).all()


def test_measures_relative_to_their_own_session(tmp_path: Path) -> None:
    rows = "".join(f"{unit},{unit}\n" for unit in range(1, 6))
    for name, extra in (("s1", rows), ("s2", rows.replace(",", ",10"))):
        write_table(tmp_path / f"{name}.csv", f"cluster_id,snr\n{extra}")
    samples = scanned(tmp_path).samples()
    values, names = features(samples, ["snr"], relative=True)
    assert names == ["snr", "snr" + RELATIVE]
    np.testing.assert_allclose(values[:5, 1], values[5:, 1])
    np.testing.assert_allclose(values[:5, 1], (np.arange(5) - 2) / 1.4826, rtol=1e-5)


def test_a_chosen_unit_is_measured_against_its_whole_session_without_what_is_retired(tmp_path: Path) -> None:
    rows = "".join(f"{unit},{unit}\n" for unit in range(1, 6))
    write_table(tmp_path / "s1.csv", f"cluster_id,snr\n{rows}5000,1000\n")
    samples = scanned(tmp_path).samples()
    every = features(samples, ["snr"], relative=True)[0][:, 1]
    np.testing.assert_array_equal(features(samples.take([4, 0]), ["snr"], relative=True)[0][:, 1], every[[4, 0]])
    live = samples.standing(np.arange(6) < 5)
    scores = features(live.take([4, 5]).take([0, 1]), ["snr"], relative=True)[0][:, 1]
    np.testing.assert_allclose(scores, [2 / 1.4826, 10.0], rtol=1e-5)
    gone = samples.standing(np.zeros(6, bool))
    assert np.isnan(features(gone, ["snr"], relative=True)[0][:, 1]).all()


def test_scores_of_flat_and_missing_measures() -> None:
    values = np.array([[1, 1, np.nan], [1, 1, np.nan], [1, 1, np.nan], [1, 9, 5]], np.float32)
    one = np.zeros(4, np.int64)
    scores = within(values, one, values, one)
    assert (scores[:, 0] == 0).all()
    assert scores[:3, 1].tolist() == [0, 0, 0]
    assert 1 < scores[3, 1] < 10
    assert np.isnan(scores[:3, 2]).all()
    assert scores[3, 2] == 0
    assert np.isnan(finite(np.array([np.inf, -np.inf, 1e300]))).all()


def test_a_phy_folder_alone_has_something_to_learn_from(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    names = feature_names(scanned(tmp_path / "p").samples())
    assert {"num_spikes", "isi_violations_ratio", "amplitude", "trough_half_width", "spread"} <= set(names)
    assert not {"depth", "x", "channel"} & set(names)


def test_units_of_known_measures_and_of_names_that_end_in_one() -> None:
    told = {"trough_half_width": "s", "firing_rate": "Hz", "drift_ptp": "µm", "amplitude_median": "µV", "snr": ""}
    assert {name: unit_of(name) for name in told} == told
    assert [unit_of(name) for name in ("width_ms", "my_rate_hz", "size_um", "s", "hertz", "depth_of_modulation")] == [
        "ms", "Hz", "µm", "", "", ""
    ]  # fmt: skip


def test_every_duration_and_slope_that_spikeinterface_measures_has_a_unit() -> None:
    from spikeinterface.metrics import ComputeTemplateMetrics

    for kind in ComputeTemplateMetrics.metric_list:
        for name, text in (getattr(kind, "metric_descriptions", None) or {}).items():
            wanted = next((unit for word, unit in WORDS.items() if word in text), None)
            assert wanted is None or unit_of(name) == wanted, (name, text)


#: How spikeinterface's own descriptions tell the unit.
WORDS = {"µV/s": "µV/s", "µm/ms": "µm/ms", "(1/um)": "1/µm", " in seconds": "s", " in s ": "s", " in µm": "µm"}
