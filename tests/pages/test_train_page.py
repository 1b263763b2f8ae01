"""The train page by real clicks and keys: form, preview, live training, stop, the worse run's notice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.pages.train import TrainPage
from app.pages.train_curves import reach
from app.pages.train_preview import SplitPreview
from app.pages.train_run import Kept, Training, _last_curve, epoch_words, from_record
from app.pages.train_split import Basis, Preview, Wish, make_preview
from app.pages.tried_pane import TriedPane
from app.window import Window
from models.domain import Domain
from models.job import Progress
from models.learn.split import draw_split
from models.orders import plan
from models.orders.naming import make_params
from models.orders.test_set import draw_test
from models.sample import empty_samples
from models.store.project import Project
from tests.app.desk import choose, click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.interval_rows import IntervalRows
from widgets.charts.log_view import LogView
from widgets.parts.buttons import PrimaryButton
from widgets.parts.notice import IssuePanel
from widgets.parts.text import ElidedText


def page_of(window: Window) -> TrainPage:
    page = window.page("train")
    assert isinstance(page, TrainPage)
    return page


def retype(name: str, text: str) -> None:
    field = control(name)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def show(opened: Opened, project: Path, qtbot: QtBot, recipe: str = "forest", **how: bool) -> Window:
    window = opened(project, **how)
    window.show_page("train")
    choose("train.recipe", recipe)
    settle(qtbot, window)
    return window


def test_the_form_follows_the_recipe_and_tells_what_differs(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot, "mlp")
    form = page_of(window).form
    assert not form.differs.isVisible()
    retype("train.epochs", "9")
    settle(qtbot, window)
    panel = control("train.differs")
    assert isinstance(panel, IssuePanel)
    assert panel.title.text() == "One value differs from the preset"
    assert panel.text.text() == "Epochs 9 (15)."
    click(qtbot, "train.reset.epochs")
    assert not form.differs.isVisible()
    choose("train.preset", "Section B")
    assert form.form.values()["epochs"] == 10
    choose("train.recipe", "forest")
    assert "trees" in form.form.values()
    assert "epochs" not in form.form.values()


def test_a_wrong_value_stops_the_button(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    retype("train.trees", "0")
    assert not control("train.start").isEnabled()
    press(qtbot, window, "Ctrl+Return")
    assert not window.session.open_project.runs.list()
    assert "outside its limits" in window.notices.notes()[0].text
    retype("train.trees", "5")
    assert control("train.start").isEnabled()


def trained_as_shown(window: Window, qtbot: QtBot) -> tuple[Preview, dict[str, Any]]:
    """The preview of the split, and the record of the training that then ran."""
    preview = page_of(window).form.preview
    assert preview is not None
    click(qtbot, "train.start")
    settle(qtbot, window)
    run = window.session.record()
    assert run is not None
    return preview, run.record


def test_the_preview_is_the_split_that_training_makes(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    retype("train.trees", "5")
    retype("train.seed", "3")
    settle(qtbot, window)
    preview, record = trained_as_shown(window, qtbot)
    split = record["split"]
    assert preview.groups == split["groups"]
    assert preview.samples == {name: split[name] for name in ("train", "val", "test")}
    balance = record["balance"]
    assert preview.before == tuple(balance["before"].values())
    assert preview.after == tuple(balance["after"].values())


def test_a_split_by_sample_warns(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    choose("train.split_by", "sample")
    settle(qtbot, window)
    panel = control("train.warning")
    assert isinstance(panel, IssuePanel)
    assert panel.title.text() == "This split leaks"
    assert page_of(window).form.arguments()["split_by"] == "sample"
    assert page_of(window).form.split.words.text().startswith("12 simulations"), "each counted once"


def test_what_is_to_be_known_of_a_split_is_told_in_sentences(qtbot: QtBot) -> None:
    shown = SplitPreview()
    qtbot.addWidget(shown)
    notes = ("no test side: 3 groups are too few", "fold 2 judges one class alone.")
    counts = {"train": 2, "test": 1}
    split = Preview((), counts, counts, (), (), "", False, notes, True)
    shown.show_preview(split, "cell")
    assert shown.warning.text.text() == "No test side: 3 groups are too few. Fold 2 judges one class alone."
    shown.show_preview(replace(split, independent=False), "cell")
    assert shown.warning.text.text().endswith(" No test side: 3 groups are too few. Fold 2 judges one class alone.")
    shown.show_trouble("there is no fold 12")
    assert shown.warning.text.text() == "There is no fold 12."


def test_where_nothing_is_there_nothing_leaks(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    Project.create(tmp_path / "empty", "traces").close()
    form = page_of(show(opened, tmp_path / "empty", qtbot)).form
    assert form.preview is not None
    assert not form.split.warning.isVisible()


def offered(name: str) -> list[Any]:
    combo = control(name)
    assert isinstance(combo, QComboBox)
    return [combo.itemData(place) for place in range(combo.count())]


def test_a_column_is_kept_together_as_the_preview_says(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    values = offered("train.split_by")
    assert values[0] == "group"
    assert values[-2:] == ["sample", "file"]
    assert "by:cell_id" in values
    assert not {"by:cMax", "by:cVariance", "by:dis_to_target"} & set(values), (
        "measures and labels keep nothing together"
    )
    choose("train.split_by", "by:cell_id")
    retype("train.trees", "5")
    settle(qtbot, window)
    panel = control("train.warning")
    assert isinstance(panel, IssuePanel)
    assert panel.title.text() == "This split leaks", "cells of one simulation stand on two sides"
    preview, record = trained_as_shown(window, qtbot)
    assert record["split"]["by"] == "cell_id"
    assert not record["split"]["independent"]
    assert preview.samples == {name: record["split"][name] for name in ("train", "val", "test")}


def pick_file(qtbot: QtBot, path: Path) -> None:
    """Choose a file in the dialog as a person types it."""
    dialog = control("train.split_file")
    assert isinstance(dialog, QFileDialog)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setText(str(path))  # typed letter by letter, the list of completions would take the click
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    qtbot.mouseClick(box.button(QDialogButtonBox.StandardButton.Open), Qt.MouseButton.LeftButton)


def test_a_split_file_is_read_and_its_faults_are_told_in_place(
    opened: Opened, labelled: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = show(opened, labelled, qtbot)
    form = page_of(window).form
    retype("train.trees", "5")
    groups = window.session.open_project.samples.group_codes()[1]
    sides = ["test" if place % 4 == 0 else "val" if place % 4 == 1 else "train" for place in range(len(groups))]
    lines = [f"{name},{side}" for name, side in zip(groups, sides, strict=True)]
    (tmp_path / "good.csv").write_text("\n".join(["group,subset", *lines]), "utf-8")
    (tmp_path / "bad.csv").write_text("group,subset\nnobody,train\n", "utf-8")
    combo = control("train.split_by")
    choose("train.split_by", "sample")
    QTest.keyClick(combo, Qt.Key.Key_Down)
    control("train.split_file").close()
    settle(qtbot, window)
    assert form.form.values()["split_by"] == "sample", "without a file nothing changes"
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_End)
    pick_file(qtbot, tmp_path / "bad.csv")
    settle(qtbot, window)
    panel = control("train.warning")
    assert isinstance(panel, IssuePanel)
    assert "none of its groups is in this project" in panel.text.text()
    assert not control("train.start").isEnabled()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    QTest.keyClick(combo, Qt.Key.Key_End)
    pick_file(qtbot, tmp_path / "good.csv")
    settle(qtbot, window)
    assert form.preview is not None, panel.text.text()
    assert form.preview.independent
    assert form.preview.groups == {"train": 6, "val": 3, "test": 3}
    click(qtbot, "train.start")
    settle(qtbot, window)
    record = window.session.record()
    assert record is not None
    assert record.record["split"]["kind"] == "file"
    assert record.record["split"]["groups"] == form.preview.groups
    click(qtbot, "train.copy")
    assert f"--split {tmp_path / 'good.csv'}" in QApplication.clipboard().text()
    form.keep()
    form.show_project()
    settle(qtbot, window)
    assert form.arguments()["split"] == str(tmp_path / "good.csv"), "it is there again"


def test_training_from_the_list_s_filter(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    window.session.filter("noise > 0.03")
    choose("train.samples", "list")
    settle(qtbot, window)
    form = page_of(window).form
    assert form.arguments()["where"] == "noise > 0.03"
    assert form.labelled == int((window.session.view.column("noise") > 0.03).sum())


def test_labels_without_signals_are_not_promised(
    opened: Opened, labelled: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Domain, "there", lambda _domain, samples: np.arange(len(samples)) % 3 > 0)
    window = show(opened, labelled, qtbot)
    form, codes = page_of(window).form, window.session.open_project.journal.fold.live_codes
    there = np.arange(len(codes)) % 3 > 0
    able, gone = int(((codes >= 0) & there).sum()), int(((codes >= 0) & ~there).sum())
    assert gone > 0
    assert form.form.row("samples")._hint == f"{able} of {len(codes)}, {gone} without signals"
    assert form.labelled == able
    assert form.preview is not None
    assert sum(form.preview.samples.values()) == able
    press(qtbot, window, "Ctrl+Return")
    training = page_of(window).training
    assert training is not None
    assert training.labels == able


def test_the_key_trains_from_the_curate_page(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.show_page("curate")
    window.session.settings.set("train", {str(labelled): {"recipe": "forest", "values": {"trees": "3"}}})
    press(qtbot, window, "Ctrl+Return")
    assert window.page_name() == "train"
    run = window.session.open_project.runs.get("run-1")
    assert run.recipe == "forest"
    assert run.record["params"]["trees"] == 3
    assert run.best, "the first run is the best one"
    assert "the best run" not in window.notices.notes()[0].text, "there is none that it is better than"
    assert "chance .250" in window.notices.notes()[0].text


def test_a_worse_run_is_told_and_marked_only_on_request(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    session = window.session
    session.open_project.runs.mark_best("run-1", "ann")
    window.show_page("train")
    choose("train.recipe", "forest")
    settle(qtbot, window)
    retype("train.trees", "1")
    retype("train.leaf", "1000")
    settle(qtbot, window)
    click(qtbot, "train.start")
    settle(qtbot, window)
    notes = [note for note in window.notices.notes() if note.state == "worse"]
    assert len(notes) == 1
    assert notes[0].title.startswith("run-3 is worse")
    best = session.open_project.runs.best()
    assert best is not None
    assert best.id == "run-1"
    window.notices.drop()
    click(qtbot, "notice_run.mark")
    settle(qtbot, window)
    marked = session.open_project.runs.best()
    assert marked is not None
    assert marked.id == "run-3"
    session.undo()
    back = session.open_project.runs.best()
    assert back is not None
    assert back.id == "run-1"


@pytest.mark.timeout(150)
def test_a_live_training_shows_its_curves_and_stops_with_the_best(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot, "mlp", real=True)
    page = page_of(window)
    retype("train.epochs", "2000")
    retype("train.patience", "0")
    settle(qtbot, window)
    click(qtbot, "train.start")
    qtbot.waitUntil(lambda: page.training is not None and len(page.training.epochs) > 4, timeout=60_000)
    button = control("train.start")
    assert isinstance(button, PrimaryButton)
    assert button.text() == "Stop, keep best"
    assert page.training is not None
    assert page.training.run == "run-1"
    qtbot.waitUntil(lambda: len(page.figures.curves.loss.series()) == 2, timeout=30_000)
    log = control("train.log")
    assert isinstance(log, LogView)
    told = [words for _at, words in log.lines()]
    first = next(place for place, words in enumerate(told) if words.startswith("epoch 1  loss"))
    assert first, "what came before the first epoch is told too"
    assert told[0] == "Choosing rows"
    click(qtbot, "train.start")
    settle(qtbot, window)
    run = window.session.open_project.runs.get("run-1")
    assert run.record["stopped_early"]
    assert 4 < len(run.record["curves"]) < 2000
    assert button.text() == "Train"
    assert not page.training.running
    kept = page.training.kept()
    assert kept is not None
    assert kept.epoch == run.record["input"]["best_epoch"], "the page speaks of the weights that the run holds"
    assert kept.epoch == min(run.record["curves"], key=lambda row: row["val_loss"])["epoch"]
    assert page.figures.head.figures["kept"].accessibleName().endswith(f"epoch {kept.epoch}")
    assert QApplication.focusWidget() is button, "the focus stays"


def test_progress_becomes_epochs_and_words() -> None:
    training = Training("mlp", planned=10, running=True)
    for epoch, loss in enumerate((1.4, 1.1, 1.2), 1):
        values = {"epoch": epoch, "val_loss": loss, "val_balanced_accuracy": epoch / 10, "left": 7.0, "rate": 100.0}
        training.take(Progress(epoch, 10, f"Epoch {epoch} of 10", values))
    training.take(Progress(3, 10, "Epoch 4: 64 of 200"))
    assert training.part() == 0.3
    assert training.kept() == Kept(3, "last epoch", 0.3)
    training.patience = 5
    assert training.kept() == Kept(2, "lowest loss", 0.2), "not the epoch of the highest score"
    assert [words for _at, words in training.log][-1] == "epoch 3  loss 1.200  balanced .300"
    assert epoch_words({"epoch": 2.0, "train_loss": 0.5}) == "epoch 2  loss 0.500"
    training.take(Progress(text="Keeping the model", keeping=True))
    training.take(Progress(1, 10, "Epoch 1 of 10", {"epoch": 1, "val_loss": 9.0}))
    assert len(training.epochs) == 3, "an epoch of a fold or of the baseline is none of the run"


def test_a_training_without_epochs_tells_its_stages() -> None:
    training = Training("forest", running=True)
    assert not training.by_epochs
    steps = ["Choosing rows", "25 of 300 trees", "50 of 300 trees", "Fold 1 of 5", "300 of 300 trees", "Fold 2 of 5"]
    for place, text in enumerate(steps):
        training.take(Progress(place, 6, text))
    told = [words for _at, words in training.log]
    assert told == ["Choosing rows", "300 trees", "Fold 1 of 5", "300 trees", "Fold 2 of 5"]
    assert training.text == "Fold 2 of 5"


def test_a_forest_shows_its_confusion_and_no_empty_curves(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = show(opened, labelled, qtbot)
    figures = page_of(window).figures
    assert control("train.words").isVisible()
    assert not figures.curves.isVisible()
    retype("train.trees", "5")
    settle(qtbot, window)
    click(qtbot, "train.start")
    settle(qtbot, window)
    metrics = window.session.open_project.runs.get("run-1").record["metrics"]
    matrix = control("train.confusion")
    assert isinstance(matrix, ConfusionMatrix)
    assert matrix._counts.tolist() == metrics["test"]["confusion"]
    beside = control("train.beside")
    assert isinstance(beside, IntervalRows)
    assert [row.name for row in beside.rows() if row.tone == "accent"] == ["test"]
    assert {"validation", "metadata alone"} <= {row.name for row in beside.rows()}
    assert not figures.curves.isVisible()
    heads = {name for name, block in figures.head.figures.items() if block.isVisible()}
    assert heads == {"score", "left"}
    assert float(figures.head.figures["score"].value()) == pytest.approx(metrics["test"]["balanced_accuracy"], abs=1e-3)
    log = control("train.log")
    assert isinstance(log, LogView)
    told = [words for _at, words in log.lines()]
    assert told[0].startswith("300 labels: train ")
    assert any(words.startswith("test: balanced") for words in told)
    assert any(words.startswith("metadata alone: balanced") for words in told)


def test_folds_train_on_the_cluster_that_is_typed(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    pytest.importorskip("distributed")
    window = show(opened, labelled, qtbot)
    page = page_of(window)
    retype("train.cluster", "nowhere")
    settle(qtbot, window)
    click(qtbot, "train.start")
    settle(qtbot, window)
    assert "'nowhere' is no address of a cluster" in window.notices.notes()[0].text
    retype("train.trees", "5")
    retype("train.folds", "2")
    retype("train.cluster", "local:2")
    click(qtbot, "train.copy")
    assert " --cluster local:2 --folds 2" in QApplication.clipboard().text()
    runs = window.session.open_project.runs
    click(qtbot, "train.start")
    settle(qtbot, window)
    ran = runs.get("last").record["cluster"]
    assert (ran["address"], ran["workers"]) == ("local:2", 2)
    assert {"Fold 1 of 2", "Fold 2 of 2"} <= {one["piece"] for one in ran["pieces"]}
    assert page.training is not None
    told = [words for _at, words in page.training.log]
    assert {"Fold 1 of 2", "Fold 2 of 2"} <= set(told)


def test_the_axis_of_epochs_grows_where_very_many_are_planned() -> None:
    assert [reach(done, 15) for done in (0, 3, 15)] == [15, 15, 15]
    assert [reach(done, 400) for done in (0, 4, 60, 190, 399)] == [50, 50, 100, 400, 400]
    assert reach(0, 0) == 2


def test_a_finished_run_is_shown_again(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    run = window.session.open_project.runs.get("run-2")
    shown = from_record(run)
    assert shown.title == "forest, run-2"
    assert shown.chance == 0.25
    window.show_page("train")
    settle(qtbot, window)
    page = page_of(window)
    assert page.training is not None
    assert page.training.run == "run-2"
    assert page.training.baseline is not None


def test_the_kept_epoch_is_of_the_network_whose_curve_is_shown(opened: Opened, trained: Path) -> None:
    """Over several sets each fold keeps its own epoch; the record's is of another one than the curve, the last."""
    run = opened(trained).session.open_project.runs.get("run-2")
    curve = [{"epoch": at, "val_loss": loss, "val_balanced_accuracy": loss} for at, loss in ((1, 0.7), (2, 0.6))]
    run.record.update(curves=curve, params={"epochs": 2, "patience": 10}, input={"best_epoch": 1})
    assert from_record(run).kept() == Kept(1, "last epoch", 0.7)
    run.record["input"]["sets"] = ["subdb1", "subdb2"]
    assert from_record(run).kept() == Kept(2, "lowest loss", 0.6)


def test_preview_of_rows_by_value_and_advice() -> None:
    groups = np.repeat(np.arange(12), 10)
    codes = np.where(np.arange(120) % 10 < 2, 1, 0)
    noise = np.where(groups < 6, 0.02, 0.04)
    names = tuple(f"s{place}" for place in range(12))
    basis = Basis(empty_samples(), codes, codes, groups, names, ("a", "b"), None, "noise", noise)
    preview = make_preview(basis, Wish(rule="downsample"))
    assert [row.title for row in preview.rows] == ["noise 0.020", "noise 0.040"]
    assert sum(len(row.groups) for row in preview.rows) == 12
    assert preview.after[0] == preview.after[1] == preview.before[1]
    assert preview.advice()[0].startswith("Balancing leaves")
    uneven = make_preview(basis, Wish(rule="none"))
    assert uneven.advice()[0] == "Classes are uneven, 1 to 4."
    assert make_preview(basis, Wish(rule="weights")).advice() == ("", "")


def test_the_preview_locks_what_the_first_training_will() -> None:
    groups = np.repeat(np.arange(8), np.array([53, 70, 19, 56, 37, 32, 28, 78]))
    codes = np.random.default_rng(0).choice(3, len(groups), p=[0.3, 0.5, 0.2])
    animals = np.array(["a", "a", "b", "b", "c", "c", "c", "d"], object)[groups]
    names = tuple(f"s{place}" for place in range(8))
    basis = Basis(empty_samples(), codes, codes, groups, names, ("x", "y", "z"), None, "animal", animals)
    drawn = draw_test(codes, groups, animals, 0.2)
    assert drawn.test.tolist() != draw_split(codes, groups, 0, 0.2, 0.0).test.tolist(), "the animals count here"
    shown = {group for row in make_preview(basis, Wish()).rows for group, side in row.groups if side == "test"}
    assert shown == {names[group] for group in np.unique(groups[drawn.test])}


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("by", ["group", "by:cell_id", "sample"])
def test_the_split_of_the_preview_is_that_of_the_training(
    opened: Opened, labelled: Path, qtbot: QtBot, by: str, filtered: bool
) -> None:
    """Also where the journal knows the classes in another order, by which draws differ, and the list is filtered."""
    window = show(opened, labelled, qtbot)
    session, form = window.session, page_of(window).form
    project = session.open_project
    first = project.journal.fold.classes[0]
    assert session.classes[0] != first
    where = f"cMax > {np.median(project.samples.column('cMax'))}" if filtered else ""
    if filtered:
        session.filter(where)
        choose("train.samples", "list")
    choose("train.split_by", by)
    settle(qtbot, window)
    assert form.preview is not None
    column = {"group": ""}.get(by, by.removeprefix("by:"))
    params = make_params(form.chosen(), form.recipe_values())  # type: ignore[arg-type]
    wish = plan.Wish(where, split_by=column)
    found = plan.make_plan(project, session.open_domain, project.journal.fold, wish, 0, params)
    assert form.preview.samples == {name: len(rows) for name, rows in found.split.sides().items()}
    assert form.preview.groups == found.split.groups
    assert form.preview.notes == found.split.notes
    names = np.array(project.samples.group_codes()[1], object)
    for side in ("train", "val", "test") if by == "group" else ():
        shown = {group for row in form.preview.rows for group, word in row.groups if word == side}
        assert shown == set(names[np.unique(found.groups[getattr(found.split, side)])])


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_no_words_of_the_form_are_cut_and_the_tray_leaves_its_buttons(
    opened: Opened, labelled: Path, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window = opened(labelled, size=size)
    window.show_page("train")
    for recipe in offered("train.recipe"):
        choose("train.recipe", recipe)
        settle(qtbot, window)
        form = page_of(window).form
        cut = {w.text() for w in form.form.findChildren(ElidedText) if w.isVisible() and w.toolTip()}
        assert not cut, (recipe, cut)
    window.toggle_tray()
    button, tray = control("train.start"), control("tray")
    place = button.mapTo(window, button.rect().topLeft())
    assert not tray.geometry().intersects(QRect(place, button.size()))
    assert window.rect().contains(tray.geometry())


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_nothing_of_the_form_is_cut(opened: Opened, labelled: Path, qtbot: QtBot, size: tuple[int, int]) -> None:
    window = opened(labelled, size=size)
    window.show_page("train")
    choose("train.recipe", "cnn")
    settle(qtbot, window)
    form = page_of(window).form
    for row in form.form.findChildren(QWidget):
        if row.objectName().startswith("train.") and row.isVisible():
            assert row.mapTo(form, row.rect().topRight()).x() <= form.width(), row.objectName()


def test_the_table_of_a_search_grows_and_stays_with_its_run(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    project = make_units(tmp_path)
    window = show(opened, project, qtbot, "search")
    retype("train.classifiers", "LogisticRegression")
    retype("train.configurations", "3")
    click(qtbot, "train.start")
    settle(qtbot, window)
    page = page_of(window)
    table = page.figures.tried.table
    assert page.figures.upper.currentWidget() is page.figures.tried
    assert table.model().rowCount() == 3
    scores = [row["balanced_accuracy"] for row in table.rows()]
    assert scores == sorted(scores, reverse=True)
    window.close()
    again = opened(project)
    again.show_page("train")
    settle(qtbot, again)
    assert page_of(again).figures.tried.table.model().rowCount() == 3


def test_what_all_configurations_share_is_said_once_in_the_head(qtbot: QtBot) -> None:
    pane = TriedPane("tried")
    qtbot.addWidget(pane)
    rows = [
        {"classifier": "SVC", "imputation": way, "scaling": "robust_scaler", "balanced_accuracy": 0.6 + place / 10}
        for place, way in enumerate(("knn", "median"))
    ]
    pane.show_rows(rows)
    names = [column.name for column in pane.table.columns()]
    hidden = {name for place, name in enumerate(names) if pane.table.isColumnHidden(place)}
    assert {"classifier", "scaling"} <= hidden
    assert "imputation" not in hidden
    assert pane.head.subtitle.text() == "all SVC, robust; 2, scored on inner folds"
    pane.show_rows([*rows, {**rows[0], "classifier": "MLPClassifier"}])
    assert not pane.table.isColumnHidden(names.index("classifier"))
    assert pane.head.subtitle.text() == "all robust; 3, scored on inner folds"


def test_a_configuration_that_broke_stands_with_its_reason(qtbot: QtBot) -> None:
    pane = TriedPane("tried")
    qtbot.addWidget(pane)
    training = Training("search", running=True)
    training.take(Progress(1, 2, row={"classifier": "SVC", "balanced_accuracy": None, "note": "took 80 s"}))
    training.take(Progress(2, 2, row={"classifier": "MLPClassifier", "balanced_accuracy": 0.7, "note": ""}))
    pane.show_rows(training.tried, True)
    assert [row["classifier"] for row in pane.table.rows()] == ["MLPClassifier", "SVC"]
    assert pane.head.subtitle.text() == "2 so far, scored on inner folds; 1 left out"


def test_another_network_begins_its_curve_anew() -> None:
    training = Training(recipe="attention_ensemble", started=0.0, running=True, planned=2)
    for epoch, loss in ((1, 1.9), (2, 1.8), (1, 1.7), (2, 1.6), (1, 1.5), (2, 1.4), (3, 1.3)):
        training.take(Progress(epoch, 3, values={"epoch": epoch, "val_loss": loss}))
    assert training.line("val_loss") == ([1, 2, 3], [1.5, 1.4, 1.3])
    kept = training.kept()
    assert kept is not None
    assert kept.epoch == 3
    assert len(training.log) == 7, "the log tells them all"


def test_a_kept_run_of_several_networks_shows_the_curve_of_the_last() -> None:
    rows: list[dict[str, float | None]] = [
        {"epoch": 1, "val_loss": 1.9},
        {"epoch": 2, "val_loss": None},
        {"epoch": 1, "val_loss": 1.7},
    ]
    assert _last_curve(rows) == [{"epoch": 1.0, "val_loss": 1.7}]
    assert _last_curve(rows[:2]) == [{"epoch": 1.0, "val_loss": 1.9}, {"epoch": 2.0}]
    assert _last_curve([]) == []
