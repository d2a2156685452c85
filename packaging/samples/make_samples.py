"""Makes the PDF and DOCX sample documents from the Markdown beside this script.

Run it with the development environment: `python packaging/samples/make_samples.py`. The Markdown and HTML samples are
written by hand in resources/samples. `<!-- page -->` in a source begins a new page.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import docx
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextDocument,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "resources" / "samples"
PDFS = ("Travel-Policy-2026", "Warranty-Terms-EU")
DOCXS = ("Onboarding-Guide", "Expense-Guide")
MARGIN_MM = (20.0, 26.0, 20.0, 24.0)  # left, top, right, bottom
DPI = 300
STYLE = """
body { font-family: "DejaVu Serif"; font-size: 9.5pt; }
h1 { font-size: 20pt; font-weight: bold; } h2 { font-size: 14pt; font-weight: bold; }
h3 { font-size: 10pt; font-weight: bold; } th { font-weight: bold; background: #f0f0f0; text-align: left; }
table { margin-top: 6px; margin-bottom: 6px; }
"""
TABLE = '<table border="1" cellspacing="0" cellpadding="4" width="100%" style="border-collapse: collapse">'


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _html(source: str) -> str:
    pages = []
    for number, page in enumerate(source.split("<!-- page -->")):
        body = _parser().render(page).replace("<table>", TABLE)
        if number:  # Qt takes the break from the page's first block
            body = re.sub(r"<(h[1-3]|p)>", r'<\1 style="page-break-before: always">', body, count=1)
        pages.append(body)
    return f"<html><head><style>{STYLE}</style></head><body>{''.join(pages)}</body></html>"


def make_pdf(name: str) -> None:
    """A PDF with real text, headings, tables, and a running header and page number on each page."""
    source = (HERE / f"{name}.md").read_text(encoding="utf-8")
    title = source.split("\n", 1)[0].lstrip("# ")
    target = TARGET / f"{name}.pdf"
    writer = QPdfWriter(str(target))
    writer.setResolution(DPI)
    writer.setTitle(title)
    writer.setCreator("Larkfield Components")
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(*MARGIN_MM),
            QPageLayout.Unit.Millimeter,
        )
    )
    area = writer.pageLayout().paintRectPixels(DPI)
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(QFont("DejaVu Serif", 9))
    document.documentLayout().setPaintDevice(writer)
    document.setHtml(_html(source))
    document.setPageSize(QSizeF(area.width(), area.height()))
    painter = QPainter(writer)
    for page in range(document.pageCount()):
        if page:
            writer.newPage()
        _draw_page(painter, document, page, title, QSizeF(area.width(), area.height()))
    painter.end()
    _settle(target)


def _draw_page(painter: QPainter, document: QTextDocument, page: int, title: str, size: QSizeF) -> None:
    small = QFont("DejaVu Serif", 7)
    painter.setFont(small)
    line = 34.0
    header = QRectF(0, -2.4 * line, size.width(), line * 1.4)
    painter.setPen(Qt.GlobalColor.black)
    painter.drawText(header, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "Larkfield Components")
    painter.drawText(header, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), title)
    painter.setPen(QPen(Qt.GlobalColor.gray, 2))
    painter.drawLine(QPointF(0, -0.8 * line), QPointF(size.width(), -0.8 * line))
    painter.setPen(Qt.GlobalColor.black)
    footer = QRectF(0, size.height() + line, size.width(), line * 1.4)
    painter.drawText(footer, int(Qt.AlignmentFlag.AlignCenter), str(page + 1))
    painter.save()
    painter.translate(0, -page * size.height())
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = QRectF(0, page * size.height(), size.width(), size.height())
    painter.setClipRect(context.clip)
    document.documentLayout().draw(painter, context)
    painter.restore()


def _settle(path: Path) -> None:
    """The dates of the edition instead of today's, in as many bytes."""
    data = path.read_bytes()
    data = re.sub(rb"D:\d{14}", b"D:20260101090000", data)
    path.write_bytes(re.sub(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", b"2026-01-01T09:00:00", data))


def make_docx(name: str) -> None:
    """A Word file with heading styles, lists and tables."""
    document = docx.Document()
    tokens = _parser().parse((HERE / f"{name}.md").read_text(encoding="utf-8"))
    lists: list[str] = []
    rows: list[list[str]] = []
    for at, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append("List Bullet" if token.type.startswith("bullet") else "List Number")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            _add_table(document, rows)
            rows = []
        elif token.type == "inline":
            _add_text(document, tokens[at - 1], token.content, lists, rows)
    document.core_properties.author = "Larkfield Components"
    document.core_properties.comments = ""
    document.save(str(TARGET / f"{name}.docx"))


def _add_text(
    document: docx.document.Document, opener: Token, text: str, lists: list[str], rows: list[list[str]]
) -> None:
    if opener.type in ("th_open", "td_open"):
        rows[-1].append(text)
    elif opener.type == "heading_open":
        document.add_heading(text, level=int(opener.tag[1]) - 1)
    else:
        document.add_paragraph(text, style=lists[-1] if lists else None)


def _add_table(document: docx.document.Document, rows: list[list[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    table.style = "Table Grid"
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    document.add_paragraph()


def main() -> int:
    """Make all four."""
    application = QGuiApplication(sys.argv[:1])
    for name in PDFS:
        make_pdf(name)
    for name in DOCXS:
        make_docx(name)
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
