"""XLS and XLSB, the binary workbooks, by calamine: values as typed, dates told apart; number formats it does not tell.

What hides rows and columns it does not tell either: see sheet_records.
"""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.docx_package import locked
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.ooxml import checked_package, damaged
from app.documents.loaders.sheet_grid import MAX_MERGED, SAID, Cell, Grid, Sheet, check_cells, said, write_sheet
from app.documents.loaders.sheet_hidden import Left
from app.documents.loaders.sheet_records import Lines, hidden_in_xls, hidden_in_xlsb
from app.documents.loaders.sheet_values import show
from app.text.parsed import Parsed

Value = int | float | str | bool | time | date | datetime | timedelta


def load_xls(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a workbook of Excel 97 to 2003; `password` is unused.

    Raises:
        BadFile: damaged, locked (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    return _load(data, "xls", hidden_in_xls(data), Left(HiddenTexts(read_hidden)))


def load_xlsb(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a binary workbook of today's Excel; `password` is unused.

    Raises:
        BadFile: as `load_xls`.
    """
    package = checked_package(data, "workbook")
    return _load(package, "xlsb", hidden_in_xlsb(package), Left(HiddenTexts(read_hidden)))


def _load(data: bytes, key: str, unseen: dict[int, Lines], hidden: Left) -> Parsed:
    builder = Builder()
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for at, sheet in enumerate(book.sheets_metadata):
                if sheet.typ != SheetTypeEnum.WorkSheet:
                    continue  # a chart on a sheet of its own, or a macro
                shown = sheet.visible == SheetVisibleEnum.Visible
                _write(builder, book, at, unseen.get(at, (frozenset(), frozenset())), hidden, shown)
    except PasswordError as error:
        raise locked() from error
    except (CalamineError, ValueError, IndexError, KeyError, OSError) as error:
        raise damaged("workbook", f"{type(error).__name__}: {error}") from error
    except BaseException as error:  # a panic of Rust is no Exception, and its class cannot be imported
        if type(error).__name__ != "PanicException":
            raise
        raise damaged("workbook", f"calamine: {error}") from error
    return msgspec.structs.replace(builder.build(key, hidden.texts.found()), title="", note=hidden.note())


def _write(
    builder: Builder,
    book: CalamineWorkbook,
    at: int,
    unseen: Lines,
    hidden: Left,
    shown: bool,
) -> None:
    found = book.get_sheet_by_index(at)
    left = found.start[1] if found.start else 0
    grid: Grid = {}
    count = length = 0
    for number, values in enumerate(found.iter_rows(), 1):
        row = {
            column: cell for column, value in enumerate(values, left + 1) if (cell := _cell(value, hidden)) is not None
        }
        if row:
            grid[number] = row
            count += len(row)
            length += sum(len(cell.text) for cell in row.values())
        check_length(length)
        if not shown and not hidden.texts.wanted and count > SAID:
            break
        check_cells(count, found.name)
    if not shown and not hidden.take("sheet", said(grid)):
        return
    merged = [(c + 1, r + 1, cc + 1, rr + 1) for (r, c), (rr, cc) in (found.merged_cell_ranges or [])[:MAX_MERGED]]
    rows, columns = unseen
    write_sheet(
        builder, Sheet(name=found.name, grid=grid, hidden_rows=rows, hidden_columns=columns, merged=merged), hidden
    )


def _cell(value: Value, hidden: Left) -> Cell | None:
    text = squeeze(hidden.texts.shown(show(value, "yyyy-mm-dd" if isinstance(value, date) else "General")))
    if not text:
        return None
    if isinstance(value, bool | str):
        return Cell(text)
    return Cell(text, "date" if isinstance(value, date | time | timedelta) else "number")
