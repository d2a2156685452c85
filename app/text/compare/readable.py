"""What a reader is shown of a change's place: rows with the names of their columns, and none of Markdown's marks."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from app.text.addressed import addressed
from app.text.compare.result import Place, Span
from app.text.plain import Plain, plain, unmarked
from app.text.tables import Table, tables_of, write_row


class Readable:
    """One side of a comparison; it knows the tables of the whole text, so that a row alone has its header."""

    def __init__(self, text: str, form: str) -> None:
        """`form` is the document's format: whether `#` and `*` are marks."""
        self._text, self._markdown = text, form == "markdown"
        self._tables = tables_of(text)

    def text(self, place: Place) -> str:
        """The place in words; "" where the other side has something more."""
        return self._plain(place).text.strip()

    def flagged(self, place: Place) -> tuple[str, ...]:
        """What of the place speaks to an assistant: to people it is a change like any, to a program it is data."""
        text = self._text[place.start : place.end]
        return tuple(text[start:end] for start, end in addressed(text))

    def pieces(self, place: Place, marks: Sequence[Span]) -> list[tuple[str, bool]]:
        """The same in pieces, and whether each is marked. `marks` are spans of the whole text, in order."""
        whole = self._plain(place)
        made, at = [], len(whole.text) - len(whole.text.lstrip())
        end = len(whole.text.rstrip())
        for start, stop in marks:
            a, b = whole.place(start - place.start), whole.place(stop - place.start)
            if place.start <= start and at <= a < b <= end:
                made += [(whole.text[at:a], False), (whole.text[a:b], True)]
                at = b
        return [(text, marked) for text, marked in [*made, (whole.text[at:end], False)] if text]

    def _plain(self, place: Place) -> Plain:
        piece = self._text[place.start : place.end]
        table = self._table_at(place.start)
        if table is None or not table.rows or place.end <= table.rows[0].start:
            return unmarked(piece, markdown=self._markdown) if table else plain(piece, markdown=self._markdown)
        inside = place.start >= table.rows[0].start
        return plain(piece, write_row(table.headers) if inside else "", markdown=self._markdown)

    def _table_at(self, place: int) -> Table | None:
        at = bisect.bisect_right(self._tables, place, key=lambda table: table.start) - 1
        return self._tables[at] if at >= 0 and place < self._tables[at].end else None
