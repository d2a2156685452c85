"""When two words say the same in a table: by their endings, by a small list of the field's own synonyms, by weekday."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_ENDING_WORDS = "s es e n en er r d ed ing ly al ern em ung 's ’s"
_ENDINGS = frozenset(_ENDING_WORDS.split())
"""What a longer form may have behind a shorter one: "night" and "nights", "electric" and "electrical"."""
_CHANGING_WORDS = "s es e ed d ing er r al als ion ation ations ment"
_CHANGING = frozenset(_CHANGING_WORDS.split())
"""Endings that replace each other: "charges" and "charging"."""
_PLURAL = frozenset(("y", "ies"))
_SHARED = 3
"""Letters that two words must share at least."""

_TOKEN = re.compile(r"[^\W_]+(?:['’.,:/–-][^\W_]+)*")
_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:/]\d+)*")
_CODE = re.compile(r"(?=.*\d)(?=.*[^\W\d_])(?!\d+-[^\W\d_]{2})")
"""Letters with digits are one name: "PX-220H", but not "5-day"."""

_SAME = {
    "phone": "phone telephone tel extension ext mobile telefon durchwahl handy rufnummer call anrufen",
    "mail": "mail email e-mail address adresse write",
    "price": "price cost fee rate charge amount sum pay paid preis kosten gebühr betrag satz value expensive teuer",
    "begin": "begin start open from beginn anfang beginnen öffnen öffnet von commence",
    "end": "end ends close finish until till to ende schluss enden schließt bis closing",
    "deadline": "deadline due latest frist termin fällig submit hand closing until date",
    "person": "who whom name person contact responsible manager trainer owner lead wer wen wem ansprechpartner "
    "verantwortlich zuständig",
    "place": "where place location room office site wo ort raum standort building",
    "limit": "limit maximum max most allowance cap grenze höchstens höchstbetrag obergrenze allowed",
    "time": "when hours hour time wann zeit uhrzeit opening öffnungszeiten day date",
    "leave": "leave holiday vacation days off urlaub",
    "often": "often interval frequency every häufig intervall turnus",
    "moving": "move moving relocate relocation umzug umziehen",
    "lodging": "hotel hotels accommodation lodging overnight unterkunft übernachtung",
    "notice": "notice kündigungsfrist kündigung",
}
SENSES = {
    word: frozenset(sense for sense, all_ in _SAME.items() if word in all_.split())
    for words in _SAME.values()
    for word in words.split()
}
"""Word → what it can ask for in a table."""

_DAYS = (
    ("monday", "mon", "montag", "mo"),
    ("tuesday", "tue", "tues", "dienstag", "di"),
    ("wednesday", "wed", "mittwoch", "mi"),
    ("thursday", "thu", "thur", "thurs", "donnerstag", "do"),
    ("friday", "fri", "freitag", "fr"),
    ("saturday", "sat", "samstag", "sa"),
    ("sunday", "sun", "sonntag", "so"),
)
_DAY = {name: at for at, names in enumerate(_DAYS) for name in names}
_ANY_DAY = "|".join(sorted(_DAY, key=len, reverse=True))
_DAY_RANGE = re.compile(rf"\b({_ANY_DAY})s?\.?\s*(?:to|through|until|till|bis|[-–—])\s*({_ANY_DAY})s?\b", re.IGNORECASE)
_SHORT_DAY = 2


def tokens(text: str) -> list[str]:
    """Words, numbers and codes of a text, as they stand: "V-50M" is one, "tax-free" and "Mon-Thu" are two."""
    return [part for each in _TOKEN.findall(text) for part in ([each] if _CODE.match(each) else _PART.findall(each))]


@lru_cache(maxsize=65536)
def alike(one: str, other: str) -> bool:
    """Whether two words are forms of one: they differ in an ending. Numbers must be equal."""
    one, other = one.casefold(), other.casefold()
    if one == other:
        return True
    if any(char.isdigit() for char in one + other):
        return False
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    tails = {one[shared:], other[shared:]}
    if "" in tails:
        return shared >= _SHARED and tails - {""} <= _ENDINGS
    return shared > _SHARED and (tails <= _CHANGING or tails == _PLURAL)


@lru_cache(maxsize=4096)
def senses(word: str) -> frozenset[str]:
    """What a word can ask for: "extension" a phone, "fee" a price."""
    found = SENSES.get(word.casefold())
    if found is None:
        found = next(
            (all_ for known, all_ in SENSES.items() if len(known) > _SHARED and alike(word, known)), frozenset()
        )
    return found


def weekdays(text: str) -> set[int]:
    """The days of the week that a text names, Monday 0: "Mon–Thu" names four. Two letters count in a range only."""
    found: set[int] = set()
    for first, last in _DAY_RANGE.findall(text):
        a, b = _DAY[first.casefold()], _DAY[last.casefold()]
        found.update(range(a, b + 1) if a <= b else [*range(a, 7), *range(b + 1)])
    words = (word.casefold().removesuffix("s") for word in tokens(text))
    return found | {_DAY[word] for word in words if word in _DAY and len(word) > _SHORT_DAY}


def among(word: str, others: Iterable[str]) -> bool:
    """Whether a word is a form of one of these."""
    return any(alike(word, other) for other in others)
