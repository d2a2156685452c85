"""PPTX, PPSX and PPTM: each slide's title, text, tables and charts in the order in which they are read, and its notes.

Footers, dates and slide numbers are left out, and with a note what nobody sees: hidden slides, shapes that are switched
off or stand beside their slide, text too small to read.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from lxml.etree import XMLParser, _Element, fromstring
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.opc.package import Part
from pptx.oxml.ns import qn
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide as PptxSlide

from app.documents.loaders.builder import Builder
from app.documents.loaders.charts import chart_blocks, diagram_blocks
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.ooxml import BROKEN, alt_text, checked_package, damaged, left_out
from app.documents.loaders.pptx_layout import Frame, Placed, inside, is_unseen, placed_shapes
from app.documents.loaders.reading_order import in_reading_order
from app.documents.loaders.slides import headed, item
from app.errors import BadFile
from app.places import Slide
from app.text.parsed import BlockKind, Parsed
from app.text.tables import write_row

_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
_LISTS = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY, PP_PLACEHOLDER.VERTICAL_OBJECT)
_FURNITURE = (
    *(PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.SLIDE_NUMBER),
    PP_PLACEHOLDER.SLIDE_IMAGE,
)
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_TINY = 250  # hundredths of a point: smaller than any print
_MAX_DEPTH = 30  # groups in groups


def load_pptx(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a presentation; `password` is unused.

    Raises:
        BadFile: damaged, without text (`empty`), or larger than a file may be (`too_large`).
    """
    builder, unseen, hidden = Builder(), Counter[str](), HiddenTexts(read_hidden)
    data = checked_package(data, "presentation")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            deck = Presentation(io.BytesIO(data))
            size = deck.slide_width or 0, deck.slide_height or 0
            for number, slide in enumerate(deck.slides, 1):
                skipped = slide._element.get("show") in ("0", "false")
                if skipped and not hidden.take("slide", _words(slide._element), number):
                    unseen["hidden slide"] += 1
                else:
                    _Slide(builder, slide, number, size, unseen, hidden).write()
        except (BadFile, MemoryError, RecursionError):
            raise
        except (*BROKEN, PythonPptxError) as error:
            raise damaged("presentation", f"{type(error).__name__}: {error}") from error
    return msgspec.structs.replace(builder.build("pptx", hidden.found()), note=left_out(unseen))


def _words(element: Any) -> str:
    """All text below an element, as a person is told of it."""
    return " ".join(each.text or "" for each in element.iter(qn("a:t")))


class _Slide:
    """Reads one slide."""

    def __init__(
        self, builder: Builder, slide: PptxSlide, number: int, size: tuple[int, int], unseen: Counter[str],
        hidden: HiddenTexts,
    ) -> None:  # fmt: skip
        self._hidden = hidden
        self._builder, self._slide, self._number, self._size, self._unseen = builder, slide, number, size, unseen

    def write(self) -> None:
        """Raises: whatever python-pptx does."""
        builder, number = self._builder, self._number
        builder.enter(Slide(number))
        shapes = self._seen(placed_shapes(self._slide.shapes._spTree, self._slide.shapes, Frame()))
        titles = [each for each in shapes if _role(each.shape) in _TITLES]
        title = squeeze(" ".join(text for each in titles for _, text in self._paragraphs(each.shape)))
        rest = in_reading_order((each, each.box) for each in shapes if each not in titles)
        body = [block for each in rest for block in self._blocks(each, 0) if block[1]]
        builder.title = builder.title or title
        for kind, text in headed(body, title, number):
            builder.add(kind, text, 1 if kind == "heading" else 0)
        if self._slide.has_notes_slide and (notes := self._slide.notes_slide.notes_text_frame) is not None:
            builder.enter(Slide(number, notes=True))
            self._hidden.take("notes", notes.text, number)  # read, cited as notes, and told of
            for text in notes.text.split("\n"):
                builder.add("paragraph", squeeze(text))

    def _seen(self, shapes: list[Placed]) -> list[Placed]:
        """What a person sees of them. Whoever keeps the rest finds it here."""
        shown = [each for each in shapes if _role(each.shape) not in _FURNITURE]
        seen = [
            each for each in shown
            if not is_unseen(each, *self._size) or self._hidden.take("shape", _words(each.shape._element), self._number)
        ]  # fmt: skip
        self._unseen["hidden shape"] += len(shown) - len(seen)
        return seen

    def _blocks(self, placed: Placed, depth: int) -> Iterator[tuple[BlockKind, str]]:
        shape = placed.shape
        if isinstance(shape, GroupShape):
            if depth < _MAX_DEPTH:
                within = placed_shapes(shape._element, shape.shapes, inside(shape, placed.box))
                for each in in_reading_order((each, each.box) for each in self._seen(within)):
                    yield from self._blocks(each, depth + 1)
            return
        if isinstance(shape, GraphicFrame):
            yield from self._graphic(shape)
        elif shape.has_text_frame:
            yield from self._paragraphs(shape)
        named = next(shape._element.iter(qn("p:cNvPr")), None)
        yield "paragraph", alt_text(named.get("descr")) if named is not None else ""

    def _graphic(self, frame: GraphicFrame) -> Iterator[tuple[BlockKind, str]]:
        if frame.has_table:
            yield from _rows(frame)
        elif frame.has_chart:
            yield from chart_blocks(_parsed(frame.chart_part))
        elif (named := next(frame._element.iter(f"{{{_DIAGRAM}}}relIds"), None)) is not None:
            yield from diagram_blocks(_parsed(frame.part.related_part(named.get(qn("r:dm")))))

    def _paragraphs(self, shape: BaseShape) -> Iterator[tuple[BlockKind, str]]:
        usual, number = _role(shape) in _LISTS, 0
        for paragraph in shape._element.iter(qn("a:p")):
            text = clean("".join(self._texts(paragraph))).strip()
            marker = _marker(paragraph, usual)
            number = number + 1 if marker == "1." else 0
            if text and marker:
                yield "list", item(f"{number}." if number else marker, text)
            else:
                yield "paragraph", text

    def _texts(self, paragraph: _Element) -> Iterator[str]:
        for run in paragraph:
            if run.tag == qn("a:br"):
                yield "\n"
            elif run.tag in (qn("a:r"), qn("a:fld")):
                properties = run.find(qn("a:rPr"))
                if properties is not None and 0 < _number(properties.get("sz")) <= _TINY:
                    self._unseen["tiny text"] += 1
                else:
                    yield run.findtext(qn("a:t")) or ""
            elif run.tag not in (qn("a:pPr"), qn("a:endParaRPr")):
                yield "".join(each.text or "" for each in run.iter(_MATH_TEXT))


def _role(shape: BaseShape) -> PP_PLACEHOLDER | None:
    return shape.placeholder_format.type if shape.is_placeholder else None


def _marker(paragraph: _Element, usual: bool) -> str:
    """ "-" or "1." of an item of a list, "" of a paragraph; `usual`: its layout puts bullets before paragraphs."""
    properties = paragraph.find(qn("a:pPr"))
    if properties is not None:
        numbered = properties.find(qn("a:buAutoNum"))
        if numbered is not None:
            return "1." if numbered.get("type", "").startswith("arabic") else "-"
        if properties.find(qn("a:buNone")) is not None:
            return ""
        usual = usual or any(properties.find(qn(f"a:{tag}")) is not None for tag in ("buChar", "buBlip"))
    return "-" if usual else ""


def _rows(frame: GraphicFrame) -> Iterator[tuple[BlockKind, str]]:
    """A cell merged downwards is repeated, so that every row can be understood alone."""
    table = frame.table
    above: dict[int, str] = {}
    rows = list(table._tbl.tr_lst)
    for position, row in enumerate(rows):
        texts = []
        for column, cell in enumerate(row.tc_lst):
            text = squeeze(" ".join("".join(t.text or "" for t in p.iter(qn("a:t"))) for p in cell.iter(qn("a:p"))))
            above[column] = text = above.get(column, "") if cell.get("vMerge") in ("1", "true") else text
            texts.append(text)
        yield "header_row" if position == 0 and len(rows) > 1 and table.first_row else "row", write_row(texts)


def _parsed(part: Part) -> _Element:
    return fromstring(part.blob, XMLParser(resolve_entities=False, no_network=True))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
