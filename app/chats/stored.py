"""What becomes of stored answers: told to the model again, recovered after a crash."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.chats.records import Turn
from app.pictures import MOST_SEEN
from app.types import Message

_CITATION = re.compile(r"(?<!\s)\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_INHOUSE = re.compile(r"inhouse|\bapp\b", re.IGNORECASE)
"""The command line of the window or of a command, from source or frozen."""
CLOCK_S = 2.0
"""How far the start time that the system gives for a process may be off."""


def alive(pid: int | None, since: float) -> bool:
    """Whether the process that began to write at `since` (seconds since the epoch) still runs.

    A process that started later, or that is no Inhouse, has only taken over the number.
    """
    if pid is None:
        return False
    import psutil

    try:
        process = psutil.Process(pid)
        started = process.create_time()
        command = " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return started <= since + CLOCK_S and bool(_INHOUSE.search(command))


def worth_telling(turn: Turn) -> bool:
    """Whether the model should hear of this answer again: not of one that is missing or found nothing."""
    return turn.answer is not None and not turn.answer.not_found and bool(turn.text.strip())


def only_newest_pictures(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with the newest `MOST_SEEN` pictures; of an older one only its name is told."""
    left = MOST_SEEN
    told: list[Message] = []
    for message in reversed(messages):
        kept = message.pictures[max(0, len(message.pictures) - left) :] if left else ()
        left -= len(kept)
        gone = message.pictures[: len(message.pictures) - len(kept)]
        names = "".join(f"({each.name})\n" for each in gone)
        told.append(Message(message.role, names + message.content, kept))
    return tuple(reversed(told))


def plain_text(turn: Turn) -> str:
    """An answer without sources is told word for word, so that the engine finds it in its KV cache."""
    assert turn.answer is not None
    return _CITATION.sub("", turn.text) if turn.answer.sources else turn.text
