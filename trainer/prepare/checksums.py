"""Check digits of numbers that identify a person or an account, so that a mere number is not taken for one."""

from __future__ import annotations

import re
from itertools import cycle

_IBAN_TABLE = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 ES24 FI18 FO18 FR27 GB22
GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19
MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 UA29 VG24 XK20
"""
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_TABLE.split()}
"""Country → characters; ISO 13616, IBAN registry."""


def digits_of(text: str) -> str:
    """The digits alone."""
    return re.sub(r"\D", "", text)


def is_iban(text: str) -> bool:
    """ISO 13616: length by country, and the number modulo 97 is 1 (ISO 7064)."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if IBAN_LENGTHS.get(compact[:2]) != len(compact) or not compact.isalnum():
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """A payment card: 13 to 19 digits of a known issuer range, and Luhn's sum (ISO/IEC 7812)."""
    number = digits_of(text)
    if not 13 <= len(number) <= 19 or len(set(number)) < 2:
        return False
    if not re.match(r"4|5[1-5]|2[2-7]|3[47]|3[0689]|6(?:011|5|4[4-9])|35|62|50|5[6-9]|6[37]", number):
        return False
    return luhn(number)


def luhn(number: str) -> bool:
    """Luhn's sum over all digits is a multiple of ten."""
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_us_ssn(text: str) -> bool:
    """Social Security number: no 000, 666 or 9xx area, no zero group or serial."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_german_tax_id(text: str) -> bool:
    """Steuerliche Identifikationsnummer: 11 digits, check digit after ISO 7064 MOD 11,10."""
    number = digits_of(text)
    if len(number) != 11 or number[0] == "0" or len(set(number[:10])) > 9:
        return False
    product = 10
    for digit in number[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def is_spanish_id(text: str) -> bool:
    """DNI or NIE: the letter is the number modulo 23."""
    compact = re.sub(r"[\s.-]", "", text).upper()
    number = compact[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == compact[-1]


def is_french_nir(text: str) -> bool:
    """Numéro de sécurité sociale: 13 digits and a key of 97 minus their remainder (Corsica 2A, 2B as 19, 18)."""
    compact = re.sub(r"[\s.-]", "", text).upper().replace("2A", "19").replace("2B", "18")
    return len(compact) == 15 and compact.isdigit() and 97 - int(compact[:13]) % 97 == int(compact[13:])


def is_italian_code(text: str) -> bool:
    """Codice fiscale: the last letter is a sum over odd and even places modulo 26."""
    odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
    values = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    odd.update(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", values, strict=True))
    code = text.upper()
    total = sum(odd[c] if i % 2 == 0 else int(c, 36) - (0 if c.isdigit() else 10) for i, c in enumerate(code[:15]))
    return chr(total % 26 + ord("A")) == code[15]


def is_dutch_bsn(text: str) -> bool:
    """Burgerservicenummer: weights 9 … 2, -1 sum to a multiple of 11."""
    number = digits_of(text)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return len(number) == 9 and sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 11 == 0


def is_swiss_ahv(text: str) -> bool:
    """AHV number: starts with 756, check digit of EAN-13."""
    number = digits_of(text)
    if len(number) != 13 or not number.startswith("756"):
        return False
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(number)) % 10 == 0


def is_polish_pesel(text: str) -> bool:
    """PESEL: weights 1 3 7 9 over ten digits, and a date in the first six."""
    number = digits_of(text)
    if len(number) != 11 or not 1 <= int(number[2:4]) % 20 <= 12 or not 1 <= int(number[4:6]) <= 31:
        return False
    total = sum(int(d) * w for d, w in zip(number[:10], cycle((1, 3, 7, 9)), strict=False))
    return (10 - total % 10) % 10 == int(number[10])


def is_uk_nino(text: str) -> bool:
    """National Insurance number: the prefixes that are given out."""
    code = re.sub(r"\s", "", text).upper()
    return code[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
