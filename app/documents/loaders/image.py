"""Pictures as documents: a page for each picture of the file, whose text is recognised. The only importer of Pillow."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.pdf import assembled, gathered
from app.documents.loaders.pdf_lines import PageLines
from app.documents.loaders.pdf_pages import compose_pages
from app.documents.loaders.scan import Scans
from app.errors import BadFile
from app.formats import IMAGE
from app.pictures import LONGEST_SIDE
from app.text.parsed import Parsed

KINDS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
"""What Pillow may take a file for: its other decoders are never tried on a stranger's bytes."""

MAX_PIXELS = 120_000_000
"""A4 at 1,200 dots an inch, or the largest of today's phones; 360 MB as it is decoded."""
MAX_PAGES = 5_000
QUALITY = 90
"""Of a JPEG that a model is shown: small letters stay sharp."""
_PAGE = 842.0
"""Points of the longer side where a picture does not say how large it is: A4."""
_BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError, RuntimeError, struct.error),
)
"""What decoders raise of a broken file."""
_DENSITIES = (100, 1200)
"""Dots an inch that are believed: 72 and 96 are what programs write that do not know."""

Picture = NDArray[np.uint8]


def load_image(data: bytes, password: str = "", read_hidden: bool = False, scans: Scans | None = None) -> Parsed:
    """Each picture of a file as a page, with what was recognised there.

    Raises:
        BadFile: `damaged`, `too_large`.
    """
    with _opened(data) as image:
        pages = _pages(image)
    empty = PageLines([], 0.0, 0.0, pictures=True)
    read = compose_pages(lambda _: empty, pages, HiddenTexts(), scans or {})
    return assembled("image", gathered(read), "The picture holds no text.")


def picture_of(data: bytes, page: int, scale: float, most: int) -> tuple[Picture, float, float, int]:
    """A page, counted from 1, as rows of red, green and blue, of at most so many pixels a point and `most` in all; its
    width and height in points, and the pages of the file.

    Raises:
        BadFile: `damaged`, `too_large`, or there is no such page (`missing`).
    """
    with _opened(data) as image:
        pages = _pages(image)
        if not 1 <= page <= pages:
            raise BadFile(f"The picture has no page {page}.", "Add it again.", code="missing")
        image.seek(page - 1)
        _check_size(image)
        width, height = _points(image)
        shown = ImageOps.exif_transpose(image)
        if shown.size != image.size and shown.size == image.size[::-1]:
            width, height = height, width
        share = min(scale * width / shown.width, (most / (shown.width * shown.height)) ** 0.5)
        if share < 1:
            size = (max(1, int(shown.width * share)), max(1, int(shown.height * share)))
            shown = shown.resize(size, Image.Resampling.BOX if share < 0.5 else Image.Resampling.BILINEAR)
        return np.asarray(_on_white(shown)), width, height, pages


def encoded_picture(data: bytes) -> tuple[bytes, int, int]:
    """A picture as JPEG, its longest side `LONGEST_SIDE` pixels at most; and its width and height.

    Raises:
        BadFile: `damaged`, `too_large`, `kind`.
    """
    with _opened(data) as image:
        shown = _on_white(ImageOps.exif_transpose(image))
        shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        out = io.BytesIO()
        shown.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue(), shown.width, shown.height


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I", "F"):  # 16-bit greys: a plain conversion would cut, not scale
        grey = np.asarray(image, dtype=np.float64)
        low, high = float(grey.min()), float(grey.max())
        return Image.fromarray(((grey - low) * (255 / max(high - low, 1.0))).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")


def _points(image: Image.Image) -> tuple[float, float]:
    """How large the picture is on paper, as far as it says so."""
    density = image.info.get("dpi")
    if density and all(_DENSITIES[0] <= float(each) <= _DENSITIES[1] for each in density[:2]):
        return image.width * 72 / float(density[0]), image.height * 72 / float(density[1])
    scale = _PAGE / max(image.size)
    return image.width * scale, image.height * scale


def _pages(image: Image.Image) -> int:
    """Only a TIFF has pages; what moves is shown as it begins."""
    pages = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    if pages > MAX_PAGES:
        raise BadFile(f"The picture has more than {MAX_PAGES:,} pages.", "Split it.", code="too_large")
    return pages


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise BadFile(
            "The picture is larger than Inhouse can read.",
            "Save it smaller, at 300 dots an inch, and add that.",
            f"{image.width} × {image.height} pixels",
            "too_large",
        )


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """
    Raises:
        BadFile: `damaged`, `too_large` or `kind`, whatever Pillow says of a broken file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd headers, and of large pictures, which have a limit of their own
            with Image.open(io.BytesIO(data), formats=KINDS) as image:
                _check_size(image)
                yield image
    except (BadFile, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise BadFile(
            "The picture is larger than Inhouse can read.", "Save it smaller.", str(error), "too_large"
        ) from error
    except _BROKEN as error:
        if not data.startswith(IMAGE.magic):
            message = "This is no picture of a kind that Inhouse opens."
            raise BadFile(message, "Save it as PNG or JPEG.", repr(error), "kind") from error
        raise BadFile(
            "The picture is damaged and cannot be opened.", "Save it again and add that copy.", repr(error)
        ) from error
