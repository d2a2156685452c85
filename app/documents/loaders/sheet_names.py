"""The names that people give to cells of a workbook: named ranges, tables, and numbers that stand in no cell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from openpyxl.utils import range_boundaries
from openpyxl.workbook.defined_name import DefinedName

from app.documents.loaders.hygiene import squeeze

MAX_NAMES = 5_000
"""Names of a workbook; programs that write them make more."""
MAX_ON_SHEET = 200
_MAX_FORMULA = 300  # characters: a longer one is a formula and no range
_LAST_ROW, _LAST_COLUMN = 1 << 20, 1 << 14
_GIVEN_BY_EXCEL = re.compile(r"(?:Table|Tabelle|Tableau|Tabla|Tabela|Tabella|Tabel|表|テーブル)[\d_.]*|_xl.*", re.I)
_NUMBER = re.compile(r"=?\s*(-?\d{1,15}(?:\.\d{1,15})?%?)")


class Named(Struct, frozen=True):
    """Cells with a name of their own; bounds count from 1 and belong to it."""

    name: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> int:
        """How many cells they are."""
        return (self.right - self.left + 1) * (self.bottom - self.top + 1)

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of each."""
        return itertools.product(range(self.top, self.bottom + 1), range(self.left, self.right + 1))


def named_ranges(names: Iterable[DefinedName]) -> dict[str, list[Named]]:
    """Title of a sheet → the named ranges on it; what a program names for itself or hides is none."""
    found: dict[str, list[Named]] = {}
    for each in itertools.islice(names, MAX_NAMES):
        text = each.attr_text or ""
        if not _is_a_persons(each) or len(text) > _MAX_FORMULA or each.type != "RANGE":
            continue
        for title, cells in each.destinations:
            area = area_of(each.name, cells)
            if area is not None and len(found.setdefault(title, [])) < MAX_ON_SHEET:
                found[title].append(area)
    return found


def area_of(name: str, cells: str) -> Named | None:
    """Cells as Excel writes them ("$A$1:$B$5"), or None where it is no range."""
    name = squeeze(name)
    if not name or _GIVEN_BY_EXCEL.fullmatch(name):
        return None
    try:
        left, top, right, bottom = range_boundaries(cells)
    except (ValueError, TypeError):
        return None
    return Named(name, left or 1, top or 1, right or _LAST_COLUMN, bottom or _LAST_ROW)


def named_numbers(names: Iterable[DefinedName]) -> Iterator[str]:
    """Numbers that have a name and stand in no cell: "VAT_rate: 0.19"."""
    for each in itertools.islice(names, MAX_NAMES):
        value = _NUMBER.fullmatch((each.attr_text or "")[:_MAX_FORMULA])
        if value and _is_a_persons(each):
            yield f"{squeeze(each.name)}: {value[1]}"


def _is_a_persons(name: DefinedName) -> bool:
    return not (name.hidden or name.is_reserved or name.is_external or name.function or name.vbProcedure or name.xlm)
