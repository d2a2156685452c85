"""A page as a picture, and where a passage stands on it. Runs in the disposable child, next to the loaders."""

from __future__ import annotations

import ctypes
import struct
import zlib
from pathlib import PurePath

import numpy as np
import pypdfium2.raw as raw

from app.documents.loaders import bytes_of, pdfium
from app.documents.loaders.boxes import union
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.image import picture_of
from app.documents.loaders.pdf_pages import read_pages
from app.documents.loaders.pdf_spoken import opened
from app.documents.loaders.pdfium import Document
from app.documents.loaders.sniff import format_of
from app.errors import BadFile
from app.formats import IMAGE
from app.types import Box

MAX_PIXELS = 12_000_000
"""A4 at 330 dots an inch, 36 MB. A poster is drawn at a smaller scale instead."""

_MAX_SIDE = 16_384
_PNG_LEVEL = 1
"""Text on white packs well at once; level 6 takes three times as long for a tenth less."""

_FLAGS = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
_WHITE = 0xFFFFFFFF


def render_page(path: str, page: int, scale: float, password: str = "") -> tuple[bytes, int, int, int, float]:
    """Draw a page of a PDF or a picture file, counted from 1: → PNG, its width and height in pixels, the document's
    pages, pixels a point.

    Raises:
        BadFile: the file cannot be read, has no such page (`missing`), or the page cannot be drawn (`damaged`).
    """
    data = bytes_of(path)
    if format_of(data, PurePath(path).name) is IMAGE:
        return _picture(data, page, scale)
    with Document(data, password) as document:
        pixels, columns, rows, scale = draw(document, page, scale)
        return _png(pixels, columns, rows), columns, rows, document.pages, scale


def _picture(data: bytes, page: int, scale: float) -> tuple[bytes, int, int, int, float]:
    """A page of a picture file, drawn as one of a PDF is."""
    picture, width, _, pages = picture_of(data, page, scale, MAX_PIXELS)
    rows, columns = picture.shape[:2]
    lines = np.insert(picture.reshape(rows, columns * 3), 0, 0, axis=1)  # the byte that PNG wants before each row
    return _png(bytearray(lines.tobytes()), columns, rows), columns, rows, pages, columns / width


def draw(document: Document, page: int, scale: float) -> tuple[bytearray, int, int, float]:
    """A page as RGB rows, each behind the byte that PNG wants there; how many columns and rows, and pixels a point.

    Raises:
        BadFile: there is no such page (`missing`), or it cannot be drawn (`damaged`).
    """
    _check(page, document.pages)
    handle = pdfium.load_page(document.handle, page - 1)
    if not handle:
        raise BadFile(f"Page {page} is damaged and cannot be shown.", "The other pages may be readable.")
    try:
        width, height = pdfium.page_width(handle), pdfium.page_height(handle)
        scale = _fitting(width, height, scale)
        columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
        return _pixels(handle, columns, rows), columns, rows, scale
    finally:
        pdfium.close_page(handle)


def span_boxes(
    path: str, page: int, start: int, end: int, password: str = "", read_hidden: bool = False
) -> tuple[Box, ...]:
    """The boxes of a span of a page's text, one a line; offsets count from the start of that page's span.

    The page's text is made again by the loader's own code, so the same characters are meant.

    Raises:
        BadFile: the file cannot be read or has no such page.
    """
    with Document(bytes_of(path), password) as document:
        _check(page, document.pages)
        text = next(read_pages(document, HiddenTexts(read_hidden), page, page))
        boxes: list[Box] = []
        with opened(document, page) as shown:
            if shown is None:
                return ()
            for line in text.lines:
                first, last, box = line.start, line.end, line.box
                wanted = [at for at in text.index[max(first, start) : min(last, end)] if at >= 0]
                if wanted and first >= start and last <= end:
                    boxes.append(box)
                elif wanted:
                    tight = union([shown.char_boxes(at, at) for at in wanted])
                    boxes.append(Box(tight.left, box.top, tight.right, box.bottom))
        return tuple(boxes)


def _check(page: int, pages: int) -> None:
    if not 1 <= page <= pages:
        raise BadFile(
            f"The document has no page {page} any more; it has {pages}.",
            "It has changed since it was indexed. Index it again.",
            code="missing",
        )


def _fitting(width: float, height: float, scale: float) -> float:
    """The scale asked for, or the largest that keeps the picture within the limits."""
    width, height = max(width, 1.0), max(height, 1.0)
    area = (MAX_PIXELS / (width * height)) ** 0.5
    return float(max(min(scale, area, _MAX_SIDE / width, _MAX_SIDE / height), 1e-3))


def _pixels(handle: int, columns: int, rows: int) -> bytearray:
    """RGB rows, each behind the byte that PNG wants there."""
    stride = (columns * 3 + 3) // 4 * 4
    buffer = ctypes.create_string_buffer(stride * rows)
    bitmap = pdfium.make_bitmap(columns, rows, raw.FPDFBitmap_BGR, buffer, stride)
    if not bitmap:
        raise BadFile("The page is too large to show.", code="too_large")
    pdfium.fill_bitmap(bitmap, 0, 0, columns, rows, _WHITE)
    pdfium.draw_page(bitmap, handle, 0, 0, columns, rows, 0, _FLAGS)
    pdfium.drop_bitmap(bitmap)
    view = memoryview(buffer)
    out = bytearray()
    for start in range(0, stride * rows, stride):
        out += b"\0"
        out += view[start : start + columns * 3]
    return out


def _png(rows_with_filter: bytearray, columns: int, rows: int) -> bytes:
    """PNG (ISO/IEC 15948) with 8-bit RGB: signature, header, one data chunk, end."""
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    data = zlib.compress(rows_with_filter, _PNG_LEVEL)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
