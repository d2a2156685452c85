"""The running text of OpenDocument files: paragraphs, headings, lists, tables, notes and comments as blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.odf import (
    DRAW,
    OFFICE,
    PRESENTATION,
    SVG,
    TABLE,
    TEXT,
    OpenDocument,
    Style,
    count,
    unseen,
    words,
)
from app.documents.loaders.ooxml import alt_text
from app.text.hidden import HiddenKind
from app.text.parsed import BlockKind
from app.text.tables import write_row

Blocks = Iterator[tuple[BlockKind, str, int]]
"""Kind, text and level of blocks."""
_MAX_DEPTH = 40  # nested tables, lists and text boxes
_MAX_REPEAT = 100  # columns or rows that are the same
_MAX_CELL = 1500  # characters: a longer cell means that the table only arranges the page
_DC = "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = frozenset(
    [f"{TEXT}{tag}" for tag in ("tracked-changes", "sequence-decls", "variable-decls", "ruby-text", "script")]
    + [f"{OFFICE}{tag}" for tag in ("forms", "annotation-end", "event-listeners")]
    + [f"{PRESENTATION}notes", f"{SVG}title", f"{SVG}desc", f"{DRAW}object", f"{DRAW}object-ole"]
)
_ROWS = frozenset(f"{TABLE}{tag}" for tag in ("table-rows", "table-row-group", "table-header-rows"))
_OFF = ("collapse", "filter")


class TextReader:
    """Reads block by block; what is hidden goes to `hidden`, what of it is left out is counted; notes wait."""

    def __init__(self, document: OpenDocument, hidden: HiddenTexts) -> None:
        self._document, self.hidden = document, hidden
        self.left_out = Counter[str]()
        self.notes: list[str] = []
        self.slide: int | None = None
        self._aside: list[Element] = []  # what hangs on a paragraph: frames and comments

    def blocks(self, parent: Iterable[Element], depth: int = 0, shaded: bool = False) -> Blocks:
        """What stands below an element, in order."""
        for child in parent if depth < _MAX_DEPTH else ():
            tag = child.tag
            if tag in (f"{TEXT}p", f"{TEXT}h"):
                yield from self._paragraph(child, depth, shaded)
            elif tag == f"{TEXT}list":
                yield from self._list(child, depth, shaded)
            elif tag == f"{TABLE}table":
                yield from self._table(child, depth)
            elif tag == f"{TEXT}section" and _is_off(child) and not self.take("not_displayed", words(child), "section"):
                continue
            elif tag == f"{OFFICE}annotation":
                comment = comment_of(child)
                self.hidden.take("remark", comment, self.slide)  # read, named as what it is, and told of
                yield "paragraph", comment, 0
            elif tag.startswith(DRAW) and _is_undrawn(child) and not self.take("shape", words(child), "shape"):
                continue
            elif tag.startswith(DRAW) and tag not in _SKIPPED:
                yield from self._drawn(child, depth, shaded)
            elif tag not in _SKIPPED:
                yield from self.blocks(child, depth + 1, shaded)

    def text(self, paragraph: Element, shaded: bool = False) -> str:
        """The visible text of a paragraph; its frames and comments are put aside, its notes into `notes`."""
        style = self._document.style("paragraph", paragraph.get(f"{TEXT}style-name"))
        off = any(each.get(f"{TEXT}is-hidden") == "true" for each in paragraph.iter(f"{TEXT}hidden-paragraph"))
        if off and not self.take("vanish", "".join(paragraph.itertext()), "paragraph"):
            return ""
        return clean("".join(self._inline(paragraph, style, shaded or style.shaded is True, 0))).strip()

    def take(self, kind: HiddenKind, text: str, what: str) -> bool:
        """Note what is hidden; → whether it is to be read. What is not is counted as `what`."""
        read = self.hidden.take(kind, text, self.slide)
        self.left_out[f"hidden {what}"] += not read
        return read

    def _paragraph(self, paragraph: Element, depth: int, shaded: bool, marker: str = "") -> Blocks:
        text = self.text(paragraph, shaded)
        style = paragraph.get(f"{TEXT}style-name", "")
        if paragraph.tag == f"{TEXT}h" or style == "Title":
            level = paragraph.get(f"{TEXT}outline-level", "1")
            yield "heading", squeeze(text), min(max(int(level), 1), 6) if level.isdigit() else 1
        elif marker and text:
            yield "list", f"{marker} {text}", 0
        else:
            yield "paragraph", text, 0
        aside, self._aside = self._aside, []
        for each in aside:
            yield from self.blocks([each], depth + 1, shaded)

    def _inline(self, parent: Element, style: Style, shaded: bool, depth: int) -> Iterator[str]:
        kind = unseen(style, shaded)
        yield self._seen(parent.text or "", kind)
        for child in parent if depth < _MAX_DEPTH else ():
            tag = child.tag
            if tag == f"{TEXT}s":
                spaces = child.get(f"{TEXT}c", "1")
                yield " " * (min(int(spaces), _MAX_REPEAT) if spaces.isdigit() and len(spaces) < 5 else 1)
            elif tag == f"{TEXT}tab":
                yield " "
            elif tag == f"{TEXT}line-break":
                yield "\n"
            elif tag == f"{TEXT}note":
                self._note(child)
            elif tag == f"{OFFICE}annotation" or tag.startswith(DRAW):
                self._aside.append(child)
            elif tag == f"{TEXT}span":
                own = self._document.style("text", child.get(f"{TEXT}style-name"))
                yield from self._inline(child, _inherit(own, style), shaded or own.shaded is True, depth + 1)
            elif tag == f"{TEXT}hidden-text" and child.get(f"{TEXT}is-hidden") != "false":
                yield self._seen(child.text or child.get(f"{TEXT}string-value") or "", "vanish")
            elif tag not in _SKIPPED:
                yield from self._inline(child, style, shaded, depth + 1)
            yield self._seen(child.tail or "", kind)

    def _seen(self, text: str, kind: HiddenKind | None) -> str:
        """The text as far as it is to be read."""
        if kind is None:
            return self.hidden.shown(text, self.slide)
        return text if (self.take(kind, text, "text") if text.strip() else self.hidden.wanted) else ""

    def _note(self, note: Element) -> None:
        body = note.find(f"{TEXT}note-body")
        text = squeeze(" ".join(self.text(each) for each in body.iter(f"{TEXT}p"))) if body is not None else ""
        if text:
            self.notes.append(f"Note {squeeze(note.findtext(f'{TEXT}note-citation', ''))}: {text}")

    def _list(self, parent: Element, depth: int, shaded: bool, style: str = "") -> Blocks:
        style = parent.get(f"{TEXT}style-name", style)
        number = 0
        for item in parent if depth < _MAX_DEPTH else ():
            begun = item.tag == f"{TEXT}list-header"
            for child in item:
                if child.tag == f"{TEXT}list":
                    yield from self._list(child, depth + 1, shaded, style)
                elif child.tag == f"{TEXT}p" and not begun:
                    begun, number = True, number + 1
                    marker = f"{number}." if self._document.numbered.get(style) else "-"
                    yield from self._paragraph(child, depth, shaded, marker)
                else:
                    yield from self.blocks([child], depth + 1, shaded)

    def _drawn(self, drawn: Element, depth: int, shaded: bool) -> Blocks:
        style = self._document.style("graphic", drawn.get(f"{DRAW}style-name"))
        for tag in ("desc", "title"):
            described = drawn.findtext(SVG + tag)
            if described:
                yield "paragraph", alt_text(described), 0
                break
        yield from self.blocks(drawn, depth + 1, shaded or style.shaded is True)

    # --- tables ---

    def _table(self, table: Element, depth: int) -> Blocks:
        rows = list(self._rows(table, depth))
        grid = [[each for each in row if each.tag == f"{TABLE}table-cell"] for row in rows]
        if all(len(row) < 2 for row in grid) or any(_length(cell) > _MAX_CELL for row in grid for cell in row):
            for cell in (cell for row in grid for cell in row):
                yield from self.blocks(cell, depth + 1, self._is_shaded(cell))
            return
        heading = {row for part in table.iter(f"{TABLE}table-header-rows") for row in part}
        heads = sum(row in heading for row in rows)
        above: dict[int, str] = {}
        for position, row in enumerate(rows):
            head = position < heads or (position == 0 and len(rows) > 1 and self._is_head(grid[0]))
            texts = self._texts(row, above, depth)
            yield "header_row" if head else "row", write_row(texts), 0

    def _rows(self, parent: Element, depth: int) -> Iterator[Element]:
        for child in parent if depth < _MAX_DEPTH else ():
            if child.tag == f"{TABLE}table-row":
                if child.get(f"{TABLE}visibility") not in _OFF or self.take("row", words(child), "row"):
                    yield child
            elif child.tag in _ROWS:
                yield from self._rows(child, depth + 1)

    def _texts(self, row: Element, above: dict[int, str], depth: int) -> list[str]:
        """Texts by column; a cell merged downwards is repeated, one merged sideways followed by empty ones."""
        texts: list[str] = []
        sideways = 0
        for cell in row:
            repeated = count(cell, "number-columns-repeated", _MAX_REPEAT)
            if cell.tag == f"{TABLE}covered-table-cell":
                for _ in range(repeated):
                    texts.append("" if sideways else above.get(len(texts), ""))
                    sideways = max(0, sideways - 1)
            elif cell.tag == f"{TABLE}table-cell":
                text = squeeze(" ".join(text for _, text, _ in self.blocks(cell, depth + 1, self._is_shaded(cell))))
                sideways = count(cell, "number-columns-spanned", _MAX_REPEAT) - 1
                for _ in range(repeated):
                    above[len(texts)] = text
                    texts.append(text)
        return texts

    def _is_head(self, cells: list[Element]) -> bool:
        """A first row in bold, or in the style that Writer gives to the head of a table."""
        styles = [each.get(f"{TEXT}style-name", "") for cell in cells for each in cell.iter(f"{TEXT}p")]
        found = [self._document.style("paragraph", name) for name in styles]
        named = [name == "Table_20_Heading" or style.parent == "Table_20_Heading" or style.bold
                 for name, style in zip(styles, found, strict=True)]  # fmt: skip
        return len(cells) > 1 and bool(named) and all(named)

    def _is_shaded(self, cell: Element) -> bool:
        return self._document.style("table-cell", cell.get(f"{TABLE}style-name")).shaded is True


def _inherit(own: Style, around: Style) -> Style:
    return Style(
        "",
        around.hidden if own.hidden is None else own.hidden,
        around.tiny if own.tiny is None else own.tiny,
        around.white if own.white is None else own.white,
        own.shaded,
    )


def _is_off(section: Element) -> bool:
    display = section.get(f"{TEXT}display", "true")
    return display == "none" or (display == "condition" and section.get(f"{TEXT}is-hidden") == "true")


def _is_undrawn(drawn: Element) -> bool:
    """Whether a shape is switched off, or only printed."""
    return any(value in ("none", "printer") for name, value in drawn.items() if name.endswith("}display"))


def comment_of(annotation: Element) -> str:
    """A comment with its author, named as such; "" for an empty one."""
    text = squeeze(" ".join("".join(each.itertext()) for each in annotation.iter(f"{TEXT}p")))
    author = squeeze(annotation.findtext(f"{_DC}creator", ""))
    return f"Comment{f' by {author}' if author else ''}: {text}" if text else ""


def _length(cell: Element) -> int:
    return sum(len(text) for text in cell.itertext())
