"""Markdown: the text stays the source text; markdown-it says which lines are headings, items, rows and code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.documents.loaders.builder import check_length, no_text
from app.documents.loaders.decode import decode
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean
from app.documents.loaders.markdown_hidden import TAG, without_hidden
from app.text.parsed import Block, BlockKind, Parsed

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)\n(---|\+\+\+|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_FRONT_TITLE = re.compile(r"^title\s*[:=]\s*[\"']?(.+?)[\"']?\s*$", re.M | re.I)
_HIDDEN_HTML = re.compile(r"\s*<(script|style|template|iframe|svg)\b", re.I)
_HEADING_MARKS = re.compile(r"[ ]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$")
_EMPTY_FIRST = re.compile(r"\s*(\|\s*\|)")
_ROW_EDGE = " \t|"


def _parser() -> MarkdownIt:
    """Blocks only: inline markup is not needed for spans, and leaving it out is most of the time saved."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def load_markdown(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read Markdown (CommonMark and tables), without front matter and comments; `password` is unused.

    Raises:
        BadFile: binary (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    hidden = HiddenTexts(read_hidden)
    text = clean(hidden.shown(decode(data)))
    check_length(len(text))
    title = ""
    front = _FRONT_MATTER.match(text)
    if front:
        found = _FRONT_TITLE.search(front[2])
        title = found[1] if found else ""
        text = ("" if not hidden.take("metadata", front[2]) else f"{front[2]}\n\n") + text[front.end() :]
    text = without_hidden(text, hidden).strip("\n")
    blocks = tuple(_blocks(text))
    if not blocks:
        raise no_text(hidden=hidden.found())
    title = title or next((text[b.start : b.end] for b in blocks if b.kind == "heading"), "")
    return Parsed("markdown", text, blocks, title=title, hidden=hidden.found())


def _blocks(text: str) -> Iterator[Block]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    tokens = _parser().parse(text)
    list_depth = 0
    in_head = False
    for position, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            list_depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            list_depth -= 1
        elif token.type in ("thead_open", "thead_close"):
            in_head = token.type == "thead_open"
        found = _block_of(token, tokens, position, list_depth, in_head)
        if found is None or token.map is None:
            continue
        kind, level = found
        block = _trim(text, kind, starts[token.map[0]], min(starts[token.map[1]], len(text) + 1) - 1, level)
        if block is not None:
            yield block


def _block_of(
    token: Token, tokens: list[Token], position: int, list_depth: int, in_head: bool
) -> tuple[BlockKind, int] | None:
    """Kind and level of the leaf that begins at this token, or None for containers and what a reader never sees."""
    if token.type == "heading_open":
        return "heading", int(token.tag[1])
    if token.type == "tr_open":
        return ("header_row" if in_head else "row"), 0
    if token.type in ("fence", "code_block"):
        return "code", 0
    if token.type == "html_block":
        visible = not _HIDDEN_HTML.match(token.content) and TAG.sub("", token.content).strip()
        return ("paragraph", 0) if visible else None
    if token.type == "paragraph_open":
        return ("list" if list_depth else "paragraph"), 0
    return None


def _trim(text: str, kind: BlockKind, start: int, end: int, level: int) -> Block | None:
    """The span without white space, heading marks and the outer bars of a row."""
    if kind == "heading":
        first = text[start:end].split("\n", 1)[0]
        marks = _HEADING_MARKS.match(first)
        end = start + len(first) if marks else start + text[start:end].rstrip().rfind("\n")
        start += marks.end() if marks else 0
        edge = " \t#" if marks else " \t\n"
    else:
        edge = _ROW_EDGE + "\n" if kind in ("row", "header_row") else " \t\n"
    span = text[start:end]
    empty = _EMPTY_FIRST.match(span) if kind in ("row", "header_row") else None  # its bars say that it is there
    start += empty.start(1) if empty else len(span) - len(span.lstrip(edge if kind != "code" else "\n"))
    end = start + len(text[start:end].rstrip(edge))
    return Block(kind, start, end, level) if start < end else None
