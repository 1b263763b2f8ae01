"""Units merged, split and removed: their spikes and waveforms, their names, and what curation files ask for."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from app.cli import call
from models.domains import domain
from models.domains.units import similar, trains
from models.domains.units.pieces import Piece, Pieces, pieces_of, read_pieces, united, write_pieces
from models.domains.units.structure import isi_parts
from models.errors import UserError
from models.job import Job
from models.orders.editing import steps_of, waiting
from models.payload import Unit
from models.store.check import check
from models.store.project import Project
from models.structure import Edit
from tests.units.sortings import write_phy, write_table
from widgets.unit.digest import Lags, digest
from widgets.unit.parting import preview_merge, preview_split
from workers.inline import run

UNITS = domain("units")


def say(*arguments: str) -> tuple[int, str, str]:
    """Exit status and what was written to both outputs."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = call([*arguments])
    return status, out.getvalue(), err.getvalue()


def winnow(*arguments: str) -> Any:
    status, out, err = say(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project of a phy folder with the units 0, 2, 3 and 7."""
    write_phy(tmp_path / "mouse1_imec0")
    winnow("new", str(tmp_path / "p"), "--domain", "units")
    winnow("import", str(tmp_path / "p"), str(tmp_path / "mouse1_imec0"))
    return tmp_path / "p"


def shown(project: Project, row: int) -> Unit:
    (payload,) = UNITS.load(project.samples, row)
    assert isinstance(payload, Unit)
    return payload


def act(project: Project, *edits: Edit) -> tuple[int, ...]:
    return project.restructure(steps_of(project, UNITS, edits), "ann", "act").made


def live(project: Project) -> list[str]:
    return project.samples.take(project.journal.fold.live).table.column("key").to_pylist()


def times(project: Project, row: int) -> np.ndarray[Any, Any]:
    spikes = shown(project, row).spikes
    assert spikes is not None
    return spikes.times()


def test_a_merged_unit_has_the_spikes_of_both_and_their_mean_waveform(place: Path) -> None:
    with Project.open(place) as project:
        one, two = shown(project, 0), shown(project, 1)
        (row,) = act(project, Edit("merge", (0, 1)))
        unit = shown(project, row)
        assert live(project) == ["3", "7", "8"]
        assert unit.spikes is not None
        assert one.spikes is not None
        assert two.spikes is not None
        both = np.concatenate([one.spikes.times(), two.spikes.times()])
        order = np.argsort(both, kind="stable")
        assert unit.spikes.times().tolist() == both[order].tolist()
        amplitudes = np.concatenate([one.spikes.amplitudes(), two.spikes.amplitudes()])[order]
        assert unit.spikes.amplitudes().tolist() == amplitudes.tolist()
        share = one.spikes.count / len(both)
        assert np.allclose(unit.template, share * one.template + (1 - share) * two.template, atol=1e-6)
        meta = project.samples.sample(row).meta
        assert meta["num_spikes"] == len(both)
        assert (meta["animal"], meta["probe"]) == ("mouse1", "imec0")
        assert "merged from 0 + 2" in unit.facts
        assert np.isfinite(UNITS.sketch(project.samples, np.array([row]), 16)).all()


def test_a_preview_shows_the_waveforms_that_will_be(place: Path) -> None:
    with Project.open(place) as project:
        whole = digest(shown(project, 3))
        folder = project.samples.sample(3).source
        mask = np.load(folder / "spike_templates.npy")[np.load(folder / "spike_clusters.npy") == 7] == 3
        seen = preview_split(whole, mask, 0.0015, Lags())
        made = act(project, Edit("split", (3,), {"indices": [np.flatnonzero(mask).tolist()]}))
        for column, row in zip(seen.columns[1:], made, strict=True):
            assert np.array_equal(column.digest.unit.template, shown(project, row).template)
            assert column.digest.unit.best == shown(project, row).best
        seen = preview_merge([digest(shown(project, row)) for row in (0, 1)], 0.0015, Lags())
        (merged,) = act(project, Edit("merge", (0, 1)))
        unit = seen.columns[-1].digest.unit
        assert np.allclose(unit.template, shown(project, merged).template, atol=1e-6)
        assert unit.best == shown(project, merged).best
        again = digest(shown(project, merged))
        first = np.isin(again.times, digest(shown(project, 0)).times)
        seen = preview_split(again, first, 0.0015, Lags())
        (one, _two) = act(project, Edit("split", (merged,), {"indices": [np.flatnonzero(first).tolist()]}))
        assert np.allclose(seen.columns[1].digest.unit.template, shown(project, one).template, atol=1e-6)


def test_similar_units_are_those_that_are_there_with_their_own_templates(place: Path) -> None:
    with Project.open(place) as project:
        owners = np.load(project.samples.sample(3).source / "spike_templates.npy")
        clusters = np.load(project.samples.sample(3).source / "spike_clusters.npy")
        one, two = act(project, Edit("split", (3,), {"parts": (owners[clusters == 7] == 3).astype(int).tolist()}))
        (merged,) = act(project, Edit("merge", (0, 1)))
        unit = shown(project, merged)
        assert unit.around is not None
        likes = {like.key: like for like in unit.around.likenesses("10")}
        assert set(likes) == {"3", "8", "9"}, "neither itself nor what went into others"
        for key, row in (("8", one), ("9", two)):
            part = shown(project, row)
            assert part.spikes is not None
            assert likes[key].count == part.spikes.count
            assert likes[key].cosine == pytest.approx(similar.cosine(unit.template, part.template), abs=1e-5)
        bare = shown(project, 2)
        assert bare.around is not None
        assert {like.key for like in bare.around.likenesses("3")} == {"8", "9", "10"}
        project.journal.undo("ann")
        bare = shown(project, 2)
        assert bare.around is not None
        assert {like.key for like in bare.around.likenesses("3")} == {"0", "2", "8", "9"}


def test_a_split_unit_is_its_parts_and_merged_again_is_whole(place: Path) -> None:
    with Project.open(place) as project:
        whole = times(project, 3)
        parts = np.arange(len(whole)) % 2
        one, two = act(project, Edit("split", (3,), {"parts": parts.tolist()}))
        assert times(project, one).tolist() == whole[::2].tolist()
        assert times(project, two).tolist() == whole[1::2].tolist()
        assert live(project) == ["0", "2", "3", "8", "9"]
        (third, rest) = act(project, Edit("split", (one,), {"indices": [[0, 1]]}))
        assert times(project, third).tolist() == whole[[0, 2]].tolist()
        (again,) = act(project, Edit("merge", (third, rest, two)))
        assert times(project, again).tolist() == whole.tolist()
        sample = project.samples.sample(again)
        assert pieces_of(sample.key, sample.meta) == (Piece("7"),), "a unit that is whole again is one piece"
        assert np.allclose(shown(project, again).template, shown(project, 3).template, atol=1e-6)
        assert check(project) == []


def test_a_merged_unit_is_split_in_the_order_of_time(place: Path) -> None:
    with Project.open(place) as project:
        (row,) = act(project, Edit("merge", (0, 1)))
        whole = times(project, row)
        parts = (np.arange(len(whole)) % 3 == 0).astype(int)
        made = act(project, Edit("split", (row,), {"parts": parts.tolist()}))
        assert [times(project, part).tolist() for part in made] == [whole[parts == n].tolist() for n in (0, 1)]


def test_the_spread_of_a_merged_unit_counts_how_far_its_parts_are_apart() -> None:
    counts, means = {"a": 3, "b": 1}, {"a": 0.0, "b": 4.0}
    sorting = SimpleNamespace(
        spikes=None,
        train=lambda key: SimpleNamespace(count=counts[key]),
        template=lambda key, rough=False: np.full((1, 1), means[key]),
        deviation=lambda _key: np.ones((1, 1)),
    )
    # Of 0 0 0 4, each with a spread of its own of 1: a variance of 1 + 3.
    spread = Pieces(cast(Any, sorting), [Piece("a"), Piece("b")]).deviation()
    assert spread is not None
    assert spread.tolist() == [[2.0]]


def test_a_split_takes_waveforms_of_the_templates_that_found_its_spikes(place: Path) -> None:
    with Project.open(place) as project:
        folder = project.samples.sample(3).source
        owners = np.load(folder / "spike_templates.npy")[np.load(folder / "spike_clusters.npy") == 7]
        one, two = act(project, Edit("split", (3,), {"parts": (owners == 3).astype(int).tolist()}))
        assert shown(project, one).best == (1, 2)
        assert shown(project, two).best == (3, 4)


def test_a_split_by_intervals_leaves_no_violation(place: Path) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        train = np.sort(rng.integers(0, 2_000, 300))
        parts = isi_parts(train, 1000.0, 0.005)
        assert np.diff(train[parts == 0]).min() >= 5
        kept: list[int] = []
        for time in train.tolist():
            if not kept or time - kept[-1] >= 5:
                kept.append(time)
        assert train[parts == 0].tolist() == kept
    with Project.open(place) as project:
        limit = float(np.median(np.diff(times(project, 3)))) / 20
        one, two = act(project, Edit("split", (3,), {"isi": limit}))
        assert np.diff(times(project, one)).min() >= limit * 20
        assert len(times(project, one)) + len(times(project, two)) == len(times(project, 3))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("merge", (0,)), "choose at least 2, not 1"),
        (Edit("split", (0, 1), {"isi": 1.0}), "choose 1, not 2"),
        (Edit("split", (0,), {"parts": [0, 1]}), r"tells a part for 2 spikes; it has \d+"),
        (Edit("split", (0,), {"parts": [0]}), r"tells a part for 1 spike; it has \d+"),
        (Edit("split", (0,), {"indices": [[0], [0]]}), "puts a spike into two parts"),
        (Edit("split", (0,), {"indices": [[100_000]]}), "names spike 100000"),
        (Edit("split", (0,), {"indices": [[-1, 0]]}), "names spike -1"),
        (Edit("split", (0,), {"indices": [[0.5, 1]]}), "no whole number"),
        (Edit("split", (0,), {"indices": [["a"]]}), "no whole number"),
        (Edit("split", (0,), {"indices": [[0, [1]]]}), "no whole number"),
        (Edit("split", (0,), {"isi": "x"}), "tells isi 'x'; give an interval in ms above 0"),
        (Edit("split", (0,), {"isi": -1}), "tells isi -1"),
        (Edit("split", (0,), {"indices": [[]]}), "leaves all its spikes in one part"),
        (Edit("split", (0,), {}), "tells neither parts nor indices nor isi"),
        (Edit("melt", (0,)), "there is no melt for Spike-sorting units. Known: merge, split, remove"),
    ],
)
def test_what_cannot_be_is_one_sentence(place: Path, edit: Edit, words: str) -> None:
    with Project.open(place) as project:
        position = project.journal.position
        with pytest.raises(UserError, match=words):
            act(project, edit)
        assert project.journal.position == position


def test_units_of_two_recordings_stay_apart(place: Path) -> None:
    write_phy(place.parent / "mouse2")
    winnow("import", str(place), str(place.parent / "mouse2"))
    with Project.open(place) as project, pytest.raises(UserError, match="different recordings"):
        act(project, Edit("merge", (0, 4)))


def test_a_sorting_that_changed_since_is_told(place: Path) -> None:
    with Project.open(place) as project:
        (one, _) = act(project, Edit("split", (3,), {"indices": [[0, 1]]}))
        folder = project.samples.sample(3).source
        clusters = np.load(folder / "spike_clusters.npy")
        clusters[np.flatnonzero(clusters == 7)[:3]] = 2
        np.save(folder / "spike_clusters.npy", clusters)
        with pytest.raises(UserError, match="sorted or curated anew since unit 7 was split"):
            shown(project, one)
        assert np.isnan(UNITS.sketch(project.samples, np.array([one]), 8)).all()


def test_a_merge_begins_with_the_label_that_all_have(place: Path) -> None:
    with Project.open(place) as project:
        project.journal.label_each([0, 1, 2], ["good", "good", "mua"], "bob")
        (row,) = act(project, Edit("merge", (0, 1)))
        (other,) = act(project, Edit("merge", (2, row)))
        assert project.journal.fold.labels()[[row, other]].tolist() == ["good", None]
        project.journal.undo("ann")
        project.journal.undo("ann")
        assert project.journal.fold.labels()[[0, 1, row]].tolist() == ["good", "good", None]


def test_a_single_unit_is_measured_as_it_would_be_in_a_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    train = np.sort(rng.integers(0, 4_000_000, 5_000))
    sizes = rng.normal(10, 1, 5_000)
    monkeypatch.setattr(trains, "_CHUNK", 777)
    whole = trains.train_measures(trains.Spikes(train, np.zeros(5_000, np.int64), 1, sizes), 30_000.0, 140.0)
    alone = trains.train_measures(trains.one_unit(train, sizes), 30_000.0, 140.0)
    assert {name: value.tolist() for name, value in alone.items()} == {
        name: value.tolist() for name, value in whole.items()
    }


def test_pieces_are_small_and_come_back() -> None:
    rng = np.random.default_rng(0)
    take = rng.random(100_000) < 0.5
    text = write_pieces([Piece("3"), Piece("ü", take)])
    assert len(text) < 20_000
    first, second = read_pieces(text)
    assert (first.unit, first.take, second.unit) == ("3", None, "ü")
    assert second.take is not None
    assert (second.take == take).all()
    assert united([[second], [Piece("ü", ~take)]]) == (Piece("ü"),)
    for broken in ("", "[", '[{"unit": "3", "of": 8, "take": "x"}]'):
        with pytest.raises(UserError, match="made of"):
            read_pieces(broken)


# Files and the command line


def test_the_curation_of_an_analyzer_is_applied_as_spikeinterface_does(data: Path, tmp_path: Path) -> None:
    import spikeinterface as si
    from spikeinterface.curation import apply_curation

    shutil.copytree(data / "si_sim" / "analyzer", tmp_path / "analyzer")
    place, file = str(tmp_path / "p"), data / "curation_json" / "curation_v2.json"
    winnow("new", place, "--domain", "units")
    assert winnow("import", place, str(tmp_path / "analyzer"))["samples"] == 16
    planned = winnow("edit", place, "--from", str(file), "--dry-run")
    assert (planned["event"], winnow("summary", place)["samples"]) == (None, 16)
    told = winnow("edit", place, "--from", str(file), "--by", "ann")
    assert {name: told[name] for name in ("retired", "new")} == {name: planned[name] for name in ("retired", "new")}
    assert told["new"] == ["analyzer#u16", "analyzer#u17", "analyzer#u18"]
    assert told["changed"] == planned["changed"] == 7
    assert (winnow("summary", place)["samples"], winnow("summary", place)["retired"]) == (15, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = si.load_sorting_analyzer(tmp_path / "analyzer")
        theirs = apply_curation(whole, json.loads(file.read_text()), sparsity_overlap=0)
    with Project.open(tmp_path / "p") as project:
        assert set(live(project)) == set(theirs.unit_ids)
        measured = theirs.get_extension("quality_metrics").get_data()
        for row in project.rows_of(told["new"]).tolist():
            sample = project.samples.sample(row)
            train = theirs.sorting.get_unit_spike_train(sample.key, segment_index=0)
            assert times(project, row).tolist() == train.tolist()
            for name in ("num_spikes", "firing_rate", "isi_violations_ratio", "presence_ratio"):
                assert sample.meta[name] == pytest.approx(measured.loc[sample.key, name]), name
        merged = project.samples.sample(int(project.rows_of(["analyzer#u16"])[0]))
        assert merged.meta["snr"] == pytest.approx(measured.loc["u16", "snr"])
        part = project.samples.sample(int(project.rows_of(["analyzer#u17"])[0]))
        assert part.meta["snr"] is None, "of a part no waveform is known, so that of the whole is not told for it"
        assert waiting(project) == []
        assert check(project) == []
    assert winnow("undo", place, "--by", "ann")["undone"]["title"] == (
        "Undo merge of 2 units, split of 1 unit into 2, removal of 1 unit"
    )
    assert winnow("summary", place)["samples"] == 16
    again = winnow("edit", place, "--from", str(file), "--by", "bob")
    assert again["new"] == told["new"], "the same act makes the same units"


def test_measures_wait_until_they_are_computed(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "si_sim" / "analyzer", tmp_path / "analyzer")
    winnow("new", str(tmp_path / "p"), "--domain", "units")
    winnow("import", str(tmp_path / "p"), str(tmp_path / "analyzer"))
    with Project.open(tmp_path / "p") as project:
        (row,) = act(project, Edit("merge", (4, 5)))
        meta = project.samples.sample(row).meta
        assert meta["snr"] is None
        assert meta["num_spikes"] == sum(project.samples.sample(parent).meta["num_spikes"] for parent in (4, 5))
        assert waiting(project) == [row]
        assert "being computed" in shown(project, row).note
    assert run(Job("measure", {"project": str(tmp_path / "p")}, "")) == {"measured": 1}
    with Project.open(tmp_path / "p") as project:
        assert project.samples.sample(row).meta["snr"] > 0
        assert waiting(project) == []
        assert not shown(project, row).note


def test_a_plain_list_of_edits(place: Path) -> None:
    file = write_table(
        place.parent / "edits.json",
        json.dumps(
            {"merges": [["0", "2"]], "splits": [{"unit": 7, "isi": 1000, "new": ["7a", "7b"]}], "removals": [3]}
        ),
    )
    told = winnow("edit", str(place), "--from", str(file))
    assert told["new"] == ["mouse1_imec0#8", "mouse1_imec0#7a", "mouse1_imec0#7b"]
    history = winnow("history", str(place), "mouse1_imec0#8")["events"]
    assert history[0]["changes"][0]["after"] == {"act": "merge", "of": ["mouse1_imec0#0", "mouse1_imec0#2"]}


def test_a_name_that_is_taken_is_not_given_silently(place: Path) -> None:
    wanted = {"merges": [{"unit_ids": ["0", "2"], "new_unit_id": 7}], "splits": [{"unit": 3, "isi": 1000, "new": [30]}]}
    file = write_table(place.parent / "edits.json", json.dumps(wanted))
    for more in (["--dry-run"], []):
        told = winnow("edit", str(place), "--from", str(file), *more)
        assert told["new"] == ["mouse1_imec0#8", "mouse1_imec0#30", "mouse1_imec0#9"]
        assert told["notes"] == ["7 is the name of another one, or was: what is made is named 8 instead."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no whole JSON"),
        ('{"merges": []}', "asks for no merge, split or removal"),
        ('{"merges": [["0", "99"]]}', "names the unit 99, which is not there"),
        ('{"splits": [{"isi": 1}]}', "'unit' is missing"),
        ('{"merges": [["0"]]}', "choose at least 2, not 1"),
        ('{"merges": ["0, 2"]}', "the merge '0, 2' is no list of units"),
        ('{"merges": [["0", "2"], ["2", "3"]]}', "named twice"),
        ('{"splits": [{"unit": 7, "indices": [0, 1]}]}', r"no list of lists: write .* \[\[0, 1, 5\]\]"),
        ('{"splits": [{"unit": 7, "indices": 3}]}', "no list of lists"),
        ("[" * 200_000, "nests its brackets too deeply"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(place: Path, text: str, words: str) -> None:
    file = write_table(place.parent / "edits.json", text)
    status, _, err = say("edit", str(place), "--from", str(file))
    assert status == 1
    assert re.search(words, err), err
    assert [line[:7] for line in err.splitlines()] == ["winnow:"]


def test_a_purge_names_and_counts_the_whole_family_before_it_takes_it(place: Path) -> None:
    with Project.open(place) as project:
        act(project, Edit("merge", (0, 1)))
    status, _, err = say("purge", str(place), "--where", 'id == "mouse1_imec0#0"')
    assert status == 1
    assert "of 3 samples: 1 chosen one (mouse1_imec0#0) and 2 that hold the same data" in err
    assert "(mouse1_imec0#2 and mouse1_imec0#8). Say --yes to do it." in err
    with Project.open(place) as project:
        assert len(project.samples) == 5, "nothing went yet"
    gone = winnow("purge", str(place), "--where", 'id == "mouse1_imec0#0"', "--yes")
    assert gone == {"purged": 3, "also": ["mouse1_imec0#2", "mouse1_imec0#8"]}
    status, _, err = say("purge", str(place), "--where", 'id == "mouse1_imec0#3"')
    assert "of 1 sample: 1 chosen one (mouse1_imec0#3). Say --yes to do it." in err


def test_other_domains_have_no_structure(tmp_path: Path) -> None:
    winnow("new", str(tmp_path / "t"), "--domain", "traces")
    status, _, err = say("edit", str(tmp_path / "t"), "--from", "x.json")
    assert status == 1
    assert "samples of Cell traces are as their files tell" in err
