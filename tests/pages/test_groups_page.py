"""The page of groups with voices: whole speakers labelled in one act, lists, cards that are heard, folds, flaws."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.chrome.menu import fill_menu
from app.flaws import flaws_in
from app.pages import PAGES
from app.pages.groups import GroupsPage
from app.window import Window
from models.domains import NAMES, domain
from models.errors import UserError
from models.job import Job
from models.orders.answers import misjudged
from models.payload import Picture
from models.store.predictions import FILE_NAME
from models.store.project import Project
from tests.app.desk import choose, control, noticed, press, settle, type_in
from tests.app.windows import Opened
from tests.projects import project_from
from tests.viewers.test_player import Device
from tests.voice.spoken import SMALL, mel_project
from widgets.charts.fold_matrix import SCORED
from widgets.group_list import GroupLine
from widgets.parts.buttons import LinkButton
from widgets.parts.combo import LabelledCombo
from widgets.sound.player import Player
from workers.inline import run

RATE = 8000


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four speakers: two with three recordings, one with two of which one is cut, one with a single clipped one."""
    place = tmp_path_factory.mktemp("voices")
    data = place / "data"
    data.mkdir()
    rows = ["file,speaker,label"]
    rng = np.random.default_rng(4)
    for speaker, count, label in (("anna", 3, "PD"), ("bert", 3, "HC"), ("carl", 2, "HC"), ("dora", 1, "PD")):
        for take in range(count):
            name, time = f"{speaker}_{take}.wav", np.arange(RATE) / RATE
            wave = 0.3 * np.sin(2 * np.pi * (120 + 30 * take) * time) + 0.01 * rng.standard_normal(RATE)
            soundfile.write(data / name, np.clip(9 * wave, -1, 1) if speaker == "dora" else wave, RATE)
            rows.append(f"{name},{speaker},{label}")
    (data / "table.csv").write_text("\n".join(rows) + "\n", "utf-8")
    project_from(place / "p", "voice", data)
    whole = (data / "carl_1.wav").read_bytes()
    (data / "carl_1.wav").write_bytes(whole[:30])
    return place / "p"


@pytest.fixture
def window(voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot) -> Window:
    shutil.copytree(voices, tmp_path / "p")
    made = opened(tmp_path / "p")
    press(qtbot, made, "Ctrl+G")
    return made


def page_of(window: Window) -> GroupsPage:
    page = window.page("groups")
    assert isinstance(page, GroupsPage)
    return page


def go(page: GroupsPage, name: str) -> None:
    assert page.groups.found is not None
    page.show_group(page.groups.found.names.tolist().index(name))


def order(page: GroupsPage) -> list[str]:
    return [page.groups.short(int(place)) for place in page.list.picks.rows]


def pick_queue(value: str) -> None:
    """Pick an entry out of the open list of queues: arrow keys would open each queue on the way."""
    combo = control("list.queue")
    assert isinstance(combo, LabelledCombo)
    place = combo.findData(value)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def labels(window: Window) -> dict[str, Any]:
    view = window.session.fresh_view()
    return dict(zip(view.column("key").tolist(), view.column("label").tolist(), strict=True))


def of(window: Window, speaker: str) -> set[Any]:
    return {value for key, value in labels(window).items() if speaker in key}


def test_only_domains_whose_groups_share_a_class_have_the_page() -> None:
    entry = next(one for one in PAGES if one.name == "groups")
    assert [kind for kind in NAMES if entry.fits(domain(kind))] == ["voice"]
    assert entry.title_in(domain("voice")) == "Speakers"


def test_a_class_key_labels_the_whole_speaker_in_one_act_and_one_undo_takes_it_back(
    window: Window, qtbot: QtBot
) -> None:
    page, session, told = page_of(window), window.session, noticed(window.session)
    go(page, "anna")
    before, position = labels(window), session.open_project.journal.position
    press(qtbot, window, "1")
    other = session.classes[0]
    assert of(window, "anna") == {other}
    assert session.open_project.journal.position == position + 1
    assert told[-1] == f"Labelled 3 recordings of anna as {other}"
    assert page.groups.short(page.place) == "anna", "nothing jumps"
    press(qtbot, window, "Ctrl+Z")
    assert labels(window) == before
    press(qtbot, window, "Ctrl+Shift+Z")
    assert of(window, "anna") == {other}


def test_cards_that_are_chosen_by_hand_are_labelled_alone(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    go(page, "bert")
    wall = page.cards.wall
    box = wall.rect_of(1)
    words = box.adjusted(0, box.width(), 0, 0).center()  # below the picture: it is chosen and not heard
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=words)
    assert page.chosen_rows().tolist() == [int(wall.picks.rows[1])]
    place = window.session.classes.index("PD") + 1
    press(qtbot, window, str(place))
    assert of(window, "bert_1") == {"PD"}
    assert of(window, "bert_0") == of(window, "bert_2") == {"HC"}
    assert page.groups.line(page.place).mixed
    press(qtbot, window, "Esc")
    assert page.whole


def test_a_flag_goes_to_the_whole_speaker(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    go(page, "anna")
    press(qtbot, window, "X")
    assert window.session.fold.flagged("exclude").sum() == 3
    assert page.groups.line(page.place).flagged == 3
    press(qtbot, window, "Ctrl+Z")
    assert not window.session.fold.flagged("exclude").any()


def test_the_list_is_filtered_by_letters_and_by_what_samples_meet(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    choose("groups.sort", "name")
    assert order(page) == ["anna", "bert", "carl", "dora"]
    press(qtbot, window, "/")
    type_in("ar", window)
    qtbot.waitUntil(lambda: order(page) == ["carl"])
    page.pane.filter.field.selectAll()
    type_in('label == "PD"', window)
    qtbot.waitUntil(lambda: order(page) == ["anna", "dora"])
    page.pane.filter.field.selectAll()
    type_in("label = 3", window)
    qtbot.waitUntil(lambda: bool(page.pane.filter.error()))
    assert order(page) == ["anna", "dora"], "the list stays"
    page.show_all()
    choose("groups.sort", "count")
    assert order(page) == ["anna", "bert", "carl", "dora"]


def test_arrows_go_through_the_speakers_and_the_point_to_the_next_that_needs_a_look(
    window: Window, qtbot: QtBot
) -> None:
    page = page_of(window)
    choose("groups.sort", "name")
    page.list.setFocus()
    go(page, "anna")
    press(qtbot, window, "Down")
    assert page.groups.short(page.place) == "bert"
    assert page.cards.wall.picks.count() == 3
    go(page, "dora")
    window.session.label("", page.chosen_rows())
    go(page, "anna")
    press(qtbot, window, ".")
    assert page.groups.short(page.place) == "dora"


def test_space_hears_all_in_turn_and_passes_over_what_is_broken(window: Window, qtbot: QtBot) -> None:
    page, device = page_of(window), Device()
    device.prepare = lambda sink: setattr(sink, "now", 60.0)  # each is over at once
    notes: list[str] = []
    window.notify = lambda note: notes.append(note.text)  # type: ignore[method-assign]
    heard: list[str] = []
    hearing = page.cards.hearing
    hearing.use_player(Player(device.find))
    hearing.changed.connect(lambda: heard.append(window.session.short(hearing.row)) if hearing.row >= 0 else None)
    go(page, "carl")
    assert not window.page("groups").cards.play.isHidden()  # type: ignore[attr-defined]
    press(qtbot, window, "Space", wait=False)
    qtbot.waitUntil(lambda: hearing.row < 0 and bool(heard), timeout=30_000)
    assert any("carl_0" in name for name in heard)
    assert any("carl_1.wav" in words for words in notes)


def test_a_picture_is_heard_by_a_click_and_silent_by_another(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    hearing, wall = page.cards.hearing, page.cards.wall
    hearing.use_player(Player(Device().find))
    go(page, "dora")
    box = wall.rect_of(0)
    middle = box.adjusted(0, 0, 0, box.width() - box.height()).center()
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: hearing.player.playing, timeout=30_000)
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert not hearing.player.playing
    assert hearing.row < 0


def test_a_leaking_split_stands_beside_the_same_trainings_without_the_leak(window: Window) -> None:
    page = page_of(window)
    rows = [{"name": "group", "auc": 0.54}, {"name": "sample", "auc": 0.683, "intervals": {"auc": [0.6, 0.75]}}]
    block = page.head.figures["leak"]
    page.head.show_leak({"rows": rows, "interval": [0.03, 0.25]})
    assert block.isVisible()
    assert block.accessibleName() == "Leaking split: .683 [.600, .750], leaks, .540 by speaker"
    page.head.show_leak({"rows": rows, "interval": [-0.03, 0.25]})
    assert block.accessibleName() == "Leaking split: .683 [.600, .750], .540 by speaker"
    page.head.show_leak({})
    assert not block.isVisible()


def test_one_step_back_is_silence(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    hearing = page.cards.hearing
    hearing.use_player(Player(Device().find))
    go(page, "dora")
    press(qtbot, window, "Space", wait=False)
    qtbot.waitUntil(lambda: hearing.player.playing, timeout=30_000)
    press(qtbot, window, "Esc", wait=False)
    assert not hearing.player.playing
    assert window.page_name() == "groups", "the page is left by another one"


def test_without_a_run_each_part_says_what_makes_one(window: Window) -> None:
    page = page_of(window)
    assert "No run yet" in page.folds.head.subtitle.text()
    assert not control("groups.leak_make").isEnabled()
    assert "joins the models of several sets" in page.side.fusion_words.text()
    assert "held-out prediction" in page.side.judged_words.text()
    go(page, "dora")
    assert "the only one of this speaker" in page.cards.head.subtitle.text()


def test_each_flaw_that_is_there_is_a_queue_with_the_worst_first_and_a_filter(window: Window, qtbot: QtBot) -> None:
    session = window.session
    found = {flaw.name: count for flaw, count in flaws_in(session)}
    assert found["clipping"] == 1
    assert "silence" not in found
    press(qtbot, window, "Ctrl+1")
    pick_queue("flaw:clipping")
    settle(qtbot, window)
    assert session.listing.queue == "Clipping"
    assert [session.short(int(row)) for row in session.order] == ["dora_0"]
    assert session.listing.reason(int(session.order[0])).startswith("Clipping: clipped .")
    pick_queue("all")
    assert len(session.order) == 9
    offered = [entry.title for entry in window.palette_source._filters("clip").entries]
    assert 'quality ~ "clipping"' in offered


def test_a_project_without_a_sample_says_so(tmp_path: Path, opened: Opened, qtbot: QtBot) -> None:
    Project.create(tmp_path / "none", "voice").close()
    made = opened(tmp_path / "none")
    press(qtbot, made, "Ctrl+G")
    assert control("groups.empty").isVisible()


def test_the_line_of_even_chance_goes_through_no_words(window: Window) -> None:
    page = page_of(window)
    unsaid = page.groups.line(0)
    box = QRectF(0, 0, 200, 40)

    def drawn(line: GroupLine) -> bool:
        image = QImage(200, 40, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        page.list._paint_plot(painter, line, box, False)
        painter.end()
        return any(image.pixelColor(x, 2) != QColor(Qt.GlobalColor.white) for x in range(98, 103))

    assert not drawn(unsaid), "nothing said, and no line through it"
    assert drawn(replace(unsaid, p=0.7))


@pytest.fixture(scope="module")
def trained_voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mel images with splits, and a run over two sub-bases of them."""
    project = mel_project(tmp_path_factory.mktemp("mel"))
    given = {"project": str(project), "recipe": "late_fusion", "values": SMALL | {"subdbs": (1, 5)}}
    run(Job("train", given | {"baseline": False}, ""))
    return project


def test_a_cell_opens_what_its_fold_misjudged(
    trained_voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot
) -> None:
    shutil.copytree(trained_voices, tmp_path / "p")
    window = opened(tmp_path / "p")
    press(qtbot, window, "Ctrl+G")
    page, session = page_of(window), window.session
    choose("groups.score", "accuracy")
    choose("groups.level", "sample")
    rows = page.folds.matrix.rows()
    assert [row.name for row in rows] == ["subdb1", "subdb5", "late fusion"]
    assert rows[0].shares
    record = session.record()
    assert record is not None
    below = [
        (at, column)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row.cells)
        if cell.state == SCORED and cell.value < 1
    ]
    for at, column in (below[0], next(pair for pair in below if pair[0] == 2)):
        if window.page_name() != "groups":
            press(qtbot, window, "Ctrl+G")
        cell = rows[at].cells[column]
        judged = int(cell.why.split()[0])
        place = page.folds.matrix.cell_rect(at, column).center().toPoint()
        qtbot.mouseClick(page.folds.matrix, Qt.MouseButton.LeftButton, pos=place)
        settle(qtbot, window)
        assert window.page_name() == "curate"
        assert len(session.order) == round((1 - cell.value) * judged), "as many as the score says"
        assert session.listing.queue.startswith(rows[at].name)


def test_images_are_of_patients_wherever_the_window_names_them(
    trained_voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot
) -> None:
    shutil.copytree(trained_voices, tmp_path / "p")
    window = opened(tmp_path / "p")
    window.run_command("page.groups")
    settle(qtbot, window)
    assert window.top.tabs.accessibleDescription() == "Patients"
    assert page_of(window).head.title.text() == "Patients"
    press(qtbot, window, "Ctrl+1")
    link = control("label.kin_all")
    assert isinstance(link, LinkButton)
    assert link.text() == "Patients"
    samples, row = window.session.open_project.samples, window.session.current
    (picture,) = window.session.open_domain.load(samples, row)
    assert isinstance(picture, Picture)
    assert any(words.startswith("patient ") for words in picture.facts)


def titles_of(window: Window) -> dict[str, str]:
    """The titles of the page's commands by their names, with the section that they stand in."""
    own = [command for command in window.commands.all() if command.id.startswith("groups.")]
    return {command.id.removeprefix("groups."): f"{command.part()}: {command.words()}" for command in own}


def test_commands_of_the_page_have_the_words_of_the_open_project(
    voices: Path, trained_voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot
) -> None:
    shutil.copytree(trained_voices, tmp_path / "images")
    shutil.copytree(voices, tmp_path / "voices")
    window = opened(tmp_path / "images")
    press(qtbot, window, "Ctrl+G")
    for place, title, noun in (("images", "Patients", "patient"), ("voices", "Speakers", "speaker")):
        window.open_project(tmp_path / place)
        settle(qtbot, window)
        window.show_page("groups")
        settle(qtbot, window)
        told = titles_of(window)
        assert told["filter"] == f"{title}: Filter {noun}s"
        assert told["accept"] == f"{title}: Label the {noun} as the model says"
        assert page_of(window).accessibleName() == title
        able = {one.id.removeprefix("groups."): one.enabled() for one in window.commands.all()}
        assert able["filter"]
        assert able["hear"] is able["hear_all"] is (noun == "speaker"), "of images there is nothing to hear"
        menu = fill_menu(window)
        assert title in {action.text() for action in menu.actions()}
        menu.close()
        other = {"patient": "speaker", "speaker": "patient"}[noun]
        assert not [words for words in told.values() if other in words.lower()]
        assert f"Go to {title}" in {command.words() for command in window.commands.all()}


def test_an_empty_project_says_what_is_not_there_yet(tmp_path: Path, opened: Opened, qtbot: QtBot) -> None:
    Project.create(tmp_path / "p", "voice").close()
    window = opened(tmp_path / "p")
    press(qtbot, window, "Ctrl+G")
    assert page_of(window).empty.accessibleName().startswith("No recordings yet")
    assert page_of(window).accessibleName() == "Speakers"
    assert [button.objectName() for button in page_of(window).empty.buttons()] == ["empty_import"]


def test_a_score_tells_what_it_is_of_beside_what_is_counted_by_group(
    trained_voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot
) -> None:
    shutil.copytree(trained_voices, tmp_path / "p")
    window = opened(tmp_path / "p")
    press(qtbot, window, "Ctrl+G")
    figures = page_of(window).head.figures
    assert figures["auc"].accessibleName().endswith("] out of fold, by image")
    assert figures["fusion"].accessibleName().endswith("] by patient")
    assert figures["wrong"].accessibleName().endswith(" of 10 patients")


def test_errors_of_a_patient_are_all_of_its_samples(trained_voices: Path) -> None:
    with Project.open(trained_voices) as opened:
        record, fold = opened.runs.get("last"), opened.journal.fold
        told = record.record["metrics"]["given"]["sets"]["subdb1"]["folds"]
        groups = opened.samples.column("group")
        for line in told:
            rows = misjudged(record, opened.samples, fold, "subdb1", line["fold"], "group")
            wrong = round((1 - line["group"]["accuracy"]) * line["group"]["n"])
            assert len(set(groups[rows].tolist())) == wrong
        with pytest.raises(UserError, match="Train it again"):
            misjudged(record, opened.samples, fold, "subdb7", 0, "group")


def test_a_withdrawn_sample_goes_from_the_answers_of_folds_and_the_run_stays_whole(
    trained_voices: Path, tmp_path: Path
) -> None:
    from models.store.purge import purge

    path = Path(shutil.copytree(trained_voices, tmp_path / "p"))
    with Project.open(path) as opened:
        gone = opened.samples.ids()[0]
        purge(opened, np.array([0]))
        files = sorted((opened.runs.get("last").path / "given").rglob(FILE_NAME))
        assert len(files) == 3
        assert not any(gone.encode() in file.read_bytes() for file in files)
        assert not opened.runs.get("last").damaged()


def test_the_confusion_lists_the_groups_of_a_cell(
    trained_voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot
) -> None:
    shutil.copytree(trained_voices, tmp_path / "p")
    window = opened(tmp_path / "p")
    press(qtbot, window, "Ctrl+G")
    page = page_of(window)
    found = page.groups.found
    assert found is not None
    label, model = int(found.label[0]), int(found.model[0])
    expected = int(((found.label == label) & (found.model == model)).sum())
    page.side.cell_asked.emit(label, model)
    assert len(page.list.picks.rows) == expected
    press(qtbot, window, "Esc")
    assert len(page.list.picks.rows) == len(found)
    accepted = window.session.classes[int(found.model[page.place])]
    assert page.cards.play.isHidden(), "of images there is nothing to hear"
    assert "hear" not in [words for _key, words in page.pane.hints.hints()]
    press(qtbot, window, "A")
    assert window.session.classes[page.groups.line(page.place).label] == accepted
