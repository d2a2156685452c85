"""Opens a page of a PDF for reading, without words that the file gives to programs in place of those on the page
(ActualText, ISO 32000-1, 14.9.4).

They are honest where they spell out a ligature or a sign that has no letter. Where the letters on the page can be read
and say something else, the page is what counts.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import byref, c_uint

import pypdfium2.raw as raw

from app.documents.loaders import pdfium
from app.documents.loaders.pdfium import Document, Page, frame_of

_KEY = b"ActualText"
_MAX_DEPTH = 8
_MAX_OBJECTS = 20_000
_UNREADABLE = 0.3
"""Share of signs without a meaning from which the letters on the page cannot be read."""

_Spans = dict[int, list[int]]
"""Mark → the text objects in it, in the order of the page."""


@contextmanager
def opened(document: Document, number: int) -> Iterator[Page | None]:
    """A page, counted from 1, with its text; None where it cannot be read."""
    handle = pdfium.load_page(document.handle, number - 1)
    if not handle:
        yield None
        return
    text, replaced = 0, []
    try:
        if _spans(handle):
            false = _false(handle)
            pdfium.close_page(handle)
            handle = pdfium.load_page(document.handle, number - 1)
            replaced = _silence(handle, false)
        text = pdfium.load_text(handle)
        yield Page(handle, text, frame_of(handle), tuple(replaced)) if text else None
    finally:
        if text:
            pdfium.close_text(text)
        pdfium.close_page(handle)


def _spans(page: int) -> _Spans:
    found: _Spans = {}
    for each in _texts(page):
        for at in range(pdfium.count_marks(each)):
            mark = pdfium.mark_at(each, at)
            if mark and _said(mark):
                found.setdefault(mark, []).append(each)
    return found


def _texts(page: int) -> Iterator[int]:
    """Text objects in their order, those in forms too."""
    pending = [
        (pdfium.page_object(page, at), 0) for at in reversed(range(min(pdfium.count_objects(page), _MAX_OBJECTS)))
    ]
    while pending:
        each, depth = pending.pop()
        kind = pdfium.object_type(each)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield each
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            inner = reversed(range(min(pdfium.count_form_objects(each), _MAX_OBJECTS)))
            pending.extend((pdfium.form_object(each, at), depth + 1) for at in inner)


def _said(mark: int) -> str:
    size = c_uint()
    if not pdfium.mark_text(mark, _KEY, None, 0, byref(size)) or size.value <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size.value)
    pdfium.mark_text(mark, _KEY, buffer, size.value, byref(size))
    return buffer.raw[: size.value - 2].decode("utf-16-le", errors="replace")


def _false(page: int) -> list[int]:
    """Which spans say other words than those on the page. The page is of no use afterwards: it is asked without any."""
    spans = _spans(page)
    said = [_said(mark) for mark in spans]
    for mark, objects in spans.items():
        for each in objects:
            pdfium.drop_mark_text(each, mark, _KEY)
    text = pdfium.load_text(page)
    if not text:
        return []
    shown: dict[int, list[str]] = {each: [] for objects in spans.values() for each in objects}
    for at in range(pdfium.count_chars(text)):
        handle = pdfium.char_object(text, at)
        if handle in shown:
            shown[handle].append(_char(pdfium.char_code(text, at)))
    pdfium.close_text(text)
    words = ["".join("".join(shown[each]) for each in objects) for objects in spans.values()]
    return [at for at, (spoken, drawn) in enumerate(zip(said, words, strict=True)) if _differ(spoken, drawn)]


def _silence(page: int, spans: Sequence[int]) -> list[str]:
    """Take these spans' words out; → what they said."""
    found = list(_spans(page).items())
    said = []
    for at in spans:
        if at < len(found):
            mark, objects = found[at]
            said.append(_said(mark))
            for each in objects:
                pdfium.drop_mark_text(each, mark, _KEY)
    return said


def _char(code: int) -> str:
    return chr(code) if code < 0x110000 else "\ufffd"


def _differ(spoken: str, drawn: str) -> bool:
    """Whether what is spoken is not what is drawn, as far as that can be read."""
    spoken, letters = _letters(spoken), _letters(drawn)
    if not spoken or spoken == letters:
        return False
    signs = [char for char in drawn if not char.isspace()]
    odd = sum(unicodedata.category(char) in ("Co", "Cn", "Cc", "Cs") or char == "\ufffd" for char in signs)
    if not signs or odd > _UNREADABLE * len(signs):
        return len(spoken) > 3 * len(signs) + 2  # a few signs may stand for a few letters each, not for a sentence
    return bool(letters) or len(spoken) > 3


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
