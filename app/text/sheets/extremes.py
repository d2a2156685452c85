"""The largest, the smallest, the top three: of a column's figures, of rows, or of sums for each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from app.text.sheets.bag import Bag
from app.text.sheets.measures import Measures, may_be_added
from app.text.sheets.mentions import Mention, tokens_of
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Column, Operation, Plan
from app.text.sheets.vocabulary import NUMBERS, PRICES, ROWS, Word

DOWN: frozenset[Word] = frozenset({"highest", "most", "top", "latest", "dearest"})
UP: frozenset[Word] = frozenset({"lowest", "fewest", "bottom", "earliest", "cheapest"})


class Extremes:
    """Plans of what is largest or smallest."""

    def __init__(self, bag: Bag, measures: Measures) -> None:
        self._bag, self._measures = bag, measures

    def plan(self, tops: Sequence[Mention], base: Operation | None, group: str) -> Plan:
        words = {each.word for each in tops}
        if len(words - {"top", "bottom"}) > 1 or (words & DOWN and words & UP):
            raise Unsure("The question asks for the largest and the smallest at once.")
        order: Literal["down", "up"] = "down" if words & DOWN else "up"
        asked = bool(self._bag.words("which", "list"))
        limit = self._how_many(tops)
        self._bag.drop(*tops, *self._bag.words("which", "list"))
        told = [each for each in self._bag.mentions if each.what == "column" and not self._bag.column(each).measures]
        dated = bool(words & {"latest", "earliest"})
        if dated:
            told = [each for each in told if self._bag.column(each).kind != "date"]
        if group:
            raise Unsure("A figure for each and the largest of them are two questions.")
        if not told:
            if limit > 1 or base:
                raise Unsure("It is not said what the largest is to be found of.")
            column = self._date() if dated else self._ranked(words)
            if asked:
                raise Unsure("It is not said what is to be named.")
            self._bag.drop(*[each for each in self._bag.mentions if each.what == "table"])
            return Plan(operation="max" if order == "down" else "min", column=column)
        if len({each.column for each in told[1:]} - {told[0].column}) > (1 if words & {"most", "fewest"} else 0):
            raise Unsure("It is not clear which column is to be named.")
        target = self._bag.column(told[0])
        self._bag.drop(told[0])
        return self._ordered(target, told[1:], words, base, order, limit, dated)

    def _ordered(
        self, target: Column, others: Sequence[Mention], words: set[Word | Literal[""]], base: Operation | None,
        order: Literal["down", "up"], limit: int, dated: bool,
    ) -> Plan:  # fmt: skip
        if target.kind not in ("text", "number") or (target.kind == "number" and not target.identifier):
            raise Unsure(f"“{target.name}” cannot be listed by size.")
        counts = words & {"most", "fewest"} and not any(
            each.what == "column" and self._bag.column(each).measures for each in self._bag.mentions
        )
        if base == "count" or counts:
            plan = self._counted_by(others)
            return Plan(operation=plan.operation, column=plan.column, group=target.name, order=order, limit=limit)
        if others:
            raise Unsure("It is not clear which column is to be named.")
        column = self._date() if dated else self._ranked(words)
        if base in ("sum", "average") and target.unique:
            raise Unsure(f"There is one row of each “{target.name}”; nothing is to be added up.")
        if base in ("sum", "average"):
            return Plan(operation=base, column=column, group=target.name, order=order, limit=limit)
        adds = not dated and not target.unique and may_be_added(self._bag.sheet.column(column) or target)
        if adds and words & {"most", "fewest", "top", "bottom"}:
            return Plan(operation="sum", column=column, group=target.name, order=order, limit=limit)
        if adds:
            raise Unsure(f"The largest single “{column}”, or the largest sum of one “{target.name}”?")
        return Plan(operation="list", column=column, show=(target.name, column), order=order, limit=limit)

    def _counted_by(self, others: Sequence[Mention]) -> Plan:
        """What there are most of: rows by the sheet's name, or the values of another column."""
        tables = [each for each in self._bag.mentions if each.what == "table"]
        if others:
            self._bag.drop(others[0])
            column = self._bag.column(others[0])
            return Plan(operation="count") if column.unique else Plan(operation="distinct", column=column.name)
        if not tables and not any(token in ROWS for token in self._bag.reading.tokens):
            raise Unsure("It is not clear what is to be counted.")
        self._bag.drop(*tables)
        return self._measures.counted_rows("", surely=False)

    def _how_many(self, tops: Sequence[Mention]) -> int:
        """ "top 3", "the three largest"."""
        tokens = self._bag.reading.tokens
        for top in tops:
            for at in (top.end, top.start - 1):
                if not 0 <= at < len(tokens):
                    continue
                number = next((each for each in self._bag.mentions if each.what == "number" and each.start == at), None)
                if number is not None and number.text.isdigit() and 0 < int(number.text) <= 100:
                    self._bag.drop(number)
                    return int(number.text)
                if tokens[at] in NUMBERS:
                    return NUMBERS[tokens[at]]
        if any(token in NUMBERS for token in tokens):
            raise Unsure("It is not clear what the number in the question counts.")
        return 1

    def _ranked(self, words: set[Word | Literal[""]]) -> str:
        """The column by which things are large or small."""
        if words & {"dearest", "cheapest"}:
            priced = [each for each in self._bag.sheet.columns if each.measures and set(tokens_of(each.name)) & PRICES]
            self._bag.drop(
                *[
                    each
                    for each in self._bag.mentions
                    if each.what == "column" and each.column in [c.name for c in priced]
                ]
            )
            if len(priced) != 1:
                raise Unsure(f"It is not clear which column of {self._bag.sheet.title} says the price.")
            return priced[0].name
        return self._measures.measure(adding=False)

    def _date(self) -> str:
        dates = [each for each in self._bag.sheet.columns if each.kind == "date"]
        named = [each for each in self._bag.mentions if each.what == "column" and self._bag.column(each).kind == "date"]
        self._bag.drop(*named)
        if named:
            return named[0].column
        if len(dates) != 1:
            raise Unsure(f"It is not clear which date of {self._bag.sheet.title} is meant.")
        return dates[0].name
