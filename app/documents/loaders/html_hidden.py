"""What a browser would not show: text for machines only is how instructions are planted in a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2.color4 import Color, parse_color

from app.documents.loaders.css import StyleSheets
from app.documents.loaders.hidden import Colour, alike
from app.text.hidden import HiddenKind

NO_TEXT = frozenset(
    re.findall(
        r"\w+",
        """script style noscript svg math iframe object embed canvas audio video map head title meta link nav
        button select datalist textarea input noframes frameset""",
    )
)
"""Elements whose text is no part of the page's: it is neither read nor hidden."""

_FAR, _VERY_FAR = -300, -900
"""Pixels from which something stands outside the window: what is placed, and what is only shifted."""
_TINY = 3.0
_CLEAR = 0.05
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_UNITS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "rem": 16.0,
          "vw": 12.8, "vh": 8.0}  # fmt: skip
_LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(px|pt|pc|in|cm|mm|q|rem|em|ex|ch|vw|vh|%)?$")
_FONT_SIZE = re.compile(
    r"(?:^|\s)([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?:px|pt|pc|in|cm|mm|rem|em|%|vw|vh)?)(?=/|\s)"
)
_TOKEN = re.compile(r"[a-z-]+\([^()]*(?:\([^()]*\)[^()]*)*\)|#[0-9a-f]+|[a-z]+", re.I)
_CUT = re.compile(
    r"rect\(\s*(?:0|1px)?(?:px)?[\s,]|inset\(\s*(?:50|[6-9]\d|100)%|circle\(\s*0|polygon\(\s*(?:0\s*0\s*,?\s*)+\)"
)
_SHIFTED = re.compile(r"translate(?:x|y|3d)?\([^)]*-\d{3,}(?:px|%|vw|vh|em|rem)")
_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True)
class Look:
    """How text in an element looks. None: not known, so that it counts as seen."""

    ink: Colour | None = (0, 0, 0)
    ground: Colour | None = _WHITE
    clear: bool = False  # no ink at all
    size: float = 16.0  # pixels
    shown: bool = True  # visibility
    judged: bool = True  # False inside of what is read although it is hidden

    def hides_text(self) -> HiddenKind | None:
        """Why nobody sees text that looks so."""
        if not self.judged:
            return None
        if not self.shown:
            return "invisible"
        if self.size < _TINY:
            return "tiny"
        if self.clear:
            return "transparent"
        return "colour" if self.ink is not None and self.ground is not None and alike(self.ink, self.ground) else None


class HiddenRules:
    """Judges the elements of one page, from the outermost in."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._sheets = StyleSheets(tree)

    def hides(self, node: LexborNode, look: Look) -> tuple[HiddenKind | None, Look]:
        """Why nobody sees the element or anything in it, and how its text looks; `look` is that of what is round it."""
        attributes = node.attributes
        style = self._sheets.of(node, attributes.get("style") or "")
        if not attributes and not style:
            return ("not_displayed" if node.tag in ("template", "dialog") else None), look
        kind = _out_of_sight(node.tag or "", attributes, style)
        return kind, _dressed(look, attributes, style)


def _out_of_sight(tag: str, attributes: Mapping[str, str | None], style: Mapping[str, str]) -> HiddenKind | None:
    closed = tag == "template" or (tag == "dialog" and "open" not in attributes)
    if "hidden" in attributes and (attributes["hidden"] or "").lower() != "until-found":
        closed = True
    if style.get("display", "none" if closed else "").split(" ")[0] == "none":
        return "not_displayed"
    if style.get("content-visibility") == "hidden":
        return "not_displayed"
    opacity = _LENGTH.match(style.get("opacity", "1"))
    if (opacity and float(opacity[1]) / (100 if opacity[2] == "%" else 1) < _CLEAR) or "opacity(0" in style.get(
        "filter", ""
    ):
        return "transparent"
    far = _FAR if style.get("position", "") in ("absolute", "fixed") else _VERY_FAR
    if any((_pixels(style.get(name, "")) or 0) < far for name in ("left", "top", "right", "bottom")):
        return "off_page"
    if any((_pixels(style.get(name, "")) or 0) < _VERY_FAR for name in ("text-indent", "margin-left", "margin-top")):
        return "off_page"
    if _SHIFTED.search(style.get("transform", "")):
        return "off_page"
    return _cut_off(style) or ("not_spoken" if (attributes.get("aria-hidden") or "").lower() == "true" else None)


def _cut_off(style: Mapping[str, str]) -> HiddenKind | None:
    if re.search(r"scale(?:x|y|3d)?\(\s*0?(?:\.0+)?\s*[,)]", style.get("transform", "")):
        return "tiny"
    if _CUT.search(style.get("clip-path", "")) or ("position" in style and _CUT.search(style.get("clip", ""))):
        return "clipped"
    if style.get("overflow", "").split(" ")[0] in ("hidden", "clip"):
        sides = [
            min((size for name in names if (size := _pixels(style.get(name, ""))) is not None), default=None)
            for names in (("height", "max-height"), ("width", "max-width"))
        ]
        if any(side is not None and side <= 0 for side in sides) or all(
            side is not None and side <= 1 for side in sides
        ):
            return "clipped"
    return None


def _dressed(look: Look, attributes: Mapping[str, str | None], style: Mapping[str, str]) -> Look:
    """The look of an element in another one."""
    ink = style.get("-webkit-text-fill-color") or style.get("color") or _attribute(attributes, "color", "text")
    ground = style.get("background-color") or _attribute(attributes, "bgcolor")
    painted = f"{style.get('background', '')} {style.get('background-image', '')}"
    if ink and ink not in ("inherit", "currentcolor", "unset"):
        rgba = _parsed(ink)
        if isinstance(rgba, Color):
            look = replace(look, ink=_rgb(rgba), clear=rgba.alpha < _CLEAR)
        else:
            look = replace(look, ink=None, clear=False)
    if "url(" in painted or "gradient(" in painted:
        look = replace(look, ground=None)
    elif ground or painted.strip():
        look = replace(look, ground=_behind(ground or _colour_in(painted), look.ground))
    if "text" in f"{style.get('background-clip', '')} {style.get('-webkit-background-clip', '')}":
        look = replace(look, ink=None, clear=False)  # the letters are filled with the background
    if visibility := style.get("visibility"):
        look = replace(look, shown=visibility not in ("hidden", "collapse"))
    size = style.get("font-size") or (found[1] if (found := _FONT_SIZE.search(style.get("font", ""))) else "")
    return replace(look, size=_font_size(size, look.size)) if size else look


@lru_cache(maxsize=4096)
def _parsed(value: str) -> Color | str | None:
    """A page says the same few colours many times."""
    return parse_color(value)


def _attribute(attributes: Mapping[str, str | None], *names: str) -> str:
    found = next((attributes[name] for name in names if name in attributes), None) or ""
    return f"#{found}" if re.fullmatch("[0-9a-fA-F]{6}", found) else found.strip().lower()


def _rgb(colour: Color) -> Colour | None:
    """None for a colour space that tinycss2 does not convert."""
    try:
        red, green, blue = (round(max(0.0, min(each or 0.0, 1.0)) * 255) for each in colour.to("srgb").coordinates)
    except NotImplementedError:
        return None
    return red, green, blue


def _colour_in(value: str) -> str:
    """The colour among the parts of a `background`."""
    return next((part for part in _TOKEN.findall(value) if _parsed(part) is not None), "")


def _behind(value: str, before: Colour | None) -> Colour | None:
    """The ground below text: a colour that can be seen through is mixed with what lies behind it."""
    rgba = _parsed(value) if value else None
    if not isinstance(rgba, Color):
        return before if value in ("", "inherit", "none", "unset", "initial") else None
    own = _rgb(rgba)
    if rgba.alpha >= 1 or own is None:
        return own
    if rgba.alpha <= 0:
        return before
    if before is None:
        return None
    mixed = (round(each * rgba.alpha + under * (1 - rgba.alpha)) for each, under in zip(own, before, strict=True))
    red, green, blue = mixed
    return red, green, blue


def _pixels(value: str) -> float | None:
    """A length in pixels, or None; percent and em as if of a line of 16 pixels."""
    found = _LENGTH.match(value)
    if not found:
        return None
    number = min(max(float(found[1]), -1e9), 1e9)
    return number * (_UNITS.get(found[2] or "", 16.0) if found[2] != "%" else 12.8)


def _font_size(value: str, outer: float) -> float:
    if value in _SIZES:
        return _SIZES[value]
    found = _LENGTH.match(value)
    if not found:
        return outer
    number = min(float(found[1]), 1e6)
    if found[2] in ("em", "%", "ex", "ch"):
        return outer * number / {"em": 1, "%": 100}.get(found[2], 2)
    return number * _UNITS.get(found[2] or "", 1.0)
