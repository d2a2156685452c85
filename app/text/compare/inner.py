"""What is different inside two pieces that belong together: words, and among them figures, dates and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from rapidfuzz.distance import Indel

from app.text.compare.result import Difference, Figure, FigureKind, Span
from app.text.compare.units import CJK, tokenized

_READABLE = 250_000
"""Up to so many pairs of words, difflib's longer runs read better; beyond, the shortest edit is found in time."""

_MONTHS = """
    January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug
    Sep Sept Oct Nov Dec Januar Februar März Mai Juni Juli Oktober Dezember Mär Okt Dez janvier février mars avril mai
    juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre
    octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre"""
_MONTH = "(?:" + "|".join(sorted(_MONTHS.split(), key=len, reverse=True)) + r")\b\.?"
_DATE = re.compile(
    rf"\d{{1,2}}(?:\.|st|nd|rd|th)?(?: de| of)? {_MONTH}(?:,?(?: de)? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|{_MONTH} \d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?|\d{1,2}/\d{1,2}/\d{2,4}"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?"
)
_UNIT = re.compile(rf"[ \u00a0]?(?:[%‰°€$£¥]|[{CJK}]|(?:(?![{CJK}])[^\W\d_])+(?:[-/³²][^\W\d_]*)*)")
_SIGN_BEFORE = re.compile(r"(?:[€$£¥]|EUR|USD|CHF|GBP) ?$")
_NO_UNIT_WORDS = """
    a an and are as at be before but by for from have in is may must nor of on or per shall should than that the to was
    were will with auf aus bis das der die den für ist im mit muss oder sind soll und vom von wird werden zu zum et le
    la les de des ou y el los"""
_NO_UNIT = frozenset(_NO_UNIT_WORDS.split())
_DIGIT = re.compile(r"\d")


def differences(left: str, left_span: Span, right: str, right_span: Span) -> tuple[Difference, ...]:
    """Which words of two stretches are others, in order; empty where only marks and spaces are."""
    a, b = tokenized(left, *left_span), tokenized(right, *right_span)
    words_a, words_b = [word for word, _, _ in a], [word for word, _, _ in b]
    codes: Iterable[tuple[str, int, int, int, int]]
    if len(a) * len(b) <= _READABLE:
        codes = SequenceMatcher(None, words_a, words_b, autojunk=False).get_opcodes()
    else:
        codes = ((c.tag, c.src_start, c.src_end, c.dest_start, c.dest_end) for c in Indel.opcodes(words_a, words_b))
    found = [
        Difference(_span(a, i, j, left_span), _span(b, k, m, right_span)) for tag, i, j, k, m in codes if tag != "equal"
    ]
    return tuple(_joined(found, left, right))


def figures(
    left: str, left_span: Span, right: str, right_span: Span, found: Sequence[Difference]
) -> tuple[Figure, ...]:
    """The figures, dates and names that differ, each with its unit or as a whole date: "30 days" → "14 days"."""
    dates_left = [match.span() for match in _DATE.finditer(left, *left_span)]
    dates_right = [match.span() for match in _DATE.finditer(right, *right_span)]
    made: dict[Figure, None] = {}
    for one in found:
        named_left = list(_named(left, one.left, dates_left))
        named_right = list(_named(right, one.right, dates_right))
        for (kind_a, a), (kind_b, b) in zip_longest(named_left, named_right, fillvalue=("", "")):
            kind: FigureKind = "date" if "date" in (kind_a, kind_b) else "number"
            if a != b:
                made[Figure(kind, a, b)] = None
        if (
            not named_left
            and not named_right
            and _is_name(left, one.left, left_span)
            and _is_name(right, one.right, right_span)
        ):
            made[Figure("name", left[slice(*one.left)], right[slice(*one.right)])] = None
    return tuple(made)


def _joined(found: list[Difference], left: str, right: str) -> Iterator[Difference]:
    """Neighbours with nothing but spaces between them become one."""
    held: Difference | None = None
    for one in found:
        if held and not left[held.left[1] : one.left[0]].strip() and not right[held.right[1] : one.right[0]].strip():
            held = Difference((held.left[0], one.left[1]), (held.right[0], one.right[1]))
        else:
            if held:
                yield held
            held = one
    if held:
        yield held


def _span(tokens: Sequence[tuple[str, int, int]], first: int, last: int, whole: Span) -> Span:
    """Of a run of words; an empty one stands behind the word before it."""
    if first < last:
        return tokens[first][1], tokens[last - 1][2]
    at = tokens[first - 1][2] if first else whole[0]
    return at, at


def _named(text: str, span: Span, dates: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Kind and words of each figure in a difference; a date that it cuts is taken whole."""
    last = (-1, -1)
    for word, start, end in tokenized(text, *span):
        date = next((each for each in dates if each[0] <= start < each[1]), None)
        if date:
            if date != last:
                last = date
                yield "date", " ".join(text[slice(*date)].split())
        elif _DIGIT.search(word):
            yield "number", _with_unit(text, start, end)


def _with_unit(text: str, start: int, end: int) -> str:
    unit = _UNIT.match(text, end)
    if before := _SIGN_BEFORE.search(text, max(0, start - 4), start):
        start = before.start()
    elif unit and unit[0].strip().casefold() not in _NO_UNIT and len(unit[0]) <= 20:
        end = unit.end()
    return text[start:end]


def _is_name(text: str, span: Span, whole: Span) -> bool:
    """Whether a difference is capital words inside a sentence."""
    words = [word for word, _, _ in tokenized(text, *span)]
    return bool(words) and span[0] > whole[0] and all(word[0].isupper() and word[0].isalpha() for word in words)
