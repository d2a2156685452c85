"""A report as a file: headings, paragraphs, tables and footnotes, as DOCX, Markdown or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.cited import MARK
from app.export.content import Block, Paragraph, runs
from app.export.docx_file import docx_bytes
from app.export.markdown_file import markdown_text
from app.export.pdf_file import pdf_bytes
from app.export.saving import check_format, save

REPORT_FORMATS = (".docx", ".md", ".pdf")


def write_report(path: Path, title: str, blocks: Sequence[Block], *, by_model: bool = False) -> None:
    """Write a report in the format of the file's ending.

    Args:
        path: ends in one of `REPORT_FORMATS`; a file that stands there is replaced as a whole.
        blocks: what stands below the title, in order.
        by_model: a model wrote some of it: a line below the title says so, and the file's properties.

    Raises:
        AppError: another ending, or a file that cannot be replaced.
        NoSpace: the disk is full.
    """
    suffix = check_format(path, REPORT_FORMATS)
    if by_model:
        blocks = [Paragraph(runs(MARK, "em")), *blocks]
    if suffix == ".pdf":
        data = pdf_bytes(title, blocks, by_model=by_model)
    elif suffix == ".docx":
        data = docx_bytes(title, blocks, by_model=by_model)
    else:
        data = markdown_text(title, blocks, by_model=by_model).encode()
    save(path, data)
