"""Which row of a table of thresholds holds an amount: 12,000 € stands between "From 10,000 €" and "From 40,000 €".

A table is one of thresholds where every row of a column is a range. An amount counts only in the column's own unit, and
only where exactly one range holds it; what a passage may have cut off is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf

from msgspec import Struct

from app.text.alike import among, tokens
from app.text.passages import ENOUGH
from app.text.support import amounts_of
from app.text.tables import Table

_NUMBER = r"\d+(?:[.,\u00a0\u202f'’]\d+)*"
_UNITS = r"(?:[^\W\d_]+|[€$£¥%])"
_AMOUNT = rf"(?:[€$£¥]\s?)?{_NUMBER}(?:\s?(?!(?:to|bis|and|or|und|oder)\b){_UNITS})?"
_RANGE = re.compile(
    rf"(?:(?P<least>from|at least|ab|mindestens)|(?P<above>above|over|more than|über|mehr als)"
    rf"|(?P<most>up to|at most|bis zu|bis)|(?P<below>below|under|less than|unter|weniger als))?\s*"
    rf"(?P<first>{_AMOUNT})(?:\s*(?:to|bis|–|-)\s*(?P<last>{_AMOUNT}))?"
    rf"\s*(?P<more>(?:and|or|und|oder) (?:over|more|above|mehr|darüber)|\+)?",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?P<bound>\b(?:over|above|under|below|up to|between|at (?:least|most)|from|than|über|unter|bis|ab|zwischen|als)"
    r"\s+)?"
    rf"(?P<amount>(?:[€$£¥]\s?)?(?<![\w.,-]){_NUMBER}(?![\w.,-]*\w)(?:[\s-]?(?P<unit>{_UNITS}))?)",
    re.IGNORECASE,
)


class Held(Struct, frozen=True):
    """Where an amount of a question stands in a table of thresholds."""

    column: int
    rows: tuple[int, ...]  # whose range holds it; none where that is not clear
    words: frozenset[str]  # of the question: the number and its unit


class _Range(Struct, frozen=True):
    low: float
    high: float
    low_in: bool = True
    high_in: bool = True
    unit: str = ""

    def holds(self, amount: float) -> bool:
        above = amount > self.low or (self.low_in and amount == self.low)
        return above and (amount < self.high or (self.high_in and amount == self.high))


def held_by(question: str, table: Table, text: str) -> Held | None:
    """The rows of the table whose range holds the amount that the question names; None where it is no such table, or
    the question has no amount in its unit."""
    for at in range(max((len(row.cells) for row in table.rows), default=0)):
        ranges = [_range(row.cells[at].text) if at < len(row.cells) else None for row in table.rows]
        known = [each for each in ranges if each is not None]
        units = {each.unit for each in known}
        if len(known) < max(len(ranges), 2) or len(units) > 1 or (at and units != {""}):
            continue
        header = table.rows[0].cells[at].header
        asked = [m for m in _ASKED.finditer(question) if _in_unit(m, units.copy().pop(), header)]
        if asked:
            words = frozenset(word for match in asked for word in tokens(match["amount"]))
            clear = len(asked) == 1 and not asked[0]["bound"]
            amount = _number(asked[0]["amount"])[0]
            return Held(at, _holding(amount, known, table, text) if clear else (), words)
    return None


def _in_unit(match: re.Match[str], unit: str, header: str) -> bool:
    if unit:
        return _number(match["amount"])[1] == unit
    return bool(match["unit"]) and among(match["unit"], tokens(header))


def _holding(amount: float, ranges: Sequence[_Range], table: Table, text: str) -> tuple[int, ...]:
    """The one row that holds the amount, () where none or several do.

    Rows open to one side end where the next one begins, and the first and the last of a passage may have neighbours in
    another one: not beside ranges with two ends, which leave one open row at each side.
    """
    closed = any(-inf < each.low and each.high < inf for each in ranges)
    begins = closed or table.start < table.rows[0].start
    whole = closed or len(text) <= ENOUGH  # a passage is only cut from that on
    bounded = []
    for each in ranges:
        low = max((other.high for other in ranges if other.high < each.high), default=-inf)
        high = min((other.low for other in ranges if other.low > each.low), default=inf)
        if each.low == -inf:
            bounded.append(_Range(low if low > -inf or begins else each.high, each.high, False, each.high_in))
        elif each.high == inf:
            at = next((other for other in ranges if other.low == high), each)
            bounded.append(_Range(each.low, high if high < inf or whole else each.low, each.low_in, not at.low_in))
        else:
            bounded.append(each)
    held = tuple(at for at, each in enumerate(bounded) if each.holds(amount))
    return held if len(held) == 1 else ()


def _range(text: str) -> _Range | None:
    """ "800 € to 2,500 €", "From 10 years", "Up to 50 g", "40 and over"; None for anything else."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    first, unit = _number(match["first"])
    if match["last"]:
        last, its = _number(match["last"])
        return (
            _Range(first, last, unit=its or unit) if first < last and {unit, its} - {"", its or unit} == set() else None
        )
    if match["least"] or match["more"]:
        return _Range(first, inf, unit=unit)
    if match["above"]:
        return _Range(first, inf, low_in=False, unit=unit)
    if match["most"] or match["below"]:
        return _Range(-inf, first, high_in=bool(match["most"]), unit=unit)
    return None


def _number(text: str) -> tuple[float, str]:
    ((number, unit),) = amounts_of(text)
    return float(number), unit
