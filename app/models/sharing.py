"""A model in one file that another Inhouse imports with its name, lineage and scores: a plain zip, not compressed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from app.errors import BadFile, NewerData
from app.types import InstalledModel

VERSION = 1
MAGIC = b"PK\x03\x04"
MOST_ABOUT = 64 << 10
_MODEL, _ABOUT, _CARD = "model.gguf", "about.json", "README.md"
_LOCAL = ("run_id", "documents", "file", "sha256", "folder")
"""Parts of a lineage that mean something on the computer where they were written, and nowhere else."""


class About(Struct, frozen=True, kw_only=True):
    """What goes along with the weights."""

    version: int = VERSION
    name: str
    origin: str = ""
    lineage: dict[str, str] = {}


def is_shared(path: Path) -> bool:
    """Whether a file is a zip, by its content; one that cannot be read is for others to refuse."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def packed(out: IO[bytes], model: InstalledModel, card: str) -> Iterator[IO[bytes]]:
    """Write all but the weights, which the caller writes to what this hands out; no document goes along."""
    about = About(name=model.name, origin=model.origin, lineage=_travelling(model.lineage))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1))
        archive.writestr(_CARD, card)
        with archive.open(_MODEL, "w", force_zip64=True) as weights:
            yield weights


@contextmanager
def opened(path: Path) -> Iterator[tuple[About, IO[bytes], int]]:
    """What a shared file says of itself, its weights to read, and their bytes.

    Raises:
        BadFile: it is another zip, or a damaged one.
        NewerData: a later Inhouse wrote it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            about = _read_about(archive, path)
            weights = archive.getinfo(_MODEL)
            if weights.compress_type != zipfile.ZIP_STORED or weights.file_size > path.stat().st_size:
                raise BadFile(f"{path.name} is not a model that Inhouse shared.", "Ask for the file again.")
            with archive.open(weights) as file:
                yield about, file, weights.file_size
    except (zipfile.BadZipFile, EOFError) as error:
        raise BadFile(f"{path.name} is damaged.", "Copy it again from where it came.", str(error)) from error
    except KeyError as error:
        raise BadFile(f"{path.name} has no model in it.", "Choose another file.", str(error)) from error


def _read_about(archive: zipfile.ZipFile, path: Path) -> About:
    if archive.getinfo(_ABOUT).file_size > MOST_ABOUT:
        raise BadFile(f"{path.name} is not a model that Inhouse shared.", "Choose another file.")
    try:
        about = msgspec.json.decode(archive.read(_ABOUT), type=About)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"{path.name} is damaged.", "Copy it again from where it came.", str(error)) from error
    if about.version > VERSION:
        raise NewerData(f"{path.name} was written by a newer Inhouse.", "Update Inhouse to import it.")
    return msgspec.structs.replace(about, lineage=_travelling(about.lineage))


def _travelling(lineage: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in lineage.items() if key not in _LOCAL}
