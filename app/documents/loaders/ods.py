"""ODS: each sheet under its name, its tables as rows with headers; values by their type, comments named as such.

calamine reads ODS too, but tells nothing of hidden rows and columns, merged cells and currencies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

import msgspec

from app.documents.loaders.builder import Builder, check_length
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.odf import OFFICE, TABLE, TEXT, OpenDocument, count, unseen, words
from app.documents.loaders.odf_text import TextReader, comment_of
from app.documents.loaders.sheet_grid import SAID, Cell, Grid, Kind, Sheet, check_cells, said, write_sheet
from app.documents.loaders.sheet_hidden import Left
from app.documents.loaders.sheet_values import NO_VALUE, show
from app.text.parsed import Parsed

_MAX_ROWS, _MAX_COLUMNS = 1 << 20, 1 << 14
_OFF = ("collapse", "filter")
_GROUPS = frozenset(
    f"{TABLE}table-{tag}" for tag in ("rows", "row-group", "header-rows", "columns", "column-group", "header-columns")
)
_MAX_DEPTH = 10  # groups in groups
_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S")


def load_ods(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an OpenDocument spreadsheet; `password` is unused.

    Raises:
        BadFile: damaged, locked (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    document, builder = OpenDocument(data, "spreadsheet"), Builder()
    hidden = Left(HiddenTexts(read_hidden))
    for table in document.body.findall(f"{TABLE}table"):
        _Reader(document, table, hidden).write(builder)
    hidden.take_properties(document.properties)
    for text in hidden.beside:
        builder.add("paragraph", text)
    return msgspec.structs.replace(builder.build("ods", hidden.texts.found()), title="", note=hidden.note())


class _Reader:
    """Reads one sheet."""

    def __init__(self, document: OpenDocument, table: Element, hidden: Left) -> None:
        self._document, self._table, self._hidden = document, table, hidden
        self._name = table.get(f"{TABLE}name", "")
        self._unseen = document.style("table", table.get(f"{TABLE}style-name")).hidden
        self._words = TextReader(document, hidden.texts)
        self._merged: list[tuple[int, int, int, int]] = []
        self._comments: list[tuple[int, int, str]] = []  # row, column and words

    def write(self, builder: Builder) -> None:
        """
        Raises:
            BadFile: too large (`too_large`).
        """
        columns, rows = self._hidden_columns(), set[int]()
        grid = self._grid(rows)
        if self._unseen and not self._hidden.take("sheet", said(grid)):
            return
        self._hidden.count_cells(self._words.left_out.total())
        for _, _, comment in self._comments:
            self._hidden.texts.take("remark", comment)  # read, named as what it is, and told of
        sheet = Sheet(
            name=self._name,
            grid=grid,
            hidden_rows=frozenset(rows),
            hidden_columns=columns,
            merged=self._merged,
            comments=self._comments,
        )
        write_sheet(builder, sheet, self._hidden)

    def _hidden_columns(self) -> frozenset[int]:
        found = set[int]()
        at = 1
        for column, folded in _parts(self._table, f"{TABLE}table-column", 0):
            wide = count(column, "number-columns-repeated", _MAX_COLUMNS)
            if folded or self._is_off(column, "table-column"):
                found.update(range(at, at + wide))
            at += wide
        return frozenset(found)

    def _is_off(self, line: Element, family: str) -> bool:
        style = self._document.style(family, line.get(f"{TABLE}style-name"))
        return line.get(f"{TABLE}visibility") in _OFF or style.hidden is True

    def _grid(self, hidden: set[int]) -> Grid:
        grid: Grid = {}
        number, filled, length = 1, 0, 0
        for row, folded in _parts(self._table, f"{TABLE}table-row", 0):
            cells = self._row(row, number)
            repeated = count(row, "number-rows-repeated", _MAX_ROWS)
            filled += len(cells) * repeated
            length += sum(len(cell.text) for cell in cells.values()) * repeated
            check_length(length)
            if self._unseen and not self._hidden.texts.wanted and filled > SAID:
                break
            check_cells(filled, self._name)
            if cells:
                grid.update({each: dict(cells) for each in range(number, number + repeated)})
                if folded or self._is_off(row, "table-row"):
                    hidden.update(range(number, number + repeated))
            number += repeated
        return grid

    def _row(self, row: Element, number: int) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        column = 1
        for element in row:
            repeated = count(element, "number-columns-repeated", _MAX_COLUMNS)
            if element.tag == f"{TABLE}table-cell":
                cell = self._cell(element)
                if cell is not None:
                    check_cells(len(cells) + repeated, self._name)
                    cells.update(dict.fromkeys(range(column, column + repeated), cell))
                self._note(element, number, column)
            column += repeated if element.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell") else 0
        return cells

    def _note(self, element: Element, number: int, column: int) -> None:
        across = count(element, "number-columns-spanned", _MAX_COLUMNS)
        down = count(element, "number-rows-spanned", _MAX_ROWS)
        if across > 1 or down > 1:
            self._merged.append((column, number, column + across - 1, number + down - 1))
        annotation = element.find(f"{OFFICE}annotation")
        if annotation is not None and (words := comment_of(annotation)):
            self._comments.append((number, column, words))

    def _cell(self, element: Element) -> Cell | None:
        style = self._document.style("table-cell", element.get(f"{TABLE}style-name"))
        text, kind = self._value(element, style.shaded is True)
        why = None if self._unseen else unseen(style, style.shaded is True)
        if text and why and not self._hidden.take(why, text):
            return None
        if not text and element.get(f"{TABLE}formula") and not element.get(f"{OFFICE}value-type"):
            return Cell(NO_VALUE)
        return Cell(text, kind) if text else None

    def _value(self, element: Element, shaded: bool) -> tuple[str, Kind]:
        """What a cell shows and of what kind it is (ODF 1.3 part 3, 19.387)."""
        paragraphs = element.findall(f"{TEXT}p")
        shown = squeeze(" ".join(self._words.text(each, shaded) for each in paragraphs))
        if not shown and any(map(words, paragraphs)):
            return "", "text"  # it is written, and nobody sees it
        return _typed(element, shown)


def _typed(element: Element, shown: str) -> tuple[str, Kind]:
    kind = element.get(f"{OFFICE}value-type", "")
    if kind in ("float", "percentage", "currency"):
        unit = squeeze(element.get(f"{OFFICE}currency", "")).replace('"', "")
        code = {"percentage": "0%", "currency": f'#,##0.00 "{unit}"'}.get(kind, "General")
        try:
            return show(float(element.get(f"{OFFICE}value", "")), code), "number"
        except ValueError:
            return shown, "text"
    if kind == "date":
        return _date(element.get(f"{OFFICE}date-value", ""), shown), "date"
    if kind == "time":
        found = _DURATION.fullmatch(element.get(f"{OFFICE}time-value", ""))
        hours, minutes, seconds = (int(each) for each in found.groups()) if found else (0, 0, 0)
        time = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return (show(time, "[h]:mm") if found else shown), "date"
    if kind == "boolean":
        return element.get(f"{OFFICE}boolean-value", "").upper(), "text"
    return shown or squeeze(element.get(f"{OFFICE}string-value", "")), "text"


def _date(value: str, shown: str) -> str:
    """The day as ISO 8601; the month or the year alone where no more is shown."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return shown
    if re.fullmatch(r"\d{4}", shown):
        return shown
    return show(moment.replace(tzinfo=None), "yyyy-mm-dd")


def _parts(parent: Element, tag: str, depth: int, folded: bool = False) -> Iterator[tuple[Element, bool]]:
    """Rows or columns, also within groups, and whether they are folded away with one."""
    for child in parent if depth < _MAX_DEPTH else ():
        if child.tag == tag:
            yield child, folded
        elif child.tag in _GROUPS:
            yield from _parts(child, tag, depth + 1, folded or child.get(f"{TABLE}display") == "false")
