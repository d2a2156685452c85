"""Opens the dialog of an assistant or a prompt, and keeps what it says, wherever in the window that is asked for."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.errors import AppError
from app.gui.collections import KnownCollections
from app.gui.library.assistant_dialog import AssistantDialog
from app.gui.library.known import KnownLibrary
from app.gui.library.prompt_dialogs import PromptDialog
from app.gui.models.controller import ModelsController
from app.library.gone import what_is_gone
from app.library.records import Assistant, Prompt
from app.settings import DEFAULT_ASSISTANT, Settings


class LibraryEditor(QObject):
    """Knows the models and collections that an assistant can have."""

    changed = Signal()
    """Something of what is kept, or of what is said of it, is another."""

    def __init__(
        self,
        known: KnownLibrary,
        settings: Settings,
        models: ModelsController,
        collections: KnownCollections,
        window: Callable[[], QWidget],
        parent: QObject | None = None,
    ) -> None:
        """`window` is what a dialog belongs to."""
        super().__init__(parent)
        self.known = known
        self._settings, self._models, self._collections, self._window = settings, models, collections, window
        known.changed.connect(self.changed)
        models.models_changed.connect(self.changed)
        collections.changed.connect(self.changed)
        forget = settings.subscribe(lambda key: self.changed.emit() if key == DEFAULT_ASSISTANT.key else None)
        self.destroyed.connect(lambda: forget())

    def gone(self, assistant: Assistant) -> str:
        """What of it was removed, in a sentence; "" where all is there, or it is not known yet what there is."""
        models = {each.id for each in self._models.models()} or {assistant.model_id}
        collections = {each.id for each in self._collections.all} or {assistant.collection_id or 0}
        return what_is_gone(assistant, models, collections)

    def begins_chats(self, assistant: Assistant) -> bool:
        """Whether new chats begin with it."""
        return assistant.id == self._settings.get(DEFAULT_ASSISTANT)

    def edit(self, item: Assistant | Prompt | None) -> None:
        """The dialog of one, or of a new assistant; it closes once the core has kept it."""
        if isinstance(item, Prompt):
            self._edit_prompt(item)
        else:
            self._edit_assistant(item)

    def copy(self, item: Assistant | Prompt) -> None:
        """The dialog of a new one that begins as this one."""
        name = self.tr("{0} (copy)").format(item.name)
        self.edit(msgspec.structs.replace(item, id="", name=name))

    def _edit_assistant(self, item: Assistant | None) -> None:
        models, collections = self._models.models(), self._collections.all
        dialog = AssistantDialog(item, self._settings, models, collections, self._window())
        dialog.show_gone(self.gone(item) if item is not None else "")
        before = item if item is not None and item.id else None

        def keep() -> None:
            try:
                made = dialog.assistant()
            except AppError:
                return  # the field says what is wrong
            self.known.keep_assistant(made, before, dialog.accept, failed)

        def failed(error: AppError) -> None:
            """Who presses again goes over what another door made of it, or keeps a new one where it was removed."""
            nonlocal before
            if before is not None:
                before = self.known.assistant(before.id)
                dialog.keep_anyway(anew=before is None)
            dialog.complain(error)

        dialog.action.clicked.connect(keep)
        dialog.exec()
        dialog.deleteLater()

    def _edit_prompt(self, item: Prompt) -> None:
        dialog = PromptDialog(item, self._window())
        before = item if item.id else None

        def failed(error: AppError) -> None:
            nonlocal before
            if before is not None:
                before = self.known.prompt(before.id)
                dialog.keep_anyway(anew=before is None)
            dialog.complain(error)

        dialog.action.clicked.connect(lambda: self.known.keep_prompt(dialog.prompt(), before, dialog.accept, failed))
        dialog.exec()
        dialog.deleteLater()
