"""`/temporary` in a conversation: its questions and answers are in this process and nowhere else, and go with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from app.chats.forget import without
from app.chats.records import Turn
from app.chats.stored import plain_text, worth_telling
from app.cli.output import Draft
from app.cli.session import Session
from app.core.calls.chats import Answered, Ask
from app.core.calls.documents import DocumentsRemoved
from app.errors import AppError
from app.types import Answer, Message
from app.workers.message import Data

NO_FILES = AppError(
    "A temporary chat takes no files: what is read of them would be stored.", "/new begins a chat that takes them."
)
BEGINS = "A temporary chat begins: nothing of it is kept. /new ends it."


class TemporaryTalk:
    """A conversation that no store has; the core is asked as by a program, with what was said before."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turns: list[Turn] = []

    def ask(self, question: str, collections: tuple[int, ...] | None, assistant_id: str) -> Answer:
        """The answer, shown as it comes; Ctrl C stops it and keeps what has come.

        `collections`: None is the model alone, () all of them.
        """
        self._session.models()  # what was told meanwhile is heard first: a document may have been removed
        draft = Draft()
        call = Ask(
            question=question,
            collections=collections or (),
            alone=collections is None,
            priority=1,
            history=self._history(),
            assistant_id=assistant_id,
        )
        try:
            answered = self._session.call(call, lambda data: self._session.show_answer(data, draft.add), stoppable=True)
        finally:
            self._session.progress.clear()
            draft.take_back()
        assert isinstance(answered, Answered)
        answer = answered.answer
        self._turns += [
            Turn(id=0, chat_id=0, role="question", text=question),
            Turn(id=0, chat_id=0, role="answer", text=answer.text, answer=answer),
        ]
        return answer

    def hear(self, data: Data) -> None:
        """A removed document goes from here as from the store."""
        if isinstance(data, DocumentsRemoved):
            self._turns = [_without(turn, data.ids) for turn in self._turns]

    def _history(self) -> tuple[Message, ...]:
        told: list[Message] = []
        for question, answer in pairwise(self._turns):
            if answer.role == "answer" and worth_telling(answer):
                told += [Message("user", question.text), Message("assistant", plain_text(answer))]
        return tuple(told)


def _without(turn: Turn, ids: Sequence[int]) -> Turn:
    if turn.answer is None:
        return turn
    answer = without(turn.answer, ids)
    return msgspec.structs.replace(turn, answer=answer, text=answer.text)
