"""How every document of a collection is asked the same fields, without input or output: a row at a time, kept at once.

It yields the calls that the documents process should make, and what is to be kept; whoever drives it may stop it
between any two of them, and starts it again later: what is through is not asked again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.errors import AppError, WorkerGone
from app.extraction.records import MOST_DOCUMENTS, Cell, Row, Table, basis, due
from app.formats import ARCHIVE
from app.text.fields.field import Field, check_fields
from app.types import Document
from app.workers.calls.documents import Documents, FieldsRead, ListDocuments, ReadFields
from app.workers.message import Call, Data

UNREAD = "It could not be read when it was added."


class KeepDocuments(Call, frozen=True):
    """For the desk that keeps tables: rows of other documents go, and so many are still to be asked; → Rows."""

    documents: tuple[int, ...]


class KeepRow(Call, frozen=True):
    """For the same: this row is there from now on; → Done."""

    row: Row


class Rows(Data, frozen=True):
    """The rows that are kept, by document."""

    rows: dict[int, Row]


@dataclass(frozen=True)
class Wish:
    """A call, and who should take it: the documents process, or the desk that keeps tables."""

    role: Literal["documents", "desk"]
    call: Call


Filling = Generator[Wish, Data, None]


def fill(table: Table) -> Filling:
    """Ask each document what is not known of it yet.

    Raises:
        AppError: there is nothing to ask, too many documents, or the documents process ended.
    """
    check_fields(table.fields)
    listed = yield Wish("documents", ListDocuments(collection_id=table.collection_id))
    assert isinstance(listed, Documents)
    documents = [each for each in listed.documents if each.format != ARCHIVE.key]  # each file in it is asked
    documents = sorted(documents, key=lambda each: each.name.casefold())
    check_count(len(documents))
    known = yield Wish("desk", KeepDocuments(documents=tuple(each.id for each in documents)))
    assert isinstance(known, Rows)
    for document in documents:
        row = yield from _ask(table.fields, document, known.rows)
        yield Wish("desk", KeepRow(row=row))


def check_count(documents: int) -> None:
    """
    Raises:
        AppError: a table of so many cannot be filled.
    """
    if not documents:
        raise AppError("This collection holds no documents.", "Add files to it first, then ask them.")
    if documents > MOST_DOCUMENTS:
        raise AppError(
            f"This collection holds {documents:,} documents; a table asks at most {MOST_DOCUMENTS:,}.",
            "Put those that you want to ask into a collection of their own.",
        )


def _ask(fields: Sequence[Field], document: Document, known: Mapping[int, Row]) -> Generator[Wish, Data, Row]:
    """The row of a document: what was known and still counts, and what it says now."""
    before = known.get(document.id)
    kept = {field.key for field in fields}
    cells = {key: cell for key, cell in (before.cells if before else {}).items() if key in kept}
    asked = due(fields, document, before)
    problem = ""
    if asked and not document.passages:
        problem = document.reason or UNREAD
    elif asked:
        try:
            found = yield Wish("documents", ReadFields(document_id=document.id, fields=asked))
        except WorkerGone:
            raise
        except AppError as error:
            problem = str(error)
        else:
            assert isinstance(found, FieldsRead)
            for field, read in zip(asked, found.fields, strict=True):
                cells[field.key] = Cell(
                    text=read.text, passage=read.passage, chance=read.chance, basis=basis(field, document)
                )
    return Row(document_id=document.id, document=document.name, path=document.path, cells=cells, problem=problem)
