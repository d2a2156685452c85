"""A table as a file: an XLSX sheet to filter and sum, a DOCX table to print, or Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.export.content import Run, Table
from app.export.docx_file import docx_bytes
from app.export.markdown_file import markdown_text
from app.export.saving import check_format, clean, save
from app.export.xlsx_file import Value, xlsx_bytes

TABLE_FORMATS = (".xlsx", ".docx", ".md")


def write_table(
    path: Path,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Value]],
    links: Mapping[tuple[int, int], str] | None = None,
) -> None:
    """Write a table in the format of the file's ending.

    Args:
        path: ends in one of `TABLE_FORMATS`; a file that stands there is replaced as a whole.
        title: names the sheet, or stands above the table.
        rows: one value a column; None is an empty cell, and no text becomes a formula.
        links: (row, column), both from 0 → the address that a click on the cell opens.

    Raises:
        AppError: another ending, or a file that cannot be replaced.
        NoSpace: the disk is full.
    """
    suffix = check_format(path, TABLE_FORMATS)
    links = links or {}
    if suffix == ".xlsx":
        save(path, xlsx_bytes(clean(title), columns, rows, links))
        return
    cells = tuple(
        tuple((Run(_text(value), "", links.get((i, j), "")),) for j, value in enumerate(row))
        for i, row in enumerate(rows)
    )
    table = Table(tuple(columns), cells)
    save(path, docx_bytes(title, [table]) if suffix == ".docx" else markdown_text(title, [table]).encode())


def _text(value: Value) -> str:
    return "" if value is None else str(value)
