"""A table as an XLSX workbook of one sheet, through openpyxl, which is imported when one is written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.errors import AppError
from app.export.saving import clean

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | int | float | None

MOST_ROWS, MOST_CHARS, MOST_LINKS = 1_048_575, 32_767, 65_530
"""What Excel opens: rows below the header, characters in a cell, links in a sheet."""
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_NARROW, _WIDE = 8, 60  # characters of a column


def xlsx_bytes(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Value]], links: Mapping[tuple[int, int], str]
) -> bytes:
    """The file: a bold header that stays in sight, a filter, and columns as wide as what is in them.

    Raises:
        AppError: more rows than a sheet holds.
    """
    from openpyxl import Workbook

    if len(rows) > MOST_ROWS:
        raise AppError("A sheet of XLSX holds at most a million rows.", "Choose less, or save it as Markdown.")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(" ".join(_NO_SHEET_NAME.sub(" ", title).split())[:31] or "Table")
    _set_widths(sheet, columns, rows)
    sheet.freeze_panes = "A2"
    for row in _cells(sheet, columns, rows, links):
        sheet.append(row)
    if columns:
        sheet.auto_filter.ref = f"A1:{_letter(len(columns))}{len(rows) + 1}"
    book.properties.title, book.properties.creator = title, "Inhouse"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cells(
    sheet: WriteOnlyWorksheet,
    columns: Sequence[str],
    rows: Sequence[Sequence[Value]],
    links: Mapping[tuple[int, int], str],
) -> Iterator[list[Any]]:
    from openpyxl.styles import Alignment, Font

    bold, linked, top = (
        Font(bold=True),
        Font(color="0563C1", underline="single"),
        Alignment(vertical="top", wrap_text=True),
    )
    header = [_cell(sheet, name) for name in columns]
    for cell in header:
        cell.font = bold
    yield header
    left = MOST_LINKS
    for i, row in enumerate(rows):
        made = [_cell(sheet, value) for value in row]
        for j, cell in enumerate(made):
            cell.alignment = top
            if left and (address := links.get((i, j))):
                cell.hyperlink, cell.font = address, linked
                left -= 1
        yield made


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Any:
    """Text stays text: one that begins with "=" came from a document and must not be computed."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    text = clean(value)
    cell = WriteOnlyCell(sheet, text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 1] + "…")
    cell.data_type = "s"
    return cell


def _set_widths(sheet: WriteOnlyWorksheet, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    for j, name in enumerate(columns):
        longest = max([len(name) + 2, *(_length(row[j]) for row in rows[:1000] if j < len(row))])
        sheet.column_dimensions[_letter(j + 1)].width = max(_NARROW, min(_WIDE, longest + 2))


def _length(value: Value) -> int:
    return 0 if value is None else max(map(len, str(value).split("\n")))


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))
