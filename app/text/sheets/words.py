"""A plan and its figures in words, in English and German."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from app.text.addressed import addressed, masked
from app.text.sheets.plan import Column, Condition, Operator, Plan, Sheet

_ENGLISH = {
    "count": "Number of rows",
    "distinct": "Number of different values of {column}",
    "sum": "Sum of {column}",
    "average": "Average of {column}",
    "min": "Smallest {column}",
    "max": "Largest {column}",
    "share": "Share of the rows",
    "share of": "Share of the sum of {column}",
    "list": "{show}",
    "down": ", largest first",
    "up": ", smallest first",
    "by": " by {column}",
    "first": ", the first {limit}",
    "group": " for each {group}",
    "where": " where {conditions}",
    "and": " and ",
    "or": " or ",
    "from to": "{column} is from {first} to {last}",
    "none": "no row fits",
}
_GERMAN = {
    "count": "Anzahl der Zeilen",
    "distinct": "Anzahl verschiedener Werte von {column}",
    "sum": "Summe von {column}",
    "average": "Durchschnitt von {column}",
    "min": "Kleinster Wert von {column}",
    "max": "Größter Wert von {column}",
    "share": "Anteil der Zeilen",
    "share of": "Anteil an der Summe von {column}",
    "list": "{show}",
    "down": ", größte zuerst",
    "up": ", kleinste zuerst",
    "by": " nach {column}",
    "first": ", die ersten {limit}",
    "group": " je {group}",
    "where": ", wobei {conditions}",
    "and": " und ",
    "or": " oder ",
    "from to": "{column} von {first} bis {last} liegt",
    "none": "keine Zeile passt",
}
_OPERATORS: dict[Operator, tuple[str, str]] = {
    "is": ("{column} is {values}", "{column} {values} ist"),
    "is not": ("{column} is not {values}", "{column} nicht {values} ist"),
    "above": ("{column} is above {values}", "{column} über {values} liegt"),
    "at least": ("{column} is at least {values}", "{column} mindestens {values} ist"),
    "below": ("{column} is below {values}", "{column} unter {values} liegt"),
    "at most": ("{column} is at most {values}", "{column} höchstens {values} ist"),
}
LEFT_OUT = "(text to an assistant)"
PRECISION = 80
"""Digits of a figure: a database's have 38 and some decimals more; Python's own context refuses more than 28."""
_MARKS = re.compile(r"([\\`*_\[\]<>|])")


def describe(plan: Plan, sheet: Sheet, *, german: bool) -> str:
    """The query in words: "Sum of “Amount” where “Region” is “North” for each “Product”"."""
    said = _GERMAN if german else _ENGLISH
    names = {
        "column": _quoted(plan.column, german),
        "group": _quoted(plan.group, german),
        "limit": str(plan.limit),
        "show": ", ".join(_quoted(name, german) for name in plan.show),
    }
    parts: list[str] = ["share of" if plan.operation == "share" and plan.column else plan.operation]
    if plan.group:
        parts.append("group")
    elif plan.operation == "list" and plan.column:
        parts.append("by")
    if plan.order:
        parts += [plan.order, "first"] if plan.limit else [plan.order]
    text = "".join(said[part].format(**names) for part in parts)
    if conditions := _conditions(plan, sheet, german):
        text += said["where"].format(conditions=said["and"].join(conditions))
    return text


def nothing(*, german: bool) -> str:
    """What is said where no row fits."""
    return (_GERMAN if german else _ENGLISH)["none"]


def _conditions(plan: Plan, sheet: Sheet, german: bool) -> list[str]:
    """A first and a last day of the same column are one condition."""
    said = _GERMAN if german else _ENGLISH
    found: list[str] = []
    skipped: set[int] = set()
    for at, each in enumerate(plan.conditions):
        column = sheet.column(each.column)
        after = plan.conditions[at + 1] if at + 1 < len(plan.conditions) else None
        if at in skipped or column is None:
            continue
        pair = after is not None and (each.operator, after.operator) == ("at least", "below")
        if column.kind == "date" and after is not None and pair and after.column == each.column:
            last = (date.fromisoformat(after.values[0]) - timedelta(days=1)).isoformat()
            name = _quoted(each.column, german)
            found.append(said["from to"].format(column=name, first=each.values[0], last=last))
            skipped.add(at + 1)
        else:
            found.append(_condition(each, column, german))
    return found


def _condition(condition: Condition, column: Column, german: bool) -> str:
    joined = (_GERMAN if german else _ENGLISH)["or"].join(
        figure(value, column, german=german) if column.kind == "number" else _quoted(value, german)
        for value in condition.values
    )
    return _OPERATORS[condition.operator][german].format(column=_quoted(condition.column, german), values=joined)


def _quoted(text: str, german: bool) -> str:
    return f"„{text}“" if german else f"“{text}”"


def plain(text: str) -> str:
    """A cell's text inside Markdown, where none of its characters means anything."""
    return _MARKS.sub(r"\\\1", text)


def result(value: str | None, plan: Plan, sheet: Sheet, *, german: bool) -> str:
    """The figure of a plan as people write it."""
    if value is None:
        return "–"
    column = sheet.column(plan.column)
    if plan.operation in ("count", "distinct"):
        return _grouped(Decimal(value), 0, german)
    if plan.operation == "share":
        return f"{_grouped(Decimal(value), 1, german)}{' ' if german else ''}%"
    if column is None or column.kind != "number":
        return value
    return figure(value, column, german=german, least=2 if plan.operation == "average" else 0)


def figure(value: str, column: Column, *, german: bool, least: int = 0) -> str:
    """A number of a column, with its unit where the column writes it; with `least` decimals, if it has them."""
    number = Decimal(value)
    text = _grouped(number, max(column.decimals, least), german, strip=least > column.decimals == 0)
    if column.identifier:
        return f"{number:f}"
    if not column.unit:
        return text
    if column.prefixed:
        gap = " " if len(column.unit) > 1 else ""
        return f"{'-' if text.startswith('-') else ''}{column.unit}{gap}{text.lstrip('-')}"
    return f"{text}{'' if column.unit == '%' and not german else ' '}{column.unit}"


def _grouped(number: Decimal, decimals: int, german: bool, *, strip: bool = True) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, Context(prec=PRECISION))
    text = f"{rounded:,f}"
    if strip and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if german else text


def cells(row: Sequence[str | None], names: Sequence[str], sheet: Sheet, *, german: bool) -> list[str]:
    """The cells of a list's row as people write them."""
    shown = []
    for value, name in zip(row, names, strict=True):
        column = sheet.column(name)
        number = value is not None and column is not None and column.kind == "number"
        shown.append(figure(value, column, german=german) if number and value and column else _said(value or ""))
    return shown


def _said(cell: str) -> str:
    """A cell's text without what speaks to an assistant."""
    spans = addressed(cell)
    return plain(" ".join(masked(cell, spans).split())) or LEFT_OUT if spans else plain(cell)
