"""What a person does in a chat, as calls to the core: ask, stop, regenerate, edit, choose, rate. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.chats.records import Chat, Rating, Turn
from app.core.calls import chats as c
from app.core.protocol import Welcome
from app.core.requests import Job
from app.errors import AppError
from app.gui.chat.reader import ChatReader
from app.gui.chat.writing import Progress, Writing, Writings
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.models.controller import ModelsController
from app.settings import DEFAULT_COLLECTION, Settings
from app.workers.failures import error_of
from app.workers.protocol import Call, Counted

COUNT_DELAY_MS = 400
EngineState = Literal["loading", "ready", "failed"]
Where = c.Where
UNDER_WAY = AppError("An answer is still being written.", "Wait for it or stop it, then ask again.")


class ChatController(QObject):
    """The open chat, and the answers under way in any chat as the core tells of them."""

    chat_opened = Signal(object)
    """Chat, or None for a new one."""
    chats_changed = Signal()
    """The list of chats: a new one, another title or order."""
    turns_changed = Signal()
    """The shown path of the open chat is another one now."""
    question_added = Signal(object, object)
    """The question's turn and the answer's, in the open chat."""
    question_returned = Signal(str)
    """A question that could not be stored: its text, to be typed no second time."""
    answer_restarted = Signal(object)
    """Turn: another version of an answer begins, in the open chat."""
    progressed = Signal(int, object)
    """Turn id, Progress."""
    token_arrived = Signal(int, str, bool)
    """Turn id, text of the last moments, whether it is thinking."""
    answer_finished = Signal(object)
    """Turn, of whatever chat."""
    answer_failed = Signal(int, object)
    """Turn id, AppError: why it ended early. `answer_finished` follows."""
    turn_changed = Signal(object)
    """Turn: its rating changed."""
    collection_changed = Signal(str)
    """The name of the collection that is asked now, "" for the model alone."""
    engine_state_changed = Signal(str)
    loading_progressed = Signal(float)
    meter_changed = Signal(int, int)
    """Tokens that the next prompt takes, and the context they must fit in."""
    failed = Signal(object)
    """AppError of something that nothing else shows."""

    def __init__(
        self,
        core: CoreClient,
        reader: ChatReader,
        settings: Settings,
        models: ModelsController,
        collections: KnownCollections,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.core, self.collections = core, collections
        self._reader, self._settings, self._models = reader, settings, models
        self._chat: Chat | None = None
        self._collection_id = settings.get(DEFAULT_COLLECTION)
        self._asking = False
        """A question of a new chat is on its way to the core."""
        self._writings = Writings()
        self.engine_state: EngineState = "ready" if models.info is not None else "loading"
        self.engine_error: AppError | None = None
        models.engine_ready.connect(self._engine_ready)
        models.engine_failed.connect(self._engine_failed)
        models.loading.connect(self._engine_loads)
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)
        core.lost.connect(self._core_lost)
        collections.changed.connect(lambda: self.collection_changed.emit(self.collection))
        self._count_timer = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._count_timer.timeout.connect(self._count)
        self._count_text = ""
        self._count_job: Job | None = None

    # --- what is so -------------------------------------------------------------------------------------------------

    @property
    def chat(self) -> Chat | None:
        """The open chat; None while it has no question yet."""
        return self._chat

    @property
    def chat_id(self) -> int:
        """Its id, 0 for a new one: the key of drafts."""
        return self._chat.id if self._chat else 0

    @property
    def collection_id(self) -> int:
        """The collection that the next question is asked, 0 for the model alone."""
        return self._collection_id

    @property
    def collection(self) -> str:
        """What it is called now."""
        return self.collections.name(self._collection_id)

    @property
    def model_name(self) -> str:
        return self._models.active.name if self._models.active else ""

    def turns(self, limit: int | None = None, before: int | None = None) -> list[Turn]:
        """The shown turns of the open chat, oldest first: the last `limit`, or those before `before`."""
        return self._reader.turns(self._chat.id, limit, before) if self._chat else []

    def writing(self) -> Writing | None:
        """The answer under way in the open chat."""
        return self._writings.in_chat(self._chat.id) if self._chat else None

    # --- chats ------------------------------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """An empty chat; it is stored with its first question."""
        self._show(None, self._settings.get(DEFAULT_COLLECTION))

    def open_chat(self, chat_id: int) -> None:
        """Show a stored chat."""
        try:
            chat = self._reader.chat(chat_id)
        except AppError as error:
            self.failed.emit(error)
            return
        self._show(chat, chat.collection_id)

    def _show(self, chat: Chat | None, collection_id: int) -> None:
        self._chat, self._collection_id, self._asking = chat, collection_id, False
        self.chat_opened.emit(chat)
        self.collection_changed.emit(self.collection)
        self.count("")

    def choose_collection(self, collection_id: int) -> None:
        """Ask this collection from now on, 0 for the model alone."""
        self._collection_id = collection_id
        if self._chat is not None:
            self._do(c.SetChatCollection(chat_id=self._chat.id, collection_id=collection_id))
        self.collection_changed.emit(self.collection)

    def rename(self, title: str) -> None:
        if self._chat is not None:
            self.rename_chat(self._chat.id, title)

    def rename_chat(self, chat_id: int, title: str) -> None:
        self._do(c.RenameChat(chat_id=chat_id, title=title))

    def delete_chat(self, chat_id: int) -> None:
        """Out of sight at once; `restore_chat` brings it back until `purge`."""
        self._do(c.DeleteChat(chat_id=chat_id))

    def restore_chat(self, chat_id: int, then: Callable[[], object]) -> None:
        """Back in sight; `then` is called when it is."""
        self.core.request(c.RestoreChat(chat_id=chat_id), done=lambda _: then(), failed=self.failed.emit)

    def purge(self, *, everything: bool = False) -> None:
        """Remove deleted chats for good, or all of them."""
        self._do(c.PurgeChats(everything=everything))

    # --- questions and answers --------------------------------------------------------------------------------------

    def ask(self, text: str) -> bool:
        """Let the core store the question, then answer it; → whether it was taken."""
        text = text.strip()
        if not text or self._asking or self.writing() is not None or self.engine_state == "failed":
            return False
        call = c.AskInChat(text=text, chat_id=self.chat_id, collection_id=self._collection_id)
        self._asking = True

        def failed(error: AppError) -> None:
            self._asking = False
            self.question_returned.emit(text)
            self.failed.emit(error)

        self.core.request(call, done=self._asked, failed=failed)
        return True

    def _asked(self, data: c.ChatAsked) -> None:
        """The reply comes before the events about it; who has opened another chat meanwhile stays there."""
        if self._asking:
            self._asking = False
            self._chat = data.chat

    def stop(self) -> None:
        """Stop the answer of the open chat; what has come stays."""
        writing = self.writing()
        if writing is not None:
            self._do(c.StopAnswer(turn_id=writing.turn.id))

    def regenerate(self, answer_id: int, where: Where = "collection") -> None:
        """Another version of this answer; the earlier ones stay."""
        if self._chat is not None and self.writing() is None and self.engine_state != "failed":
            self._do(c.Regenerate(answer_id=answer_id, where=where))

    def search_all(self, answer_id: int) -> None:
        """Ask the same of all collections."""
        self.regenerate(answer_id, "everywhere")

    def ask_without_documents(self, answer_id: int) -> None:
        """Let the model answer from its own head."""
        self.regenerate(answer_id, "nowhere")

    def edit(self, question_id: int, text: str) -> None:
        """Ask something else in the place of this question; what was there stays reachable."""
        text = text.strip()
        if not text or self._chat is None or self.engine_state == "failed":
            return
        if self.writing() is not None:
            self.failed.emit(UNDER_WAY)
            return
        self._do(c.AskInChat(text=text, chat_id=self._chat.id, replaces=question_id))

    def choose_version(self, turn_id: int, version: int) -> None:
        """Show another version of a question or an answer, and what followed it."""
        if self.writing() is None:
            self._do(c.ChooseVersion(turn_id=turn_id, version=version))

    def rate(self, turn_id: int, rating: Rating | None, corrected: str = "") -> None:
        """Thumb up, down or none, and what the answer should have been."""
        self._do(c.RateAnswer(turn_id=turn_id, rating=rating, corrected=corrected))

    def leave(self) -> None:
        """The window closes; the answers under way go on in the core."""
        self._count_timer.stop()

    def restart_engine(self) -> None:
        self._set_engine("loading", None)
        self._models.restart_engine()

    def _do(self, call: Call) -> None:
        """What it changes comes back as an event; only a failure is told to who wanted it."""
        self.core.request(call, failed=self.failed.emit)

    # --- what the core tells ------------------------------------------------------------------------------------------

    def _told(self, data: object) -> None:
        handler = self._handlers().get(type(data))
        if handler is not None:
            handler(data)

    def _handlers(self) -> dict[type, Callable[..., object]]:
        return {
            c.QuestionAdded: self._question_added,
            c.AnswerRestarted: self._answer_restarted,
            c.AnswerMoved: self._answer_moved,
            c.AnswerGrew: self._answer_grew,
            c.AnswerFailed: lambda data: self.answer_failed.emit(data.turn_id, error_of(data.failure)),
            c.AnswerFinished: self._answer_finished,
            c.TurnsChanged: self._turns_changed,
            c.TurnRated: lambda data: self.turn_changed.emit(data.turn),
            c.ChatsChanged: self._chats_changed,
        }

    def _question_added(self, data: c.QuestionAdded) -> None:
        self._writings.begin(data.answer)
        if data.chat.id != self.chat_id:
            return
        self._chat = data.chat
        if data.replaced:
            self.turns_changed.emit()
        else:
            self.question_added.emit(data.question, data.answer)

    def _answer_restarted(self, data: c.AnswerRestarted) -> None:
        self._writings.begin(data.turn)
        if data.turn.chat_id != self.chat_id:
            return
        if data.last:
            self.answer_restarted.emit(data.turn)
        else:
            self.turns_changed.emit()

    def _answer_moved(self, data: c.AnswerMoved) -> None:
        writing = self._writings.get(data.turn_id)
        if writing is not None:
            writing.progress = data
            self.progressed.emit(data.turn_id, data)

    def _answer_grew(self, data: c.AnswerGrew) -> None:
        writing = self._writings.get(data.turn_id)
        if writing is not None:
            writing.take(data.text, thinking=data.thinking)
            self.token_arrived.emit(data.turn_id, data.text, data.thinking)

    def _answer_finished(self, data: c.AnswerFinished) -> None:
        self._writings.end(data.turn.id)
        if data.failure is not None:
            self.failed.emit(error_of(data.failure))
        self.answer_finished.emit(data.turn)
        result = data.turn.answer
        if result is not None and result.budget is not None and data.turn.chat_id == self.chat_id:
            self.meter_changed.emit(result.budget.used, result.budget.context)

    def _turns_changed(self, data: c.TurnsChanged) -> None:
        if data.chat_id == self.chat_id:
            writing = self.writing()
            if writing is not None:
                self._writings.end(writing.turn.id)
            self.turns_changed.emit()

    def _chats_changed(self, data: c.ChatsChanged) -> None:
        if self._chat is not None and (not data.chat_ids or self._chat.id in data.chat_ids):
            try:
                self._chat = self._reader.chat(self._chat.id)
            except AppError:
                self.new_chat()
            else:
                if self._chat.collection_id != self._collection_id:
                    self._collection_id = self._chat.collection_id
                    self.collection_changed.emit(self.collection)
        self.chats_changed.emit()

    # --- the core comes and goes --------------------------------------------------------------------------------------

    def _welcomed(self, welcome: Welcome) -> None:
        """Connected, perhaps again: answers may have ended, or gone on, without this window."""
        self._writings.replace(welcome.answers)
        self._reader.reopen()
        self.chats_changed.emit()
        if self._chat is not None:
            self.turns_changed.emit()

    def _core_lost(self, error: AppError) -> None:
        """What an answer has said stays in sight; the next core marks it stopped."""
        self._asking = False
        for turn_id in self._writings.ids():
            self.answer_failed.emit(turn_id, error)
        self._writings.replace(())

    # --- the engine -------------------------------------------------------------------------------------------------

    def _engine_ready(self, *_: object) -> None:
        self._set_engine("ready", None)
        self.count(self._count_text)

    def _engine_failed(self, error: AppError) -> None:
        self._set_engine("failed", error)

    def _engine_loads(self, fraction: float) -> None:
        if self.engine_state != "ready":
            self._set_engine("loading", None)
        self.loading_progressed.emit(fraction)

    def _set_engine(self, state: EngineState, error: AppError | None) -> None:
        if error is not None:
            self.engine_error = error
        if state != self.engine_state or error is not None:
            self.engine_state = state
            self.engine_state_changed.emit(state)

    # --- the context meter ------------------------------------------------------------------------------------------

    def count(self, text: str) -> None:
        """Measure, a moment after the last key, what the next prompt would take; see `meter_changed`."""
        self._count_text = text
        self._count_timer.start()

    def _count(self) -> None:
        if self._models.info is None or self._writings.ids():
            return
        if self._count_job is not None and self._count_job.active:
            self._count_timer.start()
            return
        call = c.CountPrompt(chat_id=self.chat_id, text=self._count_text)
        self._count_job = self.core.request(call, done=self._counted, failed=lambda _: None)

    def _counted(self, data: Counted) -> None:
        self.meter_changed.emit(data.tokens, data.context)


__all__ = ["ChatController", "EngineState", "Progress", "Where"]
