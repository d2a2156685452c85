"""The files that are only in the open chat: what a person does with them, as calls to the core. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.chats.records import Chat
from app.core.calls.attachments import (
    AttachFiles,
    Attachment,
    AttachmentsChanged,
    ChatAttached,
    DetachFiles,
    ListAttachments,
    PromoteFiles,
)
from app.errors import AppError
from app.formats import BY_KEY
from app.gui.chat.controller import ChatController
from app.gui.chat.temporary import NO_FILES
from app.models.servers import can_see
from app.pictures import MOST_AT_ONCE, PictureFile
from app.types import Document


class ChatFiles(QObject):
    """Knows the files as the core tells of them; those on their way to the core are shown as waiting."""

    changed = Signal()
    chat_begun = Signal(object)
    """Chat: a new one, that begins with files and not with a question."""
    promoted = Signal(str)
    """The name of the collection that files were added to."""
    failed = Signal(object)
    """AppError"""
    said = Signal(str)
    """A sentence for a toast."""

    def __init__(self, controller: ChatController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller, self._core = controller, controller.core
        self._files: tuple[Attachment, ...] = ()
        self._sending: tuple[str, ...] = ()
        self._queued: list[str] = []
        self._pictures: list[PictureFile] = []
        """What goes with the next question, to a model that sees."""
        self._asked: list[PictureFile] = []
        self._then: Callable[[], object] | None = None
        controller.chat_opened.connect(self._opened)
        controller.question_returned.connect(lambda _: self._give_back())
        self._core.told.connect(self._told)
        self._core.welcomed.connect(lambda _: self._list())
        self._opened(controller.chat)

    @property
    def all(self) -> tuple[Attachment, ...]:
        """In the order in which they came."""
        there = {each.document.path for each in self._files}
        coming = [path for path in (*self._sending, *self._queued) if path not in there]
        shown = (self._shown(-1 - at, file) for at, file in enumerate(self._pictures))
        return (*self._files, *map(_coming, coming), *shown)

    @property
    def pictures(self) -> tuple[PictureFile, ...]:
        """Those that go with the next question."""
        return tuple(self._pictures)

    def pictures_sent(self) -> None:
        """The question has them, until it comes back."""
        self._asked, self._pictures = self._pictures, []
        if self._asked:
            self.changed.emit()

    def _give_back(self) -> None:
        """The core did not take the question: its pictures wait again, as its words do."""
        if self._asked:
            self._asked, self._pictures = [], self._asked
            self.changed.emit()

    # --- what a person does -------------------------------------------------------------------------------------------

    def attach(self, paths: Sequence[str]) -> None:
        """Read files for this chat alone; a new chat begins with them. Pictures are shown to a model that sees."""
        if self._controller.is_temporary:
            self.failed.emit(NO_FILES)
            return
        pictures = [path for path in paths if Path(path).suffix.lower() in BY_KEY["image"].suffixes]
        model = self._controller.model
        if pictures and model is not None and can_see(model):
            self._show_with_next([PictureFile(path) for path in pictures])
            paths = [path for path in paths if path not in pictures]
        elif pictures and model is not None:
            blind = self.tr("{0} cannot see pictures. The text in it is read instead.").format(model.name)
            self.said.emit(f"{blind} {self.tr('If it should see, import its mmproj file on the Models page.')}")
        self._queued += paths
        self._send()
        self.changed.emit()

    def show_page(self, path: str, page: int) -> bool:
        """Show the model a page of a document with the next question; → whether it can be shown pictures."""
        model = self._controller.model
        if self._controller.is_temporary:
            self.failed.emit(NO_FILES)
        elif model is not None and can_see(model):
            self._show_with_next([PictureFile(path, page)])
            self.changed.emit()
            return True
        elif model is not None:
            self.said.emit(self.tr("{0} cannot see pictures. Choose a model that can.").format(model.name))
        return False

    def _show_with_next(self, files: Sequence[PictureFile]) -> None:
        self._pictures += [file for file in files if file not in self._pictures]
        if len(self._pictures) > MOST_AT_ONCE:
            del self._pictures[MOST_AT_ONCE:]
            self.said.emit(self.tr("A question takes {0} pictures at most.").format(MOST_AT_ONCE))

    def when_taken(self, call: Callable[[], object]) -> None:
        """Call once the core has the files that were attached: a question must not begin another chat."""
        if self._sending:
            self._then = call
        else:
            call()

    def remove(self, document_id: int) -> None:
        """Take a file out of the chat, with all that was read of it; or a picture that has not been sent."""
        if document_id < 0:
            del self._pictures[-1 - document_id]
            self.changed.emit()
            return
        self._core.request(DetachFiles(chat_id=self._controller.chat_id, ids=(document_id,)), failed=self.failed.emit)

    def promote(self, document_id: int, collection_id: int, name: str) -> None:
        """Move a file to a collection: to the one of this name where `collection_id` is 0."""
        call = PromoteFiles(
            chat_id=self._controller.chat_id, ids=(document_id,), collection_id=collection_id, collection_name=name
        )
        self._core.request(call, done=lambda _: self.promoted.emit(name), failed=self.failed.emit)

    def _shown(self, number: int, file: PictureFile) -> Attachment:
        """A picture that waits for its question."""
        words = self.tr("is shown to the model")
        return Attachment(
            Document(
                id=number, collection_id=0, collection="", name=file.name, path=file.path, format="image", bytes=0,
                status="indexed", reason=words,
            )
        )  # fmt: skip

    # --- on the way to the core ---------------------------------------------------------------------------------------

    def _send(self) -> None:
        if self._sending or not self._queued:
            return
        self._sending, self._queued = tuple(self._queued), []
        chat_id = self._controller.chat_id
        call = AttachFiles(paths=self._sending, chat_id=chat_id, collection_id=self._controller.collection_id)
        self._core.request(call, done=lambda data: self._sent(chat_id, data), failed=self._refused)

    def _sent(self, chat_id: int, data: ChatAttached) -> None:
        self._sending = ()
        if self._controller.chat_id == chat_id:  # who has opened another chat meanwhile stays there
            self._files = data.files
            if not chat_id:
                self.chat_begun.emit(data.chat)
                self._controller.adopt(data.chat)
        self._go_on()

    def _refused(self, error: AppError) -> None:
        self._sending = ()
        self.failed.emit(error)
        self._go_on()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        self._send()
        self.changed.emit()
        if then is not None:
            self.when_taken(then)

    # --- what the core tells ------------------------------------------------------------------------------------------

    def _opened(self, _: Chat | None) -> None:
        self._files, self._queued, self._then = (), [], None
        self._pictures, self._asked = [], []
        self.changed.emit()
        self._list()

    def _list(self) -> None:
        chat = self._controller.chat
        if chat is not None and chat.attached_id:
            self._core.request(ListAttachments(chat_id=chat.id), done=self._told, failed=lambda _: None)

    def _told(self, data: object) -> None:
        if isinstance(data, AttachmentsChanged) and data.chat_id == self._controller.chat_id:
            self._files = data.files
            self.changed.emit()


def _coming(path: str) -> Attachment:
    """A file that the core does not know yet."""
    name = Path(path).name
    document = Document(
        id=0, collection_id=0, collection="", name=name, path=path, format="", bytes=0, status="waiting"
    )
    return Attachment(document)
