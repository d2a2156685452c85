"""Figures in one way of writing: "three months" and "3 months", "2 million" and "2,000,000", "USD 45" and "45 USD", and
dates, so that a check by the letter neither misses a wrong one nor refuses a right one."""

from __future__ import annotations

import re
from functools import lru_cache

_SMALL = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16,
    "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
}  # fmt: skip
"""One is left out: it counts nothing in "one of them" and in "ein Haus"."""
_ONES = {word: number for word, number in _SMALL.items() if number < 10} | {"one": 1, "ein": 1}
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_TENS_GERMAN = {
    "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80,
    "neunzig": 90,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "hundert": 100, "thousand": 1000, "tausend": 1000, "million": 10**6, "millions": 10**6,
    "millionen": 10**6, "mio": 10**6, "billion": 10**9, "billions": 10**9, "milliarde": 10**9, "milliarden": 10**9,
    "mrd": 10**9,
}  # fmt: skip
NUMBERS = _SMALL | _TENS | _TENS_GERMAN | {"zero": 0, "one": 1, "hundred": 100, "hundert": 100, "thousand": 1000}
"""Words that stand for a whole number by themselves."""
_WORDS = (
    _SMALL
    | _TENS
    | _TENS_GERMAN
    | {f"{tens}-{one}": value + _ONES[one] for tens, value in _TENS.items() for one in _ONES if one.isascii()}
    | {f"{one}und{tens}": value + _ONES[one] for tens, value in _TENS_GERMAN.items() for one in _ONES}
)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_GERMAN_MONTHS = {"januar": 1, "februar": 2, "märz": 3, "mai": 5, "juni": 6, "juli": 7, "oktober": 10, "dezember": 12}
_MONTH = {name[:most]: n for n, name in enumerate(_MONTHS, 1) for most in (3, len(name))} | _GERMAN_MONTHS
_ANY_MONTH = "|".join(sorted(_MONTH, key=len, reverse=True))

_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_SCALED = re.compile(
    rf"(?<![\d.,])(\d{{1,3}}(?:[.,]\d{{1,3}})?|\ba|\bone|\beine)[\s-]+({'|'.join(_SCALES)})\b\.?", re.IGNORECASE
)
_CODE_FIRST = re.compile(r"\b(EUR|USD|GBP|CHF|JPY|Euro)\s?(\d[\d.,'’]*\d|\d)")
_ISO = re.compile(r"(?<![\d-])(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\d-])")
_DOTTED = re.compile(r"(?<![\d.])(0?[1-9]|[12]\d|3[01])\.\s?(0?[1-9]|1[0-2])\.\s?(\d{4})(?!\d)")
_MONTH_FIRST = re.compile(rf"\b({_ANY_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s?[%€$£]|[.,]\d)", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?({_ANY_MONTH})\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def spelled(text: str) -> str:
    """The text with figures, amounts and dates in one way of writing; for comparing, never for showing."""
    text = _ISO.sub(lambda found: _date(found[3], found[2], found[1]), text)
    text = _DOTTED.sub(lambda found: _date(found[1], found[2], found[3]), text)
    text = _DAY_FIRST.sub(lambda found: _date(found[1], found[2]), text)
    text = _MONTH_FIRST.sub(lambda found: _date(found[2], found[1]), text)
    text = _CODE_FIRST.sub(r"\2 \1", text)
    text = _NUMBER_WORD.sub(lambda found: str(_WORDS[found[0].lower()]), text)
    while (after := _SCALED.sub(_multiplied, text)) != text:  # "2 hundred thousand"
        text = after
    return text


def _date(day: str, month: str, year: str = "") -> str:
    number = int(month) if month.isdigit() else _MONTH[month.lower()]
    return f"{int(day)} {_MONTHS[number - 1]} {year}".rstrip()


def _multiplied(found: re.Match[str]) -> str:
    number = found[1].replace(",", ".")
    factor = float(number) if number[0].isdigit() else 1.0
    return f"{factor * _SCALES[found[2].lower()]:.0f}"
