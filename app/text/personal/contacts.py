"""Mail addresses and phone numbers: which are somebody's, which everybody's, and which only look like one."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from app.text.personal.checksums import digits_of

_OFFICES = """
abuse accounting accounts admin administrator admissions anfrage anmeldung ap ar bestellung bewerbung billing board
booking bookings buchhaltung bugs careers community compliance conduct contact contacts contracts customer customercare
customers datenschutz desk dispatch donotreply dpo einkauf empfang enquiries events facilities feedback finance gdpr
hello help helpdesk hilfe hostmaster hr info information inquiries investor invoice invoices it itsupport jobs karriere
kontakt kundenservice kundendienst legal list lists mail mailer marketing media moderators mailbox newsletter newsroom
noreply notifications notify office onboarding ops orders partners partnerships payroll people personal post postmaster
poststelle praxis presse press privacy procurement purchasing reception recruiting recruitment rechnung rechnungen recht
redaktion reply report reports reservations sales security sekretariat service servicedesk services shop sponsors studio
subscribe support team techsupport travel unsubscribe verkauf vertrieb verwaltung webmaster welcome zentrale
"""
ROLES = frozenset(_OFFICES.split())
"""Parts before the @ that name an office, not a person (RFC 2142 and what companies use)."""

_ALONE = frozenset({"it", "hr", "ap", "ar", "post", "mail", "personal", "people", "list", "reply", "recht", "board"})
"""Those that are also parts of names or words: they count as the whole only."""

_TEAMS = ("ops", "desk", "team", "teams", "support", "service", "happiness")
"""How the last part of an office's mailbox ends: cloud-devops@, dealdesk@."""

_HELPING = frozenset({"help", "helpdesk", "servicedesk", "support", "tickets"})
"""Hosts where tickets are opened: what stands before the @ is the customer there, acme@help.example.org."""

_RESERVED = re.compile(r"(?i)(?:^|\.)(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|local)$")
"""RFC 2606: these domains are nobody's."""

_SUFFIXES = "png jpg jpeg gif svg webp css js ts mjs json html htm md pdf zip exe dll py rb go yml yaml"
_FILES = frozenset(_SUFFIXES.split())
"""“logo@2x.png” is a file."""

_SERVICE = re.compile(
    r"(?i)(?:hot ?line|help ?line|(?:help|service|it)[ -]?desk|support|reception|switchboard|zentrale|empfang|notruf"
    r"|emergency|(?:customer|kunden)[ -]?(?:service|care|dienst)|toll[- ]free|main (?:number|line|office)"
    r"|call cent(?:er|re)|company (?:tele)?phone|front desk|störung|standard téléphonique)"
)
SERVICE_BEFORE = 60
"""Characters before a number, on its line, that may say whose it is."""

DATES = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d")
"""Days and spans of years: nobody's number, and there are many."""

_OF_ALL = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}
)
_SERVICE_NUMBER = re.compile(
    r"0(?:80[0-9]|180|137|900|84[345]|87[0123]|89[0-9])|1?(?:800|888|877|866|855|844|833|900)\d{7}$"
)
"""Free or shared-cost within a country: Germany, Austria, Britain, France, the United States."""
_REGIONS = (
    "DE", "AT", "CH", "GB", "FR", "IT", "ES", "NL", "BE", "IE", "PL", "SE", "FI", "AU", "NZ", "JP", "IN", "ZA",
    "TR", "RO",
)  # fmt: skip
"""Countries whose numbers are written with a 0 in front within the country."""


def is_address(address: str) -> bool:
    """Whether it can be a mailbox that exists: no reserved domain, no file's name, no version of a package."""
    local, _, domain = address.rpartition("@")
    labels = domain.lower().split(".")
    if labels[-1] in _FILES or _RESERVED.search(domain) or local.lower() == "git":
        return False
    return not all(label.isdigit() for label in labels[:-1])


def is_shared_mailbox(address: str) -> bool:
    """Whether an office reads it and not one person: info@, support.de@, noreply@."""
    local, _, domain = address.lower().partition("@")
    local = local.replace("-reply", "reply")
    if local in ROLES or domain.split(".")[0] in _HELPING:
        return True
    parts = [re.sub(r"\d+$", "", part) for part in re.split(r"[._+-]", local)]
    named = any(part in ROLES and part not in _ALONE for part in (parts[0], parts[-1]))
    return named or parts[-1].endswith(_TEAMS)


def is_service_number(number: str, before: str) -> bool:
    """Whether a number is given out to everybody: by its kind, or by what stands before it on the line."""
    said = list(_SERVICE.finditer(before[-SERVICE_BEFORE:]))
    if said and not re.search(r"\d{4}", before[-SERVICE_BEFORE:][said[-1].end() :]):
        return True
    if not number.startswith(("+", "00")):
        return bool(_SERVICE_NUMBER.match(digits_of(number)))
    parsed = _parsed(re.sub(r"^00", "+", number), None)
    return parsed is not None and phonenumbers.number_type(parsed) in _OF_ALL


@lru_cache(4096)
def international(text: str) -> int:
    """How many characters are a number with a country's code; 0 where none is. Longest first: a number in a list may
    have others behind it."""
    ends = [match.end() for match in re.finditer(r"\d+", text)]
    possible = 0
    for end in reversed(ends):
        number = _parsed(re.sub(r"^\s*00", "+", text[:end]), None)
        if number is None or not phonenumbers.is_possible_number(number):
            continue
        if phonenumbers.is_valid_number(number):
            return end
        possible = possible or end
    return possible


@lru_cache(4096)
def national(text: str) -> int:
    """How many characters are a number of a country that writes it with a leading 0; 0 where no country has it."""
    if DATES.match(text.lstrip("(")):
        return 0
    ends = [match.end() for match in re.finditer(r"\d+", text)]
    for end in reversed(ends):
        if 8 <= len(digits_of(text[:end])) <= 13 and any(_valid(text[:end], region) for region in _REGIONS):
            return end
    return 0


def american(text: str) -> int:
    """A number of an area that is given out: dashes alone also stand in part numbers."""
    return len(text) if _valid(text, "US") else 0


def _valid(text: str, region: str) -> bool:
    number = _parsed(text, region)
    return number is not None and phonenumbers.is_valid_number_for_region(number, region)


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
