"""XLS and XLSB, the binary workbooks, by calamine: values as typed, dates told apart; number formats it does not tell.

What hides rows and columns of an XLS it does not tell either, and is read from the file's own records ([MS-XLS]).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import msgspec
import olefile
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.docx_package import locked
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.ooxml import checked_package, damaged
from app.documents.loaders.sheet_grid import MAX_MERGED, Cell, Grid, Sheet, check_cells, write_sheet
from app.documents.loaders.sheet_hidden import Left
from app.documents.loaders.sheet_values import show
from app.text.parsed import Parsed

_BOF, _EOF, _BOUNDSHEET, _ROW, _COLINFO = 0x0809, 0x000A, 0x0085, 0x0208, 0x007D
_HEAD = struct.Struct("<HH")
_STREAMS = ("Workbook", "Book")

Value = int | float | str | bool | time | date | datetime | timedelta
_Hidden = dict[int, tuple[frozenset[int], frozenset[int]]]
"""Place of a sheet among the others → its hidden rows and columns, from 1."""


def load_xls(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a workbook of Excel 97 to 2003; `password` is unused.

    Raises:
        BadFile: damaged, locked (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    return _load(data, "xls", _hidden(data), Left(HiddenTexts(read_hidden)))


def load_xlsb(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a binary workbook of today's Excel; its hidden rows and columns are not told apart.

    Raises:
        BadFile: as `load_xls`.
    """
    return _load(checked_package(data, "workbook"), "xlsb", {}, Left(HiddenTexts(read_hidden)))


def _load(data: bytes, key: str, unseen: _Hidden, hidden: Left) -> Parsed:
    builder = Builder()
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for at, sheet in enumerate(book.sheets_metadata):
                if sheet.typ != SheetTypeEnum.WorkSheet:
                    continue  # a chart on a sheet of its own, or a macro
                if sheet.visible != SheetVisibleEnum.Visible:
                    hidden.count("sheet")
                    continue
                _write(builder, book, at, unseen.get(at, (frozenset(), frozenset())), hidden)
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
    unseen: tuple[frozenset[int], frozenset[int]],
    hidden: Left,
) -> None:
    found = book.get_sheet_by_index(at)
    left = found.start[1] if found.start else 0
    grid: Grid = {}
    count = length = 0
    for number, values in enumerate(found.iter_rows(), 1):
        row = {column: cell for column, value in enumerate(values, left + 1) if (cell := _cell(value)) is not None}
        if row:
            grid[number] = row
            count += len(row)
            length += sum(len(cell.text) for cell in row.values())
        check_length(length)
        check_cells(count, found.name)
    merged = [(c + 1, r + 1, cc + 1, rr + 1) for (r, c), (rr, cc) in (found.merged_cell_ranges or [])[:MAX_MERGED]]
    rows, columns = unseen
    write_sheet(
        builder, Sheet(name=found.name, grid=grid, hidden_rows=rows, hidden_columns=columns, merged=merged), hidden
    )


def _cell(value: Value) -> Cell | None:
    text = squeeze(show(value, "yyyy-mm-dd" if isinstance(value, date) else "General"))
    if not text:
        return None
    if isinstance(value, bool | str):
        return Cell(text)
    return Cell(text, "date" if isinstance(value, date | time | timedelta) else "number")


def _hidden(data: bytes) -> _Hidden:
    """What is hidden on each sheet; nothing where the records cannot be followed: calamine says what is damaged."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            name = next((each for each in _STREAMS if file.exists(each)), "")
            stream = file.openstream(name).read() if name else b""
    except (OSError, ValueError, IndexError, struct.error, TypeError):
        return {}
    begins = [
        struct.unpack_from("<I", body)[0] for kind, body in _records(stream, 0) if kind == _BOUNDSHEET and len(body) > 4
    ]
    return {at: _on_sheet(stream, begin) for at, begin in enumerate(begins)}


def _on_sheet(stream: bytes, begin: int) -> tuple[frozenset[int], frozenset[int]]:
    rows, columns = set[int](), set[int]()
    for kind, body in _records(stream, begin):
        if kind == _ROW and len(body) >= 16 and body[12] & 0x20:  # fDyZero
            rows.add(int.from_bytes(body[:2], "little") + 1)
        elif kind == _COLINFO and len(body) >= 10 and (body[8] & 1 or body[4:6] == b"\0\0"):  # fHidden, or no width
            first, last = struct.unpack_from("<HH", body)
            columns.update(range(first + 1, min(last, 255) + 2))
    return frozenset(rows), frozenset(columns)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of a substream: kind and body, until its end; charts inside of it are stepped over as they are."""
    depth = 0
    while at + _HEAD.size <= len(stream):
        kind, size = _HEAD.unpack_from(stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0 and kind == _EOF:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += _HEAD.size + size
