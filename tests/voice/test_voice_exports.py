"""Combined tables of sub-bases, class folders that come back, and the list of files without flags."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.voice.spoken import DATA, data_set, scanned, split_folder, survey, table, tone, uuid_of, wav
from workers.inline import run

HEAD = ["healthCode", "health_code", "record_id", "column_id", "image_rel_path", "label", "fold", "subset"]


def do(order: str, **arguments: Any) -> Any:
    return run(Job(order, arguments, order))


def project_of(place: Path, *sources: Path) -> Path:
    Project.create(place, "voice").close()
    do("import_samples", project=str(place), sources=[str(source) for source in sources])
    return place


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def head_of(path: Path) -> list[str]:
    return path.read_text("utf-8").split("\n", 1)[0].split(",")


def test_combined_tables_repeat_each_patient_over_all_its_images(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", data_set(tmp_path / "set"))
    told = do("export", project=str(project), format="combined", out=str(tmp_path / "out"))
    assert told["written"] == 16
    assert told["skipped"] == []
    assert len(told["files"]) == 10
    index = tmp_path / "out" / "melspec_index.csv"
    assert head_of(index) == ["healthCode", "record_id", "column_id", "image_rel_path"]
    assert len(rows_of(index)) == 16
    one = tmp_path / "out" / "audio_imbalmed_combined" / "audio_imbalmed_subdb3_combined.csv"
    assert head_of(one) == HEAD
    rows = rows_of(one)
    assert Counter((row["fold"], row["subset"]) for row in rows) == {
        (fold, subset): count for fold in "01" for subset, count in (("train", 8), ("val", 4), ("test", 4))
    }
    assert all(row["healthCode"] == row["health_code"] for row in rows)
    assert all((tmp_path / "set" / row["image_rel_path"]).is_file() for row in rows)
    assert {row["healthCode"]: row["label"] for row in rows} == {uuid_of(n): str(n % 2) for n in range(1, 9)}
    assert [(row["fold"], row["subset"]) for row in rows][:5] == [("0", "test")] * 4 + [("0", "train")]


def test_combined_tables_have_the_labels_of_now_and_none_that_is_guessed(tmp_path: Path) -> None:
    home = data_set(tmp_path / "set")
    survey(home, [(uuid_of(number), bool(number % 2)) for number in range(2, 9)])
    project = project_of(tmp_path / "p", home)
    with Project.open(project) as opened:
        groups = opened.samples.column("group").tolist()
        opened.journal.label([row for row, group in enumerate(groups) if group == uuid_of(2)], "1", "ada")
    told = do("export", project=str(project), format="combined", out=str(tmp_path / "out"))
    assert len(told["skipped"]) == 2
    rows = rows_of(tmp_path / "out" / "audio_imbalmed_combined" / "audio_imbalmed_subdb1_combined.csv")
    labels = {row["healthCode"]: row["label"] for row in rows}
    assert labels[uuid_of(2)] == "1"
    assert uuid_of(1) not in labels


def test_without_splits_there_is_nothing_to_combine(tmp_path: Path) -> None:
    home = data_set(tmp_path / "set")
    for path in split_folder(home).iterdir():
        path.unlink()
    project = project_of(tmp_path / "p", home)
    with pytest.raises(UserError, match="came without splits"):
        do("export", project=str(project), format="combined", out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
def test_the_seed_has_nine_combined_tables(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", DATA / "melspec_seed_layout")
    told = do("export", project=str(project), format="combined", out=str(tmp_path / "out"))
    tables = [Path(file) for file in told["files"] if "combined.csv" in file]
    assert [path.name for path in tables] == [f"audio_imbalmed_subdb{number}_combined.csv" for number in range(1, 10)]
    for path in tables:
        assert head_of(path) == HEAD
        assert {row["fold"] for row in rows_of(path)} == set("0123456789")


def clinic(root: Path) -> Path:
    rows = [
        (
            wav(root / label / f"{turn}.wav", tone(seed=17 * turn + len(label))).relative_to(root),
            f"{label}{turn}",
            label,
            50,
        )
        for label in ("ill", "well; not ill", "train")
        for turn in (1, 2)
    ]
    table(root / "metadata.csv", ("path", "speaker_id", "label", "age"), *rows)
    return root


def test_class_folders_come_back_with_labels_speakers_and_facts(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", clinic(tmp_path / "d"))
    told = do("export", project=str(project), format="folders", out=str(tmp_path / "out"))
    assert told["written"] == 6
    assert len({path.name.casefold() for path in (tmp_path / "out").iterdir()}) == 4
    found = scanned(tmp_path / "out")
    before = scanned(tmp_path / "d")
    assert Counter(zip(found.groups, found.labels, strict=True)) == Counter(
        zip(before.groups, before.labels, strict=True)
    )
    assert found.column("age") == [50] * 6
    assert found.skipped == []


def test_mel_images_go_out_in_class_folders_too(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", data_set(tmp_path / "set"))
    do("export", project=str(project), format="folders", out=str(tmp_path / "out"))
    back = scanned(tmp_path / "out")
    assert Counter(back.labels) == {"1": 8, "0": 8}
    assert set(back.groups) == {uuid_of(number) for number in range(1, 9)}


def test_what_has_no_file_or_no_label_stays_out_of_folders(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", clinic(tmp_path / "d"))
    with Project.open(project) as opened:
        opened.journal.label([0], "", "ada")
    (tmp_path / "d" / "ill" / "2.wav").unlink()
    told = do("export", project=str(project), format="folders", out=str(tmp_path / "out"))
    assert told["written"] == 4
    assert sorted(one["reason"].split(",")[0] for one in told["skipped"]) == ["its file is missing", "without a label"]
    rows = [(f"S{n}", n, 10 * n, 100 - n, n % 2) for n in range(1, 7)]
    features = table(tmp_path / "t.csv", ("subject", "a", "b", "c", "label"), *rows)
    other = project_of(tmp_path / "q", features)
    with pytest.raises(UserError, match="a row of a table has no file"):
        do("export", project=str(other), format="folders", out=str(tmp_path / "none"))


def test_the_clean_list_is_without_flags_of_import_and_of_people(tmp_path: Path) -> None:
    root = clinic(tmp_path / "d")
    wav(root / "ill" / "1.wav", tone(0.05))
    project = project_of(tmp_path / "p", root)
    with Project.open(project) as opened:
        keys = opened.samples.table.column("key").to_pylist()
        opened.journal.flag([keys.index("ill/2.wav")], "bad quality", True, "ada")
        opened.journal.flag([keys.index("train/1.wav")], "bookmark", True, "ada")
    told = do("export", project=str(project), format="clean", out=str(tmp_path / "clean.txt"))
    lines = (tmp_path / "clean.txt").read_text("utf-8").splitlines()
    assert sorted(Path(line).relative_to(root).as_posix() for line in lines) == [
        "train/1.wav", "train/2.wav", "well; not ill/1.wav", "well; not ill/2.wav",
    ]  # fmt: skip
    assert {one["source"].rpartition("#")[2]: one["reason"] for one in told["skipped"]} == {
        "ill/1.wav": "too short", "ill/2.wav": "bad quality",
    }  # fmt: skip
