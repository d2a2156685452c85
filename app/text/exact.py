"""What a question wants to the letter: part numbers ("XJ-4410/B") and "quoted phrases"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.text.words import words_of

_TOKEN = re.compile(r"[^\W_]+(?:[-/._][^\W_]+)*")
_LOWER_WORD = re.compile(r"[^\W\d_]*[a-zß-öø-ÿ]{3}")
_DATE_PART = re.compile(r"\d+(?:s|st|nd|rd|th)?", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”“]+)[”“]|„([^“”„]+)[“”]|«([^»«]+)»|»([^«»]+)«|「([^」]+)」|『([^』]+)』")
_JOINT = re.compile(r"[-/._]")

LAST = "\u058f"
"""The last letter of Latin, Greek and Cyrillic: other scripts write a number beside a word without a space."""

SHORTEST = 3
"""Letters and digits of the shortest code."""


def codes(text: str) -> list[str]:
    """The part numbers, order numbers, standards and the like of a text, without joints: "xj4410b", each once.

    They mix letters and digits, and hold no written word: "mid-1990s", "16-year-old" and "3rd" are none.
    """
    return list(dict.fromkeys(_compact(token) for token in _TOKEN.findall(text) if _is_code(token)))


def codes_among(text: str, wanted: Iterable[str]) -> int:
    """How many of these codes, without joints, are among those of a text: what they are not even a part of is not read
    for codes."""
    squeezed = _compact(text)
    near = {code for code in wanted if code in squeezed}
    return len(near.intersection(codes(text))) if near else 0


def possible_codes(text: str) -> list[str]:
    """What may be a code if the documents know it as one: typed in lower case too."""
    return list(dict.fromkeys(_compact(token) for token in _TOKEN.findall(text) if _is_mixed(token)))


def phrases(text: str) -> list[str]:
    """What stands in double quotation marks of any style, if it holds a word."""
    found = ("".join(match.groups("")).strip() for match in _QUOTED.finditer(text))
    return [phrase for phrase in dict.fromkeys(found) if words_of(phrase)]


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase word by word; case, accents and punctuation aside."""
    wanted = " ".join(words_of(phrase))
    said = " ".join(words_of(text))
    if any(c > "\u0e00" for c in wanted):  # scripts without spaces
        return wanted in said
    return f" {wanted} " in f" {said} "


def count_phrase(text: str, phrase: str) -> int:
    """How often a text holds a phrase, as `holds_phrase` compares them."""
    wanted, said = words_of(phrase), words_of(text)
    if any(c > "\u0e00" for word in wanted for c in word):
        return " ".join(said).count(" ".join(wanted))
    return sum(said[at : at + len(wanted)] == wanted for at in range(len(said) - len(wanted) + 1))


def count_code(text: str, code: str) -> int:
    """How often a text holds a part number that is given without joints."""
    return sum(_compact(token) == code for token in _TOKEN.findall(text))


def _is_code(token: str) -> bool:
    if not _is_mixed(token) or _LOWER_WORD.search(token):
        return False
    return token[0].isalpha() or bool(_JOINT.search(token)) or len(token) > 2 * SHORTEST


def _is_mixed(token: str) -> bool:
    plain = _JOINT.sub("", token)
    digits = sum(c.isdigit() for c in plain)
    if (digits < 2 and len(plain) <= SHORTEST) or not 0 < digits < len(plain) or max(plain) > LAST:
        return False
    return len(plain) >= SHORTEST and not all(_DATE_PART.fullmatch(part) for part in _JOINT.split(token))


def _compact(token: str) -> str:
    return _JOINT.sub("", token).casefold()
