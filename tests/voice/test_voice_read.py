"""Recordings with tables, in folders or alone, and tables of features; what is broken is told, the rest comes in."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.domains import domain
from models.domains.voice.mapping import Mapping, features_of, guess, is_described, read_mapping
from models.domains.voice.metadata import metadata, names_of
from models.domains.voice.nouns import nouns
from models.domains.voice.places import able, ailing, path_of
from models.domains.voice.recipes.tabular import columns_of
from models.errors import UserError
from models.orders.given import _positive
from models.orders.leaking import _there
from models.texttable import NoTable, Table, read_table
from tests.voice.spoken import DATA, scanned, table, tone, wav

HEAD = ("path", "speaker_id", "label", "age", "sex")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three speakers of two recordings each, with their table."""
    root = tmp_path / "clinic"
    rows = []
    for speaker, label in (("a", "ill"), ("b", "well"), ("c", "well")):
        for turn in (1, 2):
            wav(root / "wavs" / f"{speaker}_{turn}.wav")
            rows.append((f"wavs/{speaker}_{turn}.wav", speaker, label, 60 + turn, "f"))
    table(root / "metadata.csv", HEAD, *rows)
    return root


def test_a_table_tells_who_speaks_and_the_class(home: Path) -> None:
    found = scanned(home)
    assert found.skipped == []
    one = found.one
    assert (one.name, one.source) == ("clinic", home)
    assert one.keys[0] == "wavs/a_1.wav"
    assert Counter(one.labels) == {"well": 4, "ill": 2}
    assert Counter(one.groups) == {"a": 2, "b": 2, "c": 2}
    assert one.columns["age"][:2] == [61, 62]
    assert one.columns["sex"][0] == "f"
    assert one.columns["quality"] == [""] * 6
    assert found.note("read as").startswith("metadata.csv|mapping|")
    assert json.loads(one.settings["mapping"]) == {"file": "path", "speaker": "speaker_id", "label": "label"}


@pytest.mark.parametrize(
    "place", ["wavs/a_1.wav", "clinic/wavs/a_1.wav", "/elsewhere/wavs/a_1.wav", "a_1.wav", "A_1", "wavs\\a_1.wav"]
)
def test_files_are_found_as_people_write_them(place: str, home: Path) -> None:
    table(home / "metadata.csv", HEAD, (place, "a", "ill", 1, "f"), ("wavs/b_1.wav", "b", "well", 1, "f"))
    found = scanned(home)
    assert dict(zip(found.keys, found.labels, strict=True))["wavs/a_1.wav"] == "ill"
    assert found.skipped == []


def test_the_table_and_the_folder_each_have_what_the_other_lacks(home: Path) -> None:
    wav(home / "wavs" / "z_9.wav")
    with (home / "metadata.csv").open("a") as file:
        file.write("wavs/gone.wav,a,ill,1,f\n../secret.wav,a,ill,1,f\n,a,ill,1,f\nwavs/a_1.wav,a,ill,1,f\n")
        file.write("wavs/a_2.wav,a,well,1,f\nwavs/b_1.wav,b\n")
    found = scanned(home)
    assert [(one.where, one.reason.split(" ")[0]) for one in found.skipped] == [
        ("line 13", "it"), ("line 8", "'wavs/gone.wav'"), ("line 9", "'../secret.wav'"), ("line 10", "it"),
        ("line 12", "wavs/a_2.wav"),
    ]  # fmt: skip
    assert "leaves the folder of the data" in found.words
    assert "2 rows name a file that another row has" in found.words
    assert "wavs/z_9.wav" in found.note("not in the table")
    assert "wavs/z_9.wav" in found.note("no speaker is told")
    assert dict(zip(found.keys, found.groups, strict=True))["wavs/z_9.wav"] == "wavs/z_9.wav"


def test_a_table_beside_the_folder_that_its_paths_start_at(home: Path) -> None:
    """As an index that was written into a folder of its own."""
    (home / "tables").mkdir()
    (home / "metadata.csv").rename(home / "tables" / "metadata.csv")
    wav(home / "more" / "wavs" / "b_1.wav")
    found = scanned(home)
    labels = dict(zip(found.keys, found.labels, strict=True))
    assert (labels["wavs/a_1.wav"], labels["wavs/c_2.wav"], labels["more/wavs/b_1.wav"]) == ("ill", "well", None)
    assert found.skipped == [], "a path from the top is the nearest"
    (home / "wavs").rename(home / "deep")
    wav(home / "deep" / "wavs" / "b_1.wav", tone(seed=77))
    told = scanned(home / "tables" / "..").skipped
    assert [one.where for one in told] == ["", "line 4"]
    assert told[1].reason == "'wavs/b_1.wav' is the name of 2 files: give their folders too"


def test_a_table_that_lost_its_whole_folder_says_so_in_one_line(home: Path) -> None:
    for path in (home / "wavs").iterdir():
        path.unlink()
    with (home / "metadata.csv").open("a") as file:
        file.write("../secret.wav,a,ill,1,f\n")
    found = scanned(home)
    assert [(one.where, one.reason) for one in found.skipped] == [
        (
            "",
            "none of the 6 files that it names is there, such as 'wavs/a_1.wav': put the table where these paths "
            "start, or import the folder that holds both",
        ),
        ("line 8", "'../secret.wav' leaves the folder of the data: it is not followed"),
    ]


def test_a_name_that_several_files_have_is_not_guessed(home: Path) -> None:
    wav(home / "more" / "a_1.wav", tone(seed=77))
    table(home / "metadata.csv", HEAD, ("a_1.wav", "a", "ill", 1, "f"), ("b_1.wav", "b", "well", 1, "f"))
    assert "the name of 2 files" in scanned(home).words


def test_columns_are_named_by_a_person(home: Path) -> None:
    table(
        home / "metadata.csv",
        ("path", "who", "arm", "label"),
        ("wavs/a_1.wav", "x", "left", 1),
        ("wavs/b_1.wav", "y", "right", 0),
    )
    found = scanned(home / "metadata.csv", speaker_column="who", label_column="arm")
    assert found.labels == ["left", "right"]
    assert found.groups == ["x", "y"]
    assert scanned(home / "metadata.csv", label_column="none").labels == ["", ""]
    with pytest.raises(UserError, match=r"metadata.csv: there is no column 'whom'.*Did you mean who"):
        scanned(home, speaker_column="whom")
    with pytest.raises(UserError, match="'nose'"):
        scanned(home, mapping='{"file": "path", "speaker": "nose"}')


def test_what_a_project_keeps_of_a_table_holds(home: Path) -> None:
    table(
        home / "metadata.csv",
        ("path", "who", "arm", "label"),
        ("wavs/a_1.wav", "x", "left", 1),
        ("wavs/b_1.wav", "y", "right", 0),
    )
    kept = {"metadata.csv": {"mapping": '{"file": "path", "speaker": "who", "label": "arm"}', "given": True}}
    assert scanned(home / "metadata.csv", kept=json.dumps(kept)).labels == ["left", "right"]
    assert scanned(home / "metadata.csv", kept=json.dumps(kept), mapping="guess").labels == ["1", "0"]
    gone = {"metadata.csv": {"mapping": '{"file": "path", "speaker": "nobody"}'}}
    assert scanned(home / "metadata.csv", kept=json.dumps(gone)).labels == ["1", "0"]


def test_speakers_come_from_names_of_files_where_no_column_tells(tmp_path: Path) -> None:
    rows = [
        (wav(tmp_path / "d" / f"{who}_{turn}.wav").name, label)
        for who, label in (("ann", 1), ("bob", 0))
        for turn in (1, 2)
    ]
    table(tmp_path / "d" / "labels.csv", ("file", "label"), *rows)
    found = scanned(tmp_path / "d")
    assert Counter(found.groups) == {"ann": 2, "bob": 2}
    assert "ann_1.wav: ann" in found.note("speakers are taken from file")


@pytest.mark.parametrize("settings", [{}, {"speaker_column": "name"}])
def test_a_mistake_in_a_table_costs_no_speaker(tmp_path: Path, settings: dict[str, str]) -> None:
    rows: list[tuple[object, ...]] = [
        (f"rec_{who:02d}_{turn}" if (who, turn) != (7, 2) else "lost", turn, turn + 0.5, who, who % 2)
        for who in range(12)
        for turn in range(4)
    ]
    rows[5] = (*rows[5][:4], "")
    rows[9] = (*rows[9][:4], "1")
    rows.append(rows[3])
    path = table(tmp_path / "t.csv", ("name", "a", "b", "c", "status"), *rows)
    found = scanned(path, **settings)
    assert found.groups[:9] == ["rec_00"] * 4 + ["rec_01"] * 4 + ["rec_02"]
    assert found.keys[:2] == ["rec_00_0", "rec_00_1"]
    assert len(set(found.groups)) == 13
    assert "of 1 row no speaker is told: each counts as one of its own: lost" in found.words
    assert "1 speaker is of two classes" in found.words
    assert [one.where for one in found.skipped] == ["line 50"]


def test_a_column_that_is_named_is_one_of_some_table(home: Path) -> None:
    table(home / "list.csv", ("foo", "bar"), (1, 2))
    features(home / "features.csv")
    (home / "empty.csv").write_text("")
    found = scanned(home, speaker_column="sex")
    assert set(found.groups) == {"f"}
    assert "list.csv||it names neither recordings nor features" in found.note("neither")
    with pytest.raises(UserError, match="no column 'se'"):
        scanned(home, speaker_column="se")


def test_a_column_that_numbers_its_rows_is_none_of_classes(tmp_path: Path) -> None:
    names = ("label_id", "patient", "a", "b", "c")
    rows = [(1000 + at, f"p{at % 5}", at, at + 0.5, 2 * at) for at in range(20)]
    found = scanned(table(tmp_path / "t.csv", names, *rows))
    assert set(found.labels) == {None}
    assert "no column is known to tell the class" in found.words
    named = scanned(table(tmp_path / "u.csv", names, *rows), label_column="label_id")
    assert len(set(named.labels)) == 20, "a person knows better"
    kinds = [(("ill", "well")[at % 2], *row[1:]) for at, row in enumerate(rows)]
    assert set(scanned(table(tmp_path / "v.csv", ("label_told", *names[1:]), *kinds)).labels) == {"ill", "well"}


def test_columns_of_german_tables_are_known(tmp_path: Path) -> None:
    path = tmp_path / "d" / "Liste.csv"
    files = [wav(path.parent / f"{who}_{turn}.wav").name for who in "ab" for turn in (1, 2)]
    rows = [f"{name};{name[0]};{'krank' if name[0] == 'a' else 'gesund'};61,5" for name in files]
    path.write_text("\r\n".join(["Datei;Sprecher;Diagnose;Alter", *rows]), "cp1252")
    found = scanned(path.parent)
    assert Counter(found.groups) == {"a": 2, "b": 2}
    assert Counter(found.labels) == {"krank": 2, "gesund": 2}


def test_class_folders_and_loose_files(tmp_path: Path) -> None:
    for name in ("ALS/1.wav", "ALS/2.flac", "HC/3.ogg"):
        wav(tmp_path / "d" / name)
    found = scanned(tmp_path / "d")
    assert found.labels == ["ALS", "ALS", "HC"]
    assert "the class is the name of the folder: ALS, HC" in found.words
    assert "of 3 of 3 files no speaker is told" in found.words
    assert scanned(tmp_path / "d" / "HC").labels == [None]
    alone = scanned(tmp_path / "d" / "HC" / "3.ogg").one
    assert (alone.name, alone.keys, alone.source.name) == ("3.ogg", [""], "3.ogg")
    assert path_of(scanned(tmp_path / "d" / "HC" / "3.ogg").samples(), 0) == tmp_path / "d" / "HC" / "3.ogg"


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_each_broken_recording_is_named_and_the_rest_comes_in(home: Path) -> None:
    wavs = home / "wavs"
    (wavs / "a_1.wav").write_bytes((wavs / "a_1.wav").read_bytes()[:8000])
    (wavs / "a_2.wav").write_bytes(b"")
    (wavs / "b_1.wav").write_bytes(b"\xff\xd8\xff\xe0" + bytes(300))
    (wavs / "b_2.wav").unlink()
    os.mkfifo(wavs / "b_2.wav")
    values = tone()
    values[5] = np.nan
    wav(wavs / "c_1.wav", values, subtype="FLOAT")
    found = scanned(home)
    reasons = {one.where: one.reason for one in found.skipped}
    assert {place: words.split(" ")[2] for place, words in reasons.items()} == {
        "wavs/a_1.wav": "cut", "wavs/a_2.wav": "empty", "wavs/b_1.wav": "a", "wavs/b_2.wav": "a", "wavs/c_1.wav": "its",
    }  # fmt: skip
    assert found.keys == ["wavs/c_2.wav"]


def test_measures_may_be_left_out(home: Path) -> None:
    one = scanned(home, quality="no").one
    assert one.columns["seconds"] == [1.0] * 6
    assert "noise" not in one.columns
    with pytest.raises(UserError, match="give yes or no"):
        scanned(home, quality="perhaps")


def test_a_folder_of_other_things_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    table(tmp_path / "costs.csv", ("item", "price"), ("pen", 1), ("ink", 2))
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    found = scanned(tmp_path)
    assert found.found == []
    assert found.skipped == []
    assert "costs.csv" in found.words
    assert "1 picture that are no mel images" in found.words
    with pytest.raises(UserError, match="does not exist"):
        scanned(tmp_path / "nowhere")
    assert "neither recordings nor features" in scanned(tmp_path / "costs.csv").skipped[0].reason


# Tables of features


def features(path: Path, *more: tuple[object, ...]) -> Path:
    rows = [
        (f"rec_S{who:02}_{turn}", 0.1 * who + turn, who, turn, who % 2, 50 + who)
        for who in (1, 2, 3)
        for turn in (1, 2)
    ]
    return table(path, ("name", "jitter", "shimmer", "hnr", "status", "age"), *rows, *more)


def test_rows_of_a_table_are_samples(tmp_path: Path) -> None:
    found = scanned(features(tmp_path / "t.data"))
    one = found.one
    assert one.keys[0] == "rec_S01_1"
    assert Counter(one.groups) == {"S01": 2, "S02": 2, "S03": 2}
    assert one.labels == ["1", "1", "0", "0", "1", "1"]
    assert "with 3 features" in found.note("read as")
    assert "rec_S01_1: S01" in found.note("speakers are taken from name")
    samples = found.samples()
    assert nouns(samples) == {("speaker", "row")}
    assert able(samples).all()
    assert names_of(samples) == ["age"]
    assert metadata(samples).shape == (6, 1)


def test_broken_rows_of_features_are_told(tmp_path: Path) -> None:
    path = features(
        tmp_path / "t.csv",
        ("rec_S04_1", "", "", "", 1, 60),
        ("rec_S01_1", 1, 1, 1, 1, 50),
        ("", 1, 2, 3, 1, 5),
        ("short", 1),
    )
    found = scanned(path)
    assert sorted((one.where, one.reason) for one in found.skipped) == [
        ("line 10", "it has no name"),
        ("line 11", "it has 2 fields where the table has 6 columns"),
        ("line 8", "none of its features is told"),
        ("line 9", "'rec_S01_1' is the name of a line before"),
    ]
    assert len(found.keys) == 6


def test_a_mapping_names_subjects_and_features(tmp_path: Path) -> None:
    path = features(tmp_path / "t.csv")
    told = {"key": "name", "speaker": "name", "pattern": "_S([0-9]+)_", "label": "status", "features": ["hnr"]}
    one = scanned(path, mapping=json.dumps(told)).one
    assert one.groups[:3] == ["01", "01", "02"]
    assert one.columns["_features"][0] == '["hnr"]'
    for wrong, words in (
        ('{"features": "x"}', "list of names"),
        ('{"pattern": "S"}', "no group"),
        ('{"pattern": "("}', "cannot be read"),
    ):
        with pytest.raises(UserError, match=words):
            read_mapping(wrong)


def test_features_beside_recordings_are_only_told_of(home: Path) -> None:
    features(home / "features.csv")
    found = scanned(home)
    assert len(found.keys) == 6
    assert "features.csv|" in found.note("beside recordings is left out")
    assert len(scanned(home / "features.csv").keys) == 6


def test_ages_that_two_tables_tell_otherwise_are_told(tmp_path: Path) -> None:
    rows = [(wav(tmp_path / "d" / f"{who}.wav").name, who, 1, age) for who, age in (("ALS020", 57), ("HC031", 60))]
    table(tmp_path / "d" / "who.csv", ("file", "speaker", "label", "age"), *rows)
    table(tmp_path / "d" / "f.csv", ("ID", "Age", "a", "b", "c"), (20, 59, 1, 2, 3), (31, 60, 1, 2, 3))
    assert "ALS020 57 there, 59 here" in scanned(tmp_path / "d").note("the age of 1 speaker is another")


def test_subjects_of_two_classes_are_told(tmp_path: Path) -> None:
    rows = [(1, 1.0, 2.0, 3.0, 1), (1, 1.5, 2.5, 3.5, 0), (2, 1.0, 2.0, 3.0, 1)]
    found = scanned(table(tmp_path / "t.csv", ("ID", "a", "b", "c", "Diagnosis (ALS)"), *rows))
    assert "two people may have one name: 1" in found.words


def test_what_columns_are_is_guessed_by_names_and_values() -> None:
    rows = [{"clip": f"{n}.wav", "participant": "p", "dx": "x", "take": "1"} for n in range(4)]
    read = Table(("clip", "participant", "dx", "take"), rows, (), (2, 3, 4, 5))
    assert guess(read, lambda told: True) == Mapping("clip", "participant", "dx")
    numbers = Table(
        ("subject", "a", "b", "c", "class"),
        [dict(zip(("subject", "a", "b", "c", "class"), "s1230", strict=True))],
        (),
        (2,),
    )
    found = guess(numbers, lambda told: False)
    assert found == Mapping("", "subject", "class")
    assert features_of(numbers, found) == ("a", "b", "c")
    assert guess(Table(("a", "b"), [{"a": "1", "b": "2"}], (), (2,)), lambda told: False) is None


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("Datei", "Sprecher", "Diagnose", "Alter", "Geschlecht"), ("Datei", "Sprecher", "Diagnose")),
        (
            ("Dateiname", "Patienten-Nr.", "Klasse", "Alter (Jahre)", "Mikrofon"),
            ("Dateiname", "Patienten-Nr.", "Klasse"),
        ),
        (("Aufnahme", "Probanden-ID", "Gruppe", "Vokal", "Größe"), ("Aufnahme", "Probanden-ID", "Gruppe")),
        (("Pfad", "VP-Nr", "Befund Neurologie", "Klinik", "Datum"), ("Pfad", "VP-Nr", "Befund Neurologie")),
        (("fichier", "locuteur", "diagnostic", "âge", "sexe"), ("fichier", "locuteur", "diagnostic")),
        (("archivo", "paciente", "clase", "edad", "sexo"), ("archivo", "paciente", "clase")),
        (("WAV file", "Subj. no", "Group", "Age", "Gender"), ("WAV file", "Subj. no", "Group")),
        (("file", "Speaker No.", "Health status", "Age (years)", "Center"), ("file", "Speaker No.", "Health status")),
    ],
)
def test_headings_of_other_languages_are_known(names: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    rows = [dict(zip(names, (f"{n}.wav", "p", "x", "61", "3"), strict=True)) for n in range(4)]
    read = Table(names, rows, (), (2, 3, 4, 5))
    found = guess(read, lambda told: told.endswith(".wav"))
    assert found is not None
    assert (found.file, found.speaker, found.label) == wanted
    assert [is_described(name) for name in names] == [False, False, False, True, True]


def test_a_german_table_of_features_leaves_out_what_describes(tmp_path: Path) -> None:
    rows = [
        (f"P{n // 2}", 0.1 * n, 0.2 * n, 3.0 + n, 50 + n // 2, n // 2 % 2, "krank" if n // 2 % 2 else "gesund")
        for n in range(8)
    ]
    names = ("Patient", "Jitter", "Shimmer", "HNR", "Alter", "Geschlecht", "Diagnose")
    found = scanned(table(tmp_path / "t.csv", names, *rows))
    assert '"speaker": "Patient", "label": "Diagnose"' in found.note("read as")
    assert "with 3 features" in found.note("read as")
    assert _positive(domain("voice"), ("gesund", "krank")) == 1
    assert _positive(domain("voice"), ("krank", "gesund")) == 0
    assert _there(domain("voice").confounders["age and sex"], found.samples().names) == ["Alter", "Geschlecht"]


def test_files_that_went_are_told(home: Path) -> None:
    samples = scanned(home).samples()
    (home / "wavs" / "a_1.wav").unlink()
    assert able(samples).tolist() == [False, *[True] * 5]
    assert "1 of 6 files are gone: a_1.wav" in ailing(samples)[0]


# The real sets


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
@pytest.mark.parametrize(
    ("name", "count", "speakers", "classes"),
    [
        ("minsk_als", 52, 26, {"HC": 32, "ALS": 20}),
        ("fsdd", 240, 6, {str(digit): 24 for digit in range(10)}),
        ("uci_parkinsons", 195, 32, {"1": 147, "0": 48}),
        ("minsk_als/features_131.csv", 26, 25, {"0": 16, "1": 10}),
    ],
)
def test_real_sets_come_in(name: str, count: int, speakers: int, classes: dict[str, int]) -> None:
    found = scanned(DATA / name)
    assert found.skipped == []
    assert (len(found.keys), len(set(found.groups))) == (count, speakers)
    assert Counter(found.labels) == classes


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data here")
def test_the_tables_of_minsk_disagree_on_an_age() -> None:
    assert "ALS021 55 there, 58 here" in scanned(DATA / "minsk_als").note("the age of 1 speaker")


# Tables of text


def test_tables_tell_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("a\tb\n1\t2\n\n3\n4\t5\n")
    found = read_table(path)
    assert [row["a"] for row in found.rows] == ["1", "4"]
    assert (found.lines, found.short) == ((2, 5), ((4, 1),))
    path.write_bytes(b"a,b\0")
    with pytest.raises(NoTable, match="no text"):
        read_table(path)


def test_features_of_another_country(tmp_path: Path) -> None:
    """Semicolons between fields, commas in numbers."""
    path = features(tmp_path / "t.csv")
    plain = scanned(path).one
    path.write_text(path.read_text().replace(",", ";").replace(".", ","))
    assert scanned(path).one.columns["jitter"] == plain.columns["jitter"]


MEND = "Correct it in the file, or empty it where nothing was measured, and import again"


def test_a_field_that_is_no_number_is_told_and_its_column_stays_a_feature(tmp_path: Path) -> None:
    names = ("name", "speaker", "label", "age", "a", "b", "c", "d")
    rows = [(f"r{place}", f"s{place}", place % 2, 60, 1, 2.5, 3, place) for place in range(20)]
    odd = [(*row[:-1], "4x" if place == 3 else row[-1]) for place, row in enumerate(rows)]
    found = scanned(table(tmp_path / "t.csv", names, *odd))
    assert found.note("no number") == (f"t.csv|line 5|d is '4x', which is no number: it is read as missing. {MEND}")
    assert "with 4 features" in found.words
    assert found.one.columns["d"] == [0, 1, 2, None, *range(4, 20)]
    assert len(found.one.keys) == 20
    assert columns_of(found.samples()) == ["a", "b", "c", "d"]
    two = [(*row[:-1], {3: "4x", 9: "five"}.get(place, row[-1])) for place, row in enumerate(rows)]
    told = scanned(table(tmp_path / "u.csv", names, *two)).note("no number")
    assert told == (
        f"u.csv|line 5|d is '4x', which is no number, nor is 1 more of that column: it is read as missing. {MEND}"
    )


@pytest.mark.parametrize("endless", ["inf", "-Infinity", "1e400"])
def test_a_number_without_end_is_none_and_is_told(tmp_path: Path, endless: str) -> None:
    names = ("name", "speaker", "label", "a", "b", "c")
    rows = [(f"r{place}", f"s{place}", place % 2, 1, 2.5, endless if place == 3 else place) for place in range(20)]
    found = scanned(table(tmp_path / "t.csv", names, *rows))
    told = f"t.csv|line 5|c is '{endless}', which is no number: it is read as missing. {MEND}"
    assert found.note("no number") == told
    assert found.one.columns["c"] == [0, 1, 2, None, *range(4, 20)]


@pytest.mark.parametrize(("words", "told"), [(range(0, 20, 4), 5), (range(10), 10), (range(15), 15)])
def test_a_column_with_many_texts_is_no_feature_and_says_so(tmp_path: Path, words: range, told: int) -> None:
    names = ("name", "speaker", "label", "a", "b", "c", "d", "place")
    rows = [
        (f"r{at}", f"s{at}", at % 2, 1, 2.5, 3, "weak" if at in words else at, 7 if at < 4 else "Minsk")
        for at in range(20)
    ]
    found = scanned(table(tmp_path / "t.csv", names, *rows))
    assert found.note("left out of the features") == (
        f"t.csv|line 2|d is left out of the features: {told} of its 20 fields are no numbers, such as 'weak'. {MEND}"
    )
    assert "place is" not in found.words, "nearly all of it is text"
    assert columns_of(found.samples()) == ["a", "b", "c"]


def test_what_stands_for_a_gap_is_none_of_the_slips(tmp_path: Path) -> None:
    names = ("name", "speaker", "label", "age", "drug", "a", "b", "c")
    gaps = ("NA", "n/a", "?", "-", "", "None")
    rows = []
    for at in range(12):
        age, drug = (gaps[at % 6], "none") if at % 2 else (60, "levodopa")
        rows.append((f"r{at}", f"s{at}", at % 2, age, drug, 1.5, at, at + 0.5 if at % 2 else gaps[at % 6]))
    found = scanned(table(tmp_path / "t.csv", names, *rows))
    assert "no number" not in found.words
    assert found.one.columns["c"] == [at + 0.5 if at % 2 else None for at in range(12)]
    assert found.one.columns["age"] == [None if at % 2 else 60 for at in range(12)]
    assert set(found.one.columns["drug"]) == {"none", "levodopa"}, "in a column of texts none is a word"


def test_ids_that_look_like_numbers_with_an_exponent_stay_as_they_are(home: Path) -> None:
    head = ("path", "speaker_id", "label", "visit", "dose")
    rows = [(f"wavs/{who}_{turn}.wav", who, "ill", f"{turn}e{turn + 2}", "1e-3") for who in "abc" for turn in (1, 2)]
    one = scanned(table(home / "metadata.csv", head, *rows).parent).one
    assert one.columns["visit"][:2] == ["1e3", "2e4"]
    assert set(one.columns["dose"]) == {0.001}


def test_named_features_read_any_text_as_missing(tmp_path: Path) -> None:
    names = ("name", "speaker", "label", "a", "b")
    rows = [(f"r{at}", f"s{at}", at % 2, at if at < 2 else "x", at) for at in range(6)]
    asked = json.dumps({"speaker": "speaker", "label": "label", "key": "name", "features": ["a", "b"]})
    found = scanned(table(tmp_path / "t.csv", names, *rows), mapping=asked)
    assert "a is 'x', which is no number, nor are 3 more of that column" in found.note("no number")
    assert found.one.columns["a"] == [0, 1, None, None, None, None]


def test_a_row_without_any_number_is_left_out(tmp_path: Path) -> None:
    path = features(tmp_path / "t.csv", ("rec_S09_1", "NA", "?", "", 1, 50))
    found = scanned(path)
    assert [item.reason for item in found.skipped] == ["none of its features is told"]
    assert len(found.one.keys) == 6


def test_columns_to_choose_from_are_named(tmp_path: Path) -> None:
    wav(tmp_path / "d" / "a.wav")
    table(tmp_path / "d" / "t.csv", ("Datei", "Stimme", "Arm"), ("a.wav", "anna", "krank"))
    found = scanned(tmp_path / "d")
    assert "name it with --set speaker_column=… (Stimme, Arm)" in found.note("who speaks")
    told = scanned(tmp_path / "d", speaker_column="Stimme", label_column="Arm").one
    assert (told.groups, told.labels) == (["anna"], ["krank"])


def test_an_empty_table_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n")
    assert "it is empty" in scanned(path).words


def test_where_no_column_is_left_none_is_asked_for(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav")
    wav(tmp_path / "b.wav")
    table(tmp_path / "t.csv", ("file", "label"), ("a.wav", "x"), ("b.wav", "y"))
    assert scanned(tmp_path).note("who speaks").endswith("no column is left that could tell who speaks")
