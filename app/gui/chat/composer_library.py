"""Assistants and saved prompts in the chat: a “/” in the composer, the chip of who answers, and the dialogs."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.chats.records import Chat
from app.gui.chat import parts
from app.gui.chat.composer import Composer
from app.gui.chat.controller import ChatController
from app.gui.chat.start_page import StartPage
from app.gui.library.known import KnownLibrary
from app.gui.models.controller import ModelsController
from app.library.records import Assistant, Prompt
from app.library.variables import asked, fill, own_words
from app.settings import DEFAULT_ASSISTANT, DEFAULT_COLLECTION

if TYPE_CHECKING:
    from app.gui.library.editor import LibraryEditor
    from app.gui.library.popover import LibraryPopover

NAME_CHARACTERS = 40


class ComposerLibrary(QObject):
    """Belongs to the open chat: who answers in it, the core keeps."""

    said = Signal(str)

    def __init__(
        self, composer: Composer, start: StartPage, controller: ChatController, models: ModelsController
    ) -> None:
        super().__init__(composer)
        self._composer, self._start, self._controller, self._models = composer, start, controller, models
        self.known = KnownLibrary(controller.core, self)
        self._begun = False
        """Whether the new chat that is open has begun with the assistant that new chats begin with."""
        self.popover: LibraryPopover | None = None
        composer.library_asked.connect(self.open)
        composer.assistant_removed.connect(partial(self.choose, None))
        start.assistant_chosen.connect(self.choose)
        controller.assistant_changed.connect(lambda _: self._show())
        controller.chat_opened.connect(self._opened)
        self.known.changed.connect(self._library_changed)
        self.known.said.connect(self.said)
        self.known.refresh()

    @cached_property
    def editor(self) -> LibraryEditor:
        """Made when it is first wanted: the first paint does without its dialogs."""
        controller = self._controller
        return parts.library_editor()(
            self.known, controller.settings, self._models, controller.collections, self._composer.window, self
        )

    @property
    def assistants(self) -> tuple[Assistant, ...]:
        """All that could answer."""
        return self.known.all.assistants

    def open(self) -> None:
        """Let the person choose; the “/” goes with what is chosen."""
        if self.popover is not None:
            self.popover.close_popover()
            return
        popover = self.popover = parts.library_popover()(self.known.all, self._composer)
        popover.closed.connect(self._closed)
        popover.assistant_chosen.connect(self.choose)
        later = Qt.ConnectionType.QueuedConnection  # a dialog runs a loop of its own, and the popover goes in it
        popover.prompt_chosen.connect(self.insert, later)
        popover.save_asked.connect(self.save, later)
        popover.manage_asked.connect(self.manage, later)
        popover.open_above(self._composer, self._composer.edit)

    def choose(self, assistant: Assistant | None) -> None:
        """Let this one answer from now on; None: nobody in particular."""
        self._composer.take_back("/")
        if assistant is None:
            self._controller.choose_assistant("")
        else:
            self._controller.choose_assistant(assistant.id, self._place(assistant))
            if gone := self.editor.gone(assistant):
                self.said.emit(f"{assistant.name}: {gone}")
        self._composer.edit.setFocus()

    def insert(self, prompt: Prompt) -> None:
        """Put a prompt into the question, once its words in braces are known."""
        self._composer.take_back("/")
        names = asked(prompt.text)
        values: dict[str, str] = {}
        if names:
            dialog = parts.fill_dialog()(prompt, names, self._composer.window())
            agreed = dialog.exec() == dialog.DialogCode.Accepted
            values = dialog.values()
            dialog.deleteLater()
            if not agreed:
                return
        self._composer.insert(fill(prompt.text, {**self._own_words(), **values}))

    def save(self) -> None:
        """Keep a prompt: what is typed is a beginning."""
        self._composer.take_back("/")
        self.edit(Prompt(name="", text=self._composer.text()))

    def manage(self) -> None:
        """Everything, in a dialog."""
        self._composer.take_back("/")
        dialog = parts.manage_dialog()(self.editor, self._composer.window())
        dialog.exec()
        dialog.deleteLater()
        self._composer.edit.setFocus()

    def edit(self, item: Assistant | Prompt | None) -> None:
        """The dialog of one, or of a new assistant."""
        self.editor.edit(item)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _place(self, assistant: Assistant) -> int | None:
        """Its collection, unless that is gone."""
        place = assistant.collection_id
        return place if not place or self._controller.collections.find(place) is not None else None

    def _own_words(self) -> dict[str, str]:
        return own_words(collection=self._controller.collection, model=self._controller.model_name)

    def _opened(self, chat: Chat | None) -> None:
        self._begun = chat is not None and not (self._controller.is_temporary and not self._controller.turns(1))
        self._begin()

    def _begin(self) -> None:
        """A new chat begins with the assistant that Settings says; a project's own collection goes before its own."""
        controller, settings = self._controller, self._controller.settings
        first = self.known.assistant(settings.get(DEFAULT_ASSISTANT))
        if self._begun or first is None:
            return
        self._begun = True
        if not controller.assistant_id:
            own = controller.collection_id != settings.get(DEFAULT_COLLECTION)
            controller.choose_assistant(first.id, None if own else self._place(first))

    def _library_changed(self) -> None:
        self._begin()
        self._show()
        if self.popover is not None:
            self.popover.show_library(self.known.all)
        self._start.show_assistants(self.assistants)

    def _show(self) -> None:
        found = self.known.assistant(self._controller.assistant_id)
        name = found.name if found is not None else ""
        self._composer.assistant.show_name(name if len(name) <= NAME_CHARACTERS else name[:NAME_CHARACTERS] + "…")

    def _closed(self) -> None:
        self.popover = None
