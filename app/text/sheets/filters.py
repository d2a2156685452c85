"""The conditions of a question: texts of cells, amounts and times, each with its column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from app.text.fold import fold
from app.text.sheets.mentions import Mention, Reading, tokens_of
from app.text.sheets.plan import Column, Condition, Operator, Sheet
from app.text.sheets.vocabulary import LIGHT, PRICE, PRICES, ROWS, UNITS, Word

_COMPARING: frozenset[Word] = frozenset({"above", "at least", "below", "at most"})
_JOINING = frozenset({",", "and", "or", "und", "oder"})
_NEAR = 4
"""Tokens between the name of a column and what is said of it."""


class Unsure(Exception):
    """Why no figure can be given, in words for the user."""


class Filters:
    """Takes mentions and makes conditions of them; `used` are those that have their place then."""

    def __init__(self, reading: Reading, sheet: Sheet, mentions: list[Mention]) -> None:
        self._tokens, self._sheet, self._mentions = reading.tokens, sheet, mentions
        self.used: list[Mention] = []
        self.made: tuple[Condition, ...] = ()

    def take(self) -> tuple[Condition, ...]:
        """
        Raises:
            Unsure: it is not clear which column a condition is about.
        """
        made = [*self._amounts(), *self._times(), *self._values(), *self._numbers_of_identifiers()]
        if self._of("not"):
            raise Unsure("It is not clear what “not” belongs to.")
        self.made = tuple(made)
        return self.made

    def _of(self, *words: Word) -> list[Mention]:
        return [each for each in self._mentions if each.what == "word" and each.word in words and each not in self.used]

    def _free(self, what: str) -> list[Mention]:
        return [each for each in self._mentions if each.what == what and each not in self.used]

    def _column(self, name: str) -> Column:
        column = self._sheet.column(name)
        assert column is not None
        return column

    def _at(self, what: str, place: int) -> Mention | None:
        return next((each for each in self._free(what) if each.start == place), None)

    def _only_light(self, start: int, end: int) -> bool:
        return all(token in LIGHT for token in self._tokens[start:end])

    # --- amounts ------------------------------------------------------------------------------------------------------

    def _amounts(self) -> list[Condition]:
        made = []
        for word in self._of(*_COMPARING):
            number = self._number_after(word.end)
            if number is None:
                continue  # "over the year", "under contract"
            operator: Operator = word.word  # type: ignore[assignment]
            made.append(self._compared(word, number, operator))
        for word in self._of("or more", "or less"):
            number = next((each for each in self._free("number") if word.start - 2 <= each.end <= word.start), None)
            if number is not None:
                made.append(self._compared(number, number, "at least" if word.word == "or more" else "at most"))
                self.used.append(word)
        for word in self._of("between"):
            made += self._between(word)
        if self._of(*_COMPARING, "or more", "or less", "between"):
            raise Unsure("It is not clear what is compared with what.")
        return made

    def _number_after(self, place: int) -> Mention | None:
        """A number, with a currency sign before it at most."""
        for at in (place, place + 1):
            if at == place + 1 and self._tokens[place : place + 1] and self._tokens[place] not in UNITS:
                return None
            if number := self._at("number", at):
                return number
        return None

    def _compared(self, word: Mention, number: Mention, operator: Operator) -> Condition:
        unit, after = self._unit(number)
        column = self._about(word, after, unit)
        self.used += [word, number] if word is not number else [number]
        return Condition(column=column.name, operator=operator, values=(_plain(number.text),))

    def _between(self, word: Mention) -> list[Condition]:
        """ "between 10 and 20": both ends belong to it."""
        first = self._number_after(word.end)
        if first is None:
            return []
        joint = first.end + (self._tokens[first.end : first.end + 1] in [(each,) for each in UNITS])
        second = self._number_after(joint + 1) if self._tokens[joint : joint + 1] in [("and",), ("und",)] else None
        if second is None:
            raise Unsure("It is not clear between which amounts.")
        unit, after = self._unit(second)
        column = self._about(word, after, unit)
        self.used += [word, first, second]
        return [
            Condition(column=column.name, operator="at least", values=(_plain(first.text),)),
            Condition(column=column.name, operator="at most", values=(_plain(second.text),)),
        ]

    def _unit(self, number: Mention) -> tuple[str, int]:
        """The unit beside a number, and the place behind both."""
        for at in (number.end, number.start - 1):
            if unit := self._at("unit", at):
                self.used.append(unit)
                return unit.text, max(number.end, unit.end)
        return "", number.end

    def _about(self, word: Mention, after: int, unit: str) -> Column:
        """The column that an amount is one of: named behind it or before it, or the only one that has amounts."""
        if behind := self._behind(after):
            return self._fitting(behind, unit)
        before = [
            each
            for each in self._free("column")
            if self._column(each.column).kind in ("number", "mixed") and 0 <= word.start - each.end <= _NEAR
            and self._only_light(each.end, word.start)
        ]  # fmt: skip
        if before:
            return self._fitting(before[-1], unit)
        measures = [each for each in self._sheet.columns if each.measures or each.kind == "mixed"]
        with_unit = [each for each in measures if unit and _unit_of(each) == unit]
        priced = [each for each in measures if set(tokens_of(each.name)) & PRICES]
        if len(measures) > 1 and len(with_unit) == 1:
            measures = with_unit
        elif len(measures) > 1 and len(priced) == 1 and set(self._tokens) & PRICE:
            measures = priced
        if len(measures) != 1:
            raise Unsure(f"It is not clear which column of {self._sheet.title} is compared.")
        return self._same_unit(measures[0], unit)

    def _behind(self, after: int) -> Mention | None:
        """ "more than 100 units"; a thing that is counted there ("more than 3 orders") is no amount of a row."""
        if after < len(self._tokens) and self._tokens[after] in ROWS:
            raise Unsure("How often something occurs cannot be a condition yet.")
        for each in self._mentions:
            if each.start == after and each.what in ("column", "table") and each not in self.used:
                if each.what == "column" and self._column(each.column).measures:
                    return each
                raise Unsure("How often something occurs cannot be a condition yet.")
        return None

    def _fitting(self, mention: Mention, unit: str) -> Column:
        self.used.append(mention)
        return self._same_unit(self._column(mention.column), unit)

    def _same_unit(self, column: Column, unit: str) -> Column:
        own = _unit_of(column)
        if unit and own and own != unit:
            raise Unsure(f"“{column.name}” is in {column.unit or own}.")
        if unit == "%" and not own:
            raise Unsure(f"“{column.name}” is not in percent.")
        return column

    # --- times --------------------------------------------------------------------------------------------------------

    def _times(self) -> list[Condition]:
        made: list[Condition] = []
        times = self._free("time")
        if len(times) > 1:
            made += self._from_to(times)
            times = self._free("time")
        if len(times) > 1:
            raise Unsure("Several times are named.")
        for time in times:
            column = self._dated(time)
            word = next(
                (
                    each
                    for each in self._of("after", "before", "since", "until", "group")
                    if time.start - each.end in (0, 1)
                ),
                None,
            )
            if word is not None:
                self.used.append(word)
            kind = word.word if word is not None else ""
            first, after = time.period
            if kind == "group" and self._tokens[word.start if word else 0] != "nach":
                raise Unsure("It is not clear when that is.")
            if kind in ("", "since"):
                made.append(Condition(column=column, operator="at least", values=(first,)))
            if kind in ("", "until"):
                made.append(Condition(column=column, operator="below", values=(after,)))
            if kind in ("after", "group"):
                made.append(Condition(column=column, operator="at least", values=(after,)))
            if kind == "before":
                made.append(Condition(column=column, operator="below", values=(first,)))
            self.used.append(time)
        if self._of("after", "before", "since", "until"):
            raise Unsure("It is not clear when that is.")
        return made

    def _from_to(self, times: Sequence[Mention]) -> list[Condition]:
        """ "from 2023 to 2024", "between January and March 2025"."""
        one, two = times[0], times[1]
        joined = self._tokens[one.end : two.start]
        opened = self._tokens[one.start - 1] if one.start else ""
        if len(times) != 2 or (opened, *joined) not in (
            ("from", "to"), ("from", "until"), ("between", "and"), ("von", "bis"), ("zwischen", "und"),
        ):  # fmt: skip
            return []
        self.used += [
            one,
            two,
            *(each for each in self._of("between", "until") if each.start in (one.start - 1, one.end)),
        ]
        column = self._dated(one)
        return [
            Condition(column=column, operator="at least", values=(one.period[0],)),
            Condition(column=column, operator="below", values=(two.period[1],)),
        ]

    def _dated(self, time: Mention) -> str:
        """The column of dates that a time is one of."""
        dates = [each.name for each in self._sheet.columns if each.kind == "date"]
        named = [each for each in self._free("column") if each.column in dates]
        if len({each.column for each in named}) > 1:
            near = [each for each in named if abs(each.end - time.start) <= 2]
            named = near if len({each.column for each in near}) == 1 else []
            if not named:
                raise Unsure("It is not clear which date is meant.")
        if named:
            self.used += named
            return named[0].column
        if len(dates) != 1:
            raise Unsure(f"{self._sheet.title} has several columns of dates; name the one that is meant.")
        return dates[0]

    # --- texts --------------------------------------------------------------------------------------------------------

    def _values(self) -> list[Condition]:
        by_column: dict[tuple[str, bool], list[Mention]] = {}
        spans = list(dict.fromkeys((each.start, each.end) for each in self._free("value")))
        for start, end in spans:
            same = [each for each in self._free("value") if (each.start, each.end) == (start, end)]
            column = self._column_of(same, start, end)
            negated = self._negated(start)
            by_column.setdefault((column, negated), []).extend(each for each in same if each.column == column)
            self.used += same
        if len({column for column, _ in by_column}) < len(by_column):
            raise Unsure("It is not clear what “not” belongs to.")
        for found in by_column.values():
            self._require_joined(found)
        return [
            Condition(
                column=column,
                operator="is not" if negated else "is",
                values=self._all(column, found),
            )
            for (column, negated), found in by_column.items()
        ]

    def _all(self, column: str, found: Sequence[Mention]) -> tuple[str, ...]:
        """The values as cells have them, in every way in which they are written."""
        wanted = {tuple(tokens_of(each.text)) for each in found}
        return tuple(value for value in self._column(column).values if tuple(tokens_of(value)) in wanted)

    def _column_of(self, same: Sequence[Mention], start: int, end: int) -> str:
        names = {each.column for each in same}
        beside = [each for each in self._free("column") if each.column in names and self._beside(each, start, end)]
        if len({each.column for each in beside}) == 1:
            self.used += beside
            return beside[0].column
        if len(names) == 1:
            return names.pop()
        said = " ".join(self._tokens[start:end])
        raise Unsure(f"“{said}” stands in several columns: {', '.join(sorted(names))}.")

    def _beside(self, column: Mention, start: int, end: int) -> bool:
        """ "region North", "status is open", "North region"."""
        before = column.end <= start <= column.end + 2 and self._only_light(column.end, start)
        return before or column.start == end

    def _negated(self, start: int) -> bool:
        word = next(
            (each for each in self._of("not") if 0 <= start - each.end <= 1 and self._only_light(each.end, start)), None
        )
        if word is not None:
            self.used.append(word)
        return word is not None

    def _require_joined(self, found: Sequence[Mention]) -> None:
        """Several texts of a column are one or the other; words between them would say something else."""
        spans = sorted({(each.start, each.end) for each in found})
        for (_, end), (start, _) in pairwise(spans):
            between = self._tokens[end:start]
            if not between or any(token not in _JOINING for token in between):
                raise Unsure("It is not clear how the values of one column belong together.")

    def _numbers_of_identifiers(self) -> list[Condition]:
        """ "order 1003", "year 2025"."""
        made = []
        for number in self._free("number"):
            names = [
                each
                for each in self._free("column")
                if each.end == number.start and self._column(each.column).identifier
            ]
            years = [each for each in self._sheet.columns if each.identifier and fold(each.name) in ("year", "jahr")]
            is_year = len(number.text) == 4 and number.text.startswith(("19", "20"))
            if names:
                self.used += [names[0], number]
                made.append(Condition(column=names[0].column, operator="is", values=(number.text,)))
            elif is_year and len(years) == 1:
                self.used.append(number)
                made.append(Condition(column=years[0].name, operator="is", values=(number.text,)))
        return made


def _plain(number: str) -> str:
    return f"{Decimal(number):f}"


def _unit_of(column: Column) -> str:
    """A column's unit as questions have it: of its cells, or in its name: "Amount (EUR)"."""
    own = UNITS.get(fold(column.unit), fold(column.unit))
    return own or next((UNITS[token] for token in tokens_of(column.name) if token in UNITS), "")
