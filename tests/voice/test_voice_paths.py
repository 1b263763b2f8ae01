"""What a person says of folders and names: who speaks, the class, further columns; and classes by another name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.domains.voice.paths import read_template
from models.errors import UserError
from models.job import finish
from models.orders.importing import import_samples
from models.store.project import Project
from tests.voice.spoken import begun, scanned, table, wav


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ("{label}/{speaker}/*", "d/HC/Ann/1.wav", {"label": "HC", "speaker": "Ann"}),
        ("{class}/*/{speaker}_*.wav", "PD/day 1/Bob_a_2.WAV", {"label": "PD", "speaker": "Bob"}),
        ("*_{speaker}", "x/HC_A1_0001.wav", {"speaker": "0001"}),
        ("{speaker}_*_{speaker}", "HC_A1_0001.flac", {"speaker": "HC_0001"}),
        ("{speaker}-{task}", "d1.2/s.03-read.mp3", {"speaker": "s.03", "task": "read"}),
        ("{speaker}\\*", "Ann/1.wav", {"speaker": "Ann"}),
        ("S{speaker}(*)", "s07(2).wav", {"speaker": "07"}),
        ("{label}/{speaker}/*", "Ann/1.wav", None),
        ("{speaker}_x", "Ann_y.wav", None),
        ("AVPEPUDE{speaker:6}*", "AVPEPUDEAC0001a1.wav", {"speaker": "AC0001"}),
        ("{Speaker}??", "AC0001a1.wav", {"speaker": "AC0001"}),
        ("{speaker}_{label}", "Ann_HC.png", {"speaker": "Ann", "label": "HC"}),
        ("{speaker}_{a}_{b}_{c}_x", "_" * 250 + ".wav", None),
        ("*_*_*_*_*_*_*_{speaker}_x", "_" * 250 + "y.wav", None),
    ],
)
def test_a_template_reads_the_end_of_a_path(text: str, key: str, told: dict[str, str] | None) -> None:
    assert read_template(text).read(key) == told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*/x", "names nothing in braces"),
        ("{}", "'{}' is no name in braces"),
        ("{speaker", "'{' is no name in braces"),
        ("{a b}", "'{a b}' is no name in braces"),
        ("{speaker}/{quality}", "quality is a column that is made here"),
        ("{speaker:0}", "'{speaker:0}' is no name in braces"),
        ("*_" * 30 + "{speaker}", "has more than 20 names and stars in a part"),
    ],
)
def test_what_is_no_template_is_told(text: str, words: str, tmp_path: Path) -> None:
    wav(tmp_path / "d" / "a.wav")
    with pytest.raises(UserError, match="paths is") as error:
        scanned(tmp_path / "d", paths=text)
    assert words in str(error.value)
    assert "{" in str(error.value)


def recordings(folder: Path) -> Path:
    for state in ("HC", "PD"):
        for task in ("A1", "A2"):
            for number in (1, 2):
                wav(folder / "audios" / f"{state}_{task}_{number:04}.wav")
    return folder


def test_names_tell_what_a_person_says(tmp_path: Path) -> None:
    found = scanned(recordings(tmp_path / "d"), paths="{speaker}_{task}_{speaker}")
    assert Counter(found.groups) == {f"{state}_000{number}": 2 for state in ("HC", "PD") for number in (1, 2)}
    assert Counter(found.labels) == {"HC": 4, "PD": 4}, "what is not said is guessed"
    assert Counter(found.one.columns["task"]) == {"A1": 4, "A2": 4}
    assert "no speaker is told" not in found.words
    both = scanned(tmp_path / "d", paths="{label}_*_{speaker}")
    assert set(both.groups) == {"0001", "0002"}
    assert "2 speakers are of several classes" in both.words


def test_files_that_do_not_fit_are_told_and_come_in(tmp_path: Path) -> None:
    wav(recordings(tmp_path / "d") / "audios" / "noise.wav")
    found = scanned(tmp_path / "d", paths="{label}_{task}_{speaker}")
    assert len(found.one.keys) == 9
    assert (
        "1 recording does not fit {label}_{task}_{speaker}, which tells nothing of it: audios/noise.wav" in found.words
    )
    with pytest.raises(UserError, match=r"none of the 9 recordings fits, such as 'audios/HC_A1_0001.wav'"):
        scanned(tmp_path / "d", paths="{label}/{speaker}/x/*")


def test_folders_that_are_spoken_of_are_no_classes(tmp_path: Path) -> None:
    for name in ("Ann", "Bob"):
        wav(tmp_path / "d" / name / "1.wav")
    found = scanned(tmp_path / "d", paths="{speaker}/*")
    assert sorted(found.groups) == ["Ann", "Bob"]
    assert not any(found.labels)
    backwards = scanned(tmp_path / "d", paths="{Speaker}\\*")
    assert sorted(backwards.groups) == ["Ann", "Bob"]
    assert not any(backwards.labels)


def test_people_that_were_taken_for_classes_are_none_when_that_is_said(tmp_path: Path) -> None:
    project = begun(tmp_path / "p")
    for name in ("Ann", "Bob"):
        wav(tmp_path / "d" / name / "1.wav")
        wav(tmp_path / "d" / name / "2.wav")
    finish(import_samples(str(project), [str(tmp_path / "d")]))
    with Project.open(project) as opened:
        assert set(opened.journal.fold.labels().tolist()) == {"Ann", "Bob"}
        opened.journal.label([0], "ill", "anna")
    finish(import_samples(str(project), [str(tmp_path / "d")], settings={"paths": "{speaker}/*"}))
    with Project.open(project) as opened:
        assert [label for label in opened.journal.fold.labels().tolist() if label] == ["ill"], "a person's stays"


def test_a_table_holds_and_paths_tell_the_rest(tmp_path: Path) -> None:
    recordings(tmp_path / "d")
    names = sorted(path.relative_to(tmp_path / "d").as_posix() for path in (tmp_path / "d").rglob("*.wav"))
    table(tmp_path / "d" / "list.csv", ("file", "age", "task"), *((name, 50, "T") for name in names))
    found = scanned(tmp_path / "d", paths="{label}_{task}_{speaker}")
    assert set(found.groups) == {"0001", "0002"}
    assert Counter(found.labels) == {"HC": 4, "PD": 4}
    assert set(found.one.columns["task"]) == {"T"}
    assert set(found.one.columns["age"]) == {50}


def test_what_paths_tell_is_kept_until_somebody_guesses(tmp_path: Path) -> None:
    source, project = recordings(tmp_path / "d"), begun(tmp_path / "p")
    for said, groups in (({}, 8), ({"paths": "{speaker}_*_{speaker}"}, 4), ({}, 4)):
        finish(import_samples(str(project), [str(source)], settings=said))
        with Project.open(project) as opened:
            assert len(set(opened.samples.table.column("group").to_pylist())) == groups, said
    finish(import_samples(str(project), [str(source)], settings={"paths": "guess"}))
    told = finish(import_samples(str(project), [str(source)]))
    assert "no speaker is told" in str(told["notes"]), "a guess is kept too"
    days, other = tmp_path / "days", begun(tmp_path / "q")
    for name in ("day1/Ann", "day2/Ann", "day1/Bob", "day2/Bob"):
        wav(days / name / "1.wav")
    for said, classes in (
        ({}, set()),
        ({"paths": "{label}/{speaker}/*"}, {"day1", "day2"}),
        ({"paths": "guess"}, set()),
    ):
        done = finish(import_samples(str(other), [str(days)], settings=said))
        with Project.open(other) as opened:
            assert set(filter(None, opened.journal.fold.labels().tolist())) == classes
    assert "4 samples are of another class by the file than before" in str(done["notes"])


def test_what_is_kept_and_fits_no_more_is_told(tmp_path: Path) -> None:
    source, project = recordings(tmp_path / "d"), begun(tmp_path / "p")
    finish(import_samples(str(project), [str(source)], settings={"paths": "{speaker}_*_{speaker}"}))
    for file in source.rglob("*.wav"):
        file.rename(file.with_name(file.name.replace("_", "-")))
    told = finish(import_samples(str(project), [str(source)]))
    assert "as kept, paths is '{speaker}_*_{speaker}', which none of the 8 recordings fits" in str(told["notes"])


def test_one_file_that_is_pointed_at_has_what_its_path_tells(tmp_path: Path) -> None:
    path = wav(tmp_path / "PD" / "Ann_1.wav")
    found = scanned(path, paths="{label}/{speaker}_{take}")
    assert (found.groups, found.labels, found.one.columns["take"]) == (["Ann"], ["PD"], [1])
    with pytest.raises(UserError, match="none of the 1 recordings fits"):
        scanned(path, paths="{speaker}-*")


def test_files_beside_a_table_go_by_their_paths_too(tmp_path: Path) -> None:
    for name in ("7/1", "7/2", "8/1", "7/3"):
        wav(tmp_path / "d" / f"S0{name}.wav")
    rows = [("S07/1.wav", "7"), ("S07/2.wav", ""), ("S08/1.wav", "")]
    table(tmp_path / "d" / "list.csv", ("file", "speaker"), *rows)
    found = scanned(tmp_path / "d", paths="{speaker}/*")
    told = dict(zip(found.one.keys, found.groups, strict=True))
    assert told == {"S07/1.wav": "7", "S07/2.wav": "7", "S07/3.wav": "7", "S08/1.wav": "S08"}, "one person, one name"


def test_names_of_classes_are_those_of_one_source(tmp_path: Path) -> None:
    project = begun(tmp_path / "p")
    for name in "ab":
        rows = [(f"{name}{n}", n, n + 1, n * 2, n % 2) for n in range(6)]
        table(tmp_path / f"{name}.csv", ("subject", "x", "y", "z", "status"), *rows)
    for source, said, labels in (
        ("a", "0=HC,1=PD", {"HC", "PD"}), ("b", "", {"HC", "PD", "0", "1"}), ("b", "0=ALS,1=HC", {"HC", "PD", "ALS"}),
        ("a", "", {"HC", "PD", "ALS"}), ("b", "guess", {"HC", "PD", "0", "1"}), ("b", "", {"HC", "PD", "0", "1"}),
    ):  # fmt: skip
        settings = {"classes": said} if said else {}
        finish(import_samples(str(project), [str(tmp_path / f"{source}.csv")], settings=settings))
        with Project.open(project) as opened:
            now = dict(zip(opened.samples.ids(), opened.journal.fold.labels().tolist(), strict=True))
            assert set(now.values()) == labels, (source, said)
            assert {label for name, label in now.items() if name.startswith("a.csv")} == {"HC", "PD"}


def test_an_import_that_stops_keeps_what_was_said_of_what_is_in(tmp_path: Path) -> None:
    first, project = recordings(tmp_path / "a"), begun(tmp_path / "p")
    wav(tmp_path / "b" / "x.wav")
    with pytest.raises(UserError, match="which none of the 1 recordings fits"):
        finish(
            import_samples(str(project), [str(first), str(tmp_path / "b")], settings={"paths": "{speaker}_*_{speaker}"})
        )
    finish(import_samples(str(project), [str(first)]))
    with Project.open(project) as opened:
        assert len(set(opened.samples.table.column("group").to_pylist())) == 4


def test_classes_are_joined_by_one_name(tmp_path: Path) -> None:
    source, project = tmp_path / "d", begun(tmp_path / "p")
    for number, state in enumerate(("15 Young Healthy", "22 Elderly Healthy", "28 Parkinson")):
        for name in "ab":
            wav(source / state / f"{name}{number}" / "1.wav")
    names = "15 Young Healthy=HC,22 Elderly Healthy=HC,28 Parkinson=PD"
    for said in ({"classes": names}, {}):
        done = finish(import_samples(str(project), [str(source)], settings=said))
        assert "2 samples of class 15 Young Healthy: called HC here" in str(done["notes"])
        with Project.open(project) as opened:
            assert Counter(opened.journal.fold.labels().tolist()) == {"HC": 4, "PD": 2}
            assert Counter(opened.samples.column("own_class").tolist())["22 Elderly Healthy"] == 2


def test_a_name_of_no_class_is_told(tmp_path: Path) -> None:
    found = scanned(recordings(tmp_path / "d"), classes="Hc=healthy,PD=ill")
    assert Counter(found.labels) == {"HC": 4, "ill": 4}
    assert "no sample is of a class that classes=… names (its classes are HC, PD): Hc" in found.words
    path = table(
        tmp_path / "t.csv", ("subject", "a", "b", "c", "status"), *((n, n, n + 1, n + 2, n % 2) for n in range(6))
    )
    rows = scanned(path, classes='{"0": "healthy"}')
    assert Counter(rows.labels) == {"healthy": 3, "1": 3}
    assert rows.one.columns["own_class"][:2] == ["0", None]


def test_a_name_that_was_said_before_is_not_asked_for_again(tmp_path: Path) -> None:
    source, project = recordings(tmp_path / "d"), begun(tmp_path / "p")
    done = finish(import_samples(str(project), [str(source)], settings={"classes": "HC=well,PD=ill,ALS=als"}))
    assert "classes=… names (its classes are HC, PD): ALS" in str(done["notes"])
    done = finish(import_samples(str(project), [str(source)]))
    assert set(done["classes"]) == {"well", "ill"}
    assert "classes=… names" not in str(done["notes"]), "it was told when it was said"


def test_columns_that_a_person_named_are_kept_of_recordings(tmp_path: Path) -> None:
    source, project = recordings(tmp_path / "d"), begun(tmp_path / "p")
    names = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.wav"))
    rows = [(name, f"s{place // 2}", f"L{place % 2}", f"A{place // 4}") for place, name in enumerate(names)]
    table(source / "list.csv", ("file", "speaker", "label", "arm"), *rows)
    steps: tuple[tuple[dict[str, str], str, int], ...] = (
        ({}, "L", 4),
        ({"label_column": "arm"}, "A", 4),
        ({}, "A", 4),
        ({"speaker_column": "arm"}, "A", 2),
        ({}, "A", 2),
        ({"mapping": "guess"}, "L", 4),
        ({}, "L", 4),
    )
    for said, letter, groups in steps:
        finish(import_samples(str(project), [str(source)], settings=said))
        with Project.open(project) as opened:
            assert {label[0] for label in opened.journal.fold.labels().tolist()} == {letter}, said
            assert len(set(opened.samples.table.column("group").to_pylist())) == groups, said


def test_what_was_guessed_is_guessed_anew(tmp_path: Path) -> None:
    project = begun(tmp_path / "p")
    rows = [(f"s{n}", n * 5 % 7, n * 3 % 8, n * 2 % 5) for n in range(6)]
    path = table(tmp_path / "t.csv", ("subject", "a", "b", "c"), *rows)
    finish(import_samples(str(project), [str(path)]))
    table(path, ("subject", "a", "b", "c", "label"), *((*row, place % 2) for place, row in enumerate(rows)))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        assert set(opened.journal.fold.labels().tolist()) == {"0", "1"}
