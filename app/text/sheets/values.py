"""What the texts of a column's cells are: numbers with a unit, dates, or texts. In doubt they are texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from app.text.fold import fold
from app.text.sheets.plan import Column

_UNIT = r"[^\W\d_]{1,8}\.?|[€$£¥₹%‰°]|°[CF]|[^\W\d_]{1,3}[²³]"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−])?\s*(?P<before>[€$£¥₹]|[A-Z]{{3}}|CHF|EUR)?\s*(?P<late>[-+−])?\s*"
    rf"(?P<figure>\d[\d.,'’ ]*\d|\d)\s*(?P<after>{_UNIT})?\s*(?P<close>\))?"
)
_PLAIN = r"\d+"
_POINT = re.compile(r"(?:\d+|\d{1,3}(?:[,'’ ]\d{3})+)(?:\.\d+)?")
_COMMA = re.compile(r"(?:\d+|\d{1,3}(?:[.'’ ]\d{3})+)(?:,\d+)?")
_MISSING = frozenset({"", "-", "–", "—", "n/a", "na", "n.a.", "k.a.", "k. a.", "?", "tbd", "null", "none", "#n/a"})
_NAMES_SOMETHING = re.compile(
    r"\b(?:id|ids|no|nr|num|number|nummer|code|key|sku|ean|isbn|zip|plz|postcode|phone|tel|telefon|fax|year|jahr|month|"
    r"monat|week|woche|kw|quarter|quartal|day|version|account|konto|kontonummer|postleitzahl|index|pos|line|zeile)\b"
    r"|\w+(?:nummer|-nr|nr)\b|#|№"
)
_NAMES_AMOUNT = re.compile(r"\b(?:number of|no\.? of|num of|anzahl)\b")
LONGEST_NUMBER = 80
"""Characters of a cell that may be a number with its unit; what has thousands of digits is none that Python reads."""
MOST_VALUES = 5_000
"""Different texts of a column that a question's words are held against."""
_ISO = re.compile(r"((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?(?:[ T]\d\d:\d\d(?::\d\d)?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)")


class Typed(Struct, frozen=True):
    """A column and its values by row: None, a number or an ISO date as text, or the cell's text."""

    column: Column
    values: tuple[str | None, ...]


def typed(name: str, texts: Sequence[str], *, point: bool = False) -> Typed:
    """What a column holds. `point`: its decimals are known to stand behind a point, as our XLSX reader writes them."""
    filled = [text for text in texts if text.strip().casefold() not in _MISSING]
    if not filled:
        return Typed(Column(name=name, kind="empty", empty=len(texts)), (None,) * len(texts))
    return _dates(name, texts, filled) or _numbers(name, texts, filled, point) or _texts(name, texts, filled)


def _number(text: str) -> re.Match[str] | None:
    plain = text.strip()
    return _NUMBER.fullmatch(plain) if len(plain) <= LONGEST_NUMBER else None


def _is_missing(text: str) -> bool:
    return text.strip().casefold() in _MISSING


# --- texts ------------------------------------------------------------------------------------------------------------


def _texts(name: str, texts: Sequence[str], filled: Sequence[str]) -> Typed:
    numbers = [text for text in filled if _number(text)]
    kind = "mixed" if 2 * len(numbers) > len(filled) else "text"
    odd = next((text for text in filled if not _number(text)), "")
    why = f"“{odd[:60]}” stands among its numbers" if odd else "its numbers are written in different ways or units"
    different = tuple(dict.fromkeys(filled))
    column = Column(
        name=name,
        kind="mixed" if kind == "mixed" else "text",
        empty=sum(not text.strip() for text in texts),
        unique=len({fold(text) for text in filled}) == len(filled) == len(texts),
        values=different if len(different) <= MOST_VALUES else (),
        why_mixed=why if kind == "mixed" else "",
    )
    return Typed(column, tuple(text if text.strip() else None for text in texts))


# --- dates ------------------------------------------------------------------------------------------------------------


def _dates(name: str, texts: Sequence[str], filled: Sequence[str]) -> Typed | None:
    """A column of dates; with slashes only where it shows which of day and month comes first."""
    slashed = [match for text in filled if (match := _SLASHED.fullmatch(text.strip()))]
    month_first: bool | None = None
    if slashed:
        month_first = any(int(match[2]) > 12 for match in slashed)
        if month_first == any(int(match[1]) > 12 for match in slashed):
            return None
    values = [None if _is_missing(text) else _date(text.strip(), month_first) for text in texts]
    if sum(value is not None for value in values) < len(filled):
        return None
    kept = [value for value in values if value]
    column = Column(
        name=name,
        kind="date",
        empty=len(texts) - len(kept),
        unique=len(set(kept)) == len(kept) == len(texts),
        values=(min(kept), max(kept)),
    )
    return Typed(column, tuple(values))


def _date(text: str, month_first: bool | None) -> str | None:
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    elif match := _DOTTED.fullmatch(text):
        year, month, day = int(match[3]), int(match[2]), int(match[1])
    elif match := _SLASHED.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        year, (month, day) = int(match[3]), (first, second) if month_first else (second, first)
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


# --- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(name: str, texts: Sequence[str], filled: Sequence[str], point: bool) -> Typed | None:
    """A column of numbers in one unit and one way of writing; None where there is any doubt."""
    matches = [_number(text) for text in filled]
    if not all(matches):
        return None
    found = [match for match in matches if match]
    figures = [match["figure"] for match in found]
    units = {(match["before"] or match["after"] or "").rstrip(".") for match in found}
    if len(units) > 1 or any(len(each) > 1 and each[0] == "0" and each.isdigit() for each in figures):
        return None  # euros beside dollars; "0049" names something
    comma = _comma(figures, point)
    if comma is None:
        return None
    values: list[str | None] = []
    for text in texts:
        match = None if _is_missing(text) else _number(text)
        values.append(_decimal(match, comma) if match else None)
    if sum(value is not None for value in values) < len(filled):
        return None
    kept = [value for value in values if value is not None]
    column = Column(
        name=name,
        kind="number",
        unit=units.pop(),
        prefixed=any(match["before"] for match in found),
        decimals=max(len(value.partition(".")[2]) for value in kept),
        empty=len(texts) - len(kept),
        identifier=_identifies(name, kept),
        unique=len(set(kept)) == len(kept) == len(texts),
    )
    return Typed(column, tuple(values))


def _comma(figures: Sequence[str], point: bool) -> bool | None:
    """Whether a comma parts the decimals; None where the column does not say, or says both."""
    with_point = all(_POINT.fullmatch(each) for each in figures)
    with_comma = all(_COMMA.fullmatch(each) for each in figures)
    if with_point and with_comma:  # "1,234" or "1.234" and nothing else, or no mark at all
        if not any(mark in each for each in figures for mark in ",."):
            return False
        return False if point and not any("." in each for each in figures) else None
    return None if with_point == with_comma or (point and with_comma) else with_comma


def _decimal(match: re.Match[str], comma: bool) -> str | None:
    figure = re.sub(r"['’ ]", "", match["figure"])
    figure = figure.replace(".", "").replace(",", ".") if comma else figure.replace(",", "")
    signs = [sign for sign in (match["sign"], match["late"]) if sign]
    bracketed = bool(match["open"])
    if bracketed != bool(match["close"]) or len(signs) + bracketed > 1:
        return None
    try:
        value = Decimal(figure)
    except InvalidOperation:
        return None
    negative = bracketed or (bool(signs) and signs[0] != "+")
    return f"{-value if negative else value:f}"


def _identifies(name: str, values: Sequence[str]) -> bool:
    whole = all("." not in value for value in values)
    plain = fold(name)
    if whole and all(1900 <= int(value) <= 2100 for value in values):
        return True
    return whole and bool(_NAMES_SOMETHING.search(plain)) and not _NAMES_AMOUNT.search(plain)
