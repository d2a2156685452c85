"""Asking every document, step by step: what is known is not asked again, and what fails in one document stays there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.assistant.extract import Filling, KeepDocuments, KeepRow, Rows, Wish, fill
from app.errors import AppError, WorkerGone
from app.extraction.records import Cell, Row, Table, basis, corrected, with_corrections
from app.text.fields.field import make_field
from app.types import Document, Passage
from app.workers.calls.documents import Documents, FieldFound, FieldsRead, ListDocuments, ReadFields
from app.workers.message import Done

NOTICE, START = make_field("Notice period"), make_field("Start date")
TABLE = Table(id=1, name="Terms", collection_id=4, fields=(NOTICE, START))


def document(id_: int, indexed_at: float = 1.0, passages: int = 3) -> Document:
    return Document(
        id=id_, collection_id=4, collection="C", name=f"{id_}.md", path=f"/f/{id_}.md", format="markdown", bytes=9,
        status="indexed", passages=passages, indexed_at=indexed_at, reason="" if passages else "The file is locked.",
    )  # fmt: skip


def found(key: str, text: str, document_id: int = 1) -> FieldFound:
    passage = Passage(
        id=1, document_id=document_id, document="1.md", path="/f/1.md", collection="C", start=0, end=len(text),
        text=text, best=(0, len(text)),
    )  # fmt: skip
    return FieldFound(key=key, text=text, passage=passage, chance=0.97)


def begin(steps: Filling, *documents: Document, rows: dict[int, Row] | None = None) -> Any:
    """Answer the first two steps; → the third."""
    assert next(steps) == Wish("documents", ListDocuments(collection_id=4))
    kept = steps.send(Documents(documents=documents))
    assert kept.role == "desk" and isinstance(kept.call, KeepDocuments)
    return steps.send(Rows(rows=rows or {}))


def row_of(wish: Any) -> Row:
    assert wish.role == "desk" and isinstance(wish.call, KeepRow)
    return wish.call.row


def test_each_document_is_asked_and_kept_before_the_next() -> None:
    steps = fill(TABLE)
    wish = begin(steps, document(1), document(2))
    assert wish == Wish("documents", ReadFields(document_id=1, fields=(NOTICE, START)))
    kept = row_of(steps.send(FieldsRead(fields=(found(NOTICE.key, "3 months"), FieldFound(key=START.key)))))
    assert (kept.document, kept.cells[NOTICE.key].text, kept.cells[START.key].state) == (
        "1.md",
        "3 months",
        "not_stated",
    )
    wish = steps.send(Done())
    assert wish.call.document_id == 2


def test_what_is_known_of_an_unchanged_document_is_not_asked_again() -> None:
    known = Row(
        document_id=1, document="1.md", path="/f/1.md", cells={
            NOTICE.key: Cell(text="3 months", basis=basis(NOTICE, document(1))),
            START.key: Cell(basis=basis(START, document(1))),
        },
    )  # fmt: skip
    assert row_of(begin(fill(TABLE), document(1), rows={1: known})) == known


def test_a_changed_document_and_a_new_field_are_asked_and_what_was_put_by_hand_stays() -> None:
    by_hand = Cell(text="3 months", by_hand="four months", basis=basis(NOTICE, document(1)))
    known = Row(document_id=1, document="1.md", cells={NOTICE.key: by_hand})
    wish = begin(fill(TABLE), document(1, indexed_at=2.0), rows={1: known})
    assert wish.call == ReadFields(document_id=1, fields=(START,))
    without = corrected(known, NOTICE.key, None)
    wish = begin(fill(TABLE), document(1, indexed_at=2.0), rows={1: without})
    assert wish.call == ReadFields(document_id=1, fields=(NOTICE, START))


def test_a_correction_made_while_the_document_is_read_is_kept() -> None:
    read = Row(document_id=1, document="1.md", cells={NOTICE.key: Cell(text="3 months")})
    stored = corrected(Row(document_id=1, document="1.md"), NOTICE.key, " four  months ")
    merged = with_corrections(read, stored).cells[NOTICE.key]
    assert (merged.text, merged.shown, merged.state) == ("3 months", "four months", "by_hand")


def test_what_fails_in_one_document_is_said_in_its_row_and_tried_again() -> None:
    steps = fill(TABLE)
    begin(steps, document(1), document(2))
    row = row_of(steps.throw(AppError("This document is no longer in the index.")))
    assert row.problem.startswith("This document") and not row.cells
    assert steps.send(Done()).call.document_id == 2
    assert begin(fill(TABLE), document(1), rows={1: row}).call == ReadFields(document_id=1, fields=(NOTICE, START))


def test_a_file_that_could_not_be_read_is_not_asked() -> None:
    assert row_of(begin(fill(TABLE), document(1, passages=0))).problem == "The file is locked."


def test_a_process_that_ends_interrupts_the_table() -> None:
    steps = fill(TABLE)
    begin(steps, document(1))
    with pytest.raises(WorkerGone):
        steps.throw(WorkerGone("The document reader ended."))


@pytest.mark.parametrize("count", [0, 1001])
def test_a_collection_that_is_empty_or_too_large_is_refused(count: int) -> None:
    steps = fill(TABLE)
    next(steps)
    with pytest.raises(AppError, match="documents"):
        steps.send(Documents(documents=tuple(document(n) for n in range(count))))


def test_nothing_to_ask_is_refused() -> None:
    with pytest.raises(AppError, match="nothing to ask"):
        next(fill(msgspec.structs.replace(TABLE, fields=())))
