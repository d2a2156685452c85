"""What a person does in a chat, as calls to the core: ask, stop, regenerate, edit, choose, rate. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.chats.records import Chat, Rating, Turn
from app.core.calls import chats as c
from app.core.calls.documents import DocumentsRemoved
from app.core.protocol import Welcome
from app.errors import AppError
from app.gui.chat.answering import Answering
from app.gui.chat.engine_watch import ContextMeter, EngineState, EngineWatch
from app.gui.chat.open_chat import OpenChat
from app.gui.chat.reader import ChatReader
from app.gui.chat.writing import Progress, Writing
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.models.controller import ModelsController
from app.pictures import PictureFile
from app.settings import Settings
from app.types import Filter, InstalledModel

Where = c.Where
NO_FILTER = Filter()
UNDER_WAY = AppError("An answer is still being written.", "Wait for it or stop it, then ask again.")


class ChatController(OpenChat):
    """The open chat, and the answers under way in any chat as the core tells of them."""

    turns_changed = Signal()
    """The shown path of the open chat is another one now."""
    documents_removed = Signal(object)
    """Ids: stored answers show nothing of them any more."""
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
    engine_state_changed = Signal(str)
    loading_progressed = Signal(float)
    meter_changed = Signal(int, int)
    """Tokens that the next prompt takes, and the context they must fit in."""

    def __init__(
        self,
        core: CoreClient,
        reader: ChatReader,
        settings: Settings,
        models: ModelsController,
        collections: KnownCollections,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(core, reader, settings, collections, parent)
        self._models = models
        self._asking = False
        """A question of a new chat is on its way to the core."""
        self._engine = EngineWatch(models, self)
        self._engine.moved.connect(self.engine_state_changed)
        self._engine.loading.connect(self.loading_progressed)
        self._answering = Answering(core, self)
        self._answering.progressed.connect(self.progressed)
        self._answering.token_arrived.connect(self.token_arrived)
        self._answering.finished.connect(self.answer_finished)
        self._answering.finished.connect(self._answer_ended)
        self._answering.failed.connect(self.answer_failed)
        self._answering.not_stored.connect(self.failed)
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)
        self._meter = ContextMeter(core, lambda: models.info is not None and not self._answering.is_busy, self)
        self._meter.measured.connect(self.meter_changed)
        self._engine.ready.connect(self._meter.again)

    # --- what is so -------------------------------------------------------------------------------------------------

    @property
    def engine_state(self) -> EngineState:
        return self._engine.state

    @property
    def engine_error(self) -> AppError | None:
        """Why it failed the last time."""
        return self._engine.error

    @property
    def model_name(self) -> str:
        return self._models.active.name if self._models.active else ""

    @property
    def model(self) -> InstalledModel | None:
        """The model that answers in the open chat."""
        own = self._chat.own_model_id if self._chat else ""
        return (self._models.find(own) if own else None) or self._models.active

    @property
    def models(self) -> tuple[InstalledModel, ...]:
        """Those that this chat could keep."""
        return tuple(self._models.models())

    def keep_model(self, model_id: str) -> None:
        """This model answers in the open chat from now on, "" the one in use."""
        if self._chat is not None:
            self.do(c.SetChatModel(chat_id=self._chat.id, model_id=model_id))

    def writing(self) -> Writing | None:
        """The answer under way in the open chat."""
        return self._answering.in_chat(self._chat.id) if self._chat else None

    # --- questions and answers --------------------------------------------------------------------------------------

    def ask(self, text: str, chosen: Filter = NO_FILTER, pictures: tuple[PictureFile, ...] = ()) -> bool:
        """Let the core store the question, then answer it from the `chosen` documents, or from `pictures`;
        → whether it was taken."""
        text = text.strip()
        if not text or self._asking or self.writing() is not None or self.engine_state == "failed":
            return False
        call = c.AskInChat(
            text=text,
            chat_id=self.chat_id,
            collection_id=self._collection_id,
            project_id=self.project_id,
            filter=chosen,
            pictures=pictures,
            assistant_id=self.assistant_id,
        )
        if self.temporary.take(call):
            return True
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
            self.do(c.StopAnswer(turn_id=writing.turn.id))

    def regenerate(self, answer_id: int, where: Where = "collection") -> None:
        """Another version of this answer; the earlier ones stay."""
        if self._chat is not None and self.writing() is None and self.engine_state != "failed":
            self.do(c.Regenerate(answer_id=answer_id, where=where))

    def search_all(self, answer_id: int) -> None:
        """Ask the same of all collections."""
        self.regenerate(answer_id, "everywhere")

    def ask_without_documents(self, answer_id: int) -> None:
        """Let the model answer from its own head."""
        self.regenerate(answer_id, "nowhere")

    def edit(self, question_id: int, text: str) -> None:
        """Ask something else in the place of this question, of the same documents; what was there stays reachable."""
        text = text.strip()
        if not text or self._chat is None or self.engine_state == "failed":
            return
        if self.writing() is not None:
            self.failed.emit(UNDER_WAY)
            return
        self.do(c.AskInChat(text=text, chat_id=self._chat.id, replaces=question_id))

    def choose_version(self, turn_id: int, version: int) -> None:
        """Show another version of a question or an answer, and what followed it."""
        if self.writing() is None:
            self.do(c.ChooseVersion(turn_id=turn_id, version=version))

    def rate(self, turn_id: int, rating: Rating | None, corrected: str = "") -> None:
        """Thumb up, down or none, and what the answer should have been."""
        self.do(c.RateAnswer(turn_id=turn_id, rating=rating, corrected=corrected))

    def leave(self) -> None:
        """The window closes; the answers under way go on in the core."""
        self._meter.stop()

    def show(self, chat: Chat | None, collection_id: int) -> None:
        self._asking = False
        super().show(chat, collection_id)
        self.count("")

    def restart_engine(self) -> None:
        self._engine.restart()

    def count(self, text: str) -> None:
        """Measure, a moment after the last key, what the next prompt would take; see `meter_changed`. The first key
        brings back a model that was unloaded."""
        if text:
            self._models.wake()
        self._meter.count(max(self.chat_id, 0), text)

    # --- what the core tells ------------------------------------------------------------------------------------------

    def _told(self, data: object) -> None:
        match data:
            case c.QuestionAdded():
                self._question_added(data)
            case c.AnswerRestarted():
                self._answer_restarted(data)
            case c.TurnsChanged():
                self._turns_changed(data)
            case c.TurnRated():
                self.turn_changed.emit(data.turn)
            case DocumentsRemoved():
                self.documents_removed.emit(data.ids)
            case c.ChatsChanged():
                self.read_again(data.chat_ids)

    def _question_added(self, data: c.QuestionAdded) -> None:
        self._answering.begin(data.answer)
        if data.chat.id != self.chat_id:
            return
        self._chat = data.chat
        if data.replaced:
            self.turns_changed.emit()
        else:
            self.question_added.emit(data.question, data.answer)

    def _answer_restarted(self, data: c.AnswerRestarted) -> None:
        self._answering.begin(data.turn)
        if data.turn.chat_id != self.chat_id:
            return
        if data.last:
            self.answer_restarted.emit(data.turn)
        else:
            self.turns_changed.emit()

    def _answer_ended(self, turn: Turn) -> None:
        result = turn.answer
        if result is not None and result.budget is not None and turn.chat_id == self.chat_id:
            self.meter_changed.emit(result.budget.used, result.budget.context)

    def _turns_changed(self, data: c.TurnsChanged) -> None:
        writing = self._answering.in_chat(data.chat_id)
        if writing is not None:
            self._answering.drop(writing.turn.id)
        if data.chat_id == self.chat_id:
            self.turns_changed.emit()

    def _welcomed(self, _: Welcome) -> None:
        """Connected, perhaps again: what is shown may be old."""
        self._asking = False
        self._reader.reopen()
        self.chats_changed.emit()
        if self._chat is not None:
            self.turns_changed.emit()


__all__ = ["ChatController", "EngineState", "Progress", "Where"]
