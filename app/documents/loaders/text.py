"""Plain text: paragraphs, list items and headings are recognised by how people type them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.loaders.builder import check_length, no_text
from app.documents.loaders.decode import decode
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean
from app.text.parsed import Block, BlockKind, Parsed

_ITEM = re.compile(r"\s*(?:[-*+•‣▪◦–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_UNDERLINE = re.compile(r"\s*(={3,}|-{3,}|~{3,}|\*{3,})\s*")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?\s+\S")
_MAX_HEADING = 80
_WRAP_WIDTHS = range(40, 133)
"""Widths that people and mail programs wrap at; longer lines are paragraphs, shorter ones verse or lists."""


def load_text(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read plain text of any encoding; `password` is unused.

    Raises:
        BadFile: binary (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    hidden = HiddenTexts(read_hidden)
    text = clean(hidden.shown(decode(data))).strip("\n")
    check_length(len(text))
    blocks: list[Block] = []
    joins: list[int] = []
    for paragraph in _paragraphs(text):
        _read_paragraph(paragraph, blocks, joins)
    if not blocks:
        raise no_text(hidden=hidden.found())
    title = next((text[b.start : b.end] for b in blocks if b.kind == "heading"), "")
    return Parsed("text", _join(text, joins), tuple(blocks), title=title, hidden=hidden.found())


class _Line:
    """A line without the white space round it, and where it stands."""

    def __init__(self, text: str, start: int, end: int) -> None:
        raw = text[start:end]
        self.text = raw.strip()
        self.start = start + len(raw) - len(raw.lstrip())
        self.end = self.start + len(self.text)
        self.indent = self.start - start


def _paragraphs(text: str) -> Iterator[list[_Line]]:
    """Runs of lines that no empty line parts."""
    group: list[_Line] = []
    start = 0
    while start <= len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        line = _Line(text, start, stop)
        if line.text:
            group.append(line)
        elif group:
            yield group
            group = []
        start = stop + 1
    if group:
        yield group


def _read_paragraph(lines: list[_Line], blocks: list[Block], joins: list[int]) -> None:
    """The blocks of a paragraph; `joins` gets the line breaks that only a wrap put there."""
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1].text) and len(lines[0].text) <= _MAX_HEADING:
        level = 1 if lines[1].text.startswith("=") else 2
        blocks.append(Block("heading", lines[0].start, lines[0].end, level))
        lines = lines[2:]
    elif len(lines) == 1 and (level := _heading_level(lines[0].text)):
        blocks.append(Block("heading", lines[0].start, lines[0].end, level))
        return
    width = max((len(line.text) + line.indent for line in lines), default=0)
    group: list[_Line] = []
    for line in lines:
        if _UNDERLINE.fullmatch(line.text):
            continue
        if group and not _continues(group[-1], line, width):
            _flush(group, blocks, joins)
            group = []
        group.append(line)
    _flush(group, blocks, joins)


def _continues(before: _Line, line: _Line, width: int) -> bool:
    """Whether the break before `line` is only a wrap: its first word would not have fitted on the line before."""
    if _ITEM.match(line.text) or width not in _WRAP_WIDTHS:
        return False
    first_word = line.text.split(maxsplit=1)[0]
    return before.indent + len(before.text) + 1 + len(first_word) > width


def _flush(group: list[_Line], blocks: list[Block], joins: list[int]) -> None:
    if not group:
        return
    kind: BlockKind = "list" if _ITEM.match(group[0].text) else "paragraph"
    blocks.append(Block(kind, group[0].start, group[-1].end))
    joins.extend(line.end for line in group[:-1])


def _heading_level(line: str) -> int:
    """1 to 6 for a lone line that reads as a heading, else 0."""
    if len(line) > _MAX_HEADING or line[-1] in ".,;:!?":
        return 0
    if _NUMBERED.match(line):
        return min(line.split()[0].rstrip(".").count(".") + 1, 6)
    return 2 if line.isupper() and sum(map(str.isalpha, line)) > 3 else 0


def _join(text: str, joins: list[int]) -> str:
    """Turn wraps into spaces. Every offset stays: a break and the white space round it become as many spaces."""
    if not joins:
        return text
    parts = []
    done = 0
    for position in joins:
        stop = text.index("\n", position) + 1
        parts += [text[done:position], " " * (stop - position)]
        done = stop
    return "".join([*parts, text[done:]])
