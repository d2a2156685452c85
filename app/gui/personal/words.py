"""What the dialogs of personal data ask of the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.core.calls.personal import SetMasking
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.text.personal.kinds import USUAL, PersonalKind, counts_text
from app.types import Document
from app.workers.calls.personal import ExportRedacted, RedactedExported
from app.workers.protocol import AnyData


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
