"""Models that IT has laid down once for all users of a computer: used where they lie."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import msgspec
import platformdirs

from app.errors import AppError
from app.llama.gguf_reader import read_header
from app.llama.split_files import is_later_part, stem_of
from app.models.listed import listed
from app.models.model_files import PROJECTOR_PREFIX
from app.models.projectors import projector_of
from app.types import InstalledModel

log = logging.getLogger(__name__)

NAMED = "INHOUSE_COMPUTER_MODELS"
"""Names another folder than the system's."""
MOST = 100
ID_DIGITS = 12
_Stamp = tuple[int, int]
_known: dict[Path, tuple[_Stamp, InstalledModel | None]] = {}


def computer_folder() -> Path:
    """Linux: /usr/local/share/Inhouse/models, Windows: C:\\\\ProgramData\\\\Inhouse\\\\models, macOS: below
    /Library/Application Support."""
    named = os.environ.get(NAMED, "")
    return Path(named) if named else Path(platformdirs.site_data_dir("Inhouse", appauthor=False)) / "models"


def computer_models() -> list[InstalledModel]:
    """Those whose files can be used now, in the order of their names; a broken one is left out, which the log says.

    A file is read again only where its size or time has changed.
    """
    try:
        files = sorted(computer_folder().glob("*.gguf"))[:MOST]
    except OSError as error:
        log.warning("The models of this computer cannot be listed: %s", error)
        return []
    whole = (file for file in files if not file.name.startswith(PROJECTOR_PREFIX) and not is_later_part(file.name))
    return [model for file in whole if (model := _model(file)) is not None]


def _model(file: Path) -> InstalledModel | None:
    try:
        about = file.stat()
        stamp = (about.st_size, about.st_mtime_ns)
        known = _known.get(file)
        if known is None or known[0] != stamp:
            known = _known[file] = (stamp, _read(file))
        return known[1]
    except OSError as error:
        log.debug("%s cannot be looked at: %s", file.name, error)
        return None


def _read(file: Path) -> InstalledModel | None:
    try:
        header = read_header(file)
        if header.kind != "model" or header.is_projector:
            return None
        eyes = projector_of(file, header)
    except AppError as error:
        log.warning("A model of this computer cannot be used: %s %s", error, error.detail)
        return None
    return msgspec.structs.replace(
        listed(header, file, stem_of(file.name)),
        id=f"computer-{hashlib.sha256(str(file).encode()).hexdigest()[:ID_DIGITS]}",
        origin="computer",
        projector=str(eyes) if eyes is not None else "",
    )
