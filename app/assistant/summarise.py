"""How a document or a collection becomes a summary, without input or output: part by part, in the documents' own words.

Every sentence is one of the document, with the place where it stands; no model writes, so it is right with any of them.
What a part says is handed out with the next step (`Step.written`) and stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from datetime import datetime
from itertools import groupby

import msgspec

from app.assistant.asking import Ask, Flow, Step, Stopped
from app.assistant.calculate import calculate_or_answer
from app.assistant.find import find_documents
from app.assistant.flow import answer
from app.assistant.summary_request import SummaryRequest, named, summary_request
from app.cited import ALL_COLLECTIONS
from app.formats import BY_KEY
from app.text.citations import place_mark
from app.text.find.request import find_request
from app.text.salience import heading_text
from app.types import Answer, Document, Excerpt, Part, Passage, Source, Topic
from app.workers.calls.digest import Extract, Extracted, FindTopics, Outline, Outlined, Topics
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.message import Data

WORD_FOR_WORD = "Word for word from “{name}”."
NOTHING = "“{name}” holds no sentences that a summary could be made of."
WHICH = "Which document? Name it, for example: “Summarise {name}”. There are:"
EMPTY = "There are no documents to summarise yet."

OPENING, OPENING_WORDS = 3, 75
"""Sentences that say what the whole document is, and their words."""
FEW_PARTS = 5
"""Up to so many parts have two sentences each, else one."""
PART_WORDS = 28
"""Words of a part's line for each of its sentences."""
LISTED = 25
"""Documents of a collection that get a line of their own."""
LINE_WORDS = 30
TOPICS = 8


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is summarised: a document, or else these collections, with none named all of them."""

    document_id: int = 0
    collections: tuple[int, ...] = ()


def respond(ask: Ask) -> Flow:
    """A summary where the question asks for one of something that can be found, a list of documents where it asks for
    those that mention something, a figure or an answer anywhere else.

    Raises:
        AppError: as `answer` does.
    """
    plan = find_request(ask.question) if ask.collections is not None else None
    if plan is not None:
        return (yield from find_documents(ask, plan))
    request = summary_request(ask.question) if ask.collections is not None else None
    if request is None:
        return (yield from calculate_or_answer(ask))
    try:
        found = yield from _find(ask, request)
    except Stopped as stop:
        return Answer(text="", stopped=True, note=stop.note, model=ask.model)
    if found is None:
        return (yield from answer(ask))
    if isinstance(found, Answer):
        return msgspec.structs.replace(found, model=ask.model, searched=ask.searched or ALL_COLLECTIONS)
    return msgspec.structs.replace((yield from summarise(found)), model=ask.model)


def summarise(target: Target) -> Flow:
    """The summary of a document or of a collection; one that is stopped holds what had come.

    Raises:
        AppError: the document or the collection is gone, or the documents process failed.
    """
    writer = _Writer()
    try:
        if target.document_id:
            yield from _document(writer, target.document_id)
        else:
            yield from _collections(writer, target.collections)
    except Stopped as stop:
        return writer.answer(stopped=True, note=stop.note)
    return writer.answer(note=writer.note)


class _Writer:
    """The summary so far: its text, its sources by number, and what was not handed out yet."""

    def __init__(self) -> None:
        self._text = self._fresh = ""
        self._sources: list[Source] = []
        self.searched = self.note = ""

    def step(self, call: Extract | Outline | FindTopics, fraction: float = 0.0) -> Step:
        """The next call, with what was written since the last one."""
        written, self._fresh = self._fresh, ""
        return Step("documents", call, written=written, fraction=fraction)

    def add(self, text: str) -> None:
        self._text += text
        self._fresh += text

    def cited(self, text: str, passage: Passage) -> str:
        """A sentence with the number of its source."""
        at = len(text) - 2 if text.endswith(" …") else place_mark(text)
        return f"{text[:at]} {self.number(passage)}{text[at:]}"

    def number(self, passage: Passage) -> str:
        """The citation of a new source."""
        self._sources.append(Source(n=len(self._sources) + 1, passage=passage))
        return f"[{len(self._sources)}]"

    def excerpts(self, excerpts: Iterable[Excerpt]) -> str:
        return " ".join(self.cited(excerpt.text, excerpt.passage) for excerpt in excerpts)

    def answer(self, *, note: str, stopped: bool = False) -> Answer:
        return Answer(
            text=self._text.strip(), sources=tuple(self._sources), searched=self.searched, note=note, stopped=stopped
        )


# --- a document -------------------------------------------------------------------------------------------------------


def _document(writer: _Writer, document_id: int) -> Generator[Step, Data, None]:
    outlined = yield writer.step(Outline(document_id=document_id))
    assert isinstance(outlined, Outlined)
    document, parts = outlined.document, outlined.parts
    writer.searched = document.collection
    writer.note = WORD_FOR_WORD.format(name=document.name)
    said: list[tuple[int, int]] = []
    if parts:
        end = max(part.end for part in parts)
        call = Extract(document_id=document_id, start=0, end=end, count=OPENING, words=OPENING_WORDS, opening=True)
        opening = yield writer.step(call)
        assert isinstance(opening, Extracted)
        said += _places(opening.excerpts)
        if opening.excerpts:
            writer.add(writer.excerpts(opening.excerpts) + "\n\n")
    count = 2 if len(parts) <= FEW_PARTS else 1
    for i, part in enumerate(parts):
        words = PART_WORDS * count
        call = Extract(
            document_id=document_id, start=part.start, end=part.end, count=count, words=words, without=tuple(said)
        )
        extracted = yield writer.step(call, (i + 1) / (len(parts) + 1))
        assert isinstance(extracted, Extracted)
        if extracted.excerpts:
            said += _places(extracted.excerpts)
            _add_part(writer, part, extracted.excerpts)
    if not said:
        writer.note = ""
        writer.add(NOTHING.format(name=document.name))


def _add_part(writer: _Writer, part: Part, excerpts: tuple[Excerpt, ...]) -> None:
    """A line for the part; where it has no heading in common, a line for each of its own."""
    if part.heading:
        lines = [(part.heading, excerpts)]
    else:
        lines = [(key, tuple(group)) for key, group in groupby(excerpts, key=_heading)]
    for heading, said in lines:
        colon = "" if heading.endswith(("?", "!")) else ":"
        head = f"**{heading.rstrip('.:')}{colon}** " if heading else ""
        writer.add(f"- {head}{writer.excerpts(said)}\n")


def _heading(excerpt: Excerpt) -> str:
    """The nearest heading above an excerpt, below the document's title."""
    path = excerpt.passage.heading.split(" › ")
    return heading_text(path[-1]) if len(path) > 1 else ""


def _places(excerpts: Iterable[Excerpt]) -> list[tuple[int, int]]:
    """Where excerpts stand in their document."""
    found = []
    for passage in (excerpt.passage for excerpt in excerpts):
        a, b = passage.best or (0, len(passage.text))
        found.append((passage.start + a, passage.start + b))
    return found


# --- collections -----------------------------------------------------------------------------------------------------


def _collections(writer: _Writer, collections: tuple[int, ...]) -> Generator[Step, Data, None]:
    listed = yield from _listed(collections)
    readable = [each for each in listed if each.passages]
    if not readable:
        writer.add(EMPTY)
        return
    names = sorted({each.collection for each in readable})
    writer.searched = ", ".join(names) if collections or len(names) == 1 else ALL_COLLECTIONS
    writer.add(_counted(readable, len(listed) - len(readable)) + "\n\n")
    if len(readable) > 1:
        found = yield writer.step(FindTopics(collections=collections, count=TOPICS), 0.05)
        assert isinstance(found, Topics)
        _topics(writer, found.topics)
        writer.add("**The documents**\n\n")
    for i, document in enumerate(readable[:LISTED]):
        call = Extract(document_id=document.id, start=0, end=END, count=1, words=LINE_WORDS, opening=True)
        extracted = yield writer.step(call, (i + 1) / (min(len(readable), LISTED) + 1))
        assert isinstance(extracted, Extracted)
        said = writer.excerpts(extracted.excerpts)
        writer.add(f"- **{document.name}**{_details(document)}{': ' if said else ''}{said}\n")
    if len(readable) > LISTED:
        writer.add(f"- and {len(readable) - LISTED} more.\n")


END = 2**31
"""Beyond the end of any text."""


def _topics(writer: _Writer, topics: Iterable[Topic]) -> None:
    lines = [
        f"- {topic.name} {writer.number(topic.excerpt)} ({_plural(len(topic.documents), 'document')})\n"
        for topic in topics
    ]
    if lines:
        writer.add("**What they are about**\n\n" + "".join(lines) + "\n")


def _counted(documents: list[Document], unread: int) -> str:
    """How many documents of which kind, from when, and how many could not be read."""
    kinds = Counter(each.format for each in documents).most_common()
    listed = [f"{count} {BY_KEY[kind].of(count) if kind in BY_KEY else kind}" for kind, count in kinds]
    joined = " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
    pages = sum(each.pages or 0 for each in documents)
    text = f"{_plural(len(documents), 'document')}: {joined}"
    text += f", {_plural(pages, 'page')} of PDF" if pages else ""
    dates = sorted(each.modified for each in documents if each.modified)
    if dates:
        first, last = _day(dates[0]), _day(dates[-1])
        text += f", last changed on {first}" if first == last else f", last changed between {first} and {last}"
    return f"{text}." + (f" {_plural(unread, 'more file')} could not be read." if unread else "")


def _details(document: Document) -> str:
    known = [
        _plural(document.pages, "page") if document.pages else "",
        _day(document.modified) if document.modified else "",
    ]
    shown = ", ".join(each for each in known if each)
    return f" ({shown})" if shown else ""


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _day(seconds: float) -> str:
    day = datetime.fromtimestamp(seconds).astimezone()
    return f"{day.day} {day:%B} {day.year}"


# --- what a question means --------------------------------------------------------------------------------------------


def _find(ask: Ask, request: SummaryRequest) -> Generator[Step, Data, Target | Answer | None]:
    """What is to be summarised, of the chat's own files first; an answer where that has to be asked back, None where
    nothing fits."""
    if ask.attached and ask.collections != (ask.attached,):
        own = yield from _find(msgspec.structs.replace(ask, collections=(ask.attached,)), request)
        if own is not None:
            return own
    collections = ask.collections or ()
    documents = [each for each in (yield from _listed(collections)) if each.passages]
    if request.of == "collection" and documents:
        return Target(collections=collections)
    if request.of == "name":
        meant = named(request.name, documents)
        return Target(document_id=meant.id) if meant is not None else None
    if len(documents) == 1:
        return Target(document_id=documents[0].id)
    return None if request.pointed or not documents else _which(documents)


def _listed(collections: tuple[int, ...]) -> Generator[Step, Data, list[Document]]:
    """The documents of these collections, of all where none is named."""
    documents: list[Document] = []
    for collection_id in collections or (0,):
        listed = yield Step("documents", ListDocuments(collection_id=collection_id))
        assert isinstance(listed, Documents)
        documents += listed.documents
    return documents


def _which(documents: list[Document]) -> Answer:
    names = [f"- {each.name}" for each in documents[:LISTED]]
    more = [f"- and {len(documents) - LISTED} more"] if len(documents) > LISTED else []
    return Answer(text="\n".join([WHICH.format(name=documents[0].name), "", *names, *more]))
