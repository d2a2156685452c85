"""What the documents process is asked for summaries: a document's parts, their sentences, a collection's topics."""

from __future__ import annotations

from app.types import Document, Excerpt, Part, Topic
from app.workers.message import Call, Data


class Outline(Call, frozen=True):
    """The parts of a document, at most `parts`, by its headings; → Outlined."""

    document_id: int
    parts: int = 12


class Extract(Call, frozen=True):
    """The sentences, lists or tables that carry a stretch of a document, in its order; → Extracted.

    `opening`: they should say what the document is, and are sentences only.
    """

    document_id: int
    start: int
    end: int
    count: int = 1
    words: int = 60  # of all of them together
    opening: bool = False
    without: tuple[tuple[int, int], ...] = ()  # stretches that were extracted before


class FindTopics(Call, frozen=True):
    """What documents are about, what most of them are first; → Topics. No collections: all of them."""

    collections: tuple[int, ...] = ()
    count: int = 8


class Outlined(Data, frozen=True):
    document: Document
    parts: tuple[Part, ...]


class Extracted(Data, frozen=True):
    excerpts: tuple[Excerpt, ...]


class Topics(Data, frozen=True):
    topics: tuple[Topic, ...]


Calls = Outline | Extract | FindTopics

Answers = Outlined | Extracted | Topics
