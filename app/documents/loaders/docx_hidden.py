"""What of a Word file stands where no reader of its pages looks: hidden rows and shapes, comments, properties."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from app.documents.loaders.docx_package import Package, W, flag, number, value
from app.documents.loaders.hidden import HiddenTexts
from app.text.hidden import HiddenKind

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_FAR = 15_000_000
"""English metric units (41 cm) that a shape stands off: on no page."""
_FLAT = 40
"""Twentieths of a point: a row so low shows nothing of its text."""


def hidden_row(row: Element) -> bool:
    """Whether a table's row is hidden, or too low to show anything."""
    properties = row.find(W + "trPr")
    exact = value(properties, "trHeight", "hRule") == "exact"
    return bool(flag(properties, "hidden")) or (exact and number(value(properties, "trHeight"), 999) <= _FLAT)


def hidden_shape(drawing: Element) -> HiddenKind | None:
    """Why nobody sees a drawing with its text boxes."""
    for each in drawing.iter():
        if each.tag == _DRAWING + "docPr" and each.get("hidden") in ("1", "true"):
            return "shape"
        if each.tag == _DRAWING + "posOffset" and abs(number(each.text or "", 0)) > _FAR:
            return "off_page"
        if each.tag.startswith(_VML) and "visibility:hidden" in each.get("style", "").replace(" ", "").lower():
            return "shape"
    return None


def note_properties(package: Package, hidden: HiddenTexts) -> Iterator[str]:
    """What the file says of itself; what is to be read comes out."""
    for text in package.properties():
        if hidden.take("metadata", text):
            yield text
