"""phy folders: all units of them, dense or sparse, whole or cut off."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from models.domains.units import phy
from models.domains.units.phy import opened, read_params
from models.errors import UserError
from tests.units.sortings import CHANNELS, LENGTH, scanned, write_phy, write_table


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_every_unit_with_what_spikes_and_templates_tell(tmp_path: Path, tall: bool, sparse: bool) -> None:
    made = write_phy(tmp_path / "p", tall=tall, sparse=sparse)
    result = scanned(tmp_path / "p")
    found, columns = result.one, result.one.columns
    assert found.keys == ["0", "2", "3", "7"]
    assert found.labels == [None] * 4
    assert not result.noted
    counts = [(made["spike_clusters"] == key).sum() for key in (0, 2, 3, 7)]
    assert columns["num_spikes"] == counts
    seconds = (int(made["spike_times"][-1]) + 1) / 20_000
    np.testing.assert_allclose(columns["firing_rate"], np.array(counts) / seconds)
    np.testing.assert_allclose(columns["amplitude"][0], made["amplitudes"][made["spike_clusters"] == 0].mean())
    assert columns["channel"][:2] == [10, 12]
    np.testing.assert_allclose(columns["peak_to_trough_duration"][0], 8 / 20_000)
    assert 0 < columns["depth"][0] < 20
    assert 40 < columns["depth"][1] < 60


def test_a_merged_unit_has_the_mean_of_its_templates(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    one = opened(tmp_path / "p")
    own = made["spike_templates"][made["spike_clusters"] == 7]
    share = (own == 1).mean()
    expected = share * made["waves"][1].T + (1 - share) * made["waves"][3].T
    np.testing.assert_allclose(one.template("7"), expected, atol=1e-6)
    assert one.template("0").shape == (CHANNELS, LENGTH)
    assert one.template("99").shape == (0, 0)


def test_whitened_templates_are_taken_back(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    unmix = np.eye(CHANNELS) * 3
    np.save(tmp_path / "p" / "whitening_mat_inv.npy", unmix)
    np.testing.assert_allclose(opened(tmp_path / "p").template("2"), 3 * made["waves"][2].T, rtol=1e-5)


def test_spikes_of_a_unit_are_read_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.domains.units.trains.MAPPED", 0)
    made = write_phy(tmp_path / "p", tall=True)
    one = opened(tmp_path / "p")
    assert one.spikes is not None
    assert isinstance(one.spikes.times, np.memmap)
    train = one.train("7")
    assert train is not None
    own = made["spike_clusters"] == 7
    assert train.count == own.sum()
    np.testing.assert_array_equal(train.times(), made["spike_times"][own])
    np.testing.assert_allclose(train.amplitudes(), made["amplitudes"][own], rtol=1e-6)
    other = train.of("2")
    assert other is not None
    assert other.count == (made["spike_clusters"] == 2).sum()
    assert train.of("99") is None


def test_a_file_that_is_written_anew_does_not_end_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.domains.units.trains.MAPPED", 0)
    write_phy(tmp_path / "p")
    one = phy.open_phy(tmp_path / "p")
    train = one.train("7")
    assert train is not None
    for name, act in {
        "spike_clusters": lambda: one.spikes.orders if one.spikes is not None else None,
        "spike_times": train.times,
        "amplitudes": train.amplitudes,
        "templates": lambda: one.template("2"),
    }.items():
        place = tmp_path / "p" / f"{name}.npy"
        whole = place.read_bytes()
        os.truncate(place, 200)
        with pytest.raises(UserError, match=f"{name}.npy is being written by another program"):
            act()
        # The same file must be whole again: a map of a replaced one would hold anyway.
        with place.open("r+b") as file:
            file.write(whole)
        act()


def test_a_large_sorting_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_phy(tmp_path / "p")
    small = scanned(tmp_path / "p").one.columns
    times = [opened(tmp_path / "p").train(key).times().tolist() for key in ("0", "3", "7")]  # type: ignore[union-attr]
    monkeypatch.setattr("models.domains.units.trains._CHUNK", 37)
    monkeypatch.setattr(phy, "_CHUNK", 41)
    phy._opened.cache_clear()
    large = scanned(tmp_path / "p").one.columns
    for name, values in small.items():
        if isinstance(values[0], float):
            np.testing.assert_allclose(np.array(large[name], float), np.array(values, float), rtol=1e-5, err_msg=name)
    one = opened(tmp_path / "p")
    assert [one.train(key).times().tolist() for key in ("0", "3", "7")] == times  # type: ignore[union-attr]
    assert one.template("0", rough=True).shape == (CHANNELS, LENGTH)
    phy._opened.cache_clear()


def test_any_table_of_the_folder_adds_columns(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    write_table(tmp_path / "p" / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n7\tnoise\n50\tmua\n")
    write_table(tmp_path / "p" / "cluster_KSLabel.tsv", "cluster_id\tKSLabel\n0\tgood\n2\tmua\n3\tmua\n7\tmua\n")
    write_table(tmp_path / "p" / "cluster_info.tsv", "cluster_id\tfr\tgroup\n0\t5.5\t\n2\t6.5\tmua\n")
    write_table(tmp_path / "p" / "cluster_colour.tsv", "cluster_id\tcolour\n3\tred\n")
    write_table(tmp_path / "p" / "cluster_new.tsv", "cluster_id\tnew\n")
    write_table(tmp_path / "p" / "broken.csv", "a,b\n1,2\n")
    result = scanned(tmp_path / "p")
    found = result.one
    assert found.labels == ["", "good", "", "noise"]
    assert found.votes[1] == {"file:KSLabel": "mua"}
    assert found.columns["colour"] == [None, None, "red", None]
    assert found.columns["firing_rate"][:2] == [5.5, 6.5]
    assert "p/cluster_group.tsv|line 4" in result.note("unit 50")
    assert "p/broken.csv" in result.note("no column cluster_id")


def test_without_params_the_rate_is_told_or_asked(tmp_path: Path) -> None:
    write_phy(tmp_path / "p", params=False)
    result = scanned(tmp_path / "p")
    assert "30 kHz" in result.note("no sampling rate")
    asked = scanned(tmp_path / "p", rate="20000").one.columns
    np.testing.assert_allclose(asked["firing_rate"][0] / result.one.columns["firing_rate"][0], 2 / 3)
    assert asked["_rate"] == [20000.0] * 4
    with pytest.raises(UserError, match="rate is 'fast'"):
        scanned(tmp_path / "p", rate="fast")


def test_params_are_read_and_never_run(tmp_path: Path) -> None:
    place = write_table(
        tmp_path / "params.py",
        "import os\nopen('ran', 'w')\nsample_rate = 25000.\ndat_path = [r'a.bin']\nhp = os.sep\n",
    )
    assert read_params(place) == {"sample_rate": 25000.0, "dat_path": ["a.bin"]}
    assert not (tmp_path / "ran").exists()
    assert read_params(write_table(tmp_path / "b.py", "sample_rate = = 3")) == {}


def test_the_raw_file_tells_how_long_it_was(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    assert opened(tmp_path / "p").seconds < 151
    with (tmp_path / "p" / "raw.dat").open("wb") as raw:
        raw.truncate(CHANNELS * 2 * 20_000 * 200)
    phy._opened.cache_clear()
    assert opened(tmp_path / "p").seconds == 200


def cut(path: Path, share: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])


def test_cut_off_times_leave_the_units_and_say_so(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    cut(tmp_path / "p" / "spike_times.npy", 0.5)
    result = scanned(tmp_path / "p")
    assert result.one.keys == ["0", "2", "3", "7"]
    assert "num_spikes" in result.one.columns
    assert "firing_rate" not in result.one.columns
    assert "p|spike_times.npy|" in result.note("cut off or is still written")
    assert opened(tmp_path / "p").train("0") is None


@pytest.mark.parametrize("name", ["spike_templates", "amplitudes", "templates", "channel_map", "channel_positions"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_any_other_array_may_be_cut_off(tmp_path: Path, name: str, share: float) -> None:
    write_phy(tmp_path / "p")
    cut(tmp_path / "p" / f"{name}.npy", share)
    result = scanned(tmp_path / "p")
    assert result.one.keys == ["0", "2", "3", "7"]
    assert [item.where for item in result.noted] == [f"{name}.npy"]


def test_without_clusters_the_templates_are_the_units(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    (tmp_path / "p" / "spike_clusters.npy").unlink()
    assert scanned(tmp_path / "p").one.keys == ["0", "1", "2", "3"]


def test_with_nothing_but_tables_the_tables_are_the_units(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    write_table(tmp_path / "p" / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n")
    for name in ("spike_clusters", "spike_templates"):
        cut(tmp_path / "p" / f"{name}.npy", 0.2)
    found = scanned(tmp_path / "p").one
    assert (found.keys, found.labels) == (["2"], ["good"])
    (tmp_path / "p" / "cluster_group.tsv").unlink()
    result = scanned(tmp_path / "p")
    assert not result.found
    assert "no unit that can be read" in result.skipped[0].reason


def test_lengths_that_disagree(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    np.save(tmp_path / "p" / "spike_times.npy", made["spike_times"][:300])
    np.save(tmp_path / "p" / "amplitudes.npy", made["amplitudes"][:200])
    result = scanned(tmp_path / "p")
    assert sum(result.one.columns["num_spikes"]) == 300
    assert "amplitude" not in result.one.columns
    assert "300 times for 400 spikes" in result.note("times for")
    assert "200 values for 300 spikes" in result.note("values for")


def test_objects_and_wrong_kinds_are_not_loaded(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    np.save(tmp_path / "p" / "amplitudes.npy", np.array([{"a": 1}], object))
    assert "could run code" in scanned(tmp_path / "p").note("objects")
    np.save(tmp_path / "p" / "spike_clusters.npy", np.full(400, 2.5))
    result = scanned(tmp_path / "p")
    assert not result.found
    assert "whole numbers are needed" in result.skipped[0].reason


@pytest.mark.parametrize(("kind", "value"), [(np.int64, 2**40), (np.int64, -3), (np.float64, np.nan), (float, 0.5)])
def test_entries_that_are_no_clusters_cost_their_spikes_alone(tmp_path: Path, kind: type, value: float) -> None:
    made = write_phy(tmp_path / "p", tall=True)
    whole = scanned(tmp_path / "p").one.columns
    clusters = made["spike_clusters"].astype(kind)
    clusters[[17, 40]] = value
    np.save(tmp_path / "p" / "spike_clusters.npy", clusters)
    result = scanned(tmp_path / "p")
    assert result.one.keys == ["0", "2", "3", "7"]
    lost = [int((made["spike_clusters"][[17, 40]] == key).sum()) for key in (0, 2, 3, 7)]
    assert result.one.columns["num_spikes"] == [a - b for a, b in zip(whole["num_spikes"], lost, strict=True)]
    np.testing.assert_allclose(result.one.columns["depth"], whole["depth"], rtol=0.01)
    (told,) = result.skipped
    assert (told.source, told.where) == ("p", "spike_clusters.npy")
    assert (
        told.reason
        == f"row 17 (from 0) is {clusters[17].item()!r}, no cluster id, and so is 1 more: \
these spikes are of no unit"
    )
    one = opened(tmp_path / "p")
    np.testing.assert_array_equal(np.sort(one.spikes_of("7")), np.flatnonzero(clusters == 7))


def test_clusters_as_objects_are_told_to_be_missing(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    np.save(tmp_path / "p" / "spike_clusters.npy", made["spike_clusters"].astype(object), allow_pickle=True)
    result = scanned(tmp_path / "p")
    assert result.one.keys == ["0", "1", "2", "3"]
    (told,) = result.skipped
    assert "could run code" in told.reason
    assert "the units are those of spike_templates.npy, without what was merged or split by hand" in told.reason


def test_times_before_the_recording_and_no_times_at_all_are_told(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    times = made["spike_times"].astype(np.int64)
    times[:2] -= 3_000_000
    np.save(tmp_path / "p" / "spike_times.npy", times)
    note = scanned(tmp_path / "p").note("before the recording begins")
    assert f"time 0 (from 0) is {times[0]}, before the recording begins, and so is 1 more" in note
    np.save(tmp_path / "p" / "spike_times.npy", times[:0])
    result = scanned(tmp_path / "p")
    assert "it is empty, and there are 400 spikes" in result.note("empty")
    assert (result.one.keys, sum(result.one.columns["num_spikes"])) == (["0", "2", "3", "7"], 400)


def test_times_that_do_not_rise_are_sorted(tmp_path: Path) -> None:
    made = write_phy(tmp_path / "p")
    straight = scanned(tmp_path / "p").one.columns
    order = np.random.default_rng(1).permutation(400)
    for name in ("spike_times", "spike_clusters", "spike_templates", "amplitudes"):
        np.save(tmp_path / "p" / f"{name}.npy", made[name][order])
    phy._opened.cache_clear()
    result = scanned(tmp_path / "p")
    assert "do not rise" in result.note("do not rise")
    assert result.one.columns["isi_violations_count"] == straight["isi_violations_count"]
    train = opened(tmp_path / "p").train("7")
    assert train is not None
    np.testing.assert_array_equal(train.times(), made["spike_times"][made["spike_clusters"] == 7])


def test_a_folder_without_spikes(tmp_path: Path) -> None:
    write_phy(tmp_path / "p")
    for name in ("spike_times", "spike_clusters", "spike_templates", "amplitudes"):
        np.save(tmp_path / "p" / f"{name}.npy", np.zeros(0, np.int64))
    result = scanned(tmp_path / "p")
    assert "no unit that can be read" in result.skipped[0].reason


def test_pointing_at_a_part_means_the_folder(tmp_path: Path) -> None:
    write_phy(tmp_path / "mouse2" / "phy")
    whole = scanned(tmp_path / "mouse2" / "phy").one
    assert whole.name == "phy"
    assert set(whole.groups) == {"mouse2"}
    for part in ("params.py", "spike_times.npy"):
        assert scanned(tmp_path / "mouse2" / "phy" / part).one.source == whole.source
    assert scanned(tmp_path).one.name == "mouse2/phy"


def test_the_simulated_folder_keeps_its_62_units(data: Path) -> None:
    found = scanned(data / "phy_sim_32ch").one
    assert len(found.keys) == 62
    assert found.labels.count("good") == 1
    assert found.labels.count(None) == 61
    assert sum(found.columns["num_spikes"]) == 314
    assert sum(math.isfinite(value) for value in found.columns["depth"]) == 62


def test_the_real_folder_has_its_15_units(data: Path) -> None:
    result = scanned(data / "phy_bombcell_toy")
    assert len(result.one.keys) == 15
    assert sum(result.one.columns["num_spikes"]) == 94_565
    assert opened(data / "phy_bombcell_toy").template(result.one.keys[0]).shape == (356, 82)


def test_an_export_of_spikeinterface_has_its_own_measures(data: Path) -> None:
    found = scanned(data / "si_sim" / "phy").one
    assert found.keys == [str(unit) for unit in range(16)]
    assert found.columns["si_unit_id"][3] == "u3"
    assert round(found.columns["snr"][1], 2) == 40.01
    assert set(found.groups) == {"si_sim"}


def test_measures_of_the_spikes_are_those_of_spikeinterface(data: Path) -> None:
    from models.domains.units import analyzer, trains

    one = analyzer.opened(data / "si_sim" / "analyzer")
    assert one.spikes is not None
    computed = trains.train_measures(one.spikes, one.rate, one.seconds)
    theirs = one.metrics["quality_metrics"].texts
    for name in ("num_spikes", "firing_rate", "presence_ratio", "isi_violations_ratio", "isi_violations_count"):
        np.testing.assert_allclose(computed[name], np.array(theirs[name], float), err_msg=name)


def test_shapes_are_near_those_of_spikeinterface(data: Path) -> None:
    from models.domains.units import analyzer, waveforms

    one = analyzer.opened(data / "si_sim" / "analyzer")
    theirs = one.metrics["template_metrics"].texts
    sample = 1 / one.rate
    for name, near in (("peak_to_trough_duration", sample), ("trough_half_width", sample)):
        ours = [waveforms.shape(one.template(key), one.positions, one.rate).get(name, np.nan) for key in one.keys]
        strong = [place for place, key in enumerate(one.keys) if waveforms.sizes(one.template(key)).max() > 60]
        gaps = np.abs(np.array(ours) - np.array(theirs[name], float))[strong]
        assert np.median(gaps) <= near, name
