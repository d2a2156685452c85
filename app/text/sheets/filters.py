"""The conditions of a question: texts of cells, amounts and times, each with its column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.text.fold import fold
from app.text.sheets.amounts import Amounts
from app.text.sheets.mentions import GENERIC_DATE, Mention, Reading, alike, tokens_of
from app.text.sheets.places import Places, Unsure
from app.text.sheets.plan import Condition, Sheet

EVENTS = frozenset(
    {"booking", "posting", "transaction", "order", "invoice", "sale", "expense", "purchase", "rechnungsdatum"}
    | {"buchungsdatum", "bestelldatum", "auftragsdatum", "belegdatum"}
)
"""What a date is the date of, where a row stands for just that."""
JOINING = frozenset({",", "and", "or", "und", "oder"})


class Filters:
    """Takes mentions and makes conditions of them; `used` are those that have their place then."""

    def __init__(self, reading: Reading, sheet: Sheet, mentions: list[Mention]) -> None:
        self._places = Places(reading, sheet, mentions)
        self.made: tuple[Condition, ...] = ()

    @property
    def used(self) -> list[Mention]:
        return self._places.used

    def take(self) -> tuple[Condition, ...]:
        """
        Raises:
            Unsure: it is not clear which column a condition is about.
        """
        made = [*Amounts(self._places).take(), *self._times(), *self._values(), *self._numbers_of_identifiers()]
        if self._places.of("not"):
            raise Unsure("It is not clear what “not” belongs to.")
        self.made = tuple(made)
        return self.made

    # --- times --------------------------------------------------------------------------------------------------------

    def _times(self) -> list[Condition]:
        made: list[Condition] = []
        times = self._places.free("time")
        if len(times) > 1:
            made += self._from_to(times)
            times = self._places.free("time")
        if len(times) > 1:
            raise Unsure("Several times are named.")
        for time in times:
            column = self._dated(time)
            word = next(
                (
                    each
                    for each in self._places.of("after", "before", "since", "until", "group")
                    if time.start - each.end in (0, 1)
                ),
                None,
            )
            if word is not None:
                self._places.used.append(word)
            kind = word.word if word is not None else ""
            first, after = time.period
            if kind == "group" and self._places.tokens[word.start if word else 0] != "nach":
                raise Unsure("It is not clear when that is.")
            if kind in ("", "since"):
                made.append(Condition(column=column, operator="at least", values=(first,)))
            if kind in ("", "until"):
                made.append(Condition(column=column, operator="below", values=(after,)))
            if kind in ("after", "group"):
                made.append(Condition(column=column, operator="at least", values=(after,)))
            if kind == "before":
                made.append(Condition(column=column, operator="below", values=(first,)))
            self._places.used.append(time)
        if self._places.of("after", "before", "since", "until"):
            raise Unsure("It is not clear when that is.")
        return made

    def _from_to(self, times: Sequence[Mention]) -> list[Condition]:
        """ "from 2023 to 2024", "between January and March 2025"."""
        one, two = times[0], times[1]
        joined = self._places.tokens[one.end : two.start]
        opened = self._places.tokens[one.start - 1] if one.start else ""
        if len(times) != 2 or (opened, *joined) not in (
            ("from", "to"), ("from", "until"), ("between", "and"), ("von", "bis"), ("zwischen", "und"),
        ):  # fmt: skip
            return []
        self._places.used += [
            one,
            two,
            *(each for each in self._places.of("between", "until") if each.start in (one.start - 1, one.end)),
        ]
        column = self._dated(one)
        return [
            Condition(column=column, operator="at least", values=(one.period[0],)),
            Condition(column=column, operator="below", values=(two.period[1],)),
        ]

    def _dated(self, time: Mention) -> str:
        """The column of dates that a time is one of."""
        dates = [each.name for each in self._places.sheet.columns if each.kind == "date"]
        named = [each for each in self._places.free("column") if each.column in dates]
        if len({each.column for each in named}) > 1:
            near = [each for each in named if abs(each.end - time.start) <= 2]
            named = near if len({each.column for each in near}) == 1 else []
            if not named:
                raise Unsure("It is not clear which date is meant.")
        if named:
            self._places.used += named
            return named[0].column
        if len(dates) != 1:
            raise Unsure(f"{self._places.sheet.title} has several columns of dates; name the one that is meant.")
        if not self._is_when(dates[0]):
            raise Unsure(f"The only dates of {self._places.sheet.title} are “{dates[0]}”; say so if they are meant.")
        return dates[0]

    def _is_when(self, name: str) -> bool:
        """Whether a row of the sheet happened then: "Date", "Order date" of orders, and not "Hire date" of salaries."""
        own = [word for word in tokens_of(name) if word not in GENERIC_DATE]
        about = [*tokens_of(f"{self._places.sheet.name} {self._places.sheet.document}"), *EVENTS]
        return all(any(alike(word, other) for other in about) for word in own)

    # --- texts --------------------------------------------------------------------------------------------------------

    def _values(self) -> list[Condition]:
        by_column: dict[tuple[str, bool], list[Mention]] = {}
        spans = list(dict.fromkeys((each.start, each.end) for each in self._places.free("value")))
        for start, end in spans:
            same = [each for each in self._places.free("value") if (each.start, each.end) == (start, end)]
            column = self._column_of(same, start, end)
            negated = self._negated(start)
            by_column.setdefault((column, negated), []).extend(each for each in same if each.column == column)
            self._places.used += same
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
        return tuple(value for value in self._places.column(column).values if tuple(tokens_of(value)) in wanted)

    def _column_of(self, same: Sequence[Mention], start: int, end: int) -> str:
        names = {each.column for each in same}
        beside = [
            each for each in self._places.free("column") if each.column in names and self._beside(each, start, end)
        ]
        if len({each.column for each in beside}) == 1:
            self._places.used += beside
            return beside[0].column
        if len(names) == 1:
            return names.pop()
        said = " ".join(self._places.tokens[start:end])
        raise Unsure(f"“{said}” stands in several columns: {', '.join(sorted(names))}.")

    def _beside(self, column: Mention, start: int, end: int) -> bool:
        """ "region North", "status is open", "North region"."""
        before = column.end <= start <= column.end + 2 and self._places.only_light(column.end, start)
        return before or column.start == end

    def _negated(self, start: int) -> bool:
        word = next(
            (
                each
                for each in self._places.of("not")
                if 0 <= start - each.end <= 1 and self._places.only_light(each.end, start)
            ),
            None,
        )
        if word is not None:
            self._places.used.append(word)
        return word is not None

    def _require_joined(self, found: Sequence[Mention]) -> None:
        """Several texts of a column are one or the other; words between them would say something else."""
        spans = sorted({(each.start, each.end) for each in found})
        for (_, end), (start, _) in pairwise(spans):
            between = self._places.tokens[end:start]
            if not between or any(token not in JOINING for token in between):
                raise Unsure("It is not clear how the values of one column belong together.")

    def _numbers_of_identifiers(self) -> list[Condition]:
        """ "order 1003", "year 2025"."""
        made = []
        for number in self._places.free("number"):
            names = [
                each
                for each in self._places.free("column")
                if each.end == number.start and self._places.column(each.column).identifier
            ]
            years = [
                each for each in self._places.sheet.columns if each.identifier and fold(each.name) in ("year", "jahr")
            ]
            is_year = len(number.text) == 4 and number.text.startswith(("19", "20"))
            if names:
                self._places.used += [names[0], number]
                made.append(Condition(column=names[0].column, operator="is", values=(number.text,)))
            elif is_year and len(years) == 1:
                self._places.used.append(number)
                made.append(Condition(column=years[0].name, operator="is", values=(number.text,)))
        return made
