"""How the value of each kind is written, and whether two ways of writing are the same value."""

from __future__ import annotations

import re
from functools import lru_cache

from app.text.fields.field import Field, Kind, Option
from app.text.support import numbers_of

_MONTHS = (
    "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|mär(?:z)?|apr(?:il)?|may|mai|june?|juni?|july?|juli?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?"
)
_MONTH_NUMBERS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_COUNT = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|sixty|ninety"
    "|eine[nmr]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf"
)
_COUNT_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirty": 30, "sixty": 60, "ninety": 90, "ein": 1, "eine": 1, "einen": 1, "einem": 1,
    "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "elf": 11, "zwölf": 12,
}  # fmt: skip
_UNIT = (
    r"(?:calendar |working |business |full )?(?:days?|weeks?|months?|years?|quarters?|hours?)"
    r"|tag(?:e|en)?|wochen?|monat(?:e|en)?|jahre?n?|stunden?|%|percent|prozent|pieces|stück"
)
_FIGURE = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2}|,[-–])?|\d+(?:[.,]\d{1,2}|,[-–])?"
_CURRENCY = r"€|\$|£|CHF|EUR|USD|GBP|US\$|[Ee]uros?|[Dd]ollars?|[Pp]ounds?|[Ff]ranken"
_SUFFIX = (
    r"(?:GmbH(?: & Co\. KG)?|AG|KG|SE|Ltd\.?|Limited|LLC|LLP|PLC|plc|Inc\.?|Corp\.?|B\.V\.|S\.A\.|S\.r\.l\.|e\.V\.)"
)
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ][\w&'’.\-]*|\d+[A-Za-z]+)"
_JOIN = r"(?:of|and|und|&|de|la|le|du|van|von|der|den|for|für|the|di|da|al|\+)"

PATTERNS: dict[Kind, str] = {
    "date": (
        rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\s?\d{{1,2}}[./]\s?\d{{4}}"
        rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?i:{_MONTHS})\.?,?\s+\d{{4}}"
        rf"|(?i:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|(?i:{_MONTHS})\.?\s+\d{{4}}"
    ),
    "amount": rf"(?:{_CURRENCY})\s?(?:{_FIGURE})|(?:{_FIGURE})\s?(?:{_CURRENCY})",
    "number": (rf"(?:(?:{_FIGURE})|(?i:{_COUNT}))(?:\s*\(\s*(?:\d+|(?i:{_COUNT}))\s*\))?(?:[\s-]*(?:(?i:{_UNIT})))?"),
    "name": rf"{_CAPITAL}(?:[^\S\n]+(?:{_JOIN}[^\S\n]+){{0,2}}{_CAPITAL}|,?[^\S\n]+{_SUFFIX}){{0,7}}",
    "reference": (
        r"(?=[A-Za-z/.\-]{0,12}\d|[A-Za-z]{1,6}[ /\-]\d)[A-Za-z]{0,8}(?:[ /.\-]?[A-Za-z]{0,4}\d[\w/.\-]*){1,6}"
    ),
    "email": r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+",
    "phone": r"(?:\+|\(?0|\(\+)\d?[\d\s()/.\-]{5,20}\d",
    "text": r"[^\s|.,;:()][^\n|;]{0,158}?",
}
"""How a value of each kind is written."""
_FIGURES = re.compile(rf"{PATTERNS['date']}|{PATTERNS['amount']}|[\d\W]+")
"""What is neither a name nor a number by which something is known."""
YES_NO = (Option("Yes", ("yes", "ja", "☒ yes", "[x] yes")), Option("No", ("no", "nein", "☒ no", "[x] no")))

PLACEHOLDER = re.compile(
    r"(?i)(?:[-–—_.\s/?…]*|the|an?|its|der|die|das|n\s?/\s?a|none|nil|tb[acd]\b.*|to be .*"
    r"|not .*|see .*|open|unknown|pending.*|keine?|offen|entfällt|siehe .*|as .*|according .*|per .*|upon .*)\.?"
)
"""What stands in the place of a value that is not there."""


@lru_cache(maxsize=512)
def value_pattern(field: Field) -> str:
    """The value of a field as a regular expression, without bounds."""
    if field.kind in ("choice", "yes_no"):
        options = field.options or YES_NO
        words = sorted((word for each in options for word in (each.name, *each.words)), key=len, reverse=True)
        return "|".join(rf"(?i:{re.escape(word)})" for word in words)
    return PATTERNS[field.kind]


@lru_cache(maxsize=512)
def _at_start(field: Field) -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?:approx\.?|ca\.?|about|the|on|of|from|bis zum|zum|am)\s+)?({value_pattern(field)})(?![\w@])"
    )


def value_at(field: Field, text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span of the value at the beginning of `text[start:end]`, its place: a cell, or the rest of a line."""
    while start < end and text[start] in " \t*_`[“\"'":
        start += 1
    while end > start and text[end - 1] in " \t*_`]”\"'":
        end -= 1
    if start >= end or PLACEHOLDER.fullmatch(text, start, end):
        return None
    if field.kind in ("text", "name") and (cut := _NEXT_LABEL.search(text, start, end)):
        end = cut.start()
        if cut.group().isspace() and len(cut.group()) > 2 and not re.search(rf"(?:{SUFFIXED})\s", text[start:end]):
            return None  # the last of it is the label of another value, and nothing says where it begins
    if field.kind == "text":
        return (start, end) if end - start <= 160 else None
    if field.kind == "name":
        return _whole_name(text, start, end)
    match = _at_start(field).match(text, start, end)
    return trimmed(field, text, match.start(1), match.end(1)) if match else None


SUFFIXED = "|".join(
    rf"(?<=\b{form})" for form in ("GmbH", "AG", "KG", "SE", "Ltd", r"Ltd\.", "LLC", r"Inc\.", r"B\.V\.")
)
"""Behind the form of a company."""
CLOSED = rf"{SUFFIXED}|(?<=\bEUR)|(?<=\bUSD)|(?<=\bGBP)|(?<=\bCHF)|(?<=[€%])"
"""Behind what closes a value, so that a label may follow."""
_NAME_ENDS = re.compile(
    rf"\s*(?:;|\(|\s[–—-]\s|,(?!\s*{_SUFFIX}(?:\W|$))|\||\t|\s{{3,}}|\bhereinafter\b|\brepresented by\b)"
    rf"|(?:{SUFFIXED})\s+(?=[A-Z])"
)
_NEXT_LABEL = re.compile(r"\s+(?=[A-ZÀ-Þ][\w.-]{1,20}:\s)|\s{3,}")
"""Where the next label begins in lines that were run together."""


def _whole_name(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A name in a place of its own: up to an address, a role or a remark."""
    stop = _NAME_ENDS.search(text, start, end)
    end = stop.start() if stop and stop.start() > start else end
    name = text[start:end].rstrip(" .") if not re.search(rf"{_SUFFIX}$", text[start:end]) else text[start:end]
    words = name.split()
    if _FIGURES.fullmatch(name):
        return None
    if not words or len(words) > 10 or not (words[0][0].isupper() or words[0][0].isdigit()):
        return None
    return (start, start + len(name)) if any(c.isalpha() for c in name) else None


def trimmed(field: Field, text: str, start: int, end: int) -> tuple[int, int] | None:
    """A span without what closes the sentence round it; None where nothing of a value is left."""
    while end > start and text[end - 1] in " \t\n,;:|*_)(" and not (text[end - 1] == ")" and "(" in text[start:end]):
        end -= 1
    if field.kind == "name" and (stop := _NAME_ENDS.search(text, start, end)):
        end = stop.start()
    if field.kind == "name" and re.search(rf"{_SUFFIX}$", text[start : end + 1]):
        end = min(end + 1, len(text)) if text[end : end + 1] == "." else end
    if field.kind in ("text", "name") and re.search(r"\s{3,}", text[start:end]):
        return None
    if field.kind == "phone" and re.fullmatch(PATTERNS["date"], text[start:end]):
        return None
    if field.kind in ("text", "name", "reference", "phone") and not re.search(rf"{_SUFFIX}$", text[start:end]):
        while end > start and text[end - 1] in " .":
            end -= 1
    if field.kind == "number" and not re.search(r"\d|[^\W\d_]{3}", text[start:end]):
        return None
    if field.kind == "reference" and not _is_reference(text, start, end):
        return None
    return (start, end) if start < end and not PLACEHOLDER.fullmatch(text, start, end) else None


def _is_reference(text: str, start: int, end: int) -> bool:
    """A date, a sum and a share of a hundred are none."""
    value = text[start:end]
    if not any(c.isdigit() for c in value) or re.fullmatch(rf"{PATTERNS['date']}|{PATTERNS['amount']}", value):
        return False
    return re.match(rf"\s*(?:%|{_CURRENCY}|[.,]\d)", text[end : end + 8]) is None


def same_value(field: Field, value: str) -> str:
    """One spelling for all ways in which a value of this kind is written: two that agree are one answer."""
    folded = " ".join(value.casefold().replace("\u00a0", " ").split())
    if field.kind == "date":
        return iso_date(value) or folded
    if field.kind == "amount":
        return "/".join(sorted(numbers_of(re.sub(r",[-–]$|[.,]00(?!\d)", "", re.sub(r"(?<=\d) (?=\d{3})", "", value)))))
    if field.kind == "number":
        counts = [int(each) for each in re.findall(r"\d+", folded)] + [
            _COUNT_NUMBERS[each] for each in re.findall(rf"\b(?:{_COUNT})\b", folded)
        ]
        unit = re.search(_UNIT, folded)
        return f"{counts[0] if counts else folded} {unit.group()[:3] if unit else ''}".strip()
    if field.kind in ("choice", "yes_no"):
        for option in field.options or YES_NO:
            if folded in {word.casefold() for word in (option.name, *option.words)}:
                return option.name
    if field.kind in ("reference", "phone"):
        return re.sub(r"[\s()/.\-]", "", folded)
    return folded.strip(".,; ")


def iso_date(value: str) -> str:
    """“12. März 2024” → “2024-03-12”, “March 2024” → “2024-03”; "" where it is no date or could be two.

    12/03/2024 is read as day, month, year where only that can be, else it is kept out: both orders are usual.
    """
    if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", value.strip()):
        return found.group()
    if found := re.fullmatch(r"(\d{1,2})([./])\s?(\d{1,2})\2\s?(\d{4})", value.strip()):
        first, dot, second, year = int(found[1]), found[2], int(found[3]), found[4]
        if dot == "." or first > 12 or first == second:
            return f"{year}-{second:02}-{first:02}"
        return f"{year}-{first:02}-{second:02}" if second > 12 else ""
    month = re.search(rf"(?i)\b(?:{_MONTHS})\b", value)
    year_found = re.search(r"\b\d{4}\b", value)
    if not month or not year_found:
        return ""
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th|\.)?\b(?!\d)", value)
    date = f"{year_found.group()}-{_MONTH_NUMBERS[month.group()[:3].lower()]:02}"
    return f"{date}-{int(day[1]):02}" if day else date
