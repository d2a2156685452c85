"""Where a slide's shapes stand, and which of them nobody sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml.etree import _Element
from pptx.oxml.ns import qn
from pptx.shapes.base import BaseShape
from pptx.shapes.group import GroupShape
from pptx.shapes.shapetree import SlideShapeFactory
from pptx.types import ProvidesPart

from app.documents.loaders.reading_order import Box

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DECK = frozenset(map(qn, ("p:sp", "p:grpSp", "p:graphicFrame", "p:pic", "p:cxnSp")))
_MAX_DEPTH = 30  # groups in groups


class Frame(NamedTuple):
    """How the coordinates inside a group become those of the slide."""

    x: float = 0
    y: float = 0
    across: float = 1
    down: float = 1


class Placed(NamedTuple):
    """A shape with its place; None where neither it nor its layout says one."""

    shape: BaseShape
    box: Box | None


def placed_shapes(tree: _Element, parent: ProvidesPart, frame: Frame) -> list[Placed]:
    """The shapes of a slide or a group; of alternatives the first, which the others say again for older programs."""
    return [Placed(shape, _box(shape, frame)) for shape in _shapes(tree, parent, 0)]


def _shapes(tree: _Element, parent: ProvidesPart, depth: int) -> Iterator[BaseShape]:
    for child in tree:
        if child.tag in _DECK:
            yield SlideShapeFactory(child, parent)
        elif child.tag == f"{_MC}AlternateContent" and depth < _MAX_DEPTH:
            chosen = next(iter(child), None)
            if chosen is not None:
                yield from _shapes(chosen, parent, depth + 1)


def _box(shape: BaseShape, frame: Frame) -> Box | None:
    try:
        left, top, width, height = shape.left, shape.top, shape.width, shape.height
    except (KeyError, AttributeError):
        return None  # a placeholder whose layout is missing
    if left is None or top is None or width is None or height is None:
        return None
    x, y = frame.x + left * frame.across, frame.y + top * frame.down
    return Box(x, y, x + width * frame.across, y + height * frame.down)


def inside(group: GroupShape, box: Box | None) -> Frame:
    """The frame of a group's own coordinates (ECMA-376 part 1, 20.1.7.5)."""
    form = group._element.find(f"{qn('p:grpSpPr')}/{qn('a:xfrm')}")
    start, extent = (form.find(qn(f"a:{tag}")) if form is not None else None for tag in ("chOff", "chExt"))
    if box is None or start is None or extent is None:
        return Frame()
    wide, high = int(extent.get("cx", 0)), int(extent.get("cy", 0))
    across = (box.right - box.left) / wide if wide else 1
    down = (box.bottom - box.top) / high if high else 1
    return Frame(box.left - int(start.get("x", 0)) * across, box.top - int(start.get("y", 0)) * down, across, down)


def is_unseen(placed: Placed, width: float, height: float) -> bool:
    """Whether a shape is switched off or stands beside its slide."""
    named = next(placed.shape._element.iter(qn("p:cNvPr")), None)
    if named is not None and named.get("hidden") in ("1", "true"):
        return True
    return placed.box is not None and placed.box.is_beside(width, height)
