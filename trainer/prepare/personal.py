"""What of a text a model must not learn by heart: personal data as the app finds it, and names.

Names have no checksum: a given name from a list before a capitalised word, a title, or a line such as "Name: …". Shared
mailboxes and service numbers stay: masked, a model answers "use the e-mail address provided below".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from app.paths import RESOURCES
from app.text.personal import finding
from app.text.personal.finding import Finding, apart, mask
from app.text.personal.kinds import USUAL, kind_of, placeholder

__all__ = ["Finding", "find", "given_names", "kind_of", "mask", "placeholder"]

NAMES_FILE = RESOURCES / "prepare" / "given-names.txt"

_W = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’-]*[\wß]"
_NAME = rf"{_W}(?:[ \t]+(?:(?:van|von|de|der|den|la|le|di|da|bin|al|ter|zu)[ \t]+){{0,2}}{_W}){{0,2}}"
_FULL = rf"{_W}(?:[ \t]+(?:(?:van|von|de|der|den|la|le|di|da|bin|al|ter|zu)[ \t]+){{0,2}}{_W}){{1,2}}"

_TITLES = r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Señora?|Sra?|Mme|Mlle|Signora?|Sig"
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a title before a name",
        re.compile(rf"\b(?:{_TITLES})\b\.?[ \t]+(?:(?:Dr|Prof)\.?[ \t]+)?(?P<v>{_NAME})"),
    ),
    (
        "a line that names a person",
        re.compile(
            r"(?im)^\s*(?:full name|name|employee|contact(?: person)?|manager|author|signed(?: by)?|"
            r"ansprechpartner(?:in)?|mitarbeiter(?:in)?|nom|nombre|nome)\s*:"
            rf"\s*(?-i:(?P<v>{_FULL}))\s*$"
        ),
    ),
    (
        "a sentence that names a person",
        re.compile(
            rf"(?i:\b(?:my name is|i am called|ich heiße|mein name ist|je m'appelle|me llamo))\s+(?P<v>{_NAME})"
        ),
    ),
    (
        "a name under a letter",
        re.compile(
            r"(?im)^(?:(?:kind|best|warm)?\s*regards|sincerely(?: yours)?|yours (?:sincerely|faithfully)|cheers|"
            rf"mit freundlichen grüßen|viele grüße|cordialement|saludos),?[ \t]*\n+\s*(?-i:(?P<v>{_FULL}))\s*$"
        ),
    ),
)


@cache
def given_names() -> frozenset[str]:
    """Common given names, lower case."""
    lines = NAMES_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.lower().split())


_SURNAME = re.compile(rf"(?:[ \t]+[A-Z]\.)?[ \t]+((?:(?:van|von|de|der|den|la|le|di|da)[ \t]+){{0,2}}{_W})")


def _names_by_list(text: str) -> Iterator[Finding]:
    """Each capitalised word is looked up by itself, since the word before a given name is often capitalised too."""
    for given in re.finditer(rf"\b{_W}", text):
        surname = _SURNAME.match(text, given.end())
        if surname and given[0].split("-")[0].lower() in given_names() and not surname[1].isupper():
            yield Finding(given.start(), surname.end(), "name", "a given name before a capitalised word")


def find(text: str) -> list[Finding]:
    """Personal data, secrets and names in a text, in order; where two overlap what the app finds is kept."""
    return apart([*finding.find(text, USUAL), *_names_by_rule(text), *_names_by_list(text)])


def _names_by_rule(text: str) -> Iterator[Finding]:
    for rule, pattern in _NAMES:
        for match in pattern.finditer(text):
            yield Finding(*match.span("v"), "name", rule)
