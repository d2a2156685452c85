"""The header of a mail as a document's text begins it: who wrote to whom, when, about what, with what attached."""

from __future__ import annotations

LABELS = ("Date", "From", "To", "Cc", "Subject", "Attached")
"""In the order in which the mail loader (app/documents/loaders/mail.py) writes them, each as a paragraph."""
_TITLES = 2
"""Headings before them: the subject, and who wrote when."""
_LONGEST = 12_000
"""Characters that a header with its headings can have; no more is looked at."""


def header_at(text: str, start: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """The labels and values of the message that begins at `start`, and where what it says begins; where no message
    does, none and `start`.

    Each label counts once and in its order, without a gap: what the message says further down cannot pass for it.
    """
    found: list[tuple[str, str]] = []
    left = list(LABELS)
    end = place = start
    for at, paragraph in enumerate(text[start : start + _LONGEST].split("\n\n")):
        place += len(paragraph) + 2
        label, colon, value = paragraph.lstrip("#").strip().partition(": ")
        if colon and label in left and "\n" not in value:
            found.append((label, value))
            left = left[left.index(label) + 1 :]
            end = place
        elif found or at >= _TITLES:
            break
    return tuple(found), end
