"""Which files a drop means: folders walked in order, hidden and system litter left out, loops of links survived."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.formats import UNREAD_SUFFIXES, suffix_of
from app.members import is_member

JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information", "node_modules"})


def walk(paths: Sequence[str]) -> Iterator[str]:
    """Absolute paths of the files, each once, sorted within a folder. A named file comes even if it is hidden, and one
    that lies in another file as it is named.

    In a folder a kind that is not read is passed over, as a drop says: who adds a folder does not mean its pictures.

    What does not exist comes too, so that it gets its own reason.
    """
    seen_folders: set[tuple[int, int]] = set()
    seen: set[str] = set()
    for name in paths:
        if is_member(name):
            if name not in seen:
                seen.add(name)
                yield name
            continue
        path = Path(os.path.abspath(Path(name).expanduser()))  # noqa: PTH100 - a link keeps its own name
        for file in _files(path, seen_folders) if path.is_dir() else [str(path)]:
            if file not in seen:
                seen.add(file)
                yield file


def _files(folder: Path, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Files below a folder; a folder met before (through a link) is not entered again."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen and status.st_ino:
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield str(folder)  # reading it will give the reason
        return
    for entry in found:
        if is_litter(entry.name) or suffix_of(entry.name) in UNREAD_SUFFIXES:
            continue
        if _is_folder(entry):
            yield from _files(Path(entry.path), seen)
        else:
            yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is hidden, temporary or the system's own."""
    return name.startswith((".", "~$")) or name.casefold() in JUNK or name.endswith(("~", ".tmp", ".crdownload"))
