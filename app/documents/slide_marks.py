"""Where words of a slide stand on its drawn page: another program drew it, so that no offset counts, only the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from app.documents.loaders.boxes import union
from app.documents.loaders.pdf_lines import read_lines
from app.documents.loaders.pdf_spoken import opened
from app.documents.loaders.pdfium import Document
from app.documents.loaders.source import read_source
from app.types import Box

_WORD = re.compile(r"[^\W_]+")
MOST_ON_PAGE = 5000
MOST_WANTED = 600
"""Words that are compared: a slide has a hundred, and comparing takes the product of the two."""
ENOUGH = 0.5
"""Share of the words of a line that must be found for it to be marked."""

_Word = tuple[str, int, tuple[int, ...]]
"""A word of the page, the line it stands on, and pdfium's characters of it."""


def word_boxes(path: str, page: int, text: str) -> tuple[Box, ...]:
    """The boxes of the lines of `text` on a page of a PDF, as far as their words stand there in their order.

    Raises:
        BadFile: the file cannot be read.
    """
    with Document(read_source(path), "") as document, opened(document, page) as shown:
        if shown is None:
            return ()
        lines = read_lines(shown, read_hidden=True, drawn=False).lines
        words = _words_of([(cell.text, cell.index, at) for at, line in enumerate(lines) for cell in line.cells])
        boxes: list[Box] = []
        left = MOST_WANTED
        for line in text.splitlines():
            wanted = [match.casefold() for match in _WORD.findall(line)][:left]
            left -= len(wanted)
            for run in found_runs(wanted, [word[0] for word in words]):
                for row in sorted({words[at][1] for at in run}):
                    box = union([shown.char_boxes(i, i) for at in run if words[at][1] == row for i in words[at][2]])
                    boxes.append(Box(box.left, lines[row].box.top, box.right, lines[row].box.bottom))
        return tuple(dict.fromkeys(boxes))


def found_runs(wanted: Sequence[str], words: Sequence[str]) -> list[range]:
    """Where runs of the wanted words stand among the words of a page; none where too few of them do."""
    if not wanted:
        return []
    matcher = SequenceMatcher(None, words, wanted, autojunk=False)
    least = min(2, len(wanted))  # a word on its own, like "the", is found everywhere
    runs = [range(block.a, block.a + block.size) for block in matcher.get_matching_blocks() if block.size >= least]
    return runs if sum(map(len, runs)) >= ENOUGH * len(wanted) else []


def _words_of(cells: Sequence[tuple[str, Sequence[int], int]]) -> list[_Word]:
    words: list[_Word] = []
    for text, index, line in cells:
        for match in _WORD.finditer(text):
            characters = tuple(at for at in index[match.start() : match.end()] if at >= 0)
            if characters and len(words) < MOST_ON_PAGE:
                words.append((match.group().casefold(), line, characters))
    return words
