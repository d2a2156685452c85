"""Finds headings, lists and tables in a text whose file is not at hand, by how people type them.

A collection hands its documents on as plain text. What Markdown marks is taken by its marks; a heading without one is a
short line alone that ends like no sentence; a line with bars is a row of a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from app.text.parsed import Block, Parsed

LONGEST_HEADING, MOST_WORDS = 90, 12
"""Characters and words of a heading that no mark shows."""
_MARK = re.compile(r"(#{1,6})\s+")
_NUMBERED = re.compile(r"^((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*\.?|Annex [A-Z]|§ ?\d+)\s+(?=\D)")
_NO_HEADING = re.compile(r"[.!?:;,|。]$|: |\|")
_ITEM = re.compile(r"^\s*(?:[-*•–]|\d{1,3}[.)])\s+")
_FRONT_MATTER = re.compile(r"\s*---\n.*?\n---\n", re.DOTALL)
_RULE = re.compile(r"[\s|:=-]+")
_LINE = re.compile(r"[^\n]+")
_FILE_ENDING = re.compile(r"\.\w{2,5}$")


def parse(text: str, name: str = "", pages: Sequence[tuple[int, int]] = ()) -> Parsed:
    """The text with its blocks. Its title is its first heading, or else the file's name without hyphens and ending.

    Args:
        text: of the document; front matter is in no block.
        name: of its file.
        pages: the span of each page, where it has pages.
    """
    blocks = tuple(_blocks(text))
    first = next((text[b.start : b.end] for b in blocks if b.kind == "heading"), "")
    title = bare_heading(first) or re.sub(r"[-_]+", " ", _FILE_ENDING.sub("", name))
    return Parsed("text", text, blocks, pages=tuple(pages), title=title)


def runs_of_lines(text: str, start: int, end: int, kept: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """The spans of lines that follow each other and are all kept; no empty line is."""
    first = last = -1
    for line in _LINE.finditer(text, start, end):
        if not kept(line[0]):
            continue
        if first >= 0 and line.start() != last + 1:
            yield first, last
            first = -1
        first, last = (line.start() if first < 0 else first), line.end()
    if first >= 0:
        yield first, last


def bare_heading(heading: str) -> str:
    """A heading without its number: "4.2 Limits per night" → "Limits per night"."""
    return _NUMBERED.sub("", heading).strip() or heading


def bare_item(item: str) -> str:
    """An entry of a list without its mark."""
    return _ITEM.sub("", item).strip()


def cells(row: str) -> list[str]:
    """The cells of a table's row."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def _blocks(text: str) -> Iterator[Block]:
    front = _FRONT_MATTER.match(text)
    for start, end in runs_of_lines(text, front.end() if front else 0, len(text), lambda line: not line.isspace()):
        end = start + len(text[start:end].rstrip())
        first = text.find("\n", start, end)
        if first >= 0 and (heading := _heading(text, start, first)):
            yield heading
            start = first + 1
        yield from _block(text, start, end)


def _block(text: str, start: int, end: int) -> Iterator[Block]:
    """The blocks of a stretch without empty lines."""
    whole = text[start:end]
    lines = [match.span() for match in _LINE.finditer(text, start, end)]
    piped = sum("|" in text[a:b] for a, b in lines)
    if heading := _heading(text, start, end):
        yield heading
    elif level := _level(whole):
        yield Block("heading", start, end, level)
    elif piped == len(lines):
        if piped > 1:
            yield from _rows(text, lines)
    elif all(_ITEM.match(text[a:b]) for a, b in lines):
        yield from (Block("list", a, b) for a, b in lines)
    else:
        yield Block("paragraph", start, end)


def _heading(text: str, start: int, end: int) -> Block | None:
    """The heading of a line that Markdown marks as one: without its marks, also those at its end."""
    mark = _MARK.match(text, start, end)
    if mark is None or "\n" in text[mark.end() : end]:
        return None
    words = text[mark.end() : end].rstrip().rstrip("#").rstrip()
    return Block("heading", mark.end(), mark.end() + len(words), len(mark[1]))


def _level(block: str) -> int:
    """1 to 6 where a lone line reads as a heading, 0 elsewhere; by its number, "4.2" is one below "4"."""
    if "\n" in block or len(block) > LONGEST_HEADING or len(block.split()) > MOST_WORDS:
        return 0
    if not any(c.isalpha() for c in block) or _NO_HEADING.search(block) or _ITEM.match(block):
        return 0
    numbered = _NUMBERED.match(block)
    return min(6, 2 + numbered[1].rstrip(".").count(".")) if numbered else 2


def _rows(text: str, lines: Sequence[tuple[int, int]]) -> Iterator[Block]:
    header = True
    for start, end in lines:
        if _RULE.fullmatch(text, start, end) and "-" in text[start:end]:
            continue
        yield Block("header_row" if header else "row", start, end)
        header = False
