"""What a person chose to learn from, turned into the trainer's data files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from app.errors import AppError
from app.types import Document, Message
from app.workers.calls.documents import DocumentText
from trainer.spec import Example, Preference, TextDocument


class Rated(Struct, frozen=True, kw_only=True):
    """An answer that a person judged in a chat."""

    id: int
    history: tuple[Message, ...]
    question: str
    answer: str
    up: bool
    corrected: str = ""


class Labelled(Struct, frozen=True):
    """A text and the label that it belongs to, in the shape of a file with columns."""

    text: str
    label: str


TEXTS = (".txt", ".md", ".text")
"""Endings of files that are one text to sort."""
READABLE = ("indexed", "unchanged", "changed")
"""States of a document whose text is at hand."""


def document_of(document: Document, collection: str, read: DocumentText) -> TextDocument:
    """One document of a collection."""
    return TextDocument(
        id=f"document-{document.id}", text=read.text, name=document.name, path=document.path, collection=collection,
        document_id=document.id, pages=read.pages, by_model=read.by_model,
    )  # fmt: skip


def from_ratings(ratings: Iterable[Rated], *, pairs: bool) -> list[Example | Preference]:
    """Thumbs as training data.

    Args:
        ratings: what was judged.
        pairs: True gives preference pairs (a correction beside what it corrects); False gives examples: answers that
            were liked, whose thumb is the approval, and corrections, which a person wrote.
    """
    found: list[Example | Preference] = []
    for rated in ratings:
        asked = (*_turns(rated.history), Message("user", rated.question))
        key = f"rated-{rated.id}"
        better = rated.corrected.strip()
        if pairs:
            if better:
                found.append(Preference(id=key, messages=asked, chosen=better, rejected=rated.answer, approved=True))
        elif better:
            found.append(
                Example(id=key, messages=(*asked, Message("assistant", better)), origin="person", approved=True)
            )
        elif rated.up:
            answered = (*asked, Message("assistant", rated.answer))
            found.append(Example(id=key, messages=answered, origin="feedback", approved=True))
    return found


def from_chat(
    chat_id: int, messages: Sequence[Message], unwanted: Collection[str] = (), liked: Collection[str] = ()
) -> list[Example]:
    """Each answer of a chat with what led to it, but for the unwanted. A model wrote them: they wait for the review,
    but for those that a person liked, whose thumb is the approval."""
    turns = _turns(messages)
    return [
        Example(id=f"chat-{chat_id}-{n}", messages=turns[: n + 1], origin="chat", approved=turn.content in liked)
        for n, turn in enumerate(turns)
        if turn.role == "assistant" and n and turn.content.strip() and turn.content not in unwanted
    ]


def _turns(messages: Iterable[Message]) -> tuple[Message, ...]:
    return tuple(message for message in messages)


def from_label_folders(folder: Path) -> list[Labelled]:
    """Texts of a folder whose own folders are the labels: each text file in “invoices” is an example of “invoices”.

    Raises:
        AppError: it cannot be read, or holds no such files in at least two folders.
    """
    try:
        labels = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        files = [(label.name, path) for label in labels for path in sorted(label.rglob("*"))]
        found = [
            Labelled(text, label)
            for label, path in files
            if path.suffix.casefold() in TEXTS and path.is_file()
            if (text := path.read_text(encoding="utf-8", errors="replace").strip())
        ]
    except OSError as error:
        raise AppError(f"“{folder.name}” cannot be read.", "Check the folder, then try again.", str(error)) from error
    if len({each.label for each in found}) < 2:
        hint = "Give each label a folder of its own in it, with text files (.txt or .md)."
        raise AppError(f"“{folder.name}” does not hold texts in at least two folders.", hint)
    return found
