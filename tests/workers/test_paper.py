"""Pages of paper: pictures whole, headings beside what they head, a foot on each page, in A4 and Letter."""

from __future__ import annotations

import base64
import io
import locale
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QTextBlock, QTextDocument
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication

from models.errors import UserError
from models.job import Job, Printout, Steps
from workers.inline import run
from workers.paper import lay_out, page_of, write_pdf

ROOT = Path(__file__).parents[2]
SMALL = QSizeF(400, 300)


def picture(width: int, height: int) -> str:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "#0072B2").save(data, "PNG")
    return f'<p><img alt="p" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"></p>'


def blocks(document: QTextDocument) -> list[QTextBlock]:
    found, block = [], document.begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def begins_on(block: QTextBlock) -> int:
    document = block.document()
    return int((document.documentLayout().blockBoundingRect(block).top() + 1) // document.pageSize().height())


@pytest.mark.parametrize("lines", range(1, 16))
def test_no_picture_is_cut_and_no_heading_left_behind(qapp: QApplication, lines: int) -> None:
    words = "".join(f"<p>line {place}</p>" for place in range(lines))
    row = "<tr><td>1</td><td>2</td></tr>"
    table = f"<h3>Rows</h3><table><thead><tr><th>a</th><th>b</th></tr></thead>{row * 30}</table>"
    document = lay_out(f"{words}<h2>One</h2><h3>Drawn</h3>{picture(800, 300)}{table}", SMALL)
    heads = [block for block in blocks(document) if block.blockFormat().headingLevel()]
    assert [block.text() for block in heads] == ["One", "Drawn", "Rows"]
    drawn = heads[1].next()
    assert drawn.text() == "\ufffc"
    assert begins_on(drawn) == page_of(drawn)
    assert begins_on(heads[0]) == page_of(heads[1]) == page_of(drawn)
    first = next(block for block in blocks(document) if block.text() == "1")
    assert page_of(heads[2]) == page_of(first)
    form = drawn.begin().fragment().charFormat().toImageFormat()  # type: ignore[attr-defined]
    assert (form.width(), form.height()) == (400, 150)


def test_a_picture_higher_than_a_page_is_made_to_fit(qapp: QApplication) -> None:
    document = lay_out(f"<h3>Drawn</h3>{picture(200, 2000)}", SMALL)
    assert document.pageCount() == 1


def made(path: Path, paper: str = "a4", title: str = "p31: 1 recording") -> QPdfDocument:
    # A reader takes a narrow column for one that is written from top to bottom: the lines are long.
    html = "<h1>Report</h1>" + "".join(f"<p>line {place} ≥ 150 µV{', and so on' * 6}</p>" for place in range(120))
    write_pdf(Printout(html=html, path=path, paper=paper, title=title, foot="Research use, no diagnosis."))
    document = QPdfDocument()
    assert document.load(str(path)) == QPdfDocument.Error.None_
    return document


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_each_page_has_its_size_number_and_foot(
    qapp: QApplication, tmp_path: Path, paper: str, size: tuple[int, int]
) -> None:
    document = made(tmp_path / "r.pdf", paper)
    count = document.pageCount()
    assert count > 2
    for place in range(count):
        text = document.getAllText(place).text()
        assert text.count("Research use, no diagnosis.") == 1
        assert f"Page {place + 1} of {count}" in text
        points = document.pagePointSize(place)
        assert (round(points.width()), round(points.height())) == size
    whole = "".join(document.getAllText(place).text() for place in range(count))
    assert [whole.count(f"line {place} ") for place in range(120)] == [1] * 120
    assert "≥ 150 µV" in whole
    document.close()


def test_a_long_title_leaves_room_for_the_rest_of_the_foot(qapp: QApplication, tmp_path: Path) -> None:
    document = made(tmp_path / "r.pdf", title="patient " * 40)
    assert "…" in document.getAllText(0).text()
    document.close()


def printing(path: str) -> Steps:
    """An order that has something printed."""
    yield Printout(html="<p>here</p>", path=Path(path), title="t", foot="f")
    return Path(path).read_bytes()[:5].decode()


def test_an_order_has_its_pages_before_its_next_step(qapp: QApplication, tmp_path: Path) -> None:
    told: list[object] = []
    job = Job(f"{__name__}:printing", {"path": str(tmp_path / "r.pdf")}, "")
    sys.modules.setdefault(__name__, sys.modules[printing.__module__])
    assert run(job, told.append) == "%PDF-"
    assert told == [], "pages are no step that is told further"


def test_without_a_window_the_numbers_of_this_process_keep_their_points(tmp_path: Path) -> None:
    code = (
        "import locale, sys\nfrom pathlib import Path\nfrom models.job import Printout\n"
        "from workers.steps import print_out\nbefore = locale.setlocale(locale.LC_ALL)\n"
        "print_out(Printout(html='<p>x</p>', path=Path(sys.argv[1])))\n"
        "assert locale.setlocale(locale.LC_ALL) == before"
    )
    environment = {name: text for name, text in os.environ.items() if name != "QT_QPA_PLATFORM"}
    given = {**environment, "PYTHONPATH": str(ROOT), "LC_ALL": _other_locale()}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.pdf")], env=given, check=True, timeout=60)
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def _other_locale() -> str:
    """One with a decimal comma where there is one."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        return locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    except locale.Error:
        return "C.UTF-8"
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_a_computer_without_what_qt_needs_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "workers.paper", None)
    job = Job(f"{__name__}:printing", {"path": str(tmp_path / "r.pdf")}, "")
    with pytest.raises(UserError, match="Write HTML instead"):
        run(job)
