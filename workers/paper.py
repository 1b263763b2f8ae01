"""Pages of paper: HTML as PDF, no picture cut, no heading left behind at a foot, a line and a number on each page."""

from __future__ import annotations

import base64
import locale
import re
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)  # fmt: skip

import resources
from models.job import Printout

#: Sizes by the name that an order asks for.
SIZES = {"a4": QPageSize.PageSizeId.A4, "letter": QPageSize.PageSizeId.Letter}
#: Everything is laid out in pixels of which an inch has so many, as CSS has them.
INCH = 96
#: Left, top, right and bottom of a page in mm; the foot in pixels, with the room above its line.
MARGINS, FOOT = (18.0, 16.0, 18.0, 12.0), 34
#: Of a page, how high a picture may be at most: its heading stands above it.
HIGHEST = 0.85
INK, SOFT, LINE = "#1A1C20", "#5C636E", "#DADCE0"
_PICTURE = re.compile(r'src="data:image/png;base64,([^"]*)"')


def write_pdf(asked: Printout) -> None:
    """Write what an order asks for, at its path."""
    # Whoever runs orders without a window has no application yet, and Qt needs one for its fonts.
    application = QGuiApplication.instance() or _application()
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(held)
    writer.setTitle(asked.title)
    writer.setCreator("Winnow")
    margins = QMarginsF(*MARGINS)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(SIZES[asked.paper]), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    room = writer.pageLayout().paintRectPixels(INCH)
    document = lay_out(asked.html, QSizeF(room.width(), room.height() - FOOT))
    painter = QPainter(writer)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    painter.scale(writer.resolution() / INCH, writer.resolution() / INCH)
    for number in range(document.pageCount()):
        if number:
            writer.newPage()
        _draw_page(painter, document, number)
        _draw_foot(painter, QRectF(0, room.height() - FOOT, room.width(), FOOT), asked, number, document.pageCount())
    painter.end()
    del application
    asked.path.write_bytes(held.data().data())


def _application() -> QGuiApplication:
    before = locale.setlocale(locale.LC_ALL)
    made = QGuiApplication(["winnow", "-platform", "offscreen"])
    # Qt takes the person's for the whole process, where numbers of files may then have commas.
    locale.setlocale(locale.LC_ALL, before)
    return made


@lru_cache(maxsize=1)
def _load_fonts() -> None:
    for file in sorted((Path(resources.__file__).parent / "fonts").glob("Inter-*.otf")):
        QFontDatabase.addApplicationFont(str(file))


def _font(pixels: int) -> QFont:
    _load_fonts()
    font = QFont("Inter")
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    # Of digits by another feature of the font (tnum) a reader of the file could copy and find none.
    font.setFeature(QFont.Tag("calt"), 0)
    return font


def lay_out(html: str, page: QSizeF) -> QTextDocument:
    """HTML on pages of this size: pictures at most as wide as it, headings with what they head."""
    document = QTextDocument()
    document.setUseDesignMetrics(True)
    document.setDocumentMargin(0)
    document.setDefaultFont(_font(12))

    def take(found: re.Match[str]) -> str:
        """The picture beside the text, decoded only when its page is drawn."""
        data, name = QByteArray(base64.b64decode(found[1])), f"picture:{found.start()}"
        document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), data)
        size = QImage.fromData(data).size()
        scale = min(page.width() / size.width(), HIGHEST * page.height() / size.height())
        return f'src="{name}" width="{int(size.width() * scale)}" height="{int(size.height() * scale)}"'

    document.setHtml(_PICTURE.sub(take, html))
    document.setPageSize(page)
    _settle_headings(document)
    # What was laid out in pieces is drawn with gaps.
    document.markContentsDirty(0, document.characterCount())
    return document


def _settle_headings(document: QTextDocument) -> None:
    """Move each heading that would stand alone at the foot of a page to the next one."""
    block = document.begin()
    while block.isValid():
        form = block.blockFormat()
        if form.headingLevel() and page_of(block) != page_of(_headed(block)):
            form.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            QTextCursor(block).setBlockFormat(form)
        block = block.next()


def _headed(block: QTextBlock) -> QTextBlock:
    """What must stand on the page of a heading: what follows, of a table its first row below the head."""
    after = block.next()
    table = QTextCursor(after).currentTable() if after.isValid() else None
    if isinstance(table, QTextTable):
        return table.cellAt(min(1, table.rows() - 1), 0).lastCursorPosition().block()
    # Of headings in a row the last one decides.
    return _headed(after) if after.isValid() and after.blockFormat().headingLevel() else after


def page_of(block: QTextBlock) -> int:
    """On which page, from 0, a block ends; −1 for none."""
    if not block.isValid():
        return -1
    document = block.document()
    bottom = document.documentLayout().blockBoundingRect(block).bottom()
    return int((bottom - 1) // document.pageSize().height())


def _draw_page(painter: QPainter, document: QTextDocument, number: int) -> None:
    width, height = document.pageSize().width(), document.pageSize().height()
    context = QAbstractTextDocumentLayout.PaintContext()
    colours = QPalette()
    colours.setColor(QPalette.ColorRole.Text, QColor(INK))
    part = QRectF(0, number * height, width, height)
    # A line that only touches the page would be hidden by the clip, and found twice by who searches the file.
    context.palette, context.clip = colours, part.adjusted(0, 0.5, 0, -0.5)
    painter.save()
    painter.translate(0, -part.top())
    painter.setClipRect(part)
    document.documentLayout().draw(painter, context)
    painter.restore()


def _draw_foot(painter: QPainter, place: QRectF, asked: Printout, number: int, count: int) -> None:
    words = place.adjusted(0, FOOT / 2, 0, 0)
    painter.setPen(QColor(LINE))
    painter.drawLine(words.topLeft(), words.topRight())
    painter.setPen(QColor(SOFT))
    painter.setFont(_font(10))
    told = painter.fontMetrics().elidedText(asked.title, Qt.TextElideMode.ElideRight, round(words.width() / 2))
    bottom = Qt.AlignmentFlag.AlignBottom
    painter.drawText(words, bottom | Qt.AlignmentFlag.AlignLeft, asked.foot)
    painter.drawText(words, bottom | Qt.AlignmentFlag.AlignHCenter, told)
    painter.drawText(words, bottom | Qt.AlignmentFlag.AlignRight, f"Page {number + 1} of {count}")
