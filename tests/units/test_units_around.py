"""What is around a unit: units that are alike, single spikes, components, depths, the recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains.units import analyzer, load, phy, similar
from models.domains.units.fake import fake
from models.domains.units.phy import Phy
from models.domains.units.pieces import Piece, Pieces
from models.domains.units.raw import high_passed, of_phy
from models.payload import Around
from tests.units.sortings import write_phy

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "units"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sorting of 60 units on 24 channels."""
    for _ in fake(tmp_path, 60, 1, mode="phy", spikes=30_000, seconds=120, channels=24):
        pass
    return next(tmp_path.iterdir())


def around(one: Phy) -> Around:
    found = load._around(one)
    assert load._around(one) is found, "kept with the open sorting"
    return found


def test_units_that_are_alike_come_first(folder: Path) -> None:
    templates = np.load(folder / "templates.npy")
    index = np.load(folder / "templates_ind.npy")
    templates[7], index[7] = templates[3] * 1.5, index[3]
    np.save(folder / "templates.npy", templates)
    np.save(folder / "templates_ind.npy", index)
    one = phy.open_phy(folder)
    found = around(one).likenesses("3")
    assert found[0].key == "7"
    assert (found[0].cosine, found[0].distance) == (pytest.approx(1), pytest.approx(0, abs=1e-3))
    assert [item.cosine for item in found] == sorted((item.cosine for item in found), reverse=True)
    assert "3" not in [item.key for item in found]
    assert found[0].count == (np.load(folder / "spike_clusters.npy") == 7).sum()
    assert around(one).likenesses("nobody") == ()


def test_only_the_nearest_are_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "COMPARED", 10)
    one = phy.open_phy(folder)
    near = similar.near(one, int(one.peaks[3]), 10)
    apart = np.hypot(*(one.positions[one.peaks] - one.positions[one.peaks[3]]).T)
    assert len(near) == 11
    assert max(apart[int(key)] for key in near) <= np.sort(apart)[11]
    assert {item.key for item in around(one).likenesses("3")} <= set(near)


def test_the_dip_of_two_trains() -> None:
    rng = np.random.default_rng(0)
    one, other = (np.sort(rng.integers(0, 30_000 * 100, 4000)) for _ in range(2))
    assert similar.dip_of(one, other, 30_000) == pytest.approx(1, abs=0.25)
    away = np.abs(one[np.searchsorted(one, other).clip(1, len(one) - 1)] - other)
    before = np.abs(one[np.searchsorted(one, other).clip(1, len(one) - 1) - 1] - other)
    pausing = other[np.minimum(away, before) > 60]
    assert similar.dip_of(one, pausing, 30_000) == 0
    assert np.isnan(similar.dip_of(one[:5], other[:5], 30_000)), "too few to tell"


def test_depths_lie_on_the_probe_and_all_spikes_are_on_the_map(folder: Path) -> None:
    one = phy.open_phy(folder)
    found = around(one)
    depths, drift = found.depths("5"), found.drift()
    assert len(depths) == one.train("5").count  # type: ignore[union-attr]
    assert drift is not None
    assert drift.counts.sum() == 30_000
    assert drift.depths[0] < depths.min() <= depths.max() < drift.depths[-1]
    assert found.components("5") is found.snippets("5") is found.stretch("5", 0, 100, "raw") is None
    assert not len(found.depths("nobody"))


def test_components_are_on_the_channels_of_the_unit(tmp_path: Path) -> None:
    write_phy(tmp_path / "phy")
    folder = tmp_path / "phy"
    clusters = np.load(folder / "spike_clusters.npy").ravel()
    templates = np.load(folder / "templates.npy")
    rng = np.random.default_rng(1)
    values = rng.normal(size=(len(clusters), 3, 2)).astype(np.float32)
    one = phy.open_phy(folder)
    best = load.waveforms.best_channels(one.template(one.keys[0]), 2)
    index = np.tile(np.array(best), (len(templates), 1))
    np.save(folder / "pc_features.npy", values)
    np.save(folder / "pc_feature_ind.npy", index)
    found = around(phy.open_phy(folder)).components(one.keys[0])
    assert found is not None
    rows = np.flatnonzero(clusters == int(one.keys[0]))
    assert found.values == pytest.approx(values[rows][:, :2].transpose(0, 2, 1).reshape(len(rows), 4))
    assert found.spikes.tolist() == list(range(len(rows)))
    assert len(found.others) == len(clusters) - len(rows)


def test_the_recording_of_a_folder_is_cut_filtered_and_referenced(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    slow = 500 * np.sin(np.arange(30_000) / 30_000 * 2 * np.pi * 5)
    values = rng.normal(0, 5, (30_000, 4)) + slow[:, None]
    values[10_000:10_010, 2] -= 300
    values.astype(np.int16).tofile(tmp_path / "raw.bin")
    params = {"dat_path": "raw.bin", "n_channels_dat": 4, "dtype": "int16"}
    raw = of_phy(tmp_path, params, np.array([0, 1, 2]), 3, 30_000.0)
    assert raw is not None
    assert raw.length == 30_000
    assert np.abs(raw.piece(0, 30_000, [0], "raw")).max() > 400
    assert np.abs(raw.piece(3000, 9000, [0, 1, 2], "filtered")).max() < 60
    assert raw.cut(np.array([10_005]), [2, 0], 20, 40)[0, 0].min() < -150
    assert not raw.piece(-100, -50, [0], "raw").any()
    assert of_phy(tmp_path, {**params, "dat_path": "gone.bin"}, None, 3, 30_000.0) is None
    assert of_phy(tmp_path, {**params, "n_channels_dat": 2}, None, 3, 30_000.0) is None
    tone = np.sin(np.arange(3000) / 30_000 * 2 * np.pi * 2000)[None].astype(np.float32)
    assert np.abs(high_passed(tone, 30_000)[0, 500:2500]).max() == pytest.approx(1, abs=0.05)


@pytest.mark.skipif(not DATA.is_dir(), reason="the data are not here")
def test_an_analyzer_without_waveforms_tells_what_it_holds() -> None:
    one = analyzer.open_analyzer(DATA / "si_sim" / "analyzer")
    found = load._around(one)
    assert found.unit("u5") is not None
    assert found.unit("u99") is None
    similarity = np.load(DATA / "si_sim/analyzer/extensions/template_similarity/similarity.npy")
    row = similarity[one.keys.index("u5")].copy()
    row[one.keys.index("u5")] = -1
    assert found.likenesses("u5")[0].key == one.keys[int(row.argmax())]
    assert len(found.depths("u5")) == one.train("u5").count  # type: ignore[union-attr]
    assert found.drift() is not None


def test_a_made_unit_has_the_surroundings_of_its_sorting(folder: Path) -> None:
    one = phy.open_phy(folder)
    take = np.zeros(one.train("5").count, bool)  # type: ignore[union-attr]
    take[::2] = True
    whole = Pieces(one, (Piece("5", take), Piece("9")))
    found = load._made(whole, {}, {"key": "60", "title": "60"}).around
    assert found is not None
    assert len(found.depths("60")) == whole.count
    nine = one.train("9")
    assert nine is not None
    assert set(np.flatnonzero(one.spikes.codes == 9)) <= set(whole.places().tolist())  # type: ignore[union-attr]
    assert one.spikes.times[whole.places()].tolist() == whole.times().tolist()  # type: ignore[union-attr]
    assert len(found.likenesses("60")) > 5
