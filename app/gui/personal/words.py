"""The parts that both dialogs have, and asking the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.calls.personal import SetMasking
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.widgets import Label
from app.gui.widgets.fields import IconLabel
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.text.personal.kinds import USUAL, PersonalKind, counts_text
from app.types import Document
from app.workers.calls.personal import ExportRedacted, RedactedExported
from app.workers.protocol import AnyData

NOT_FOUND = "Names, addresses and dates of birth are not looked for."


def tr(text: str) -> str:
    return QCoreApplication.translate("PersonalData", text)


def set_masking(
    core: CoreClient, collection_id: int, kinds: tuple[PersonalKind, ...], failed: Callable[[AppError], object]
) -> None:
    """Mask these kinds from now on; the documents are queued to be read anew."""
    core.request(SetMasking(collection_id=collection_id, kinds=kinds), failed=failed)


def export_redacted(
    core: CoreClient,
    document: Document,
    parent: QWidget,
    said: Callable[[str], object],
    failed: Callable[[AppError], object],
) -> None:
    """Ask where to, and write a copy with the usual kinds masked; the system's dialog asks before one is replaced."""
    name = f"{Path(document.name).stem} redacted.docx"
    kinds = tr("Word (*.docx);;Text (*.txt);;Markdown (*.md)")
    path = ask_where_to_save(parent, tr("Save a redacted copy"), name, kinds)
    if path is None:
        return
    path = path if path.suffix else path.with_suffix(".docx")

    def done(data: AnyData) -> None:
        if isinstance(data, RedactedExported):
            masked = counts_text(data.counts) or tr("nothing")
            said(tr("Saved as {0}. Masked: {1}. Read it before you pass it on.").format(Path(data.path).name, masked))

    call = ExportRedacted(document_id=document.id, path=str(path), kinds=USUAL, replace=True)
    core.request(call, done=done, failed=failed)


def head(title: str, text: str) -> QHBoxLayout:
    """The icon with what the dialog is about."""
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(IconLabel("shield-check", "accent", 24), alignment=Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(4)
    words.addWidget(Label(title, "heading", wrap=True))
    words.addWidget(Label(text, "ui", "text2", wrap=True))
    row.addLayout(words, 1)
    return row


def scrolled(name: str) -> tuple[QScrollArea, QVBoxLayout]:
    """A list that scrolls, and where its entries go."""
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    body = QWidget()
    body.setObjectName("scrollBody")
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 8, 0)
    column.setSpacing(8)
    area.setWidget(body)
    return area, column


def plain(text: str, colour: str = "text") -> Label:
    """A document's own words: never taken for markup, and to be copied."""
    label = Label(text, "ui", colour, wrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
