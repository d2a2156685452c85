"""Whether a drafted plan is what the question asks: each part of it has words in the question, and each word a part.

The rules of `app.text.sheets.planner` hold for a model's plan too, but for the few words that it may place itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from app.text.sheets.draft import ABSENT, NOTHING, ROWS, Draft, Form
from app.text.sheets.extremes import DOWN, UP
from app.text.sheets.filters import JOINING
from app.text.sheets.measures import may_be_added
from app.text.sheets.mentions import Mention
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Operation, Plan
from app.text.sheets.planner import BASE, checked
from app.text.sheets.vocabulary import NUMBERS, Word

_COMPARING: dict[Word, str] = {
    "above": "above", "at least": "at least", "below": "below", "at most": "at most", "or more": "at least",
    "or less": "at most",
}  # fmt: skip
_ALLOWED: dict[Word, frozenset[Operation]] = {
    "count": frozenset({"count", "distinct", "sum"}),
    "sum": frozenset({"sum", "count"}),
    "much": frozenset({"sum"}),
    "average": frozenset({"average"}),
    "share": frozenset({"share"}),
}


def grounded(form: Form, draft: Draft) -> Plan:
    """The plan of a draft that has its ground in the question.

    Raises:
        Unsure: which part of it has none, or what of the question it leaves out.
    """
    plan = form.plan(draft)
    _words(form, draft, plan)
    _operation(form, plan)
    _columns(form, draft, plan)
    _conditions(form, draft, plan)
    return checked(plan, form.sheet)


def is_absent(draft: Draft) -> bool:
    """Whether the model says that the table knows nothing of a word of the question."""
    return ABSENT in draft.words.values()


def _used(plan: Plan) -> set[str]:
    names = {plan.column, plan.group, *plan.show, *(each.column for each in plan.conditions)}
    return names - {""}


def _words(form: Form, draft: Draft, plan: Plan) -> None:
    """What the model has a word stand for must be in the plan."""
    for word, stands in draft.words.items():
        if stands == ABSENT:
            raise Unsure(f"“{word}” is no column and no value of {form.sheet.title}.")
        if stands == ROWS and (plan.operation not in ("count", "share") or plan.column):
            raise Unsure(f"“{word}” stands for rows, but rows are not counted.")
        if stands not in (ROWS, NOTHING) and stands not in _used(plan):
            raise Unsure(f"“{word}” stands for “{stands}”, which the query does not use.")


def _operation(form: Form, plan: Plan) -> None:
    words = {each.word for each in form.reading.mentions if each.what == "word"}
    base, down, up = words & BASE, bool(words & DOWN), bool(words & UP)
    for word in sorted(base - {"share"} if "share" in base else base):
        if plan.operation not in _ALLOWED[word]:  # type: ignore[index]  # of BASE
            asked = "how much" if word == "much" else word
            raise Unsure(f"The question asks for “{asked}”, and not for “{plan.operation}”.")
    if ("share" in base) != (plan.operation == "share"):
        raise Unsure("A share is asked for by its name alone.")
    if down and up:
        raise Unsure("The question asks for the largest and the smallest at once.")
    ranks = "down" if down else "up" if up else ""
    direction = plan.order or {"max": "down", "min": "up"}.get(plan.operation, "")
    if ranks != direction:
        raise Unsure("The order is not that of the question.")
    if not ranks and (plan.operation in ("min", "max", "list")):
        raise Unsure("The question asks for no ranking.")
    if plan.group and not words & {"group", "which", "top", "bottom"}:
        raise Unsure(f"The question does not ask for a figure for each “{plan.group}”.")
    measure = form.sheet.column(plan.column)
    named = any(each.column == plan.column and each.whole for each in _mentioned(form))
    if plan.operation == "sum" and measure is not None and not may_be_added(measure) and not named:
        raise Unsure(f"The figures of “{plan.column}” are not to be added up.")


def _mentioned(form: Form) -> Iterable[Mention]:
    return (each for each in form.reading.mentions if each.what == "column")


def _columns(form: Form, draft: Draft, plan: Plan) -> None:
    """Columns of the plan are named, stood for by a word that the model placed, of a value, or the only ones there."""
    mentioned = {each.column for each in form.reading.mentions if each.what in ("column", "value")}
    mentioned |= set(draft.words.values())
    measures = [each.name for each in form.sheet.columns if each.measures]
    dates = [each.name for each in form.sheet.columns if each.kind == "date"]
    alone = {names[0] for names in (measures, dates) if len(names) == 1}
    for name in sorted(_used(plan)):
        if name not in mentioned | alone:
            raise Unsure(f"Nothing in the question stands for “{name}”.")
    counts_rows = plan.operation == "count"
    for each in _mentioned(form):
        column = form.sheet.column(each.column)
        is_row = counts_rows and column is not None and column.unique
        if each.column not in _used(plan) and not is_row:
            raise Unsure(f"“{form.said(each)}” has no place in the query.")


def _conditions(form: Form, draft: Draft, plan: Plan) -> None:
    """Every text, amount and time of the question is a condition, with the operator that the question gives it."""
    used = Counter(each.value for each in draft.conditions)
    for each in form.reading.mentions:
        said = each.text if each.what in ("value", "number") else form.said(each)
        limit = each.what == "number" and plan.limit and str(plan.limit) == each.text
        if each.what in ("value", "number", "time") and not used[said] and not limit:
            raise Unsure(f"“{form.said(each)}” has no place in the query.")
    for token in form.reading.tokens:
        if token in NUMBERS and plan.limit != NUMBERS[token]:
            raise Unsure(f"“{token}” has no place in the query.")
    words = [each.word for each in form.reading.mentions if each.what == "word"]
    if "between" in words:
        raise Unsure("“between” is for the rules alone.")
    operators = Counter(each.operator for each in draft.conditions)
    asked = Counter(_COMPARING[word] for word in words if word in _COMPARING)
    for operator in ("above", "at least", "below", "at most"):
        if operators[operator] != asked[operator]:
            raise Unsure(f"The question says “{operator}” {asked[operator]} times, the query {operators[operator]}.")
    for time in ("after", "before", "since", "until"):
        if operators[time] != words.count(time):
            raise Unsure(f"The question says “{time}” {words.count(time)} times, the query {operators[time]}.")
    if bool(operators["is not"]) != ("not" in words):
        raise Unsure("“not” is not where the question has it.")
    if operators["is not"] and operators["is"]:
        raise Unsure("It is not clear what “not” belongs to.")
    for column in form.columns:
        spans = sorted(
            {(e.start, e.end) for e in form.reading.mentions if e.what == "value" and e.column == column.name}
        )
        for (_, end), (start, _) in pairwise(spans):
            if set(form.reading.tokens[end:start]) - JOINING:
                raise Unsure("It is not clear how the values of one column belong together.")
