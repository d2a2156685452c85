"""`inhouse models import FOLDER|ollama|lmstudio`: all models that are there, copied or linked."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.errors import AppError, BadFile
from app.hub import FoundFile
from app.workers.calls.models import FilesFound, FindFiles, ImportModel, LinkModel, ModelInstalled
from app.workers.message import Data

STORES = ("ollama", "lmstudio")


def import_found(args: argparse.Namespace, session: Session, progress: Callable[[Data], None]) -> int:
    """One that cannot be used stops no other; 1 where not one could be."""
    linked = args.link or args.file in STORES
    where = args.file if args.file in STORES else str(Path(args.file).expanduser().absolute())
    found = session.call(FindFiles(where=where))
    assert isinstance(found, FilesFound)
    files = [file for file in found.files if args.name.casefold() in file.name.casefold()]
    if not files:
        raise AppError("No model file was found there.", "Models are GGUF files, and come whole.")
    done = [_bring(args, session, file, linked, progress) for file in files]
    if linked and any(done):
        owner = files[0].store or "the folder"
        tell(f"Nothing was copied: the files stay where they are, and are gone here when {owner} removes them.")
    return 0 if any(done) or all(file.installed for file in files) else 1


def _bring(
    args: argparse.Namespace,
    session: Session,
    file: FoundFile,
    linked: bool,
    progress: Callable[[Data], None],
) -> bool:
    if file.installed:
        tell(f"“{file.name}” is in the list already.")
        return False
    link = LinkModel(path=file.path, name=file.name, sha256=file.sha256, store=file.store, projector=file.projector)
    try:
        made = session.call(link if linked else ImportModel(path=file.path, projector=file.projector), progress)
    except BadFile as error:
        tell(f"{file.name}: {error}")
        return False
    assert isinstance(made, ModelInstalled)
    if args.json:
        say_json({"id": made.model.id, "name": made.model.name, "path": made.model.path, "linked": linked})
    else:
        say(f"“{made.model.name}” is {'linked' if linked else 'installed'} ({size_text(made.model.file_bytes)}).")
    return True
