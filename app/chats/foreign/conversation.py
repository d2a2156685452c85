"""What the formats of other apps have in common: messages that follow each other, as a chat of ours."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from app.chats.exchange import Heading, StoredChat
from app.chats.foreign.tree import K, Said, nodes_of, path_to
from app.chats.titles import title_of
from app.text.visible import visible_line


class Foreign(Struct, frozen=True):
    """A chat as it came out of another app."""

    chat: StoredChat
    app: str  # "ChatGPT"
    id: str  # there; "" where the app tells none
    left_out: int = 0  # messages that are not shown there, where all of them were too many


class About(Struct, frozen=True):
    """What an app says of a chat."""

    app: str
    id: str
    title: str | None
    created: float
    updated: float


def foreign(about: About, said: Mapping[K, Said | None], before: Mapping[K, K | None], last: K | None) -> Foreign:
    """Messages as a chat: what is shown there is shown here, and what was said in its place are other versions.

    `said`, `before` and `last`: see `nodes_of`.

    Raises:
        AppError: nothing was said, or more than a chat can hold.
    """
    spoken = {key: each if each is not None and each.text.strip() else None for key, each in said.items()}
    turns, left_out = nodes_of(spoken, before, last)
    path = [each for key in path_to(last, before) if (each := spoken[key]) is not None]
    named = visible_line(about.title or "")[:200] or title_of(path[0].text)
    model = next((each.model for each in reversed(path) if each.model), "")
    began = about.created or next((each.at for each in path if each.at), 0.0)
    heading = Heading(title=named, model=model, created_at=began, updated_at=about.updated or began)
    turns = [each if each.created_at else msgspec.structs.replace(each, created_at=began) for each in turns]
    return Foreign(StoredChat(chat=heading, turns=turns), about.app, about.id[:200], left_out)


def moment(value: float | None) -> float:
    """Seconds since the epoch of a number in seconds, milli-, micro- or nanoseconds; 0 of one that is no date."""
    seconds = value or 0.0
    while seconds > 1e11:
        seconds /= 1000
    return seconds if 0 < seconds < 4.1e9 else 0.0
