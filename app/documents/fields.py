"""Reads the fields of one document: its passages that a field's words find, and the value that stands in them.

Labels, phrases and the head of the document say most; where none of them says anything the reader is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import msgspec

from app.documents.store import Store, line_boxes
from app.text.addressed import addressed
from app.text.bm25 import Index
from app.text.fields.asked import answered, may_answer
from app.text.fields.field import Field
from app.text.fields.typed import SURE, Reading, evidence, head_passage, lone_headings, readings
from app.text.parsed import page_at
from app.types import Filter, Passage
from app.types import Reading as Answer
from app.workers.calls.documents import FieldFound, FieldsRead, Read, ReadFields, Readings, Search, Searched
from app.workers.protocol import AnyData
from app.workers.roles import Steps

PASSAGES = 24
"""Passages of a document that a field is looked for in; a document of fewer is read as a whole."""
ASKED = 10
"""Passages of a document that the reader looks at for a field, as for an answer."""


Asking = Callable[[str], Generator[AnyData | None, None, tuple[Sequence[Passage], Sequence[Answer]]]]
"""A question → the passages of the document that search finds, and where the reader finds an answer in them."""


class DocumentFields:
    """One document with its text and passages, asked field by field."""

    def __init__(self, store: Store, document_id: int) -> None:
        """
        Raises:
            AppError: the document is not there any more.
        """
        self._store = store
        self._text, self._pages = store.text(document_id)
        ids = store.passage_ids([document_id])
        found = store.passages(ids)
        self._passages = [found[id_] for id_ in ids]
        self._index: Index | None = None
        self._lone = lone_headings(self._text)

    def read(self, field: Field, ask: Asking) -> Generator[AnyData | None, None, FieldFound]:
        """The value with its passage and the sentence or row that says it, or that it is not stated.

        Two values that contradict each other are not settled by the reader; it is asked where there is none.
        """
        passages = self._search(field)
        every = readings(field, passages, self._lone)
        found = [each for each in every if not _flagged(each, passages[each.n - 1])]
        if found:
            best, text = found[0], passages[found[0].n - 1].text
            span = evidence(text, best.start, best.end)
            return self._found(field, passages, best, span) if best.chance >= SURE else FieldFound(key=field.key)
        if may_answer(field, passages):
            near, answers = yield from ask(field.question)
            said = answered(field, near, answers, self._lone)
            if said is not None and not _flagged(said, near[said.n - 1]):
                return self._found(field, near, said, said.evidence)
        return FieldFound(key=field.key)

    def _found(self, field: Field, passages: Sequence[Passage], best: Reading, span: tuple[int, int]) -> FieldFound:
        passage = passages[best.n - 1]
        text = " ".join(passage.text[best.start : best.end].split())
        return FieldFound(key=field.key, text=text, passage=self._cited(passage, span), chance=best.chance)

    def _search(self, field: Field) -> list[Passage]:
        """The head of the document, then its passages in the order in which they fit the question."""
        if not self._passages:
            return []
        near = self._passages
        if len(near) > PASSAGES:
            self._index = self._index or Index([f"{each.heading} {each.text}" for each in near])
            query = " ".join((field.name, *field.labels, field.question, *field.patterns))
            near = [near[number] for number in self._index.search(query, PASSAGES)]
        return [head_passage(self._passages[0], self._text), *near]

    def _cited(self, passage: Passage, best: tuple[int, int]) -> Passage:
        """A passage with its sentence, and with the page and the lines that this stands on."""
        start, end = passage.start + best[0], passage.start + best[1]
        page = page_at(self._pages, start) if passage.page is not None else None
        boxes = line_boxes(self._store.lines(passage.document_id), start, end, page)
        return msgspec.structs.replace(passage, best=best, page=page, boxes=boxes, flagged=addressed(passage.text))


def read_fields(
    store: Store, call: ReadFields, search: Callable[[Search], Steps], read: Callable[[Read], Steps]
) -> Steps:
    """A field a step, so that other requests have their turn; `search` and `read` answer as the role does."""
    document = DocumentFields(store, call.document_id)
    within = Filter(documents=(call.document_id,))

    def ask(question: str) -> Generator[AnyData | None, None, tuple[Sequence[Passage], Sequence[Answer]]]:
        searched = yield from search(Search(query=question, k=ASKED, filter=within))
        assert isinstance(searched, Searched)
        passages = searched.result.passages
        found = yield from read(Read(question=question, passages=passages))
        assert isinstance(found, Readings)
        return passages, found.readings

    found = []
    for field in call.fields:
        found.append((yield from document.read(field, ask)))
        yield None
    return FieldsRead(fields=tuple(found))


def _flagged(reading: Reading, passage: Passage) -> bool:
    """Whether the value stands in text that speaks to an assistant."""
    return any(start < reading.end and reading.start < end for start, end in addressed(passage.text))
