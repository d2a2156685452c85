"""A report as a file: headings, paragraphs and tables, as DOCX or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.export.content import Block
from app.export.docx_file import docx_bytes
from app.export.markdown_file import markdown_text
from app.export.saving import check_format, save

REPORT_FORMATS = (".docx", ".md")


def write_report(path: Path, title: str, blocks: Sequence[Block]) -> None:
    """Write a report in the format of the file's ending.

    Args:
        path: ends in one of `REPORT_FORMATS`; a file that stands there is replaced as a whole.
        blocks: what stands below the title, in order.

    Raises:
        AppError: another ending, or a file that cannot be replaced.
        NoSpace: the disk is full.
    """
    suffix = check_format(path, REPORT_FORMATS)
    save(path, docx_bytes(title, blocks) if suffix == ".docx" else markdown_text(title, blocks).encode())
