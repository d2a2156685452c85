"""Fetches what the source panel shows through the core: pages as images, and texts."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.calls.documents import DocumentsChanged, DocumentsRemoved
from app.core.requests import Job
from app.errors import AppError
from app.formats import came_along
from app.gui.core_client import CoreClient
from app.members import file_of
from app.types import Passage
from app.workers.calls.documents import DocumentText, PageImage, ReadText, RenderPage
from app.workers.calls.grid import Grid, ReadGrid
from app.workers.protocol import AnyData

KEPT_PAGES = 12
SCALE = 2.0
"""Pixels a point: sharp at 200 % scaling and at most zooms."""


class SourceReader(QObject):
    """Pages and texts of documents. Each answer comes as a signal; what is no longer wanted is cancelled."""

    page_rendered = Signal(int, int, object)
    """Document id, page, PageImage."""
    text_read = Signal(int, object)
    """Document id, DocumentText."""
    grid_read = Signal(object, object)
    """Passage, Grid."""
    failed = Signal(int, object)
    """Document id, AppError: the original cannot be shown."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.core = core
        self._pages: OrderedDict[RenderPage, PageImage] = OrderedDict()
        self._jobs: dict[RenderPage, Job] = {}
        self._wanted: RenderPage | None = None
        core.told.connect(self._told)

    def want_page(self, passage: Passage, page: int) -> None:
        """Render a page, with the passage marked where it is on it; neighbours follow when it is there."""
        call = RenderPage(document_id=passage.document_id, page=page, scale=SCALE, passage=passage)
        self._wanted = call
        for other in [each for each in self._jobs if each != call]:
            self._jobs.pop(other).cancel(insist=False)
        if call in self._pages:
            self._give(call)
        else:
            self._render(call)

    def want_text(self, document_id: int) -> None:
        """Read a document's stored text."""

        def done(data: AnyData) -> None:
            if isinstance(data, DocumentText):
                self.text_read.emit(document_id, data)

        self.core.request(
            ReadText(document_id=document_id), done=done, failed=lambda error: self.failed.emit(document_id, error)
        )

    def want_grid(self, passage: Passage) -> None:
        """Read the sheet round a passage."""

        def done(data: AnyData) -> None:
            if isinstance(data, Grid):
                self.grid_read.emit(passage, data)

        self.core.request(
            ReadGrid(passage=passage), done=done, failed=lambda error: self.failed.emit(passage.document_id, error)
        )

    def forget(self) -> None:
        """Documents changed: nothing that was rendered counts."""
        self._pages.clear()

    def _told(self, data: object) -> None:
        if isinstance(data, DocumentsChanged | DocumentsRemoved):
            self.forget()

    def _render(self, call: RenderPage) -> None:
        if call in self._jobs:
            return

        def done(data: AnyData) -> None:
            self._jobs.pop(call, None)
            if isinstance(data, PageImage):
                self._keep(call, data)

        def failed(error: AppError) -> None:
            self._jobs.pop(call, None)
            if call == self._wanted:
                self.failed.emit(call.document_id, error)

        self._jobs[call] = self.core.request(call, done=done, failed=failed)

    def _keep(self, call: RenderPage, image: PageImage) -> None:
        self._pages[call] = image
        self._pages.move_to_end(call)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        if call == self._wanted:
            self._give(call)

    def _give(self, call: RenderPage) -> None:
        image = self._pages[call]
        self.page_rendered.emit(call.document_id, call.page, image)
        for page in (call.page + 1, call.page - 1):
            near = msgspec.structs.replace(call, page=page)
            if 1 <= page <= image.pages and near not in self._pages:
                self._render(near)


def has_original(passage: Passage) -> bool:
    """Whether the file is still where it was."""
    if came_along(passage.path):
        return False
    try:
        return Path(file_of(passage.path)).is_file()
    except OSError:
        return False


def changed_since(passage: Passage) -> bool:
    """Whether the file was written after it was indexed."""
    if came_along(passage.path):
        return False
    try:
        return bool(passage.indexed_at) and Path(file_of(passage.path)).stat().st_mtime > passage.indexed_at + 2
    except OSError:
        return False
