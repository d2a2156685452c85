"""Values in a text: sums, shares, quantities, dates, times, codes. They carry the facts and decide what is right.

"165 €", "EUR 165.00" and "165 euros" are one value; so are "30 days" and "thirty days".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from app.paths import RESOURCES

Kind = Literal["money", "percent", "quantity", "date", "time", "day", "code", "number"]

WORDS_FILE = RESOURCES / "prepare" / "values.txt"


def _lists() -> dict[str, list[str]]:
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    parts = (line.partition(":") for line in lines if not line.startswith("#"))
    return {name: words.split() for name, _, words in parts}


_LISTS = _lists()
WORDS = {word: int(name) for name, words in _LISTS.items() if name.isdigit() for word in words}
MONTHS, DAYS = _LISTS["months"], _LISTS["days"]
_BEFORE_UNIT = (
    r"(?:(?:working|calendar|business|full|whole|paid|running|extra|sick|vacation|holiday|personal|"
    r"consecutive|unused)[ -])*"
)
_UNIT = rf"{_BEFORE_UNIT}(?:{'|'.join(_LISTS['units']).replace('_', ' ')})(?!\w)"
_NUM = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)?"
_MONEY_SIGN = r"€|\$|£|EUR\b|USD\b|GBP\b|CHF\b|euros?\b|dollars?\b|pounds?\b|francs?\b|cents?\b"
_MONTH = "|".join(MONTHS)
_SPELT = "|".join(sorted(WORDS, key=len, reverse=True))
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "date",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})(?: \d{{4}})?\b|\b(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?"
        rf"(?:, \d{{4}})?\b|\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}\.\d{{1,2}}\.\d{{4}}\b",
    ),
    ("time", r"\b\d{1,2}[:.]\d\d(?: ?[ap]m| Uhr)\b|\b\d{1,2}:\d\d\b|\b\d{1,2} ?[ap]m\b|\bnoon\b|\bmidnight\b"),
    ("money", rf"(?:€|\$|£|EUR|USD|CHF) ?(?:{_NUM})|(?:{_NUM}) ?(?:{_MONEY_SIGN})"),
    ("percent", rf"(?:{_NUM}) ?(?:%|percent\b|per cent\b|Prozent\b)"),
    ("quantity", rf"(?<![\w.,-])(?:{_NUM}|{_SPELT})[ -](?:and a half )?{_UNIT}"),
    ("code", r"\b(?=[A-Z0-9/-]*\d)(?=[A-Z0-9/-]*[A-Z])[A-Z0-9]+(?:[-/][A-Z0-9]+)*\b|\b[A-Z]{1,4} \d{3,4}\b"),
    ("day", rf"\b(?:{'|'.join(DAYS)})s?\b|\b(?:{_MONTH})\b"),
    ("number", rf"(?<![\w.,-])(?:{_NUM})(?![\w]|[.,]\d)"),
)
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE if kind in ("quantity", "percent") else 0)) for kind, pattern in _KINDS
)


@dataclass(frozen=True)
class Value:
    """A stretch of text with its sense: `amount` and `unit` where it is a number, else `unit` holds the text."""

    start: int
    end: int
    kind: Kind
    amount: Decimal | None
    unit: str

    def same(self, other: Value) -> bool:
        """Whether two mean the same; a number without a unit agrees with any unit."""
        if self.amount is None or other.amount is None:
            return self.amount is None and other.amount is None and self.unit == other.unit
        return self.amount == other.amount and (self.unit == other.unit or not (self.unit and other.unit))


def number(text: str) -> Decimal | None:
    """1,000.50 and 1.000,50 and "thirty" as a number."""
    text = text.strip().casefold()
    if text in WORDS:
        return Decimal(WORDS[text])
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", text):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", ".")
    try:
        return Decimal(text).normalize()
    except InvalidOperation:
        return None


_SIGNS = {"eur": "€", "euro": "€", "usd": "$", "dollar": "$", "gbp": "£", "pound": "£", "per cent": "%", "percent": "%",
          "prozent": "%", "tag": "day", "tagen": "day", "woche": "week", "wochen": "week", "monat": "month",
          "monaten": "month", "jahr": "year", "jahren": "year", "stunde": "hour", "stunden": "hour", "km": "kilometre",
          "kilometer": "kilometre", "kg": "kilogram", "people": "person", "employee": "person"}  # fmt: skip


def _unit(text: str) -> str:
    text = text.strip(" -").casefold().removesuffix("s")
    return _SIGNS.get(text, _SIGNS.get(text.split(" ")[-1], text))


def _sense(kind: Kind, text: str) -> tuple[Decimal | None, str]:
    plain = " ".join(text.casefold().split())
    if kind == "date":
        day = re.search(r"\d{1,2}(?=st|nd|rd|th|\b)", plain)
        month = next((m for m in MONTHS if m.casefold() in plain), "")
        year = re.search(r"\d{4}", plain)
        if month:
            return None, f"{int(day[0]) if day else 0} {month.casefold()} {year[0] if year else ''}".strip()
        return None, plain
    if kind == "time":
        return None, plain.replace(".", ":").removeprefix("0")
    if kind in ("code", "day"):
        return None, plain.removesuffix("s") if kind == "day" else plain.replace(" ", "")
    match = re.search(_NUM, plain)
    if match:
        half = Decimal("0.5") if " and a half" in plain else 0
        amount = number(match[0])
        rest = (plain[: match.start()] + plain[match.end() :]).replace("and a half", "")
        return (None if amount is None else (amount + half).normalize()), _unit(rest)
    word, _, rest = plain.replace("-", " ").partition(" ")
    amount = number(word)
    if amount is not None and rest.startswith("and a half "):
        amount, rest = amount + Decimal("0.5"), rest.removeprefix("and a half ")
    return amount, _unit(rest)


_BEFORE_MONTH = re.compile(r"\b(?:in|of|to|until) $")


def find(text: str) -> list[Value]:
    """Values in their order; where patterns overlap the more telling kind is kept."""
    taken: list[Value] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            doubtful = kind == "day" and match[0] in ("May", "March")
            if doubtful and not _BEFORE_MONTH.search(text, max(0, start - 8), start):
                continue
            place = bisect_right(taken, start, key=lambda value: value.start)
            if (not place or taken[place - 1].end <= start) and (place == len(taken) or end <= taken[place].start):
                taken.insert(place, Value(start, end, kind, *_sense(kind, match[0])))
    return taken


def without(values: Iterable[Value], others: Iterable[Value]) -> list[Value]:
    """Those values that are not among the others."""
    known = list(others)
    return [value for value in values if not any(value.same(other) for other in known)]
