"""The dialog that shows what readers of a document do not see, and lets a person decide whether it is read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QScrollArea, QWidget

from app.core.calls.documents import QueueFiles
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.decision_dialog import DecisionDialog
from app.gui.widgets import Label
from app.gui.widgets.dialogs import quoted, scrolled
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


class HiddenTextDialog(DecisionDialog):
    """Each piece with the reason why it counts as hidden; below them the two ways to go on."""

    def __init__(self, listed: HiddenTextListed, parent: QWidget | None = None) -> None:
        super().__init__(listed.document.read_hidden, parent)
        title = self.tr("Hidden text in {0}").format(listed.document.name)
        self.read_button, self.keep_out_button = self.ways(self.tr("Read it too"), self.tr("Keep it out"))
        ways = (self.read_button, self.keep_out_button)
        self.build("eye-off", title, self._explanation(), self._pieces(listed.found), ways)

    def _explanation(self) -> str:
        if self.chosen:
            return self.tr("Readers of this document do not see this text. You decided that it is read all the same.")
        return self.tr(
            "Readers of this document do not see this text. It is kept out of search and answers. Read it only if you"
            " know why it is there."
        )

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
