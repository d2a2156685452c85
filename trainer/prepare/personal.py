"""Finds personal data and secrets by rule and masks them, so that a model cannot learn them by heart.

Names have no checksum: a given name from a list before a capitalised word, a title, or a line such as "Name: …".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers

from app.paths import RESOURCES
from trainer.prepare import checksums

NAMES_FILE = RESOURCES / "prepare" / "given-names.txt"


@dataclass(frozen=True)
class Finding:
    """A stretch of text that names or identifies someone, or opens something. `rule` says why, for the report."""

    start: int
    end: int
    kind: str
    rule: str


@dataclass(frozen=True)
class Rule:
    """A pattern, and a check that keeps look-alikes out. The group `v`, where there is one, is what is masked."""

    kind: str
    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] = lambda _: True


def _national(text: str) -> bool:
    """8 to 15 digits (ITU E.164 allows 15), and neither a date nor a plain run of one digit.

    Which country's it is, a text does not say, so there is nothing to look up, and masking one too many is safer.
    """
    number = checksums.digits_of(text)
    if not 8 <= len(number) <= 15 or len(set(number)) < 3:
        return False
    return not re.fullmatch(r"\s*(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})\s*", text)


def _international(text: str) -> bool:
    """A number with a country's code, of a length that this country has (libphonenumber's tables)."""
    try:
        number = phonenumbers.parse(re.sub(r"^\s*00", "+", text))
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def _american(text: str) -> bool:
    """A number of an area that is given out: dashes alone also stand in part numbers."""
    return phonenumbers.is_valid_number(phonenumbers.parse(text, "US"))


def _secret(text: str) -> bool:
    """A value that someone typed or a machine made: letters and digits or signs, not a plain word or a placeholder."""
    if len(text) < 6 or re.fullmatch(r"[*.xX_<>{}-]+", text):
        return False
    kinds = (r"[a-z]", r"[A-Z]", r"\d", r"[^\w\s]")
    return sum(bool(re.search(kind, text)) for kind in kinds) >= 2


_W = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’-]*[\wß]"
_NAME = rf"{_W}(?:[ \t]+(?:(?:van|von|de|der|den|la|le|di|da|bin|al|ter|zu)[ \t]+){{0,2}}{_W}){{0,2}}"
_FULL = rf"{_W}(?:[ \t]+(?:(?:van|von|de|der|den|la|le|di|da|bin|al|ter|zu)[ \t]+){{0,2}}{_W}){{1,2}}"


def _rule(kind: str, name: str, pattern: str, check: Callable[[str], bool] = lambda _: True, flags: int = 0) -> Rule:
    return Rule(kind, name, re.compile(pattern, flags), check)


RULES: tuple[Rule, ...] = (
    _rule("key", "a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----"),
    _rule("key", "a key with its maker's prefix", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _rule("key", "a key with its maker's prefix", r"\b(?:gh[pousr]_|github_pat_)\w{30,}\b"),
    _rule("key", "a key with its maker's prefix", r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}"),
    _rule("key", "a key with its maker's prefix", r"\bxox[abeoprs]-[\w-]{10,}|\bglpat-[\w-]{16,}|\bhf_[A-Za-z]{30,}\b"),
    _rule("key", "a key with its maker's prefix", r"\bAIza[\w-]{35}\b|\bya29\.[\w-]{20,}"),
    _rule("key", "a signed token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    _rule(
        "key",
        "a value named key, token or secret",
        r"(?i)\b(?:api[ _-]?key|access[ _-]?key|secret(?:[ _-]?key)?|auth[ _-]?token|bearer|token)\b"
        r"[\"']?\s*(?:is\b|ist\b|[:=])?\s*[\"']?(?P<v>[A-Za-z0-9+/_.~-]{16,}={0,2})",
        _secret,
    ),
    _rule(
        "password",
        "a value named password",
        r"(?i)\b(?:pass(?:word|wort|phrase|code)?|pwd|kennwort|mot de passe|contraseña|pin)\b[\"']?"
        r"\s*(?:is\b|ist\b|[:=])\s*[\"']?(?P<v>[^\s\"',;]{4,})",
        lambda v: _secret(v) or v.rstrip(".").isdigit(),
    ),
    _rule("password", "a password in an address", r"://[^\s:/@]+:(?P<v>[^\s@/]{3,})@"),
    _rule("e-mail", "an e-mail address", r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}\b"),
    _rule("e-mail", "an e-mail address", r"\b[\w.+-]+\s?(?:\(at\)|\[at\])\s?[\w-]+(?:\s?(?:\(dot\)|\[dot\]|\.)\s?\w+)+"),
    _rule("IBAN", "its checksum is right", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}\b", checksums.is_iban),
    _rule("card number", "its checksum is right", r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d])", checksums.is_card),
    _rule("national id", "a Swiss AHV number", r"\b756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}\b", checksums.is_swiss_ahv),
    _rule("national id", "a US Social Security number", r"\b\d{3}([- ])\d{2}\1\d{4}\b", checksums.is_us_ssn),
    _rule(
        "national id",
        "a UK National Insurance number",
        r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        checksums.is_uk_nino,
    ),
    _rule(
        "national id",
        "an Italian codice fiscale",
        r"\b[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]\b",
        checksums.is_italian_code,
    ),
    _rule(
        "national id",
        "a French social security number",
        r"\b[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?\d[\dAB][ .]?\d{3}[ .]?\d{3}[ .]?\d{2}\b",
        checksums.is_french_nir,
    ),
    _rule("national id", "a Spanish DNI or NIE", r"\b(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z]\b", checksums.is_spanish_id),
    _rule(
        "national id",
        "a German tax id",
        r"(?<![\d.,+])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\d.,]\d|\d)",
        checksums.is_german_tax_id,
    ),
    _rule("national id", "a Polish PESEL", r"(?<![\d.,+])\d{11}(?![\d])", checksums.is_polish_pesel),
    _rule(
        "national id",
        "a Dutch BSN",
        r"(?i)\b(?:bsn|burgerservicenummer|sofinummer)\b\D{0,12}(?P<v>\d{9}|\d{4}[. ]\d{2}[. ]\d{3})\b",
        checksums.is_dutch_bsn,
    ),
    _rule(
        "national id",
        "a number named as an identity document",
        r"(?i)\b(?:passport|reisepass|personalausweis|ausweis|id card|identity card|driving licen[cs]e|führerschein)"
        r"(?:[ -]?(?:no|nr|number|nummer))?\b\.?\s*[:#]?\s*(?P<v>(?=[A-Z0-9]*\d)[A-Z0-9]{6,12})\b",
    ),
    _rule("phone", "an international phone number", r"(?<![\w+])(?:\+|00)\d{1,3}[\s()./-]*(?:\d[\s()./-]{0,2}){6,13}\d", _international),
    _rule(
        "phone",
        "a number named as a phone",
        r"(?i)\b(?:tel(?:efon|ephone)?|phone|mobile?|handy|cell|fax|call|ring|dial)\b\.?(?:[ -]?(?:no|nr|number|nummer))?\.?"
        r"\s*(?:me\s|us\s)?(?:on\s|at\s|under\s|is\s)?[:#]?\s*(?P<v>\(?\d[\d\s()./-]{5,18}\d)",
        lambda v: 6 <= len(checksums.digits_of(v)) <= 15,
    ),
    _rule("phone", "a national phone number", r"(?<![\d.,\w])\(?0\d{1,5}\)?[\s/-]{1,3}\d{2,5}(?:[\s-]?\d{2,5}){0,3}(?![\d.,]\d|\w)", _national),
    _rule("phone", "a US phone number", r"(?<![\d.,\w])(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?!\d)", _american),
    _rule("name", "a title before a name", rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Señora?|Sra?|Mme|Mlle|Signora?|Sig)\b\.?[ \t]+(?:(?:Dr|Prof)\.?[ \t]+)?(?P<v>{_NAME})"),
    _rule(
        "name",
        "a line that names a person",
        rf"(?im)^\s*(?:full name|name|employee|contact(?: person)?|manager|author|signed(?: by)?|ansprechpartner(?:in)?|"
        rf"mitarbeiter(?:in)?|nom|nombre|nome)\s*:\s*(?-i:(?P<v>{_FULL}))\s*$",
    ),
    _rule("name", "a sentence that names a person", rf"(?i:\b(?:my name is|i am called|ich heiße|mein name ist|je m'appelle|me llamo))\s+(?P<v>{_NAME})"),
    _rule("name", "a name under a letter", rf"(?im)^(?:(?:kind|best|warm)?\s*regards|sincerely(?: yours)?|yours (?:sincerely|faithfully)|cheers|"
          rf"mit freundlichen grüßen|viele grüße|cordialement|saludos),?[ \t]*\n+\s*(?-i:(?P<v>{_FULL}))\s*$"),
)  # fmt: skip


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
    """Personal data and secrets in a text, in order; where two overlap the rule that stands first is kept."""
    taken: list[Finding] = []
    for finding in (*_by_rule(text), *_names_by_list(text)):
        place = bisect_right(taken, finding.start, key=lambda other: other.start)
        free = not place or taken[place - 1].end <= finding.start
        if free and (place == len(taken) or finding.end <= taken[place].start):
            taken.insert(place, finding)
    return taken


def _by_rule(text: str) -> Iterator[Finding]:
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            group = "v" if "v" in rule.pattern.groupindex else 0
            if rule.check(match[group]):
                yield Finding(*match.span(group), rule.kind, rule.name)


def mask(text: str, findings: list[Finding]) -> str:
    """The text with each finding replaced by its kind in brackets."""
    for finding in sorted(findings, key=lambda finding: finding.start, reverse=True):
        text = f"{text[: finding.start]}[{finding.kind}]{text[finding.end :]}"
    return text
