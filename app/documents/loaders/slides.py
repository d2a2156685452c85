"""How a slide is written, whatever program made it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.parsed import BlockKind

_MAX_HEADING = 90  # characters of a first line that stands in for a title
_TYPED = re.compile(r"(?:\d{1,3}[.)]|[-–•])\s")


def item(marker: str, text: str) -> str:
    """An item of a list; a marker that somebody has typed stands alone."""
    return text if _TYPED.match(text) else f"{marker} {text}"


def headed(body: list[tuple[BlockKind, str]], title: str, number: int) -> Iterator[tuple[BlockKind, str]]:
    """A slide begins with a heading of its own, or its text would stand under the title of the one before."""
    if not body:
        if title:  # as a heading alone it would be found with what follows it, which is another slide
            yield from (("heading", f"Slide {number}"), ("paragraph", title))
        return
    kind, first = body[0]
    if not title and kind == "paragraph" and len(body) > 1 and len(first) <= _MAX_HEADING and "\n" not in first:
        title, body = first, body[1:]
    yield "heading", title or f"Slide {number}"
    yield from body
