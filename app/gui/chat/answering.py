"""Drives the assistant's flow with the child processes: one answer at a time, each in its own chat, none lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.chats.records import Turn
from app.chats.store import ChatStore
from app.errors import AppError
from app.gui.worker_client import Job, WorkerClient
from app.types import Answer, Passage
from app.workers.protocol import AnyData, Chatted, Prefill, Searched, Token

if TYPE_CHECKING:  # the first question needs it
    from app.assistant.flow import Ask, Flow, Step, Stopped

FLUSH_MS = 50
SAVE_S = 2.0
"""A crash loses at most this much of an answer."""

Stage = Literal["waiting", "loading", "searching", "reading", "writing", "checking"]


@dataclass(frozen=True)
class Progress:
    """Where an answer stands."""

    stage: Stage
    fraction: float = 0.0  # of the prompt, while reading
    passages: int = 0
    searched: str = ""


@dataclass(eq=False)
class Writing:
    """An answer under way."""

    turn: Turn
    make_ask: Callable[[], Ask]
    progress: Progress = field(default_factory=lambda: Progress("waiting"))
    ask: Ask | None = None
    flow: Flow | None = None
    job: Job | None = None
    text: str = ""
    thinking: str = ""
    thought_s: float = 0.0
    passages: tuple[Passage, ...] = ()
    began: float = 0.0
    saved: float = 0.0
    fresh: list[tuple[str, bool]] = field(default_factory=list)
    stopping: bool = False


class Answering(QObject):
    """The queue of answers. The first one runs; it goes on whatever chat the window shows."""

    progressed = Signal(int, object)
    """Turn id, Progress."""
    token_arrived = Signal(int, str, bool)
    """Turn id, text of the last 50 ms, whether it is thinking."""
    finished = Signal(object)
    """Turn, as stored."""
    failed = Signal(int, object)
    """Turn id, AppError: why it ended early. `finished` follows."""
    not_stored = Signal(object)
    """AppError: the answer is shown but could not be kept."""

    def __init__(
        self,
        store: ChatStore,
        engine: Callable[[], WorkerClient],
        documents: WorkerClient,
        can_start: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._engine, self._documents, self._can_start = store, engine, documents, can_start
        self._queue: list[Writing] = []
        self._flush_timer = QTimer(self, interval=FLUSH_MS)
        self._flush_timer.timeout.connect(self._flush)

    # --- what is so -------------------------------------------------------------------------------------------------

    def writing(self, turn_id: int) -> Writing | None:
        """The answer under way with this id."""
        return next((each for each in self._queue if each.turn.id == turn_id), None)

    def in_chat(self, chat_id: int) -> Writing | None:
        """The answer under way in a chat."""
        return next((each for each in self._queue if each.turn.chat_id == chat_id), None)

    @property
    def is_busy(self) -> bool:
        return bool(self._queue)

    # --- what a person does -----------------------------------------------------------------------------------------

    def add(self, turn: Turn, make_ask: Callable[[], Ask]) -> None:
        """Answer into this turn; `make_ask` is called when its time comes, with the history as it is then."""
        self._queue.append(Writing(turn, make_ask))
        self.kick()

    def stop(self, turn_id: int) -> None:
        """Keep what has come so far, marked as stopped."""
        writing = self.writing(turn_id)
        if writing is None or writing.stopping:
            return
        from app.assistant import flow

        writing.stopping = True
        if writing.job is not None and writing.job.active:
            writing.job.cancel()
        else:
            self._end(writing, Answer(text=writing.text, stopped=True, note=flow.STOPPED))

    def interrupt(self, error: AppError) -> None:
        """The engine is ended on purpose and will say nothing more: keep what the running answer has."""
        writing = next((each for each in self._queue[:1] if each.flow is not None), None)
        if writing is None:
            return
        if writing.text or writing.thinking:
            self._call_failed(writing, error, by_engine=True)
        else:
            self._give_up(writing, error)

    def kick(self) -> None:
        """Begin the first answer if it waits and the model is there."""
        if not self._queue or self._queue[0].flow is not None:
            return
        from app.assistant import flow

        writing = self._queue[0]
        if not self._can_start():
            self._move(writing, Progress("loading"))
            return
        try:
            writing.ask = writing.make_ask()
        except AppError as error:
            self._give_up(writing, error)
            return
        writing.began = writing.saved = time.monotonic()
        writing.flow = flow.answer(writing.ask)
        self._step(writing, lambda running: next(running))

    def drop_all(self) -> None:
        """The window closes: keep the text of the running answer; the store marks it stopped at the next start."""
        self._flush_timer.stop()
        for writing in self._queue:
            if writing.text:
                self._store.save_partial(writing.turn.id, writing.text)
        self._queue.clear()

    # --- the flow ---------------------------------------------------------------------------------------------------

    def _step(self, writing: Writing, advance: Callable[[Flow], Step]) -> None:
        running = writing.flow
        if running is None or writing not in self._queue:
            return
        self._flush()
        try:
            step = advance(running)
        except StopIteration as stop:
            self._end(writing, stop.value)
        except AppError as error:
            self._give_up(writing, error)
        else:
            self._request(writing, step)

    def _request(self, writing: Writing, step: Step) -> None:
        client = self._engine() if step.role == "engine" else self._documents
        if step.role == "engine":
            self._move(writing, Progress("reading", 0.0, len(writing.passages), self._searched(writing)))
        elif writing.text:
            self._move(writing, Progress("checking", 1.0, len(writing.passages), self._searched(writing)))
        else:
            self._move(writing, Progress("searching", searched=self._searched(writing)))
        writing.job = client.request(
            step.call,
            done=lambda data: self._take(writing, data),
            event=lambda data: self._take_event(writing, data),
            failed=lambda error: self._call_failed(writing, error, by_engine=step.role == "engine"),
            cancelled=lambda: self._step(writing, lambda running: running.throw(self._stopped(writing))),
        )

    def _take(self, writing: Writing, data: AnyData) -> None:
        if isinstance(data, Searched) and data.result.found and writing.ask is not None:
            writing.passages = data.result.passages[: writing.ask.passages]
        if isinstance(data, Chatted):
            writing.text = data.text
        self._step(writing, lambda running: running.send(data))

    def _take_event(self, writing: Writing, data: AnyData) -> None:
        if isinstance(data, Prefill) and data.total:
            fraction = data.done / data.total
            self._move(writing, Progress("reading", fraction, len(writing.passages), self._searched(writing)))
        elif isinstance(data, Token):
            self._take_token(writing, data)

    def _take_token(self, writing: Writing, token: Token) -> None:
        if writing.progress.stage != "writing":
            self._move(writing, Progress("writing", 1.0, len(writing.passages), self._searched(writing)))
        if token.thinking:
            writing.thinking += token.text
            writing.thought_s = time.monotonic() - writing.began
        else:
            writing.text += token.text
        writing.fresh.append((token.text, token.thinking))
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def _flush(self) -> None:
        """Hand out what has come since the last time, and keep it now and then."""
        self._flush_timer.stop()
        for writing in list(self._queue[:1]):
            fresh, writing.fresh = writing.fresh, []
            for thinking in (True, False):
                piece = "".join(text for text, is_thinking in fresh if is_thinking == thinking)
                if piece:
                    self.token_arrived.emit(writing.turn.id, piece, thinking)
            if writing.text and time.monotonic() - writing.saved > SAVE_S:
                writing.saved = time.monotonic()
                self._save(writing)

    def _save(self, writing: Writing) -> None:
        try:
            self._store.save_partial(writing.turn.id, writing.text)
        except AppError as error:
            self.not_stored.emit(error)

    def _call_failed(self, writing: Writing, error: AppError, *, by_engine: bool) -> None:
        """A model that ends in the middle of an answer leaves what it has said; other failures the flow judges."""
        if by_engine and (writing.text or writing.thinking):
            self.failed.emit(writing.turn.id, error)
            stopped = self._stopped(writing)
            stopped.note = error.message
            self._step(writing, lambda running: running.throw(stopped))
        else:
            self._step(writing, lambda running: running.throw(error))

    def _stopped(self, writing: Writing) -> Stopped:
        from app.assistant import flow

        return flow.Stopped(text=writing.text, thinking=writing.thinking)

    def _give_up(self, writing: Writing, error: AppError) -> None:
        """Nothing came: the question stays, with the reason in the place of the answer."""
        self.failed.emit(writing.turn.id, error)
        self._end(writing, Answer(text=writing.text, stopped=True, note=str(error)))

    def _end(self, writing: Writing, result: Answer) -> None:
        self._queue.remove(writing)
        writing.job = None
        if writing.ask is not None and not result.model:
            result = msgspec.structs.replace(result, model=writing.ask.model)
        try:
            turn = self._store.finish_answer(writing.turn.id, result)
        except AppError as error:
            self.not_stored.emit(error)
            state: Literal["stopped", "done"] = "stopped" if result.stopped else "done"
            turn = msgspec.structs.replace(writing.turn, text=result.text, answer=result, state=state)
        self.finished.emit(turn)
        self.kick()

    def _move(self, writing: Writing, progress: Progress) -> None:
        writing.progress = progress
        self.progressed.emit(writing.turn.id, progress)

    @staticmethod
    def _searched(writing: Writing) -> str:
        if writing.ask is None or writing.ask.collections is None:
            return ""
        return ", ".join(writing.ask.collections)
