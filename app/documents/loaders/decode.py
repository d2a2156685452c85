"""Turns bytes of an unknown encoding into text, and tells text from binary."""

from __future__ import annotations

import codecs

from app.documents.loaders.encodings import guess, guess_wide
from app.errors import BadFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64 * 1024
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x1b")  # escape: coloured logs
_MAX_CONTROLS = 0.01
"""Share of other control bytes above which a file is no text; old logs hold a few stray ones."""


def decode(data: bytes) -> str:
    """The text of `data`: byte order mark, UTF-8, UTF-16 without a mark, then the likeliest one.

    Raises:
        BadFile: the bytes are no text (`damaged`).
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, errors="replace")
    wide = _wide_encoding(data[:_SAMPLE])
    if wide:
        return data.decode(wide, errors="replace")
    if looks_binary(data):
        raise BadFile(
            "The file holds no text.",
            "Its content does not fit its name. Open it in its own program and save it as PDF or text.",
            code="damaged",
        )
    try:
        return data.decode("iso2022_jp" if b"\x1b$" in data[:_SAMPLE] else "utf-8", errors="strict")
    except UnicodeDecodeError as error:
        if _mostly_utf8(data, error):
            return data.decode("utf-8", errors="replace")
        return data.decode(guess(data), errors="replace")


_AS_BROWSERS_DO = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "tis-620": "cp874",
    "iso-8859-8-i": "cp1255", "x-unknown": "", "unknown-8bit": "", "default": "",
}  # fmt: skip
"""Declared names whose larger relative is meant (the WHATWG's Encoding standard), and those that say nothing."""


_NO_ENCODINGS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Python's own, which no file is in."""


def decode_as(data: bytes, declared: str) -> str:
    """The text of `data` in the encoding that is declared for it, unless that cannot be true.

    Raises:
        BadFile: the bytes are no text (`damaged`).
    """
    name = declared.strip().strip("\"'").lower()
    name = _AS_BROWSERS_DO.get(name, name)
    if name.startswith(("utf", "cp1252", "windows-1252")) or name.replace("-", "_") in _NO_ENCODINGS:
        return decode(data)  # often declared wrongly, and known by its bytes
    try:
        return data.decode(name, errors="replace") if name else decode(data)
    except (LookupError, ValueError):  # a made-up name, or one of no text
        return decode(data)


def looks_binary(data: bytes) -> bool:
    """Whether the first bytes hold NULs or more control bytes than any text does."""
    sample = data[:_SAMPLE]
    if not sample:
        return False
    if b"\x00" in sample:
        return _wide_encoding(sample) == ""
    controls = sum(1 for byte in sample if byte < 32 and byte not in _TEXT_CONTROLS)
    return controls / len(sample) > _MAX_CONTROLS


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 without a mark. In Western text nearly every second byte is zero, always on the same side."""
    if len(sample) < 8:
        return ""
    half = len(sample) // 2
    even, odd = sample[0 : 2 * half : 2].count(0) / half, sample[1 : 2 * half : 2].count(0) / half
    if odd > 0.4 and even < 0.02:
        return "utf-16-le"
    if even > 0.4 and odd < 0.02:
        return "utf-16-be"
    return guess_wide(sample[:4096]) if b"\x00" in sample else ""


def _mostly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    """A UTF-8 file with a few broken bytes (cut at its end, or pasted from elsewhere) rather than another encoding."""
    sample = data[: 4 * _SAMPLE].decode("utf-8", errors="replace")
    broken = sample.count("\ufffd")
    beyond_ascii = sum(1 for char in sample if char > "\x7f") - broken
    return beyond_ascii > 4 * max(broken, 1) or (error.start >= len(data) - 3 and beyond_ascii > 0)
