"""Asks pdfium's own drawing whether a text leaves any ink on the page: so layers, clips, covers and colours count.

The page is drawn once with the texts in question and once without; a text that changes nothing is not seen.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from itertools import combinations

import pypdfium2.raw as raw

from app.documents.loaders import pdfium
from app.documents.loaders.pdfium import Page
from app.types import Box

_MAX_PIXELS = 1_000_000
"""A page of A4 at a pixel a point has half of it."""

_MAX_ALONE = 40
"""Texts that overlap others in question, and are drawn once more alone."""

_FAINT = 12
"""Difference in red, green or blue that an eye does not see."""


def inkless(page: Page, texts: Mapping[int, Box]) -> set[int]:
    """Which of these text objects nobody sees; `texts` says where each stands."""
    if page.frame.width <= 0 or page.frame.height <= 0:
        return set()
    picture = _Picture(page)
    whole = picture.draw()
    without = picture.draw(list(texts))
    places = {handle: picture.place(box) for handle, box in texts.items()}
    seen = {handle for handle, place in places.items() if picture.differs(whole, without, place)}
    crowded = {
        each for pair in combinations(list(places)[:400], 2) if _touch(*(places[one] for one in pair)) for each in pair
    }
    for handle in sorted(crowded & seen)[:_MAX_ALONE]:
        if not picture.differs(whole, picture.draw([handle]), places[handle]):
            seen.discard(handle)
    return set(texts) - seen


def is_plain(page: Page, box: Box) -> bool:
    """Whether a place of the page has one colour."""
    picture = _Picture(page)
    drawn, (left, top, right, bottom) = picture.draw(), picture.place(box)
    pixels = {drawn[at : at + 3] for row in range(top, bottom) for at in picture.row(row, left, right)}
    return (
        all(max(each[i] for each in pixels) - min(each[i] for each in pixels) <= _FAINT for i in range(3))
        if pixels
        else True
    )


Place = tuple[int, int, int, int]


def _touch(first: Place, other: Place) -> bool:
    return first[0] < other[2] and other[0] < first[2] and first[1] < other[3] and other[1] < first[3]


class _Picture:
    """The page at a scale that shows each letter by some pixels."""

    def __init__(self, page: Page) -> None:
        self._page = page
        frame = page.frame
        self._scale = min(1.0, (_MAX_PIXELS / (frame.width * frame.height)) ** 0.5)
        self._columns = max(1, round(frame.width * self._scale))
        self._rows = max(1, round(frame.height * self._scale))
        self._stride = (self._columns * 3 + 3) // 4 * 4

    def draw(self, without: list[int] | None = None) -> bytes:
        """The pixels, three bytes each, without these objects."""
        buffer = ctypes.create_string_buffer(self._stride * self._rows)
        bitmap = pdfium.make_bitmap(self._columns, self._rows, raw.FPDFBitmap_BGR, buffer, self._stride)
        if not bitmap:
            raise MemoryError
        for handle in without or ():
            pdfium.set_active(handle, 0)
        try:
            pdfium.fill_bitmap(bitmap, 0, 0, self._columns, self._rows, 0xFFFFFFFF)
            pdfium.draw_page(bitmap, self._page.handle, 0, 0, self._columns, self._rows, 0, 0)
        finally:
            pdfium.drop_bitmap(bitmap)
            for handle in without or ():
                pdfium.set_active(handle, 1)
        return buffer.raw

    def place(self, box: Box) -> Place:
        """A box in pixels, with one more on each side."""
        left, top = int(box.left * self._scale) - 1, int(box.top * self._scale) - 1
        right, bottom = int(box.right * self._scale) + 2, int(box.bottom * self._scale) + 2
        return max(left, 0), max(top, 0), min(right, self._columns), min(bottom, self._rows)

    def row(self, row: int, left: int, right: int) -> range:
        """Where the pixels of a row begin."""
        return range(row * self._stride + 3 * left, row * self._stride + 3 * right, 3)

    def differs(self, one: bytes, other: bytes, place: Place) -> bool:
        """Whether an eye tells two drawings apart there."""
        left, top, right, bottom = place
        for row in range(top, bottom):
            start, stop = row * self._stride + 3 * left, row * self._stride + 3 * right
            before, after = one[start:stop], other[start:stop]
            if before != after and any(abs(a - b) > _FAINT for a, b in zip(before, after, strict=True)):
                return True
        return False
