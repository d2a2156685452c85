"""The few pdfium calls that reading needs, bound so that a call costs 0.3 µs: a page has thousands of characters."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, c_double, c_float, c_int, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from typing import Any, cast

import pypdfium2.raw as raw  # importing it starts pdfium

from app.errors import BadFile
from app.types import Box


def bind(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """The same function with plain integers for handles: pypdfium2's typed pointers cost three times as much."""
    address = ctypes.cast(getattr(raw, name), c_void_p).value or 0
    return cast(Callable[..., Any], ctypes.CFUNCTYPE(result, *arguments)(address))


load_document = bind("FPDF_LoadMemDocument64", c_void_p, ctypes.c_char_p, c_size_t, ctypes.c_char_p)
close_document = bind("FPDF_CloseDocument", None, c_void_p)
last_error = bind("FPDF_GetLastError", ctypes.c_ulong)
page_count = bind("FPDF_GetPageCount", c_int, c_void_p)
load_page = bind("FPDF_LoadPage", c_void_p, c_void_p, c_int)
close_page = bind("FPDF_ClosePage", None, c_void_p)
page_width = bind("FPDF_GetPageWidthF", c_float, c_void_p)
page_height = bind("FPDF_GetPageHeightF", c_float, c_void_p)
page_rotation = bind("FPDFPage_GetRotation", c_int, c_void_p)
page_bounds = bind("FPDF_GetPageBoundingBox", c_int, c_void_p, c_void_p)
load_text = bind("FPDFText_LoadPage", c_void_p, c_void_p)
close_text = bind("FPDFText_ClosePage", None, c_void_p)
count_chars = bind("FPDFText_CountChars", c_int, c_void_p)
char_code = bind("FPDFText_GetUnicode", c_uint, c_void_p, c_int)
char_object = bind("FPDFText_GetTextObject", c_void_p, c_void_p, c_int)
char_size = bind("FPDFText_GetFontSize", c_double, c_void_p, c_int)
char_matrix = bind("FPDFText_GetMatrix", c_int, c_void_p, c_int, c_void_p)
char_box = bind("FPDFText_GetLooseCharBox", c_int, c_void_p, c_int, c_void_p)
char_fill = bind("FPDFText_GetFillColor", c_int, c_void_p, c_int, c_void_p, c_void_p, c_void_p, c_void_p)
text_mode = bind("FPDFTextObj_GetTextRenderMode", c_int, c_void_p)
text_font = bind("FPDFTextObj_GetFont", c_void_p, c_void_p)
font_flags = bind("FPDFFont_GetFlags", c_int, c_void_p)
font_name = bind("FPDFFont_GetBaseFontName", c_size_t, c_void_p, ctypes.c_char_p, c_size_t)
count_objects = bind("FPDFPage_CountObjects", c_int, c_void_p)
page_object = bind("FPDFPage_GetObject", c_void_p, c_void_p, c_int)
object_type = bind("FPDFPageObj_GetType", c_int, c_void_p)
object_bounds = bind("FPDFPageObj_GetBounds", c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
object_fill = bind("FPDFPageObj_GetFillColor", c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
is_transparent = bind("FPDFPageObj_HasTransparency", c_int, c_void_p)
count_segments = bind("FPDFPath_CountSegments", c_int, c_void_p)
path_mode = bind("FPDFPath_GetDrawMode", c_int, c_void_p, c_void_p, c_void_p)

count_marks = bind("FPDFPageObj_CountMarks", c_int, c_void_p)
mark_at = bind("FPDFPageObj_GetMark", c_void_p, c_void_p, c_uint)
mark_name = bind("FPDFPageObjMark_GetName", c_int, c_void_p, c_void_p, c_uint, c_void_p)
mark_text = bind("FPDFPageObjMark_GetParamStringValue", c_int, c_void_p, ctypes.c_char_p, c_void_p, c_uint, c_void_p)
drop_mark_text = bind("FPDFPageObjMark_RemoveParam", c_int, c_void_p, c_void_p, ctypes.c_char_p)
clip_path = bind("FPDFPageObj_GetClipPath", c_void_p, c_void_p)
count_clips = bind("FPDFClipPath_CountPaths", c_int, c_void_p)
count_clip_segments = bind("FPDFClipPath_CountPathSegments", c_int, c_void_p, c_int)
clip_segment = bind("FPDFClipPath_GetPathSegment", c_void_p, c_void_p, c_int, c_int)
segment_point = bind("FPDFPathSegment_GetPoint", c_int, c_void_p, c_void_p, c_void_p)
set_active = bind("FPDFPageObj_SetIsActive", c_int, c_void_p, c_int)
count_form_objects = bind("FPDFFormObj_CountObjects", c_int, c_void_p)
form_object = bind("FPDFFormObj_GetObject", c_void_p, c_void_p, ctypes.c_ulong)
meta_text = bind("FPDF_GetMetaText", ctypes.c_ulong, c_void_p, ctypes.c_char_p, c_void_p, ctypes.c_ulong)
make_bitmap = bind("FPDFBitmap_CreateEx", c_void_p, c_int, c_int, c_int, c_void_p, c_int)
fill_bitmap = bind("FPDFBitmap_FillRect", None, c_void_p, c_int, c_int, c_int, c_int, ctypes.c_ulong)
draw_page = bind("FPDF_RenderPageBitmap", None, c_void_p, c_void_p, c_int, c_int, c_int, c_int, c_int, c_int)
drop_bitmap = bind("FPDFBitmap_Destroy", None, c_void_p)

PASSWORD_ERROR = raw.FPDF_ERR_PASSWORD
_MAX_META = 1_000_000
_SECURITY_ERROR = raw.FPDF_ERR_SECURITY


class Document:
    """An open PDF. The bytes must outlive it, so it holds them."""

    def __init__(self, data: bytes, password: str = "") -> None:
        """
        Raises:
            BadFile: `password` (none or a wrong one), `damaged`, `unsupported` or `empty` (no pages).
        """
        if b"%PDF-" not in data[:1024]:
            data = b"%PDF-1.7\n" + data  # a lost first line; pdfium then rebuilds its table of objects
        self._data = data
        self.handle: int = load_document(data, len(data), password.encode("utf-8") or None) or 0
        if not self.handle and password:
            # Files before PDF 2.0 hash the password in a single-byte encoding.
            self.handle = load_document(data, len(data), password.encode("latin-1", errors="replace")) or 0
        if not self.handle:
            raise _refusal(last_error(), bool(password))
        self.pages: int = page_count(self.handle)
        if self.pages <= 0:
            self.close()
            raise BadFile("The PDF has no pages.", "It may be only half copied. Add another copy.", code="damaged")

    def close(self) -> None:
        """Give the memory back."""
        if self.handle:
            close_document(self.handle)
            self.handle = 0

    def properties(self) -> list[str]:
        """What the file says of itself in words: title, subject and keywords."""
        found = []
        for name in (b"Title", b"Subject", b"Keywords"):
            size = meta_text(self.handle, name, None, 0)
            if 2 < size <= _MAX_META:
                buffer = ctypes.create_string_buffer(size)
                meta_text(self.handle, name, buffer, size)
                found.append(buffer.raw[: size - 2].decode("utf-16-le", errors="replace"))
        return found

    def __enter__(self) -> Document:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Frame:
    """How a page's own coordinates become points from the top left of the page as it is shown."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int  # quarter turns clockwise

    @property
    def width(self) -> float:
        return self.right - self.left if self.rotation % 2 == 0 else self.top - self.bottom

    @property
    def height(self) -> float:
        return self.top - self.bottom if self.rotation % 2 == 0 else self.right - self.left

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A rectangle of page coordinates as it stands on the page shown."""
        if self.rotation == 0:
            return Box(left - self.left, self.top - top, right - self.left, self.top - bottom)
        if self.rotation == 1:
            return Box(bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        if self.rotation == 2:
            return Box(self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        return Box(self.top - top, self.right - right, self.top - bottom, self.right - left)


@dataclass(frozen=True)
class Page:
    """Handles of a page and its text."""

    handle: int
    text: int
    frame: Frame
    replaced: tuple[str, ...] = ()  # words for programs that were taken out

    def char_boxes(self, first: int, last: int) -> Box:
        """The rectangle round two characters of a line, and so round what stands between them."""
        a = self._raw_box(first)
        b = self._raw_box(last) if last != first else a
        return self.frame.box(min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))

    def _raw_box(self, index: int) -> tuple[float, float, float, float]:
        char_box(self.text, index, _rect_address)
        return (
            min(_rect.left, _rect.right),
            min(_rect.bottom, _rect.top),
            max(_rect.left, _rect.right),
            max(_rect.bottom, _rect.top),
        )


_rect = raw.FS_RECTF()
_rect_address = ctypes.addressof(_rect)


def bounds_of(page_object_handle: int) -> tuple[float, float, float, float]:
    """left, bottom, right, top of a page object, in page coordinates."""
    values = [c_float() for _ in range(4)]
    object_bounds(page_object_handle, *(byref(value) for value in values))
    left, bottom, right, top = (value.value for value in values)
    return left, bottom, right, top


def frame_of(handle: int) -> Frame:
    """How a page lies."""
    page_bounds(handle, _rect_address)
    return Frame(
        min(_rect.left, _rect.right),
        min(_rect.bottom, _rect.top),
        max(_rect.left, _rect.right),
        max(_rect.bottom, _rect.top),
        page_rotation(handle) % 4,
    )


def _refusal(error: int, tried: bool) -> BadFile:
    if error == PASSWORD_ERROR:
        message = (
            "This password does not open the file."
            if tried
            else "The file is locked with a password, so its text cannot be read."
        )
        return BadFile(message, "Enter the password of the document.", code="password")
    if error == _SECURITY_ERROR:
        return BadFile(
            "The PDF is locked in a way that Inhouse does not know.",
            "Open it in its own program, print it to a new PDF and add that.",
            code="unsupported",
        )
    return BadFile(
        "The PDF is damaged and cannot be opened.",
        "Open it in its own program, save it again and add that copy.",
        f"pdfium error {error}",
    )
