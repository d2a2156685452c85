"""Check digits of numbers that identify a person or an account, so that a mere number is not taken for one.

python-stdnum knows each number's rules, dates and forbidden groups included: of random digits it lets 75 pass as German
tax ids where the check digit alone passes 1,835. Ours is what it has not: a card's issuer, and British numbers.
"""

from __future__ import annotations

import re

from stdnum import iban, luhn
from stdnum.ch import ssn as swiss_ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[0689]|6(?:011|5|4[4-9])|35|62|50|5[6-9]|6[37]")
_UNUSED_NINO = ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def digits_of(text: str) -> str:
    """The digits alone."""
    return re.sub(r"\D", "", text)


def is_iban(text: str) -> bool:
    """ISO 13616, whatever the country's own check digits say: a wrong account number is still somebody's."""
    return iban.is_valid(text, check_country=False)


def is_card(text: str) -> bool:
    """A payment card: 13 to 19 digits of a known issuer range, and Luhn's sum (ISO/IEC 7812)."""
    number = digits_of(text)
    if not 13 <= len(number) <= 19 or len(set(number)) < 2:
        return False
    return bool(_ISSUER.match(number)) and luhn.is_valid(number)


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
