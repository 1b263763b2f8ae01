"""Simulated or recorded traces of single cells in HDF5 files."""

from __future__ import annotations

from functools import partial

from models.domain import Column, Demo, Domain, Export, ImportKey
from models.lazy import LazyRow, lazy

#: What is found here by its path is loaded when it is called: the record itself stays light.
_own = partial(lazy, __name__)

_COLUMNS = (
    Column("simulation_id", "Simulation"),
    Column("sample_key", "Sample key", decimals=0),
    Column("cell_id", "Cell", decimals=0),
    Column("dis_to_target", "Distance", "hops", decimals=0),
    Column("noise", "Noise", decimals=3, main=True),
    Column("cMax", "cMax", "ΔF/F₀", decimals=2, main=True, feature=True),
    Column("cVariance", "cVariance", decimals=4, feature=True),
    Column("tMax", "tMax", "samples", decimals=0, feature=True),
    Column("nPeaks", "Peaks", decimals=0, feature=True),
    Column("stimMag", "Stimulus", decimals=2),
    Column("beta", "β", decimals=2),
    Column("kcross", "k-cross", decimals=4),
    Column("nSamples", "Simulations in the file", decimals=0),
    Column("batch", "Batch", decimals=0),
    Column("dataset", "Data set", main=True),
    Column("trace_id", "Trace name"),
    Column("indicator", "Indicator", main=True),
    Column("rate", "Rate", "samples/s", decimals=2, main=True),
    Column("fs_hz", "Rate in the file", "Hz", decimals=2),
    Column("length", "Length", "samples", decimals=0),
    Column("duration", "Duration", "s", decimals=1),
    Column("anomaly", "Anomaly"),
)

DOMAIN = Domain(
    name="traces",
    title="Cell traces",
    classes=("0", "1", "2", "3"),
    group="simulation",
    sample="cell",
    scan=_own("read.scan"),
    load=_own("load.load"),
    sketch=_own("load.sketch"),
    recipes=LazyRow(f"{__name__}.recipes", "RECIPES"),
    exports=(
        Export("cells", "Tidy table of cells (CSV, or Parquet by its suffix)", ".csv", _own("exports.write_cells")),
        Export("hdf5", "HDF5 in the simulations' layout, with labels", ".h5", _own("exports.write_hdf5")),
    ),
    fake=_own("fake.fake"),
    columns=_COLUMNS,
    class_titles={"0": "centre", "1": "1 hop", **{str(hops): f"{hops} hops" for hops in range(2, 10)}},
    import_keys={
        "per_file": ImportKey(
            "Simulations of each file",
            "The first so many of each file come in.",
            "a file",
            "1 or more, or all",
            "10",
        ),
        "bins": ImportKey(
            "Classes of a continuous distance",
            "Cut at quantiles or at edges. Whole hops are classes of their own.",
            "hops",
            "quantile:2 to quantile:50, or rising edges such as 0.5,1.5",
            "quantile:4",
        ),
        "mapping": ImportKey(
            "Layout of other HDF5",
            "Where traces, times and groups stand in files that are no simulations.",
            "",
            "JSON text, the path of a JSON file, or guess",
            "as before, else guessed",
        ),
    },
    fake_keys={
        "noise": "noise levels, as 0.01,0.02,0.03,0.04,0.05",
        "tissue": "5x5 or 7x7 cells",
        "length": "samples of each trace (1001)",
        "ceiling": "simulations of each noise level that the ceiling is estimated from (40)",
    },
    ordinal=True,
    baseline="forest",
    by_columns=("noise",),
    metadata=_own("metadata.metadata"),
    suffixes=(".h5", ".hdf5"),
    short=_own("shorts.short"),
    nouns=_own("nouns.nouns"),
    demo=Demo(24, {"per_file": "all"}, "forest", {"features": "all"}),
)
