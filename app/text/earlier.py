"""What was said earlier in a conversation, in its own words and few of them: for a model that cannot hold it all.

Extracted, as every summary here: each question shortened, and how its answer begins. So it is the same each time it is
made of the same messages, needs no model, and nothing of it has to be stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.text.sentences import sentence_texts
from app.types import Message

HEAD = "Earlier in this conversation, summed up:"
ASKED_WORDS, ANSWERED_WORDS = 14, 24
LONGEST = 4000
"""Characters of a message that are looked at."""


def sum_up(messages: Sequence[Message], words: int) -> str:
    """The messages in at most about so many words, newest last; what no longer fits is left out from the second on,
    since the first says what it is about. "" for none."""
    lines = [line for message in messages if (line := _line(message))]
    if not lines:
        return ""
    first, rest = lines[0], lines[1:]
    room = words - len(first.split())
    kept: list[str] = []
    for line in reversed(rest):
        room -= len(line.split())
        if room < 0:
            break
        kept.append(line)
    gap = ["…"] if len(kept) < len(rest) else []
    return "\n".join([HEAD, first, *gap, *reversed(kept)])


def _line(message: Message) -> str:
    """Who says what, by its first sentence that is no quotation, list mark or heading."""
    said = "\n".join(
        line for line in message.content[:LONGEST].splitlines() if not line.lstrip().startswith((">", "#"))
    )
    first = next((text for text in sentence_texts(said) if any(sign.isalnum() for sign in text)), "")
    most = ASKED_WORDS if message.role == "user" else ANSWERED_WORDS
    every = first.split()
    cut = " ".join(every[:most]) + (" …" if len(every) > most else "")
    who = "User" if message.role == "user" else "Assistant"
    return f"- {who}: {cut[: most * 12]}" if cut else ""
