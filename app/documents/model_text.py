"""Finds in documents what a model wrote: by the marks of an export, and by prints of answers (app/text/model_text.py).

A document is looked at once when it was read, against all prints, and again where prints of earlier answers came in
later. A file that has not been changed since before an answer was begun cannot hold it, and is not held against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from app.cited import SOURCE_TYPE
from app.documents.pages import document_of
from app.documents.store import Store
from app.text.model_text import LEAST, Print, Run, Span, joined, marked_from, runs_of
from app.workers.calls.model_text import (
    ApproveModelText,
    Calls,
    ListModelText,
    LookForModelText,
    ModelTextListed,
    ModelTextLooked,
    ModelTextWaits,
    WaitsForModelText,
)
from app.workers.roles import Steps

SHARE = 0.4
"""The share of a stretch's runs that must be the answer's: a word changed in ten leaves about a half of them."""
GAP = 15
"""Words between two runs of an answer that still are one stretch."""
SLACK_S = 3600.0
"""How far the clocks of a file server and of this computer may be apart."""
"""How the first two and LEAST were chosen: docs/model-text.md."""
AT_ONCE = 10
"""Documents between two looks at whether somebody else wants something."""


class PrintSet:
    """Prints, to hold texts against."""

    def __init__(self, prints: Sequence[Print]) -> None:
        hashes = [np.frombuffer(each.hashes, "<u4") for each in prints]
        owners = [np.full(len(own), n, np.int32) for n, own in enumerate(hashes)]
        all_hashes = np.concatenate(hashes) if hashes else np.zeros(0, "<u4")
        order = np.argsort(all_hashes, kind="stable")
        self._hashes = all_hashes[order]
        self._owners = np.concatenate(owners)[order] if owners else np.zeros(0, np.int32)

    def spans(self, text: str) -> tuple[Span, ...]:
        """What of a text the answers hold: stretches of at least `LEAST` runs of one of them."""
        runs = list(runs_of(text))
        if not runs or not len(self._hashes):
            return ()
        asked = np.fromiter((run.hash for run in runs), np.uint32, len(runs))
        left = np.searchsorted(self._hashes, asked, "left")
        right = np.searchsorted(self._hashes, asked, "right")
        by_owner: dict[int, list[Run]] = {}
        for at in np.flatnonzero(right > left):
            for owner in self._owners[left[at] : right[at]]:
                by_owner.setdefault(int(owner), []).append(runs[at])
        return joined(span for found in by_owner.values() for span in _stretches(found))


def _stretches(found: Sequence[Run]) -> Iterator[Span]:
    """The stretches of a text that one answer holds, by its runs in their order."""
    for stretch in _grouped(found):
        length = stretch[-1].word - stretch[0].word + 1
        if len(stretch) >= LEAST and len(stretch) >= SHARE * length:
            yield stretch[0].start, stretch[-1].end


def _grouped(found: Sequence[Run]) -> Iterator[list[Run]]:
    group: list[Run] = []
    for run in found:
        if group and run.word - group[-1].word > GAP:
            yield group
            group = []
        group.append(run)
    if group:
        yield group


def spans_in(text: str, prints: PrintSet, *, marked: bool = False) -> tuple[Span, ...]:
    """All of a text that a model wrote: from the first mark on, and what the prints find before it. All of it where the
    file is `marked` and the text is not."""
    mark = marked_from(text)
    mark = 0 if mark is None and marked else mark
    found = prints.spans(text if mark is None else text[:mark])
    return found if mark is None else joined((*found, (mark, len(text))))


def answer(store: Store, call: Calls) -> Steps:
    """
    Raises:
        AppError: the document is gone.
    """
    match call:
        case WaitsForModelText():
            return ModelTextWaits(documents=0 if store.read_only else store.unlooked(call.last))
        case LookForModelText():
            return (yield from _look(store, call))
        case ListModelText():
            return _listed(store, call.document_id)
        case ApproveModelText():
            store.approve_model_text(document_of(store, call.document_id).id, approved=call.approved)
            return _listed(store, call.document_id)


def _listed(store: Store, document_id: int) -> ModelTextListed:
    document, text = document_of(store, document_id), store.text(document_id)[0]
    return ModelTextListed(document=document, texts=tuple(text[a:b] for a, b in store.model_text(document_id)))


def _look(store: Store, call: LookForModelText) -> Steps:
    """Look at what waits; each document's result is kept at once, so a kill costs one of them."""
    found: set[int] = set()
    same: list[int] = []
    known: tuple[tuple[int, ...], PrintSet] | None = None
    for number, waiting in enumerate(store.waiting_for_look(call.last)):
        new = [each for each in call.prints if each.id > waiting.looked and each.at <= waiting.dated + SLACK_S]
        if not new and waiting.looked >= 0:
            same.append(waiting.id)
            continue
        ids = tuple(each.id for each in new)
        if known is None or known[0] != ids:  # mostly the same for many documents
            known = ids, PrintSet(new)
        spans = spans_in(store.text(waiting.id)[0], known[1], marked=store.is_hidden_in(waiting.id, SOURCE_TYPE))
        if store.keep_look(waiting.id, call.last, spans):
            found.add(waiting.collection_id)
        if number % AT_ONCE == AT_ONCE - 1:
            yield ModelTextWaits(documents=number)
    store.keep_looked(same, call.last)
    return ModelTextLooked(collections=tuple(sorted(found)))
