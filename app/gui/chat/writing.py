"""Answers under way as this window has heard of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.chats.records import Turn
from app.core.calls.chats import AnswerMoved, AnswerUnderWay

Progress = AnswerMoved
"""Where an answer stands."""


@dataclass(eq=False)
class Writing:
    """An answer under way: what it has said since the window knows of it."""

    turn: Turn
    progress: Progress
    text: str = ""
    thinking: str = ""
    thought_s: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def take(self, text: str, *, thinking: bool) -> None:
        """What it has said more."""
        if thinking:
            self.thinking += text
            self.thought_s = time.monotonic() - self.began
        else:
            self.text += text


class Writings:
    """All of them, by turn; each chat has at most one."""

    def __init__(self) -> None:
        self._by_turn: dict[int, Writing] = {}

    def begin(self, turn: Turn) -> None:
        """An answer begins, unless it is known already."""
        moved = AnswerMoved(turn_id=turn.id, chat_id=turn.chat_id, stage="waiting")
        self._by_turn.setdefault(turn.id, Writing(turn, moved))

    def end(self, turn_id: int) -> None:
        self._by_turn.pop(turn_id, None)

    def get(self, turn_id: int) -> Writing | None:
        return self._by_turn.get(turn_id)

    def in_chat(self, chat_id: int) -> Writing | None:
        return next((each for each in self._by_turn.values() if each.turn.chat_id == chat_id), None)

    def ids(self) -> list[int]:
        return list(self._by_turn)

    def replace(self, answers: Sequence[AnswerUnderWay]) -> None:
        """What the core says is under way is all there is."""
        self._by_turn = {each.turn.id: Writing(each.turn, each.moved, each.text, each.thinking) for each in answers}
