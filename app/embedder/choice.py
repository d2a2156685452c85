"""Which of several kept things is in use, and which was before: one small file, alike for readers and embedders."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
from msgspec import Struct

from app.files import make_folder, write_atomic

log = logging.getLogger(__name__)

VERSION = 1


class Chosen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in use, and what was before; "" is what comes along."""

    version: int = VERSION
    active: str = ""
    previous: str | None = None  # None: none has been another yet
    coming: str | None = None  # what is being prepared, and is in use once that is done; None: nothing


class Choice:
    """The file of a folder that says so. The core writes it, one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Chosen:
        """What is written down; where that is missing or damaged, what comes along is in use."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=Chosen)
        except FileNotFoundError:
            return Chosen()
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("%s could not be read: %s", self._path, error)
            return Chosen()
        return found if found.version <= VERSION else Chosen()

    def write(self, chosen: Chosen) -> None:
        """Write it down; raises NoSpace."""
        make_folder(self._path.parent)
        write_atomic(self._path, msgspec.json.encode(chosen) + b"\n")
