"""A question in plain words as a query plan, by rule. A word that has no place in the plan means that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.text.language import language_of
from app.text.sheets.filters import Filters, Unsure
from app.text.sheets.mentions import Mention, Reading, alike, read, tokens_of
from app.text.sheets.plan import Column, Operation, Plan, Sheet
from app.text.sheets.vocabulary import GENERIC, NOT_ADDED, NUMBERS, PRICE, PRICES, ROWS, Word

_DOWN: frozenset[Word] = frozenset({"highest", "most", "top", "latest", "dearest"})
_UP: frozenset[Word] = frozenset({"lowest", "fewest", "bottom", "earliest", "cheapest"})
_BASE: frozenset[Word] = frozenset({"count", "sum", "much", "average", "share"})


class Planned(Struct, frozen=True, kw_only=True):
    """A plan over a sheet, or why there is none. `explicit`: the question asks for a calculation in so many words."""

    sheet: Sheet
    plan: Plan | None = None
    reason: str = ""
    explicit: bool = False
    named: bool = False  # the question names the sheet
    placed: int = 0  # words of the question that have a place

    @property
    def calculates(self) -> bool:
        """Whether the plan is more than a list of what a search finds as well."""
        assert self.plan is not None
        amounts = any(each.operator not in ("is", "is not") for each in self.plan.conditions)
        return self.explicit or (self.plan.operation == "list" and amounts)


def asks_to_calculate(question: str) -> bool:
    """Whether a question may ask for a figure over rows; cheap, and says yes too often."""
    nothing = Sheet(columns=(), rows=0)
    words = {each.word for each in read(question, nothing, german=False).mentions}
    return bool(words & (_BASE | _DOWN | _UP | {"above", "below", "at least", "at most", "between", "or more"}))


def choose(question: str, sheets: Sequence[Sheet]) -> Planned | str:
    """The plan for the one sheet that a question fits, or why there is none, in words for the user."""
    tried = [plan_for(question, sheet) for sheet in sheets]
    fitting = [each for each in tried if each.plan is not None]
    if len(fitting) > 1:
        fitting = [each for each in fitting if each.named] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(each.sheet.title for each in fitting[:5])
        return f"Several tables fit the question: {names}. Name the one that is meant."
    if not tried:
        return "There is no spreadsheet or CSV file with named columns to calculate with."
    return max(tried, key=lambda each: (each.placed, each.named)).reason


def plan_for(question: str, sheet: Sheet) -> Planned:
    """The plan that a question asks of this sheet."""
    german = language_of(question) == "de"
    reading = read(question, sheet, german=german)
    named = any(each.what == "table" for each in reading.mentions)
    explicit = any(each.word in _BASE | _DOWN | _UP for each in reading.mentions)
    placed = sum(each.what in ("column", "value") for each in reading.mentions) - len(reading.over)
    try:
        plan = _Planner(reading, sheet).plan()
    except Unsure as unsure:
        return Planned(sheet=sheet, reason=str(unsure), explicit=explicit, named=named, placed=placed)
    return Planned(sheet=sheet, plan=plan, explicit=explicit, named=named, placed=placed)


class _Planner:
    """Gives each mention its place, the surest first."""

    def __init__(self, reading: Reading, sheet: Sheet) -> None:
        self._reading, self._sheet = reading, sheet
        self._mentions = list(reading.mentions)
        self._filters = Filters(reading, sheet, self._mentions)

    def plan(self) -> Plan:
        """
        Raises:
            Unsure: why there is none.
        """
        reading, sheet = self._reading, self._sheet
        over = [word for word in reading.over if word not in GENERIC and word not in NUMBERS]
        if over:
            raise Unsure(f"“{over[0]}” is no column and no value of {sheet.title}.")
        if reading.clash:
            raise Unsure(f"“{reading.clash}” can mean several things in {sheet.title}.")
        self._settle_words()
        group = self._group()
        conditions = self._filters.take()
        self._mentions = [each for each in self._mentions if each not in self._filters.used]
        plan = self._operation(group)
        if self._mentions and any(each.what not in ("table", "unit") for each in self._mentions):
            left = self._mentions[0]
            raise Unsure(f"It is not clear what “{self._said(left)}” is to do in the question.")
        plan = replace(plan, conditions=conditions)
        self._check_price(plan)
        if plan.operation == "share" and len({each.column for each in conditions}) != 1:
            raise Unsure("A share needs one condition: of what, and which part of it.")
        return checked(plan, sheet)

    def _check_price(self, plan: Plan) -> None:
        """ "cost" asks for prices, whatever the only figures of the sheet are."""
        said = {
            token for mention in self._reading.mentions for token in self._reading.tokens[mention.start : mention.end]
        }
        names = [plan.column, *(each.column for each in plan.conditions)]
        if set(self._reading.tokens) & PRICE - said and not any(set(tokens_of(name)) & PRICES for name in names):
            raise Unsure(f"{self._sheet.title} has no column that says the cost.")

    def _said(self, mention: Mention) -> str:
        return " ".join(self._reading.tokens[mention.start : mention.end])

    # --- words that are columns too ----------------------------------------------------------------------------------

    def _settle_words(self) -> None:
        """Where a word asks for something and names a column ("total"), another of the same kind decides."""
        for column in [each for each in self._mentions if each.what == "column"]:
            word = next(
                (
                    each
                    for each in self._mentions
                    if each.what == "word" and (each.start, each.end) == (column.start, column.end)
                ),
                None,
            )
            if word is None:
                continue
            others = [
                each
                for each in self._mentions
                if each.what == "word" and each is not word and each.word in _BASE | _DOWN | _UP
            ]
            measures = [
                each
                for each in self._mentions
                if each.what == "column" and each is not column and self._column(each).measures
            ]
            if others:
                self._mentions.remove(word)
            elif measures or not (word.word == "sum" and self._column(column).measures):
                self._mentions.remove(column)
            # else "the total": both the sum and the column

    def _column(self, mention: Mention) -> Column:
        column = self._sheet.column(mention.column)
        assert column is not None
        return column

    def _words(self, *words: Word) -> list[Mention]:
        return [each for each in self._mentions if each.what == "word" and each.word in words]

    def _drop(self, *mentions: Mention) -> None:
        for each in mentions:
            self._mentions.remove(each)

    # --- for each … ---------------------------------------------------------------------------------------------------

    def _group(self) -> str:
        """The column that there is to be a figure for each value of; "by" before a measure orders."""
        groups: list[str] = []
        for word in self._words("group"):
            after = next((each for each in self._mentions if each.what == "column" and each.start == word.end), None)
            if after is not None and not self._column(after).measures:
                groups.append(after.column)
                self._drop(word, after)
            elif after is not None or self._reading.tokens[word.start] in ("by", "nach"):
                self._drop(word)
        if len(groups) > 1:
            raise Unsure("Only one column can be grouped by.")
        return groups[0] if groups else ""

    # --- the operation ------------------------------------------------------------------------------------------------

    def _operation(self, group: str) -> Plan:
        tops = self._words(*_DOWN, *_UP)
        base = self._base()
        if tops:
            return self._extreme(tops, base, group)
        self._drop(*self._words("which", "list"))
        if base == "count":
            return self._count(group)
        if base in ("sum", "average", "share"):
            column = self._measure(adding=base != "average", needed=base != "share")
            return Plan(operation=base, column=column, group=group)
        return self._list(group)

    def _base(self) -> Operation | None:
        """What is asked for; None where no word says it."""
        words = self._words(*_BASE)
        said = {each.word for each in words}
        self._drop(*words)
        if "share" in said:
            return "share" if said <= {"share", "sum"} else self._two()
        if said == {"count", "average"} and self._measured():
            return "average"  # "the average number of units"
        if "count" in said:
            return "count" if said <= {"count", "sum"} else self._two()
        if "average" in said:
            return "average" if said == {"average"} else self._two()
        if said:
            return "sum"
        totals = self._measured()
        if totals and set(tokens_of(totals[0].column)) & {"total", "sum", "summe", "number", "anzahl"}:
            return "sum"
        return None

    def _measured(self) -> list[Mention]:
        return [each for each in self._mentions if each.what == "column" and self._column(each).measures]

    def _two(self) -> Operation:
        raise Unsure("The question asks for two things at once.")

    def _count(self, group: str) -> Plan:
        """Rows where their name is that of the sheet; a column's different values; or a column that counts itself."""
        columns = [each for each in self._mentions if each.what == "column"]
        tables = [each for each in self._mentions if each.what == "table"]
        rows = any(token in ROWS for token in self._reading.tokens)
        if len(columns) > 1:
            raise Unsure("It is not clear what is to be counted.")
        if not columns:
            if not tables and not rows:
                raise Unsure(f"It is not clear what of {self._sheet.title} is to be counted.")
            self._drop(*tables)
            return self._counted_rows(group, surely=rows)
        column = self._column(columns[0])
        self._drop(columns[0])
        if column.measures:
            return Plan(operation="sum", column=self._added(column, columns[0]), group=group)
        if column.unique and not column.empty:
            return self._counted_rows(group, surely=True)
        if any(
            alike(token, word)
            for word in tokens_of(column.name)
            for each in tables
            for token in self._said(each).split()
        ):
            raise Unsure(f"Rows or different values of “{column.name}”? They are not the same number.")
        return Plan(operation="distinct", column=column.name, group=group)

    def _counted_rows(self, group: str, *, surely: bool) -> Plan:
        quantities = [each.name for each in self._sheet.columns if each.measures and _counts(each)]
        if quantities and not surely:
            raise Unsure(f"Rows, or the sum of “{quantities[0]}”? Ask for one of them.")
        return Plan(operation="count", group=group)

    def _measure(self, *, adding: bool, needed: bool = True) -> str:
        """The column that is added up or averaged: the one that is named, or the only one that there is."""
        found = [
            each for each in self._mentions if each.what == "column" and self._column(each).kind in ("number", "mixed")
        ]
        whole = [each for each in found if each.whole] or found
        if len({each.column for each in whole}) > 1:
            raise Unsure("Several columns of figures are named.")
        if whole:
            self._drop(*[each for each in found if each.column == whole[0].column])
            column = self._column(whole[0])
            return self._added(column, whole[0]) if adding else column.name
        if not needed:
            self._drop(*[each for each in self._mentions if each.what == "table"])
            self._drop(*[each for each in self._mentions if each.what == "column" and self._column(each).unique])
            return ""
        return self._only_measure(adding)

    def _only_measure(self, adding: bool) -> str:
        measures = [each for each in self._sheet.columns if each.measures or each.kind == "mixed"]
        priced = [each for each in measures if set(tokens_of(each.name)) & PRICES]
        if len(measures) > 1 and len(priced) == 1 and set(self._reading.tokens) & PRICE:
            measures = priced
        if len(measures) != 1:
            raise Unsure(f"It is not said which column of {self._sheet.title} is meant.")
        if adding and not _may_be_added(measures[0]):
            raise Unsure(f"The figures of “{measures[0].name}” are not to be added up.")
        return measures[0].name

    def _added(self, column: Column, mention: Mention) -> str:
        if not _may_be_added(column) and not (mention.whole and column.unit != "%" and len(tokens_of(column.name)) > 1):
            raise Unsure(f"The figures of “{column.name}” are not to be added up.")
        return column.name

    # --- the largest, the top three -----------------------------------------------------------------------------------

    def _extreme(self, tops: Sequence[Mention], base: Operation | None, group: str) -> Plan:
        words = {each.word for each in tops}
        if len(words - {"top", "bottom"}) > 1 or (words & _DOWN and words & _UP):
            raise Unsure("The question asks for the largest and the smallest at once.")
        order: Literal["down", "up"] = "down" if words & _DOWN else "up"
        asked = bool(self._words("which", "list"))
        limit = self._how_many(tops)
        self._drop(*tops, *self._words("which", "list"))
        told = [each for each in self._mentions if each.what == "column" and not self._column(each).measures]
        dated = bool(words & {"latest", "earliest"})
        if dated:
            told = [each for each in told if self._column(each).kind != "date"]
        if group:
            raise Unsure("A figure for each and the largest of them are two questions.")
        if not told:
            if limit > 1 or base:
                raise Unsure("It is not said what the largest is to be found of.")
            column = self._date() if dated else self._ranked(words)
            if asked:
                raise Unsure("It is not said what is to be named.")
            self._drop(*[each for each in self._mentions if each.what == "table"])
            return Plan(operation="max" if order == "down" else "min", column=column)
        if len({each.column for each in told[1:]} - {told[0].column}) > (1 if words & {"most", "fewest"} else 0):
            raise Unsure("It is not clear which column is to be named.")
        target = self._column(told[0])
        self._drop(told[0])
        return self._ordered(target, told[1:], words, base, order, limit, dated)

    def _ordered(
        self, target: Column, others: Sequence[Mention], words: set[Word | Literal[""]], base: Operation | None,
        order: Literal["down", "up"], limit: int, dated: bool,
    ) -> Plan:  # fmt: skip
        if target.kind not in ("text", "number") or (target.kind == "number" and not target.identifier):
            raise Unsure(f"“{target.name}” cannot be listed by size.")
        counts = words & {"most", "fewest"} and not any(
            each.what == "column" and self._column(each).measures for each in self._mentions
        )
        if base == "count" or counts:
            plan = self._counted_by(others)
            return Plan(operation=plan.operation, column=plan.column, group=target.name, order=order, limit=limit)
        if others:
            raise Unsure("It is not clear which column is to be named.")
        column = self._date() if dated else self._ranked(words)
        if base in ("sum", "average"):
            return Plan(operation=base, column=column, group=target.name, order=order, limit=limit)
        adds = not dated and not target.unique and _may_be_added(self._sheet.column(column) or target)
        if adds and words & {"most", "fewest", "top", "bottom"}:
            return Plan(operation="sum", column=column, group=target.name, order=order, limit=limit)
        if adds:
            raise Unsure(f"The largest single “{column}”, or the largest sum of one “{target.name}”?")
        return Plan(operation="list", column=column, show=(target.name, column), order=order, limit=limit)

    def _counted_by(self, others: Sequence[Mention]) -> Plan:
        """What there are most of: rows by the sheet's name, or the values of another column."""
        tables = [each for each in self._mentions if each.what == "table"]
        if others:
            self._drop(others[0])
            column = self._column(others[0])
            return Plan(operation="count") if column.unique else Plan(operation="distinct", column=column.name)
        if not tables and not any(token in ROWS for token in self._reading.tokens):
            raise Unsure("It is not clear what is to be counted.")
        self._drop(*tables)
        return self._counted_rows("", surely=False)

    def _how_many(self, tops: Sequence[Mention]) -> int:
        """ "top 3", "the three largest"."""
        tokens = self._reading.tokens
        for top in tops:
            for at in (top.end, top.start - 1):
                if not 0 <= at < len(tokens):
                    continue
                number = next((each for each in self._mentions if each.what == "number" and each.start == at), None)
                if number is not None and number.text.isdigit() and 0 < int(number.text) <= 100:
                    self._drop(number)
                    return int(number.text)
                if tokens[at] in NUMBERS:
                    return NUMBERS[tokens[at]]
        if any(token in NUMBERS for token in tokens):
            raise Unsure("It is not clear what the number in the question counts.")
        return 1

    def _ranked(self, words: set[Word | Literal[""]]) -> str:
        """The column by which things are large or small."""
        if words & {"dearest", "cheapest"}:
            priced = [each for each in self._sheet.columns if each.measures and set(tokens_of(each.name)) & PRICES]
            self._drop(
                *[each for each in self._mentions if each.what == "column" and each.column in [c.name for c in priced]]
            )
            if len(priced) != 1:
                raise Unsure(f"It is not clear which column of {self._sheet.title} says the price.")
            return priced[0].name
        return self._measure(adding=False)

    def _date(self) -> str:
        dates = [each for each in self._sheet.columns if each.kind == "date"]
        named = [each for each in self._mentions if each.what == "column" and self._column(each).kind == "date"]
        self._drop(*named)
        if named:
            return named[0].column
        if len(dates) != 1:
            raise Unsure(f"It is not clear which date of {self._sheet.title} is meant.")
        return dates[0].name

    # --- lists --------------------------------------------------------------------------------------------------------

    def _list(self, group: str) -> Plan:
        """ "Which products cost more than 100?": what is named, with what the conditions are about."""
        told = [each for each in self._mentions if each.what == "column"]
        if group or len(told) != 1 or not self._filters.used:
            raise Unsure("The question asks for no figure that the sheet could give.")
        self._drop(*told)
        about = [each.column for each in self._filters.made if each.operator not in ("is", "is not")]
        return Plan(operation="list", show=tuple(dict.fromkeys((told[0].column, *about))))


def _may_be_added(column: Column) -> bool:
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


def checked(plan: Plan, sheet: Sheet) -> Plan:
    """The plan, if the sheet can give a right figure for it.

    Raises:
        Unsure: a column that is not all figures, rows that may be totals, or conditions on cells that are empty.
    """
    if plan.operation != "list" and sheet.doubtful:
        raise Unsure(f"The row “{sheet.doubtful}” of {sheet.title} may add up others.")
    if plan.operation == "count" and sheet.labels and not plan.conditions:
        raise Unsure(f"{sheet.labels} rows of {sheet.title} hold a label only; it is not clear whether they count.")
    names = [plan.column, plan.group, *plan.show, *(each.column for each in plan.conditions)]
    for name in filter(None, names):
        column = sheet.column(name)
        if column is None:
            raise Unsure(f"{sheet.title} has no column “{name}”.")
        if column.kind == "mixed":
            raise Unsure(f"“{name}” cannot be calculated with: {column.why_mixed}.")
    measure = sheet.column(plan.column)
    numbers = plan.operation in ("sum", "average") or (plan.operation == "share" and plan.column)
    if numbers and (measure is None or measure.kind != "number"):
        raise Unsure(f"“{plan.column}” holds no figures.")
    if plan.operation in ("min", "max") and (measure is None or measure.kind not in ("number", "date")):
        raise Unsure(f"“{plan.column}” holds neither figures nor dates.")
    for condition in plan.conditions:
        column = sheet.column(condition.column)
        if condition.operator == "is not" and column is not None and column.empty:
            raise Unsure(f"“{condition.column}” is empty in {column.empty} rows; it is not clear whether they count.")
    return plan
