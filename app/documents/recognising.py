"""Recognises pages that are pictures, a page a call, and puts their text into the index when a document is through.

Each page is kept as soon as it is read, so that a kill costs the work on one page. The document is then put together
anew from its file and what was seen, as one transaction; at first soon, so that a long one can be searched early.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.documents.embed import batches
from app.documents.index import recipe_of
from app.documents.pages import differs, document_of
from app.documents.parse_process import Parser
from app.documents.reading import recipe_for
from app.documents.scanned import Waiting
from app.documents.store import NewDocument, Store
from app.documents.warm import in_thread
from app.embedder.identity import Identity
from app.errors import BadFile
from app.members import container_of, file_of
from app.text.parsed import Parsed
from app.text.passages import Piece, Tokens, cut, embedded
from app.workers.calls.scans import PageRecognised
from app.workers.protocol import AnyData

log = logging.getLogger(__name__)

OFTEN = 8
"""A document is put together anew after one page, after eight, and whenever it has so many times more than before."""

_OF_THE_FILE = frozenset(("missing", "permission", "changed", "not_a_file", "password", "stopped", "empty"))
"""Failures that say nothing of a page: the document waits until its file is there, or is added again."""


class Encoder(Protocol):
    """What turns passages into vectors; the embedder in the app."""

    identity: Identity

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Counting(Protocol):
    """Whose tokens passages are measured in."""

    @property
    def counter(self) -> Tokens: ...


class Recognising:
    """Holds the process that reads pictures while there are any; it takes 730 MB."""

    def __init__(self) -> None:
        self._parser: Parser | None = None
        self._passwords: dict[str, str] = {}
        self._skipped: set[int] = set()

    def expect(self, passwords: Mapping[str, str]) -> None:
        """Files are added: what could not be opened may be tried again, with these passwords."""
        self._passwords.update(passwords)
        self._skipped.clear()

    def close(self) -> None:
        """End the process; safe to call twice."""
        if self._parser is not None:
            self._parser.close()
            self._parser = None

    def step(
        self,
        store: Store,
        load: Callable[[], Generator[AnyData, None, Encoder]],
        shipped: Callable[[], Generator[AnyData, None, Counting]],
        collection_id: int,
    ) -> Generator[AnyData | None, None, PageRecognised]:
        """The next page; `load` gives the embedder in use, `shipped` the one whose tokens passages are measured in."""
        if store.next_scan(collection_id, sorted(self._skipped)) is None:
            self.close()
            return PageRecognised()  # nothing is loaded for that
        encoder, counter = (yield from load()), (yield from shipped()).counter
        while (waiting := store.next_scan(collection_id, sorted(self._skipped))) is not None:
            document = document_of(store, waiting.id)
            if differs(store, document) or not Path(file_of(waiting.path)).is_file():
                self._skipped.add(waiting.id)
                continue
            try:
                return (yield from self._page(store, encoder, counter, waiting, collection_id))
            except BadFile as error:
                log.info("%s waits until it is added again: %s", waiting.name, error)
                self._skipped.add(waiting.id)
        self.close()
        return PageRecognised()

    def _page(
        self, store: Store, encoder: Encoder, counter: Tokens, waiting: Waiting, collection_id: int
    ) -> Generator[AnyData | None, None, PageRecognised]:
        failure = ""
        if waiting.page is not None:
            failure = yield from self._read(store, waiting, waiting.page)
            done = waiting.done + 1
        else:
            done = waiting.done
        indexed = done == waiting.total or done >= OFTEN * max(waiting.merged, 1) or waiting.merged == 0
        if indexed:
            yield from self._put_together(store, encoder, counter, waiting, done)
        return PageRecognised(
            document_id=waiting.id,
            collection_id=waiting.collection_id,
            document=waiting.name,
            done=done,
            total=waiting.total,
            left=store.pages_waiting(collection_id),
            indexed=indexed,
            failure=failure,
        )

    def _read(self, store: Store, waiting: Waiting, page: int) -> Generator[AnyData, None, str]:
        """Read a page and keep what it says; → why that failed, or "".

        Raises:
            BadFile: the file cannot be read, whatever the page.
        """
        parser = self._parser = self._parser or Parser(recognises=True)
        password = self._passwords.get(waiting.path, "")
        mask = store.masked_kinds(waiting.id)
        try:
            scan = yield from in_thread(lambda: parser.recognise(waiting.path, page, password, mask))
        except BadFile as error:
            if error.code in _OF_THE_FILE:
                raise
            store.put_scan_failure(waiting.id, page, str(error))
            return f"Page {page} could not be read: {error.message}"
        store.put_scan(waiting.id, page, scan)
        return ""

    def _put_together(
        self, store: Store, encoder: Encoder, counter: Tokens, waiting: Waiting, done: int
    ) -> Generator[AnyData | None, None, None]:
        """Store the document with all that was recognised so far.

        Raises:
            BadFile: the file cannot be read.
        """
        parser = self._parser = self._parser or Parser(recognises=True)
        scans = store.scans(waiting.id)
        password = self._passwords.get(waiting.path, "")
        stored = store.known(waiting.collection_id).get(waiting.path)
        wanted = stored is not None and stored.read_hidden
        mask = store.masked_kinds(waiting.id)
        parsed = yield from in_thread(lambda: parser.parse(waiting.path, password, wanted, scans, mask))
        if stored is None or stored.sha256 != parsed.sha256:
            raise BadFile("The file has changed.", "Add it again.", code="changed")
        pieces = cut(parsed, counter, Path(waiting.path).stem)
        recipe = recipe_for(recipe_of(encoder.identity), wanted, mask)
        known = _stored_vectors(store, waiting.id) if stored.recipe == recipe else {}
        vectors = yield from _vectors(encoder, parsed, pieces, known)
        if store.document(waiting.id) is None:  # removed meanwhile: it must not come back
            raise BadFile("The document was removed.", code="missing")
        store.put(
            NewDocument(
                collection_id=waiting.collection_id,
                path=waiting.path,
                parsed=parsed,
                recipe=recipe,
                seen=stored.seen,
                pieces=pieces,
                vectors=vectors,
                read_hidden=wanted,
                exempt=stored.exempt,
                merged=done,
                within=container_of(waiting.path),
            )
        )


def _stored_vectors(store: Store, document_id: int) -> dict[str, bytes]:
    kept = store.passages_of(document_id)
    held = store.vectors_of([id_ for id_, _, _ in kept])
    return {embedded(context, text): held[id_] for id_, context, text in kept}


def _vectors(
    encoder: Encoder, parsed: Parsed, pieces: Sequence[Piece], known: dict[str, bytes]
) -> Generator[AnyData | None, None, list[bytes]]:
    """Of passages that were there already, the stored ones."""
    texts = [embedded(piece.context, parsed.text[piece.start : piece.end]) for piece in pieces]
    missing = [at for at, text in enumerate(texts) if text not in known]
    for batch in batches([pieces[at].tokens for at in missing]):
        rows = encoder.encode([texts[missing[at]] for at in batch])
        known |= {texts[missing[at]]: row.astype("<f4").tobytes() for at, row in zip(batch, rows, strict=True)}
        yield None
    return [known[text] for text in texts]
