"""XLSX and XLSM: each sheet under its name, its tables as rows with headers. What a person does not see is left out.

openpyxl's own row parser is asked, as its read-only workbook does: only so are hidden rows, merged cells and formulas
without a value known while a sheet is streamed.
"""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Iterator
from datetime import date, time, timedelta
from xml.etree.ElementTree import Element

import msgspec
from openpyxl import load_workbook
from openpyxl.comments.comment_sheet import CommentSheet
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils import range_boundaries
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.functions import fromstring

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.charts import chart_blocks
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.ooxml import BROKEN, checked_package, damaged
from app.documents.loaders.sheet_grid import MAX_MERGED, SAID, Cell, Grid, Sheet, check_cells, said, write_sheet
from app.documents.loaders.sheet_hidden import CellLooks, Left
from app.documents.loaders.sheet_names import MAX_ON_SHEET, Named, area_of, named_numbers, named_ranges
from app.documents.loaders.sheet_values import NO_VALUE, number_format, show
from app.errors import BadFile
from app.text.hidden import HiddenKind
from app.text.parsed import BlockKind, Parsed


def load_xlsx(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a workbook; `password` is unused.

    Raises:
        BadFile: damaged, without text (`empty`), or larger than a file may be (`too_large`).
    """
    data = checked_package(data, "workbook")
    builder, hidden = Builder(), Left(HiddenTexts(read_hidden))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of what it does not write back, which nobody does here
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for text in named_numbers(book.defined_names.values()):
                builder.add("paragraph", text)
            named = named_ranges(book.defined_names.values())
            for sheet in book.worksheets:
                _Sheet(book, sheet, hidden, named.get(sheet.title, [])).write(builder)
            if all(each.sheet_state == "visible" for each in book.chartsheets):
                for path in _linked(book, "xl/workbook.xml", "/chartsheet"):
                    for kind, text in _charts(book, path):
                        builder.add(kind, text)
            said_of_itself = book.properties
            names = ("title", "subject", "keywords", "description", "category")
            hidden.take_properties(getattr(said_of_itself, name) or "" for name in names)
        except (BadFile, MemoryError, RecursionError):
            raise
        except BROKEN as error:
            raise damaged("workbook", f"{type(error).__name__}: {error}") from error
    for text in hidden.beside:
        builder.add("paragraph", text)
    return msgspec.structs.replace(builder.build("xlsx", hidden.texts.found()), title="", note=hidden.note())


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

    def __init__(self, book: Workbook, sheet: ReadOnlyWorksheet, hidden: Left, named: list[Named]) -> None:
        self._book, self._sheet, self._hidden, self._named = book, sheet, hidden, named
        self._unseen = sheet.sheet_state != "visible"
        self._looks = CellLooks(book)
        self._formats: dict[int, tuple[str, HiddenKind | None]] = {}

    def write(self, builder: Builder) -> None:
        """Raises: whatever openpyxl does, see `BROKEN`."""
        book, sheet = self._book, self._sheet
        with sheet._get_source() as source:
            parser = _Rows(source, sheet._shared_strings, True, book.epoch, book._date_formats, book._timedelta_formats)
            grid = self._grid(parser)
        if self._unseen and not self._hidden.take("sheet", said(grid)):
            return
        comments = list(_comments(book, sheet))
        for _, _, words in comments:
            self._hidden.texts.take("remark", words)  # read, named as what it is, and told of
        rows = frozenset(int(row) for row, at in parser.row_dimensions.items() if _is_hidden(at, "ht"))
        merged = parser.merged_cells.mergeCell if parser.merged_cells else []
        shown = Sheet(
            name=sheet.title,
            grid=grid,
            hidden_rows=rows,
            hidden_columns=_hidden_columns(parser),
            merged=[range_boundaries(each.ref) for each in merged[:MAX_MERGED]],
            comments=comments,
            named=[*self._named, *_named(book, sheet)],
        )
        write_sheet(builder, shown, self._hidden)
        for kind, text in _charts(book, sheet._worksheet_path):
            builder.add(kind, text)

    def _grid(self, parser: _Rows) -> Grid:
        grid: Grid = {}
        count = length = 0
        for number, cells in parser.parse():
            row = {int(cell["column"]): made for cell in cells if (made := self._cell(cell)) is not None}
            if row:
                grid[number] = row
                count += len(row)
                length += sum(len(cell.text) for cell in row.values())
            check_length(length)
            if self._unseen and not self._hidden.texts.wanted and count > SAID:
                break
            check_cells(count, self._sheet.title)
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


def _charts(book: Workbook, path: str) -> Iterator[tuple[BlockKind, str]]:
    """The titles of the charts on a sheet: their values stand in cells, and would count twice."""
    for drawing in _linked(book, path, "/drawing"):
        for chart in _linked(book, drawing, "/chart"):
            yield from itertools.islice(chart_blocks(fromstring(book._archive.read(chart))), 1)


def _linked(book: Workbook, path: str, kind: str) -> list[str]:
    """The parts of a kind that a part refers to."""
    links = get_rels_path(path)
    if links not in book._archive.namelist():
        return []
    held = book._archive.namelist()
    return [
        link.target for link in get_dependents(book._archive, links) if link.Type.endswith(kind) and link.target in held
    ]


def _named(book: Workbook, sheet: ReadOnlyWorksheet) -> Iterator[Named]:
    """The ranges that are named for a sheet alone, and its tables."""
    yield from named_ranges(sheet.defined_names.values()).get(sheet.title, ())
    for path in _linked(book, sheet._worksheet_path, "/table")[:MAX_ON_SHEET]:
        root = fromstring(book._archive.read(path))
        area = area_of(root.get("displayName") or root.get("name") or "", root.get("ref", ""))
        if area is not None:
            yield area


def _comments(book: Workbook, sheet: ReadOnlyWorksheet) -> Iterator[tuple[int, int, str]]:
    """Row, column and words of the comments (today's Excel: notes) on a sheet."""
    for path in _linked(book, sheet._worksheet_path, "/comments"):
        for cell, comment in CommentSheet.from_tree(fromstring(book._archive.read(path))).comments:
            left, top, _, _ = range_boundaries(cell)
            author, text = squeeze(comment.author or ""), squeeze(comment.text or "")
            named = author and author != "None" and not text.startswith(f"{author}:")
            yield top, left, f"Comment{f' by {author}' if named else ''}: {text}"


def _hidden_columns(parser: _Rows) -> frozenset[int]:
    found: set[int] = set()
    for attributes in parser.column_dimensions.values():
        if _is_hidden(attributes, "width"):
            found.update(range(int(attributes["min"]), int(attributes["max"]) + 1))
    return frozenset(found)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or attributes.get(size) in ("0", "0.0")
