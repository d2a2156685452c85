"""What the pages are built from: the parts that live as long as the window, as their builders see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QApplication

from app.gui.chat.controller import ChatController
from app.gui.chat.reader import ChatReader
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.models.controller import ModelsController
from app.gui.shell.session import Session
from app.paths import Home
from app.settings import Settings

if TYPE_CHECKING:  # two controllers that the first paint does without
    from app.gui.documents.controller import DocumentsController
    from app.gui.finetune.controller import FinetuneController


class Parts(Protocol):
    """The composition root (`app.gui.main`) has one; a page takes from it what it needs."""

    after: Callable[[], object] | None
    """What follows when the window has closed."""

    @property
    def home(self) -> Home: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def reader(self) -> ChatReader: ...
    @property
    def session(self) -> Session: ...
    @property
    def core(self) -> CoreClient: ...
    @property
    def collections(self) -> KnownCollections: ...
    @property
    def models(self) -> ModelsController: ...
    @property
    def chats(self) -> ChatController: ...
    @property
    def documents(self) -> DocumentsController: ...
    @property
    def app(self) -> QApplication: ...
    @property
    def finetune(self) -> FinetuneController: ...

    def with_documents(self, use: Callable[[DocumentsController], object]) -> None:
        """Call `use` with the documents controller as soon as there is one."""
        ...
