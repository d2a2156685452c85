"""The full text over passages: an FTS5 table without content, so that what goes in must be told again to come out.

Its columns: `scope` (the collection), `name` (the file's name), `context` (title and headings), `body` (the text), and
`extra` (marked terms: the language, part numbers, and long words of compounding languages from their ends).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import PurePath

from msgspec import Struct

from app.text import words
from app.text.exact import codes

COMPOUNDING = ("de", "nl", "sv", "da", "no")
"""Languages that write compounds in one word."""

LONG = 8
"""Letters of the shortest compound."""

_LANGUAGE, _CODE, _TAIL = "\ue000", "\ue001", "\ue002"  # for private use: no text's terms hold them

_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-Þ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_LETTERS = re.compile(r"[^\W\d_]+")


class Indexed(Struct, frozen=True):
    """What the full text knows of a passage."""

    id: int
    collection_id: int
    name: str  # of the file
    context: str
    text: str


INDEXED = """SELECT p.id, d.collection_id, d.name, p.context, p.text
    FROM passages p JOIN documents d ON d.id = p.document_id"""
"""Selects the fields of `Indexed`."""


def scope_term(collection_id: int) -> str:
    """The word by which the full text knows a collection."""
    return f"c{collection_id}"


def language_term(language: str) -> str:
    """The term that the passages of a language have."""
    return _LANGUAGE + language


def code_term(code: str) -> str:
    """The term of a part number without its joints."""
    return _CODE + code


def tail_term(ending: str) -> str:
    """How the terms of long words with this ending begin; `word_of_tail` gives the word back."""
    return _TAIL + ending[::-1]


def word_of_tail(term: str) -> str:
    """The word of a term that `tail_term` begins."""
    return term[1:][::-1]


def name_words(name: str) -> str:
    """The words of a file's name: "PriceList_2025.md" → "Price List 2025"."""
    return _CAMEL.sub(" ", PurePath(name).stem.replace("_", " "))


def add_words(db: sqlite3.Connection, passage: Indexed) -> int:
    """Let a passage be found; → how many terms its text has."""
    columns, count = _columns(passage)
    db.execute("INSERT INTO words (rowid, scope, name, context, body, extra) VALUES (?, ?, ?, ?, ?, ?)", columns)
    return count


def drop_words(db: sqlite3.Connection, passage: Indexed) -> int:
    """Take a passage out, by what it was put in with; → how many terms its text has."""
    columns, count = _columns(passage)
    db.execute(
        "INSERT INTO words (words, rowid, scope, name, context, body, extra) VALUES ('delete', ?, ?, ?, ?, ?, ?)",
        columns,
    )
    return count


def _columns(passage: Indexed) -> tuple[tuple[int | str, ...], int]:
    language, above, body = words.analysed(passage.context, passage.text)
    named = words.terms(name_words(passage.name), language)
    extra = [language_term(language)]
    extra += map(code_term, codes(f"{PurePath(passage.name).stem}\n{passage.context}\n{passage.text}"))
    if language in COMPOUNDING:
        extra += map(tail_term, _long([*above, *body]))
    columns = (named, above, body, extra)
    return (passage.id, scope_term(passage.collection_id), *(" ".join(terms) for terms in columns)), len(body)


def _long(terms: list[str]) -> Iterator[str]:
    return (term for term in dict.fromkeys(terms) if len(term) >= LONG and _LETTERS.fullmatch(term))
