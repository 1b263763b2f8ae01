"""Regions as Raven, Praat and Audacity keep them: each comes back as it was; what is damaged is told and left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domains.voice import audacity, raven, sidecar, textgrid
from models.domains.voice.mark_forms import FORMS, TEXTGRID, Form, form_of, read_marks
from models.domains.voice.marks import Marks, NoMarks, Recorded
from models.domains.voice.sidecar import Kept, Restored
from models.region import Region, region_name, write_region

OF = Recorded("take 1.wav", 12.5, 16_000)
FORM = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
#: Texts as people and programs leave them, and what looks like a word of a format.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    st.sampled_from(
        ['say "ah"', '"', '""', "a\tb", "one\ntwo", "\r\n", " ", "", "recording: ill", "recording", "unnamed", "region",
         "IntervalTier", "<exists>", "! 12", "\\\t1\t2", "0.5\t1.0\tx", "1,5", "ä\u2028ö", "\x85", "日本", "é"]
    ),
)  # fmt: skip
TIMES = st.one_of(st.integers(0, 20).map(float), st.floats(-1, 40, allow_nan=False).map(lambda time: round(time, 9)))
HERTZ = st.one_of(st.none(), st.floats(0, 9000, allow_nan=False).map(lambda hertz: round(hertz, 9)))


@st.composite
def regions(draw: st.DrawFn) -> Region:
    start, stop = sorted((draw(TIMES), draw(TIMES)))
    low, high = draw(HERTZ), draw(HERTZ)
    if low is not None and high is not None and low >= high:
        low, high = (high, low) if high < low else (low, None)
    channels = draw(st.sampled_from([(), (), ("1",), ("2",), ("1", "2"), ("left",)]))
    return Region(region_name(), start, stop, draw(TEXTS), channels, low, high)


def told(found: list[Region]) -> list[str]:
    return sorted(f"{one.name} {write_region(one)}" for one in found)


def through(form: Form, place: Path, known: list[Region], label: str) -> tuple[list[Region], str]:
    """Regions and label written with their sidecar, as a file and a folder would have them, and read again."""
    text, order = form.write(known, label, OF)
    path = place / f"take 1{form.suffix}"
    path.write_bytes(text.encode("utf-8"))
    said = read_marks(path) if text else Marks()
    assert said.wrong == []
    plain = [region for found in said.regions.values() for region in found]
    written = next(iter(said.labels.values()), "")
    sidecar.write(
        place / sidecar.NAME,
        form.name,
        {path.name: Kept("s", "p", label, written, list(zip(order, plain, strict=True)))},
    )
    kept = sidecar.read(place / sidecar.NAME)[path.name]
    restored = Restored(kept.regions)
    return [restored.take(one) for one in plain], kept.label if written == kept.written else written


@FORM
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.lists(regions(), max_size=12), label=st.one_of(st.just(""), TEXTS))
def test_each_comes_back_as_it_was(form: Form, tmp_path: Path, known: list[Region], label: str) -> None:
    back, again = through(form, tmp_path, known, label)
    assert told(back) == told(known)
    assert again == label


@FORM
def test_ten_thousand_come_back(form: Form, tmp_path: Path) -> None:
    known = [
        Region(
            f"{n:016x}", round(n / 7, 9), round(n / 7 + n % 5 / 3, 9), f"say {n % 9}", (), 100.0 + n if n % 3 else None
        )
        for n in range(10_000)
    ]
    back, _ = through(form, tmp_path, known, "ill")
    assert told(back) == told(known)


@FORM
def test_nothing_is_a_file_too(form: Form, tmp_path: Path) -> None:
    assert through(form, tmp_path, [], "") == ([], "")


PLAIN = [Region("", 0.5, 1.25, 'say "ah" ä'), Region("", 2, 3.5, "cough")]


def lines(text: str, end: str) -> bytes:
    return text.replace("\n", end).encode("utf-8")


@FORM
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_change_nothing(form: Form, end: str, mark: bytes, tmp_path: Path) -> None:
    text, _ = form.write(PLAIN, "ill", OF)
    path = tmp_path / "take.txt"
    path.write_bytes(mark + lines(text, end))
    assert form_of(path) is form
    found = read_marks(path)
    assert [one for kept in found.regions.values() for one in kept] == PLAIN
    assert [*found.labels.values()] == ["ill"]


@FORM
def test_utf_16_is_read(form: Form, tmp_path: Path) -> None:
    text, _ = form.write(PLAIN, "", OF)
    for coding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        path = tmp_path / f"{coding}.txt"
        path.write_bytes(mark + text.encode(coding))
        assert form_of(path) is form
        assert [one for kept in read_marks(path).regions.values() for one in kept] == PLAIN


def test_latin_1_is_told(tmp_path: Path) -> None:
    path = tmp_path / "take.txt"
    path.write_bytes("0.5\t1.0\tGeräusch\n".encode("latin-1"))
    found = read_marks(path)
    assert found.regions[""][0].text == "Geräusch"
    assert any("Latin-1" in note for note in found.notes)


# Raven

HEAD = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies\n"


def test_a_table_of_raven_is_read() -> None:
    found = raven.read(
        HEAD
        + "1\tWaveform 1\t1\t0.5\t1.0\t0\t8000\tcough\n"
        + "1\tSpectrogram 1\t1\t0.5\t1.0\t300.5\t4000\tcough\n"
        + "2\tWaveform 1\t1\t2\t3\t0\t8000\t \n"
    )
    assert found.regions[""] == [Region("", 0.5, 1, "cough", (), 300.5, 4000), Region("", 2, 3, "")]
    assert any("count once" in note for note in found.notes)


def test_rows_of_raven_that_are_damaged_are_told_and_left_out() -> None:
    found = raven.read(
        HEAD
        + "1\tSpectrogram 1\t1\t3\t2\t0\t100\tbackwards\n"
        + "2\tSpectrogram 1\t1\tsoon\t2\t0\t100\tx\n"
        + "3\tSpectrogram 1\t1\t1\t2\t500\t100\tx\n"
        + "4\tSpectrogram 1\t1\t0,5\t1,25\t100,5\t200\tcomma\n"
        + "5\tSpectrogram 1\t1\t1\n"
        + "6\tSpectrogram 1\t1\t1\t2\t-5\t100\tx\n"
    )
    assert found.regions[""] == [Region("", 0.5, 1.25, "comma", (), 100.5, 200)]
    assert [where for where, _ in found.wrong] == ["line 2", "line 3", "line 4", "line 6", "line 7"]
    assert "before it begins" in found.wrong[0][1]
    assert "'soon' is no number" in found.wrong[1][1]
    assert found.told() == ["3 numbers with a decimal comma read as with a point"]


def test_a_table_of_several_files_tells_of_each_from_its_own_start() -> None:
    found = raven.read(
        "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tChannel\n"
        "1\t0.5\t1\ta.wav\t0.5\t1\n2\t61\t62.5\tb.wav\t1\t2\n"
    )
    assert found.regions == {"a.wav": [Region("", 0.5, 1, "", ("1",))], "b.wav": [Region("", 1, 2.5, "", ("2",))]}
    with pytest.raises(NoMarks, match="Begin Time"):
        raven.read("Selection\tStart\n1\t2\n")


# Audacity


def test_a_label_track_is_read_with_its_frequencies() -> None:
    found = audacity.read("0.5\t1.0\tcough\n\\\t300.25\t4000\n2\t2\t\n\\\t-1.000000\t900\n3\t4\n")
    assert found.regions[""] == [
        Region("", 0.5, 1, "cough", (), 300.25, 4000), Region("", 2, 2, "", (), None, 900), Region("", 3, 4, "")
    ]  # fmt: skip
    assert found.wrong == []


def test_lines_of_a_label_track_that_are_damaged_are_told_and_left_out() -> None:
    found = audacity.read(
        "\\\t1\t2\n0,5\t1,0\tcomma\n2\t1\tbackwards\nx\t1\ty\n3\t4\tkept\n\\\tlow\thigh\n1.234,5\t9\tz\n5\n"
    )
    assert [one.text for one in found.regions[""]] == ["comma", "kept"]
    assert [where for where, _ in found.wrong] == ["line 1", "line 3", "line 4", "line 6", "line 7", "line 8"]


# Praat

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
4
<exists>
2
"IntervalTier"
"words"
0
4
3
0
0.5
""
0.5
1.25
"say ""ah"" ä"
1.25
4
"cough"
"TextTier"
"clicks"
0
4
1
2
"click"
"""
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0 ! the beginning, "so to say"
xmax = 4
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 4
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.25
            text = "say ""ah"" ä"
        intervals [3]:
            xmin = 1.25
            xmax = 4
            text = "cough"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 4
        points: size = 1
        points [1]:
            number = 2
            mark = "click"
"""
GRID = [Region("", 0.5, 1.25, 'say "ah" ä'), Region("", 1.25, 4, "cough"), Region("", 2, 2, "click")]


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
def test_both_forms_of_a_textgrid_are_read(text: str) -> None:
    found = textgrid.read(text)
    assert found.regions[""] == GRID
    assert found.wrong == []
    assert any("words, clicks" in note for note in found.notes)


def test_a_textgrid_that_is_damaged_gives_what_is_whole() -> None:
    cut = LONG[: LONG.index('text = "cough"')]
    found = textgrid.read(cut)
    assert found.regions[""] == GRID[:1]
    assert any("has 2 parts and tells of 3" in reason for _, reason in found.wrong)
    wrong = textgrid.read(LONG.replace("xmin = 0.5", "xmin = soon").replace("xmin = 1.25", "xmin = 5"))
    assert [one.text for one in wrong.regions[""]] == ["click"]
    assert [where for where, _ in wrong.wrong] == ["line 21", "line 24"]
    comma = textgrid.read(LONG.replace("0.5", "0,5").replace("1.25", "1,25"))
    assert comma.regions[""] == GRID
    assert comma.commas == 3
    with pytest.raises(NoMarks, match="no tiers"):
        textgrid.read('File type = "ooTextFile"\nObject class = "TextGrid"\n0\n4\n')


def test_what_praat_can_save_and_is_not_read_is_told(tmp_path: Path) -> None:
    for head, reason in (
        (b"ooBinaryFile\x08TextGrid\0\0", "binary TextGrid"),
        (b'"Praat chronological TextGrid text file"\n0 1\n', "chronological"),
        (b"hello", "does not begin"),
        (b"", "empty"),
    ):
        path = tmp_path / "x.TextGrid"
        path.write_bytes(head)
        with pytest.raises(NoMarks, match=reason):
            read_marks(path)


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, len(LONG)), many=st.integers(0, 40), put=st.sampled_from(["", '"', "7", "\n", " <exists> "])
)
def test_no_damage_to_a_textgrid_is_ours(start: int, many: int, put: str) -> None:
    text = LONG[:start] + put + LONG[start + many :]
    try:
        found = textgrid.read(text)
    except NoMarks:
        return
    assert all(write_region(one) for kept in found.regions.values() for one in kept)


def test_praat_reads_what_is_written(tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth", reason="the extra praat is not installed")
    known = [
        Region("a", 0.5, 1.25, 'say "ah" ä'),
        Region("b", 1.0, 3.5, "over"),
        Region("c", 2, 2, "x"),
        Region("d", 3.5, 12.5, "to the end"),
    ]
    path = tmp_path / "a.TextGrid"
    path.write_bytes(TEXTGRID.write(known, "ill", OF)[0].encode("utf-8"))
    grid = parselmouth.Data.read(str(path))
    call = parselmouth.praat.call
    assert call(grid, "Get number of tiers") == 4
    names = [call(grid, "Get tier name", tier) for tier in (1, 2, 3, 4)]
    assert names == ["recording", "regions", "regions 2", "moments"]
    assert call(grid, "Get total duration") == 12.5
    assert call(grid, "Get label of interval", 1, 1) == "ill"
    read = []
    for tier in (2, 3):
        for place in range(1, int(call(grid, "Get number of intervals", tier)) + 1):
            text = call(grid, "Get label of interval", tier, place)
            if text:
                start, stop = (call(grid, f"Get {end} time of interval", tier, place) for end in ("start", "end"))
                read.append((start, stop, text))
    assert sorted(read) == [(0.5, 1.25, 'say "ah" ä'), (1.0, 3.5, "over"), (3.5, 12.5, "to the end")]
    assert call(grid, "Get time of point", 4, 1) == 2
    # And what Praat saves again, in either form, says the same.
    for way in ("Save as text file", "Save as short text file"):
        call(grid, way, str(tmp_path / "again.TextGrid"))
        again = read_marks(tmp_path / "again.TextGrid")
        assert sorted((one.start, one.stop, one.text) for one in again.regions[""]) == sorted([*read, (2, 2, "x")])
        assert again.labels == {"": "ill"}


# The sidecar


def test_a_damaged_sidecar_is_told_and_one_that_lies_changes_little(tmp_path: Path) -> None:
    path = tmp_path / sidecar.NAME
    assert sidecar.read(path) == {}
    for text in ("{", "[]", '{"files": 3}'):
        path.write_text(text)
        with pytest.raises(ValueError, match="it"):
            sidecar.read(path)
    kept = {"name": "b", "start": 1, "stop": 2, "text": "t", "written": {"channels": 7}}
    told = {"files": {"a": {"regions": [3, {}, {"name": "x", "start": "y"}, kept]}, "b": 2}}
    path.write_text(json.dumps(told))
    assert [one.name for one, _ in sidecar.read(path)["a"].regions] == ["b"]


def test_what_another_program_changed_is_taken_as_it_says() -> None:
    one = Region("a", 1, 2.123456789, "say\tah", (), 100, 200)
    written = Region("a", 1, 2.123456789, "say ah")
    said = Region("", 1, 2.123457, "say ah")
    assert Restored([(one, written)]).take(said) == one, "rounded on the way"
    moved = Region("", 1, 2.2, "say ah")
    assert Restored([(one, written)]).take(moved) == moved
    twice = Restored([(one, written)])
    assert [twice.take(said), twice.take(said)] == [one, said]


def test_a_textgrid_that_tells_of_more_than_can_be_is_damaged() -> None:
    for many in ("9" * 5000, "²", "10000001"):
        found = textgrid.read(LONG.replace("intervals: size = 3", f"intervals: size = {many}"))
        assert found.wrong, "a number that nothing has is told, and is no end of the program"


def test_lines_may_end_as_old_programs_end_them() -> None:
    track = "0.1\t0.5\ta\n\\\t100\t200\n0.6\t0.7\tb\n"
    assert audacity.read(track.replace("\n", "\r")).regions == audacity.read(track).regions
    rows = "Selection\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\t0.1\t0.5\ta\n2\t0.6\t0.7\tb\n"
    assert raven.read(rows.replace("\n", "\r")).regions == raven.read(rows).regions
    assert len(raven.read(rows).regions[""]) == 2


def test_a_selection_table_that_ends_in_a_row_is_damaged() -> None:
    rows = "Selection\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\t0.1\t0.5\ta\n2\t0.6\t0."
    found = raven.read(rows)
    assert [one.text for one in found.regions[""]] == ["a"]
    assert found.wrong == [("line 3", "it is cut off: the table ends in the middle of a row")]


def test_tiers_are_as_few_as_praat_allows() -> None:
    beside = [Region("a", 0, 1, "a"), Region("b", 1, 2, "b")]
    assert "\nxmax = 12.5\n" in textgrid.write(beside, "", OF)[0], "it is as long as the recording"
    assert textgrid.write(beside, "", OF)[0].count('class = "IntervalTier"') == 1, "where one ends the next may begin"
    alike = [Region("a", 1, 1, "a"), Region("b", 1, 1, "b"), Region("c", 2, 2, "c")]
    assert textgrid.write(alike, "", OF)[0].count('class = "TextTier"') == 2, "no tier has two points at one time"


def test_a_region_that_only_sounds_like_a_label_stays_a_region(tmp_path: Path) -> None:
    known = [Region("0" * 16, 0.5, 1, "recording: ill")]
    for form in FORMS:
        (tmp_path / form.name).mkdir()
        back, label = through(form, tmp_path / form.name, known, "")
        assert (told(back), label) == (told(known), "")
