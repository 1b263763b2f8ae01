"""Class and speaker of recordings without a table: as folders and names of public sets tell them, or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.domains.voice.folders import read_folders
from models.domains.voice.paths import read_template
from tests.voice.spoken import scanned, table, wav


def test_people_in_folders_below_their_state() -> None:
    states = (
        "15 Young Healthy Control/Anna B",
        "15 Young Healthy Control/Carla C",
        "22 Elderly Healthy Control/Luigi P",
        "28 People with Parkinson's/1-5/Vito G",
    )
    keys = [f"{state}/{task}.wav" for state in states for task in ("B1", "D1", "VA1")]
    told = read_folders(keys)
    assert Counter(told.labels) == Counter(state.split("/")[0] for state in states for _task in range(3))
    assert Counter(told.speakers) == {"Anna B": 3, "Carla C": 3, "Luigi P": 3, "Vito G": 3}
    assert told.notes == (
        "the class is the name of the folder: 15 Young Healthy Control, 22 Elderly Healthy Control, "
        "28 People with Parkinson's",
        "4 speakers are taken from the paths, as Anna B from 15 Young Healthy Control/Anna B/B1.wav: where that is "
        "nobody, --set paths=… or a table beside the files with the columns file and speaker tells it",
    )


def test_one_person_in_two_tasks_is_one() -> None:
    keys = [f"{task}/{state}/ID{number:02}_{state.lower()}_0_1.wav" for task in ("Read", "Talk")
            for state, numbers in (("HC", (0, 3)), ("PD", (10, 11))) for number in numbers]  # fmt: skip
    told = read_folders(keys)
    assert Counter(told.labels) == {"HC": 4, "PD": 4}
    assert Counter(told.speakers) == {"ID00": 2, "ID03": 2, "ID10": 2, "ID11": 2}


def test_names_tell_the_class_where_no_folder_does() -> None:
    told = read_folders([f"audios/{state}_{task}_{number:04}.wav" for state in ("HC", "PD") for task in ("A1", "A2")
                         for number in (1, 2)])  # fmt: skip
    assert Counter(told.labels) == {"HC": 4, "PD": 4}
    assert not any(told.speakers), "a number at the end may count takes"
    assert told.notes == (
        "the class is a word in the names of files: HC, PD",
        "the last number of names may count recordings, or be who speaks, as 0001 in HC_A1_0001: where it is the "
        "speaker, import with --set paths='{speaker}_*_{speaker}'",
    )
    alone = read_folders([f"{state}_A1_{number:04}.wav" for state in ("HC", "PD") for number in (1, 2)])
    assert len(alone.notes) == 1, "each number once tells nobody"


@pytest.mark.parametrize(
    "keys",
    [
        # Sentences by letter are of both classes.
        [f"{state}/S{number}_{take}.wav" for state in ("HC", "PD") for number in (1, 2) for take in (1, 2)],
        # One recording of each person.
        [f"{state}/ID{number + 10 * (state == 'PD')}.wav" for state in ("HC", "PD") for number in range(4)],
        # Too many without a number.
        [f"{state}/{name}.wav" for state in ("HC", "PD") for name in (f"ID{state}1", "x", "y", "z")],
    ],
)
def test_what_may_be_no_person_is_none(keys: list[str]) -> None:
    told = read_folders(keys)
    assert set(told.labels) == {"HC", "PD"}
    assert not any(told.speakers)
    assert len(told.notes) == 1


@pytest.mark.parametrize(
    ("places", "template"),
    [
        (("a", "i"), "{speaker}/{speaker}/*"),
        (("1-5/01", "6-9/02"), "{speaker}/*/{speaker}/*"),
        (("day1/01", "day2/02"), "{speaker}/*/{speaker}/*"),
        (("01/day1", "02/day2"), "{speaker}/{speaker}/*/*"),
    ],
)
def test_folders_of_one_name_below_several_classes_are_told(places: tuple[str, ...], template: str) -> None:
    keys = [f"{state}/{place}/{number}.wav" for state in ("HC", "PD") for place in places for number in range(3)]
    told = read_folders(keys)
    assert Counter(told.labels) == {"HC": 6, "PD": 6}
    assert not any(told.speakers)
    assert told.notes[1].startswith("folders of one name below several classes may be tasks")
    assert told.notes[1].endswith(f"import with --set paths='{template}'")
    read = [read_template(template).read(key) for key in keys]
    assert len({one["speaker"] for one in read if one}) == 4, "its remedy works"


def test_one_folder_below_each_class_may_be_a_task() -> None:
    told = read_folders([f"{state}/{take}.wav" for state in ("HC/read", "PD/dialog") for take in range(3)])
    assert not any(told.speakers)
    assert "folders below the classes that are so few may be tasks" in told.notes[1]
    assert "read, dialog" in told.notes[1]


def test_a_folder_of_one_recording_is_a_person_as_well() -> None:
    told = read_folders([f"{state}/{name}/1.wav" for state, name in zip(("HC", "HC", "PD", "PD"), "abcd", strict=True)])
    assert told.speakers == ("a", "b", "c", "d")
    told = read_folders([f"HC/day1/{name}.wav" for name in "abc"] + [f"PD/day1/{name}.wav" for name in "de"])
    assert not any(told.speakers), "a day is nobody"


@pytest.mark.parametrize(
    "keys",
    [
        [f"day{day}/{name}/1.wav" for day in (1, 2) for name in ("Ann", "Bob")],
        [f"{name}/2024-0{day}/1.wav" for day in (1, 2) for name in ("Ann", "Bob")],
        [f"wavs/{name}/{take}.wav" for take in (1, 2) for name in ("p225", "p226")],
        [f"{name}/{take}.wav" for take in (1, 2) for name in ("speaker_1", "speaker_2")],
    ],
)
def test_folders_of_people_without_a_state_are_no_classes(keys: list[str]) -> None:
    told = read_folders(keys)
    assert not any(told.labels)
    assert all(told.speakers)
    assert len(set(told.speakers)) == 2
    assert "2 speakers are taken from the paths" in told.notes[0]


def test_diseases_stand_beside_a_folder_of_healthy_people() -> None:
    keys = [f"{state}/{number}/{number}-{vowel}.wav" for state, numbers in
            (("healthy", (1041, 1042, 1043)), ("Laryngitis", (761,)), ("Dysphonie", (681, 682)))
            for number in numbers for vowel in "ai"]  # fmt: skip
    told = read_folders(keys)
    assert Counter(told.labels) == {"healthy": 6, "Laryngitis": 2, "Dysphonie": 4}
    assert set(told.speakers) == {"1041", "1042", "1043", "761", "681", "682"}
    deeper = read_folders([f"Vowels/{state}/{vowel}/{n}.wav" for state in ("Control", "Patologicas") for vowel in "AE"
                           for n in range(3)])  # fmt: skip
    assert Counter(deeper.labels) == {"Control": 6, "Patologicas": 6}
    assert not any(deeper.speakers)


def test_folders_of_folders_are_classes_of_people() -> None:
    keys = [f"{state}/{name}/{take}.wav" for state, names in (("健康", ("李雷", "韩梅")), ("患者", ("王",)))
            for name in names for take in (1, 2)]  # fmt: skip
    told = read_folders(keys)
    assert Counter(told.labels) == {"健康": 4, "患者": 2}
    assert Counter(told.speakers) == {"李雷": 2, "韩梅": 2, "王": 2}
    assert told.notes[0].endswith("where these are people, import with --set paths='{speaker}/*/*'")
    libri = read_folders([f"{who}/{chapter}/{n}.flac" for who, chapters in (("61", ("70968",)), ("84", ("121", "1215")))
                          for chapter in chapters for n in (1, 2)])  # fmt: skip
    assert read_template("{speaker}/*/*").read("61/70968/1.flac") == {"speaker": "61"}
    assert "{speaker}/*/*" in libri.notes[0]


def test_numbered_states_are_people() -> None:
    for name in ("{}/{}.wav", "data/{}/day1/{}.wav", "{}_{}.wav", "x/{}-a-{}.wav"):
        told = read_folders([name.format(who, take) for who in ("HC01", "HC02", "PD01") for take in (1, 2)])
        assert Counter(told.labels) == {"HC": 4, "PD": 2}, name
        assert Counter(told.speakers) == {"HC01": 2, "HC02": 2, "PD01": 2}, name
    alone = read_folders([f"patient_{who}/{take}.wav" for who in (1, 2) for take in (1, 2)])
    assert not any(alone.labels)
    assert set(alone.speakers) == {"patient_1", "patient_2"}


def test_the_folder_that_names_begin_with_is_the_speaker() -> None:
    keys = [f"{who}/{chapter}/{who}-{chapter}-{n}.flac" for who, chapters in ((174, (121, 136)), (251, (149, 150)))
            for chapter in chapters for n in range(2)]  # fmt: skip
    assert Counter(read_folders(keys).speakers) == {"174": 4, "251": 4}


def test_sessions_and_subjects_of_bids_are_no_classes() -> None:
    keys = [f"sub-0{who}/ses-0{when}/a.wav" for who in (1, 2) for when in (1, 2)]
    told = read_folders(keys)
    assert not any(told.labels)
    assert Counter(told.speakers) == {"sub-01": 2, "sub-02": 2}
    deep = read_folders([f"raw/{state}/sub-{letter}0{who}/ses-0{when}/audio/x.wav" for state, letter in
                         (("control", "c"), ("patient", "p")) for who in (1, 2) for when in (1, 2)])  # fmt: skip
    assert Counter(deep.labels) == {"control": 4, "patient": 4}
    assert Counter(deep.speakers) == {"sub-c01": 2, "sub-c02": 2, "sub-p01": 2, "sub-p02": 2}
    actors = read_folders([f"Actor_{who:02}/03-01-{n}.wav" for who in (1, 2) for n in range(2)])
    assert set(actors.speakers) == {"Actor_01", "Actor_02"}
    assert not any(actors.labels)


def test_classes_of_healthy_people_are_joined_as_told(tmp_path: Path) -> None:
    for state in ("Control, young", "Control, old", "PD"):
        for name in "ab":
            wav(tmp_path / "d" / state / f"{state[-1]}{name}" / "1.wav")
    note = scanned(tmp_path / "d").note("healthy people")
    names = note.split("--set classes='")[1].rstrip("'")
    found = scanned(tmp_path / "d", classes=names)
    assert Counter(found.labels) == {"healthy": 4, "PD": 2}
    assert "healthy people" not in found.words, "they are one by now"


def test_words_in_names_tell_more_than_folders_of_no_state() -> None:
    told = read_folders([f"{name}/{state}_{take}.wav" for name, state in (("Ann", "HC"), ("Bob", "HC"), ("Cid", "PD"))
                         for take in (1, 2)])  # fmt: skip
    assert Counter(told.labels) == {"HC": 4, "PD": 2}
    assert Counter(told.speakers) == {"Ann": 2, "Bob": 2, "Cid": 2}
    tasks = read_folders([f"{task}/{state}_{n}.wav" for task in "abc" for state in ("HC", "PD") for n in (1, 2)])
    assert Counter(tasks.labels) == {"HC": 6, "PD": 6}
    assert not any(tasks.speakers), "a folder of both classes is nobody"


def test_what_other_folders_are_may_be_said() -> None:
    told = read_folders(["Ann/1.wav", "Bob/1.wav"])
    assert told.labels == ("Ann", "Bob"), "as class folders are"
    assert told.notes[0].endswith("Ann, Bob; where these are people, import with --set paths='{speaker}/*'")


def test_folders_without_a_state_are_classes_by_their_names() -> None:
    told = read_folders(["take1/yes/a.wav", "take1/no/b.wav", "take2/yes/c.wav", "take2/wavs/d.wav"])
    assert told.labels == ("yes", "no", "yes", "")
    assert not any(read_folders(["wavs/a.wav", "data/b.wav", "c.wav"]).labels)
    assert not any(read_folders(["HC/a.wav", "HC/b.wav"]).labels), "one class tells nothing apart"


def test_sentences_are_nobody_where_no_class_is_told() -> None:
    assert not any(read_folders([f"S{number}_{take}.wav" for number in (1, 2) for take in (1, 2)]).speakers)
    told = read_folders([f"spk_{number}-{take}.wav" for number in (1, 2) for take in (1, 2)])
    assert told.speakers == ("spk_1", "spk_1", "spk_2", "spk_2")


def test_an_import_groups_by_them(tmp_path: Path) -> None:
    for state, names in (("Healthy", ("Ann", "Bob")), ("Parkinson", ("Cid",))):
        for name in names:
            for take in (1, 2):
                wav(tmp_path / "d" / state / name / f"{take}.wav")
    found = scanned(tmp_path / "d")
    assert Counter(found.groups) == {"Ann": 2, "Bob": 2, "Cid": 2}
    assert Counter(found.labels) == {"Healthy": 4, "Parkinson": 2}
    assert found.one.columns["speaker"][0] == "Ann"


@pytest.mark.parametrize("place", ["HC_a_{}.wav", "healthy controls/{}.wav"])
def test_a_table_of_speakers_alone_leaves_the_class_to_folders_and_names(tmp_path: Path, place: str) -> None:
    other = place.replace("HC", "PD").replace("healthy controls", "Parkinson")
    files = [one.format(number) for one in (place, other) for number in (1, 2)]
    for file in files:
        wav(tmp_path / "d" / file)
    table(tmp_path / "d" / "who.csv", ("file", "speaker"), *((file, file[:2]) for file in files))
    found = scanned(tmp_path / "d")
    assert sorted(Counter(found.labels).values()) == [2, 2]
    assert "the class is " in found.words
    assert "no column" not in found.words
    assert Counter(found.groups) == {files[0][:2]: 2, files[2][:2]: 2}
    unlabelled = scanned(tmp_path / "d", label_column="none")
    assert not any(unlabelled.labels)
    assert "the class is " not in unlabelled.words


def test_a_table_of_speakers_makes_no_class_of_other_folders(tmp_path: Path) -> None:
    files = [f"day{day}/{name}.wav" for day in (1, 2) for name in "ab"]
    for file in files:
        wav(tmp_path / "d" / file)
    table(tmp_path / "d" / "who.csv", ("file", "speaker"), *((file, file[-5]) for file in files))
    found = scanned(tmp_path / "d")
    assert set(found.labels) == {None}
    assert "no column" in found.words
