"""Keys and tokens that a command is given: typed, or read from a file, never as an argument that everybody sees."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path

from app.errors import AppError


def read_key(file: str, prompt: str) -> str:
    """The key in a file, of stdin ("-"), or typed where there is a terminal; "" for none.

    Raises:
        AppError: the file cannot be read.
    """
    if not file:
        return getpass(prompt) if sys.stdin.isatty() else ""
    if file == "-":
        return sys.stdin.readline().strip()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AppError(f"“{file}” cannot be read.", "It should hold the key and nothing else.", str(error)) from error
