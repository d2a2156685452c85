"""Assistants and prompts as the window knows them, and what a person does with them, as calls to the core."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.calls import library as c
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.library.records import Assistant, Library, Prompt

Failed = Callable[[AppError], object]


class KnownLibrary(QObject):
    """Asked for when the core has come up, and told when another door changes it."""

    changed = Signal()
    removed = Signal(object)
    """An assistant or a prompt that this window removed."""
    said = Signal(str)
    """A sentence about what was done, or could not be."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.all = Library()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(c.ListLibrary(), done=lambda data: self._take(data.library), failed=self._fail)

    def assistant(self, id_: str) -> Assistant | None:
        """The one of this id; None for "", and where it was removed."""
        return next((each for each in self.all.assistants if each.id == id_), None)

    def prompt(self, id_: str) -> Prompt | None:
        """Likewise."""
        return next((each for each in self.all.prompts if each.id == id_), None)

    def keep_assistant(
        self, assistant: Assistant, before: Assistant | None, kept: Callable[[], object], failed: Failed
    ) -> None:
        """Add one, or change the one that was `before`."""
        call = c.KeepAssistant(assistant=assistant, before=before)
        self._core.request(call, done=lambda _: kept(), failed=failed)

    def keep_prompt(self, prompt: Prompt, before: Prompt | None, kept: Callable[[], object], failed: Failed) -> None:
        """Likewise."""
        self._core.request(c.KeepPrompt(prompt=prompt, before=before), done=lambda _: kept(), failed=failed)

    def remove(self, item: Assistant | Prompt) -> None:
        """Chats that it answered stay as they are; `restore` brings it back."""
        call = c.RemoveFromLibrary(id=item.id)
        self._core.request(call, done=lambda _: self.removed.emit(item), failed=self._fail)

    def restore(self, id_: str) -> None:
        """Bring back what was removed."""
        self._core.request(c.RestoreToLibrary(id=id_), failed=self._fail)

    def export(self, path: str, ids: tuple[str, ...] = ()) -> None:
        """Write these, or all, into a file to hand on."""
        done = self.tr("Saved. Whoever imports the file has them too.")
        call = c.ExportLibrary(path=path, ids=ids)
        self._core.request(call, done=lambda _: self.said.emit(done), failed=self._fail)

    def take_in(self, path: str) -> None:
        """Take over what such a file holds."""
        self._core.request(c.ImportLibrary(path=path), done=self._imported, failed=self._fail)

    def _imported(self, data: c.LibraryImported) -> None:
        count = len(data.library.assistants) + len(data.library.prompts)
        said = self.tr("{0} imported.").format(count) if count else self.tr("Nothing new: all of it is here already.")
        if data.missing:
            said += " " + self.tr("Not here, so it is left open: {0}.").format(", ".join(data.missing))
        self.said.emit(said)

    def _fail(self, error: AppError) -> None:
        self.said.emit(str(error))

    def _told(self, data: object) -> None:
        if isinstance(data, c.LibraryChanged):
            self._take(data.library)

    def _take(self, library: Library) -> None:
        if library != self.all:
            self.all = library
            self.changed.emit()
