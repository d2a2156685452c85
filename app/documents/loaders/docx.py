"""Word files: what a reader sees on paper, with headings, numbered items and tables row by row.

The XML is read directly (ECMA-376 part 1, WordprocessingML): tracked deletions, hidden runs and text boxes have no
place in the usual libraries, and the standard library starts faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.documents.loaders.builder import Builder
from app.documents.loaders.docx_extras import beside, comments_of, running_of
from app.documents.loaders.docx_hidden import hidden_row, hidden_shape, note_properties
from app.documents.loaders.docx_looks import Look, Theme, page_ground
from app.documents.loaders.docx_package import Package, W, flag, number, value
from app.documents.loaders.docx_styles import Numbering, Style, Styles, outline_level
from app.documents.loaders.hidden import Colour, HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.text.hidden import HiddenKind
from app.text.parsed import BlockKind, Parsed
from app.text.tables import write_row

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXT_BOX = W + "txbxContent"
_GONE = frozenset(W + tag for tag in ("del", "moveFrom", "rPr", "pPr", "instrText", "delText", "fldChar", "sdtPr"))
_BREAKS = {W + "br": "\n", W + "cr": "\n", W + "tab": " ", W + "noBreakHyphen": "-", W + "ptab": " "}
_MAX_DEPTH = 40  # nested tables and text boxes; Word itself stops at 25 or so
_MAX_FAKE_HEADING = 90
_MAX_SPAN = 100  # columns of a merged cell; Word itself stops at 63
_MAX_CELL = 1500  # characters: a longer cell means that the table only arranges the page
_MAX_NAME = 60  # characters of a column's name


def load_docx(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a DOCX file; `password` is unused: a locked one is no ZIP.

    Raises:
        BadFile: `damaged`, `empty`, `too_large` or `unsupported` (locked).
    """
    package = Package(data)
    theme, hidden = Theme(package), HiddenTexts(read_hidden)
    root = package.document()
    comments = comments_of(package)
    for comment in comments.values():
        hidden.take("remark", comment)  # read, named as what it is, and told of: no page shows it
    reader = _Reader(
        Styles(package, theme), Numbering(package), theme, hidden, page_ground(package, root), package, comments
    )
    body = root.find(W + "body")
    if body is not None:
        reader.outlined = _has_headings(body, reader.styles)
        reader.read_blocks(body, 0, reader.paper)
    for kind in ("footnote", "endnote"):
        notes = package.related(f"/{kind}s")
        for note in notes.findall(W + kind) if notes is not None else ():
            if note.get(W + "type", "normal") == "normal":
                text = squeeze(
                    " ".join(run.text for p in note.iter(W + "p") for run in reader.runs(p, 0, reader.paper))
                )
                reader.builder.add("paragraph", f"Note {note.get(W + 'id', '')}: {text}" if text else "")
    for text in (*running_of(package), *note_properties(package, hidden)):
        reader.builder.add("paragraph", text)
    return reader.builder.build("docx", hidden.found())


def _has_headings(body: Element, styles: Styles) -> bool:
    properties = [p.find(W + "pPr") for p in body.iter(W + "p")]
    if any(styles.resolve(style).level for style in {value(found, "pStyle") for found in properties}):
        return True
    return any(outline_level(found) for found in properties)


@dataclass
class _Run:
    text: str
    bold: bool


@dataclass
class _Reader:
    """Reads block by block. `ground` is the colour behind the text, None where it is not known."""

    styles: Styles
    numbering: Numbering
    theme: Theme
    hidden: HiddenTexts
    paper: Colour | None
    package: Package
    comments: dict[str, str] = field(default_factory=dict)  # by id
    in_cell: bool = False
    said: list[tuple[BlockKind, str]] = field(default_factory=list)  # beside the text, until its block has ended
    outlined: bool = False
    builder: Builder = field(default_factory=Builder)
    _boxes: list[Element] = field(default_factory=list)

    def read_blocks(self, parent: Element, depth: int, ground: Colour | None) -> None:
        """Paragraphs and tables, also inside content controls and insertions."""
        if depth > _MAX_DEPTH:
            return
        for child in parent:
            if child.tag == W + "p":
                self._read_paragraph(child, depth, ground)
            elif child.tag == W + "tbl":
                self._read_table(child, depth, ground)
            elif child.tag == _COMPATIBLE + "AlternateContent":
                self.read_blocks(_choice(child), depth + 1, ground)
            elif child.tag not in _GONE:
                self.read_blocks(child, depth + 1, ground)

    def _read_paragraph(self, paragraph: Element, depth: int, ground: Colour | None) -> None:
        properties = paragraph.find(W + "pPr")
        style = self.styles.resolve(value(properties, "pStyle"))
        runs = list(self.runs(paragraph, depth, ground))
        text = clean("".join(run.text for run in runs)).strip()
        if text:
            kind, level = self._kind(properties, style, runs, text)
            marker = self._marker(properties, style)
            if kind == "paragraph" and marker:
                kind = "list"
            if kind == "heading":
                text = squeeze(text)
            self.builder.add(kind, f"{marker} {text}" if (marker and marker != "-") or kind == "list" else text, level)
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.read_blocks(box, depth + 1, None)
        self._say()

    def _say(self) -> None:
        """Comments, descriptions and charts, below the paragraph or the table that they belong to."""
        if not self.in_cell:
            for kind, text in self.said:
                self.builder.add(kind, text)
            self.said.clear()

    def _kind(self, properties: Element | None, style: Style, runs: list[_Run], text: str) -> tuple[BlockKind, int]:
        level = outline_level(properties)
        level = style.level if level is None else level
        if level:
            return "heading", min(level, 6)
        if style.code:
            return "code", 0
        if not self.outlined and len(text) <= _MAX_FAKE_HEADING and text[-1] not in ".,;:" and "\n" not in text:
            bold = [run.bold or bool(style.bold) for run in runs if run.text.strip()]
            if bold and all(bold):
                return "heading", 2  # typed in bold instead of styled
        return "paragraph", 0

    def _marker(self, properties: Element | None, style: Style) -> str:
        numbers = properties.find(W + "numPr") if properties is not None else None
        number_id = value(numbers, "numId") or style.number_id
        level = number(value(numbers, "ilvl"), style.number_level)
        return (self.numbering.next(number_id, level) or "") if number_id else ""

    def runs(self, parent: Element, depth: int, ground: Colour | None, below: Look | None = None) -> Iterator[_Run]:
        """The runs of a paragraph that are read; its text boxes are put aside. `below`: how its style looks."""
        if depth > _MAX_DEPTH:
            return
        properties = parent.find(W + "pPr")
        if below is None or properties is not None:
            style = self.styles.resolve(value(properties, "pStyle"))
            below = style.look.over(self.styles.common)
            ground = self.theme.ground(properties) or style.ground or ground
        unseen: tuple[HiddenKind, list[str]] | None = None
        for child in parent:
            tag = child.tag
            if tag == W + "r":
                kind = self._look(child.find(W + "rPr"), below).hidden_on(ground)
                runs = list(self._read_run(child, depth))
                if kind is None or self.hidden.wanted:
                    yield from runs
                if kind is not None:
                    if unseen is None or unseen[0] != kind:
                        self._note(unseen)
                        unseen = kind, []
                    unseen[1].extend(run.text for run in runs)
            elif tag == _MATH + "oMath" or tag == _MATH + "oMathPara":
                yield _Run("".join(t.text or "" for t in child.iter(_MATH + "t")), False)
            elif tag == _COMPATIBLE + "AlternateContent":
                yield from self.runs(_choice(child), depth + 1, ground, below)
            elif tag not in _GONE:
                yield from self.runs(child, depth + 1, ground, below)
        self._note(unseen)

    def _note(self, unseen: tuple[HiddenKind, list[str]] | None) -> None:
        """Tell of runs that nobody sees; those that follow each other are one piece."""
        if unseen is not None:
            self.hidden.take(unseen[0], "".join(unseen[1]))

    def _look(self, properties: Element | None, below: Look) -> Look:
        look = self.theme.look(properties)
        style = value(properties, "rStyle")
        return look.over(self.styles.resolve(style).look.over(below)) if style else look.over(below)

    def _read_run(self, run: Element, depth: int) -> Iterator[_Run]:
        bold = bool(flag(run.find(W + "rPr"), "b"))
        for child in run:
            if child.tag == W + "t":
                yield _Run(self.hidden.shown(child.text or ""), bold)
            elif child.tag in _BREAKS:
                yield _Run(_BREAKS[child.tag], bold)
            elif child.tag in (_COMPATIBLE + "AlternateContent", W + "drawing", W + "pict", W + "object"):
                part = _choice(child) if child.tag.startswith(_COMPATIBLE) else child
                boxes = list(_text_boxes(part, depth))
                kind = hidden_shape(part)
                if kind is None or self.hidden.take(kind, " ".join(map(_words, boxes))):
                    self._boxes.extend(boxes)
                    self.said.extend(beside(self.package, part))
            elif child.tag == W + "commentReference" and (comment := self.comments.get(child.get(W + "id", ""))):
                self.said.append(("paragraph", comment))

    def _read_table(self, table: Element, depth: int, ground: Colour | None) -> None:
        rows = [row for row in _rows(table, depth) if flag(row.find(W + "trPr"), "del") is None]
        rows = [row for row in rows if not hidden_row(row) or self.hidden.take("row", _words(row))]
        style = value(table.find(W + "tblPr"), "tblStyle")
        behind = None if style and self.styles.resolve(style).shades else ground
        grid = [list(_cells(row, depth)) for row in rows]
        if all(len(row) < 2 for row in grid) or any(_length(cell) > _MAX_CELL for row in grid for cell in row):
            for cell in (cell for row in grid for cell in row):  # it only arranges the page
                self.read_blocks(cell, depth + 1, self.theme.ground(cell.find(W + "tcPr")) or behind)
            return
        cells = [[_Cell(cell, self._cell_text(cell, depth, behind)) for cell in row] for row in grid]
        above: dict[int, str] = {}
        for position, row in enumerate(cells):
            texts = _row_texts(row, above)
            filled = [text for text in texts if text]
            header = position == 0 and len(rows) > 1 and _is_header(table, rows[0], filled)
            self.builder.add("header_row" if header else "row", write_row(texts))
        self._say()

    def _cell_text(self, cell: Element, depth: int, ground: Colour | None) -> str:
        """All paragraphs of a cell on one line, those of nested tables and text boxes too."""
        ground = self.theme.ground(cell.find(W + "tcPr")) or ground
        inner = _Reader(
            self.styles, self.numbering, self.theme, self.hidden, self.paper, self.package, self.comments, True,
            self.said, outlined=True,
        )  # fmt: skip
        inner.read_blocks(cell, depth + 1, ground)
        return squeeze(inner.builder.text())


@dataclass
class _Cell:
    element: Element
    text: str

    @property
    def properties(self) -> Element | None:
        return self.element.find(W + "tcPr")


def _row_texts(row: list[_Cell], above: dict[int, str]) -> list[str]:
    """Texts by column; a cell merged downwards is repeated, so that every row can be understood alone, one merged
    sideways is followed by empty ones, so that the next stands under its own header."""
    texts: list[str] = []
    column = 0
    for cell in row:
        merge = cell.properties.find(W + "vMerge") if cell.properties is not None else None
        text = cell.text
        if merge is not None and merge.get(W + "val", "continue") != "restart":
            text = text or above.get(column, "")
        above[column] = text
        width = min(max(number(value(cell.properties, "gridSpan"), 1), 1), _MAX_SPAN)
        texts += [text] + [""] * (width - 1)
        column += width
    return texts


def _is_header(table: Element, row: Element, filled: list[str]) -> bool:
    if flag(row.find(W + "trPr"), "tblHeader"):
        return True
    if len(filled) < 2 or any(len(text) > _MAX_NAME or text[0].isdigit() for text in filled):
        return False
    bold = [flag(run.find(W + "rPr"), "b") for run in row.iter(W + "r")]
    look = table.find(f"{W}tblPr/{W}tblLook")
    first = look is not None and (
        look.get(W + "firstRow") in ("1", "true") or int(look.get(W + "val", "0") or "0", 16) & 0x20 != 0
    )
    return all(bold) or first


def _words(part: Element) -> str:
    """All that is written in a part, however deep."""
    return " ".join(text.text or "" for text in part.iter(W + "t"))


def _length(cell: Element) -> int:
    """Characters of a cell, nested tables included. Counted on the XML: reading it twice at each level of nesting
    would take exponential time."""
    return sum(len(text.text or "") for text in cell.iter(W + "t"))


def _rows(table: Element, depth: int) -> Iterator[Element]:
    return _inside(table, W + "tr", depth)


def _cells(row: Element, depth: int) -> Iterator[Element]:
    return _inside(row, W + "tc", depth)


def _inside(parent: Element, tag: str, depth: int) -> Iterator[Element]:
    """Direct children of a kind, also within content controls."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (W + "sdt", W + "sdtContent", W + "customXml", W + "ins") and depth < _MAX_DEPTH:
            yield from _inside(child, tag, depth + 1)


def _choice(alternate: Element) -> Element:
    """The first alternative: the others say the same again for older programs."""
    for child in alternate:
        if child.tag in (_COMPATIBLE + "Choice", _COMPATIBLE + "Fallback"):
            return child
    return alternate


def _text_boxes(parent: Element, depth: int) -> Iterator[Element]:
    if depth > _MAX_DEPTH:
        return
    for child in parent:
        if child.tag == _TEXT_BOX:
            yield child
        elif child.tag == _COMPATIBLE + "AlternateContent":
            yield from _text_boxes(_choice(child), depth + 1)
        else:
            yield from _text_boxes(child, depth + 1)
