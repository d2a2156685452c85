"""Which figures of a sheet are meant, and whether they may be added up."""

from __future__ import annotations

from app.text.sheets.bag import Bag
from app.text.sheets.mentions import Mention, tokens_of
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Column, Plan
from app.text.sheets.vocabulary import NOT_ADDED, PRICE, PRICES


class Measures:
    """Takes the column that is counted with out of the bag."""

    def __init__(self, bag: Bag) -> None:
        self._bag = bag

    def counted_rows(self, group: str, *, surely: bool) -> Plan:
        quantities = [each.name for each in self._bag.sheet.columns if each.measures and _counts(each)]
        if quantities and not surely:
            raise Unsure(f"Rows, or the sum of “{quantities[0]}”? Ask for one of them.")
        return Plan(operation="count", group=group)

    def measure(self, *, adding: bool, needed: bool = True) -> str:
        """The column that is added up or averaged: the one that is named, or the only one that there is."""
        found = [
            each
            for each in self._bag.mentions
            if each.what == "column" and self._bag.column(each).kind in ("number", "mixed")
        ]
        whole = [each for each in found if each.whole] or found
        if len({each.column for each in whole}) > 1:
            raise Unsure("Several columns of figures are named.")
        if whole:
            self._bag.drop(*[each for each in found if each.column == whole[0].column])
            column = self._bag.column(whole[0])
            return self.added(column, whole[0]) if adding else column.name
        if not needed:
            self._bag.drop(*[each for each in self._bag.mentions if each.what == "table"])
            self._bag.drop(
                *[each for each in self._bag.mentions if each.what == "column" and self._bag.column(each).unique]
            )
            return ""
        return self._only_measure(adding)

    def _only_measure(self, adding: bool) -> str:
        measures = [each for each in self._bag.sheet.columns if each.measures or each.kind == "mixed"]
        priced = [each for each in measures if set(tokens_of(each.name)) & PRICES]
        if len(measures) > 1 and len(priced) == 1 and set(self._bag.reading.tokens) & PRICE:
            measures = priced
        if len(measures) != 1:
            raise Unsure(f"It is not said which column of {self._bag.sheet.title} is meant.")
        if adding and not may_be_added(measures[0]):
            raise Unsure(f"The figures of “{measures[0].name}” are not to be added up.")
        return measures[0].name

    def added(self, column: Column, mention: Mention) -> str:
        if not may_be_added(column) and not (mention.whole and column.unit != "%" and len(tokens_of(column.name)) > 1):
            raise Unsure(f"The figures of “{column.name}” are not to be added up.")
        return column.name


def may_be_added(column: Column) -> bool:
    return column.unit != "%" and not set(tokens_of(column.name)) & NOT_ADDED


def _counts(column: Column) -> bool:
    """Whether a column says how many pieces a row stands for."""
    words = tokens_of(column.name)
    return any(
        word
        in (
            "quantity",
            "qty",
            "units",
            "unit",
            "pieces",
            "pcs",
            "count",
            "menge",
            "anzahl",
            "stuck",
            "stuckzahl",
            "sold",
        )
        for word in words
    )
