"""What the documents process is told about embedders, and about heads on the one that comes along."""

from __future__ import annotations

from collections.abc import Callable

from app.documents.changing import change, drop
from app.documents.classifying import classify
from app.documents.embedder_import import import_embedder
from app.documents.in_use import InUse
from app.documents.store import Store
from app.embedder.heads import Heads
from app.workers.calls.embedders import Calls, Classify, ImportEmbedder, Reembed
from app.workers.roles import Steps


def answer(store: Callable[[], Store], in_use: InUse, heads: Heads, call: Calls) -> Steps:
    """Start a request; the index is opened only where that takes it."""
    match call:
        case ImportEmbedder():
            return (yield from import_embedder(in_use.embedders, call))
        case Classify():
            return (yield from classify(heads, (yield from in_use.shipped()), call))
        case Reembed():
            return (yield from change(store(), in_use, call))
        case _:
            return (yield from drop(store(), in_use))
