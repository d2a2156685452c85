"""A query plan as a model may draft it: a form of closed lists, made of question and sheet, and how it is read.

Nothing that a model writes gets into a plan but what the form lists: columns of the sheet, and values, amounts and
times that stand in the question. `app.text.sheets.grounded` says whether the plan is what the question asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import msgspec
from msgspec import Struct

from app.text.addressed import addressed
from app.text.sheets.mentions import Mention, Reading, tokens_of
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Column, Condition, Operation, Operator, Plan, Sheet
from app.text.sheets.vocabulary import NUMBERS

MOST_COLUMNS, MOST_OVER, MOST_CONDITIONS = 40, 4, 4
"""Of a form; a wider sheet, or a question with more words that the rules cannot place, is not drafted."""
LONGEST_WORD = 40
ROWS, NOTHING, ABSENT = "rows", "nothing", "not in the table"
"""What a word may stand for beside a column."""
_TEXTS: tuple[str, ...] = ("is", "is not")
_AMOUNTS: tuple[str, ...] = get_args(Operator)
_TIMES = ("in", "after", "before", "since", "until")
_NO_QUERY = "That was no query."


class DraftCondition(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition as a model writes it; a time stands in the words of the question."""

    column: str
    operator: str
    value: str


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model writes."""

    words: dict[str, str]  # each word that the rules could not place: a column, or ROWS, NOTHING, ABSENT
    operation: Operation
    column: str
    group: str
    order: str
    limit: int
    conditions: tuple[DraftCondition, ...]


class Form:
    """What a draft of this question over this sheet can be made of."""

    def __init__(self, reading: Reading, sheet: Sheet) -> None:
        self.reading, self.sheet = reading, sheet
        usable = [each for each in sheet.columns if each.kind in ("number", "date", "text")]
        self.columns = [each for each in usable if not addressed(each.name)]
        self.over = [each for each in dict.fromkeys(reading.over) if each not in NUMBERS]

    @property
    def fits(self) -> bool:
        """Whether a draft is worth asking for."""
        known = any(each.what in ("column", "value") for each in self.reading.mentions)
        short = all(len(each) <= LONGEST_WORD for each in self.over)
        return known and short and 0 < len(self.over) <= MOST_OVER and 0 < len(self.columns) <= MOST_COLUMNS

    def said(self, mention: Mention) -> str:
        """A mention as the question has it."""
        return " ".join(self.reading.tokens[mention.start : mention.end])

    def values(self, column: Column) -> list[str]:
        """What of the question can be held against a column: texts of its cells, amounts or times."""
        mentions = self.reading.mentions
        if column.kind == "text":
            found = [each.text for each in mentions if each.what == "value" and each.column == column.name]
        elif column.kind == "date":
            found = [self.said(each) for each in mentions if each.what == "time"]
        else:
            found = [each.text for each in mentions if each.what == "number"]
        return list(dict.fromkeys(found))

    def schema(self) -> str:
        """The form as a JSON schema: every text in it is one of a list."""
        names = [each.name for each in self.columns]
        kinds: dict[str, Any] = {
            "words": _object({each: _one_of([*names, ROWS, NOTHING, ABSENT]) for each in self.over}),
            "operation": _one_of(get_args(Operation)),
            "column": _one_of(["", *names]),
            "group": _one_of(["", *names]),
            "order": _one_of(["", "down", "up"]),
            "limit": {"enum": [0, 1, *self._limits()]},
            "conditions": {"type": "array", "maxItems": 0},
        }
        if conditions := list(self._conditions()):
            items = conditions[0] if len(conditions) == 1 else {"anyOf": conditions}
            kinds["conditions"] = {"type": "array", "items": items, "maxItems": MOST_CONDITIONS}
        return json.dumps(_object(kinds), ensure_ascii=False)

    def _limits(self) -> list[int]:
        texts = [each.text for each in self.reading.mentions if each.what == "number"]
        written = {NUMBERS[each] for each in self.reading.tokens if each in NUMBERS}
        return sorted(written | {int(each) for each in texts if re.fullmatch(r"[1-9]\d?", each)} - {1})

    def _conditions(self) -> Iterator[dict[str, Any]]:
        for column in self.columns:
            if values := self.values(column):
                operators = {"text": _TEXTS, "number": _AMOUNTS, "date": _TIMES}[column.kind]
                yield _object(
                    {"column": _one_of([column.name]), "operator": _one_of(operators), "value": _one_of(values)}
                )

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, text: str) -> Draft:
        """
        Raises:
            Unsure: it is no draft of this form.
        """
        try:
            draft = msgspec.json.decode(text, type=Draft)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Unsure(_NO_QUERY) from error
        names = {each.name for each in self.columns}
        if set(draft.words) != set(self.over) or set(draft.words.values()) - names - {ROWS, NOTHING, ABSENT}:
            raise Unsure(_NO_QUERY)
        if len(draft.conditions) > MOST_CONDITIONS or draft.order not in ("", "down", "up"):
            raise Unsure(_NO_QUERY)
        if draft.limit not in (0, 1, *self._limits()):
            raise Unsure(f"{draft.limit} is not in the question.")
        for name in (draft.column, draft.group):
            if name and name not in names:
                raise Unsure(f"{self.sheet.title} has no column “{name}”.")
        return draft

    def plan(self, draft: Draft) -> Plan:
        """The plan of a draft.

        Raises:
            Unsure: a condition is none that the question and the sheet can give.
        """
        made = tuple(each for condition in draft.conditions for each in self._condition(condition))
        plan = Plan(
            operation=draft.operation,
            column=draft.column,
            conditions=_joined(made),
            group=draft.group if draft.operation != "list" else "",
            order=draft.order,  # type: ignore[arg-type]  # `read` has looked
            limit=draft.limit if draft.order else 0,
        )
        if draft.operation == "list":
            if not draft.group:
                raise Unsure("A list names what is listed in “group”.")
            shown = (draft.group, draft.column) if draft.column else (draft.group,)
            return msgspec.structs.replace(plan, show=tuple(dict.fromkeys(shown)))
        if draft.operation == "count":
            return msgspec.structs.replace(plan, column="")
        if draft.operation != "share" and not plan.column:
            raise Unsure(f"“{draft.operation}” needs a column.")
        return plan

    def _condition(self, condition: DraftCondition) -> Iterator[Condition]:
        column = next((each for each in self.columns if each.name == condition.column), None)
        if column is None:
            raise Unsure(f"{self.sheet.title} has no column “{condition.column}”.")
        if condition.value not in self.values(column):
            raise Unsure(f"“{condition.value}” is no value of “{column.name}” in the question.")
        allowed = {"text": _TEXTS, "number": _AMOUNTS, "date": _TIMES}[column.kind]
        if condition.operator not in allowed:
            raise Unsure(f"“{column.name}” cannot be “{condition.operator}” something.")
        if column.kind == "date":
            yield from self._time(column.name, condition)
        else:
            operator: Operator = condition.operator  # type: ignore[assignment]  # it is allowed
            alike = tokens_of(condition.value)
            spelled = tuple(each for each in column.values if tokens_of(each) == alike) if column.kind == "text" else ()
            yield Condition(column=column.name, operator=operator, values=spelled or (condition.value,))

    def _time(self, column: str, condition: DraftCondition) -> Iterator[Condition]:
        first, after = next(
            each.period for each in self.reading.mentions if each.what == "time" and self.said(each) == condition.value
        )
        if condition.operator in ("in", "since"):
            yield Condition(column=column, operator="at least", values=(first,))
        if condition.operator in ("in", "until"):
            yield Condition(column=column, operator="below", values=(after,))
        if condition.operator == "after":
            yield Condition(column=column, operator="at least", values=(after,))
        if condition.operator == "before":
            yield Condition(column=column, operator="below", values=(first,))


def _joined(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Several texts that one column is, are one or the other."""
    made: dict[tuple[str, str], Condition] = {}
    rest = []
    for each in conditions:
        if each.operator not in ("is", "is not"):
            rest.append(each)
            continue
        same = made.get((each.column, each.operator))
        values = dict.fromkeys([*(same.values if same else ()), *each.values])
        made[each.column, each.operator] = msgspec.structs.replace(each, values=tuple(values))
    return (*made.values(), *dict.fromkeys(rest))


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(texts: Sequence[str]) -> dict[str, Any]:
    return {"enum": list(texts)}
