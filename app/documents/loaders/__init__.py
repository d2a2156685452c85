"""One small file a format, and one entry here. A loader is imported only when a file of its kind comes."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from pathlib import PurePath
from typing import cast

import msgspec

from app.documents.loaders.sniff import real_suffix
from app.documents.loaders.source import read_source
from app.text.parsed import Parsed

Loader = Callable[[bytes, str], Parsed]
"""A file's bytes and its password ("" for none) → its text. It raises BadFile and nothing else."""

_PACKAGE = "app.documents.loaders."
LOADERS: dict[str, str] = {
    ".pdf": "pdf:load_pdf",
    ".docx": "docx:load_docx",
    ".docm": "docx:load_docx",
    ".md": "markdown:load_markdown",
    ".markdown": "markdown:load_markdown",
    ".txt": "text:load_text",
    ".text": "text:load_text",
    ".log": "text:load_text",
    ".html": "html:load_html",
    ".htm": "html:load_html",
    ".xhtml": "html:load_html",
    ".csv": "table:load_table",
    ".tsv": "table:load_table",
}
"""suffix → "module:function" in this package."""

SUPPORTED = tuple(LOADERS)


def loader(suffix: str) -> Loader:
    """The loader for a suffix of `LOADERS`, imported now."""
    module, _, name = LOADERS[suffix].partition(":")
    return cast(Loader, getattr(importlib.import_module(_PACKAGE + module), name))


def load(path: str, password: str = "") -> Parsed:
    """Read a document of any supported kind in this process; `parse_process.Parser` does it in a disposable one.

    The hash and the size are those of the very bytes that were parsed.

    Raises:
        BadFile: why the file cannot be used; its `code` is one of `parse_process.CODES`.
    """
    data = read_source(path)
    suffix = real_suffix(data, PurePath(path).suffix.lower(), frozenset(LOADERS))
    parsed = loader(suffix)(data, password)
    return msgspec.structs.replace(parsed, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
