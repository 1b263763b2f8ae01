"""The import page: settings as they are declared, findings told once, nothing written by a dry run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.import_settings import ImportSettings
from app.pages.importing import ImportPage, _gathered
from app.window import Window
from models.domains import domain
from models.event import REGION, Entry
from models.job import Job
from models.region import Region, write_region
from models.store.project import Project
from models.store.sources import READ_AS
from tests.app.desk import click, control, press, settle, type_in
from tests.app.windows import Opened
from tests.pages.smears import make_smears
from tests.projects import project_from
from tests.voice.spoken import wav
from widgets.parts.bars import Bar
from widgets.parts.text import Text
from workers.inline import run


@pytest.fixture(scope="session")
def two_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of twelve simulations each."""
    out = tmp_path_factory.mktemp("twelve")
    values = {"noise": "0.02,0.04", "length": "40", "ceiling": "1"}
    run(Job("fake", {"domain_name": "traces", "out": str(out / "data"), "samples": 12, "values": values}, ""))
    return out / "data"


@pytest.fixture
def page(opened: Opened, labelled: Path, two_files: Path, qtbot: QtBot) -> ImportPage:
    window = opened(labelled)
    window.show_page("import")
    found = window.page("import")
    assert isinstance(found, ImportPage)
    read(found.desk, two_files, qtbot)
    return found


def read(window: Window, source: Path, qtbot: QtBot) -> None:
    field = control("import.source")
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.clear()
    type_in(str(source), window)
    press(qtbot, window, "Return")
    settle(qtbot, window)


def rows(page: ImportPage) -> list[list[str]]:
    items = [[page.table.item(row, column) for column in range(4)] for row in range(page.table.rowCount())]
    return [[item.text() if item else "" for item in row] for row in items]


def test_what_a_setting_left_out_is_told_in_one_line(page: ImportPage) -> None:
    cut = [row for row in rows(page) if "per_file" in row[3]]
    assert [row[:3] for row in cut] == [["note", "2 files", ""]]
    assert "20 of 24 simulations come in" in cut[0][3]
    assert page.table.isColumnHidden(2), "no finding says where in a file"


def test_settings_stand_there_as_declared(page: ImportPage) -> None:
    for name, key in domain("traces").import_keys.items():
        field = control(f"import.set.{name}")
        assert isinstance(field, QLineEdit)
        assert field.accessibleName() == key.label
        assert field.placeholderText() == key.default
        assert key.limits in field.accessibleDescription()


def test_a_wrong_setting_is_told_at_its_field_and_can_be_mended(page: ImportPage, qtbot: QtBot) -> None:
    field = control("import.set.per_file")
    field.setFocus()
    type_in("some", page.desk)
    press(qtbot, page.desk, "Return")
    settle(qtbot, page.desk)
    assert field.property("wrong") is True
    assert field.hasFocus()
    assert page.settings._limits["per_file"][0].text().startswith("'some': give how many")
    press(qtbot, page.desk, "Ctrl+A")
    type_in("all", page.desk)
    assert field.property("wrong") is False
    press(qtbot, page.desk, "Return")
    settle(qtbot, page.desk)
    assert page.settings.values() == {"per_file": "all"}
    assert not [row for row in rows(page) if "per_file" in row[3]]
    assert page.go.text() == "Import 600 cells"


def test_a_second_reading_of_what_is_there_offers_nothing(page: ImportPage, qtbot: QtBot) -> None:
    window = page.desk
    page.bring_in()
    settle(qtbot, window)
    window.show_page("import")
    read(window, Path(page.source.text()), qtbot)
    assert page.go.text() == "Nothing new"
    assert not page.go.isEnabled()


def test_changes_of_what_is_there_are_taken_over(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    """Names of people that a table gets later bring in no row, but part all of them anew."""
    head, file = "a,b,c,status", tmp_path / "t.csv"
    lines = [f"{n * 37 % 11}.5123,.{n * 5 % 8}4321,{n * 7 % 5}.77,{'hc' if n < 4 else 'pd'}" for n in range(8)]
    file.write_text("\n".join([head, *lines]))
    window = opened(project_from(tmp_path / "p", "voice", file))
    window.show_page("import")
    page = window.page("import")
    assert isinstance(page, ImportPage)
    read(window, file, qtbot)
    assert (page.go.text(), page.go.isEnabled()) == ("Nothing new", False)
    file.write_text("\n".join([f"subject,{head}", *(f"s{n // 2},{line}" for n, line in enumerate(lines))]))
    read(window, file, qtbot)
    assert (page.go.text(), page.go.isEnabled()) == ("Import changes of 8 rows", True)
    click(qtbot, "import.go")
    settle(qtbot, window)
    samples = window.session.open_project.samples
    assert samples.table.column("group").to_pylist() == [f"s{n // 2}" for n in range(8)]
    window.show_page("import")
    read(window, file, qtbot)
    assert page.go.text() == "Nothing new"


def test_a_source_that_cannot_be_read_leaves_no_word_of_reading(page: ImportPage, tmp_path: Path, qtbot: QtBot) -> None:
    text = tmp_path / "text.h5"
    text.write_text("not data")
    read(page.desk, text, qtbot)
    assert page.head.source.text() == "Nothing was read, and nothing is written."


def test_another_project_begins_with_a_fresh_head(page: ImportPage) -> None:
    assert "dry run" in page.head.title.text()
    page.opened()
    assert page.head.title.text() == "Import data"
    assert {block.value() for block in page.head.figures.values()} == {"–"}


def test_how_a_list_was_read_stands_there_to_be_changed(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (200, 100), (230, 220, 225)).save(tmp_path / "d" / f"{name}.png")
    entries = [
        {"file": f"{name}.png", "regions": [{"x": "10", "y": "20", "w": "30", "h": "25", "kind": "ring", "age": "old"}]}
        for name in ("a", "b")
    ]
    (tmp_path / "d" / "cells.json").write_text(json.dumps({"data": entries}), "utf-8")
    Project.create(tmp_path / "p", "smears").close()
    window = opened(tmp_path / "p")
    page = window.page("import")
    assert isinstance(page, ImportPage)
    assert page.reading.isHidden()
    read(window, tmp_path / "d", qtbot)
    assert not page.reading.isHidden()
    assert not page.reading.again.isEnabled()
    guessed = json.loads(page.reading.mapping())
    assert (guessed["image"], guessed["box"]) == ("file", ["x", "y", "w", "h"])
    heads = [page.reading.rows.horizontalHeaderItem(at).text() for at in range(page.reading.rows.columnCount())]
    first = {head: page.reading.rows.item(0, at).text() for at, head in enumerate(heads)}
    assert (first["sample"], first["box"]) == ("a.png#0", "10,20,40,45")
    page.reading.text.setPlainText(json.dumps({**guessed, "label": "age"}))
    click(qtbot, "import.read_so")
    settle(qtbot, window)
    assert "as you say" in page.reading.head.subtitle.text()
    assert page._result is not None
    assert page._result["classes"] == {"old": 2}
    page.reading.text.setPlainText("{")
    click(qtbot, "import.read_so")
    settle(qtbot, window)
    assert "is not JSON" in page.words.accessibleName()
    page.reading.text.setPlainText(json.dumps({**guessed, "label": "age"}))
    click(qtbot, "import.read_so")
    settle(qtbot, window)
    page.bring_in()
    settle(qtbot, window)
    (kept,) = window.session.open_project.setting(READ_AS).values()
    assert json.loads(kept["mapping"])["label"] == "age"


def test_errors_about_other_things_blame_no_setting(qtbot: QtBot) -> None:
    settings = ImportSettings()
    qtbot.addWidget(settings)
    settings.show_keys(domain("traces").import_keys)
    assert not settings.blame("/nowhere does not exist.")
    assert settings.blame("bins is 'x': give quantile:4")


def test_equal_findings_of_several_files_are_gathered() -> None:
    found = [("note", f"{name}.h5", "", "odd") for name in "abc"] + [("note", "d.h5", "x", "odd")]
    assert _gathered(found) == [("note", "3 files", "", "odd"), ("note", "d.h5", "x", "odd")]


def test_a_new_reading_takes_the_last_ones_trouble_away(
    page: ImportPage, tmp_path: Path, two_files: Path, qtbot: QtBot
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.txt").write_text("no data")
    read(page.desk, tmp_path / "bad", qtbot)
    told = page.words.accessibleName()
    assert told.startswith("Nothing could be read. 1 file of another kind"), "the title says it once"
    assert [note.title for note in page.desk.notices.notes()] == ["Read data: not done"]
    read(page.desk, two_files, qtbot)
    assert not page.desk.notices.notes()


def test_another_project_begins_with_an_empty_field_and_shows_classes_as_it_will_have_them(
    page: ImportPage, tmp_path: Path, qtbot: QtBot
) -> None:
    assert page.source.text()
    Project.create(tmp_path / "other", "voice").close()
    page.session.open(tmp_path / "other")
    settle(qtbot, page.desk)
    assert page.source.text() == ""
    page._fill_classes({"ALS": 20, "HC": 32})
    rows = [item.widget() for place in range(2) if (item := page.class_rows.itemAt(place)) is not None]
    words = [text.text() for row in rows if row is not None for text in row.findChildren(Text)]
    assert [word for word in words if word.isalpha()] == ["ALS", "HC"], "colours go by place"


def test_long_findings_are_read_whole_and_classes_stand_in_their_order(page: ImportPage) -> None:
    words = " ".join(["a finding that is long"] * 20)
    result = {
        "added": 3, "known": 0, "groups": 1, "classes": {"zz": 1200, "2": 5},
        "words": {"sample": "simulation", "group": "session"},
        "skipped": [], "notes": [{"source": "a.h5", "where": "", "text": words}],
    }  # fmt: skip
    page._result = result
    page._show_result()
    page._fit_rows()
    lines = page.table.fontMetrics().horizontalAdvance(words) / page.table.columnWidth(3)
    assert page.table.rowHeight(0) >= lines * page.table.fontMetrics().height()
    assert page.head.figures["groups"].accessibleName().endswith("session")
    bars = [bar.width() for bar in page.findChildren(Bar) if bar.isVisible()]
    assert len(set(bars)) <= 1, "bars of one scale"


def test_many_settings_keep_their_room_in_a_small_window(qtbot: QtBot, opened: Opened, tmp_path: Path) -> None:
    window = opened(make_smears(tmp_path))
    window.resize(1280, 720)
    window.show_page("import")
    settle(qtbot, window)
    page = window.page("import")
    assert isinstance(page, ImportPage)
    for name, (limits, _) in page.settings._limits.items():
        field = control(f"import.set.{name}")
        assert limits.geometry().top() >= field.geometry().bottom(), name
        assert limits.height() >= limits.heightForWidth(limits.width()), name
    last = page.settings._fields["classes"]
    assert page.settings.blame("classes is no mapping")
    area = control("import.settings")
    settle(qtbot, window)
    assert area.rect().contains(last.mapTo(area, last.rect().center()))


@pytest.fixture
def marked(tmp_path: Path) -> tuple[Path, Path]:
    """A project of two sounds with a region in one, and its export as TextGrids with a region more."""
    for number in (1, 2):
        wav(tmp_path / "d" / f"take{number}.wav")
    project = tmp_path / "p"
    project_from(project, "voice", tmp_path / "d")
    with Project.open(project) as opened:
        region = Region("r1", 0.25, 0.5, "cough", (), 300, 900)
        opened.journal.act([Entry(0, REGION, region.name, write_region(region))], "ada", "draw")
    out = tmp_path / "grids"
    run(Job("export", {"project": str(project), "format": "textgrid", "out": str(out)}, ""))
    (out / "take2.TextGrid").write_text(
        'File type = "ooTextFile"\nObject class = "TextGrid"\n'
        '0 1 <exists> 1\n"IntervalTier" "regions" 0 1 1\n0 1 "hum"\n'
    )
    return project, out


def test_files_of_annotations_alone_come_in(opened: Opened, marked: tuple[Path, Path], qtbot: QtBot) -> None:
    project, out = marked
    window = opened(project)
    window.show_page("import")
    page = window.page("import")
    assert isinstance(page, ImportPage)
    read(window, out, qtbot)
    assert page.go.isEnabled()
    assert page.go.text() == "Import 1 annotation"
    assert any("2 annotations of 2 recordings read: 1 new" in row[3] for row in rows(page))
    click(qtbot, "import.go")
    settle(qtbot, window)
    fold = window.session.open_project.journal.fold
    assert [[one.text for one in fold.regions(row)] for row in (0, 1)] == [["cough"], ["hum"]]
    window.show_page("import")
    read(window, out, qtbot)
    assert not page.go.isEnabled()
    assert page.go.text() == "Nothing new"
