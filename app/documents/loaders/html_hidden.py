"""What a browser would not show: text for machines only is how instructions are planted in a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_TAGS = frozenset(
    re.findall(
        r"\w+",
        """script style template noscript svg math iframe object embed canvas audio video map head title meta link nav
        button select datalist textarea input noframes frameset""",
    )
)
_BRACE = re.compile("[{}]")
_MAX_SELECTOR = 200
_SIMPLE = re.compile(r"(?:[a-z][\w-]*)?([.#])([\w-]+)", re.I)
_INVISIBLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0?(?:\.0+)?(?:[;%!]|$)|(?:^|;)font-size:0*(?:\.\d*)?[01]?(?:px|pt|em"
    r"|rem|%)?(?:[;!]|$)|(?:left|top|right|bottom|text-indent|margin-left|margin-top):-\d{3,}|clip:rect\(0|clip-path:"
    r"inset\((?:50|100)%|(?:^|;)(?:max-)?(?:height|width):0(?:px)?(?:[;!]|$)|transform:scale\(0\)|color:transparent"
)
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_BACKGROUND = re.compile(r"background(?:-color)?:([^;!]+)")
_WHITE = frozenset({"#fff", "#ffffff", "white", "rgb(255,255,255)", "#fefefe", "rgba(255,255,255,1)"})
_MAX_STYLE = 200_000


class HiddenRules:
    """Knows the classes and ids that the page's own style sheet hides."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._classes: set[str] = set()
        self._ids: set[str] = set()
        for style in tree.css("style"):
            self._read((style.text() or "")[:_MAX_STYLE])

    def _read(self, css: str) -> None:
        """Rules outside @media and the like, with one simple selector: the rest would need a browser."""
        for selectors, body in _rules(css):
            if not _is_invisible(body):
                continue
            for selector in selectors.split(","):
                found = _SIMPLE.fullmatch(selector.strip()[:_MAX_SELECTOR])
                if found:
                    (self._classes if found[1] == "." else self._ids).add(found[2])

    def hides(self, node: LexborNode) -> bool:
        """Whether a reader sees neither this element nor what it holds."""
        if node.tag in _TAGS:
            return True
        attributes = node.attributes
        if not attributes:
            return False
        if "hidden" in attributes or (attributes.get("aria-hidden") or "").strip().lower() == "true":
            return True
        if (attributes.get("role") or "").lower() == "navigation":
            return True
        if self._ids and (attributes.get("id") or "") in self._ids:
            return True
        if self._classes and not self._classes.isdisjoint((attributes.get("class") or "").split()):
            return True
        style = attributes.get("style")
        return bool(style) and _is_invisible(style or "")


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the top level, in one pass: a hostile sheet must not cost quadratic time."""
    depth = 0
    selector = ""
    start = 0
    for mark in _BRACE.finditer(_without_comments(css)):
        text = mark.string[start : mark.start()]
        start = mark.end()
        if mark[0] == "{":
            depth += 1
            selector = text.rpartition(";")[2] if depth == 1 else selector
        else:
            if depth == 1 and "@" not in selector:
                yield selector, text
            depth = max(depth - 1, 0)


def _without_comments(css: str) -> str:
    parts = []
    start = 0
    while (opening := css.find("/*", start)) >= 0:
        parts.append(css[start:opening])
        closing = css.find("*/", opening + 2)
        if closing < 0:
            return "".join(parts)
        start = closing + 2
    return "".join([*parts, css[start:]])


def _is_invisible(style: str) -> bool:
    style = re.sub(r"\s*([:;,(])\s*", r"\1", style.strip().lower())
    if _INVISIBLE.search(style):
        return True
    colour = _COLOUR.search(style)
    if not colour:
        return False
    background = _BACKGROUND.search(style)
    ink = colour[1].strip()
    return ink == background[1].strip() if background else ink in _WHITE
