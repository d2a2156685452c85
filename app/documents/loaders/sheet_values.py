"""A spreadsheet's cell as a person sees it: dates, currencies and percent by the cell's number format.

A figure keeps up to four more decimals than its format shows: a sum of rounded figures would be another sum than the
sheet's own.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

NO_VALUE = "(formula without a value)"
"""What stands for a formula that no program has calculated: nothing would be added up in silence."""
MORE_DECIMALS = 4
_QUOTED = re.compile(r'"([^"]*)"')
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_PADDING = re.compile(r"[_*].")
_ESCAPED = re.compile(r"\\(.)")
_DIGITS = re.compile(r"[#0?][#0?,.]*")
_SECTIONS = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')


class NumberFormat(Struct, frozen=True):
    """What a number format (ECMA-376 part 1, 18.8.31) does to a number, as far as a reader needs it."""

    prefix: str = ""
    suffix: str = ""
    decimals: int | None = None  # None: as many as the number has
    grouped: bool = False
    percent: bool = False
    hidden: bool = False  # ";;;" shows nothing


@lru_cache(maxsize=1024)
def number_format(code: str) -> NumberFormat:
    """The format of a code like `#,##0.00 "€"`; its section for positive numbers."""
    sections = _SECTIONS.split(code)
    if len(sections) > 2 and not any(each.strip() for each in sections):
        return NumberFormat(hidden=True)
    first = _CURRENCY.sub(r'"\1"', sections[0])
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(match[1])
        return f"\x00{len(literals) - 1}\x00"

    first = _ESCAPED.sub(keep, _QUOTED.sub(keep, first))
    first = _PADDING.sub("", _BRACKETS.sub("", first))
    digits = _DIGITS.search(re.sub(r"\x00\d+\x00", lambda match: "\x01" * len(match[0]), first))
    if digits is None or re.search(r"[eE/]", first):
        return NumberFormat()
    whole, _, decimals = digits[0].partition(".")

    def said(text: str) -> str:
        shown = re.sub(r"\x00(\d+)\x00", lambda match: literals[int(match[1])], text)
        return shown.replace("%", "").replace("(", "").replace(")", "").lstrip("-+")

    return NumberFormat(
        prefix=said(first[: digits.start()]),
        suffix=said(first[digits.end() :]),
        decimals=sum(char in "0#?" for char in decimals),
        grouped="," in whole.rstrip(","),
        percent="%" in first,
    )


def show(value: object, code: str) -> str:
    """The text of a cell's value under a number format; "" where the format hides it."""
    form = number_format(code or "General")
    if form.hidden:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, form)
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, code)
    return str(value)


def _number(value: float, form: NumberFormat) -> str:
    exact = Decimal(f"{value:.15g}") * (100 if form.percent else 1)
    if not exact.is_finite():
        return str(value)
    needed = max(0, -int(exact.normalize().as_tuple().exponent))
    if form.decimals is None:
        decimals = min(needed, 10)
    else:
        decimals = form.decimals if needed <= form.decimals else min(needed, form.decimals + MORE_DECIMALS)
    text = f"{abs(exact):{',' if form.grouped else ''}.{decimals}f}"
    sign = "-" if exact < 0 and text.strip("0.,") else ""
    return f"{sign}{form.prefix}{text}{'%' if form.percent else ''}{form.suffix}".strip()


def _moment(value: datetime | date | time | timedelta, code: str) -> str:
    """ISO 8601, which says the same in every country; only year, or year and month, where the format shows no more."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    bare = _QUOTED.sub("", _BRACKETS.sub("", code)).lower()
    if isinstance(value, datetime) and value.time() != time(0):
        return value.isoformat(" ", "minutes" if not value.second else "seconds")
    if "d" in bare or "y" not in bare:
        return f"{value:%Y-%m-%d}"
    return f"{value:%Y-%m}" if "m" in bare else f"{value:%Y}"
