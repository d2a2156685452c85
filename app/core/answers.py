"""Answers under way in chats: they go on whatever door looks, and none is lost with a door, a model or a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from app.assistant import asking as assistant
from app.assistant.asking import Step, Stopped
from app.assistant.summarise import respond
from app.chats.records import Turn
from app.core.attachments import Attachments
from app.core.calls import chats as c
from app.core.children import Requester
from app.core.clock import Timer
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.kept_chats import KeptChats
from app.core.library import LibraryDesk
from app.core.models import ModelsDesk
from app.core.own_models import OwnModels
from app.core.reply import Reply
from app.core.signals import Signal
from app.errors import AppError
from app.types import Answer, Passage
from app.workers.calls.documents import Searched
from app.workers.calls.engine import Chatted, Prefill, Token, Waiting
from app.workers.failures import failure_of
from app.workers.message import Call

FLUSH_S = 0.05
SAVE_S = 2.0
"""A crash of the core loses at most this much of an answer."""


@dataclass(eq=False)
class Writing:
    """An answer under way in a chat."""

    turn: Turn
    make_ask: Callable[[], assistant.Ask]
    moved: c.AnswerMoved
    ask: assistant.Ask | None = None
    flow: Flow | None = None
    by_engine: bool = False
    """Whether the engine is at work on it now."""
    text: str = ""
    thinking: str = ""
    passages: tuple[Passage, ...] = ()
    saved: float = 0.0
    fresh: list[tuple[str, bool]] = field(default_factory=list)
    stopping: bool = False

    def answered(self, data: Any) -> None:
        """A step's result, before the flow goes on with it."""
        if isinstance(data, Searched) and data.result.found and self.ask is not None:
            self.passages = data.result.passages[: self.ask.passages]
        elif isinstance(data, Chatted):
            self.text = data.text


class Answers:
    """Every answer under way. Those in chats wait for the model; each chat writes one at a time."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        documents: DocumentsDesk,
        attachments: Attachments,
        kept: KeptChats,
        library: LibraryDesk,
    ) -> None:
        self._house, self._models, self._documents = house, models, documents
        self._attachments, self._kept, self._library = attachments, kept, library
        self._writing: list[Writing] = []
        self._own = OwnModels(models, self.kick, self._in_vain)
        self._flush_timer: Timer | None = None
        self.finished: Signal[tuple[str, Answer, int, int]] = Signal()
        """An answer in a chat, with its question, the chat and the turn."""
        models.engine_ready.connect(self.kick)
        attachments.settled.connect(self.kick)
        models.engine_leaving.connect(self.interrupt)
        models.engine_refused.connect(self._refuse)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.StopAnswer: self._stop}

    # --- what is so ---------------------------------------------------------------------------------------------------

    def in_chat(self, chat_id: int) -> Writing | None:
        """The answer under way in a chat."""
        return next((each for each in self._writing if each.turn.chat_id == chat_id), None)

    @property
    def is_busy(self) -> bool:
        return bool(self._writing)

    def under_way(self) -> tuple[c.AnswerUnderWay, ...]:
        """For a door that comes in the middle."""
        return tuple(
            c.AnswerUnderWay(turn=each.turn, moved=each.moved, text=each.text, thinking=each.thinking)
            for each in self._writing
        )

    # --- what a door wants --------------------------------------------------------------------------------------------

    def add(self, turn: Turn, make_ask: Callable[[], assistant.Ask]) -> None:
        """Answer into this turn; `make_ask` is called when its time comes, with the history as it is then."""
        moved = c.AnswerMoved(turn_id=turn.id, chat_id=turn.chat_id, stage="waiting")
        self._writing.append(Writing(turn, make_ask, moved))
        self.kick()

    def _stop(self, call: c.StopAnswer, reply: Reply) -> None:
        """The door is answered at once, every door when the turn is stored."""
        writing = next((each for each in self._writing if each.turn.id == call.turn_id), None)
        if writing is None:
            reply.done(c.TurnStored(turn=self._house.store.turn(call.turn_id)))
            return
        self.stop_writing(writing)
        reply.done(c.TurnStored(turn=writing.turn))

    def stop_writing(self, writing: Writing) -> None:
        """Keep what has come so far; a second wish changes nothing."""
        if writing.stopping:
            return
        writing.stopping = True
        if writing.flow is not None and writing.flow.job is not None and writing.flow.job.active:
            writing.flow.stop()
        else:
            self._end(writing, Answer(text=writing.text, stopped=True, note=assistant.STOPPED))

    def interrupt(self, error: AppError) -> None:
        """The engine is ended on purpose and will say nothing more: keep what each running answer has."""
        for writing in list(self._writing):
            if writing.flow is None or self._own.of(writing.turn.id) is not None:
                continue
            if writing.by_engine and (writing.text or writing.thinking):
                self._house.tell(_failure(writing, error))
                writing.flow.interrupt(Stopped(writing.text, writing.thinking, error.message))
            else:
                writing.flow.drop()
                self._give_up(writing, error)

    def _refuse(self, error: AppError) -> None:
        """The model cannot be loaded: who waits for it is told why, in whatever door."""
        waiting = [each for each in self._writing if each.flow is None and not self._own.waits(each.turn.id)]
        for writing in waiting:
            writing.stopping = True
        for writing in waiting:
            self._give_up(writing, error)

    def kick(self, *_: object) -> None:
        """Begin each answer that waits, if the model is there."""
        for writing in list(self._writing):
            if writing.flow is None and not writing.stopping:
                self._begin(writing)

    def stop(self) -> None:
        """The core ends: keep the text of what is under way; the store marks it stopped at the next start."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        for writing in self._writing:
            if writing.text:
                self._house.store.save_partial(writing.turn.id, writing.text)
        self._writing.clear()

    # --- in a chat ----------------------------------------------------------------------------------------------------

    def _begin(self, writing: Writing) -> None:
        try:
            chat = self._house.store.chat(writing.turn.chat_id)
            if not self._own.is_there(writing.turn.id, self._library.model_id_of(chat)):
                self._move(writing, "loading")
                return
            attached_id = chat.attached_id
            if attached_id and (note := self._attachments.waiting_for(attached_id)):
                self._move(writing, "waiting", note=note)
                return
            ask = writing.ask = writing.make_ask()
        except AppError as error:
            self._give_up(writing, error)
            return
        self._kept.begins(writing.turn.chat_id, keep=ask.keep)
        writing.saved = self._house.clock.now()
        writing.flow = Flow(
            respond(ask),
            lambda step: self._child_of(writing, step),
            done=lambda answer: self._end(writing, answer),
            failed=lambda error: self._give_up(writing, error),
            event=lambda data: self._take(writing, data),
            stopped=lambda: Stopped(writing.text, writing.thinking),
            began=lambda step: self._began(writing, step),
            fails=lambda step, error: self._fails(writing, step, error),
            answered=writing.answered,
            within=(self._house.clock, lambda step: step.within_s),
        )
        writing.flow.start()

    def _in_vain(self, turn_id: int, error: AppError) -> None:
        """The chat's own model cannot be loaded."""
        for writing in [each for each in self._writing if each.turn.id == turn_id and not each.stopping]:
            self._give_up(writing, error)

    def _child_of(self, writing: Writing, step: Step) -> Requester:
        own = self._own.of(writing.turn.id)
        return (own or self._models.backend) if step.role == "engine" else self._documents.child

    def _began(self, writing: Writing, step: Step) -> None:
        self._flush()
        writing.by_engine = step.role == "engine"
        if step.written:
            self._take(writing, Token(text=step.written))
        if writing.by_engine and not step.within_s:
            self._move(writing, "reading")
        elif step.fraction:
            self._move(writing, "summarising", step.fraction)
        elif writing.text:
            self._move(writing, "checking", 1.0)
        else:
            self._move(writing, "searching")

    def _fails(self, writing: Writing, step: Step, error: AppError) -> Exception:
        """A model that ends in the middle of an answer leaves what it has said; other failures the flow judges."""
        if step.role == "engine" and (writing.text or writing.thinking):
            self._house.tell(_failure(writing, error))
            return Stopped(writing.text, writing.thinking, error.message)
        return error

    def _take(self, writing: Writing, data: Any) -> None:
        if isinstance(data, Prefill) and data.total:
            self._move(writing, "reading", data.done / data.total)
        elif isinstance(data, Waiting):
            self._move(writing, writing.moved.stage, writing.moved.fraction, data.note)
        elif isinstance(data, Token):
            if writing.moved.stage != "writing" or writing.moved.note:
                self._move(writing, "writing", 1.0)
            if data.thinking:
                writing.thinking += data.text
            else:
                writing.text += data.text
            writing.fresh.append((data.text, data.thinking))
            if self._flush_timer is None:
                self._flush_timer = self._house.clock.after(FLUSH_S, self._flush)

    def _flush(self) -> None:
        """Hand out what has come since the last time, and keep it now and then."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        now = self._house.clock.now()
        for writing in list(self._writing):
            fresh, writing.fresh = writing.fresh, []
            for thinking in (True, False):
                piece = "".join(text for text, is_thinking in fresh if is_thinking == thinking)
                if piece:
                    turn = writing.turn
                    self._house.tell(c.AnswerGrew(turn_id=turn.id, chat_id=turn.chat_id, text=piece, thinking=thinking))
            if fresh and writing.text and now - writing.saved > SAVE_S:
                writing.saved = now
                self._save(writing)

    def _save(self, writing: Writing) -> None:
        try:
            self._house.store.save_partial(writing.turn.id, writing.text)
        except AppError as error:
            self._house.tell(_failure(writing, error))

    def _give_up(self, writing: Writing, error: AppError) -> None:
        """Nothing came: the question stays, with the reason in the place of the answer."""
        self._house.tell(_failure(writing, error))
        self._end(writing, Answer(text=writing.text, stopped=True, note=str(error)))

    def _end(self, writing: Writing, result: Answer) -> None:
        if writing not in self._writing:
            return
        self._flush()
        self._writing.remove(writing)
        if writing.ask is not None and not result.model:
            result = msgspec.structs.replace(result, model=writing.ask.model)
        failure = None
        try:
            turn = self._house.store.finish_answer(writing.turn.id, result)
        except AppError as error:
            failure = failure_of(error)
            state: Literal["stopped", "done"] = "stopped" if result.stopped else "done"
            turn = msgspec.structs.replace(writing.turn, text=result.text, answer=result, state=state)
        if self._own.of(turn.id) is None:
            self._models.note_speed(result)
        self._own.drop(turn.id)
        self._kept.answered(writing.turn.chat_id)
        if result.note == assistant.STOPPED and not result.text and turn.versions > 1 and failure is None:
            self._drop_version(turn)
        else:
            self._house.tell(c.AnswerFinished(turn=turn, failure=failure))
            self._house.tell(c.ChatsChanged(chat_ids=(turn.chat_id,)))
        question = writing.ask.question if writing.ask is not None else ""
        self.finished.emit((question, result, turn.chat_id, turn.id))
        self.kick()

    def _drop_version(self, turn: Turn) -> None:
        """Stopped before its first word: the version before is worth more than an empty one."""
        self._house.store.discard_answer(turn.id)
        self._house.tell(c.TurnsChanged(chat_id=turn.chat_id))

    def _move(self, writing: Writing, stage: c.Stage, fraction: float = 0.0, note: str = "") -> None:
        writing.moved = _moved(writing, stage, fraction, note)
        self._house.tell(writing.moved)


def _moved(writing: Writing, stage: c.Stage, fraction: float, note: str) -> c.AnswerMoved:
    asked = writing.ask is not None and writing.ask.collections is not None
    return c.AnswerMoved(
        turn_id=writing.turn.id,
        chat_id=writing.turn.chat_id,
        stage=stage,
        fraction=fraction,
        passages=len(writing.passages),
        searched=writing.ask.searched if asked and writing.ask is not None else "",
        note=note,
    )


def _failure(writing: Writing, error: AppError) -> c.AnswerFailed:
    turn = writing.turn
    return c.AnswerFailed(turn_id=turn.id, chat_id=turn.chat_id, failure=failure_of(error))
