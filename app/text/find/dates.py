"""Dates of documents in words: "after March 2024", "seit 2024", "zwischen 2022 und 2024"."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.types import Filter

_MONTHS = "jan|januar|jänner feb|februar mär|mar|märz apr mai|may jun|juni jul|juli aug sep okt|oct|oktober nov dez|dec"
_NAMES = {name: n for n, names in enumerate(_MONTHS.split(), 1) for name in names.split("|")}
_MONTH = (
    r"(?:jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|mär(?:z)?|apr(?:il)?|may|mai|june?|juni|july?|juli"
    r"|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?)\.?"
)
YEAR = r"(?:19|20)\d\d"
DATE = (
    rf"(?:{YEAR}-\d\d?-\d\d?|{YEAR}-\d\d?(?!\d)|\d\d?\.\s?\d\d?\.\s?{YEAR}|\d\d?(?:st|nd|rd|th|\.)?\s+{_MONTH}\s+{YEAR}"
    rf"|{_MONTH}\s+\d\d?(?:st|nd|rd|th)?,?\s+{YEAR}|{_MONTH}\s+{YEAR}|{YEAR})(?![\w-])"
)
_LEAD = r"(?:(?:,|\band\b|\bund\b)\s*)?(?:\b(?:files?|dated|written|changed|modified|die|datiert|geändert)\s+){0,3}"
_THE = r"(?:dem\s+|der\s+|den\s+|the\s+|year\s+|jahre?\s+){0,3}"
_AFTER = r"(?:after|later than|newer than|nach)"
_BEFORE = r"(?:before|earlier than|older than|vor)"
_UNTIL = r"(?:until|till|up to|bis)"
_ON = r"\s+(?:on(?:wards?)?|an)\b"
_BETWEEN = re.compile(
    rf"{_LEAD}\b(?:between|zwischen|from|von)\s+{_THE}({DATE})\s*(?:and|und|to|bis|until|–|-)\s*{_THE}({DATE})",
    re.IGNORECASE,
)
_ONWARDS = re.compile(rf"{_LEAD}\b(?:from|von|ab)\s+{_THE}({DATE}){_ON}", re.IGNORECASE)
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (how, re.compile(rf"{_LEAD}\b{words}\s+{_THE}({DATE})", re.IGNORECASE))
    for how, words in (
        ("after", _AFTER),
        ("since", r"(?:since|ab|seit)"),
        ("before", _BEFORE),
        ("until", _UNTIL),
        ("in", r"(?:in|of|from|during|im|aus|von)"),
    )
)


def read_dates(text: str) -> tuple[Filter, str]:
    """The dates that a request asks for, and the request without them; a day that no calendar has is no date."""
    try:
        return _read(text)
    except ValueError:
        return Filter(), text


def _read(text: str) -> tuple[Filter, str]:
    for pattern in (_BETWEEN, _ONWARDS):
        match = pattern.search(text)
        if match:
            since = _span(match[1])[0]
            until = _span(match[2])[1] if pattern is _BETWEEN else 0.0
            return Filter(since=since, until=until), _without(text, match)
    since = until = 0.0
    for how, rule in _RULES:
        match = rule.search(text)
        if match is None or (how == "in" and (since or until)):
            continue
        first, last = _span(match[1])
        if how in ("since", "in"):
            since = first
        if how == "after":
            since = last
        if how == "before":
            until = first
        if how in ("until", "in"):
            until = last
        text = _without(text, match)
    return Filter(since=since, until=until), text


def span_of(text: str) -> tuple[float, float] | None:
    """The first second of a date or a period, and the first one after it; None where it is none."""
    if not re.fullmatch(DATE, text.strip(), re.IGNORECASE):
        return None
    try:
        return _span(text.strip())
    except ValueError:
        return None


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _span(text: str) -> tuple[float, float]:
    """
    Raises:
        ValueError: there is no such day.
    """
    lowered = text.casefold()
    name = re.search(_MONTH, lowered)
    numbers = [int(each) for each in re.findall(r"\d+", lowered)]
    year = next(each for each in numbers if each >= 1900)
    rest = [each for each in numbers if each != year]
    if name:
        month = next(n for known, n in _NAMES.items() if name[0].startswith(known))
        return _period(year, month, rest[0] if rest else 0)
    if numbers[0] == year:
        return _period(year, *rest)
    return _period(year, rest[1], rest[0])  # 15.3.2024


def _period(year: int, month: int = 0, day: int = 0) -> tuple[float, float]:
    first = datetime(year, month or 1, day or 1, tzinfo=UTC).timestamp()
    if day:
        return first, first + 86_400
    if month:
        after = (year + 1, 1) if month == 12 else (year, month + 1)
        return first, datetime(*after, 1, tzinfo=UTC).timestamp()
    return first, datetime(year + 1, 1, 1, tzinfo=UTC).timestamp()
