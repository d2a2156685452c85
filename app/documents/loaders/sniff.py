"""Tells what a file really is by its first bytes: names lie, and a loader fed the wrong kind gives nonsense."""

from __future__ import annotations

import io
import re
import zipfile

from app.documents.loaders.decode import looks_binary
from app.errors import BadFile

_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf\s*)?(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_PDF_WINDOW = 1024  # bytes of junk that readers allow before the header (ISO 32000 annex H)
_OBJECT = re.compile(rb"\b\d+ \d+ obj\b")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"BM", "a picture"),
    (b"%!PS", "a PostScript file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
    (b"GGUF", "a model"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"OggS", "a recording"),
    (b"ID3", "a recording"),
    (b"fLaC", "a recording"),
)
"""First bytes → what to call it. The short ones count only where the rest is binary too."""

_ZIP_KINDS: tuple[tuple[str, str], ...] = (
    ("word/", ".docx"),
    ("xl/workbook.bin", "a binary spreadsheet (XLSB)"),
    ("xl/", ".xlsx"),
    ("ppt/", "a presentation (PPTX)"),
    ("visio/", "a drawing (VSDX)"),
    ("META-INF/container.xml", "an e-book (EPUB)"),
    ("content.xml", "an OpenDocument file"),
)

_SUFFIX_KINDS = {
    ".doc": "an old Word document (DOC)",
    ".xls": "an old spreadsheet (XLS)",
    ".ppt": "an old presentation (PPT)",
    ".msg": "an Outlook message (MSG)",
    ".xlsb": "a binary spreadsheet (XLSB)",
    ".pptx": "a presentation (PPTX)",
    ".odt": "an OpenDocument text (ODT)",
    ".ods": "an OpenDocument spreadsheet (ODS)",
    ".odp": "an OpenDocument presentation (ODP)",
    ".rtf": "an RTF document",
    ".epub": "an e-book (EPUB)",
    ".eml": "an e-mail (EML)",
    ".zip": "a compressed archive",
}


def real_suffix(data: bytes, suffix: str, known: frozenset[str]) -> str:
    """The suffix whose loader fits the bytes: mostly the file's own, another one where the bytes are unmistakable.

    Raises:
        BadFile: a kind that no loader reads (`unsupported`), or bytes that do not fit the name (`damaged`).
    """
    if suffix == ".pdf" and _OBJECT.search(data[:_PDF_WINDOW]):
        return ".pdf"  # its first line is lost; pdfium finds the rest
    if b"%PDF-" in data[:_PDF_WINDOW] and (suffix == ".pdf" or data.lstrip()[:5] == b"%PDF-"):
        return ".pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_suffix(data, suffix)
    if data.startswith(_OLE):
        raise _unsupported(_SUFFIX_KINDS.get(suffix, "an old Office file"), locked=_LOCKED_OFFICE in data)
    binary = looks_binary(data)
    for magic, kind in _MAGIC:
        if data.startswith(magic) and (binary or (len(magic) > 3 and suffix not in (".md", ".txt"))):
            raise _unsupported(kind)
    if suffix not in known:
        if not binary and _HTML.match(data[:4096]):
            return ".html"
        unknown = f"a file of the type {suffix[1:].upper()}" if suffix else "a file without a type in its name"
        raise _unsupported(_SUFFIX_KINDS.get(suffix, unknown))
    if suffix in _NAMES:
        return _text_in_disguise(data, suffix, binary)
    if suffix in (".txt", ".md", ".markdown", ".csv") and not binary and _HTML.match(data[:4096]):
        return ".html" if suffix != ".txt" else suffix  # someone may want to read source text
    return suffix


_NAMES = {".pdf": "a PDF", ".docx": "a Word document", ".xlsx": "a workbook", ".xlsm": "a workbook"}


def _text_in_disguise(data: bytes, suffix: str, binary: bool) -> str:
    """A file named PDF or DOCX that is neither: a saved web page is common, anything else is damage."""
    if not binary and _HTML.match(data[:4096]):
        return ".html"
    raise BadFile(
        f"The file is named like {_NAMES[suffix]} but is none.",
        "It may be damaged or only half copied. Add another copy.",
        f"First bytes: {data[:16]!r}",
    )


def _zip_suffix(data: bytes, suffix: str) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadFile(
            "The file is damaged and cannot be opened.",
            "It may be only half copied. Add another copy.",
            str(error),
        ) from error
    for beginning, kind in _ZIP_KINDS:
        if any(name.startswith(beginning) for name in names):
            if kind.startswith("."):
                return kind
            raise _unsupported(kind)
    raise _unsupported(_SUFFIX_KINDS.get(suffix, "a compressed archive"))


def _unsupported(kind: str, locked: bool = False) -> BadFile:
    if locked:
        return BadFile(
            "The Office file is locked with a password.",
            "Open it in its own program, save a copy without a password and add that.",
            code="unsupported",
        )
    return BadFile(
        f"This is {kind}, which Inhouse does not read yet.",
        "Save it as PDF, Word (DOCX), Excel (XLSX), text or CSV and add that.",
        code="unsupported",
    )
