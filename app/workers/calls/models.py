"""What the process for model files is asked, and what it answers."""

from __future__ import annotations

from app.types import InstalledModel
from app.workers.message import Call, Data


class ImportModel(Call, frozen=True):
    """Check a GGUF file, or one to share, and copy it into the models folder; → CopyProgress…, ModelInstalled."""

    path: str
    name: str = ""
    projector: str = ""  # by which it sees; "": one that lies beside it


class ExportModel(Call, frozen=True):
    """Copy an installed model elsewhere, as GGUF or, with its card, as one file to share; → CopyProgress…, Done."""

    model_id: str
    path: str
    card: str = ""  # Markdown


class DownloadModel(Call, frozen=True):
    """Fetch a catalogue model from a hub, resumable, checked by SHA-256; → CopyProgress…, ModelInstalled."""

    entry: str


class CopyProgress(Data, frozen=True):
    done: int  # bytes
    total: int
    bytes_per_s: float = 0.0


class ModelInstalled(Data, frozen=True):
    model: InstalledModel


Calls = ImportModel | ExportModel | DownloadModel

Answers = CopyProgress | ModelInstalled
