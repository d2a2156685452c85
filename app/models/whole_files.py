"""Model files that are written under another name until they are whole, and the room that they need."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.errors import NoSpace
from app.files import cannot_write, make_folder, sync_folder

SPARE_BYTES = 256 << 20
"""Kept free on the disk beside the file, for chats and documents."""


@dataclass
class WholeFile:
    """A file that is being written, and where it lies: under a name of its own until it is whole."""

    out: IO[bytes]
    path: Path


@contextlib.contextmanager
def whole(target: Path, *, beside: bool = False) -> Iterator[WholeFile]:
    """A file under another name, which is flushed to the disk and then renamed; whatever ends it early removes it.

    It replaces what has the target's name; with `beside` it takes the next name that is free then, since another
    process may bring in a file of the same name meanwhile.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            copy = WholeFile(out, part)
            yield copy
            out.flush()
            os.fsync(out.fileno())
        copy.path = _put_beside(part, target) if beside else part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


@dataclass
class WholeFolder:
    """A folder that is being filled, and where it lies: under a name of its own until all is in it."""

    path: Path


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[WholeFolder]:
    """A folder under another name, which gets its own by one rename at the end; whatever ends it early removes it."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    filled = WholeFolder(part)
    try:
        make_folder(part)
        yield filled
        sync_folder(part)
        filled.path = part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put_beside(part: Path, target: Path) -> Path:
    place = reserved(target)
    try:
        return part.replace(place)
    except OSError:
        place.unlink(missing_ok=True)
        raise


def reserved(target: Path) -> Path:
    """An empty file under the target's name, or the next that is free: only who made it may replace it."""
    name, count = target, 1
    while True:
        try:
            name.open("xb").close()
        except FileExistsError:
            count += 1
            name = target.with_name(f"{target.stem}-{count}{target.suffix}")
        else:
            return name


def check_room(folder: Path, size: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise cannot_write(folder, error) from error
    if free < size + SPARE_BYTES:
        raise NoSpace(
            f"The disk has {free / 1e9:.1f} GB free, and this model needs {(size + SPARE_BYTES) / 1e9:.1f} GB.",
            "Free some disk space and try again.",
        )
