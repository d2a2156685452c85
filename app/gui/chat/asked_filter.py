"""The filter of the next question: chips above the composer's text, kept with the chat, sent with the question."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec
from PySide6.QtCore import QObject, Signal

from app.gui.chat import parts
from app.gui.chat.composer import Composer
from app.gui.chat.controller import ChatController
from app.gui.chat.known_documents import KnownDocuments
from app.text.find.plan import without_part
from app.types import Filter

if TYPE_CHECKING:
    from app.gui.chat.filter_popover import FilterPopover


class Filters(Protocol):
    """Filters of half-typed questions, kept across a crash."""

    def filter(self, chat_id: int) -> Filter: ...

    def set_filter(self, chat_id: int, chosen: Filter) -> None: ...


class AskedFilter(QObject):
    """Belongs to the open chat; one stays set until its crosses are pressed."""

    changed = Signal()

    def __init__(
        self, composer: Composer, controller: ChatController, documents: KnownDocuments, kept: Filters | None
    ) -> None:
        super().__init__(composer)
        self._composer, self._controller, self._documents, self._kept = composer, controller, documents, kept
        self.chosen = Filter()
        self._collection = controller.collection_id
        self.popover: FilterPopover | None = None
        composer.only_asked.connect(self.open)
        composer.document_asked.connect(partial(self.open, typed=True))
        documents.changed.connect(self._documents_known)
        controller.chat_opened.connect(lambda _: self._show_chat())
        controller.question_added.connect(lambda *_: self._keep())
        controller.collection_changed.connect(lambda _: self._collection_changed())
        self._show_chat()

    @property
    def to_send(self) -> Filter:
        """What goes along with a question; nothing where no documents are asked."""
        return self.chosen if self._controller.collection_id else Filter()

    def _show_chat(self) -> None:
        """Another chat is open: its own filter counts."""
        if self.popover is not None:
            self.popover.close_popover()
        self._collection = self._controller.collection_id
        self._take(self._kept.filter(self._controller.chat_id) if self._kept is not None else Filter())

    def open(self, *, typed: bool = False) -> None:
        """Let the person choose; `typed`: by an “@” in the question, which goes when a document is chosen."""
        if self.popover is not None:
            self.popover.close_popover()
            return
        self._documents.want()
        listed = self._documents.of(self._controller.collection_id)
        popover = self.popover = parts.filter_popover()(listed, self.chosen, self._composer)
        popover.changed.connect(self.choose)
        popover.closed.connect(self._closed)
        if typed:
            popover.picked.connect(partial(self._composer.take_back, "@"))
        popover.open_above(self._composer.only, self._composer.edit)

    def choose(self, chosen: Filter) -> None:
        """This is the filter from now on."""
        if self._kept is not None:
            self._kept.set_filter(self._controller.chat_id, chosen)
        self._take(chosen)

    def _keep(self) -> None:
        """A question was asked: the filter stays with its chat, which may have begun with it; a new one has none."""
        if self._kept is not None and self._controller.chat_id:
            self._kept.set_filter(0, Filter())
            self._kept.set_filter(self._controller.chat_id, self.chosen)

    def _collection_changed(self) -> None:
        """Documents and folders are those of a collection; kinds and dates go along to another."""
        asked = self._controller.collection_id
        if asked and asked != self._collection:
            self._collection = asked
            self.choose(msgspec.structs.replace(self.chosen, documents=(), folder=""))

    def _take(self, chosen: Filter) -> None:
        self.chosen = chosen
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        chips = [(each.words, partial(self._leave_out, each.part)) for each in self._documents.conditions(self.chosen)]
        self._composer.filters.show_chips(chips, self._composer.tr("Do not narrow: {0}"))

    def _leave_out(self, part: str) -> None:
        self.choose(without_part(self.chosen, part))  # type: ignore[arg-type]  # a part of a filter
        self._composer.edit.setFocus()

    def _documents_known(self) -> None:
        self._show()
        if self.popover is not None:
            self.popover.show_documents(self._documents.of(self._controller.collection_id))

    def _closed(self) -> None:
        self.popover = None
