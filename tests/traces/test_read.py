"""Import of simulation files: layout, ids, orientation, features, anomalies, broken files."""

from __future__ import annotations

from collections import Counter

import h5py
import numpy as np
import pytest

from models.domains.traces import container
from models.domains.traces.names import file_parameters
from models.domains.traces.read import read_traces
from models.domains.traces.tissue import hops, place, simulated
from models.errors import UserError
from models.natural import natural


def test_parameters_of_a_file_name_are_typed():
    found = file_parameters("sim_data__stimMag_0.50_beta_0.40_noise_0.040_kcross_0.0050_nSamples_1000_5.h5")
    assert found == {"stimMag": 0.5, "beta": 0.4, "noise": 0.04, "kcross": 0.005, "nSamples": 1000, "batch": 5}
    assert isinstance(found["nSamples"], int)
    assert file_parameters("recording_12.h5") == {}


def test_keys_are_sorted_as_numbers():
    assert sorted(["1", "10", "100", "2"], key=natural) == ["1", "2", "10", "100"]


def test_stand_in_gives_all_its_cells(look, shared_traces):
    seen = look(shared_traces / "sim_5x5_standin", per_file="all")
    assert len(seen.keys) == 825
    assert len(set(seen.groups)) == 33
    assert Counter(seen.labels) == {"0": 33, "1": 198, "2": 396, "3": 198}
    assert not seen.skipped
    assert not seen.noted, "stored features agree with the recomputed ones"
    assert set(seen.column("noise")) == {0.01, 0.03, 0.05}
    assert seen.column("sample_key")[:275:25] == list(range(1, 12))


def test_ten_samples_a_file_unless_told(look, simulation):
    simulation(count=12)
    folder = simulation(count=12, name="b_noise_0.010_1.h5", seed=1).parent
    seen = look(folder)
    assert len(seen.keys) == 2 * 10 * 4
    (note,) = [note for note in seen.noted if "per_file" in note.text]
    assert (note.source, note.where) == ("2 files", "")
    assert note.text.startswith("20 of 24 simulations come in, the first 10 of each file. Set simulations of each file")
    assert len(look(folder, per_file="2").keys) == 2 * 2 * 4
    assert len(look(folder, per_file="all").keys) == 2 * 12 * 4
    with pytest.raises(UserError, match="per_file"):
        look(folder, per_file="some")


def test_ids_follow_integer_order(look, simulation):
    seen = look(simulation(count=11), per_file="all")
    assert [int(one.split("_")[2][:-2]) for one in seen.column("simulation_id")[::4]] == list(range(1, 12))


@pytest.mark.parametrize("stored", ["table", "characters", "turned", "cells"])
def test_older_ids_in_all_their_forms(look, simulation, stored):
    path = simulation(ids=None)
    names = ["run_1", "run_2", "run_3"]
    with h5py.File(path, "a") as h5:
        codes = np.array([[ord(sign) for sign in name] for name in names], np.uint16)
        if stored == "table":
            h5["id"] = np.array([[name.encode()] for name in names])
        elif stored == "cells":
            h5["id"] = np.array([[sign.encode() for sign in name] for name in names])
        else:
            h5["id"] = codes.T if stored == "turned" else codes
    assert look(path).column("simulation_id")[::4] == names


@pytest.mark.parametrize("cells_first", [True, False])
def test_both_orientations_give_the_same_traces(look, simulation, cells_first):
    seen = look(simulation(cells_first=cells_first))
    traces = read_traces(seen.samples())
    assert all(trace.shape == (40,) for trace in traces)
    rng = np.random.default_rng(0)
    assert np.allclose(np.stack(traces[:4]), 1 + rng.normal(0, 0.05, (4, 40)).cumsum(axis=1))
    assert seen.labels[:4] == ["1", "0", "1", "2"]


def test_a_table_that_fits_neither_way_is_skipped_and_the_rest_goes_on(look, simulation):
    path = simulation()
    with h5py.File(path, "a") as h5:
        del h5["timeTraces/2"]
        h5["timeTraces/2"] = np.zeros((40, 5))
    seen = look(path)
    assert len(seen.keys) == 8
    (skipped,) = seen.skipped
    assert skipped.where == "timeTraces/2"
    assert "40 × 5 fits neither way: distanceToTarget tells 4 cells" in skipped.reason


@pytest.mark.parametrize("cells_first", [True, False])
@pytest.mark.parametrize("features", [True, False])
def test_a_square_table_is_decided_by_other_evidence(look, simulation, cells_first, features):
    hops_of = np.arange(40.0) % 4
    path = simulation(hops=hops_of, length=40, cells_first=cells_first, features=features)
    seen = look(path)
    assert "fit both ways" in seen.words
    assert ("cMax agrees" in seen.words) == features
    with h5py.File(path) as h5:
        stored = h5["timeTraces/1"][()]
    assert np.array_equal(read_traces(seen.samples())[3], stored[3] if cells_first else stored[:, 3])


def test_stored_features_are_compared_and_kept(look, simulation):
    path = simulation(features=True)
    with h5py.File(path, "a") as h5:
        h5["features/cMax/2"][0, 1] += 0.25
    seen = look(path)
    (note,) = seen.noted
    assert note.where == "features/cMax"
    assert "1 of 12 cells, by up to 0.25" in note.text


def test_tmax_that_counts_from_one_is_no_mismatch(look, simulation):
    path = simulation(features=True)
    with h5py.File(path, "a") as h5:
        for key in "123":
            h5[f"features/tMax/{key}"][...] += 1
    assert not look(path).noted


def test_absent_features_are_computed(look, simulation):
    seen = look(simulation())
    traces = read_traces(seen.samples())
    assert seen.column("cMax") == pytest.approx([trace.max() for trace in traces])
    assert seen.column("tMax") == [trace.argmax() for trace in traces]
    assert seen.column("cVariance") == pytest.approx([trace.var(ddof=1) for trace in traces])
    assert all(count >= 0 for count in seen.column("nPeaks"))


def test_anomalies_are_told_with_their_place(look, simulation):
    path = simulation(count=4)
    with h5py.File(path, "a") as h5:
        h5["timeTraces/1"][5, 1] = np.nan
        h5["timeTraces/2"][5, 2] = np.inf
        h5["timeTraces/3"][:, 3] = 7
        del h5["timeTraces/4"]
        h5["timeTraces/4"] = np.random.default_rng(1).normal(size=(30, 4))
    seen = look(path)
    assert len(seen.keys) == 16
    words = seen.words
    assert "1/1: NaN in 1 trace" in words
    assert "2/2: infinite values in 1 trace" in words
    assert "3/3: 1 trace never change" in words
    assert "4: 4 traces of another length than the 40" in words
    marks = dict(zip(seen.keys, seen.column("anomaly"), strict=True))
    assert marks["1/1"] == "NaN"
    assert marks["2/2"] == "infinite"
    assert marks["3/3"] == "constant"
    assert marks["4/0"] == "length"
    assert marks["1/0"] is None
    assert len(read_traces(seen.samples())[-1]) == 30


def test_broken_files_are_skipped_and_the_rest_goes_on(look, simulation):
    good = simulation()
    folder = good.parent
    whole = good.read_bytes()
    (folder / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.h5").write_bytes(b"")
    (folder / "text.h5").write_text("not data\n" * 400)
    (folder / "noise.hdf5").write_bytes(np.random.default_rng(0).bytes(5000))
    (folder / "readme.txt").write_text("words")
    seen = look(folder)
    assert len(seen.keys) == 12
    reasons = {item.source: item.reason for item in seen.skipped}
    assert set(reasons) == {"cut.h5", "empty.h5", "text.h5", "noise.hdf5"}
    assert "truncated" in reasons["cut.h5"]
    assert "empty" in reasons["empty.h5"]
    assert "text file" in reasons["text.h5"]
    assert "not HDF5" in reasons["noise.hdf5"]
    assert "1 file of another kind left out (.txt)" in seen.words


def test_a_damaged_middle_costs_one_sample(look, simulation):
    path = simulation()
    with h5py.File(path, "a") as h5:
        values = h5["timeTraces/2"][()]
        del h5["timeTraces/2"]
        h5.create_dataset("timeTraces/2", data=values, chunks=values.shape, compression="gzip")
        place = h5["timeTraces/2"].id.get_chunk_info(0)
    with path.open("r+b") as stream:
        stream.seek(place.byte_offset + 20)
        stream.write(b"\xff" * 60)
    seen = look(path)
    assert len(seen.keys) == 8
    assert seen.skipped[0].where == "timeTraces/2"


def test_damaged_texts_are_not_followed(look, simulation):
    path = simulation(ids=None)
    with h5py.File(path, "a") as h5:
        h5.create_dataset("sim_ids", data=["first one", "second one", "third one"], dtype=h5py.string_dtype())
    assert look(path).column("simulation_id")[4] == "second one"
    whole = path.read_bytes()
    place = whole.index(b"GCOL") + 16
    for at, byte in ((place + 8, 0xFF), (place + 12, 0x7F), (place, 9), (place - 8, 0xFF), (place - 16, 0)):
        damaged = bytearray(whole)
        damaged[at] = byte
        path.write_bytes(damaged)
        seen = look(path)
        assert "texts cannot be read" in seen.words
        assert len(seen.keys) == 12


def test_ids_of_another_type_are_left_out(look, simulation):
    path = simulation(ids=None)
    with h5py.File(path, "a") as h5:
        h5.create_dataset("sim_ids", (3,), h5py.vlen_dtype(np.uint8))
    seen = look(path)
    assert "sim_ids" in seen.words
    assert seen.column("simulation_id")[::4] == ["1", "2", "3"]


def test_missing_groups_are_named(look, simulation):
    no_tissue = look(simulation(name="a_noise_0.01_1.h5", hops=None))
    assert set(no_tissue.labels) == {None}
    assert "distances are missing" in no_tissue.words
    path = simulation(name="b_noise_0.01_1.h5")
    with h5py.File(path, "a") as h5:
        del h5["timeTraces"]
    assert "timeTraces is missing" in look(path).skipped[0].reason
    with h5py.File(path, "a") as h5:
        h5.create_group("timeTraces")
    assert "there are no traces" in look(path).skipped[0].reason


def test_a_listed_simulation_without_traces_is_skipped(look, simulation):
    path = simulation(count=3)
    with h5py.File(path, "a") as h5:
        del h5["timeTraces/2"]
    seen = look(path)
    assert [item.where for item in seen.skipped] == ["timeTraces/2"]
    assert [one[-3:] for one in seen.column("simulation_id")[::4]] == ["1.0", "3.0"]


def test_a_copy_stays_in_the_group_of_the_original(look, simulation):
    simulation(name="a_noise_0.01_1.h5")
    folder = simulation(name="b_noise_0.01_2.h5").parent
    seen = look(folder)
    assert len(seen.keys) == 24
    assert len(set(seen.groups)) == 3
    assert "hold the same values as in a_noise_0.01_1.h5" in seen.words


def test_the_same_ids_with_other_values_are_told(look, simulation):
    ids = [b"x1", b"x2", b"x3"]
    simulation(name="a_noise_0.01_1.h5", ids=ids)
    folder = simulation(name="b_noise_0.01_2.h5", ids=ids, seed=5).parent
    seen = look(folder)
    assert len(set(seen.groups)) == 6
    assert "3 samples have simulation ids of a_noise_0.01_1.h5 but other values" in seen.words


def test_a_continuous_distance_is_binned_and_stays_a_column(look, simulation):
    path = simulation(hops=np.array([0.1, 0.4, 0.9, 2.2]))
    seen = look(path)
    assert seen.labels[:4] == ["0", "1", "2", "3"]
    assert seen.column("dis_to_target")[:2] == [0.1, 0.4]
    assert "import further files with bins=" in seen.words
    fixed = look(path, bins="0.5,1.5")
    assert fixed.labels[:4] == ["0", "0", "1", "2"]
    assert "3 classes at 0.5, 1.5" in fixed.words
    with pytest.raises(UserError, match="rising edges"):
        look(path, bins="2,1")


def test_a_distance_that_is_no_number_comes_in_unlabelled(look, simulation):
    seen = look(simulation(hops=np.array([0, 1, np.nan, 2.0])))
    assert seen.labels[:4] == ["0", "1", None, "2"]
    assert "1 cell has no valid distance" in seen.words


def test_absurd_sizes_are_not_read(look, simulation):
    path = simulation()
    with h5py.File(path, "a") as h5:
        h5.create_dataset("timeTraces/4", shape=(1 << 40, 4), chunks=(1024, 4), dtype="f8")
    seen = look(path)
    assert "more than can be right" in seen.skipped[0].reason
    assert len(seen.keys) == 12


def test_links_out_of_the_file_are_not_followed(look, simulation, tmp_path):
    other = simulation(name="../elsewhere.h5", seed=3)
    path = simulation()
    with h5py.File(path, "a") as h5:
        h5["timeTraces/4"] = h5py.ExternalLink(str(other), "timeTraces/1")
        h5.create_dataset("timeTraces/5", (40, 4), "f8", external=[(str(tmp_path / "raw.bin"), 0, 1280)])
    seen = look(path)
    assert len(seen.keys) == 12
    assert {item.where for item in seen.skipped} == {"timeTraces/4", "timeTraces/5"}
    assert all("not followed" in item.reason for item in seen.skipped)


def test_names_are_portable_and_unique(look, simulation, tmp_path):
    simulation(name="x/a_noise_0.01_1.h5")
    simulation(name="y/a_noise_0.01_1.h5", seed=2)
    together = look(tmp_path / "data")
    assert [found.name for found in together.found] == ["x/a_noise_0.01_1.h5", "y/a_noise_0.01_1.h5"]
    apart = look(tmp_path / "data" / "x", tmp_path / "data" / "y")
    assert [found.name for found in apart.found] == ["x/a_noise_0.01_1.h5", "y/a_noise_0.01_1.h5"]
    twice = look(tmp_path / "data" / "x", tmp_path / "data" / "x" / "a_noise_0.01_1.h5")
    assert len(twice.found) == 1


def test_a_missing_path_is_the_persons_mistake(look, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        look(tmp_path / "nothing")


def test_a_moved_file_is_named_with_the_way_out(look, simulation):
    path = simulation()
    samples = look(path).samples()
    path.rename(path.with_name("moved.h5"))
    with pytest.raises(UserError, match="winnow locate"):
        read_traces(samples)


def test_each_file_is_opened_once(look, simulation, monkeypatch):
    folder = simulation().parent
    simulation(name="b_noise_0.010_1.h5", seed=1)
    samples = look(folder).samples()
    opened = []
    real = container.opened
    monkeypatch.setattr(container, "opened", lambda path: opened.append(path) or real(path))
    order = np.random.default_rng(0).permutation(len(samples))
    traces = read_traces(samples.take(order))
    assert len(opened) == 2
    assert np.array_equal(traces[3], read_traces(samples)[order[3]])


@pytest.mark.parametrize(("side", "sizes"), [(5, [1, 6, 12, 6]), (7, [1, 6, 12, 18, 10, 2])])
def test_hops_give_the_published_class_sizes(side, sizes):
    rings = hops(*simulated(side, side), side * side // 2)
    assert np.bincount(rings).tolist() == sizes
    assert place(side, side, rings)[2]


def test_the_grid_reproduces_the_real_distances(look, shared_traces):
    seen = look(shared_traces / "sim_5x5_standin", per_file="1")
    rings = np.array(seen.column("dis_to_target")[:25], np.int64)
    column, row, fits = place(5, 5, rings)
    assert fits
    assert np.array_equal(hops(column, row, 12), rings)
    assert len(set(zip(column.tolist(), row.tolist(), strict=True))) == 25


def test_cells_without_a_grid_still_have_a_place():
    column, row, fits = place(0, 0, np.full(7, -1))
    assert not fits
    assert len(set(zip(column.tolist(), row.tolist(), strict=True))) == 7
