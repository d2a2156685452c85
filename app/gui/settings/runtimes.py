"""Graphics cards and builds of llama.cpp: what there is, as the core tells, and what is wished. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.calls import runtimes as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.hardware import size_text
from app.runtimes import RuntimeRole
from app.workers.calls.models import CopyProgress, FetchProgress
from app.workers.calls.runtimes import AddRuntime, RuntimeAdded, RuntimeTried
from app.workers.message import Call, Data


class LlamaRuntimes(QObject):
    """One thing at a time: while something is copied or tried, `doing` says what."""

    changed = Signal()
    failed = Signal(object)
    """AppError: why what was wished did not happen."""
    said = Signal(str)
    """What came of it."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Job | None = None
        self.doing = ""
        self.shown: c.RuntimesShown | None = None
        core.told.connect(self._told)

    def look(self) -> None:
        """See which devices there are; what else there is shows at once."""
        self._core.request(c.ShowRuntimes(), done=self._told_now, failed=self.failed.emit)
        self._ask(self.tr("Looking at the devices…"), c.ShowRuntimes(look=True), self._show)

    def use(self, role: RuntimeRole, runtime_id: str) -> None:
        """Run on it from now on, if it can write a word."""
        call = c.ChooseRuntime(role=role, id=runtime_id)
        self._ask(self.tr("Trying it. A card may need a minute the first time…"), call, self._show)

    def test(self, runtime_id: str) -> None:
        """Let it write a word."""
        self._ask(self.tr("Trying it…"), c.TestRuntime(id=runtime_id), self._tested)

    def add(self, path: str) -> None:
        """Bring one in, from an archive or a folder."""
        self._ask(self.tr("Copying…"), AddRuntime(path=path), self._added)

    def fetch(self, file: str) -> None:
        """Bring in one that the place of the updates offers."""
        self._ask(self.tr("Fetching…"), c.FetchOfferedRuntime(file=file), self._added)

    def remove(self, runtime_id: str) -> None:
        """Delete one that nothing runs on."""
        self._ask(self.tr("Removing…"), c.RemoveRuntime(id=runtime_id), self._show)

    def cancel(self) -> None:
        """Stop what is being done."""
        if self._job is not None:
            self._job.cancel()

    def _ask(self, doing: str, call: Call, done: object) -> None:
        if self._job is not None:
            return

        def end(answer: Data | AppError | None) -> None:
            self._job, self.doing = None, ""
            if isinstance(answer, AppError):
                self.failed.emit(answer)
            elif answer is not None and callable(done):
                done(answer)
            self.changed.emit()

        self.doing = doing
        self._job = self._core.request(
            call, done=end, failed=end, cancelled=lambda: end(None), event=lambda data: self._moved(data)
        )
        self.changed.emit()

    def _moved(self, data: object) -> None:
        if isinstance(data, FetchProgress) and data.total:
            done = f"{size_text(data.done)} of {size_text(data.total)}"
            self.doing = f"{data.note} " * bool(data.note) + self.tr("Fetching… {0}").format(done)
            self.changed.emit()
        if isinstance(data, CopyProgress) and data.total:
            whole = data.done >= data.total
            self.doing = self.tr("Trying it…") if whole else self.tr("Copying… {0:.0%}").format(data.done / data.total)
            self.changed.emit()

    def _tested(self, tried: RuntimeTried) -> None:
        where = self.tr("on the graphics card") if tried.gpu else self.tr("on the processor")
        text = self.tr("It works: “{0}” was written {1}, {2} ms a token.")
        self.said.emit(text.format(tried.text.strip(), where, f"{tried.token_ms:.0f}"))

    def _added(self, added: RuntimeAdded) -> None:
        left_out = added.runtime.left_out
        text = self.tr("“{0}” is added.").format(added.runtime.name)
        if left_out:
            text += " " + self.tr("Left out, since only the driver may bring it: {0}.").format(", ".join(left_out))
        self.said.emit(text)

    def _told(self, data: object) -> None:
        if isinstance(data, c.RuntimesChanged):
            self._told_now(data.shown)

    def _told_now(self, shown: c.RuntimesShown) -> None:
        self._show(shown)
        self.changed.emit()

    def _show(self, shown: c.RuntimesShown) -> None:
        self.shown = shown
