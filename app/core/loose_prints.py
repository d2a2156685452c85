"""Prints of answers that no chat will hold, so that they are known again in documents (docs/model-text.md)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from app.chats.forget import documents_of
from app.chats.records import wrote
from app.core.house import House
from app.errors import AppError
from app.settings import KEEP_PRINTS
from app.types import Answer

log = logging.getLogger(__name__)


def print_answer(house: House, answer: Answer, asked: Iterable[str]) -> None:
    """Keep the print of an answer, if a model worded it; `asked` is what was said before it."""
    if wrote(answer):
        passages = [source.passage for source in answer.sources]
        read = [text for each in passages for text in (each.text, each.header, each.heading)]
        print_text(house, answer.text, [*asked, *read], documents_of(answer))


def print_text(house: House, text: str, not_its_own: Iterable[str], documents: Iterable[int] = ()) -> None:
    """Keep the print of a model's text, unless the company says no. An answer never fails for it: the log says why."""
    if not house.settings.get(KEEP_PRINTS):
        return
    try:
        house.store.print_loose(text, not_its_own, documents)
    except AppError as error:
        log.warning("What an answer is known by could not be kept: %s", error)
