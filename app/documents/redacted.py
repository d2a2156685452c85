"""A copy of a document's text without its personal data, as a file to pass on. Nothing of the document's own file goes
along: no layout, no pictures, no properties in which the data could live on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import AppError
from app.export.content import Paragraph, runs
from app.export.docx_file import docx_bytes
from app.export.saving import check_format, clean, save
from app.text.personal.kinds import Found, placeholder
from app.types import Document

FORMATS = (".txt", ".md", ".docx")


def save_redacted(path: Path, document: Document, text: str, found: Sequence[Found], *, replace: bool) -> None:
    """
    Raises:
        AppError: another ending, a file that is there already, or the document's own.
        NoSpace: the disk is full.
    """
    suffix = check_format(path, FORMATS)
    if path.exists() and Path(document.path).exists() and path.samefile(document.path):
        raise AppError(f"“{path.name}” is the document itself.", "Choose another name.")
    if path.exists() and not replace:
        raise AppError(f"There is a file “{path.name}” already.", "Choose another name, or let it be replaced.")
    redacted = _redacted(text, found)
    if suffix == ".docx":
        blocks = [Paragraph(runs(line)) for line in redacted.split("\n") if line.strip()]
        save(path, docx_bytes(path.stem, blocks))
    else:
        save(path, (clean(redacted).rstrip() + "\n").encode())


def _redacted(text: str, found: Sequence[Found]) -> str:
    parts: list[str] = []
    at = 0
    for each in found:
        parts += text[at : each.start], placeholder(each.kind)
        at = each.end
    return "".join([*parts, text[at:]])
