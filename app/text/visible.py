"""Text of strangers without what nobody sees: control characters, and those that hide or turn what stands there."""

from __future__ import annotations

JOINERS = "\u200c\u200d"
"""Invisible characters that words of some scripts, and emoji, are not whole without."""


def visible_line(text: str) -> str:
    """It on one line; "" where nothing of it can be seen."""
    line = " ".join("".join(char if char.isprintable() or char in JOINERS else " " for char in text).split())
    return line if line.strip(JOINERS) else ""


def visible_text(text: str) -> str:
    """It with its lines and tabs."""
    kept = "\n\t" + JOINERS
    return "".join(char for char in text.replace("\r\n", "\n") if char.isprintable() or char in kept).strip()
