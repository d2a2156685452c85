"""Messages of another app, with all that was said in the place of others, as a tree of questions and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from app.chats.records import Node, TurnRole
from app.errors import AppError
from app.types import Answer

MOST_CHARS, MOST_MESSAGES = 400_000, 20_000
"""Of a message, and of messages in a chat: more is no conversation, and would stop a window."""
MOST_TEXT = 20_000_000
"""Characters of a chat: versions that begin alike repeat their beginning."""
CUT = "\n\n(The rest of this message was too long to import.)"
NO_QUESTION = "(There is no question in the export.)"
NO_ANSWER = "There is no answer in the export."
K = TypeVar("K")


class Said(Struct, frozen=True):
    """A message: who said it, and what it follows there."""

    role: TurnRole
    text: str
    at: float = 0.0  # seconds since the epoch; 0: not known
    model: str = ""


@dataclass(eq=False)
class _Point:
    """A place in the conversation: the last message of a question, or an answer, that may go on.

    What an app keeps in several messages, with tools between them, is one question or one answer.
    """

    said: Said
    order: int
    before: _Point | None
    """The message of the same question or answer before this one."""
    follows: _Point | None
    """What the question or answer follows."""
    goes_on: bool = False

    def messages(self) -> list[Said]:
        found: list[Said] = []
        at: _Point | None = self
        while at is not None:
            found.append(at.said)
            at = at.before
        return found[::-1]


class TooMany(Exception):
    """More than a chat can hold."""


def path_to(last: K | None, before: Mapping[K, K | None]) -> list[K]:
    """The ids from the first message to `last`, by what each follows; a circle ends where it closes."""
    seen: dict[K, None] = {}
    at = last
    while at is not None and at in before and at not in seen:
        seen[at] = None
        at = before[at]
    return list(reversed(seen))


def nodes_of(said: Mapping[K, Said | None], before: Mapping[K, K | None], last: K | None) -> tuple[list[Node], int]:
    """The turns of a chat, each after the one that it follows, and how many messages were left out because all of them
    were too many.

    `said` is what each place of the tree holds (None: nothing that counts), in the order in which it was said; `before`
    the place before each; `last` the end of what is shown.

    Raises:
        AppError: nothing was said, or more than a chat can hold.
    """
    path = path_to(last, before)
    shown = {key: said[key] for key in path}
    follow = dict(before) | dict(zip(path, [None, *path], strict=False))
    if not any(shown.values()):
        raise AppError("It holds no messages.")
    try:
        return _turns(said, follow, path), 0
    except TooMany:
        pass
    try:
        left_out = sum(each is not None for key, each in said.items() if key not in shown)
        return _turns(shown, follow, path), left_out
    except TooMany as error:
        raise AppError(f"It holds more than {MOST_MESSAGES:,} messages.") from error


def _turns(said: Mapping[K, Said | None], before: Mapping[K, K | None], path: list[K]) -> list[Node]:
    if sum(each is not None for each in said.values()) > MOST_MESSAGES:
        raise TooMany
    points = _points(said, before)
    ends = [each for each in points.values() if each is not None and not each.goes_on]
    shown = next(point for key in reversed(path) if (point := points[key]) is not None)
    return list(_nodes(_needed([*ends, shown]), shown))


def _points(said: Mapping[K, Said | None], before: Mapping[K, K | None]) -> dict[K, _Point | None]:
    """Each place that can be reached from a beginning."""
    after = defaultdict[K, list[K]](list)
    waiting: list[tuple[K, _Point | None]] = []
    for key in said:
        ahead = before.get(key)
        if ahead is None or ahead not in said:
            waiting.append((key, None))
        else:
            after[ahead].append(key)
    order = {key: number for number, key in enumerate(said)}
    points: dict[K, _Point | None] = {}
    while waiting:
        key, last = waiting.pop()
        message = said[key]
        point = last
        if message is not None:
            same = last is not None and last.said.role == message.role
            follows = last.follows if same and last is not None else last
            point = _Point(message, order[key], last if same else None, follows)
            if last is not None:
                last.goes_on = True
        points[key] = point
        waiting += [(each, point) for each in after[key]]
    return points


def _needed(ends: Iterable[_Point]) -> dict[_Point, _Point | None]:
    """The points that questions and answers end with, each with the one that it follows."""
    needed: dict[_Point, _Point | None] = {}
    for end in ends:
        at: _Point | None = end
        while at is not None and at not in needed:
            needed[at] = at.follows
            at = at.follows
    return needed


def _nodes(needed: Mapping[_Point, _Point | None], shown: _Point) -> Iterator[Node]:
    """Questions and answers in turn; what is missing at either end is stood in for."""
    following = defaultdict[_Point | None, list[_Point]](list)
    for point, ahead in needed.items():
        following[ahead].append(point)
    on_path, at = set[_Point](), cast("_Point | None", shown)
    while at is not None:
        on_path.add(at)
        at = at.follows
    began = min(following[None], key=lambda each: each.order)
    made, chars, stand_in = 0, 0, 0
    if any(each.said.role == "answer" for each in following[None]):
        made = stand_in = 1
        chosen = next((each for each in following[None] if each in on_path), began).said.role == "answer"
        yield Node(id=1, chosen=chosen, role="question", text=NO_QUESTION, created_at=began.said.at)
    waiting = [(each, 0) for each in _latest_first(following[None])]
    while waiting:
        point, parent = waiting.pop()
        node = _node(made := made + 1, parent or (stand_in if point.said.role == "answer" else 0), point, on_path)
        chars += len(node.text)
        if made > MOST_MESSAGES or chars > MOST_TEXT:
            raise TooMany
        yield node
        after = following[point]
        waiting += [(each, node.id) for each in _latest_first(after)]
        if node.role == "question" and not after:
            empty, made = Answer(text="", note=NO_ANSWER), made + 1
            yield msgspec.structs.replace(node, id=made, parent=node.id, role="answer", text="", answer=empty)


def _latest_first(points: list[_Point]) -> list[_Point]:
    return sorted(points, key=lambda each: -each.order)


def _node(id_: int, parent: int, point: _Point, on_path: set[_Point]) -> Node:
    messages = point.messages()
    text = "\n\n".join(each.text.strip() for each in messages)
    text = text if len(text) <= MOST_CHARS else text[:MOST_CHARS] + CUT
    role = point.said.role
    return Node(
        id=id_,
        parent=parent,
        chosen=point in on_path,
        role=role,
        text=text,
        answer=Answer(text=text, model=point.said.model) if role == "answer" else None,
        created_at=next((each.at for each in messages if each.at), 0.0),
    )
