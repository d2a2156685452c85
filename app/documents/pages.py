"""Where an answer stands: the page of a passage's best sentence, and pictures of pages with the place marked."""

from __future__ import annotations

import base64
from collections.abc import Generator
from pathlib import Path

import msgspec

from app.documents.migrations import PLACES
from app.documents.parse_child import Picture
from app.documents.parse_process import Parser
from app.documents.presentations import Presentations
from app.documents.scanned import touched
from app.documents.store import Store, line_boxes
from app.documents.warm import in_thread
from app.errors import AppError
from app.formats import SLIDES, came_along
from app.members import file_of, is_member
from app.pictures import Picture as SeenPicture
from app.pictures import PictureFile
from app.places import MailPart, Place, slide_of
from app.text.parsed import page_at
from app.text.plain import faint_of, mark_of
from app.types import Box, Document, Passage
from app.workers.calls.attached import LoadPicture, PictureLoaded
from app.workers.calls.documents import PageImage, RenderPage
from app.workers.protocol import AnyData


class Pages:
    """Draws pages; the process that reads the files is started with the first and kept."""

    def __init__(self, presentations: Presentations) -> None:
        self._presentations = presentations
        self._viewer: Parser | None = None

    def render(self, store: Store, call: RenderPage) -> Generator[AnyData, None, PageImage]:
        """
        Raises:
            AppError: the document or its file is gone, or one of them has changed.
        """
        document = document_of(store, call.document_id)
        if came_along(document.path):
            raise AppError(
                "The file itself is not on this computer: it was shared with its text only.",
                "Its text is shown instead.",
            )
        if not Path(file_of(document.path)).is_file():
            raise AppError(
                "The file is not there any more.", "Its text is still here; add the file again to see its pages."
            )
        if differs(store, document):
            raise AppError("The file has changed since it was indexed.", "Add it again to see its pages.")
        passage = standing(store, call.passage) if call.passage is not None and call.passage.text else None
        viewer = self._viewer = self._viewer or Parser()
        if document.format in SLIDES:
            return (yield from self._slide(store, viewer, document, call, passage))
        picture = yield from in_thread(lambda: viewer.render_page(document.path, call.page, call.scale))
        marks: tuple[Box, ...] = ()
        faint: tuple[Box, ...] = ()
        if passage is not None:
            (start, end), (first, last) = mark_of(passage), faint_of(passage)
            marks = yield from _boxes(store, viewer, document, call.page, passage.start, (start, end))
            for span in ((first, start), (end, last)):
                faint += yield from _boxes(store, viewer, document, call.page, passage.start, span)
        return _image(picture, marks, faint)

    def load_picture(self, store: Store, call: LoadPicture) -> Generator[AnyData, None, PictureLoaded]:
        """A picture file, or a page, as a model can be shown it.

        Raises:
            AppError: why it cannot be opened; or personal data is masked in the document, and its page would show it.
        """
        documents = _at(store, call.path) if call.page else ()
        if any(each.masked is not None for each in documents):
            raise AppError(
                "Personal data is masked in this document, and a picture of its page would show it.",
                "Ask about its text, or let this document be read as it is.",
            )
        viewer = self._viewer = self._viewer or Parser()
        path = call.path
        if documents and documents[0].format in SLIDES:
            path = str((yield from self._presentations.drawn(store, documents[0])))
        encoded = yield from in_thread(lambda: viewer.encode_picture(path, call.page))
        seen = SeenPicture(
            name=PictureFile(call.path, call.page).name,
            width=encoded.width,
            height=encoded.height,
            data=encoded.jpeg,
            documents=tuple(each.id for each in documents),
        )
        return PictureLoaded(picture=seen)

    def _slide(
        self, store: Store, viewer: Parser, document: Document, call: RenderPage, passage: Passage | None
    ) -> Generator[AnyData, None, PageImage]:
        """A slide as LibreOffice draws it. The one that is cited is shown only where it shows the words."""
        path = str((yield from self._presentations.drawn(store, document)))
        marks: tuple[Box, ...] = ()
        faint: tuple[Box, ...] = ()
        if passage is not None and slide_of(passage.place) == call.page:
            text, (start, end), (first, last) = passage.text, mark_of(passage), faint_of(passage)
            marks = yield from in_thread(lambda: viewer.word_boxes(path, call.page, text[start:end]))
            rest = f"{text[first:start]}\n{text[end:last]}"
            faint = yield from in_thread(lambda: viewer.word_boxes(path, call.page, rest))
            if text[start:end].strip() and not marks:
                raise AppError("The words are not to be seen on the picture of this slide.", "Its text is shown.")
        picture = yield from in_thread(lambda: viewer.render_page(path, call.page, call.scale))
        return _image(picture, marks, tuple(box for box in faint if box not in marks))

    def close(self) -> None:
        """End the process; safe to call twice."""
        if self._viewer is not None:
            self._viewer.close()
            self._viewer = None


def _at(store: Store, path: str) -> tuple[Document, ...]:
    """The documents that were read from this file, one in each collection that has it."""
    ids = store.db.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchall()
    return tuple(each for (number,) in ids if (each := store.document(number)) is not None)


def _image(picture: Picture, marks: tuple[Box, ...], faint: tuple[Box, ...]) -> PageImage:
    return PageImage(
        png=base64.b64encode(picture.png).decode("ascii"),
        width=picture.width,
        height=picture.height,
        pages=picture.pages,
        scale=picture.scale,
        marks=marks,
        faint=faint,
    )


def _boxes(
    store: Store, viewer: Parser, document: Document, page: int, offset: int, span: tuple[int, int]
) -> Generator[AnyData, None, tuple[Box, ...]]:
    """The boxes of a span on a page; where the file will not give them, those of its lines, as stored.

    `span` counts from `offset` in the document's text.
    """
    pages = store.pages(document.id)
    first, last = pages[page - 1] if 0 < page <= len(pages) else (0, 0)
    start, end = max(offset + span[0], first), min(offset + span[1], last)
    if start >= end:
        return ()
    lines = store.lines(document.id)
    if document.masked is not None or any(line.sure is not None for line in touched(lines, start, end)):
        return line_boxes(lines, start, end, page)  # its own characters, if any, are not the ones that were read
    try:
        tight: tuple[Box, ...] = yield from in_thread(
            lambda: viewer.span_boxes(document.path, page, start - first, end - first, read_hidden=document.read_hidden)
        )
    except AppError:
        tight = ()
    return tight or line_boxes(lines, start, end, page)


def standing(store: Store, passage: Passage) -> Passage:
    """The passage where it stands now: its document may have been indexed again since it was cited.

    Raises:
        AppError: its words are not there any more, or not on the page that is cited.
    """
    text, pages = store.text(passage.document_id)
    if text[passage.start : passage.end].strip() == passage.text.strip():
        return passage
    start = text.find(passage.text)
    moved = msgspec.structs.replace(passage, start=start, end=start + len(passage.text))
    if start < 0 or page_at(pages, start + mark_of(moved)[0]) != passage.page:
        raise AppError("The document has changed since this was found.", "Ask again to see where it stands now.")
    return moved


def marked(store: Store, passage: Passage, best: tuple[int, int] | None) -> Passage:
    """A passage with its best sentence; one that runs over a page break is cited by the page of that sentence."""
    if best is None or passage.page is None:
        return msgspec.structs.replace(passage, best=best)
    page = page_at(store.pages(passage.document_id), passage.start + best[0])
    boxes = passage.boxes
    if page != passage.page:
        boxes = line_boxes(store.lines(passage.document_id), passage.start, passage.end, page)
    return msgspec.structs.replace(passage, best=best, page=page, boxes=boxes)


def messages_of(store: Store, document_id: int) -> tuple[int, ...]:
    """Where each message of a mail file begins, what is attached to it aside."""
    if store.version < PLACES:
        return ()
    asked = "SELECT place, min(start) FROM passages WHERE document_id = ? AND place IS NOT NULL GROUP BY place"
    rows = store.db.execute(asked, (document_id,))
    found = [(msgspec.msgpack.decode(place, type=Place), start) for place, start in rows]
    return tuple(sorted(start for place, start in found if isinstance(place, MailPart) and not place.attachment))


def document_of(store: Store, document_id: int) -> Document:
    """
    Raises:
        AppError: it is not in the index.
    """
    document = store.document(document_id)
    if document is None:
        raise AppError("This document is no longer in the index.", "It may have been removed.")
    return document


def differs(store: Store, document: Document) -> bool:
    """Whether a file that exists, or the one that it lies in, has another size or date than what was indexed."""
    if came_along(document.path):
        return False
    try:
        status = Path(file_of(document.path)).stat()
    except OSError:
        return False
    if is_member(document.path):
        size, modified = store.seen(document.id)
        return size >= 0 and (status.st_size != size or abs(status.st_mtime - modified) > 0.01)
    return status.st_size != document.bytes or abs(status.st_mtime - store.modified(document.id)) > 0.01
