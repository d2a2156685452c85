"""What is asked of every document: a field with its kind and its labels, and lists of fields as templates."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from app.errors import AppError
from app.text.fold import fold

Kind = Literal["text", "date", "amount", "number", "name", "reference", "email", "phone", "yes_no", "choice"]
"""`name` is a person or an organisation, `reference` a number by which something is known ("2024-118")."""

LONGEST_NAME = 120
MOST_FIELDS = 40

_BY_WORD: tuple[tuple[Kind, str], ...] = (
    ("email", r"e-?mail"),
    ("phone", r"phone|telephone|mobile|telefon|handy"),
    ("date", r"date|datum|deadline|valid until|expir\w*|born|until|gultig bis"),
    ("amount", r"amount|price|fee|cost|salary|total|betrag|preis|gebuhr|gehalt|summe"),
    ("reference", r"number|no|nr|id|iban|reference|nummer"),
    ("number", r"period|duration|term|quantity|percentage|rate|share|frist|dauer|anzahl"),
    ("name", r"supplier|customer|client|vendor|employer|company|provider|holder|seller|buyer|issuer|name|kunde|firma"),
)
"""kind → words in the name of a field that say so; the first that fits counts."""
_BY_QUESTION: tuple[tuple[Kind, str], ...] = (
    ("date", r"(?:by |until |since |from |on )?(?:when|(?:what|which) (?:date|day))|(?:bis |seit |ab )?wann"),
    ("name", r"(?:to |by |for |with )?whom?|wer|wem|wen|(?:von|mit|für) w[ei][mn]"),
    ("amount", r"how much|(?:what|how much) do(?:es)? .+ cost|wie teuer|was kostet|wie viel kostet"),
    ("number", r"how (?:long|many)|wie (?:lange|viele)"),
)
"""kind → how a question for it begins."""


class Option(Struct, frozen=True):
    """One of the answers of a choice, and the words that stand for it in a document."""

    name: str
    words: tuple[str, ...] = ()


class Field(Struct, frozen=True, kw_only=True):
    """One question to each document."""

    key: str
    """Stable within a template or a table."""
    name: str
    """As the column is called."""
    question: str = ""
    kind: Kind = "text"
    labels: tuple[str, ...] = ()
    """What stands before the value in documents, beside `name`: “Invoice no.”."""
    patterns: tuple[str, ...] = ()
    """Phrases of running text with the value as {}: “commences on {}”; * is up to four words."""
    subjects: tuple[str, ...] = ()
    """Of what a sentence with such a phrase must speak before it; none: of anything."""
    options: tuple[Option, ...] = ()
    """Of a choice; of yes_no too, where more than yes and no stand for it."""
    head: bool = False
    """The value may stand alone in the first lines of a document, as the name in a CV does."""


class Template(Struct, frozen=True, kw_only=True):
    """A list of fields with a name."""

    key: str
    name: str
    fields: tuple[Field, ...]
    subjects: tuple[str, ...] = ()
    """Of those fields that name none themselves."""
    version: int = 1
    own: bool = False
    """Made here, not one that comes along."""


def make_field(name: str, question: str = "", kind: Kind | None = None) -> Field:
    """A field that a person typed; its kind is guessed from its name where none is given.

    Raises:
        AppError: it has no name, or one that is no name.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise AppError(
            "A field needs a name of 1 to 120 characters.",
            "Write it as documents do, “Notice period”, or ask a question.",
        )
    asked = question or (name if name.endswith("?") else f"What is the {name[:1].lower()}{name[1:]}?")
    return Field(key=key_of(name), name=name, question=asked, kind=kind or kind_of(name))


def key_of(name: str) -> str:
    """“Notice period” → “notice-period”."""
    return re.sub(r"[^\w]+", "-", fold(name)).strip("-") or "field"


def kind_of(name: str) -> Kind:
    """What a field of this name is likely to be."""
    folded = fold(name)
    if name.endswith("?"):
        asked = next((kind for kind, begins in _BY_QUESTION if re.match(rf"(?:{begins})\b", folded)), None)
        if asked is not None:
            return asked
    return next((kind for kind, words in _BY_WORD if re.search(rf"\b(?:{words})\b", folded)), "text")


def check_fields(fields: tuple[Field, ...]) -> None:
    """
    Raises:
        AppError: there are none, too many, or two that are called the same.
    """
    if not fields:
        raise AppError("There is nothing to ask.", "Name at least one field, or choose a template.")
    if len(fields) > MOST_FIELDS:
        raise AppError(f"A table has at most {MOST_FIELDS} fields.", "Ask the others in a second table.")
    keys = [field.key for field in fields]
    twice = next((field.name for field in fields if keys.count(field.key) > 1), "")
    if twice:
        raise AppError(f"The field “{twice}” is there twice.", "Leave one of them out, or call it otherwise.")
