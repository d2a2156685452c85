"""XLSX and XLSM: each sheet under its name, its tables as rows with headers. What a person does not see is left out.

openpyxl's own row parser is asked, as its read-only workbook does: only so are hidden rows, merged cells and formulas
without a value known while a sheet is streamed.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from datetime import date, time, timedelta
from xml.etree.ElementTree import Element

import msgspec
from openpyxl import load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils import range_boundaries
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.ooxml import BROKEN, checked_package, damaged, left_out
from app.documents.loaders.sheet_grid import Cell, tables, write_tables
from app.documents.loaders.sheet_values import show
from app.errors import BadFile
from app.text.parsed import Parsed

NO_VALUE = "(formula without a value)"
"""What stands for a formula that no program has calculated: nothing would be added up in silence."""
MAX_MERGED = 10_000
MAX_GRID = 3_000_000
"""Cells of one sheet that show something: they must fit into the memory of one file."""
_WHITE = ("FFFFFFFF", "00FFFFFF")


def load_xlsx(data: bytes, password: str = "") -> Parsed:
    """Read a workbook; `password` is unused.

    Raises:
        BadFile: damaged, without text (`empty`), or larger than a file may be (`too_large`).
    """
    data = checked_package(data, "workbook")
    builder, hidden = Builder(), Counter[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of what it does not write back, which nobody does here
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible":
                    hidden["sheet"] += 1
                    continue
                _Sheet(book, sheet, hidden).write(builder)
        except (BadFile, MemoryError, RecursionError):
            raise
        except BROKEN as error:
            raise damaged("workbook", f"{type(error).__name__}: {error}") from error
    note = left_out({f"hidden {what}": count for what, count in hidden.items()})
    return msgspec.structs.replace(builder.build("xlsx"), title="", note=note)


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

    def __init__(self, book: Workbook, sheet: ReadOnlyWorksheet, hidden: Counter[str]) -> None:
        self._book, self._sheet, self._hidden = book, sheet, hidden
        self._formats: dict[int, tuple[str, bool]] = {}
        self._columns: frozenset[int] = frozenset()

    def write(self, builder: Builder) -> None:
        """Raises: whatever openpyxl does, see `BROKEN`."""
        book, sheet = self._book, self._sheet
        with sheet._get_source() as source:
            parser = _Rows(source, sheet._shared_strings, True, book.epoch, book._date_formats, book._timedelta_formats)
            grid = self._grid(parser)
        hidden_rows = frozenset(int(row) for row, at in parser.row_dimensions.items() if _is_hidden(at, "ht"))
        shown = {row: cells for row, cells in grid.items() if row not in hidden_rows}
        self._hidden["row"] += len(grid) - len(shown)
        hidden_columns = {column for cells in shown.values() for column in cells} & self._columns
        self._hidden["column"] += len(hidden_columns)
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
        code, invisible = self._style(int(str(cell["style_id"])))
        text = "" if invisible else squeeze(show(value, code))
        if invisible and value != "":
            self._hidden["cell"] += 1
        if not text:
            return None
        if isinstance(value, bool | str):
            return Cell(text)
        return Cell(text, "date" if isinstance(value, date | time | timedelta) else "number")

    def _style(self, style_id: int) -> tuple[str, bool]:
        """A style's number format, and whether its text is white on no colour."""
        if style_id not in self._formats:
            book = self._book
            style = book._cell_styles[style_id]
            number = style.numFmtId
            code = BUILTIN_FORMATS.get(number, "General") if number < 164 else book._number_formats[number - 164]
            font, fill = book._fonts[style.fontId], book._fills[style.fillId]
            white = font.color is not None and font.color.type == "rgb" and font.color.rgb in _WHITE
            self._formats[style_id] = code, white and getattr(fill, "fill_type", "gradient") is None
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


def _hidden_columns(parser: _Rows) -> frozenset[int]:
    found: set[int] = set()
    for attributes in parser.column_dimensions.values():
        if _is_hidden(attributes, "width"):
            found.update(range(int(attributes["min"]), int(attributes["max"]) + 1))
    return frozenset(found)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or attributes.get(size) in ("0", "0.0")
