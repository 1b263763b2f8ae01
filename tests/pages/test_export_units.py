"""Exporting units from the window: back into the folder that they came from, the former labels kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from tests.app.desk import click, control, press, settle
from tests.app.windows import Opened
from tests.pages.test_curate_units import imported
from tests.units.sortings import write_phy, write_table


def test_labels_go_back_into_the_phy_folder(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    write_phy(tmp_path / "phy")
    write_table(tmp_path / "phy" / "cluster_group.tsv", "cluster_id\tgroup\n7\tgood\n")
    window = opened(imported(tmp_path / "desk", tmp_path / "phy"))
    settle(qtbot, window)
    press(qtbot, window, "2")
    press(qtbot, window, "Ctrl+E", wait=False)
    field, form = control("export.path"), control("export.format")
    assert isinstance(field, QLineEdit)
    assert isinstance(form, QComboBox)
    form.setFocus()
    while form.currentData() != "phy":
        QTest.keyClick(form, Qt.Key.Key_Down)
    assert field.text() == str(Path.home() / "desk"), "a folder is suggested where a folder is written"
    field.selectAll()
    QTest.keyClicks(field, str(tmp_path / "phy"))
    click(qtbot, "export.ok")
    table = tmp_path / "phy" / "cluster_group.tsv"
    qtbot.waitUntil(lambda: "mua" in table.read_text(), timeout=60_000)
    settle(qtbot, window)
    assert table.read_text() == "cluster_id\tgroup\n0\tmua\n2\tunsorted\n3\tunsorted\n7\tgood\n"
    assert [file.read_text() for file in table.parent.glob("cluster_group.tsv.before-*")] == [
        "cluster_id\tgroup\n7\tgood\n"
    ]
