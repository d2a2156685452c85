"""Answers about personal data: what is masked in a collection, what stands in its documents, and redacted copies."""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from app.database.copies import copies_of
from app.documents.pages import document_of
from app.documents.parse_process import Parser
from app.documents.redacted import save_redacted
from app.documents.store import Store
from app.documents.warm import in_thread
from app.errors import AppError, BadFile
from app.paths import Home
from app.places import lines_of, place_words
from app.text.parsed import page_at
from app.text.personal.kinds import KINDS, Found, PersonalKind, count
from app.types import Document
from app.workers.calls.personal import (
    Calls,
    DocumentPersonal,
    ExportRedacted,
    FindPersonal,
    KeepMasking,
    ListPersonal,
    ListUnmasked,
    PersonalCounted,
    PersonalFound,
    PersonalListed,
    PersonalPiece,
    RedactedExported,
    Unmasked,
)
from app.workers.protocol import AnyData
from app.workers.roles import Steps

MOST_SHOWN = 300
"""Pieces of a document that are listed."""
AROUND = 60
"""Characters of the text on each side of one."""


class PersonalData:
    """Texts are looked at in the disposable process that reads files: they are as hostile as these."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._parser: Parser | None = None

    def close(self) -> None:
        """End the process; safe to call twice."""
        if self._parser is not None:
            self._parser.close()
            self._parser = None

    def answer(self, store: Store, call: Calls, purge: Callable[[], None]) -> Steps:
        """
        Raises:
            AppError: a document or a collection is gone, or a file cannot be written.
        """
        match call:
            case KeepMasking():
                return self._keep(store, call, purge)
            case ListUnmasked():
                return Unmasked(paths=store.unmasked(call.collection_id))
            case FindPersonal():
                return (yield from self._find(store, call))
            case ListPersonal():
                return (yield from self._list(store, call.document_id))
            case ExportRedacted():
                return (yield from self._export(store, call))

    def _keep(self, store: Store, call: KeepMasking, purge: Callable[[], None]) -> Unmasked:
        """Copies of the index from before a migration hold what is to be masked."""
        store.keep_masking(call.collection_id, call.kinds)
        if call.kinds:
            for copy in copies_of(self._home.backups, store.path.stem):
                with contextlib.suppress(OSError):
                    copy.unlink()
        purge()
        return Unmasked(paths=store.unmasked(call.collection_id))

    def _find(self, store: Store, call: FindPersonal) -> Generator[AnyData, None, PersonalFound]:
        if call.collection_id:
            store.require(call.collection_id)
        listed = [each for each in store.documents(call.collection_id) if each.passages]
        listed = [each for each in listed if not call.documents or each.id in call.documents]
        found = []
        for done, document in enumerate(listed):
            yield PersonalCounted(done=done, total=len(listed))
            try:
                pieces = yield from self._look(store, document)
            except BadFile as error:
                found.append(DocumentPersonal(document=document, counts={}, reason=error.message))
                continue
            if counts := _counts(document, pieces):
                found.append(DocumentPersonal(document=document, counts=counts))
        found.sort(key=lambda each: (not each.reason, -sum(each.counts.values())))
        return PersonalFound(documents=tuple(found), looked=len(listed))

    def _look(
        self, store: Store, document: Document, kinds: Sequence[PersonalKind] = KINDS
    ) -> Generator[AnyData, None, tuple[Found, ...]]:
        """What stands in the stored text; nothing where the document went meanwhile."""
        try:
            text, _ = store.text(document.id)
        except AppError:
            return ()
        parser = self._parser = self._parser or Parser()
        return (yield from in_thread(lambda: parser.find_personal(text, kinds)))

    def _list(self, store: Store, document_id: int) -> Generator[AnyData, None, PersonalListed]:
        document = document_of(store, document_id)
        pieces = yield from self._look(store, document)
        places = store.masked_places(document_id)
        text, pages = store.text(document_id)
        masked = set(places)
        both = sorted([*places, *pieces], key=lambda each: each.start)[:MOST_SHOWN]
        where = _Where(store, document_id, pages)
        return PersonalListed(
            document=document,
            pieces=tuple(_piece(text, each, where.of(each.start, each.end), each in masked) for each in both),
            counts=_counts(document, pieces),
        )

    def _export(self, store: Store, call: ExportRedacted) -> Generator[AnyData, None, RedactedExported]:
        document = document_of(store, call.document_id)
        text, _ = store.text(document.id)
        found = yield from self._look(store, document, call.kinds)
        path = Path(call.path)
        yield from in_thread(lambda: save_redacted(path, document, text, found, replace=call.replace))
        return RedactedExported(path=str(path), counts=_counts(document, found))


def _counts(document: Document, pieces: Sequence[Found]) -> dict[str, int]:
    """What was masked and what still stands in a document."""
    counts = dict(document.masked or {})
    for kind, number in count(pieces).items():
        counts[kind] = counts.get(kind, 0) + number
    return counts


def _piece(text: str, found: Found, where: str, masked: bool) -> PersonalPiece:
    before = text[max(0, found.start - AROUND) : found.start].rpartition("\n")[2]
    after = text[found.end : found.end + AROUND].partition("\n")[0]
    said = text[found.start : found.end].split("\n")[0][:AROUND]
    return PersonalPiece(found.kind, before.lstrip(), said, after.rstrip(), where, masked)


class _Where:
    """A place of the text in words: its page, or what its passage says."""

    def __init__(self, store: Store, document_id: int, pages: Sequence[tuple[int, int]]) -> None:
        self._store, self._pages = store, pages
        self._passages = store.places(document_id)

    def of(self, start: int, end: int) -> str:
        if (page := page_at(self._pages, start)) is not None:
            return f"page {page}"
        at = bisect_right(self._passages, start, key=lambda each: each.start) - 1
        if at < 0:
            return ""
        passage = self._store.passages([self._passages[at].id]).get(self._passages[at].id)
        if passage is None:
            return ""
        inside = start - passage.start, end - passage.start
        return place_words(lines_of(passage.place, passage.text, *inside)) or passage.heading
