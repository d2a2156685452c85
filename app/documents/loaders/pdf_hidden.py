"""Text in a PDF that no reader sees: white, tiny, transparent, covered, off the page. Text behind a scan stays."""

from __future__ import annotations

from bisect import bisect_right
from ctypes import byref, c_int, c_uint

import pypdfium2.raw as raw

from app.documents.loaders import pdfium
from app.documents.loaders.pdfium import Page
from app.types import Box

_INVISIBLE = raw.FPDF_TEXTRENDERMODE_INVISIBLE
_CLIP = raw.FPDF_TEXTRENDERMODE_CLIP
_TINY = 1.0 / 700
"""Type size as a share of the page's height: 1.2 pt on A4, where the smallest print of contracts is 4 pt."""

_RECTANGLE = 5  # segments of a path: one move and four lines
_WHITE = 245  # each of red, green, blue at least so much
_CLEAR = 13  # alpha below 5 %
_MAX_OBJECTS = 20_000
"""Page objects to look at for the background of a suspect text; on a page with more it is given the benefit."""

_MOST = 0.6  # of the page's area

_MAX_COVERS = 3000
"""The same when looking for a cover, which every text has to be asked about."""


class Hidden:
    """Judges the text objects of one page. The page's pictures and fills are listed only when a text is suspect."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._count: int = pdfium.count_objects(page.handle)
        self._crowded = self._count > _MAX_OBJECTS
        self._shapes: list[tuple[int, bool, bool, Box]] | None = None  # order, picture, light, box
        self._covers: list[tuple[int, Box]] = []  # order, box
        self._order: dict[int, int] = {}
        self._rgba = [c_uint() for _ in range(4)]
        self._refs = [byref(value) for value in self._rgba]

    def hides(self, handle: int, index: int, size: float, box: Box) -> bool:
        """Whether the text object is out of sight; `box` is that of its first character, `size` its type size."""
        frame = self._page.frame
        if size < frame.height * _TINY and box.bottom - box.top < 2 * frame.height * _TINY:
            return True
        sound = frame.width > 0 and frame.height > 0
        if sound and (box.right < 0 or box.bottom < 0 or box.left > frame.width or box.top > frame.height):
            return True
        mode = pdfium.text_mode(handle)
        if mode in (_INVISIBLE, _CLIP):
            return not self._behind_picture(box)
        if not pdfium.char_fill(self._page.text, index, *self._refs):
            return False
        red, green, blue, alpha = (value.value for value in self._rgba)
        if alpha < _CLEAR:
            return not self._behind_picture(box)
        if min(red, green, blue) >= _WHITE:
            return not self._on_dark(handle, box)
        return self._is_covered(handle, box)

    def has_pictures(self) -> bool:
        """Whether the page holds pictures; without text they are a scan."""
        page = self._page.handle
        kinds = (pdfium.object_type(pdfium.page_object(page, i)) for i in range(min(self._count, _MAX_OBJECTS)))
        return any(kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_SHADING) for kind in kinds)

    def is_pictured(self) -> bool:
        """Whether one picture fills most of the page."""
        frame = self._page.frame
        boxes = [shape for _, picture, _, shape in self._list() if picture] if not self._crowded else []
        areas = [(box.right - box.left) * (box.bottom - box.top) for box in boxes]
        return max(areas, default=0.0) > _MOST * frame.width * frame.height

    def _behind_picture(self, box: Box) -> bool:
        """Scanners put the recognised text, unseen, behind or before the picture of the page."""
        return self._crowded or any(picture and _holds(shape, box) for _, picture, _, shape in self._list())

    def _on_dark(self, handle: int, box: Box) -> bool:
        """White text is read on the last shape drawn below it, if that is dark or a picture."""
        if self._crowded:
            return True
        order = self._order_of(handle)
        light = True
        for position, picture, is_light, shape in self._list():
            if position < order and _holds(shape, box):
                light = is_light and not picture
        return not light

    def _is_covered(self, handle: int, box: Box) -> bool:
        """An opaque rectangle was drawn over the text later. Pictures do not count: many are mostly transparent."""
        if self._count > _MAX_COVERS:
            return False
        self._list()
        order = self._order_of(handle)
        later = bisect_right(self._covers, order, key=lambda cover: cover[0])
        return any(_holds(shape, box) for _, shape in self._covers[later:])

    def _order_of(self, handle: int) -> int:
        """When the text was drawn; text inside a form counts as drawn last, so that it is never judged covered."""
        self._list()
        return self._order.get(handle, 1 << 30)

    def _list(self) -> list[tuple[int, bool, bool, Box]]:
        if self._shapes is not None:
            return self._shapes
        shapes: list[tuple[int, bool, bool, Box]] = []
        page = self._page.handle
        for position in range(self._count):
            handle = pdfium.page_object(page, position)
            kind = pdfium.object_type(handle)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._order[handle] = position
                continue
            picture = kind != raw.FPDF_PAGEOBJ_PATH
            fill = None if picture else self._fill(handle)
            if not picture and fill is None:
                continue
            box = self._page.frame.box(*pdfium.bounds_of(handle))
            shapes.append((position, picture, bool(fill and min(fill) >= _WHITE), box))
            if not picture and pdfium.count_segments(handle) <= _RECTANGLE and not pdfium.is_transparent(handle):
                self._covers.append((position, box))
        self._shapes = shapes
        return shapes

    def _fill(self, handle: int) -> tuple[int, int, int] | None:
        """Colour of a filled, opaque path; None for lines and veils."""
        mode, stroke = c_int(), c_int()
        pdfium.path_mode(handle, byref(mode), byref(stroke))
        if mode.value == raw.FPDF_FILLMODE_NONE or not pdfium.object_fill(handle, *self._refs):
            return None
        red, green, blue, alpha = (value.value for value in self._rgba)
        return (red, green, blue) if alpha > 200 else None


def _holds(shape: Box, box: Box) -> bool:
    """Whether the middle of a character lies within a shape."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return shape.left <= x <= shape.right and shape.top <= y <= shape.bottom
