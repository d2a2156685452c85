"""Pages as pixels: what is recognised in the picture of one, and how a picture file is shown. Runs in the child."""

from __future__ import annotations

import functools
from pathlib import PurePath

import numpy as np

from app.documents.loaders import bytes_of
from app.documents.loaders.image import Picture, picture_of
from app.documents.loaders.ocr import Recogniser
from app.documents.loaders.pdfium import Document
from app.documents.loaders.scan import Scan
from app.documents.loaders.sniff import format_of
from app.documents.render import draw
from app.formats import IMAGE

_SCALE = 200 / 72
"""Pixels a point: 200 dots an inch, at which the smallest print of contracts is 11 pixels high."""
_PICTURE_SCALE = 300 / 72
"""A photo says nothing of its size on paper, so that a page in it may be a part of it."""
_MOST_PIXELS = 12_000_000


@functools.cache
def _recogniser() -> Recogniser:
    """Loaded once in the life of the child."""
    return Recogniser()


def recognised(path: str, page: int, password: str = "") -> Scan:
    """The text in the picture of a page, counted from 1.

    Raises:
        BadFile: the file cannot be read or has no such page, or the models cannot be loaded.
    """
    data = bytes_of(path)
    if format_of(data, PurePath(path).name) is IMAGE:
        picture, width, height, _ = picture_of(data, page, _PICTURE_SCALE, _MOST_PIXELS)
    else:
        picture, width, height = _page_of(data, page, password)
    return _recogniser().recognise(picture, width, height)


def _page_of(data: bytes, page: int, password: str) -> tuple[Picture, float, float]:
    with Document(data, password) as document:
        pixels, columns, rows, scale = draw(document, page, _SCALE)
    with_filter = np.frombuffer(pixels, np.uint8).reshape(rows, 1 + columns * 3)
    picture = np.ascontiguousarray(with_filter[:, 1:]).reshape(rows, columns, 3)
    return picture, columns / scale, rows / scale
