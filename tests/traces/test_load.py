"""What the viewers get: traces, overlays, marks, tissue, small lines; lazily where long."""

from __future__ import annotations

import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from models.domains import NAMES, domain
from models.domains.traces import blocks
from models.domains.traces import load as loading
from models.domains.traces.load import load, sketch, thin
from models.domains.traces.metadata import metadata
from models.domains.traces.shorts import ENDING, short
from models.errors import UserError
from models.payload import Tissue, Traces


def test_the_domain_is_found_by_its_name():
    assert "traces" in NAMES
    record = domain("traces")
    assert record.ordinal
    assert record.baseline in {recipe.name for recipe in record.recipes}
    assert {export.name for export in record.exports} == {"cells", "hdf5"}
    with pytest.raises(UserError, match="Did you mean traces"):
        domain("trace")


def test_a_simulated_cell_shows_its_trace_and_tissue(look, simulation):
    seen = look(simulation())
    samples = seen.samples()
    traces, tissue = load(samples, 6)
    assert isinstance(traces, Traces)
    assert isinstance(tissue, Tissue)
    assert traces.title == "5/02:02"
    assert traces.rate is None
    assert traces.unit == "ΔF/F₀"
    assert traces.note == "", "the axis says that there is no rate"
    assert traces.facts[:2] == ("noise 0.040", "β 0.40")
    (mark,) = traces.marks
    assert mark.at == seen.column("tMax")[6]
    assert mark.text == f"cMax {seen.column('cMax')[6]:.2f}"
    assert traces.reader.length == 40
    assert tissue.chosen == 2
    assert tissue.ring.tolist() == [1, 0, 1, 2]
    assert tissue.cells == tuple(samples.ids()[4:8])
    assert np.array_equal(tissue.traces[2], traces.reader.read(0, 40, 40)[0][0])


def test_a_cell_that_is_not_in_the_project_has_no_id(look, simulation):
    samples = look(simulation()).samples()
    kept = samples.take([row for row in range(len(samples)) if row != 5])
    _, tissue = load(kept, 4)
    assert isinstance(tissue, Tissue)
    assert [bool(name) for name in tissue.cells] == [True, False, True, True]


def test_overlays_are_the_same_cell_at_other_noises(look, simulation):
    common = "sim_data__stimMag_0.50_beta_{}_noise_{}_kcross_0.0050_nSamples_3_{}.h5"
    for number, (beta, noise) in enumerate(
        [("0.40", "0.010"), ("0.40", "0.030"), ("0.40", "0.050"), ("0.60", "0.010")]
    ):
        path = simulation(name=common.format(beta, noise, number), seed=number)
    samples = look(path.parent).samples()
    row = samples.ids().index(f"{common.format('0.40', '0.030', 1)}#2/1")
    traces = load(samples, row)[0]
    assert [name for name, _ in traces.overlays] == ["noise 0.010", "noise 0.050"]
    other = samples.ids().index(f"{common.format('0.40', '0.050', 2)}#2/1")
    shown = traces.overlays[1][1].read(0, 40, 40)[0]
    assert np.array_equal(shown, load(samples, other)[0].reader.read(0, 40, 40)[0])


def test_the_stand_in_loads_fast_and_in_its_true_geometry(look, shared_traces):
    samples = look(shared_traces / "sim_5x5_standin", per_file="all").samples()
    load(samples, 0)
    times = []
    for row in range(0, 825, 55):
        start = time.process_time()
        payloads = load(samples, row)
        times.append(time.process_time() - start)
    assert np.median(times) < 0.05, "10 ms on a quiet machine"
    tissue = payloads[1]
    assert np.bincount(tissue.ring).tolist() == [1, 6, 12, 6]
    start = time.process_time()
    assert np.isfinite(sketch(samples, np.arange(100), 80)).all()
    assert time.process_time() - start < 0.5


def test_a_recording_has_a_time_axis_and_its_spikes(look, shared_traces):
    seen = look(shared_traces / "cascade_ground_truth" / "DS23-OGB1-m-PV-V1.h5")
    samples = seen.samples()
    (traces,) = load(samples, 0)
    with h5py.File(seen.found[0].source) as h5:
        group = h5[seen.keys[0]].parent
        times, events = group["time_s"][()], group["events_AP"][()]
    assert traces.rate == pytest.approx(15.625)
    assert traces.start == pytest.approx(times[0])
    assert [mark.at for mark in traces.marks] == pytest.approx((events * 1e-4).tolist())
    assert traces.marks[-1].at <= times[-1] + 1
    assert traces.mark_words == "spikes (events_AP)"
    assert traces.title == short(samples, 0), "as the list calls it"
    assert len(traces.title) <= ENDING
    assert traces.facts, "the short name leaves room for them"
    assert traces.unit == "ΔF/F"


def test_long_traces_are_read_piece_by_piece(look, tmp_path, monkeypatch):
    path = tmp_path / "long.h5"
    values = np.random.default_rng(0).normal(size=(2, 50_000))
    with h5py.File(path, "w") as h5:
        h5["signal"] = values
    samples = look(path).samples()
    monkeypatch.setattr(loading, "WHOLE", 1000)
    monkeypatch.setattr(blocks, "WHOLE", 1000)
    (traces,) = load(samples, 1)
    reader = traces.reader
    assert isinstance(reader, blocks.FileReader)
    assert (reader.channels, reader.length) == (1, 50_000)
    low, high = reader.read(100, 49_900, 83)
    edges = 100 + (np.arange(83) * 49_800) // 83
    assert np.array_equal(low[0], np.minimum.reduceat(values[1, :49_900], edges))
    assert np.array_equal(high[0], np.maximum.reduceat(values[1, :49_900], edges))
    assert np.array_equal(reader.read(5, 25, 100)[0][0], values[1, 5:25])
    assert sketch(samples, np.array([0, 1]), 60).shape == (2, 60)


def test_a_missing_file_says_what_to_do_and_the_small_line_is_empty(look, simulation):
    path = simulation()
    samples = look(path).samples()
    path.unlink()
    with pytest.raises(UserError, match="winnow locate"):
        load(samples, 0)
    assert np.isnan(sketch(samples, np.array([0, 1]), 20)).all()


def test_small_lines_keep_the_extremes():
    trace = np.zeros(1001)
    trace[[17, 998]] = 5, -3
    trace[500] = np.nan
    line = thin(trace, 80)
    assert line.shape == (80,)
    assert line.max() == 5
    assert line.min() == -3
    assert thin(np.arange(4.0), 10).shape == (10,)
    assert np.isnan(thin(np.zeros(0), 4)).all()


def test_metadata_never_tells_the_place_of_a_cell(look, simulation):
    samples = look(simulation()).samples()
    table = metadata(samples)
    assert table.shape[0] == len(samples)
    assert (table == table[0]).all(), "all cells of one file look alike without their traces"


def test_the_record_is_light():
    import subprocess
    import sys

    code = (
        "import sys, models.domains.traces as t; t.DOMAIN; "
        "print([m for m in ('torch', 'sklearn', 'pandas', 'h5py', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"
