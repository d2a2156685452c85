"""What the text of an answer is made of, for the widgets that draw it: paragraphs, code and tables of spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]
ParagraphKind = Literal["text", "heading", "item", "rule"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one look. `cite` is the number of a source, and then there is no text."""

    text: str = ""
    bold: bool = False
    italic: bool = False
    code: bool = False
    strike: bool = False
    link: str = ""
    cite: int = 0
    unsupported: bool = False
    flag: bool = False
    """Stands for the chip "Not from your documents"."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of thought in a text block; `level` is the heading's level or the depth of the list."""

    spans: tuple[Span, ...]
    kind: ParagraphKind = "text"
    level: int = 0
    marker: str = ""  # "•" or "3."; "" for a later paragraph of the same item
    quote: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, a heading, an item of a list or a quote. `continues`: it goes on where the text before ended."""

    paragraphs: tuple[Paragraph, ...]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced or indented code block. `open` while its end is still to come."""

    text: str
    language: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `continues` says that the rows belong under the table before."""

    header: tuple[tuple[Span, ...], ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    aligns: tuple[Align, ...]
    continues: bool = False


Block = Text | Code | Table
