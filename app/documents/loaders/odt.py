"""ODT and ODP: the text as it is printed, and slides with their notes; tracked deletions and what is hidden are out."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import msgspec

from app.documents.loaders.builder import Builder
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.odf import DRAW, PRESENTATION, SVG, OpenDocument, length
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
    """Read an OpenDocument text; `password` is unused, and what is hidden is counted only.

    Raises:
        BadFile: damaged, locked (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    document, builder, hidden = OpenDocument(data, "text"), Builder(), Counter[str]()
    reader = TextReader(document, hidden)
    for kind, text, level in reader.blocks(document.body):
        builder.add(kind, text, level)
    for note in reader.notes:
        builder.add("paragraph", note)
    return msgspec.structs.replace(builder.build("odt"), note=left_out(hidden))


def load_odp(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an OpenDocument presentation; `password` is unused, and what is hidden is counted only.

    Raises:
        BadFile: as `load_odt`.
    """
    document, builder, hidden = OpenDocument(data, "presentation"), Builder(), Counter[str]()
    reader = TextReader(document, hidden)
    for number, page in enumerate(document.body.findall(f"{DRAW}page"), 1):
        if document.style("drawing-page", page.get(f"{DRAW}style-name")).hidden:
            hidden["hidden slide"] += 1
            continue
        builder.enter(Slide(number))
        _write_slide(builder, reader, page, number)
        notes = page.find(f"{PRESENTATION}notes")
        if notes is not None:
            builder.enter(Slide(number, notes=True))
            for frame in notes:
                if frame.get(_CLASS) == "notes":
                    for kind, text, level in reader.blocks(frame):
                        builder.add(kind, text, level)
    return msgspec.structs.replace(builder.build("odp"), note=left_out(hidden))


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
