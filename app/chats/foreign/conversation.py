"""What the formats of other apps have in common: messages in order, as the questions and answers of a chat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from app.chats.exchange import Heading, StoredChat
from app.chats.records import Node, TurnRole
from app.chats.titles import title_of
from app.errors import AppError
from app.types import Answer

MOST_CHARS, MOST_MESSAGES = 400_000, 20_000
"""Of a message, and of messages in a chat: more is no conversation, and would stop a window."""
CUT = "\n\n(The rest of this message was too long to import.)"
NO_QUESTION = "(There is no question in the export.)"
NO_ANSWER = "There is no answer in the export."


class Said(Struct, frozen=True):
    """A message: who said it, and what stood in its place before (`others`, oldest first)."""

    role: TurnRole
    text: str
    at: float = 0.0  # seconds since the epoch; 0: not known
    model: str = ""
    others: tuple[str, ...] = ()


class Foreign(Struct, frozen=True):
    """A chat as it came out of another app."""

    chat: StoredChat
    app: str  # "ChatGPT"
    id: str  # there; "" where the app tells none


def foreign(app: str, id_: str, title: str | None, said: Iterable[Said], created: float, updated: float) -> Foreign:
    """Messages as a chat.

    Raises:
        AppError: nothing was said, or more than a chat can hold.
    """
    messages = list(_joined(each for each in said if each.text.strip()))
    if not messages:
        raise AppError("It holds no messages.")
    if len(messages) > MOST_MESSAGES:
        raise AppError(f"It holds more than {MOST_MESSAGES:,} messages.")
    named = " ".join((title or "").split())[:200] or title_of(messages[0].text)
    model = next((each.model for each in reversed(messages) if each.model), "")
    began = created or next((each.at for each in messages if each.at), 0.0)
    heading = Heading(title=named, model=model, created_at=began, updated_at=updated or began)
    return Foreign(StoredChat(chat=heading, turns=list(_nodes(messages, began))), app, id_[:200])


def moment(value: float | None) -> float:
    """Seconds since the epoch of a number in seconds, milli-, micro- or nanoseconds; 0 of one that is no date."""
    seconds = value or 0.0
    while seconds > 1e11:
        seconds /= 1000
    return seconds if 0 < seconds < 4.1e9 else 0.0


def path_to(last: str | None, before: dict[str, str | None]) -> list[str]:
    """The ids from the first message to `last`, by what each follows; a circle ends where it closes."""
    seen: dict[str, None] = {}
    at = last
    while at is not None and at in before and at not in seen:
        seen[at] = None
        at = before[at]
    return list(reversed(seen))


def _joined(said: Iterable[Said]) -> Iterator[Said]:
    """One question, one answer: what an app keeps in several messages, with tools between them, is one."""
    held: list[Said] = []

    def merged() -> Said:
        last = held[-1]
        text = "\n\n".join(each.text.strip() for each in held)
        others = last.others if len(held) == 1 else ()
        return Said(last.role, _cut(text), held[0].at, last.model, tuple(map(_cut, others)))

    for each in said:
        if held and held[-1].role != each.role:
            yield merged()
            held = []
        held.append(each)
    if held:
        yield merged()


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARS else text[:MOST_CHARS] + CUT


def _nodes(messages: list[Said], began: float) -> Iterator[Node]:
    """Questions and answers in turn, each after the one before; what is missing at either end is stood in for."""
    whole = [Said("question", NO_QUESTION), *messages] if messages[0].role == "answer" else messages
    assert all(a.role != b.role for a, b in pairwise(whole))
    last = made = 0
    for each in whole:
        for text in (*each.others, each.text):
            made += 1
            answer = Answer(text=text, model=each.model) if each.role == "answer" else None
            yield Node(
                id=made,
                parent=last,
                chosen=text is each.text,
                role=each.role,
                text=text,
                answer=answer,
                created_at=each.at or began,
            )
        last = made
    if whole[-1].role == "question":
        empty = Answer(text="", note=NO_ANSWER)
        yield Node(id=made + 1, parent=last, role="answer", text="", answer=empty, created_at=began)
