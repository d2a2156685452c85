"""What a question mentions of a sheet: its columns, its cells' texts, its name, times and amounts.

Longer mentions go first. A word that nothing accounts for stays over, and then no figure is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.text.fold import fold
from app.text.sheets.plan import Column, Sheet
from app.text.sheets.vocabulary import LIGHT, LONGEST, MONTHS, PHRASES, QUARTER, QUARTERS, UNITS, Word

_TOKEN = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}\.\d{1,2}\.\d{4}|[<>]=?|[%€$£,]|\d+(?:[.,'’]\d+)*(?!\w)|[^\W_]+(?:['’][^\W\d_]+)?"
)
_PAREN = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_ENDINGS = ("", "s", "es", "e", "n", "en", "er", "ern", "ed", "d", "y", "ies", "'s", "’s")
_YEAR = re.compile(r"(?:19|20)\d\d")
GENERIC_DATE = frozenset({"date", "datum", "day", "tag"})
"""What columns of dates are called, whatever they date."""

What = Literal["column", "value", "table", "time", "number", "word", "unit"]


class Mention(Struct, frozen=True, kw_only=True):
    """Tokens from `start` to before `end`."""

    start: int
    end: int
    what: What
    column: str = ""
    whole: bool = True  # of a column: its whole name, and not only its head
    text: str = ""  # of a value as the cell has it, of a number in plain digits
    word: Word | Literal[""] = ""
    period: tuple[str, str] = ("", "")  # of a time: its first day, and the first that is after it


def tokens_of(text: str) -> list[str]:
    """Folded words, numbers and signs, in order."""
    return _TOKEN.findall(fold(text.replace("_", " ")))


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> bool:
    """Whether two folded words differ in an ending at most: "orders" and "order", "Abteilungen" and "Abteilung"."""
    if one == other:
        return True
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 3 and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS and min(len(one), len(other)) >= 4


class Reading(Struct, frozen=True):
    """A question's tokens with what they mention, by a sheet; `over` are the words that nothing accounts for."""

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...]
    over: tuple[str, ...]
    clash: str = ""  # a word that could be two things


def read(question: str, sheet: Sheet, *, german: bool) -> Reading:
    """What a question mentions of a sheet."""
    tokens = tokens_of(question)
    known = _Known(sheet)
    mentions: list[Mention] = []
    over: list[str] = []
    clash = known.hidden_value(tokens)
    at = 0
    while at < len(tokens):
        found = [
            *known.values(tokens, at), *known.columns(tokens, at), *known.table(tokens, at),
            *_times(tokens, at, sheet), *_phrases(tokens, at), *_units(tokens, at), *_numbers(tokens, at, german),
        ]  # fmt: skip
        longest = max((each.end for each in found), default=at)
        best = [each for each in found if each.end == longest]
        if longest == at:
            if tokens[at] not in LIGHT:
                over.append(tokens[at])
            at += 1
            continue
        kept, unclear = _settle(best)
        clash = clash or (" ".join(tokens[at:longest]) if unclear else "")
        mentions += kept
        at = longest
    return Reading(tuple(tokens), tuple(mentions), tuple(over), clash)


def _settle(found: Sequence[Mention]) -> tuple[list[Mention], bool]:
    """Of mentions by the same words the one that counts, and whether that is unclear. Several values stay together:
    the column beside them may say which is meant."""
    by = {what: [each for each in found if each.what == what] for what in ("value", "column", "word", "time", "table")}
    if by["value"]:
        return by["value"], bool(by["column"] or by["time"])
    if by["column"]:
        whole = [each for each in by["column"] if each.whole] or by["column"]
        return [*whole[:1], *by["word"]], len({each.column for each in whole}) > 1
    for what in ("time", "word", "table"):
        if by[what]:
            return by[what][:1], False
    return list(found[:1]), False


class _Known:
    """The names and texts of a sheet, by their first token."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._texts: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for column in sheet.columns:
            for value in column.values if column.kind == "text" else ():
                if words := tuple(tokens_of(value)):
                    self._texts.setdefault(words[0], []).append((words, column.name, value))
        self._names = [(tuple(_name_tokens(column)), column) for column in sheet.columns]
        extension = re.sub(r"\.\w+$", "", sheet.document)
        self._table = [word for word in tokens_of(f"{sheet.name} {extension}") if word not in LIGHT and word.isalpha()]
        self._document = tuple(tokens_of(sheet.document))

    def values(self, tokens: Sequence[str], at: int) -> Iterator[Mention]:
        for words, column, value in self._texts.get(tokens[at], ()):
            end = at + len(words)
            if tuple(tokens[at:end]) == words and not all(word in LIGHT for word in words):
                yield Mention(start=at, end=end, what="value", column=column, text=value)

    def hidden_value(self, tokens: Sequence[str]) -> str:
        """A word that says nothing elsewhere, and is a value of this sheet."""
        for token in tokens:
            if token in LIGHT and any(words == (token,) for words, _, _ in self._texts.get(token, ())):
                return token
        return ""

    def columns(self, tokens: Sequence[str], at: int) -> Iterator[Mention]:
        for words, column in self._names:
            end = at + len(words)
            if words and end <= len(tokens) and all(map(alike, words, tokens[at:end])):
                yield Mention(start=at, end=end, what="column", column=column.name)
            elif self._stands_for(tokens[at], words, column):
                yield Mention(start=at, end=at + 1, what="column", column=column.name, whole=False)

    def _stands_for(self, token: str, words: tuple[str, ...], column: Column) -> bool:
        """Whether a word stands for a longer name: its last one, any of a date's, where no other column has it.

        The others are looked at for the words that the question has: a sheet may have thousands of columns."""
        parts = words if column.kind == "date" else words[-1:]
        near = [word for word in parts if len(words) > 1 and alike(word, token)]
        return any(
            not any(alike(word, each) for other, named in self._names if named.name != column.name for each in other)
            for word in near
            if word not in LIGHT | GENERIC_DATE
        )

    def table(self, tokens: Sequence[str], at: int) -> Iterator[Mention]:
        end = at + len(self._document)
        if self._document and tuple(tokens[at:end]) == self._document:
            yield Mention(start=at, end=end, what="table")
        elif any(alike(word, tokens[at]) for word in self._table):
            yield Mention(start=at, end=at + 1, what="table")


def narrowed(sheet: Sheet, question: str) -> Sheet:
    """The sheet with those texts of its columns alone that a question can mention: they begin with a word of it."""
    firsts = frozenset(tokens_of(question))

    def kept(column: Column) -> Column:
        if column.kind != "text":
            return column
        return replace(column, values=tuple(each for each in column.values if firsts.intersection(tokens_of(each)[:1])))

    return replace(sheet, columns=tuple(map(kept, sheet.columns)))


def _name_tokens(column: Column) -> list[str]:
    """A column's name without what stands in brackets and its unit."""
    words = tokens_of(_PAREN.sub(" ", column.name)) or tokens_of(column.name)
    return [word for word in words if word not in UNITS and word != ","] or words


def _phrases(tokens: Sequence[str], at: int) -> Iterator[Mention]:
    for length in range(min(LONGEST, len(tokens) - at), 0, -1):
        if word := PHRASES.get(tuple(tokens[at : at + length])):
            yield Mention(start=at, end=at + length, what="word", word=word)
            return


def _units(tokens: Sequence[str], at: int) -> Iterator[Mention]:
    if tokens[at] in UNITS:
        yield Mention(start=at, end=at + 1, what="unit", text=UNITS[tokens[at]])


_ENGLISH = re.compile(r"\d+(?:\.\d{1,2})?|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GERMAN = re.compile(r"\d+(?:,\d+)?|\d{1,3}(?:\.\d{3})+(?:,\d+)?")


def _numbers(tokens: Sequence[str], at: int, german: bool) -> Iterator[Mention]:
    """A number as its language writes it; one that could be two is none."""
    token = tokens[at]
    if german and _GERMAN.fullmatch(token):
        yield Mention(start=at, end=at + 1, what="number", text=token.replace(".", "").replace(",", "."))
    elif _ENGLISH.fullmatch(token) and not (german and re.fullmatch(r"\d+,\d{3}", token)):
        yield Mention(start=at, end=at + 1, what="number", text=token.replace(",", ""))


# --- times ------------------------------------------------------------------------------------------------------------


def _times(tokens: Sequence[str], at: int, sheet: Sheet) -> Iterator[Mention]:
    """Years, months, quarters and days, for a sheet that has dates."""
    dated = [column for column in sheet.columns if column.kind == "date"]
    token, then = tokens[at], list(tokens[at + 1 : at + 4])
    if not dated:
        return
    if match := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?|(\d{1,2})\.(\d{1,2})\.(\d{4})", token):
        year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
        period = _day(year, month, day) if day else _months(int(year), int(month), 1)
        if period:
            yield Mention(start=at, end=at + 1, what="time", period=period)
    elif _YEAR.fullmatch(token):
        yield Mention(start=at, end=at + 1, what="time", period=_months(int(token), 1, 12))
    elif token in MONTHS:
        if then and _YEAR.fullmatch(then[0]):
            yield Mention(start=at, end=at + 2, what="time", period=_months(int(then[0]), MONTHS[token], 1))
        elif (year := _only_year(dated)) and token not in ("may", "mar"):
            yield Mention(start=at, end=at + 1, what="time", period=_months(year, MONTHS[token], 1))
    else:
        yield from _quarter(tokens, at, dated)


def _quarter(tokens: Sequence[str], at: int, dated: Sequence[Column]) -> Iterator[Mention]:
    """ "Q1 2025", "first quarter of 2025"."""
    match = re.fullmatch(r"q([1-4])", tokens[at])
    named = at + 1 < len(tokens) and tokens[at] in QUARTERS and tokens[at + 1] in QUARTER
    if not match and not named:
        return
    number, end = (int(match[1]), at + 1) if match else (QUARTERS[tokens[at]], at + 2)
    after = end + (tokens[end : end + 1] in (["of"], ["in"]))
    if after < len(tokens) and _YEAR.fullmatch(tokens[after]):
        yield Mention(start=at, end=after + 1, what="time", period=_months(int(tokens[after]), 3 * number - 2, 3))
    elif year := _only_year(dated):
        yield Mention(start=at, end=end, what="time", period=_months(year, 3 * number - 2, 3))


def _only_year(dated: Sequence[Column]) -> int:
    """The year of all dates, 0 where there are several."""
    years = {value[:4] for column in dated for value in column.values}
    return int(years.pop()) if len(years) == 1 else 0


def _months(year: int, month: int, count: int) -> tuple[str, str]:
    if not 1 <= month <= 12:
        return ("", "")
    after = month + count
    return f"{year}-{month:02d}-01", f"{year + (after - 1) // 12}-{(after - 1) % 12 + 1:02d}-01"


def _day(year: str, month: str, day: str) -> tuple[str, str] | None:
    try:
        first = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return first.isoformat(), (first + timedelta(days=1)).isoformat()
