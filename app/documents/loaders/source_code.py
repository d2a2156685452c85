"""Code and settings (YAML, TOML, INI and many more): the text as it stands, in stretches that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.loaders.builder import check_length, no_text
from app.documents.loaders.decode import decode
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean
from app.text.parsed import Block, Parsed

WHOLE = 1_000
"""Characters up to which neighbours share a block: about what fits into a passage."""
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
_GOES_ON = re.compile(r"[ \t}\])]|end\b|else\b|elif\b|except\b|finally\b|catch\b")
"""How a line begins that belongs to what stands above it."""


def load_code(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read code of any language and encoding; `password` is unused.

    Raises:
        BadFile: binary (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    hidden = HiddenTexts(read_hidden)
    text = clean(hidden.shown(decode(data))).rstrip()
    check_length(len(text))
    blocks = tuple(Block("code", start, end) for start, end in _stretches(text))
    if not blocks:
        raise no_text(hidden=hidden.found())
    return Parsed("code", text, blocks, hidden=hidden.found())


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Functions and sections: parted at empty lines before what is not indented; longer ones at any empty line."""
    start = end = -1
    for unit_start, unit_end in _units(text):
        if start >= 0 and unit_end - start > WHOLE:
            yield from _parts(text, start, end)
            start = -1
        if start < 0:
            start = unit_start
        end = unit_end
    if start >= 0:
        yield from _parts(text, start, end)


def _units(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _BLANK.finditer(text):
        if not _GOES_ON.match(text, gap.end()):
            if text[start : gap.start()].strip():
                yield start, gap.start()
            start = gap.end()
    if text[start:].strip():
        yield start, len(text)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A stretch, or its parts between empty lines where it is too long for one passage."""
    if end - start <= WHOLE:
        yield start, end
        return
    begin = start
    last = -1
    for gap in _BLANK.finditer(text, start, end):
        if gap.start() - begin > WHOLE and last > begin:
            yield begin, _trimmed(text, begin, last)
            begin = last
        last = gap.end()
    if last > begin and end - begin > WHOLE:
        yield begin, _trimmed(text, begin, last)
        begin = last
    if text[begin:end].strip():
        yield begin, end


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
