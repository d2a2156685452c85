"""What the window says of an installed model beside its name: where its file is, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.gui.hardware import size_text
from app.models.servers import is_encrypted
from app.types import InstalledModel


def facts_text(model: InstalledModel, context: int = 0) -> str:
    """ "4.4 GB, Q4_K_M, context 8k of 32k"."""
    trained = model.context_trained
    parts = [size_and_precision(model)]
    if context and trained and model.path:
        parts.append(_tr("context {0} of {1}").format(thousands(context), thousands(trained)))
    elif trained:
        up_to = _tr("context {0}") if context else _tr("context up to {0}")
        parts.append(up_to.format(thousands(trained)))
    return ", ".join(part for part in parts if part)


def size_and_precision(model: InstalledModel) -> str:
    """ "4.4 GB, Q4_K_M"."""
    return ", ".join(part for part in (_size(model), model.quantization) if part)


def _size(model: InstalledModel) -> str:
    """ "4.4 GB"; of an adapter "68 MB on top of Qwen3 4B", of one on a server its name there."""
    if not model.path:
        return model.served_as
    if not model.adapter:
        return size_text(model.file_bytes)
    try:
        size = size_text(Path(model.adapter).stat().st_size)
    except OSError:
        size = ""
    base = model.lineage.get("base", "")
    return _tr("{0} on top of {1}").format(size, base).strip() if base else size


def origin_text(model: InstalledModel) -> str:
    """How it came here, with the day where that is known."""
    if model.origin == "starter":
        return _tr("Came with Inhouse")
    if model.origin == "computer":
        return _tr("For all users of this computer")
    if model.origin == "server":
        return _tr("On your server") if is_encrypted(model.address) else _tr("On your server, not encrypted")
    if owner := linked_from(model):
        return _tr("Linked from {0}").format(owner)
    if model.origin != "finetuned":
        return _tr("Adapter") if model.adapter else ""
    made = _tr("Adapter") if model.adapter else _tr("Fine-tuned here")
    if not model.added_at:
        return made
    day = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(model.added_at)).date(), "d MMMM")
    return f"{made}, {day}"


def linked_from(model: InstalledModel) -> str:
    """Whose file it is where it was linked: "Ollama", or the name of a folder; else ""."""
    linked = "" if model.adapter else model.lineage.get("linked", "")
    return Path(linked).name or linked


def missing_text(model: InstalledModel) -> str:
    """What happened to a model whose file is gone, and what to do."""
    if owner := linked_from(model):
        return _tr("{0} no longer has its file. Fetch it there again.").format(owner)
    return _tr("Import it again, or remove it from this list.")


def removal_text(model: InstalledModel) -> str:
    """What removing it deletes, and what stays."""
    if model.origin == "server":
        return _tr("Its address and key are forgotten here. The server itself stays as it is.")
    if owner := linked_from(model):
        return _tr("It is taken off this list. Its file stays with {0}, and chats that used it stay.").format(owner)
    if model.adapter:
        return _tr("The adapter is deleted. The model that it changes stays, and so do chats that used it.")
    return _tr("Its file in the data folder is deleted. Chats that used it stay, and other models answer.")


def lineage_steps(model: InstalledModel) -> list[tuple[str, str]]:
    """Base, data and result of a fine-tuned model: (icon, text); empty for the others."""
    if model.origin != "finetuned":
        return []
    order = (("base", "box"), ("data", "message-square"), ("scores", "circle-check"))
    return [(symbol, model.lineage[key]) for key, symbol in order if model.lineage.get(key)]


def thousands(tokens: int) -> str:
    """ "8k" for 8192."""
    return f"{tokens // 1024}k" if tokens >= 1024 else str(tokens)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelRow", text)
