"""HTML: what a reader would see in a browser, with headings, items, tables and code kept apart."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.documents.loaders.builder import Builder
from app.documents.loaders.decode import decode, decode_as
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.html_depth import flattened
from app.documents.loaders.html_hidden import NO_TEXT, HiddenRules, Look
from app.documents.loaders.hygiene import clean, squeeze
from app.text.hidden import HiddenKind
from app.text.parsed import BlockKind, Parsed
from app.text.tables import write_row

_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol optgroup option p pre section
        summary table tbody td tfoot th thead tr ul""",
    )
)
_HEADING = re.compile(r"h([1-6])")
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.I)
_NOSCRIPT = re.compile(r"<(/?)noscript\b[^<>]*>", re.I)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_SPACE = re.compile(r"[ \t]+")
_LINES = re.compile(r" *\n *")
_PARAGRAPHS = re.compile(r" *\n *\n[ \n]*")  # two <br>: by then a line feed stands for nothing else
_MAIN_SHARE = 0.3
_MAX_SPAN = 1000  # the HTML standard's limit of colspan
_MAX_CELL = 1000  # characters: longer than any cell of a table that holds data


def load_html(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read HTML or XHTML of any encoding; `password` is unused.

    Raises:
        BadFile: binary (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    hidden = HiddenTexts(read_hidden)
    tree = LexborHTMLParser(flattened(_without_noscript(hidden.shown(_decode(data)))))
    reader = _Reader(HiddenRules(tree), hidden)
    if tree.body is not None:
        reader.walk(tree.body, _main_part(tree, tree.body))
    for said in tree.css("meta[name=description], meta[name=keywords], meta[property='og:description']"):
        if hidden.take("metadata", said.attributes.get("content") or ""):
            reader.builder.add("paragraph", squeeze(said.attributes.get("content") or ""))
    title = tree.css_first("title")
    if title is not None:
        reader.builder.title = squeeze(title.text()) or reader.builder.title
    return reader.builder.build("html", hidden.found())


def _without_noscript(page: str) -> str:
    """What only browsers without scripts show. In the head the parser would let it out into the body."""
    parts = []
    start = depth = 0
    for tag in _NOSCRIPT.finditer(page):
        if depth == 0:
            parts.append(page[start : tag.start()])
        depth = max(depth - 1, 0) if tag[1] else 1
        start = tag.end()
    return "".join(parts) + (page[start:] if depth == 0 else "")


def _decode(data: bytes) -> str:
    """By mark, then by what the page declares, then by its bytes."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode_as(data, (declared[1] or declared[2]).decode("ascii", errors="replace"))
    return decode(data)


def _main_part(tree: LexborHTMLParser, body: LexborNode) -> LexborNode:
    """The one element that the page declares as its content, if that is a fair share of it: the rest is menus."""
    found = tree.css("main, [role=main]")
    if len(found) == 1 and len(found[0].text()) > _MAIN_SHARE * len(body.text()):
        return found[0]
    return body


@dataclass
class _Table:
    """A table under way. Cells of one that only lays out the page are read as plain blocks."""

    layout: bool
    cells: list[str] = field(default_factory=list)
    names: int = 0  # <th> cells of this row
    row: int = 0
    in_cell: bool = False
    spans: dict[int, tuple[int, str]] = field(default_factory=dict)  # column → rows still to fill, text

    def add_cell(self, text: str, node: LexborNode) -> None:
        """Append a cell; one that spans rows is repeated in each, so that every row can be understood alone."""
        self.fill_spans()
        rows, columns = _span(node, "rowspan"), _span(node, "colspan")
        if rows > 1:
            self.spans[len(self.cells)] = (rows, text)
        self.cells += [text] + [""] * (columns - 1)
        self.names += node.tag == "th"

    def fill_spans(self) -> None:
        """Repeat what spans down from a row above into this place."""
        while len(self.cells) in self.spans and self.spans[len(self.cells)][0] > 0:
            self.cells.append(self.spans[len(self.cells)][1])

    def end_row(self) -> tuple[BlockKind, str]:
        """The row's kind and text; the table is ready for the next row."""
        self.fill_spans()
        filled = [cell for cell in self.cells if cell]
        kind: BlockKind = "row" if len(filled) > 1 else "paragraph"
        if self.row == 0 and len(filled) > 1 and self.names >= len(filled):
            kind = "header_row"
        line = write_row(self.cells) if kind != "paragraph" else "".join(filled)
        self.spans = {column: (left - 1, text) for column, (left, text) in self.spans.items() if left > 1}
        self.cells, self.names = [], 0
        self.row += bool(filled)
        return kind, line


def _span(node: LexborNode, name: str) -> int:
    """rowspan or colspan, kept within what a real table has."""
    value = (node.attributes.get(name) or "").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() else 1


@dataclass
class _Reader:
    """Walks the tree without recursion: a hostile page nests deeper than Python's stack."""

    rules: HiddenRules
    hidden: HiddenTexts
    builder: Builder = field(default_factory=Builder)
    _text: list[str] = field(default_factory=list)
    _kinds: list[tuple[BlockKind, int]] = field(default_factory=lambda: [("paragraph", 0)])
    _tables: list[_Table] = field(default_factory=list)
    _lists: list[int] = field(default_factory=list)  # next number of each open list, -1 for bullets
    _marker: str = ""

    def walk(self, body: LexborNode, root: LexborNode) -> None:
        """Visit everything below `root` in document order; a node comes twice, to open and to close."""
        look = self._look_of(body, root)
        pending: list[tuple[LexborNode, Look | None]] = [(root, look)] if look is not None else []
        while pending:
            node, look = pending.pop()
            if look is None:
                self._close(node)
            elif (inner := self._open(node, look)) is not None:
                pending.append((node, None))
                pending.extend((child, inner) for child in reversed(list(node.iter(include_text=True))))
        self._flush()

    def _look_of(self, body: LexborNode, root: LexborNode) -> Look | None:
        """The look of what is round `root`; None where that is hidden and not to be read."""
        path = []
        node = root
        while node != body and node.parent is not None:
            node = node.parent
            path.append(node)
        look: Look | None = Look()
        for each in reversed(path):
            look = self._inside(each, look) if look is not None else None
        return look

    def _open(self, node: LexborNode, look: Look) -> Look | None:
        """Take a node in; → how text in it looks, None where nothing below it is to be read."""
        tag = node.tag or ""
        if tag == "-text":
            raw = node.text_content or ""
            kind = look.hides_text()
            if kind is None or raw.isspace() or self.hidden.take(kind, raw):
                self._text.append(raw if self._kinds[-1][0] == "code" else _WHITE.sub(" ", raw))
            return None
        if tag == "br":
            self._text.append("\n")
            return None
        if tag == "-comment":
            self._beside("comment", node.comment_content or "")
            return None
        if tag == "img":
            self._beside("alternative", node.attributes.get("alt") or "")
            return None
        if tag.startswith("-") or tag in NO_TEXT:
            return None
        inner = self._inside(node, look)
        if inner is not None and tag in _BLOCKS:
            self._open_block(node, tag)
        return inner

    def _inside(self, node: LexborNode, look: Look) -> Look | None:
        """How text in an element looks; None where it is out of sight and not to be read."""
        if (node.attributes.get("role") or "").lower() == "navigation":
            return None
        kind, inner = self.rules.hides(node, look)
        if kind is None or not look.judged:
            return inner
        text = _all_text(node)
        if not self.hidden.take(kind, text):
            return None
        if node.tag == "template":
            self._text.append(f" {text} ")
        return replace(inner, judged=False)

    def _beside(self, kind: HiddenKind, text: str) -> None:
        """Note text that stands beside the page's own, and take it in where that is wanted."""
        if re.match(r"\s*\[(?:if|endif)\b", text):
            return  # a condition that only an old browser reads
        if re.search(r"\w", text) and self.hidden.take(kind, text):
            self._text.append(f" {text} ")

    def _open_block(self, node: LexborNode, tag: str) -> None:
        self._flush()
        heading = _HEADING.fullmatch(tag)
        kind, level = self._kinds[-1]
        if heading:
            kind, level = "heading", int(heading[1])
        elif tag == "pre":
            kind, level = "code", 0
        elif tag == "li":
            kind, level = "list", 0
            self._marker = self._next_marker()
        self._kinds.append((kind, level))
        if tag in ("ul", "ol", "menu", "dir"):
            self._lists.append(_start(node) if tag == "ol" else -1)
        elif tag == "table":
            self._tables.append(_Table(layout=_is_layout(node)))
        elif tag in ("td", "th") and self._tables and not self._tables[-1].layout:
            self._tables[-1].in_cell = True

    def _next_marker(self) -> str:
        if not self._lists or self._lists[-1] < 0:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}. "

    def _close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag not in _BLOCKS:
            return
        table = self._tables[-1] if self._tables else None
        if table is not None and not table.layout and tag in ("td", "th"):
            table.add_cell(self._take(), node)
            table.in_cell = False
        else:
            self._flush()
        self._kinds.pop()
        if tag in ("ul", "ol", "menu", "dir") and self._lists:
            self._lists.pop()
        elif tag == "tr" and table is not None:
            self.builder.add(*table.end_row())
        elif tag == "table" and self._tables:
            self._tables.pop()

    def _take(self) -> str:
        """The text collected so far on one line."""
        text = squeeze("".join(self._text))
        self._text.clear()
        return text

    def _flush(self) -> None:
        """End the block under way. Inside a cell the text goes on collecting: a row is one line."""
        if self._tables and self._tables[-1].in_cell:
            self._text.append(" ")
            return
        if not self._text:
            return
        kind, level = self._kinds[-1]
        raw = clean("".join(self._text))
        self._text.clear()
        if kind == "code":
            self.builder.add("code", raw.strip("\n"))
            return
        if kind == "heading":
            raw = raw.replace("\n", " ")
        for part in _PARAGRAPHS.split(_SPACE.sub(" ", raw)):
            text = _LINES.sub("\n", part).strip()
            if text:
                marker, self._marker = self._marker, ""
                self.builder.add(kind, marker + text if kind == "list" else text, level)


def _all_text(node: LexborNode) -> str:
    """The text below a node without scripts and the like; the content of a template is no child of it."""
    if node.tag == "template":
        inner = (node.html or "").partition(">")[2].rpartition("</")[0]
        return LexborHTMLParser(f"<body>{inner}").text(separator=" ")
    parts: list[str] = []
    pending = [node]
    while pending:
        each = pending.pop()
        if each.tag == "-text":
            parts.append(each.text_content or "")
        elif each.tag not in NO_TEXT:
            pending.extend(reversed(list(each.iter(include_text=True))))
    return " ".join(parts)


def _start(node: LexborNode) -> int:
    value = (node.attributes.get("start") or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 1


def _is_layout(table: LexborNode) -> bool:
    """A table that holds a table or an essay, or says so, arranges the page rather than data."""
    role = (table.attributes.get("role") or "").lower()
    if role in ("presentation", "none") or any(inner != table for inner in table.css("table")):
        return True
    return any(len(cell.text()) > _MAX_CELL for cell in table.css("td"))
