"""A report as a DOCX file, through python-docx, which is imported when one is written."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from app.cited import SOURCE_TYPE
from app.export.content import Block, Heading, Mark, Paragraph, Run, Runs, Style, Table
from app.export.docx_footnotes import Footnotes
from app.export.saving import clean

_COLOURS: dict[Mark, str] = {"added": "1B6E3C", "removed": "B3261E", "faint": "6B6B6B"}
_LINK = "0563C1"
_HEADER = "EDEDED"
_CODE_FONT = "Courier New"
_STYLES: dict[Style, str] = {"quote": "Quote", "code": "No Spacing", "bullet": "List Bullet"}
"""Numbers of lists are written out: Word would count through all lists of a document."""
_LANDSCAPE_FROM = 5  # columns


def docx_bytes(title: str, blocks: Sequence[Block], *, by_model: bool = False) -> bytes:
    """The file on A4, turned where a table has many columns; `by_model`: see `write_report`."""
    import docx

    document = docx.Document()
    widest = max((len(block.columns) for block in blocks if isinstance(block, Table)), default=0)
    _set_up(document, title, landscape=widest >= _LANDSCAPE_FROM)
    if by_model:
        document.core_properties.keywords = SOURCE_TYPE
    document.add_heading(clean(title), 0)
    notes = Footnotes()
    for block in blocks:
        match block:
            case Heading():
                document.add_heading(clean(block.text), max(1, min(4, block.level)))
            case Paragraph():
                _add_paragraph(document, block, notes)
            case Table():
                _add_table(document, block, notes)
    notes.finish(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _set_up(document: Any, title: str, *, landscape: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = (Cm(29.7), Cm(21)) if landscape else (Cm(21), Cm(29.7))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    document.styles["Normal"].font.size = Pt(10)
    document.core_properties.title, document.core_properties.author = clean(title)[:255], "Inhouse"


def _add_paragraph(document: Any, block: Paragraph, notes: Footnotes) -> None:
    from docx.shared import Cm

    made = document.add_paragraph(style=_STYLES.get(block.style))
    if block.level:
        made.paragraph_format.left_indent = Cm(0.6 * block.level)
    number = (Run(f"{block.number}. "),) if block.style == "number" else ()
    _fill(made, number + block.runs, notes)


def _add_table(document: Any, table: Table, notes: Footnotes) -> None:
    width = max([len(table.columns), *(len(row) for row in table.rows)])
    if not width:
        return
    named = bool(table.columns)
    made = document.add_table(rows=len(table.rows) + named, cols=width, style="Table Grid")
    rows = iter(made.rows)
    if named:
        header = next(rows)
        _mark_header(header)
        for cell, name in zip(header.cells, table.columns, strict=False):
            _shade(cell)
            _fill(cell.paragraphs[0], (Run(name, "strong"),), notes)
    for row, values in zip(rows, table.rows, strict=True):
        for cell, runs in zip(row.cells, values, strict=False):
            _fill(cell.paragraphs[0], runs, notes)
    document.add_paragraph()


def _fill(paragraph: Any, runs: Runs, notes: Footnotes) -> None:
    noted = False
    for run in runs:
        made = _linked(paragraph, run) if run.link else paragraph.add_run(clean(run.text))
        _look(made, _LINK if run.link else _COLOURS.get(run.mark, ""))
        made.bold = run.mark in ("strong", "added") or None
        made.font.strike = run.mark == "removed" or None
        made.underline = bool(run.link) or run.mark == "added" or None
        made.italic = run.mark == "em" or None
        if run.mark == "code":
            made.font.name = _CODE_FONT
        if run.note:
            notes.add(paragraph, run.note, behind=noted and not run.text)
        noted = bool(run.note)


def _look(run: Any, colour: str) -> None:
    from docx.shared import RGBColor

    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)


def _linked(paragraph: Any, run: Run) -> Any:
    """A run inside a hyperlink, which python-docx reads but does not make."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(clean(run.link), RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    made = paragraph.add_run(clean(run.text))
    paragraph._p.append(link)
    link.append(made._r)
    return made


def _mark_header(row: Any) -> None:
    """The row is repeated on each page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _shade(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _HEADER)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
