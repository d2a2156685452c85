"""A temporary chat: its turns are in this window and nowhere else, and go with it.

It takes the calls that a chat's page makes and says what the core would say of a stored chat, so that the page needs to
know nothing of it. The core is asked as by a program: a question outside of any chat, with what was said before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
from PySide6.QtCore import QObject

from app.chats.forget import documents_of, without
from app.chats.records import Chat, Turn, TurnState
from app.chats.stored import plain_text, worth_telling
from app.core.calls import chats as c
from app.core.calls.documents import DocumentsRemoved
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.types import Answer, Filter, Message
from app.workers.calls.engine import Prefill, Token, Waiting
from app.workers.failures import failure_of
from app.workers.message import Call

TEMPORARY = -1
"""Its id; its turns have negative ones too, so that none is taken for a stored one."""
NO_FILES = AppError(
    "A temporary chat takes no files: what is read of them would be stored.", "Begin a new chat for them."
)


class TemporaryChat(QObject):
    """At most one; it lasts until `end`."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._turns: list[Turn] = []
        self._last_id = TEMPORARY
        self._answers = TemporaryAnswers(core, self._store)
        self.collection_id = 0
        """What its questions ask."""
        self.assistant_id = ""
        """Who answers them."""
        core.told.connect(self._told)

    @property
    def chat(self) -> Chat:
        """As a page shows it."""
        title = self.tr("Temporary chat")
        return Chat(id=TEMPORARY, title=title, collection_id=self.collection_id, assistant_id=self.assistant_id)

    def turns(self, limit: int | None, before: int | None) -> list[Turn]:
        """The last `limit` turns, or those before the turn `before`, oldest first."""
        ids = [turn.id for turn in self._turns]
        shown = self._turns[: ids.index(before)] if before in ids else self._turns
        return shown[-limit:] if limit else list(shown)

    def end(self) -> None:
        """Nothing of it is left."""
        self._answers.drop()
        self._turns.clear()
        self.assistant_id = ""

    def take(self, call: Call) -> bool:
        """Do what a call asks of this chat; → whether it is about this chat."""
        match call:
            case c.AskInChat(chat_id=chat_id) if chat_id == TEMPORARY:
                self._ask(call)
            case c.Regenerate(answer_id=turn_id) if turn_id < 0:
                self._regenerate(call)
            case c.StopAnswer(turn_id=turn_id) if turn_id < 0:
                self._answers.stop()
            case c.ChooseVersion(turn_id=turn_id) | c.RateAnswer(turn_id=turn_id) if turn_id < 0:
                pass  # there is one version of each, and nobody to remember a thumb
            case _:
                return False
        return True

    # --- inside -------------------------------------------------------------------------------------------------------

    def _ask(self, call: c.AskInChat) -> None:
        """In the place of `replaces`, all that followed that one goes."""
        replaced = self._index(call.replaces) if call.replaces else len(self._turns)
        inherited = self._turns[replaced].filter if call.replaces and not call.filter.asks else call.filter
        del self._turns[replaced:]
        question = self._add(
            Turn(id=self._next(), chat_id=TEMPORARY, role="question", text=call.text, filter=inherited)
        )
        history = self._history()
        answer = self._add_answer()
        told = c.QuestionAdded(chat=self.chat, question=question, answer=answer, replaced=bool(call.replaces))
        self._core.told.emit(told)
        self._answers.ask(answer, self._question(question, history, call.where))

    def _regenerate(self, call: c.Regenerate) -> None:
        at = self._index(call.answer_id)
        last = at == len(self._turns) - 1
        del self._turns[at:]
        question = self._turns[-1]
        history = self._history()
        answer = self._add_answer()
        self._core.told.emit(c.AnswerRestarted(turn=answer, last=last))
        self._answers.ask(answer, self._question(question, history, call.where))

    def _question(self, question: Turn, history: tuple[Message, ...], where: c.Where) -> c.Ask:
        alone = where == "nowhere" or (where == "collection" and not self.collection_id)
        return c.Ask(
            question=question.text,
            collections=(self.collection_id,) if where == "collection" and self.collection_id else (),
            alone=alone,
            priority=1,
            filter=question.filter if where == "collection" else Filter(),
            history=history,
            assistant_id=self.assistant_id,
        )

    def _history(self) -> tuple[Message, ...]:
        """What the model hears of the turns so far, as the store would tell it."""
        messages: list[Message] = []
        for question, answer in pairwise(self._turns):
            if question.role == "question" and answer.role == "answer" and worth_telling(answer):
                messages += [Message("user", question.text), Message("assistant", plain_text(answer))]
        return tuple(messages)

    def _add_answer(self) -> Turn:
        return self._add(Turn(id=self._next(), chat_id=TEMPORARY, role="answer", text="", state="writing"))

    def _add(self, turn: Turn) -> Turn:
        self._turns.append(turn)
        return turn

    def _next(self) -> int:
        self._last_id -= 1
        return self._last_id

    def _index(self, turn_id: int) -> int:
        return next((i for i, turn in enumerate(self._turns) if turn.id == turn_id), len(self._turns))

    def _store(self, turn: Turn) -> None:
        """An answer is whole."""
        self._turns = [turn if each.id == turn.id else each for each in self._turns]

    def _told(self, data: object) -> None:
        """A removed document goes from here as from the store."""
        if isinstance(data, DocumentsRemoved):
            self._turns = [_without(turn, data.ids) for turn in self._turns]


class TemporaryAnswers:
    """The answer under way, told as the core tells of one in a stored chat."""

    def __init__(self, core: CoreClient, store: Callable[[Turn], object]) -> None:
        self._core, self._store = core, store
        self._turn: Turn | None = None
        self._job: Job | None = None
        self._text = ""

    def ask(self, turn: Turn, call: c.Ask) -> None:
        """Answer into this turn."""
        self._turn, self._text = turn, ""
        self._move(turn, "reading" if call.alone else "searching")
        self._job = self._core.request(
            call,
            done=lambda data: self._end(turn, data.answer),
            event=lambda data: self._take(turn, data),
            failed=lambda error: self._fail(turn, error),
            cancelled=lambda: self._end(turn, Answer(text=self._text, stopped=True)),
        )

    def stop(self) -> None:
        """What has come stays."""
        if self._job is not None and self._job.active:
            self._job.cancel()

    def drop(self) -> None:
        """Nobody wants it any more."""
        self._turn = None
        self.stop()

    def _take(self, turn: Turn, data: object) -> None:
        if turn is not self._turn:
            return
        if isinstance(data, Prefill) and data.total:
            self._move(turn, "reading", data.done / data.total)
        elif isinstance(data, Waiting):
            self._move(turn, "waiting", note=data.note)
        elif isinstance(data, Token):
            self._move(turn, "writing", 1.0)
            self._text += "" if data.thinking else data.text
            grew = c.AnswerGrew(turn_id=turn.id, chat_id=TEMPORARY, text=data.text, thinking=data.thinking)
            self._core.told.emit(grew)

    def _move(self, turn: Turn, stage: c.Stage, fraction: float = 0.0, note: str = "") -> None:
        moved = c.AnswerMoved(turn_id=turn.id, chat_id=TEMPORARY, stage=stage, fraction=fraction, note=note)
        self._core.told.emit(moved)

    def _fail(self, turn: Turn, error: AppError) -> None:
        if turn is self._turn:
            self._core.told.emit(c.AnswerFailed(turn_id=turn.id, chat_id=TEMPORARY, failure=failure_of(error)))
            self._end(turn, Answer(text=self._text, stopped=True, note=str(error)))

    def _end(self, turn: Turn, answer: Answer) -> None:
        if turn is not self._turn:
            return
        self._turn = None
        state: TurnState = "stopped" if answer.stopped else "done"
        whole = msgspec.structs.replace(turn, text=answer.text, answer=answer, state=state)
        self._store(whole)
        self._core.told.emit(c.AnswerFinished(turn=whole))


def _without(turn: Turn, ids: Sequence[int]) -> Turn:
    """The turn without what it holds of removed documents."""
    if turn.answer is None or not documents_of(turn.answer) & set(ids):
        return turn
    answer = without(turn.answer, ids)
    return msgspec.structs.replace(turn, answer=answer, text=answer.text)
