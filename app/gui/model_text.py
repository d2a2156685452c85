"""The dialog that shows what a model wrote in a document, where a person decides whether it counts as any other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.dialogs import head, quoted, scrolled
from app.gui.widgets.page_frame import Separator
from app.workers.calls.model_text import ApproveModelText, ListModelText, ModelTextListed
from app.workers.protocol import AnyData

MOST_SHOWN = 200
"""Stretches that are listed: a label each."""
LONGEST = 2_000
"""Characters of one that are shown."""


def open_model_text(core: CoreClient, document_id: int, parent: QWidget, failed: Callable[[AppError], object]) -> None:
    """Ask what a model wrote in a document and show it; keep what is decided."""

    def show(data: AnyData) -> None:
        if not isinstance(data, ModelTextListed):
            return
        dialog = ModelTextDialog(data, parent.window())
        dialog.decided.connect(
            lambda approved: core.request(
                ApproveModelText(document_id=document_id, approved=approved), done=lambda _: None, failed=failed
            )
        )
        dialog.open()

    core.request(ListModelText(document_id=document_id), done=show, failed=failed)


class ModelTextDialog(QDialog):
    """Each stretch; below them the two ways to go on."""

    decided = Signal(bool)
    """Whether it is approved, where that is another decision than before."""

    def __init__(self, listed: ModelTextListed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._approved = listed.document.approved
        title = self.tr("Written by a model in {0}").format(listed.document.name)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        outer.addLayout(head("box", "warning", title, self._explanation()))
        outer.addWidget(self._pieces(listed.texts), 1)
        outer.addLayout(self._buttons())
        self.setMinimumSize(theme().px(560), theme().px(420))

    def _explanation(self) -> str:
        if self._approved:
            return self.tr("An AI model wrote this. You approved it: it counts as any other text.")
        return self.tr(
            "An AI model wrote this. Answers that cite it say so, sources that people wrote go before it, and models"
            " do not learn from it. Approve it only if you have checked it."
        )

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.approve_button = Button(self.tr("Approve it"), "primary" if self._approved else "secondary")
        self.keep_out_button = Button(self.tr("Keep the flag"), "secondary" if self._approved else "primary")
        self.approve_button.clicked.connect(lambda: self._decide(True))
        self.keep_out_button.clicked.connect(lambda: self._decide(False))
        (self.approve_button if self._approved else self.keep_out_button).setDefault(True)
        row.addWidget(self.approve_button)
        row.addWidget(self.keep_out_button)
        return row

    def _decide(self, approved: bool) -> None:
        if approved != self._approved:
            self.decided.emit(approved)
        self.accept()

    def _pieces(self, texts: tuple[str, ...]) -> QScrollArea:
        area, column = scrolled(self.tr("Text that a model wrote"))
        for text in texts[:MOST_SHOWN]:
            column.addWidget(Separator())
            shown = " ".join(text[:LONGEST].split())
            column.addWidget(quoted(f"{shown}…" if len(text) > LONGEST else shown))
        if len(texts) > MOST_SHOWN:
            more = self.tr("And {0} more.").format(f"{len(texts) - MOST_SHOWN:,}")
            column.addWidget(Label(more, "ui", "text2"))
        if not texts:
            column.addWidget(Label(self.tr("None was found."), "ui", "text2"))
        column.addStretch(1)
        return area
