"""The kinds of personal data that are looked for, what they are called and what stands in their place: names only, so
that a door can show them without the libraries that find them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from msgspec import Struct

PersonalKind = Literal[
    "e-mail", "phone", "IBAN", "card number", "national id", "key", "password", "shared contact",
]  # fmt: skip

KINDS: tuple[PersonalKind, ...] = get_args(PersonalKind)

LABELS: dict[PersonalKind, str] = {
    "e-mail": "E-mail addresses",
    "phone": "Phone numbers",
    "IBAN": "Bank accounts (IBAN)",
    "card number": "Card numbers",
    "national id": "National ids",
    "key": "Keys and tokens",
    "password": "Passwords",
    "shared contact": "Shared mailboxes and service numbers",
}
"""For people, in the plural."""

USUAL: tuple[PersonalKind, ...] = tuple(kind for kind in KINDS if kind != "shared contact")
"""What is masked unless a person chooses otherwise. info@ and a toll-free number are nobody's; an assistant that cannot
say them is of little use."""

NOT_FOUND = "Names, addresses and dates of birth are not looked for."

_MARKS: dict[str, str] = {"e-mail": "e-mail address", "phone": "phone number"}


class Found(Struct, frozen=True, array_like=True):
    """Where something of a kind stands, or what was put there: a span of the text."""

    kind: PersonalKind
    start: int
    end: int


def placeholder(kind: str) -> str:
    """What stands in the place of what was masked: "[e-mail address]"."""
    return f"[{_MARKS.get(kind, kind)}]"


def kind_of(mark: str) -> str:
    """The kind that a placeholder stands for."""
    inside = mark.strip("[]")
    return next((kind for kind, said in _MARKS.items() if said == inside), inside)


def holds_mark(text: str) -> bool:
    """Whether something was masked in a text, as far as the text says."""
    return "[" in text and any(placeholder(kind) in text for kind in KINDS)


def known(kinds: Iterable[str]) -> tuple[PersonalKind, ...]:
    """Those of these that are kinds, in their usual order and once each."""
    wanted = set(kinds)
    return tuple(kind for kind in KINDS if kind in wanted)


def count(found: Iterable[Found]) -> dict[str, int]:
    """How many of each kind, in the usual order."""
    counts = dict.fromkeys(KINDS, 0)
    for each in found:
        counts[each.kind] += 1
    return {kind: number for kind, number in counts.items() if number}


def counts_text(counts: dict[str, int]) -> str:
    """In words: "3 e-mail addresses, 1 IBAN"."""
    return ", ".join(f"{number} {_name(kind, number)}" for kind, number in counts.items())


def _name(kind: str, number: int) -> str:
    said = _MARKS.get(kind, kind)
    return said if number == 1 else f"{said}es" if said.endswith("ss") else f"{said}s"
