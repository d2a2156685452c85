"""Cuts a document's text into passages that know their headings: prose, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trainer.spec import TextDocument

LONGEST = 900
"""Characters of a passage of prose: about what the chat shows the model for one source."""
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_NUMBERED = re.compile(r"^((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*\.?|Annex [A-Z]|§ ?\d+)\s+(?=\D)")
_ITEM = re.compile(r"^\s*(?:[-*•–]|\d{1,3}[.)])\s+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|No|Nr|Dr|Mr|Mrs|Ms|St|approx|z\.B|d\.h|bzw|ca|Abs|Art|incl|max|min)\.|\b\w\.)$"
)


@dataclass(frozen=True)
class Passage:
    """A stretch of one document. `start` and `end` are code points of the document's text."""

    document: int  # number in the list of documents
    title: str
    heading: str  # "" under none; without its number
    kind: Literal["prose", "list", "table"]
    text: str
    start: int
    end: int

    @property
    def searched(self) -> str:
        """What a search looks through."""
        return f"{self.title}\n{self.heading}\n{self.text}"

    @property
    def place(self) -> str:
        """For people and prompts."""
        return ", ".join(filter(None, (self.title, self.heading)))

    @property
    def rows(self) -> list[list[str]]:
        """Cells of a table's rows, the header first."""
        return [cells(line) for line in self.text.splitlines() if not _is_rule(line)]

    @property
    def items(self) -> list[str]:
        """A list's entries without their marks."""
        return [_ITEM.sub("", line).strip() for line in self.text.splitlines() if line.strip()]


def cells(line: str) -> list[str]:
    """A table row's cells."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _is_rule(line: str) -> bool:
    return bool(re.fullmatch(r"[\s|:=-]+", line)) and "-" in line


def cut(document: TextDocument, number: int) -> list[Passage]:
    """The passages of one document."""
    return list(_Cutter(document, number).run())


def sentences(text: str) -> list[str]:
    """The sentences of a text, line breaks as spaces."""
    flat = " ".join(text.split())
    found, begin = [], 0
    for end in re.finditer(r"[.!?][”\"')]?(?=\s+[\"“(A-ZÀ-ÖØ-ÞĀ-Ž0-9])|[。！？]", flat):
        if _ABBREVIATION.search(flat[begin : end.start() + 1]):
            continue
        found.append(flat[begin : end.end()].strip())
        begin = end.end()
    return [*found, *filter(None, [flat[begin:].strip()])]


class _Cutter:
    def __init__(self, document: TextDocument, number: int) -> None:
        self._text, self._number = document.text, number
        self._title, self._heading = "", ""
        self._fallback = re.sub(r"[-_]+", " ", re.sub(r"\.\w{2,5}$", "", document.name))
        self._open: list[tuple[int, int]] = []

    def run(self) -> Iterator[Passage]:
        for start, end in self._blocks():
            block = self._text[start:end]
            if (heading := self._as_heading(block)) is not None:
                yield from self._flush()
                self._take_heading(heading)
            elif (kind := _kind(block)) != "prose":
                yield from self._flush()
                if kind != "noise":
                    yield self._passage(kind, start, end)
            else:
                if self._open and end - self._open[0][0] > LONGEST:
                    yield from self._flush()
                self._open.append((start, end))
        yield from self._flush()

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Spans between blank lines; a heading stands alone, and front matter is passed over."""
        front = re.match(r"\s*---\n.*?\n---\n", self._text, re.DOTALL)
        for match in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", self._text[front.end() if front else 0 :]):
            begin = match.start() + (front.end() if front else 0)
            first, _, rest = match[0].partition("\n")
            if _HEADING.match(first) and rest.strip():
                yield begin, begin + len(first)
                yield begin + len(first) + 1, begin + len(match[0].rstrip())
            else:
                yield begin, begin + len(match[0].rstrip())

    def _as_heading(self, block: str) -> str | None:
        if marked := _HEADING.match(block):
            return marked[2]
        plain = "\n" not in block and len(block) <= 90 and len(block.split()) <= 12 and any(c.isalpha() for c in block)
        if plain and not re.search(r"[.!?:;,|。]$|: |\|", block) and not _ITEM.match(block):
            return block
        numbered = _NUMBERED.match(block) and plain and "|" not in block and not block.endswith((".", ":", ";", ","))
        return block if numbered else None

    def _take_heading(self, heading: str) -> None:
        plain = _NUMBERED.sub("", heading).strip() or heading
        if not self._title:
            self._title = plain
        else:
            self._heading = plain

    def _flush(self) -> Iterator[Passage]:
        if self._open:
            yield self._passage("prose", self._open[0][0], self._open[-1][1])
            self._open = []

    def _passage(self, kind: Literal["prose", "list", "table"], start: int, end: int) -> Passage:
        title = self._title or self._fallback
        return Passage(self._number, title, self._heading, kind, self._text[start:end], start, end)


def _kind(block: str) -> Literal["prose", "list", "table", "noise"]:
    lines = block.splitlines()
    piped = sum("|" in line for line in lines)
    if piped == len(lines):
        return "table" if piped >= 2 else "noise"
    if len(lines) >= 2 and sum(bool(_ITEM.match(line)) for line in lines) == len(lines):
        return "list"
    if len(lines) == 1 and _ITEM.match(block):
        return "list"
    return "prose"
