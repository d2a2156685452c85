"""Fetches what the source panel shows through the core: pages as images, and texts."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.calls.documents import DocumentsChanged, DocumentsRemoved
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.text.plain import mark_of
from app.types import Passage
from app.workers.calls.documents import DocumentText, PageImage, ReadText, RenderPage
from app.workers.protocol import AnyData

KEPT_PAGES = 12
SCALE = 2.0
"""Pixels a point: sharp at 200 % scaling and at most zooms."""

Key = tuple[int, int, int, int]  # document, page, start, end


class SourceReader(QObject):
    """Pages and texts of documents. Each answer comes as a signal; what is no longer wanted is cancelled."""

    page_rendered = Signal(int, int, object)
    """Document id, page, PageImage."""
    text_read = Signal(int, object)
    """Document id, DocumentText."""
    failed = Signal(int, object)
    """Document id, AppError: the original cannot be shown."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._pages: OrderedDict[Key, PageImage] = OrderedDict()
        self._jobs: dict[Key, Job] = {}
        self._wanted: Key | None = None
        core.told.connect(self._told)

    def want_page(self, passage: Passage, page: int) -> None:
        """Render a page, with the passage marked where it is on it; neighbours follow when it is there."""
        key = self._key(passage, page)
        self._wanted = key
        for other in [each for each in self._jobs if each != key]:
            self._jobs.pop(other).cancel(insist=False)
        if key in self._pages:
            self._give(key)
        else:
            self._render(key)

    def want_text(self, document_id: int) -> None:
        """Read a document's stored text."""

        def done(data: AnyData) -> None:
            if isinstance(data, DocumentText):
                self.text_read.emit(document_id, data)

        self._core.request(
            ReadText(document_id=document_id), done=done, failed=lambda error: self.failed.emit(document_id, error)
        )

    def forget(self) -> None:
        """Documents changed: nothing that was rendered counts."""
        self._pages.clear()

    def _told(self, data: object) -> None:
        if isinstance(data, DocumentsChanged | DocumentsRemoved):
            self.forget()

    @staticmethod
    def _key(passage: Passage, page: int) -> Key:
        start, end = mark_of(passage)
        return passage.document_id, page, passage.start + start, passage.start + end

    def _render(self, key: Key) -> None:
        if key in self._jobs:
            return
        document_id, page, start, end = key

        def done(data: AnyData) -> None:
            self._jobs.pop(key, None)
            if isinstance(data, PageImage):
                self._keep(key, data)

        def failed(error: AppError) -> None:
            self._jobs.pop(key, None)
            if key == self._wanted:
                self.failed.emit(document_id, error)

        call = RenderPage(document_id=document_id, page=page, scale=SCALE, start=start, end=end)
        self._jobs[key] = self._core.request(call, done=done, failed=failed)

    def _keep(self, key: Key, image: PageImage) -> None:
        self._pages[key] = image
        self._pages.move_to_end(key)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        if key == self._wanted:
            self._give(key)

    def _give(self, key: Key) -> None:
        image = self._pages[key]
        self.page_rendered.emit(key[0], key[1], image)
        for neighbour in (key[1] + 1, key[1] - 1):
            near = (key[0], neighbour, key[2], key[3])
            if 1 <= neighbour <= image.pages and near not in self._pages:
                self._render(near)


def has_original(passage: Passage) -> bool:
    """Whether the file is still where it was."""
    try:
        return Path(passage.path).is_file()
    except OSError:
        return False


def changed_since(passage: Passage) -> bool:
    """Whether the file was written after it was indexed."""
    try:
        return bool(passage.indexed_at) and Path(passage.path).stat().st_mtime > passage.indexed_at + 2
    except OSError:
        return False
