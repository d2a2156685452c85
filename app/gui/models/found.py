"""Models that other programs keep on this computer: looked for, and listed where they lie. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.hub import FoundFile
from app.types import InstalledModel
from app.workers.calls.models import FilesFound, FindFiles, LinkModel, ModelInstalled


class FoundModels(QObject):
    """What Ollama and LM Studio have. One file after the other is linked."""

    changed = Signal()
    """`files` are others."""
    moved = Signal()
    """`linking` is another one, or `problems` has one more."""
    ended = Signal(object)
    """tuple of InstalledModel: what was linked in this go."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._looking = False
        self._job: Job | None = None
        self._waiting: list[FoundFile] = []
        self._done: list[InstalledModel] = []
        self.files: tuple[FoundFile, ...] = ()
        """Those that are not listed here yet, by name."""
        self.linking = ""
        """The name of the file that is being listed, "" for none."""
        self.problems: dict[str, AppError] = {}
        """Name of a file that could not be listed → why."""

    def look(self) -> None:
        """See what is there now; quiet where that fails, since nobody asked for it by hand."""
        if self._looking:
            return
        self._looking = True
        self._core.request(FindFiles(where=""), done=self._found, failed=self._not_found, cancelled=self._not_found)

    def link(self, files: Sequence[FoundFile]) -> None:
        """List these where they lie."""
        if self.linking:
            return
        self._waiting, self._done, self.problems = list(files), [], {}
        self._next()

    def cancel(self) -> None:
        """What is not listed yet stays out."""
        self._waiting = []
        if self._job is not None and self._job.active:
            self._job.cancel()

    def _next(self) -> None:
        if not self._waiting:
            self.linking = ""
            listed = {model.path for model in self._done}
            self._show(tuple(file for file in self.files if file.path not in listed))
            self.moved.emit()
            self.ended.emit(tuple(self._done))
            return
        file = self._waiting.pop(0)
        self.linking = file.name
        self.moved.emit()

        def done(said: ModelInstalled) -> None:
            self._done.append(said.model)
            self._next()

        def failed(error: AppError) -> None:
            self.problems[file.name] = error
            self._next()

        call = LinkModel(path=file.path, name=file.name, sha256=file.sha256, store=file.store)
        self._job = self._core.request(call, done=done, failed=failed, cancelled=self._next)

    def _found(self, said: FilesFound) -> None:
        self._looking = False
        self._show(tuple(file for file in said.files if not file.installed))

    def _not_found(self, *_: object) -> None:
        self._looking = False

    def _show(self, files: tuple[FoundFile, ...]) -> None:
        if files != self.files:
            self.files = files
            self.changed.emit()
