"""Text in a PDF that no reader sees: tiny, off the page, without ink, in the colour behind it, cut off, covered, on a
layer that is switched off. Text behind a scan stays.

The file says what is in doubt; whether it is seen, the drawn page decides (pdf_drawn.py): colours may be patterns, and
letters a frame for what is drawn in them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from ctypes import byref, c_float, c_int, c_uint

import pypdfium2.raw as raw

from app.documents.loaders import pdfium
from app.documents.loaders.hidden import Colour, alike
from app.documents.loaders.pdf_drawn import inkless, is_plain
from app.documents.loaders.pdfium import Page
from app.text.hidden import HiddenKind
from app.types import Box

_INVISIBLE = raw.FPDF_TEXTRENDERMODE_INVISIBLE
_CLIP = raw.FPDF_TEXTRENDERMODE_CLIP
_STROKED = (raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE_CLIP)
_TINY = 1.0 / 700
"""Type size as a share of the page's height: 1.2 pt on A4, where the smallest print of contracts is 4 pt."""

_RECTANGLE = 5  # segments of a path: one move and four lines
_CLEAR = 13  # alpha below 5 %
_MAX_OBJECTS = 20_000
"""Page objects to look at for the background of a suspect text; on a page with more it is given the benefit."""

_MOST = 0.6  # of the page's area

_MAX_COVERS = 3000
"""The same when looking for a cover, which every text has to be asked about."""

_MAX_CLIP = 200  # segments of a clip to look at
_WHITE: Colour = (255, 255, 255)
_CERTAIN = frozenset[HiddenKind]({"tiny", "off_page", "invisible"})
"""What needs no drawing."""


class Hidden:
    """Judges the text objects of one page. The page's pictures and fills are listed only when a text is suspect."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._count: int = pdfium.count_objects(page.handle)
        self._crowded = self._count > _MAX_OBJECTS
        self._shapes: list[tuple[int, bool, Colour | None, Box]] | None = None  # order, picture, fill, box
        self._covers: list[tuple[int, Box]] = []  # order, box
        self._order: dict[int, int] = {}
        self._frames: set[int] = set()
        """Texts that are a frame for what is drawn in them."""
        self._rgba = [c_uint() for _ in range(4)]
        self._refs = [byref(value) for value in self._rgba]

    def doubt(self, handle: int, index: int, size: float, width: float, box: Box) -> HiddenKind | None:
        """Why nobody may see the text object; `box` is that of its first character, `size` and `width` its type size
        upwards and across."""
        frame = self._page.frame
        least = frame.height * _TINY
        if (size < least and box.bottom - box.top < 2 * least) or (width < least / 4 and size > least):
            return "tiny"
        sound = frame.width > 0 and frame.height > 0
        if sound and (box.right < 0 or box.bottom < 0 or box.left > frame.width or box.top > frame.height):
            return "off_page"
        mode = pdfium.text_mode(handle)
        if mode in (_INVISIBLE, _CLIP):
            if mode == _CLIP:
                self._frames.add(handle)
            return None if self._behind_picture(box) else "invisible" if mode == _INVISIBLE else "clipped"
        return self._by_ink(handle, index, box, mode) or self._by_place(handle, box)

    def seen_after_all(self, kinds: Mapping[int, HiddenKind], boxes: Mapping[int, Box], drawn: bool) -> Iterable[int]:
        """Which of the texts in doubt can be seen on the drawn page; none where it may not be drawn."""
        doubtful = {handle: boxes[handle] for handle, kind in kinds.items() if kind not in _CERTAIN}
        if not doubtful or not drawn:
            return ()
        frames = {handle for handle in doubtful if handle in self._frames}
        hidden = inkless(self._page, {handle: box for handle, box in doubtful.items() if handle not in frames})
        hidden |= {handle for handle in frames if is_plain(self._page, doubtful[handle])}
        return doubtful.keys() - hidden

    def has_pictures(self) -> bool:
        """Whether the page holds pictures; without text they are a scan."""
        page = self._page.handle
        kinds = (pdfium.object_type(pdfium.page_object(page, i)) for i in range(min(self._count, _MAX_OBJECTS)))
        return any(kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_SHADING) for kind in kinds)

    def _by_ink(self, handle: int, index: int, box: Box, mode: int) -> HiddenKind | None:
        if mode in _STROKED or not pdfium.char_fill(self._page.text, index, *self._refs):
            return "colour"  # its lines may have the colour of the ground
        red, green, blue, alpha = (value.value for value in self._rgba)
        if alpha < _CLEAR:
            return None if self._behind_picture(box) else "transparent"
        if self._crowded:
            return None
        below = self._below(handle, box)
        if handle not in self._order and not alike((red, green, blue), _WHITE):
            return "layer"  # a form may be on one, and pdfium does not tell
        return "colour" if below is None or alike((red, green, blue), below) else None

    def _by_place(self, handle: int, box: Box) -> HiddenKind | None:
        if self._is_layered(handle):
            return "layer"
        if self._is_clipped(handle, box):
            return "clipped"
        return "covered" if self._is_covered(handle, box) else None

    def is_pictured(self) -> bool:
        """Whether one picture fills most of the page."""
        frame = self._page.frame
        boxes = [shape for _, picture, _, shape in self._list() if picture] if not self._crowded else []
        areas = [(box.right - box.left) * (box.bottom - box.top) for box in boxes]
        return max(areas, default=0.0) > _MOST * frame.width * frame.height

    def _behind_picture(self, box: Box) -> bool:
        """Scanners put the recognised text, unseen, behind or before the picture of the page."""
        return self._crowded or any(picture and _holds(shape, box) for _, picture, _, shape in self._list())

    def _below(self, handle: int, box: Box) -> Colour | None:
        """The colour of the last shape drawn below the text; None for a picture."""
        ground: Colour | None = _WHITE
        order = self._order_of(handle)
        for position, _, fill, shape in self._list():
            if position < order and _holds(shape, box):
                ground = fill
        return ground

    def _is_layered(self, handle: int) -> bool:
        """Whether the text is in the content of a layer."""
        return any(_name(pdfium.mark_at(handle, at)) == "OC" for at in range(pdfium.count_marks(handle)))

    def _is_clipped(self, handle: int, box: Box) -> bool:
        """Whether the frame that the text stands in leaves it out. Of a rounded frame the corners count as within."""
        clip = pdfium.clip_path(handle)
        x, y = c_float(), c_float()
        for path in range(max(pdfium.count_clips(clip), 0) if clip else 0):
            count = pdfium.count_clip_segments(clip, path)
            points = [
                (x.value, y.value)
                for at in range(min(count, _MAX_CLIP))
                if pdfium.segment_point(pdfium.clip_segment(clip, path, at), byref(x), byref(y))
            ]
            if points and count <= _MAX_CLIP:
                across, up = [x for x, _ in points], [y for _, y in points]
                if not _holds(self._page.frame.box(min(across), min(up), max(across), max(up)), box):
                    return True
        return False

    def _is_covered(self, handle: int, box: Box) -> bool:
        """Something was drawn over the text later: an opaque rectangle or a picture, which may be transparent."""
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

    def _list(self) -> list[tuple[int, bool, Colour | None, Box]]:
        if self._shapes is not None:
            return self._shapes
        shapes: list[tuple[int, bool, Colour | None, Box]] = []
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
            shapes.append((position, picture, fill, box))
            flat = picture or (pdfium.count_segments(handle) <= _RECTANGLE and not pdfium.is_transparent(handle))
            if flat:
                self._covers.append((position, box))
        self._shapes = shapes
        return shapes

    def _fill(self, handle: int) -> Colour | None:
        """Colour of a filled, opaque path; None for lines and veils."""
        mode, stroke = c_int(), c_int()
        pdfium.path_mode(handle, byref(mode), byref(stroke))
        if mode.value == raw.FPDF_FILLMODE_NONE or not pdfium.object_fill(handle, *self._refs):
            return None
        red, green, blue, alpha = (value.value for value in self._rgba)
        return (red, green, blue) if alpha > 200 else None


def _name(mark: int | None) -> str:
    """The tag of marked content, as far as it is short."""
    if not mark:
        return ""
    buffer, size = (c_uint * 8)(), c_uint()
    pdfium.mark_name(mark, byref(buffer), 32, byref(size))
    return bytes(buffer)[: max(min(size.value, 32) - 2, 0)].decode("utf-16-le", errors="replace")


def _holds(shape: Box, box: Box) -> bool:
    """Whether the middle of a character lies within a shape."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return shape.left <= x <= shape.right and shape.top <= y <= shape.bottom
