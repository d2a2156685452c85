"""Tells what a file really is by its first bytes: names lie, and a loader fed the wrong kind gives nonsense."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from app.documents.loaders.decode import looks_binary
from app.errors import BadFile
from app.formats import (
    ARCHIVE,
    BY_SUFFIX,
    HTML,
    KINDS,
    MAIL,
    MARKDOWN,
    PDF,
    SAVED_AS,
    TEXT,
    UNREAD,
    Format,
    Unread,
    named,
    suffix_of,
)

_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf\s*)?(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_PDF_WINDOW = 1024  # bytes of junk that readers allow before the header (ISO 32000 annex H)
_OBJECT = re.compile(rb"\b\d+ \d+ obj\b")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIL_FIELD = re.compile(rb"^(from|to|subject|date|received|message-id|mime-version|return-path):", re.I | re.M)
_MAIL_HEAD, _MAIL_FIELDS = 16_384, 3
_BLANK = re.compile(rb"\r?\n\r?\n")
_OFFICE_PART = "[Content_Types].xml"
_TAR_MARK = 257
_LOCKED_OFFICE = "EncryptedPackage"
_MIMETYPE = "mimetype"
_MAX_MIMETYPE = 200  # bytes
_SHORT = 3
"""Bytes of a mark that text may begin with too."""


def format_of(data: bytes, name: str) -> Format:
    """The format that the bytes are of: mostly what the name says, another one where the bytes are unmistakable.

    Raises:
        BadFile: a kind that no loader reads (`unsupported`), or bytes that do not fit the name (`damaged`).
    """
    suffix = suffix_of(name)
    said = BY_SUFFIX.get(suffix)
    if said is PDF and _OBJECT.search(data[:_PDF_WINDOW]):
        return PDF  # its first line is lost; pdfium finds the rest
    if b"%PDF-" in data[:_PDF_WINDOW] and (said is PDF or data.lstrip()[:5] == b"%PDF-"):
        return PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(data, suffix)
    if data.startswith(OLE):
        return _in_ole(data, suffix)
    if data[_TAR_MARK : _TAR_MARK + 5] == b"ustar":
        return ARCHIVE
    binary = looks_binary(data)
    for kind in KINDS:
        if any(_begins(data, magic, binary, said) for magic in kind.magic):
            return _readable(kind)
    if said is None:
        if not binary and _HTML.match(data[:4096]):
            return HTML
        if not binary and _is_mail(data[:_MAIL_HEAD]):
            return MAIL
        raise _unsupported(_called(suffix))
    if said.bound:
        return _in_disguise(data, said, binary)
    if not binary and said is not TEXT and said is not HTML and _HTML.match(data[:4096]):
        return HTML  # but of a text: someone may want to read the source of a page
    return said


def _is_mail(head: bytes) -> bool:
    """Mailboxes of Thunderbird and mails of many servers have no ending."""
    fields = _BLANK.split(head, 1)[0]
    return len({name.lower() for name in _MAIL_FIELD.findall(fields)}) >= _MAIL_FIELDS


def _begins(data: bytes, magic: bytes, binary: bool, said: Format | None) -> bool:
    """Short marks count only where the rest is binary too, and none in what is named as text."""
    return data.startswith(magic) and (binary or (len(magic) > _SHORT and said not in (MARKDOWN, TEXT)))


def _in_disguise(data: bytes, said: Format, binary: bool) -> Format:
    """A file named PDF or DOCX that is neither: a saved web page is common, anything else is damage."""
    if not binary and _HTML.match(data[:4096]):
        return HTML
    raise BadFile(
        f"The file is named like {said.a_file} but is none.",
        "It may be damaged or only half copied. Add another copy.",
        f"First bytes: {data[:16]!r}",
    )


def _in_zip(data: bytes, suffix: str) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            mimetype = _mimetype(package) if _MIMETYPE in names else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
        raise BadFile(
            "The file is damaged and cannot be opened.",
            "It may be only half copied. Add another copy.",
            str(error),
        ) from error
    for kind in KINDS:
        if kind.mimetype and kind.mimetype == mimetype:
            return _readable(kind)
    said = BY_SUFFIX.get(suffix)
    if said is ARCHIVE and _OFFICE_PART not in names:
        return ARCHIVE
    if said is not None and said.zip_part and any(name.startswith(said.zip_part) for name in names):
        return said
    for kind in KINDS:
        if kind.zip_part and any(name.startswith(kind.zip_part) for name in names):
            return _readable(kind)
    if said is not None and said.bound:
        return _in_disguise(data, said, True)
    if suffix and said is None:
        raise _unsupported(_called(suffix, "a compressed archive"))  # of some program
    return ARCHIVE


def _mimetype(package: zipfile.ZipFile) -> str:
    """What an OpenDocument file says it is (ODF 1.3 part 2, 3.3); a template is read as what it is one of."""
    with package.open(_MIMETYPE) as stream:
        return stream.read(_MAX_MIMETYPE).decode("ascii", "replace").strip().removesuffix("-template")


def _in_ole(data: bytes, suffix: str) -> Format:
    """An OLE file names its streams in UTF-16, in 128 bytes each of its directory."""
    said = BY_SUFFIX.get(suffix)
    if said is not None and said.ole_part and _names(data, said.ole_part):
        return said  # it may hold others of the kinds below: what is attached to a mail
    if _LOCKED_OFFICE.encode("utf-16-le") in data:
        raise BadFile(
            "The Office file is locked with a password.",
            "Open it in its own program, save a copy without a password and add that.",
            code="unsupported",
        )
    for kind in KINDS:
        if kind.ole_part and _names(data, kind.ole_part):
            return _readable(kind)
    raise _unsupported(_called(suffix, "an old Office file"))


def _names(data: bytes, stream: str) -> bool:
    return f"{stream}\0".encode("utf-16-le") in data


def _readable(kind: Format | Unread) -> Format:
    if isinstance(kind, Format):
        return kind
    raise _unsupported(kind.a_file)


def _called(suffix: str, otherwise: str = "") -> str:
    """What to call a file by its ending alone."""
    by_name = next((kind.a_file for kind in UNREAD if suffix in kind.suffixes), "")
    unknown = f"a file of the type {suffix[1:].upper()}" if suffix else "a file without a type in its name"
    return by_name or otherwise or unknown


def _unsupported(kind: str) -> BadFile:
    return BadFile(
        f"This is {kind}, which Inhouse does not read yet.",
        f"Save it as one of these and add that: {named(SAVED_AS, 'or')}.",
        code="unsupported",
    )
