"""A model folder (safetensors and a tokenizer) as a model: `inhouse models import` and `inhouse train --base`."""

from __future__ import annotations

from pathlib import Path

from app.cli.output import tell
from app.cli.session import Session
from app.core.calls.models import ImportFolder
from app.llama.model_folders import FOLDER, is_meant_as_model
from app.types import InstalledModel
from app.workers.calls.models import CopyProgress, ModelInstalled
from app.workers.message import Data


def import_folder(
    session: Session, path: str, *, name: str = "", beside: str = "", llama_cpp: str = ""
) -> InstalledModel:
    """List it, with a GGUF that is written and checked. Raises AppError where it cannot be."""

    def show(data: Data) -> None:
        if isinstance(data, CopyProgress) and data.total:
            written = data.done / data.total
            session.progress.show(f"Writing… {written:.0%}" if written < 1 else "Checking…")

    session.progress.show("Reading the folder…")
    call = ImportFolder(path=_absolute(path), name=name, beside=_absolute(beside), llama_cpp=_absolute(llama_cpp))
    made = session.call(call, show)
    assert isinstance(made, ModelInstalled)
    if made.model.adapter:
        tell(f"It is an adapter of “{made.model.lineage['base']}”, and lies beside it.")
    else:
        tell("The folder stays where it is: a training reads its weights from there.")
    return made.model


def model_of(session: Session, named: str) -> InstalledModel:
    """The model of this name; of a model folder the one that was made of it, or is made now."""
    if not is_meant_as_model(Path(named).expanduser()):
        return session.model(named)
    folder = _absolute(named)
    known = next((each for each in session.models().models if each.lineage.get(FOLDER) == folder), None)
    return known or import_folder(session, named)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""
