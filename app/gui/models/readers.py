"""The reader, which weighs the sentences that search finds: which one reads, as the core tells, and what is wished."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.calls import readers as c
from app.embedder.readers import TaughtReader
from app.gui.core_client import CoreClient


class SearchReaders(QObject):
    """Knows the readers of this data folder, and asks for another one."""

    changed = Signal()
    failed = Signal(object)
    """AppError: why another one could not be had."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.active = TaughtReader()
        self.previous: TaughtReader | None = None
        self.taught: tuple[TaughtReader, ...] = ()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def find(self, reader_id: str) -> TaughtReader | None:
        """The taught reader of this id."""
        return next((each for each in self.taught if reader_id and each.id == reader_id), None)

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(c.ShowReaders(), done=self._shown, failed=self.failed.emit)

    def use(self, reader_id: str) -> None:
        """This one reads from now on."""
        self._core.request(c.ChooseReader(reader_id=reader_id), failed=self.failed.emit)

    def go_back(self) -> None:
        """The one before, at once."""
        self._core.request(c.LeaveReader(), failed=self.failed.emit)

    def remove(self, reader_id: str) -> None:
        """Delete one that does not read."""
        self._core.request(c.RemoveReader(reader_id=reader_id), failed=self.failed.emit)

    def _told(self, data: object) -> None:
        if isinstance(data, c.ReadersChanged):
            self._shown(data.readers)

    def _shown(self, readers: c.Readers) -> None:
        self.active, self.previous, self.taught = readers.active, readers.previous, readers.taught
        self.changed.emit()
