"""ODT and ODP: the text as it is printed, and slides with their notes; tracked deletions and what is hidden are out."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import msgspec

from app.documents.loaders.builder import Builder
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.odf import DRAW, PRESENTATION, SVG, OpenDocument, length, words
from app.documents.loaders.odf_text import TextReader
from app.documents.loaders.ooxml import left_out
from app.documents.loaders.reading_order import Box, in_reading_order
from app.documents.loaders.slides import headed
from app.places import Slide
from app.text.parsed import BlockKind, Parsed

_CLASS = f"{PRESENTATION}class"
_FURNITURE = ("footer", "header", "date-time", "page-number")
_NOT_SHOWN = (f"{PRESENTATION}notes", f"{PRESENTATION}animations")


def load_odt(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an OpenDocument text; `password` is unused.

    Raises:
        BadFile: damaged, locked (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    document, builder = OpenDocument(data, "text"), Builder()
    reader = TextReader(document, HiddenTexts(read_hidden))
    for kind, text, level in reader.blocks(document.body):
        builder.add(kind, text, level)
    for note in reader.notes:
        builder.add("paragraph", note)
    return _built("odt", builder, reader, document)


def load_odp(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an OpenDocument presentation; `password` is unused.

    Raises:
        BadFile: as `load_odt`.
    """
    document, builder = OpenDocument(data, "presentation"), Builder()
    reader = TextReader(document, HiddenTexts(read_hidden))
    for number, page in enumerate(document.body.findall(f"{DRAW}page"), 1):
        reader.slide = number
        skipped = document.style("drawing-page", page.get(f"{DRAW}style-name")).hidden
        if skipped and not reader.take("slide", words(page), "slide"):
            continue
        builder.enter(Slide(number))
        _write_slide(builder, reader, page, number)
        notes = page.find(f"{PRESENTATION}notes")
        if notes is not None:
            builder.enter(Slide(number, notes=True))
            for frame in notes:
                if frame.get(_CLASS) == "notes":
                    for kind, text, level in reader.blocks(frame):
                        reader.hidden.take("notes", text, number)  # read, cited as notes, and told of
                        builder.add(kind, text, level)
    builder.enter(None)
    reader.slide = None
    return _built("odp", builder, reader, document)


def _built(key: str, builder: Builder, reader: TextReader, document: OpenDocument) -> Parsed:
    for text in document.properties:
        if reader.hidden.take("metadata", text):
            builder.add("paragraph", text)
    return msgspec.structs.replace(builder.build(key, reader.hidden.found()), note=left_out(reader.left_out))


def _write_slide(builder: Builder, reader: TextReader, page: Element, number: int) -> None:
    shown = [each for each in page if each.tag not in _NOT_SHOWN and each.get(_CLASS) not in _FURNITURE]
    titles = [each for each in shown if each.get(_CLASS) == "title"]
    title = squeeze(" ".join(text for each in titles for _, text, _ in reader.blocks(each)))
    body: list[tuple[BlockKind, str]] = []
    for each in in_reading_order((each, _box(each)) for each in shown if each not in titles):
        body += [(kind, text) for kind, text, _ in reader.blocks([each]) if text]
    builder.title = builder.title or title
    for kind, text in headed(body, title, number):
        builder.add(kind, text, 1 if kind == "heading" else 0)


def _box(shape: Element) -> Box | None:
    left, top, width, height = (length(shape.get(SVG + name)) for name in ("x", "y", "width", "height"))
    if left is None or top is None or width is None or height is None:
        return None
    return Box(left, top, left + width, top + height)
