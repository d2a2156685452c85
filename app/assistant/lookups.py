"""What the documents process is asked of passages that were found. Where it cannot say, the answer goes on without."""

from __future__ import annotations

from collections.abc import Generator

from app.assistant.asking import Step, Stopped
from app.errors import AppError
from app.types import Passage, Reading, Source, Support
from app.workers.calls.documents import Ground, Grounded, Mark, Marked, Read, Readings
from app.workers.message import Data


def read(question: str, passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Reading, ...] | None]:
    """Where the passages answer the question; None where the reader could not say: search alone then decides."""
    if not passages:
        return ()
    try:
        data = yield Step("documents", Read(question=question, passages=passages))
    except AppError:
        return None
    assert isinstance(data, Readings)
    return data.readings


def mark(passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Passage, ...]]:
    """The passages with the pages of what was marked in them, which may not be those they begin on."""
    if not any(passage.page and passage.best for passage in passages):
        return passages
    try:
        data = yield Step("documents", Mark(passages=passages))
    except AppError:
        return passages
    assert isinstance(data, Marked)
    return data.passages


def placed(sources: tuple[Source, ...]) -> Generator[Step, Data, tuple[Source, ...]]:
    """The sources of an answer that stands, with the pages of what is marked in them; as they are if it is stopped."""
    try:
        marked = yield from mark(tuple(source.passage for source in sources))
    except Stopped:
        return sources
    return tuple(Source(n=source.n, passage=passage) for source, passage in zip(sources, marked, strict=True))


def ground(stated: list[str], passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Support, ...] | None]:
    """The support of each sentence; None where the documents process could not say."""
    if not stated:
        return ()
    try:
        data = yield Step("documents", Ground(sentences=tuple(stated), passages=passages))
    except AppError:
        return None
    assert isinstance(data, Grounded)
    return data.support if len(data.support) == len(stated) else None
