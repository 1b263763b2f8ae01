"""Tables of units: any separator, older names, labels and opinions, and rows that cannot be used."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.units.sortings import scanned, write_table

HEAD = "cluster_id,num_spikes,snr\n"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", " "])
def test_any_separator(tmp_path: Path, separator: str) -> None:
    text = "cluster_id,num_spikes,snr,label\n3,100,2.5,good\n4,50,1.5,noise\n".replace(",", separator)
    found = scanned(write_table(tmp_path / "a.csv", text)).one
    assert found.keys == ["3", "4"]
    assert found.columns["snr"] == [2.5, 1.5]
    assert found.labels == ["good", "noise"]


def test_a_decimal_comma_and_a_byte_order_mark(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_bytes("cluster_id;snr\n1;2,5\n".encode("utf-8-sig"))
    assert scanned(place).one.columns["snr"] == [2.5]
    place.write_bytes("cluster_id\tsnr\n1\t2.5\n".encode("utf-16"))
    assert scanned(place).one.columns["snr"] == [2.5]


def test_an_unnamed_first_column_holds_the_ids_unless_another_does(tmp_path: Path) -> None:
    assert scanned(write_table(tmp_path / "a.csv", ",snr\n7,1\n9,2\n")).one.keys == ["7", "9"]
    both = scanned(write_table(tmp_path / "b.csv", ",cluster_id,snr\n0,7,1\n1,9,2\n")).one
    assert both.keys == ["7", "9"]
    assert "" not in both.columns


def test_a_column_that_occurs_twice(tmp_path: Path) -> None:
    same = scanned(write_table(tmp_path / "a.csv", "cluster_id,snr,cluster_id\n7,1,7\n9,2,9\n"))
    assert same.one.keys == ["7", "9"]
    assert not same.noted
    other = scanned(write_table(tmp_path / "b.csv", "cluster_id,snr,snr\n7,1,5\n"))
    assert other.one.columns["snr"] == [1.0]
    assert "b.csv|snr" in other.note("occurs twice")


def test_older_names_are_renamed_with_their_sign(tmp_path: Path) -> None:
    text = "cluster_id,peak_to_valley,peak_trough_ratio,half_width\n1,0.0005,-0.4,0.0002\n"
    result = scanned(write_table(tmp_path / "a.csv", text))
    columns = result.one.columns
    assert columns["peak_to_trough_duration"] == [0.0005]
    assert columns["peak_after_to_trough_ratio"] == [0.4]
    assert columns["trough_half_width"] == [0.0002]
    assert "peak_trough_ratio is −peak_after_to_trough_ratio" in result.note("older versions")


def test_a_renamed_measure_stays_when_the_present_name_is_there(tmp_path: Path) -> None:
    text = "cluster_id,half_width,trough_half_width\n1,3,4\n"
    columns = scanned(write_table(tmp_path / "a.csv", text)).one.columns
    assert (columns["half_width"], columns["trough_half_width"]) == ([3.0], [4.0])


def test_durations_of_ecephys_are_in_ms(tmp_path: Path) -> None:
    columns = scanned(write_table(tmp_path / "metrics.csv", "cluster_id,duration,PT_ratio\n1,0.5,0.3\n")).one.columns
    assert columns["peak_to_trough_duration"] == [0.0005]
    assert columns["peak_after_to_trough_ratio"] == [0.3]


def test_infinities_stay_in_the_table_and_are_told(tmp_path: Path) -> None:
    result = scanned(write_table(tmp_path / "a.csv", "cluster_id,snr\n1,2\n2,inf\n3,-inf\n"))
    assert result.one.columns["snr"] == [2.0, math.inf, -math.inf]
    assert "a.csv|line 3|snr is infinite for 2 units" in result.note("infinite")


def test_words_where_numbers_are_due_count_as_missing(tmp_path: Path) -> None:
    result = scanned(write_table(tmp_path / "a.csv", HEAD + "1,10,2\n2,many,NaN\n3,30,\n"))
    assert result.one.columns["num_spikes"][0::2] == [10.0, 30.0]
    assert math.isnan(result.one.columns["num_spikes"][1])
    assert "a.csv|line 3|num_spikes is 'many', not a number" in result.note("many")


def test_a_measure_without_any_number_is_told(tmp_path: Path) -> None:
    result = scanned(write_table(tmp_path / "a.csv", HEAD + "1,10,\n2,20,nan\n"))
    assert "a.csv|snr" in result.note("no number at all")


def test_rows_that_cannot_be_used_are_skipped_by_line(tmp_path: Path) -> None:
    result = scanned(write_table(tmp_path / "a.csv", HEAD + "1,10,2\n,20,3\n1,30,4\n2,40\n\n3.0,50,6,\n"))
    assert result.one.keys == ["1", "3"]
    assert [(item.where, item.reason) for item in result.skipped] == [
        ("line 3", "the row has no unit id"),
        ("line 4", "unit 1 stands on line 2 already; the first counts"),
        ("line 5", "2 cells where the first line names 3 columns"),
    ]


def test_many_bad_rows_are_told_together(tmp_path: Path) -> None:
    rows = "".join(f"1,{number},2\n" for number in range(100))
    result = scanned(write_table(tmp_path / "a.csv", HEAD + rows))
    assert len(result.skipped) == 6
    assert "94 more such rows" in result.skipped[-1].reason


def test_a_table_without_ids_is_told_with_the_way_out(tmp_path: Path) -> None:
    place = write_table(tmp_path / "a.csv", "neuron,num_spikes,snr\n1,10,2\n")
    result = scanned(tmp_path)
    assert not result.found
    assert "no column cluster_id or unit_id: neuron, num_spikes, snr" in result.skipped[0].reason
    assert scanned(place, id="neuron").one.keys == ["1"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("cluster_id,snr\n", "there is no row below"),
        ("1,2\n3,4\n", "line 1 holds numbers"),
        ("cluster_id,snr\n,1\n", "no row holds a unit"),
        ("cluster\0id,snr\n1,2\n", "the file is no text"),
    ],
)
def test_broken_tables_are_one_message_each(tmp_path: Path, text: str, reason: str) -> None:
    write_table(tmp_path / "quality_metrics.csv", text)
    write_table(tmp_path / "other.csv", HEAD + "1,10,2\n")
    result = scanned(tmp_path)
    assert result.one.name == "other.csv"
    assert [item.source for item in result.skipped] == ["quality_metrics.csv"]
    assert reason in result.skipped[0].reason


def test_labels_by_column_and_by_setting(tmp_path: Path) -> None:
    text = (
        "cluster_id,snr,majority_vote,is_noise,verdict\n1,2,good,0,keep\n2,3,MUA,0,drop\n3,4,noise,1,drop\n4,1,,0,x\n"
    )
    place = write_table(tmp_path / "a.csv", text)
    found = scanned(place).one
    assert found.labels == ["good", "mua", "noise", None]
    assert not {"majority_vote", "is_noise"} & set(found.columns)
    assert scanned(place, label_column="verdict").one.labels == ["keep", "drop", "drop", "x"]
    assert "no table has a column 'nothing'" in scanned(place, label_column="nothing").note("no table has")


def test_binary_labels_are_classes_by_their_number(tmp_path: Path) -> None:
    assert scanned(write_table(tmp_path / "a.csv", "unit_id,snr,label\n1,2,0\n2,3,1.0\n")).one.labels == ["0", "1"]
    noise = scanned(write_table(tmp_path / "b.csv", "unit_id,snr,is_noise\n1,2,0\n2,3,1\n")).one
    assert noise.labels == ["neural", "noise"]


def test_a_number_with_decimals_is_no_class(tmp_path: Path) -> None:
    found = scanned(write_table(tmp_path / "a.csv", "unit_id,snr,quality,label\n1,2,0.5,1\n2,3,0.75,0\n")).one
    assert found.labels == ["1", "0"]
    assert found.columns["quality"] == [0.5, 0.75]


def test_further_opinions_are_votes_and_leave_the_unit_unlabelled(tmp_path: Path) -> None:
    text = "cluster_id,group,KSLabel,snr\n1,good,mua,2\n2,unsorted,good,3\n3,,,4\n"
    found = scanned(write_table(tmp_path / "cluster_info.tsv", text.replace(",", "\t"))).one
    assert found.labels == ["good", "", None]
    assert found.votes == [{"file:KSLabel": "mua"}, {"file:KSLabel": "good"}, {}]
    assert found.columns["ks_label"] == ["mua", "good", None]


def test_a_pair_of_tables_is_one_recording(tmp_path: Path) -> None:
    write_table(tmp_path / "mouse7" / "quality_metrics.csv", ",snr\n1,2\n2,3\n3,4\n")
    write_table(tmp_path / "mouse7" / "template_metrics.csv", ",half_width\n3,0.2\n1,0.1\n")
    write_table(tmp_path / "mouse7" / "cluster_group.tsv", "cluster_id\tgroup\n1\tgood\n3\tnoise\n9\tmua\n")
    result = scanned(tmp_path)
    found = result.one
    assert found.name == "mouse7/quality_metrics.csv"
    assert set(found.groups) == {"mouse7"}
    assert found.labels == ["good", None, "noise"]
    assert found.columns["trough_half_width"][0::2] == [0.1, 0.2]
    assert "mouse7/cluster_group.tsv|line 4|unit 9 is not among the 3 units" in result.note("unit 9")


def test_two_files_that_are_pointed_at_belong_together(tmp_path: Path) -> None:
    measures = write_table(tmp_path / "a" / "mouse3.csv", HEAD + "1,10,2\n2,20,3\n")
    labels = write_table(tmp_path / "b" / "cluster_group.tsv", "cluster_id\tgroup\n1\tgood\n2\tnoise\n")
    assert scanned(measures, labels).one.labels == ["good", "noise"]


def test_labels_go_to_the_table_that_has_their_units(tmp_path: Path) -> None:
    write_table(tmp_path / "quality_metrics.csv", HEAD + "1,1,1\n2,1,1\n3,1,1\n4,1,1\n")
    write_table(tmp_path / "new_data.csv", HEAD + "3,1,1\n77,1,1\n")
    write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n1\tgood\n2\tnoise\n3\tmua\n4\tmua\n")
    labels = {found.name: list(found.labels) for found in scanned(tmp_path).found}
    assert labels == {"quality_metrics.csv": ["good", "noise", "mua", "mua"], "new_data.csv": [None, None]}


def test_labels_alone_are_units(tmp_path: Path) -> None:
    found = scanned(write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n1\tgood\n2\t\n")).one
    assert (found.keys, found.labels) == (["1", "2"], ["good", None])


def test_one_table_of_many_recordings(tmp_path: Path) -> None:
    text = "session,unit_id,snr\nmonday,1,2\nmonday,2,3\ntuesday,1,4\n"
    found = scanned(write_table(tmp_path / "all.csv", text)).one
    assert found.keys == ["monday/1", "monday/2", "tuesday/1"]
    assert found.groups == ["all/monday", "all/monday", "all/tuesday"]
    asked = scanned(write_table(tmp_path / "other.csv", text.replace("session", "day")), group="day").one
    assert asked.groups[-1] == "other/tuesday"


def test_animal_probe_and_region(tmp_path: Path) -> None:
    write_table(tmp_path / "mouse1a_imec0.csv", "cluster_id,snr,brain_area\n1,2,CA1\n2,3,\n")
    write_table(tmp_path / "sub-x7" / "ses-2" / "quality_metrics.csv", HEAD + "1,10,2\n")
    first, second = scanned(tmp_path).found
    assert first.columns["session"] == ["mouse1a_imec0"] * 2
    assert first.columns["animal"] == ["mouse1"] * 2
    assert first.columns["probe"] == ["imec0"] * 2
    assert first.columns["region"] == ["CA1", None]
    assert second.groups == ["sub-x7/ses-2"]
    assert second.columns["animal"] == ["x7"]


def test_other_tables_are_left_out_with_a_note(tmp_path: Path) -> None:
    write_table(tmp_path / "people.csv", "name,age\nada,36\n")
    write_table(tmp_path / "ids.csv", "id,age\n1,36\n")
    write_table(tmp_path / "mouse.csv", HEAD + "1,10,2\n")
    result = scanned(tmp_path)
    assert result.one.name == "mouse.csv"
    assert not result.skipped
    assert {item.source for item in result.noted} == {"people.csv", "ids.csv"}


@pytest.mark.parametrize("named", ["cluster_id", "unit_id", None])
def test_a_parquet_table_as_pandas_writes_it(tmp_path: Path, named: str | None) -> None:
    frame = pd.DataFrame({"snr": [2.5, np.inf, np.nan], "num_spikes": [3, 4, 5], "group": ["good", None, "mua"]})
    frame.index = pd.Index([7, 9, 12], name=named)
    frame.to_parquet(tmp_path / "quality_metrics.parquet")
    found = scanned(tmp_path).one
    assert found.keys == ["7", "9", "12"]
    assert found.labels == ["good", None, "mua"]
    assert found.columns["snr"][:2] == [2.5, math.inf]
    assert math.isnan(found.columns["snr"][2])
    frame.reset_index(drop=True).assign(cluster_id=["a", "b", "c"]).to_parquet(tmp_path / "quality_metrics.parquet")
    assert scanned(tmp_path).one.keys == ["a", "b", "c"]


def test_a_parquet_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    place = tmp_path / "quality_metrics.parquet"
    pd.DataFrame({"cluster_id": [1], "snr": [2.0]}).to_parquet(place)
    place.write_bytes(place.read_bytes()[:-20])
    (skipped,) = scanned(tmp_path).skipped
    assert "no whole Parquet file" in skipped.reason
