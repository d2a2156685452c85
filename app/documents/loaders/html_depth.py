"""Keeps a page from nesting so deep that the parser takes quadratic time: browsers stop at 512 levels too."""

from __future__ import annotations

import re

MAX_DEPTH = 1000

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)>")
_NOT_NESTING = frozenset(
    re.findall(
        r"\w+",
        """area base br col embed hr img input link meta param source track wbr p li dt dd tr td th thead tbody tfoot
        option colgroup caption html head body""",
    )
)
"""Elements without content, and those that the next one of their kind ends."""

_MAY_HIDE = re.compile(r"\b(?:hidden|style|class|id)\b", re.I)


def flattened(page: str) -> str:
    """The page without the tags that stand too deep; their text stays, but for elements that may be hidden ones."""
    if not _is_deep(page):
        return page
    parts: list[str] = []
    depth = done = 0
    skipped, inside = "", 0  # an element that is left out with what it holds, and how many of its kind are open
    for tag in _TAG.finditer(page):
        name = tag[2].lower()
        if name in _NOT_NESTING:
            continue
        opening = not tag[1]
        depth = depth + 1 if opening else max(depth - 1, 0)
        if skipped:
            inside += (1 if opening else -1) if name == skipped else 0
            if not inside:
                skipped, done = "", tag.end()
        elif depth + (not opening) > MAX_DEPTH:
            parts.append(page[done : tag.start()])
            done = tag.end()
            if opening and (_MAY_HIDE.search(tag[3]) or name in ("dialog", "template")):
                skipped, inside = name, 1
    return "".join(parts) + ("" if skipped else page[done:])


def _is_deep(page: str) -> bool:
    depth = 0
    for tag in _TAG.finditer(page):
        if tag[2].lower() not in _NOT_NESTING:
            depth = max(depth + (-1 if tag[1] else 1), 0)
            if depth > MAX_DEPTH:
                return True
    return False
