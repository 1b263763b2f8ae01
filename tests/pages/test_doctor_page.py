"""The model doctor by real clicks: a folder looked at, types trusted, the model taken in."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from app.pages.doctor import DoctorPage
from app.window import Window
from models.learn.save import write_skops
from tests.app.desk import click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from tests.units.folders import make_folder


def shown(opened: Opened, tmp_path: Path, qtbot: QtBot, folder: Path) -> tuple[Window, DoctorPage]:
    window = opened(make_units(tmp_path, each=30))
    window.run_command("model.doctor")
    settle(qtbot, window)
    QTest.keyClicks(control("doctor.folder"), str(folder))
    press(qtbot, window, "Return")
    settle(qtbot, window)
    page = window.page("doctor")
    assert isinstance(page, DoctorPage)
    return window, page


def test_a_folder_is_looked_at_and_its_model_predicts(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window, page = shown(opened, tmp_path, qtbot, make_folder(tmp_path))
    assert len(page.inputs.rows()) == 6
    assert sum(row["state"] == "missing, filled" for row in page.inputs.rows()) == 4
    assert window.session.record() is None
    click(qtbot, "doctor.repair")
    settle(qtbot, window)
    record = window.session.record()
    assert record is not None
    assert record.name == "model"
    assert (window.session.predicted_places() >= 0).all()
    window.show_page("results")
    settle(qtbot, window)
    assert control("results.source").text() == "taken in from another program, not scored here"
    window.show_page("train")
    settle(qtbot, window)
    assert control("train.source").text() == "taken in from another program, not trained here"


def test_the_button_that_stands_out_is_what_the_findings_advise(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    folder = make_folder(tmp_path)
    _window, page = shown(opened, tmp_path, qtbot, folder)
    assert (page.repair.property("primary"), page.again.property("primary")) == (True, False)
    for name in ("training_data.csv", "labels.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join([head, *rows, *rows]) + "\n")
    click(qtbot, "doctor.look")
    settle(qtbot, _window)
    assert {row["cure"] for row in page.findings.rows()} == {"rebuild it"}
    assert (page.repair.property("primary"), page.again.property("primary")) == (False, True)


def test_an_unknown_type_must_be_trusted_before_anything_is_loaded(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    folder = make_folder(tmp_path)
    write_skops(Pipeline([("x", FunctionTransformer(os.getcwd))]), folder / "best_model.skops")
    _window, _page = shown(opened, tmp_path, qtbot, folder)
    assert not control("doctor.repair").isEnabled()
    assert control("doctor.rebuild").isEnabled()
    box = control("doctor.trust.posix.getcwd")
    assert isinstance(box, QCheckBox)
    assert not box.isChecked()
    click(qtbot, box.objectName())
    assert control("doctor.repair").isEnabled()


def test_only_domains_with_such_models_offer_the_doctor(opened: Opened, labelled: Path) -> None:
    window = opened(labelled)
    command = window.commands.get("model.doctor")
    assert command is not None
    assert not command.enabled()


def test_a_folder_that_is_none_is_told(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window, page = shown(opened, tmp_path, qtbot, tmp_path / "nowhere")
    assert page.found == {}
    assert window.is_idle()
