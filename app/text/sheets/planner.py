"""A question in plain words as a query plan, by rule. A word that has no place in the plan means that there is none."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.text.language import language_of
from app.text.sheets.bag import Bag
from app.text.sheets.extremes import DOWN, UP, Extremes
from app.text.sheets.filters import Filters
from app.text.sheets.measures import Measures
from app.text.sheets.mentions import Reading, alike, read, tokens_of
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Operation, Plan, Sheet
from app.text.sheets.vocabulary import GENERIC, NUMBERS, PRICE, PRICES, ROWS, Word

BASE: frozenset[Word] = frozenset({"count", "sum", "much", "average", "share"})


class Planned(Struct, frozen=True, kw_only=True):
    """A plan over a sheet, or why there is none. `explicit`: the question asks for a calculation in so many words."""

    sheet: Sheet
    plan: Plan | None = None
    reason: str = ""
    explicit: bool = False
    named: bool = False  # the question names the sheet
    loose: bool = False  # “amount” stands for the only figures that there are
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
    return bool(words & (BASE | DOWN | UP | {"above", "below", "at least", "at most", "between", "or more"}))


def choose(question: str, sheets: Sequence[Sheet]) -> Planned | str:
    """The plan for the one sheet that a question fits, or why there is none, in words for the user."""
    tried = [plan_for(question, sheet) for sheet in sheets]
    fitting = [each for each in tried if each.plan is not None]
    if len(fitting) > 1:
        fitting = [each for each in fitting if each.named] or fitting
        fitting = [each for each in fitting if not each.loose] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(each.sheet.title for each in fitting[:5])
        return f"Several tables fit the question: {names}. Name the one that is meant."
    if not tried:
        return "There is no spreadsheet or CSV file with named columns to calculate with."
    return max(tried, key=lambda each: (each.placed, each.named)).reason


def nearest(question: str, sheets: Sequence[Sheet]) -> Planned | None:
    """The one sheet that a question for a figure is about though the rules make no plan of it; None where none is."""
    tried = [each for each in (plan_for(question, sheet) for sheet in sheets) if each.explicit]
    if not tried or any(each.plan is not None for each in tried):
        return None
    best = max((each.named, each.placed) for each in tried)
    first = [each for each in tried if (each.named, each.placed) == best]
    return first[0] if len(first) == 1 else None


def plan_for(question: str, sheet: Sheet) -> Planned:
    """The plan that a question asks of this sheet."""
    german = language_of(question) == "de"
    reading = read(question, sheet, german=german)
    named = any(each.what == "table" for each in reading.mentions)
    explicit = any(each.word in BASE | DOWN | UP for each in reading.mentions)
    placed = sum(each.what in ("column", "value") for each in reading.mentions) - len(reading.over)
    try:
        plan = _Planner(reading, sheet).plan()
    except Unsure as unsure:
        return Planned(sheet=sheet, reason=str(unsure), explicit=explicit, named=named, placed=placed)
    loose = bool(reading.over)
    return Planned(sheet=sheet, plan=plan, explicit=explicit, named=named, loose=loose, placed=placed)


class _Planner:
    """Gives each mention its place, the surest first."""

    def __init__(self, reading: Reading, sheet: Sheet) -> None:
        self._bag = Bag(reading, sheet)
        self._measures = Measures(self._bag)
        self._extremes = Extremes(self._bag, self._measures)
        self._filters = Filters(reading, sheet, self._bag.mentions)

    def plan(self) -> Plan:
        """
        Raises:
            Unsure: why there is none.
        """
        reading, sheet = self._bag.reading, self._bag.sheet
        over = [word for word in reading.over if word not in GENERIC and word not in NUMBERS]
        if over:
            raise Unsure(f"“{over[0]}” is no column and no value of {sheet.title}.")
        if reading.clash:
            raise Unsure(f"“{reading.clash}” can mean several things in {sheet.title}.")
        self._settle_words()
        group = self._group()
        conditions = self._filters.take()
        self._bag.mentions = [each for each in self._bag.mentions if each not in self._filters.used]
        plan = self._operation(group)
        if self._bag.mentions and any(each.what not in ("table", "unit") for each in self._bag.mentions):
            left = self._bag.mentions[0]
            raise Unsure(f"It is not clear what “{self._bag.said(left)}” is to do in the question.")
        if not plan.limit and any(token in NUMBERS for token in reading.tokens):
            raise Unsure("It is not clear what the number in the question counts.")
        plan = replace(plan, conditions=conditions)
        self._check_price(plan)
        if plan.operation == "share" and len({each.column for each in conditions}) != 1:
            raise Unsure("A share needs one condition: of what, and which part of it.")
        return checked(plan, sheet)

    def _check_price(self, plan: Plan) -> None:
        """ "cost" asks for prices, whatever the only figures of the sheet are."""
        said = {
            token
            for mention in self._bag.reading.mentions
            for token in self._bag.reading.tokens[mention.start : mention.end]
        }
        names = [plan.column, *(each.column for each in plan.conditions)]
        if set(self._bag.reading.tokens) & PRICE - said and not any(set(tokens_of(name)) & PRICES for name in names):
            raise Unsure(f"{self._bag.sheet.title} has no column that says the cost.")

    # --- words that are columns too ----------------------------------------------------------------------------------

    def _settle_words(self) -> None:
        """Where a word asks for something and names a column ("total"), another of the same kind decides."""
        for column in [each for each in self._bag.mentions if each.what == "column"]:
            word = next(
                (
                    each
                    for each in self._bag.mentions
                    if each.what == "word" and (each.start, each.end) == (column.start, column.end)
                ),
                None,
            )
            if word is None:
                continue
            others = [
                each
                for each in self._bag.mentions
                if each.what == "word" and each is not word and each.word in BASE | DOWN | UP
            ]
            measures = [
                each
                for each in self._bag.mentions
                if each.what == "column" and each is not column and self._bag.column(each).measures
            ]
            if others:
                self._bag.mentions.remove(word)
            elif measures or not (word.word == "sum" and self._bag.column(column).measures):
                self._bag.mentions.remove(column)
            # else "the total": both the sum and the column

    # --- for each … ---------------------------------------------------------------------------------------------------

    def _group(self) -> str:
        """The column that there is to be a figure for each value of; "by" before a measure orders."""
        groups: list[str] = []
        for word in self._bag.words("group"):
            after = next(
                (each for each in self._bag.mentions if each.what == "column" and each.start == word.end), None
            )
            if after is not None and not self._bag.column(after).measures:
                groups.append(after.column)
                self._bag.drop(word, after)
            elif after is not None or self._bag.reading.tokens[word.start] in ("by", "nach"):
                self._bag.drop(word)
        if len(groups) > 1:
            raise Unsure("Only one column can be grouped by.")
        return groups[0] if groups else ""

    # --- the operation ------------------------------------------------------------------------------------------------

    def _operation(self, group: str) -> Plan:
        tops = self._bag.words(*DOWN, *UP)
        base = self._base()
        if tops:
            return self._extremes.plan(tops, base, group)
        self._bag.drop(*self._bag.words("which", "list"))
        if base == "count":
            return self._count(group)
        if base in ("sum", "average", "share"):
            column = self._measures.measure(adding=base != "average", needed=base != "share")
            return Plan(operation=base, column=column, group=group)
        return self._list(group)

    def _base(self) -> Operation | None:
        """What is asked for; None where no word says it."""
        words = self._bag.words(*BASE)
        said = {each.word for each in words}
        self._bag.drop(*words)
        if "share" in said:
            return "share" if said <= {"share", "sum"} else self._two()
        if said == {"count", "average"} and self._bag.measured():
            return "average"  # "the average number of units"
        if "count" in said:
            return "count" if said <= {"count", "sum"} else self._two()
        if "average" in said:
            return "average" if said == {"average"} else self._two()
        if said:
            return "sum"
        totals = self._bag.measured()
        if totals and set(tokens_of(totals[0].column)) & {"total", "sum", "summe", "number", "anzahl"}:
            return "sum"
        return None

    def _two(self) -> Operation:
        raise Unsure("The question asks for two things at once.")

    def _count(self, group: str) -> Plan:
        """Rows where their name is that of the sheet; a column's different values; or a column that counts itself."""
        columns = [each for each in self._bag.mentions if each.what == "column"]
        tables = [each for each in self._bag.mentions if each.what == "table"]
        rows = any(token in ROWS for token in self._bag.reading.tokens)
        if len(columns) > 1:
            raise Unsure("It is not clear what is to be counted.")
        if not columns:
            if not tables and not rows:
                raise Unsure(f"It is not clear what of {self._bag.sheet.title} is to be counted.")
            self._bag.drop(*tables)
            return self._measures.counted_rows(group, surely=rows)
        column = self._bag.column(columns[0])
        self._bag.drop(columns[0])
        if column.measures:
            return Plan(operation="sum", column=self._measures.added(column, columns[0]), group=group)
        if column.unique and not column.empty:
            return self._measures.counted_rows(group, surely=True)
        if any(
            alike(token, word)
            for word in tokens_of(column.name)
            for each in tables
            for token in self._bag.said(each).split()
        ):
            raise Unsure(f"Rows or different values of “{column.name}”? They are not the same number.")
        return Plan(operation="distinct", column=column.name, group=group)

    # --- lists --------------------------------------------------------------------------------------------------------

    def _list(self, group: str) -> Plan:
        """ "Which products cost more than 100?": what is named, with what the conditions are about."""
        told = [each for each in self._bag.mentions if each.what == "column"]
        if group or len(told) != 1 or not self._filters.used:
            raise Unsure("The question asks for no figure that the sheet could give.")
        self._bag.drop(*told)
        about = [each.column for each in self._filters.made if each.operator not in ("is", "is not")]
        return Plan(operation="list", show=tuple(dict.fromkeys((told[0].column, *about))))


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
    if numbers and (measure is None or measure.kind != "number" or measure.identifier):
        raise Unsure(f"“{plan.column}” holds no figures.")
    if plan.operation in ("min", "max") and (measure is None or measure.kind not in ("number", "date")):
        raise Unsure(f"“{plan.column}” holds neither figures nor dates.")
    for condition in plan.conditions:
        column = sheet.column(condition.column)
        if condition.operator == "is not" and column is not None and column.empty:
            raise Unsure(f"“{condition.column}” is empty in {column.empty} rows; it is not clear whether they count.")
    return plan
