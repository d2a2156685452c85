"""Personal data by the rules of the standards, in sentences: found; and what only looks like it: not."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable

import phonenumbers
import pytest

from app.places import Cells
from app.text.parsed import Block, Line, Parsed, Spot
from app.text.personal.finding import find
from app.text.personal.kinds import USUAL
from app.text.personal.masking import masked
from app.types import Box

FRAMES = (
    "Please transfer it to {} before Friday.",
    "Ihre Angaben: {}, bitte prüfen Sie diese.",
    "Anna Berg;{};München;2024-03-01",
    "On file: {}.",
    "Sie erreichen ihn unter {} bis 17 Uhr.",
)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def iban(rng: random.Random) -> str:
    """ISO 7064, modulo 97, reckoned here."""
    country, form = rng.choice((("DE", "d18"), ("FR", "d23"), ("ES", "d20"), ("AT", "d16"), ("NL", "a4d10")))
    body = ("".join(rng.choices(string.ascii_uppercase, k=4)) if form.startswith("a4") else "") + digits(
        rng, int(form.rpartition("d")[2])
    )
    number = int("".join(str(int(char, 36)) for char in f"{body}{country}00"))
    whole = f"{country}{98 - number % 97:02d}{body}"
    return whole if rng.random() < 0.5 else " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def card(rng: random.Random) -> str:
    """Luhn's sum, reckoned here."""
    body = rng.choice(("4", "52", "2221")) + digits(rng, 14)
    body = body[:15]
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(body))
    whole = f"{body}{-total % 10}"
    return whole if rng.random() < 0.5 else " ".join(whole[at : at + 4] for at in range(0, 16, 4))


def tax_id(rng: random.Random) -> str:
    """German: one digit twice, ISO 7064 modulo 11,10; reckoned here."""
    chosen = rng.sample("0123456789", 9)
    body = [*chosen, chosen[rng.randrange(1, 9)]]
    while body[0] == "0" or any(a == b == c for a, b, c in zip(body, body[1:], body[2:], strict=False)):
        rng.shuffle(body)
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    check = (11 - product) % 10
    whole = "".join(body) + str(check)
    return whole if rng.random() < 0.5 else f"{whole[:2]} {whole[2:5]} {whole[5:8]} {whole[8:]}"


def phone(rng: random.Random) -> str:
    """A number that a country gives out, as it is written there or abroad."""
    region = rng.choice(("DE", "US", "GB", "FR", "AT", "CH", "IT", "ES", "NL"))
    kind = rng.choice((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))
    number = phonenumbers.example_number_for_type(region, kind)
    national = str(number.national_number)
    other = phonenumbers.parse(f"+{number.country_code}{national[:-3]}{digits(rng, 3)}")
    number = other if phonenumbers.is_valid_number(other) else number
    abroad = region in ("ES", "IT", "AT") or rng.random() < 0.5
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL if abroad else phonenumbers.PhoneNumberFormat.NATIONAL
    return phonenumbers.format_number(number, form)


def mail(rng: random.Random) -> str:
    name = rng.choice(("anna.berg", "m.rossi", "j_dupont", "kim"))
    return f"{name}{digits(rng, 2)}@{rng.choice(('firma-nord.de', 'mail.acme.co.uk', 'rossi.it'))}"


def ssn(rng: random.Random) -> str:
    return f"{rng.randint(100, 600)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def key(rng: random.Random) -> str:
    letters = string.ascii_letters + string.digits
    return rng.choice(
        (
            "AKIA" + "".join(rng.choices(string.ascii_uppercase + string.digits, k=16)),
            "ghp_" + "".join(rng.choices(letters, k=36)),
            "glpat-" + "".join(rng.choices(letters, k=20)),
            "api_key = " + "".join(rng.choices(letters, k=32)),
        )
    )


MADE: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "IBAN": ("IBAN", iban),
    "card": ("card number", card),
    "German tax id": ("national id", tax_id),
    "US SSN": ("national id", ssn),
    "phone": ("phone", phone),
    "mail": ("e-mail", mail),
    "key": ("key", key),
}


@pytest.mark.parametrize("name", MADE)
def test_what_follows_the_standards_is_found(name: str) -> None:
    kind, make = MADE[name]
    rng = random.Random(11)
    missed = []
    for at in range(100):
        value = make(rng)
        text = FRAMES[at % len(FRAMES)].format(value)
        found = find(text)
        start, end = text.index(value), text.index(value) + len(value)
        if not any(each.kind in (kind, "shared contact") and each.start < end and each.end > start for each in found):
            missed.append(text)
    print(f"{name}: {100 - len(missed)} of 100 found")
    assert len(missed) <= 5, missed[:5]


def test_what_only_looks_like_it_is_left() -> None:
    lines = (
        "Order 2024-11-12 was shipped on 12.11.2024 for 1,234,567.89 euro.",
        "Part 4001-22-333 replaces 100-200-3000; serial 123456789012345.",
        "The password is required; the token is valid for an hour.",
        "git clone git@github.com:acme/repo.git and open logo@2x.png.",
        "Write to you@example.com, or set api_key: your-api-key-goes-here.",
        "ISBN 978-3-16-148410-0, lines 1000 - 2000, 192.168.100.200, 0.123 456 789",
    )
    assert [(line, each.kind) for line in lines for each in find(line, USUAL)] == []


def test_an_office_is_not_a_person() -> None:
    text = "info@firma-nord.de, it-support@acme.com, Hotline: 089 1234567, +49 800 1234567, anna.berg@firma-nord.de"
    assert [each.kind for each in find(text)] == ["shared contact"] * 4 + ["e-mail"]


def test_a_masked_document_keeps_its_structure() -> None:
    text = "Staff\n\nanna.berg@firma-nord.de | DE89370400440532013000\nkim@firma-nord.de | none\n\nThe end."
    rows = [(text.index("anna"), text.index("\nkim")), (text.index("kim"), text.index("\n\nThe"))]
    box = Box(0, 0, 1, 1)
    parsed = Parsed(
        "xlsx",
        text,
        (
            Block("heading", 0, 5, 1),
            *(Block("row", *row) for row in rows),
            Block("paragraph", len(text) - 8, len(text)),
        ),
        lines=(Line(*rows[0], 1, box), Line(*rows[1], 1, box)),
        pages=((0, len(text)),),
        spots=(Spot(rows[0][0], rows[1][1], Cells("kim@firma-nord.de", (1, 2), (1, 2))),),
    )
    kept = masked(parsed, USUAL)
    said = [kept.text[block.start : block.end] for block in kept.blocks]
    assert said == ["Staff", "[e-mail address] | [IBAN]", "[e-mail address] | none", "The end."]
    assert [kept.text[line.start : line.end] for line in kept.lines] == said[1:3]
    assert kept.pages == ((0, len(kept.text)),)
    assert kept.spots[0].place == Cells("[e-mail address]", (1, 2), (1, 2))
    assert [kept.text[each.start : each.end] for each in kept.personal] == [
        "[e-mail address]", "[IBAN]", "[e-mail address]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "unit", ["a.", "token: ", "1 ", "0049 ", "+49", "-----BEGIN PRIVATE KEY-----", "a@b.", "AA11A_"]
)
def test_a_hostile_text_takes_time_in_proportion(unit: str) -> None:
    """Twenty thousand characters in less than a second, where a pattern that tries all splits would take minutes."""
    began = time.process_time()
    find((unit * 20_000)[:20_000])
    assert time.process_time() - began < 3
