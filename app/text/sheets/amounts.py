"""Conditions on amounts: "more than 100 €", "between 10 and 20"."""

from __future__ import annotations

from decimal import Decimal

from app.text.fold import fold
from app.text.sheets.mentions import Mention, tokens_of
from app.text.sheets.places import Places, Unsure
from app.text.sheets.plan import Column, Condition, Operator
from app.text.sheets.vocabulary import PRICE, PRICES, ROWS, UNITS, Word

_COMPARING: frozenset[Word] = frozenset({"above", "at least", "below", "at most"})
_NEAR = 4
"""Tokens between the name of a column and what is said of it."""


class Amounts:
    """Makes conditions of the amounts that a question names."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def take(self) -> list[Condition]:
        """
        Raises:
            Unsure: it is not clear what is compared with what.
        """
        made = []
        for word in self._places.of(*_COMPARING):
            number = self._number_after(word.end)
            if number is None:
                continue  # "over the year", "under contract"
            operator: Operator = word.word  # type: ignore[assignment]
            made.append(self._compared(word, number, operator))
        for word in self._places.of("or more", "or less"):
            number = next(
                (each for each in self._places.free("number") if word.start - 2 <= each.end <= word.start), None
            )
            if number is not None:
                made.append(self._compared(number, number, "at least" if word.word == "or more" else "at most"))
                self._places.used.append(word)
        for word in self._places.of("between"):
            made += self._between(word)
        if self._places.of(*_COMPARING, "or more", "or less", "between"):
            raise Unsure("It is not clear what is compared with what.")
        return made

    def _number_after(self, place: int) -> Mention | None:
        """A number, with a currency sign before it at most."""
        for at in (place, place + 1):
            if at == place + 1 and self._places.tokens[place : place + 1] and self._places.tokens[place] not in UNITS:
                return None
            if number := self._places.at("number", at):
                return number
        return None

    def _compared(self, word: Mention, number: Mention, operator: Operator) -> Condition:
        unit, after = self._unit(number)
        column = self._about(word, after, unit)
        self._places.used += [word, number] if word is not number else [number]
        return Condition(column=column.name, operator=operator, values=(_plain(number.text),))

    def _between(self, word: Mention) -> list[Condition]:
        """ "between 10 and 20": both ends belong to it."""
        first = self._number_after(word.end)
        if first is None:
            return []
        joint = first.end + (self._places.tokens[first.end : first.end + 1] in [(each,) for each in UNITS])
        second = (
            self._number_after(joint + 1) if self._places.tokens[joint : joint + 1] in [("and",), ("und",)] else None
        )
        if second is None:
            raise Unsure("It is not clear between which amounts.")
        unit, after = self._unit(second)
        column = self._about(word, after, unit)
        self._places.used += [word, first, second]
        return [
            Condition(column=column.name, operator="at least", values=(_plain(first.text),)),
            Condition(column=column.name, operator="at most", values=(_plain(second.text),)),
        ]

    def _unit(self, number: Mention) -> tuple[str, int]:
        """The unit beside a number, and the place behind both."""
        for at in (number.end, number.start - 1):
            if unit := self._places.at("unit", at):
                self._places.used.append(unit)
                return unit.text, max(number.end, unit.end)
        return "", number.end

    def _about(self, word: Mention, after: int, unit: str) -> Column:
        """The column that an amount is one of: named behind it or before it, or the only one that has amounts."""
        if behind := self._behind(after):
            return self._fitting(behind, unit)
        before = [
            each
            for each in self._places.free("column")
            if self._places.column(each.column).kind in ("number", "mixed") and 0 <= word.start - each.end <= _NEAR
            and self._places.only_light(each.end, word.start)
        ]  # fmt: skip
        if before:
            return self._fitting(before[-1], unit)
        measures = [each for each in self._places.sheet.columns if each.measures or each.kind == "mixed"]
        with_unit = [each for each in measures if unit and _unit_of(each) == unit]
        priced = [each for each in measures if set(tokens_of(each.name)) & PRICES]
        if len(measures) > 1 and len(with_unit) == 1:
            measures = with_unit
        elif len(measures) > 1 and len(priced) == 1 and set(self._places.tokens) & PRICE:
            measures = priced
        if len(measures) != 1:
            raise Unsure(f"It is not clear which column of {self._places.sheet.title} is compared.")
        return self._same_unit(measures[0], unit)

    def _behind(self, after: int) -> Mention | None:
        """ "more than 100 units"; a thing that is counted there ("more than 3 orders") is no amount of a row."""
        if after < len(self._places.tokens) and self._places.tokens[after] in ROWS:
            raise Unsure("How often something occurs cannot be a condition yet.")
        for each in self._places.mentions:
            if each.start == after and each.what in ("column", "table") and each not in self._places.used:
                if each.what == "column" and self._places.column(each.column).measures:
                    return each
                raise Unsure("How often something occurs cannot be a condition yet.")
        return None

    def _fitting(self, mention: Mention, unit: str) -> Column:
        self._places.used.append(mention)
        return self._same_unit(self._places.column(mention.column), unit)

    def _same_unit(self, column: Column, unit: str) -> Column:
        own = _unit_of(column)
        if unit and own and own != unit:
            raise Unsure(f"“{column.name}” is in {column.unit or own}.")
        if unit == "%" and not own:
            raise Unsure(f"“{column.name}” is not in percent.")
        return column


def _plain(number: str) -> str:
    return f"{Decimal(number):f}"


def _unit_of(column: Column) -> str:
    """A column's unit as questions have it: of its cells, or in its name: "Amount (EUR)"."""
    own = UNITS.get(fold(column.unit), fold(column.unit))
    return own or next((UNITS[token] for token in tokens_of(column.name) if token in UNITS), "")
