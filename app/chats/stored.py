"""What becomes of stored answers: told to the model again, recovered after a crash, cleared of a removed document."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

import msgspec

from app.chats.records import Turn
from app.types import Answer, Passage, Source

_CITATION = re.compile(r"\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")


def alive(pid: int | None) -> bool:
    """Whether the process that was writing still runs."""
    if pid is None:
        return False
    import psutil

    exists = cast(Callable[[int], bool], psutil.pid_exists)
    return exists(pid)


def worth_telling(turn: Turn) -> bool:
    """Whether the model should hear of this answer again: not of one that is missing or found nothing."""
    return turn.answer is not None and not turn.answer.not_found and bool(turn.text.strip())


def plain_text(turn: Turn) -> str:
    """An answer without sources is told word for word, so that the engine finds it in its KV cache."""
    assert turn.answer is not None
    return _CITATION.sub("", turn.text) if turn.answer.sources else turn.text


def without(answer: Answer, document_id: int) -> Answer:
    """The answer with the text of this document's passages blanked."""

    def blank(passage: Passage) -> Passage:
        if passage.document_id != document_id:
            return passage
        return msgspec.structs.replace(passage, text="", heading="", best=None, boxes=())

    return msgspec.structs.replace(
        answer,
        sources=tuple(Source(n=source.n, passage=blank(source.passage)) for source in answer.sources),
        nearest=tuple(blank(passage) for passage in answer.nearest),
    )
