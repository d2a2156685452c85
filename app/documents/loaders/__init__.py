"""One small file a format, and one entry here. A loader is imported only when a file of its kind comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from app.documents.loaders.sniff import format_of
from app.documents.loaders.source import read_source
from app.text.parsed import Parsed

if TYPE_CHECKING:
    from app.documents.loaders.scan import Scans

Loader = Callable[[bytes, str], Parsed]
"""A file's bytes and its password ("" for none) → its text. It raises BadFile and nothing else."""

ScanLoader = Callable[[bytes, str, "Scans | None"], Parsed]
"""The same, with what was recognised on its pages."""


def _pdf() -> Loader:
    from app.documents.loaders.pdf import load_pdf

    return load_pdf


def _docx() -> Loader:
    from app.documents.loaders.docx import load_docx

    return load_docx


def _markdown() -> Loader:
    from app.documents.loaders.markdown import load_markdown

    return load_markdown


def _text() -> Loader:
    from app.documents.loaders.text import load_text

    return load_text


def _html() -> Loader:
    from app.documents.loaders.html import load_html

    return load_html


def _table() -> Loader:
    from app.documents.loaders.table import load_table

    return load_table


def _xlsx() -> Loader:
    from app.documents.loaders.xlsx import load_xlsx

    return load_xlsx


def _image() -> Loader:
    from app.documents.loaders.image import load_image

    return load_image


def _scanned_pdf() -> ScanLoader:
    from app.documents.loaders.pdf import load_pdf

    return load_pdf


def _scanned_image() -> ScanLoader:
    from app.documents.loaders.image import load_image

    return load_image


LOADERS: dict[str, Callable[[], Loader]] = {
    "pdf": _pdf,
    "docx": _docx,
    "markdown": _markdown,
    "text": _text,
    "html": _html,
    "csv": _table,
    "xlsx": _xlsx,
    "image": _image,
}
"""Key of a format (app/formats.py) → what imports the loader and returns it."""

SCANNED: dict[str, Callable[[], ScanLoader]] = {"pdf": _scanned_pdf, "image": _scanned_image}
"""The same of formats whose pages may be pictures."""


def load(path: str, password: str = "", scans: Scans | None = None) -> Parsed:
    """Read a document of any supported kind in this process; `parse_process.Parser` does it in a disposable one.

    `scans` is what was recognised on pages that are pictures. The hash and the size are those of the very bytes that
    were parsed.

    Raises:
        BadFile: why the file cannot be used; its `code` is one of `parse_process.CODES`.
    """
    data = read_source(path)
    key = format_of(data, PurePath(path).name).key
    parsed = SCANNED[key]()(data, password, scans) if scans and key in SCANNED else LOADERS[key]()(data, password)
    return msgspec.structs.replace(parsed, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
