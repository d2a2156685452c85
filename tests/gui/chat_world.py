"""A chat with real stores and controllers; only the child processes are played by the test."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import cast

from core_world import CoreWorld, MemoryLink
from fakes import FakeChild
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.core.answers import FLUSH_S
from app.errors import AppError
from app.gui.chat.controller import ChatController
from app.gui.chat.page import ChatPage
from app.gui.chat.reader import ChatReader
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.models.controller import ModelsController
from app.gui.shell.session import Session
from app.gui.theme import Theme
from app.settings import Settings
from app.types import Answer, Box, Budget, Collection, ModelInfo, Passage, SearchResult, Source, Stats, Support
from app.workers.calls.documents import (
    Collections,
    Ground,
    Grounded,
    ListCollections,
    Mark,
    Marked,
    PageImage,
    Read,
    Search,
    Searched,
)
from app.workers.calls.engine import Chat, Chatted, Load, Loaded, Token

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip
TRAVEL = 1
COLLECTIONS = (Collection(id=1, name="Travel", documents=21), Collection(id=2, name="Quality", documents=9))
MUNICH = "The hotel limit in Munich is 165 EUR per night."


def passage(n: int = 1, text: str = MUNICH, name: str = "Travel-Policy.pdf", page: int | None = 8) -> Passage:
    return Passage(
        id=n, document_id=n, document=name, path=f"/nowhere/{name}", collection="Travel", page=page, start=0,
        end=len(text), text=text, score=0.9,
    )  # fmt: skip


def cited(text: str = f"{MUNICH} [1]", count: int = 1) -> Answer:
    """A finished answer with `count` sources."""
    sources = tuple(Source(n=n, passage=passage(n)) for n in range(1, count + 1))
    return Answer(text=text, sources=sources, searched="Travel", stats=Stats(tokens_per_s=48.0))


class World:
    """Everything behind the chat page: a core with real stores and played children, and a window that is its door."""

    def __init__(self, *, loaded: bool = True) -> None:
        app = cast(QApplication, QApplication.instance())
        self.theme = app.property("inhouse_theme") or Theme(app, mode="light")
        self.theme.reduced_motion = True
        self.world = CoreWorld()
        self.core, self.home, self.store = self.world.core, self.world.home, self.world.core.store
        self.settings = Settings(self.home)
        self.link = MemoryLink(self.core)
        self.client = CoreClient(self.link)
        self.session = Session(self.home.session_file)
        self.collections = KnownCollections(self.client, self.session)
        self.models = ModelsController(self.client, self.session)
        self.reader = ChatReader(self.home)
        self.chats = ChatController(self.client, self.reader, self.settings, self.models, self.collections)
        self.client.connect_core()
        for job in self.documents.waiting(ListCollections):
            job.finish(Collections(collections=COLLECTIONS))
        self.chats.choose_collection(TRAVEL)
        self.kept: object = None
        """What must live as long as the test."""
        if loaded:
            self.load()

    @property
    def engine(self) -> FakeChild:
        return self.world.engine

    @property
    def documents(self) -> FakeChild:
        return self.world.documents

    def load(self) -> None:
        """The engine says that the model is there."""
        self.models.start()
        self.engine.ready.emit(None)
        self.engine.last(Load).finish(Loaded(info=INFO))

    def page(self, qtbot: object, size: tuple[int, int] = (1032, 820), **more: object) -> ChatPage:
        made = ChatPage(self.chats, self.models, **more)  # type: ignore[arg-type]
        qtbot.addWidget(made)  # type: ignore[attr-defined]
        made.resize(*size)
        made.show()
        made.activateWindow()
        qtbot.waitUntil(made.isActiveWindow)  # type: ignore[attr-defined]
        return made

    def found(self, *passages: Passage, found: bool = True) -> None:
        """The documents process answers the search; nothing can be read, so that the model is asked."""
        result = SearchResult(passages=passages or (passage(),), found=found, elapsed_ms=3.0)
        self.documents.last(Search).finish(Searched(result=result))
        for job in self.documents.waiting(Read):
            job.fail(AppError("Nothing can be read."))
        for job in self.documents.waiting(Mark):
            assert isinstance(job.call, Mark)
            job.finish(Marked(passages=job.call.passages))

    def say(self, text: str, *, thinking: bool = False) -> None:
        """The engine writes a piece."""
        self.engine.last(Chat).say(Token(text=text, thinking=thinking))
        self.world.clock.pass_time(FLUSH_S)

    def complete(self, text: str = MUNICH, thinking: str = "", used: int = 1) -> None:
        """The engine is done; the documents process finds support in passage 1 for each sentence."""
        self.complete_without_check(text, thinking, used)
        for job in self.documents.waiting(Ground):
            call = job.call
            assert isinstance(call, Ground)
            job.finish(Grounded(support=tuple(Support(n=1, score=0.9) for _ in call.sentences)))
        for job in self.documents.waiting(Mark):
            assert isinstance(job.call, Mark)
            job.finish(Marked(passages=job.call.passages))

    def complete_without_check(self, text: str = MUNICH, thinking: str = "", used: int = 1) -> None:
        """The engine is done."""
        budget = Budget(context=8192, used=900)
        stats = Stats(tokens_per_s=50.0, completion_tokens=12)
        self.engine.last(Chat).finish(
            Chatted(text=text, thinking=thinking, reason="end", stats=stats, budget=budget, passages_used=used)
        )

    def stored(self, question: str, *answers: Answer) -> int:
        """A question with its answers, stored as if asked earlier; → the chat's id."""
        chat_id = self.chats.chat_id or self.store.create(collection_id=TRAVEL).id
        turn = self.store.add_question(chat_id, question)
        for answer in answers:
            self.store.finish_answer(self.store.begin_answer(turn.id).id, answer)
        return chat_id


def page_image(
    pages: int = 24, marks: tuple[Box, ...] = (Box(50, 300, 400, 320),), ink: QRect | None = None
) -> PageImage:
    """A white page of 595 × 842 points at one pixel a point, black where `ink` says."""
    image = QImage(595, 842, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    if ink is not None:
        painter = QPainter(image)
        painter.fillRect(ink, QColor("black"))
        painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    png = base64.b64encode(data.data()).decode()
    return PageImage(png=png, width=595, height=842, pages=pages, scale=1.0, marks=marks)


def real_file(folder: Path, name: str = "Travel-Policy.pdf") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"%PDF-1.4")
    return path
