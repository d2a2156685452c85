"""Check digits of numbers that identify a person or an account, so that a mere number is not taken for one.

python-stdnum knows each number's rules, dates and forbidden groups included: of random digits it lets 75 pass as German
tax ids where the check digit alone passes 1,835. Ours is what it has not: a card's issuer, and British numbers.
"""

from __future__ import annotations

import re

from stdnum import iban, luhn
from stdnum.be import nn
from stdnum.ch import ssn as swiss_ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

_ISSUERS = tuple(
    (re.compile(pattern), lengths)
    for pattern, lengths in (
        ("4", (16, 19)),  # Visa
        ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        ("3[47]", (15,)),  # American Express
        ("30[0-5]|3689|38|39|36", (14, 16)),  # Diners Club
        ("6011|64[4-9]|65", (16, 19)),  # Discover
        ("352[89]|35[3-8]", (16, 19)),  # JCB
        ("62", (16, 17, 18, 19)),  # UnionPay
        ("50(?:18|20|38)|5893|6304|6759|676[1-3]", (16, 18, 19)),  # Maestro
    )
)
"""How numbers begin and how long they are, by who issues the cards (ISO/IEC 7812): 15 digits that begin with 35 are a
phone's serial number, which has Luhn's sum too."""
_UNUSED_NINO = ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def digits_of(text: str) -> str:
    """The digits alone."""
    return re.sub(r"\D", "", text)


def is_iban(text: str) -> bool:
    """ISO 13616, whatever the country's own check digits say: a wrong account number is still somebody's."""
    return iban.is_valid(text, check_country=False)


def iban_length(text: str) -> int:
    """How many characters of a candidate are an IBAN; what follows it may look like a part of it ("… BIC COBA…")."""
    ends = [match.end() for match in re.finditer(r"[A-Z0-9]+", text)]
    return next((end for end in reversed(ends) if is_iban(text[:end])), 0)


def is_card(text: str) -> bool:
    """A payment card: a known issuer's digits, as many as it gives out, and Luhn's sum (ISO/IEC 7812)."""
    number = digits_of(text)
    if len(set(number)) < 2 or not any(len(number) in sizes and each.match(number) for each, sizes in _ISSUERS):
        return False
    return bool(luhn.is_valid(number))


def is_belgian_number(text: str) -> bool:
    """Rijksregisternummer."""
    return nn.is_valid(text)


def is_finnish_code(text: str) -> bool:
    """Henkilötunnus."""
    return hetu.is_valid(text)


def is_swedish_number(text: str) -> bool:
    """Personnummer."""
    return personnummer.is_valid(text)


def is_us_ssn(text: str) -> bool:
    """Social Security number."""
    return ssn.is_valid(text.replace(" ", "-"))


def is_german_tax_id(text: str) -> bool:
    """Steuerliche Identifikationsnummer."""
    return idnr.is_valid(text)


def is_spanish_id(text: str) -> bool:
    """DNI or NIE."""
    return dni.is_valid(text) or nie.is_valid(text)


def is_french_nir(text: str) -> bool:
    """Numéro de sécurité sociale."""
    return nir.is_valid(text)


def is_italian_code(text: str) -> bool:
    """Codice fiscale of a person."""
    return codicefiscale.is_valid(text)


def is_dutch_bsn(text: str) -> bool:
    """Burgerservicenummer."""
    return bsn.is_valid(text)


def is_swiss_ahv(text: str) -> bool:
    """AHV number."""
    return swiss_ahv.is_valid(text)


def is_polish_pesel(text: str) -> bool:
    """PESEL."""
    return pesel.is_valid(text)


def is_uk_nino(text: str) -> bool:
    """National Insurance number: it has no check digit, but prefixes that are never given out."""
    return re.sub(r"\s", "", text).upper()[:2] not in _UNUSED_NINO
