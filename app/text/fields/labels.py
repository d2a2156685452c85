"""What stands where in the lines of a text: labels with the place of their value, in rows, pairs and lines below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from app.text.fields.field import Field
from app.text.words import terms

_NEUTRAL = frozenset(
    word
    for text in ("of the for a an in is your our and der die das des den dem fur von zum zur und im mit",)
    for word in text.split()
)
"""Words that a label may have more or less of."""
_NUMBER_WORDS = frozenset(stem for word in ("number", "no", "nr", "num", "nummer", "numero") for stem in terms(word))
_ITEM = re.compile(r"[\s>#*•·–\-]*(?:\(?[a-z0-9]{1,3}[.)]\s+)?[*_]*")
_BREAK = re.compile(r"[*_]*\s*(?::|=|\t|\s[–—-]\s|\s?\.{3,}|\s{3,})[*_]*\s*")
_SEGMENT = re.compile(r";\s+|\t+|\s{3,}(?=[^\s:]{2,40}(?:\s[^\s:]{1,20}){0,4}\s?:)")
_LABEL = re.compile(r"[^\W\d_][^:|;\n]{1,70}")
LONGEST_LABEL = 60
FEWEST_COLUMNS = 3
"""Of a table whose first row names the columns; one of two has its labels in the first column."""


class Pair(Struct, frozen=True):
    """A label, and where its value stands."""

    label: str
    start: int
    end: int


class Line(Struct, frozen=True):
    """A line without the white space round it."""

    start: int
    end: int


@lru_cache(maxsize=50_000)
def label_key(label: str) -> tuple[str, ...]:
    """By what two labels are one: their words in any order, “Date of invoice” and “Invoice date”."""
    label = re.sub(r"\([^)]*\)|№|#", lambda found: " number " if found.group() in "№#" else " ", label)
    found = ("number" if term in _NUMBER_WORDS else term for term in terms(label) if term not in _NEUTRAL)
    return tuple(sorted(set(found)))


@lru_cache(maxsize=512)
def field_keys(field: Field) -> frozenset[tuple[str, ...]]:
    """The labels of a field as they are compared."""
    return frozenset(key for label in (field.name, *field.labels) if (key := label_key(label)))


def lines_of(text: str) -> list[Line]:
    """Its lines that hold something."""
    return [
        Line(match.start() + len(match[0]) - len(match[0].lstrip()), match.start() + len(match[0].rstrip()))
        for match in re.finditer(r"[^\n]+", text)
        if not match[0].isspace()
    ]


def pairs(text: str) -> Iterator[Pair]:
    """Every label with its value: “Label: value”, rows of two or more cells, values below their label."""
    lines = lines_of(text)
    header: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        cells = row_cells(text, line)
        if len(cells) > 1:
            yield from _row(text, cells, header)
            if len(cells) != len(header):
                header = cells
            continue
        header = []
        own = list(_segments(text, line))
        yield from own
        below = lines[at + 1] if at + 1 < len(lines) else None
        if own or below is None or line.end - line.start > LONGEST_LABEL:
            continue
        if len(row_cells(text, below)) < 2 and next(_segments(text, below), None) is None:
            lead = _ITEM.match(text, line.start, line.end)
            start = lead.end() if lead else line.start
            yield Pair(text[start : line.end].rstrip(" :*_"), below.start, below.end)


def row_cells(text: str, line: Line) -> list[tuple[int, int]]:
    """The spans of the cells of a table's row, empty ones too; one of a line that is none."""
    found: list[tuple[int, int]] = []
    start = line.start
    for bar in [*(m.start() for m in re.finditer(r"(?<!\\)\|", text[line.start : line.end])), line.end - line.start]:
        cell = text[start : line.start + bar]
        left = start + len(cell) - len(cell.lstrip()) if cell.strip() else start
        found.append((left, left + len(cell.strip())))
        start = line.start + bar + 1
    edges = (text[line.start] == "|", text[line.end - 1] == "|")
    return found[edges[0] : len(found) - edges[1]] if len(found) > 1 else found


def _row(text: str, cells: list[tuple[int, int]], header: list[tuple[int, int]]) -> Iterator[Pair]:
    """By the row's own labels, “Label | value | Label | value”, and by the header above."""
    filled = [(a, b) for a, b in cells if a < b]
    for (a, b), (start, end) in pairwise(filled):
        if b - a <= LONGEST_LABEL:
            yield Pair(text[a:b].rstrip(" :*_").lstrip("*_ "), start, end)
    for start, end in filled:
        yield from _segments(text, Line(start, end))
    if len(header) == len(cells) >= FEWEST_COLUMNS and not _alternates(text, cells):
        for (a, b), (start, end) in zip(header, cells, strict=True):
            yield Pair(text[a:b].strip(" :*_"), start, end)


def _alternates(text: str, cells: list[tuple[int, int]]) -> bool:
    """Whether a row is “Label | value | Label | value” rather than one below a header: no label holds a digit."""
    labels = [text[a:b] for a, b in cells[::2]]
    return len(cells) % 2 == 0 and not any(c.isdigit() for label in labels for c in label)


def _segments(text: str, line: Line) -> Iterator[Pair]:
    """“Label: value; Label: value”, “Label ..... value”."""
    start = line.start
    ends = [*(m for m in _SEGMENT.finditer(text, line.start, line.end))]
    for stop, after in [*((m.start(), m.end()) for m in ends), (line.end, line.end)]:
        lead = _ITEM.match(text, start, stop)
        begin = lead.end() if lead else start
        gap = _BREAK.search(text, begin, stop)
        if gap and gap.start() - begin <= LONGEST_LABEL and _LABEL.fullmatch(text, begin, gap.start()):
            yield Pair(text[begin : gap.start()].strip("*_ "), gap.end(), stop)
        start = after
