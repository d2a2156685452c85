"""The dialog that shows what readers of a document do not see, and lets a person decide whether it is read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.calls.documents import QueueFiles
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.dialogs import head, quoted, scrolled
from app.gui.widgets.page_frame import Separator
from app.text.hidden import REASONS, HiddenText
from app.workers.calls.documents import HiddenTextListed, ListHiddenText
from app.workers.protocol import AnyData


def open_hidden_text(core: CoreClient, document_id: int, parent: QWidget, failed: Callable[[AppError], object]) -> None:
    """Ask what is hidden in a document and show it; a decision has the file read anew."""

    def show(data: AnyData) -> None:
        if not isinstance(data, HiddenTextListed):
            return
        document = data.document
        dialog = HiddenTextDialog(data, parent.window())
        dialog.decided.connect(
            lambda read: core.request(
                QueueFiles(paths=(document.path,), collection_id=document.collection_id, read_hidden=read, first=True),
                failed=failed,
            )
        )
        dialog.open()

    core.request(ListHiddenText(document_id=document_id), done=show, failed=failed)


class HiddenTextDialog(QDialog):
    """Each piece with the reason why it counts as hidden; below them the two ways to go on."""

    decided = Signal(bool)
    """Whether it is to be read, where that is another decision than before."""

    def __init__(self, listed: HiddenTextListed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read = listed.document.read_hidden
        title = self.tr("Hidden text in {0}").format(listed.document.name)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        outer.addLayout(head("eye-off", "warning", title, self._explanation()))
        outer.addWidget(self._pieces(listed.found), 1)
        outer.addLayout(self._buttons())
        self.setMinimumSize(theme().px(560), theme().px(420))

    def _explanation(self) -> str:
        if self._read:
            return self.tr("Readers of this document do not see this text. You decided that it is read all the same.")
        return self.tr(
            "Readers of this document do not see this text. It is kept out of search and answers. Read it only if you"
            " know why it is there."
        )

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.read_button = Button(self.tr("Read it too"), "primary" if self._read else "secondary")
        self.keep_out_button = Button(self.tr("Keep it out"), "secondary" if self._read else "primary")
        self.read_button.clicked.connect(lambda: self._decide(True))
        self.keep_out_button.clicked.connect(lambda: self._decide(False))
        (self.read_button if self._read else self.keep_out_button).setDefault(True)
        row.addWidget(self.read_button)
        row.addWidget(self.keep_out_button)
        return row

    def _decide(self, read: bool) -> None:
        if read != self._read:
            self.decided.emit(read)
        self.accept()

    def _pieces(self, found: tuple[HiddenText, ...]) -> QScrollArea:
        area, column = scrolled(self.tr("Hidden text"))
        for each in found:
            column.addWidget(Separator())
            column.addWidget(Label(self._reason(each), "caption", "text2", wrap=True))
            column.addWidget(quoted(each.text))
        if not found:
            column.addWidget(Label(self.tr("None was found."), "ui", "text2"))
        column.addStretch(1)
        return area

    def _reason(self, each: HiddenText) -> str:
        parts = [REASONS[each.kind]]
        if each.page is not None:
            parts.append(self.tr("page {0}").format(each.page))
        if each.count > 1:
            parts.append(self.tr("{0} pieces").format(each.count))
        return " · ".join(parts)
