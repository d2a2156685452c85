"""XLSX and XLSM: each sheet under its name, its tables as rows with headers. What a person does not see is left out.

openpyxl's own row parser is asked, as its read-only workbook does: only so are hidden rows, merged cells and formulas
without a value known while a sheet is streamed.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date, time, timedelta
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

import msgspec
from openpyxl import load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils import range_boundaries
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.docx_package import MAX_PART
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.sheet_grid import Cell, tables, write_tables
from app.documents.loaders.sheet_hidden import CellLooks, Left
from app.documents.loaders.sheet_values import number_format, show
from app.errors import BadFile
from app.text.hidden import HiddenKind
from app.text.parsed import Parsed

NO_VALUE = "(formula without a value)"
"""What stands for a formula that no program has calculated: nothing would be added up in silence."""
MAX_UNPACKED = 1024**3
MAX_MERGED = 10_000
MAX_GRID = 3_000_000
"""Cells of one sheet that show something: they must fit into the memory of one file."""
_SHOWN = 500
"""Cells of a hidden row, column or sheet that a person is told of."""


def load_xlsx(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a workbook; `password` is unused.

    Raises:
        BadFile: damaged, without text (`empty`), or larger than a file may be (`too_large`).
    """
    _check_package(data)
    builder, hidden = Builder(), Left(HiddenTexts(read_hidden))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of what it does not write back, which nobody does here
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                _Sheet(book, sheet, hidden).write(builder)
            hidden.take_properties(book)
            hidden.take_comments(data)
        except (BadFile, MemoryError, RecursionError):
            raise
        except _BROKEN as error:
            raise _damaged(f"{type(error).__name__}: {error}") from error
    for text in hidden.beside:
        builder.add("paragraph", text)
    return msgspec.structs.replace(builder.build("xlsx", hidden.texts.found()), title="", note=hidden.note())


_BROKEN = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, OverflowError, EOFError, OSError),
    *(ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError),
)
"""What openpyxl and the libraries below it raise at files that they do not understand."""


def _check_package(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            sizes = [part.file_size for part in parts]  # zipfile gives no more than this
            if max(sizes, default=0) > MAX_PART or sum(sizes) > MAX_UNPACKED:
                raise BadFile(
                    "The workbook unpacks to more than Inhouse reads at once.",
                    "Split it into smaller files and add those.",
                    f"{sum(sizes):,} bytes",
                    "too_large",
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with package.open(part) as stream:
                        head = stream.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise _damaged(f"{part.filename}: a document type declaration, which Excel never writes")
                    if part.filename == "xl/workbook.xml" and b"purl.oclc.org/ooxml/spreadsheetml" in head:
                        raise BadFile(
                            "The workbook is saved in the rare form “Strict Open XML”.",
                            "Save it as an ordinary Excel workbook (.xlsx) and add that.",
                            code="unsupported",
                        )
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
        raise _damaged(str(error)) from error


def _damaged(detail: str) -> BadFile:
    return BadFile(
        "The workbook is damaged and cannot be opened.",
        "Open it in its own program, save it again and add that copy.",
        detail,
    )


class _Rows(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's parser, which also tells a formula without a value from an empty cell."""

    def parse_cell(self, element: Element) -> dict[str, object]:
        cell: dict[str, object] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None and cell["data_type"] != "s":
            cell["value"] = NO_VALUE
        return cell

    def parse_formatting(self, element: Element) -> None:
        """Colours by condition say nothing."""

    parse_extensions = parse_formatting


class _Sheet:
    """One sheet: what it shows, by row and column."""

    def __init__(self, book: Workbook, sheet: ReadOnlyWorksheet, hidden: Left) -> None:
        self._book, self._sheet, self._hidden = book, sheet, hidden
        self._unseen = sheet.sheet_state != "visible"
        self._looks = CellLooks(book)
        self._formats: dict[int, tuple[str, HiddenKind | None]] = {}
        self._columns: frozenset[int] = frozenset()

    def write(self, builder: Builder) -> None:
        """Raises: whatever openpyxl does, see `_BROKEN`."""
        book, sheet = self._book, self._sheet
        with sheet._get_source() as source:
            parser = _Rows(source, sheet._shared_strings, True, book.epoch, book._date_formats, book._timedelta_formats)
            grid = self._grid(parser)
        if self._unseen and not self._hidden.take("sheet", _said(grid)):
            return
        hidden_rows = frozenset(int(row) for row, at in parser.row_dimensions.items() if _is_hidden(at, "ht"))
        hidden_rows -= {row for row in hidden_rows & grid.keys() if self._hidden.take("row", _said({row: grid[row]}))}
        shown = {row: cells for row, cells in grid.items() if row not in hidden_rows}
        for column in sorted({column for cells in shown.values() for column in cells} & self._columns):
            texts = (cells[column].text for cells in shown.values() if column in cells)
            if self._hidden.take("column", " | ".join(islice(texts, _SHOWN))):
                self._columns -= {column}
        shown = {
            row: left
            for row, cells in shown.items()
            if (left := {column: cell for column, cell in cells.items() if column not in self._columns})
        }
        if shown:
            self._merge(parser, shown)
            builder.add("heading", squeeze(sheet.title), 1)
            write_tables(builder, tables(shown, hidden_rows, self._columns), squeeze(sheet.title))

    def _grid(self, parser: _Rows) -> dict[int, dict[int, Cell]]:
        grid: dict[int, dict[int, Cell]] = {}
        count = length = 0
        for number, cells in parser.parse():
            if not grid:
                self._columns = _hidden_columns(parser)
            row = {int(cell["column"]): made for cell in cells if (made := self._cell(cell)) is not None}
            if row:
                grid[number] = row
                count += len(row)
                length += sum(len(cell.text) for cell in row.values())
            check_length(length)
            if self._unseen and not self._hidden.texts.wanted and count > _SHOWN:
                break
            if count > MAX_GRID:
                raise BadFile(
                    f"The sheet “{self._sheet.title}” has more than {MAX_GRID:,} filled cells.",
                    "Split it into smaller files and add those.",
                    code="too_large",
                )
        return grid

    def _cell(self, cell: dict[str, object]) -> Cell | None:
        value = cell["value"]
        if value is None:
            return None
        code, kind = self._style(int(str(cell["style_id"])))
        if number_format(code).hidden:
            code, kind = "General", "cell"
        text = squeeze(self._hidden.texts.shown(show(value, code)))
        if not text or (kind is not None and not self._unseen and not self._hidden.take(kind, text)):
            return None
        if isinstance(value, bool | str):
            return Cell(text)
        return Cell(text, "date" if isinstance(value, date | time | timedelta) else "number")

    def _style(self, style_id: int) -> tuple[str, HiddenKind | None]:
        """A style's number format, and why nobody sees its text."""
        if style_id not in self._formats:
            book = self._book
            style = book._cell_styles[style_id]
            number = style.numFmtId
            code = BUILTIN_FORMATS.get(number, "General") if number < 164 else book._number_formats[number - 164]
            font, fill = book._fonts[style.fontId], book._fills[style.fillId]
            self._formats[style_id] = code, self._looks.hides(font, fill)
        return self._formats[style_id]

    def _merge(self, parser: _Rows, grid: dict[int, dict[int, Cell]]) -> None:
        """A merged text counts for each row and column that it spans; a number only where it stands."""
        merged = parser.merged_cells.mergeCell if parser.merged_cells else []
        for each in merged[:MAX_MERGED]:
            left, top, right, bottom = range_boundaries(each.ref)
            first = grid.get(top, {}).get(left)
            if first is None or first.kind != "text" or (right - left + 1) * (bottom - top + 1) > MAX_MERGED:
                continue
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    if row in grid and column not in grid[row] and column not in self._columns:
                        grid[row][column] = Cell(first.text, "text", "right" if column > left else "down")


def _said(grid: Mapping[int, Mapping[int, Cell]]) -> str:
    """The first cells, as a person is told of them."""
    return " | ".join(islice((cell.text for cells in grid.values() for cell in cells.values()), _SHOWN))


def _hidden_columns(parser: _Rows) -> frozenset[int]:
    found: set[int] = set()
    for attributes in parser.column_dimensions.values():
        if _is_hidden(attributes, "width"):
            found.update(range(int(attributes["min"]), int(attributes["max"]) + 1))
    return frozenset(found)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or attributes.get(size) in ("0", "0.0")
