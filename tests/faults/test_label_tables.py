"""Tables of labels that were cut short, saved oddly or never were tables; and names of withdrawn files."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain import Found
from models.errors import UserError
from models.orders import labelfile
from models.orders.labelfile import Table, read_labels
from models.store.check import check
from models.store.project import Project


def read(tmp_path: Path, data: bytes) -> Table:
    file = tmp_path / "labels.csv"
    file.write_bytes(data)
    with project(tmp_path) as made:
        return read_labels(file, made, ["0", "1"])


def project(tmp_path: Path) -> Project:
    source = tmp_path / "secret_name.h5"
    source.write_text("x", "utf-8")
    made = Project.create(tmp_path / "p", "traces", ["0", "1"])
    made.add(Found(source, source.name, ["a", "b"], ["g", "g"], ["0", "1"]))
    return made


def test_a_line_cut_short_takes_no_label_away(tmp_path: Path) -> None:
    table = read(tmp_path, b"sample,label\na,1\nb")
    assert (table.rows, table.values) == ([0], ["1"])
    assert [(one.where, one.reason) for one in table.skipped] == [("row 3", "the line ends before its label")]


def test_an_empty_cell_still_takes_the_label_away(tmp_path: Path) -> None:
    assert read(tmp_path, b"sample,label\na,\n").values == [""]


def test_unicode_text_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "sample\tlabel\r\na\t1\r\n".encode("utf-16")).values == ["1"]


@pytest.mark.parametrize("data", [b"sample,label\n" + b"x" * 200_000 + b",1\n", b"sample,label\na,\0\n"])
def test_what_is_no_table_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match=r"labels\.csv"):
        read(tmp_path, data)


def test_an_endless_file_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelfile, "MOST", 1000)
    with project(tmp_path) as made, pytest.raises(UserError, match="larger than"):
        read_labels(Path("/dev/zero"), made, [])


def test_the_name_of_a_withdrawn_file_stays_out_too(tmp_path: Path) -> None:
    with project(tmp_path) as made:
        made.purge([0, 1])
        added = made.add(Found(tmp_path / "secret_name.h5", "secret_name.h5", ["a", "b"], ["g", "g"], ["0", "1"]))
        assert (added.added, added.skipped) == (0, 2)
        assert made.sources() == []
        assert check(made) == []
    for file in (tmp_path / "p").rglob("*"):
        assert file.is_dir() or b"secret_name" not in file.read_bytes(), file
