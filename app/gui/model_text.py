"""The dialog that shows what a model wrote in a document, where a person decides whether it counts as any other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QScrollArea, QWidget

from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.decision_dialog import DecisionDialog
from app.gui.widgets import Label
from app.gui.widgets.dialogs import quoted, scrolled
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


class ModelTextDialog(DecisionDialog):
    """Each stretch; below them the two ways to go on."""

    def __init__(self, listed: ModelTextListed, parent: QWidget | None = None) -> None:
        super().__init__(listed.document.approved, parent)
        title = self.tr("Written by a model in {0}").format(listed.document.name)
        self.approve_button, self.keep_out_button = self.ways(self.tr("Approve it"), self.tr("Keep the flag"))
        ways = (self.approve_button, self.keep_out_button)
        self.build("box", title, self._explanation(), self._pieces(listed.texts), ways)

    def _explanation(self) -> str:
        if self.chosen:
            return self.tr("An AI model wrote this. You approved it: it counts as any other text.")
        return self.tr(
            "An AI model wrote this. Answers that cite it say so, sources that people wrote go before it, and models"
            " do not learn from it. Approve it only if you have checked it."
        )

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
