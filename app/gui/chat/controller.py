"""What a person does in a chat: ask, stop, regenerate, edit, choose a version, rate. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.chats.records import Chat, Rating, Turn
from app.chats.store import ChatStore
from app.errors import AppError
from app.gui.chat.answering import Answering, Progress, Writing
from app.gui.models.controller import ModelsController
from app.gui.worker_client import Job, WorkerClient
from app.settings import DEFAULT_COLLECTION, INSTRUCTIONS, Settings
from app.types import Message
from app.workers.protocol import AnyData, Count, Counted

if TYPE_CHECKING:
    from app.assistant.flow import Ask

COUNT_DELAY_MS = 400
EngineState = Literal["loading", "ready", "failed"]
Where = Literal["collection", "everywhere", "nowhere"]


class ChatController(QObject):
    """The open chat and the answers under way in any chat. A new chat is stored with its first question."""

    chat_opened = Signal(object)
    """Chat, or None for a new one."""
    chats_changed = Signal()
    """The list of chats: a new one, another title or order."""
    turns_changed = Signal()
    """The shown path of the open chat is another one now."""
    question_added = Signal(object, object)
    """The question's turn and the answer's, in the open chat."""
    answer_restarted = Signal(object)
    """Turn: another version of an answer begins, in the open chat."""
    progressed = Signal(int, object)
    token_arrived = Signal(int, str, bool)
    answer_finished = Signal(object)
    """Turn, of whatever chat."""
    answer_failed = Signal(int, object)
    turn_changed = Signal(object)
    """Turn: its rating changed."""
    collection_changed = Signal(str)
    engine_state_changed = Signal(str)
    loading_progressed = Signal(float)
    meter_changed = Signal(int, int)
    """Tokens that the next prompt takes, and the context they must fit in."""
    failed = Signal(object)
    """AppError of something that nothing else shows."""

    def __init__(
        self,
        store: ChatStore,
        settings: Settings,
        models: ModelsController,
        documents: WorkerClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._settings, self._models = store, settings, models
        self.documents = documents
        self._chat: Chat | None = None
        self._collection = settings.get(DEFAULT_COLLECTION)
        self.engine_state: EngineState = "ready" if models.info is not None else "loading"
        self.engine_error: AppError | None = None
        self.answering = Answering(store, lambda: models.engine, documents, self._engine_is_ready, self)
        self.answering.progressed.connect(self.progressed)
        self.answering.token_arrived.connect(self.token_arrived)
        self.answering.finished.connect(self._answer_finished)
        self.answering.failed.connect(self.answer_failed)
        self.answering.not_stored.connect(self.failed)
        models.engine_ready.connect(self._engine_ready)
        models.engine_leaving.connect(self.answering.interrupt)
        models.engine_failed.connect(self._engine_failed)
        models.loading.connect(self._engine_loads)
        self._count_timer = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._count_timer.timeout.connect(self._count)
        self._count_text = ""
        self._count_job: Job | None = None
        self._history: tuple[int, tuple[Message, ...]] | None = None

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
    def collection(self) -> str:
        """The collection that the next question is asked, "" for the model alone."""
        return self._collection

    @property
    def model_name(self) -> str:
        return self._models.active.name if self._models.active else ""

    def turns(self, limit: int | None = None, before: int | None = None) -> list[Turn]:
        """The shown turns of the open chat, oldest first: the last `limit`, or those before `before`."""
        return self._store.turns(self._chat.id, limit, before) if self._chat else []

    def writing(self) -> Writing | None:
        """The answer under way in the open chat."""
        return self.answering.in_chat(self._chat.id) if self._chat else None

    # --- chats ------------------------------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """An empty chat; it is stored with its first question."""
        self._show(None, self._settings.get(DEFAULT_COLLECTION))

    def open_chat(self, chat_id: int) -> None:
        """Show a stored chat."""
        self._guard(lambda: self._open(self._store.chat(chat_id)))

    def _open(self, chat: Chat) -> None:
        self._show(chat, chat.collection)

    def _show(self, chat: Chat | None, collection: str) -> None:
        self._chat, self._collection = chat, collection
        self._history = None
        self.chat_opened.emit(chat)
        self.collection_changed.emit(collection)
        self.count("")

    def choose_collection(self, name: str) -> None:
        """Ask this collection from now on, "" for the model alone."""
        self._collection = name
        if self._chat is not None:
            chat_id = self._chat.id
            self._guard(lambda: self._store.set_collection(chat_id, name))
        self.collection_changed.emit(name)

    def follow_collection(self, name: str, new_name: str) -> None:
        """A collection is called otherwise now, or is gone (""): the chats and the default that ask it follow."""
        if self._settings.get(DEFAULT_COLLECTION) == name:
            self._guard(lambda: self._settings.set(DEFAULT_COLLECTION, new_name))
        for chat in self._store.list_chats(limit=self._store.count()):
            if chat.collection == name:
                self._guard(lambda chat_id=chat.id: self._store.set_collection(chat_id, new_name))  # type: ignore[misc]
        if self._chat is not None:
            self._chat = self._store.chat(self._chat.id)
        if self._collection == name:
            self._collection = new_name
            self.collection_changed.emit(new_name)

    def rename(self, title: str) -> None:
        if self._chat is None:
            return
        chat_id = self._chat.id
        if self._guard(lambda: self._store.rename(chat_id, title)):
            self._chat = self._store.chat(chat_id)
            self.chats_changed.emit()

    def as_text(self) -> str:
        """The open chat as Markdown, for the clipboard and for export."""
        from app.chats import exchange

        return exchange.export_markdown(self._store, self._chat.id) if self._chat else ""

    # --- questions and answers --------------------------------------------------------------------------------------

    def ask(self, text: str) -> bool:
        """Store the question, then answer it; → whether it was taken."""
        text = text.strip()
        if not text or self.writing() is not None or self.engine_state == "failed":
            return False
        return self._guard(lambda: self._ask(text))

    def _ask(self, text: str) -> None:
        if self._chat is None:
            self._chat = self._store.create(collection=self._collection, model=self.model_name)
        question = self._store.add_question(self._chat.id, text)
        self._chat = self._store.chat(self._chat.id)
        turn = self._store.begin_answer(question.id)
        self.chats_changed.emit()
        self.question_added.emit(question, turn)
        self._answer(question, turn, "collection")

    def stop(self) -> None:
        """Stop the answer of the open chat; what has come stays."""
        writing = self.writing()
        if writing is not None:
            self.answering.stop(writing.turn.id)

    def regenerate(self, answer_id: int, where: Where = "collection") -> None:
        """Another version of this answer; the earlier ones stay."""
        if self._chat is None or self.writing() is not None or self.engine_state == "failed":
            return
        self._guard(lambda: self._regenerate(answer_id, where))

    def _regenerate(self, answer_id: int, where: Where) -> None:
        turns = self.turns()
        at = next((i for i, turn in enumerate(turns) if turn.id == answer_id), 0)
        if at == 0:
            raise AppError("This message no longer exists.", "Open the chat again.")
        question = turns[at - 1]
        turn = self._store.begin_answer(question.id)
        last = at == len(turns) - 1
        if last:
            self.answer_restarted.emit(turn)
        else:
            self.turns_changed.emit()
        self._answer(question, turn, where)

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
            self.failed.emit(AppError("An answer is still being written.", "Wait for it or stop it, then ask again."))
            return
        self._guard(lambda: self._edit(question_id, text))

    def _edit(self, question_id: int, text: str) -> None:
        assert self._chat is not None
        question = self._store.add_question(self._chat.id, text, replaces=question_id)
        turn = self._store.begin_answer(question.id)
        self._chat = self._store.chat(self._chat.id)
        self.chats_changed.emit()
        self.turns_changed.emit()
        self._answer(question, turn, "collection")

    def choose_version(self, turn_id: int, version: int) -> None:
        """Show another version of a question or an answer, and what followed it."""
        if self.writing() is None and self._guard(lambda: self._store.choose_version(turn_id, version)):
            self._history = None
            self.turns_changed.emit()

    def rate(self, turn_id: int, rating: Rating | None, corrected: str = "") -> None:
        """Thumb up, down or none, and what the answer should have been."""
        self._guard(lambda: self.turn_changed.emit(self._store.set_feedback(turn_id, rating, corrected)))

    def leave(self) -> None:
        """The window closes: keep what the answers under way have said, and begin nothing more."""
        self._count_timer.stop()
        self._guard(self.answering.drop_all)

    def restart_engine(self) -> None:
        self._set_engine("loading", None)
        self._models.restart_engine()

    def _answer(self, question: Turn, turn: Turn, where: Where) -> None:
        self._history = None
        collection = self._collection
        places: dict[Where, tuple[str, ...] | None] = {
            "collection": (collection,) if collection else None,
            "everywhere": (),
            "nowhere": None,
        }

        def make_ask() -> Ask:
            from app.assistant import flow

            model = self._models.active
            return flow.ask_of(
                self._settings,
                question.text,
                conversation=str(question.chat_id),
                history=self._store.history(question.chat_id, question.id),
                collections=places[where],
                model=self.model_name,
                small=model is not None and flow.is_small(model),
            )

        self.answering.add(turn, make_ask)

    def _answer_finished(self, turn: Turn) -> None:
        from app.assistant.flow import STOPPED

        self._history = None
        result = turn.answer
        if result is not None and result.stats.tokens_per_s:
            self._models.note_speed(result.stats.tokens_per_s)
        if result is not None and result.note == STOPPED and not result.text and turn.versions > 1:
            self._drop_version(turn)
            return
        self.answer_finished.emit(turn)
        self.chats_changed.emit()
        if result is not None and result.budget is not None and turn.chat_id == self.chat_id:
            self.meter_changed.emit(result.budget.used, result.budget.context)

    def _drop_version(self, turn: Turn) -> None:
        """Stopped before its first word: the version before is worth more than an empty one."""
        self._guard(lambda: self._store.discard_answer(turn.id))
        if turn.chat_id == self.chat_id:
            self.turns_changed.emit()

    # --- the engine -------------------------------------------------------------------------------------------------

    def _engine_is_ready(self) -> bool:
        return self._models.info is not None

    def _engine_ready(self, *_: object) -> None:
        self._set_engine("ready", None)
        self.answering.kick()
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
        if self._models.info is None or self.answering.is_busy:
            return
        if self._count_job is not None and self._count_job.active:
            self._count_timer.start()
            return
        call = Count(history=self._told(), question=self._count_text, system=self._settings.get(INSTRUCTIONS).strip())
        self._count_job = self._models.engine.request(call, done=self._counted)

    def _told(self) -> tuple[Message, ...]:
        """The history of the open chat, read once between two changes: a long chat is not read at each key."""
        if self._history is None or self._history[0] != self.chat_id:
            told = self._store.history(self._chat.id) if self._chat else ()
            self._history = (self.chat_id, told)
        return self._history[1]

    def _counted(self, data: AnyData) -> None:
        if isinstance(data, Counted):
            self.meter_changed.emit(data.tokens, data.context)

    def _guard(self, action: Callable[[], object]) -> bool:
        """Do it; what cannot be stored is said, not thrown into the Qt loop."""
        try:
            action()
        except AppError as error:
            self.failed.emit(error)
            return False
        return True


__all__ = ["ChatController", "EngineState", "Progress", "Where"]
