"""The sheets of the index as typed tables, and queries over one of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

import msgspec

from app.documents.query_process import Query, QueryTable, run
from app.documents.store import Store
from app.documents.warm import in_thread
from app.errors import AppError
from app.formats import tables_in
from app.text.sheets.mentions import narrowed
from app.text.sheets.plan import Column
from app.text.sheets.sql import rows_sql, sql_of, table_name
from app.text.sheets.table import SheetRows, sheets_of
from app.types import Document, Passage
from app.workers.calls.sheets import Calculated, ReadSheets, RunPlan, SheetsRead
from app.workers.protocol import AnyData
from app.workers.roles import Steps

KEPT = 8
"""Documents whose tables are kept in memory: the next question is mostly about the same."""
CITED = 3
"""Rows that an answer cites; more are counted."""
MOST_DOCUMENTS = 200
"""Sheet files of a collection that a question is held against."""
_TYPES: dict[str, str] = {"number": "number", "date": "date"}


class Sheets:
    """Reads tables out of stored texts; one a documents process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, float | None], list[SheetRows]] = {}

    def read(self, store: Store, call: ReadSheets) -> Generator[AnyData | None, None, SheetsRead]:
        """The tables of a document or of collections, without their rows; others have their turn in between.

        Raises:
            AppError: a collection or the document is not there.
        """
        found = []
        for document in self._documents(store, call.collections, call.document_id):
            tables = yield from self._tables(store, document)
            found += [narrowed(each.sheet, call.question) for each in tables]
            yield None
        return SheetsRead(sheets=tuple(found))

    def run(self, store: Store, call: RunPlan) -> Steps:
        """The result of a plan, with the first rows that went into it.

        Raises:
            AppError: the document has changed since, or the calculation failed.
        """
        document = next(self._documents(store, (), call.document_id))
        tables = yield from self._tables(store, document)
        if call.number >= len(tables):
            raise AppError("The sheet is another one by now.", "Ask again.")
        rows = tables[call.number]
        query = Query(_table(rows), (sql_of(call.plan, rows.sheet), rows_sql(call.plan, rows.sheet)))
        result = yield from in_thread(lambda: run(query))
        used = [int(row[0] or 0) for row in result.rows[1]]
        cited = [int(row[-1] or 0) for row in result.rows[0]] if call.plan.operation == "list" else used
        return Calculated(
            rows=tuple(row[:-1] if call.plan.operation == "list" else row for row in result.rows[0]),
            sql=query.sql[0],
            used=len(used),
            passages=tuple(_passages(store, document.id, [rows.spans[at] for at in cited[:CITED]])),
        )

    def _documents(self, store: Store, collections: Sequence[int], document_id: int) -> Iterator[Document]:
        if document_id:
            document = store.document(document_id)
            if document is None or not document.passages:
                raise AppError("This document is no longer in the index.", "It may have been removed.")
            yield document
            return
        store.require(*collections)
        listed = [each for collection in collections or (0,) for each in store.documents(collection)]
        yield from [each for each in listed if tables_in(each.format) and each.passages][:MOST_DOCUMENTS]

    def _tables(self, store: Store, document: Document) -> Generator[AnyData | None, None, list[SheetRows]]:
        """Read in a thread: a million rows take minutes, and nobody's search waits for them."""
        key = (document.id, document.indexed_at)
        if key not in self._kept:
            made = yield from in_thread(_reading(store, document))
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = made
        return self._kept[key]


def _reading(store: Store, document: Document) -> Callable[[], list[SheetRows]]:
    """What reads a document's tables, out of what the store says of it now."""
    if not tables_in(document.format):
        return list
    text, _ = store.text(document.id)
    passages = _all_passages(store, document.id)
    names = [(each.start, _sheet_name(each)) for each in passages] if tables_in(document.format) == "sheets" else []
    headers = frozenset(each.header for each in passages if each.header)
    return lambda: sheets_of(text, headers, names, document.id, document.name, document.format, document.reason)


def _sheet_name(passage: Passage) -> str:
    """The heading below the file's name; a sheet of the same name has none below it."""
    return passage.heading.partition(" › ")[2] or passage.heading


def _all_passages(store: Store, document_id: int) -> list[Passage]:
    ids = store.passage_ids([document_id])
    found: dict[int, Passage] = {}
    for at in range(0, len(ids), 500):
        found |= store.passages(ids[at : at + 500])
    return [found[id_] for id_ in ids]


def _passages(store: Store, document_id: int, spans: Sequence[tuple[int, int]]) -> Iterator[Passage]:
    """The passages that these rows stand in, each with its row marked."""
    places = store.places(document_id)
    for start, end in spans:
        place = next((each for each in places if each.start <= start < each.end), None)
        if place is not None:
            passage = store.passages([place.id])[place.id]
            yield msgspec.structs.replace(
                passage, best=(start - passage.start, min(end, passage.end) - passage.start), score=1.0
            )


def _table(rows: SheetRows) -> QueryTable:
    columns: list[Column] = [each.column for each in rows.columns]
    return QueryTable(
        name=table_name(rows.sheet),
        names=tuple(each.name for each in columns),
        types=tuple(_TYPES.get(each.kind, "text") for each in columns),
        decimals=tuple(each.decimals for each in columns),
        columns=tuple(each.values for each in rows.columns),
    )
