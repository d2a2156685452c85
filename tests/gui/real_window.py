"""The whole program in the test's process: the real window with the real engine and the real documents process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.chats.records import Turn
from app.core.protocol import Welcome
from app.gui import main as gui
from app.gui.chat.chips import OBJECT
from app.gui.chat.page import ChatPage
from app.gui.chat.rich_text import RichText
from app.gui.documents.page import DocumentsPage
from app.gui.shell.single_instance import SingleInstance
from app.paths import Home

LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


class RealWindow:
    """Built as `run` builds it, after its first paint, with everything started."""

    def __init__(self, app: QApplication, place: Home) -> None:
        self.app = app
        self.instance = SingleInstance(place, app)
        assert self.instance.acquire()
        self.raised: list[bool] = []
        self.instance.raised.connect(lambda: self.raised.append(True))
        self.parts = gui.build_parts(place, app)
        self.finished: list[Turn] = []
        self.parts.chats.answer_finished.connect(self.finished.append)
        self.core = 0
        """The pid of the core, once it has greeted."""
        self.parts.core.welcomed.connect(self._welcomed)
        self.window = gui.build_window(self.parts)
        gui.show_window(self.parts, self.window, self.instance)
        if not self.parts.session.state.geometry:
            self.window.resize(1280, 820)
        self.window.activateWindow()

    def _welcomed(self, welcome: Welcome) -> None:
        self.core = welcome.pid

    def close(self) -> None:
        """As when a person closes the window and the program ends."""
        self.window.close()
        gui.stop(self.parts)
        self.instance.release()
        self.window.deleteLater()
        self.app.processEvents()

    # --- waiting ----------------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 60.0) -> None:
        """Serve the window until it is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {what}"
            QTest.qWait(10)

    def engine_ready(self) -> None:
        self.until(lambda: self.parts.chats.engine_state == "ready", "the model")

    def added(self) -> None:
        """Until the documents process has said the last word about what was added."""
        self.until(lambda: self.parts.documents.add_state.phase == "finished", "the documents")

    def answered(self, before: int) -> Turn:
        self.until(lambda: len(self.finished) > before, "the answer")
        return self.finished[-1]

    # --- what a person sees and does ----------------------------------------------------------------------------------

    @property
    def chat(self) -> ChatPage:
        page = self.window.page("chat")
        assert isinstance(page, ChatPage)
        return page

    @property
    def documents(self) -> DocumentsPage:
        page = self.window.page("documents")
        assert isinstance(page, DocumentsPage)
        return page

    def ask(self, question: str) -> Turn:
        """Type the question, press Enter, wait for the whole answer."""
        before = len(self.finished)
        self.send(question)
        return self.answered(before)

    def send(self, question: str) -> None:
        self.engine_ready()
        QTest.keyClicks(self.chat.composer.edit, question)
        QTest.keyClick(self.chat.composer.edit, Qt.Key.Key_Return)

    def until_it_writes(self, letters: int = 40) -> str:
        """Until the answer under way has so many letters; → what stands there."""

        def written() -> str:
            writing = self.parts.chats.writing()
            return writing.text if writing is not None else ""

        self.until(lambda: len(written()) >= letters, "the first words")
        return written()

    def shown(self) -> str:
        """The last answer's text as it stands in the transcript."""
        views = self.chat.transcript.answers()[-1].body.views()
        return "\n".join(view.toPlainText() for view in views if isinstance(view, RichText))

    def press(self, text: str) -> None:
        """Click the visible button with this text."""

        def found() -> list[QAbstractButton]:
            buttons = self.window.findChildren(QAbstractButton)
            return [each for each in buttons if text in (each.text(), each.accessibleName()) and each.isVisible()]

        self.until(found, f"a button “{text}”", 5)
        QTest.mouseClick(found()[0], LEFT)

    def press_first_chip(self) -> None:
        """Click the first citation of the last answer with the mouse."""
        QTest.qWait(300)  # the answer takes its last shape
        for view in self.chat.transcript.answers()[-1].body.views():
            cursor = view.document().find(OBJECT) if isinstance(view, RichText) else None
            if isinstance(view, RichText) and cursor is not None and not cursor.isNull():
                cursor.setPosition(cursor.selectionEnd())
                right = view.cursorRect(cursor)
                QTest.mouseClick(view.viewport(), LEFT, pos=QPoint(right.left() - 10, right.center().y()))
                return
        raise AssertionError(f"no citation in: {self.shown()}")

    def drag(self, *paths: Path) -> QMimeData:
        """Hold files over the window; → what is dragged."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.app.sendEvent(self.window, QDragEnterEvent(self.window.rect().center(), COPY, data, LEFT, NONE))
        return data

    def drag_leave(self) -> None:
        """Take the files away again, before they have moved over what is shown for them."""
        self.app.sendEvent(self.window, QDragLeaveEvent())

    def _target(self) -> QWidget:
        """What takes files in the middle of the window."""
        target: QWidget = self.window.childAt(self.window.rect().center()) or self.window
        while not target.acceptDrops():
            target = target.parentWidget()
        return target

    def drop(self, *paths: Path) -> None:
        """Drag files over the window and let go."""
        data = self.drag(*paths)
        at = self.window.rect().center()
        QTest.qWait(50)
        target = self._target()
        inside = target.mapFrom(self.window, at)
        self.app.sendEvent(target, QDropEvent(QPointF(inside), COPY, data, LEFT, NONE))


def kill(core: int, role: str) -> None:
    """End a child of a core as the system does that is out of memory."""
    (child,) = [each for each in psutil.Process(core).children() if role in each.cmdline()]
    child.kill()


def make_pdf(path: Path, pages: Sequence[Sequence[str]]) -> Path:
    """A PDF with these lines on each page, in a font that every reader has."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        moves = "".join(f"({line}) Tj 0 -24 Td " for line in lines)
        content = f"BT /F1 14 Tf 60 760 Td {moves}ET".encode()
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (count, len(data))
    path.write_bytes(data + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + tail)
    return path
