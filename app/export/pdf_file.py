"""A report as a PDF file, which a helper process with Qt lays out: the same for window and terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from app.errors import AppError
from app.export.content import Block
from app.export.html_text import html_text
from app.spawn import child_command

TIME_LIMIT_S = 300.0
"""Wall time: a chat of a thousand pages on a busy computer."""
BEGINS = b"%PDF-"


def pdf_bytes(title: str, blocks: Sequence[Block], *, by_model: bool = False) -> bytes:
    """The file on A4; `by_model`: see `write_report`.

    Raises:
        AppError: it took too long, or this computer lacks what Qt needs to draw.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        done = subprocess.run(
            child_command("--child", "pdf"),
            input=html_text(title, blocks, by_model=by_model).encode(),
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            creationflags=flags,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise AppError("The PDF could not be made.", "Save it as .docx or .md.", repr(error)) from error
    if done.returncode or not done.stdout.startswith(BEGINS):
        detail = done.stderr.decode(errors="replace")[-2000:]
        raise AppError("The PDF could not be made.", "Save it as .docx or .md.", detail)
    return done.stdout
