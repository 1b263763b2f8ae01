"""The whole loop on generated data, as a script would drive it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any


def labels(winnow: Any, project: Path) -> dict[str, str | None]:
    rows = winnow.ok("samples", project, "--columns", "label")["rows"]
    return {row["id"]: row["label"] for row in rows}


def test_the_whole_loop(winnow: Any, data: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    assert winnow.ok("import", project, data, "--set", "per_file=all")["samples"] == 450
    run = winnow.ok("train", project, "--recipe", "forest", "--trees", 10, "--name", "before")["run"]
    wanted = winnow.ok("queue", project, "--run", run, "-n", 4)["queue"]
    picks = [entry["sample"] for entry in wanted[:3]]
    before = labels(winnow, project)
    act = winnow.ok("label", project, *(f"{name}=2" for name in picks), "--by", "ann")
    assert act["changed"] == 3
    assert {labels(winnow, project)[name] for name in picks} == {"2"}
    assert winnow.ok("undo", project, "--by", "bob")["undone"] is None
    assert winnow.ok("undo", project, "--by", "ann")["undone"]["undoes"] == act["event"]
    assert labels(winnow, project) == before
    assert winnow.ok("redo", project, "--by", "ann")["redone"]["redoes"] is not None
    assert winnow.ok("history", project, picks[0])["events"][0]["by"] == "ann"
    winnow.ok("flag", project, picks[0], "--as", "exclude")
    winnow.ok("note", project, picks[1], "second peak")
    assert winnow.ok("samples", project, "--where", "excluded", "--columns", "flags,note")["rows"][0]["flags"] == [
        "exclude"
    ]
    later = winnow.ok("train", project, "--recipe", "forest", "--trees", 10)
    assert later["snapshot"]["labels"] == 449
    assert later["run"] != run
    assert winnow.ok("compare", project, "before", "last")["verdict"]
    table = tmp_path / "labels.csv"
    assert winnow.ok("export", project, "--format", "csv", "--out", table)["written"] == 450
    rows = {row["sample"]: row for row in csv.DictReader(table.read_text().splitlines())}
    assert (rows[picks[1]]["by"], rows[picks[1]]["kind"], rows[picks[1]]["label"]) == ("ann", "human", "2")
    assert rows[picks[1]]["run"] == later["run"]
    other = tmp_path / "q"
    winnow.ok("new", other, "--domain", "traces")
    winnow.ok("import", other, data, "--set", "per_file=all", "--labels", table)
    assert labels(winnow, other) == labels(winnow, project)
    for name in (project, other):
        assert winnow.ok("check", name) == {"ok": True, "problems": [], "notes": []}


def test_exported_hdf5_comes_back_with_its_labels(winnow: Any, project: Path, tmp_path: Path) -> None:
    told = winnow.ok("export", project, "--format", "hdf5", "--out", tmp_path / "out")
    other = tmp_path / "q"
    winnow.ok("new", other, "--domain", "traces")
    winnow.ok("import", other, *told["files"], "--set", "per_file=all")
    assert sorted(map(str, labels(winnow, other).values())) == sorted(map(str, labels(winnow, project).values()))


def test_labels_from_a_spreadsheet(winnow: Any, data: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=1")
    names = list(labels(winnow, project))
    file = tmp_path / "edited.csv"
    lines = [
        "Sample;Label;who",
        f"{names[0]};3;x",
        f"{names[1]};2,0;",
        "nobody;1;",
        f"{names[2]};nine;",
        f"{names[3]};;",
        "",
    ]
    file.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    told = winnow.ok("label", project, "--from", file, "--by", "ann")
    assert told["changed"] == 3
    assert [(item["where"], item["reason"].split(".")[0]) for item in told["skipped"]] == [
        ("row 4", "no sample 'nobody' in this project"),
        ("row 5", "there is no class 'nine'"),
    ]
    now = labels(winnow, project)
    assert [now[name] for name in (names[0], names[1], names[3])] == ["3", "2", None]
    assert winnow.ok("undo", project, "--by", "ann")["undone"]["count"] == 3


def test_bulk_label_and_new_class(winnow: Any, data: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=1")
    assert winnow("label", project, "--where", "noise == 0.05", "--as", "odd").status == 1
    told = winnow.ok("label", project, "--where", "noise == 0.05", "--as", "odd", "--new-class")
    assert told["changed"] == 25
    assert winnow.ok("samples", project, "--where", 'label == "odd"')["found"] == 25
    assert winnow.ok("label", project, "--where", 'label == "odd"', "--as", "")["changed"] == 25
    assert winnow.ok("samples", project, "--where", "unlabelled")["found"] == 25


def test_one_broken_file_of_many_is_skipped(winnow: Any, data: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    (folder / "text.h5").write_text("not HDF5")
    winnow.ok("new", tmp_path / "p", "--domain", "traces")
    told = winnow.ok("import", tmp_path / "p", folder, "--set", "per_file=1")
    assert told["added"] == 75
    assert [Path(item["source"]).name for item in told["skipped"]] == ["text.h5"]
    ended = winnow("import", tmp_path / "p", folder / "text.h5")
    assert ended.status == 1
    assert "text.h5" in ended.err


def test_sources_that_moved_are_found_again(winnow: Any, data: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(data, tmp_path / "old")
    winnow.ok("new", tmp_path / "p", "--domain", "traces")
    winnow.ok("import", tmp_path / "p", tmp_path / "old", "--set", "per_file=1")
    (tmp_path / "old").rename(tmp_path / "new")
    ended = winnow("check", tmp_path / "p", "--json")
    assert ended.status == 1
    assert not ended.json["ok"]
    assert ended.err.count("\n") == 1
    assert winnow.ok("locate", tmp_path / "p", tmp_path / "old", tmp_path / "new") == {"found": 3, "missing": []}
    assert winnow.ok("check", tmp_path / "p")["ok"]


def test_purge_takes_samples_out_for_good(winnow: Any, data: Path, tmp_path: Path) -> None:
    winnow.ok("new", tmp_path / "p", "--domain", "traces")
    winnow.ok("import", tmp_path / "p", data, "--set", "per_file=1")
    assert winnow.ok("purge", tmp_path / "p", "--where", "noise == 0.01", "--yes") == {"purged": 25}
    assert winnow.ok("import", tmp_path / "p", data, "--set", "per_file=1")["samples"] == 50
    assert winnow.ok("check", tmp_path / "p")["ok"]


def test_external_split_file(winnow: Any, project: Path, tmp_path: Path) -> None:
    rows = winnow.ok("samples", project, "--columns", "noise")["rows"]
    groups = sorted({row["group"] for row in rows})
    lines = ["group,subset", *(f"{name},{('train', 'val', 'test')[i % 3]}" for i, name in enumerate(groups))]
    (tmp_path / "split.csv").write_text("\n".join(lines))
    sets = ("--recipe", "forest", "--trees", 5, "--no-baseline", "--split", tmp_path / "split.csv")
    split = winnow.ok("train", project, *sets)["split"]
    assert (split["kind"], split["train"], split["val"], split["test"]) == ("file", 150, 150, 150)


def test_config_file_and_copy_of_the_run(winnow: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("trees: 7\nleaf: 3\n")
    out = tmp_path / "copy"
    told = winnow.ok(
        "train",
        project,
        "--recipe",
        "forest",
        "--config",
        tmp_path / "c.yaml",
        "--leaf",
        4,
        "--no-baseline",
        "--out",
        out,
    )
    assert (told["params"]["trees"], told["params"]["leaf"]) == (7, 4)
    assert (out / "card.md").is_file()
    assert winnow.ok("predict", project, "--model", out, "--where", "row < 4")["predicted"] == 4
