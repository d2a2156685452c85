"""Texts into labels: their vectors by the embedder that comes along, then a head that was made on such vectors."""

from __future__ import annotations

from collections.abc import Generator

from app.documents.embed import Embedder
from app.documents.searching import embedded
from app.embedder.heads import Heads, read_head
from app.errors import AppError
from app.workers.calls.documents import Warming
from app.workers.calls.embedders import MOST_TEXTS, Classified, Classify, Sorted


def classify(heads: Heads, embedder: Embedder, call: Classify) -> Generator[Warming, None, Classified]:
    """The likeliest label of each text; the end of a text of more than 512 tokens is not read.

    Raises:
        AppError: the head is gone, damaged or made for another embedder, or these are too many texts.
    """
    if len(call.texts) > MOST_TEXTS:
        raise AppError("These are too many texts at once.", f"Send {MOST_TEXTS} at most.")
    identity = embedder.identity
    head = read_head(heads.path(call.head_id), identity.id, identity.dimensions)
    said = yield from embedded(embedder, embedder.counter, call.texts)
    found = []
    for vector in said.vectors:
        (label, probability), (second, _), *_ = head.sort(vector)
        found.append(Sorted(label, round(probability, 4), second))
    return Classified(found=tuple(found))
