"""Office's ZIP packages: checked before a library opens them, and rewritten where they are in the Strict form."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.etree.ElementTree import ParseError

from app.documents.loaders.docx_package import MAX_PART, as_usual, is_strict
from app.documents.loaders.hygiene import squeeze
from app.errors import BadFile

MAX_UNPACKED = 1024**3
_GUESSED = re.compile(r"\b(?:Description automatically generated|Automatisch generierte Beschreibung)\b")
_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg)", re.I)

BROKEN = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, OverflowError, EOFError, OSError),
    *(ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError, SyntaxError),
)
"""What libraries that read Office files raise at those that they do not understand; lxml's error is a SyntaxError."""


def checked_package(data: bytes, what: str) -> bytes:
    """The package as it may be handed to a library; one in the Strict form comes back in the usual one.

    Args:
        what: "workbook", for the words of a refusal.

    Raises:
        BadFile: no whole ZIP, or a document type declaration (`damaged`), or too large unpacked (`too_large`).
    """
    strict = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            sizes = [part.file_size for part in parts]  # zipfile gives no more than this
            if max(sizes, default=0) > MAX_PART or sum(sizes) > MAX_UNPACKED:
                raise BadFile(
                    f"The {what} unpacks to more than Inhouse reads at once.",
                    "Split it into smaller files and add those.",
                    f"{sum(sizes):,} bytes",
                    "too_large",
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with package.open(part) as stream:
                        head = stream.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise damaged(what, f"{part.filename}: a document type declaration, which Office never writes")
                    strict = strict or is_strict(head)
            return _usual(package) if strict else data
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
        raise damaged(what, str(error)) from error


def _usual(package: zipfile.ZipFile) -> bytes:
    """ISO 29500 Strict says the same under other namespaces, which the libraries do not know."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as written:
        for part in package.infolist():
            content = package.read(part)
            if part.filename.endswith((".xml", ".rels")):
                content = as_usual(content)
            written.writestr(part.filename, content)
    return stream.getvalue()


def damaged(what: str, detail: str) -> BadFile:
    """The error for a package that its own program would repair or refuse."""
    return BadFile(
        f"The {what} is damaged and cannot be opened.",
        "Open it in its own program, save it again and add that copy.",
        detail,
    )


def alt_text(described: str | None) -> str:
    """What a person wrote about a picture, named as such; "" for a file's name and for what a program guessed."""
    text = squeeze(described or "")
    return "" if not text or _FILE_NAME.fullmatch(text) or _GUESSED.search(text) else f"Picture: {text}"


def left_out(counts: dict[str, int]) -> str:
    """A note of what a person does not see: "2 hidden rows and 1 hidden sheet were left out."."""
    named = [f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count]
    if not named:
        return ""
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{listed} {'was' if sum(counts.values()) == 1 else 'were'} left out."
