"""What is shown of a unit, large and small, for each kind of source."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.domains.units.load import load, short, sketch, stretched
from models.errors import UserError
from models.payload import SpikeReader, Unit
from tests.scans import samples_of
from tests.units.sortings import CHANNELS, LENGTH, scanned, spikes_of, write_phy, write_table


def unit(path: Path, row: int) -> Unit:
    (payload,) = load(scanned(path).samples(), row)
    assert isinstance(payload, Unit)
    return payload


def test_a_unit_of_a_phy_folder(tmp_path: Path) -> None:
    write_phy(tmp_path / "mouse1")
    shown = unit(tmp_path / "mouse1", 1)
    assert shown.key == "2"
    assert shown.title == "mouse1:2"
    assert shown.template.shape == (CHANNELS, LENGTH)
    assert shown.best == (2, 3)
    assert [shown.channels[channel] for channel in shown.best] == ["12", "13"]
    assert shown.before == 12
    assert shown.rate == 20_000
    assert shown.positions.shape == (CHANNELS, 2)
    assert shown.location is not None
    assert 40 < shown.location[1] < 60
    train: SpikeReader | None = shown.spikes
    assert train is not None
    assert len(train.times()) == len(train.amplitudes()) == train.count
    assert not shown.note


def test_measures_come_with_their_names_and_gaps(tmp_path: Path) -> None:
    write_phy(tmp_path / "mouse1")
    write_table(tmp_path / "mouse1" / "cluster_snr.tsv", "cluster_id\tsnr\tmine\tKSLabel\n2\t3.5\t1\tgood\n0\t\t2\t\n")
    first, second = unit(tmp_path / "mouse1", 0), unit(tmp_path / "mouse1", 1)
    measures = {item.name: item for item in second.measures}
    assert (measures["snr"].value, measures["snr"].title, measures["snr"].family) == (3.5, "SNR", "quality")
    assert measures["mine"].value == 1
    assert second.measures[0].name == "num_spikes"
    assert np.isnan(next(item.value for item in first.measures if item.name == "snr"))
    assert second.facts == ("mouse1", "Kilosort good")


def test_a_folder_without_templates_or_times_says_so(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    for name in ("templates", "spike_times"):
        (tmp_path / "p" / f"{name}.npy").unlink()
    shown = unit(tmp_path / "p", 0)
    assert shown.note == "This folder holds no templates and no spike times."
    assert shown.template.shape == (0, 0)
    assert shown.spikes is None


def test_a_unit_of_a_table_has_measures_only(tmp_path: Path) -> None:
    place = write_table(tmp_path / "mouse4.csv", "cluster_id,snr\n8,2.5\n")
    shown = unit(place, 0)
    assert (shown.key, shown.title, shown.best, shown.spikes) == ("8", "mouse4:8", (), None)
    assert shown.measures[0].value == 2.5
    assert "Measures and labels only" in shown.note


def test_a_unit_of_an_analyzer(data: Path) -> None:
    shown = unit(data / "si_sim" / "analyzer", 3)
    assert shown.title == "si_sim:u3"
    assert (shown.unit, shown.before, shown.seconds) == ("µV", 30, 60)
    assert shown.spread is not None
    assert shown.spread.shape == shown.template.shape == (32, 90)
    assert shown.channels[shown.best[0]] == "19"
    assert shown.spikes is not None
    assert shown.spikes.count == 411
    assert shown.spikes.of("u1") is not None


def test_the_real_folder_is_shown(data: Path) -> None:
    shown = unit(data / "phy_bombcell_toy", 2)
    assert shown.template.shape == (356, 82)
    assert shown.spikes is not None
    assert shown.spikes.count == 5906


def test_sources_that_are_gone_or_sorted_anew(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    place = write_table(tmp_path / "a.csv", "cluster_id,snr\n8,2.5\n")
    samples = samples_of([scanned(tmp_path / "p").one, scanned(place).one])
    clusters = np.load(tmp_path / "p" / "spike_clusters.npy")
    np.save(tmp_path / "p" / "spike_clusters.npy", np.where(clusters == 0, 2, clusters))
    with pytest.raises(UserError, match="no unit 0 any more"):
        load(samples, 0)
    assert isinstance(load(samples, 1)[0], Unit)
    shutil.rmtree(tmp_path / "p")
    place.unlink()
    for row in (0, 4):
        with pytest.raises(UserError, match="not there any more"):
            load(samples, row)


def test_small_lines(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    place = write_table(tmp_path / "a.csv", "cluster_id,snr\n8,2.5\n")
    gone = write_phy(tmp_path / "q")
    assert gone
    samples = samples_of([scanned(tmp_path / "p").one, scanned(place).one, scanned(tmp_path / "q").one])
    shutil.rmtree(tmp_path / "q")
    lines = sketch(samples, np.array([1, 4, 5, 0]), LENGTH)
    np.testing.assert_allclose(lines[0], made["waves"][2][:, 2], atol=1e-6)
    assert (lines[1] == 0).all()
    assert np.isnan(lines[2]).all() or (lines[2] == 0).all()
    np.testing.assert_allclose(lines[3], made["waves"][0][:, 0], atol=1e-6)
    assert sketch(samples, np.zeros(0, np.int64), 30).shape == (0, 30)


def test_waveforms_are_stretched_to_the_points() -> None:
    np.testing.assert_allclose(stretched(np.array([0.0, 2.0]), 3), [0, 1, 2])
    assert stretched(np.zeros(0), 4).tolist() == [0, 0, 0, 0]
    assert stretched(np.ones(5), 1).tolist() == [1]


def test_short_names_and_trains_of_several_units(tmp_path: Path) -> None:
    write_phy(tmp_path / "a_recording_with_a_very_long_name")
    place = write_table(tmp_path / "all.csv", "session,unit_id,snr\nmon,1,2\ntue,1,3\n")
    one = [scanned(tmp_path / "a_recording_with_a_very_long_name").one, scanned(place).one]
    samples = samples_of(one)
    assert [short(samples, row) for row in (0, 4, 5)] == ["…_very_long_name:0", "mon:1", "tue:1"]
    found = spikes_of(samples, [0, 3, 4])
    assert [None if train is None else train.count for train in found] == [
        one[0].columns["num_spikes"][0],
        one[0].columns["num_spikes"][3],
        None,
    ]
