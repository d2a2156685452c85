"""Takes the libraries of llama.cpp out of an archive or a folder, a stranger's: capped, flat, and nothing else of it.

Only shared libraries from the folder that holds llama.cpp's own are taken, under plain names. Links must lead to a name
beside them. What a driver has to bring (the Vulkan loader, CUDA's driver library) is left out and named: a copy of it
hides the card from the driver's own, or crashes.
"""

from __future__ import annotations

import re
import shutil
import tarfile
import time
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from app.errors import BadFile, NoSpace
from app.files import cannot_write

MOST_BYTES = 8 << 30
"""Of all libraries together: CUDA's own come to 1.5 GB."""
MOST_ENTRIES = 20_000
"""An archive with more files than this is something else."""
MOST_FILES = 200
SECONDS = 900.0
PIECE = 4 << 20
SPARE_BYTES = 256 << 20
LIBRARY = re.compile(r"^[A-Za-z0-9_.+-]+\.(?:so(?:\.[0-9]+)*|dll|dylib)$")
LLAMA = re.compile(r"^(?:lib)?llama\.(?:so|dll|dylib)$")
DRIVERS = re.compile(r"^(?:libvulkan|vulkan-1|libcuda\.|nvcuda|libnvidia|libamdgpu)", re.IGNORECASE)

Progress = Generator[tuple[int, int], None, "Taken"]


@dataclass(frozen=True)
class Taken:
    """What was copied, and which names were left out because a driver brings them."""

    bytes: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """A file of a source: its path there, its size as the source says, and where it leads if it is a link."""

    path: PurePosixPath
    size: int
    link: str = ""


class _Source(Protocol):
    def entries(self) -> Iterator[_Entry]: ...

    def open(self, entry: _Entry) -> IO[bytes]: ...


def take(source: Path, folder: Path) -> Progress:
    """Copy the libraries into `folder`, which is there; yields bytes done and in all.

    Raises:
        BadFile: it holds no llama.cpp, or more than a runtime can.
        NoSpace: the disk is full.
    """
    with _opened(source) as opened:
        chosen, left_out = _choose(list(_counted(opened.entries())), source.name)
        total = sum(entry.size for entry in chosen)
        _check(chosen, total, folder)
        done, deadline = 0, time.monotonic() + SECONDS
        try:
            for entry in sorted(chosen, key=lambda each: bool(each.link)):
                if entry.link:
                    _link(folder / entry.path.name, entry.link)
                    continue
                with opened.open(entry) as file, (folder / entry.path.name).open("xb") as out:
                    while piece := file.read(PIECE):
                        done += len(piece)
                        if done > min(total, MOST_BYTES) or time.monotonic() > deadline:
                            raise BadFile(f"“{source.name}” unpacks to more than it says.", "Get the file again.")
                        out.write(piece)
                        yield done, total
        except OSError as error:
            raise cannot_write(folder, error) from error
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError) as error:
            raise _damaged(source, error) from error
    return Taken(done, left_out)


def _counted(entries: Iterator[_Entry]) -> Iterator[_Entry]:
    """Looked at while an archive is read: to skip a file of a compressed one means to unpack it."""
    held = 0
    for count, entry in enumerate(entries):
        held += entry.size
        if count >= MOST_ENTRIES or held > 2 * MOST_BYTES:
            raise BadFile("This holds far more than a build of llama.cpp.", "Choose another file.", code="too-large")
        yield entry


def _choose(entries: list[_Entry], name: str) -> tuple[list[_Entry], tuple[str, ...]]:
    """The libraries beside llama.cpp's own, and those left out."""
    homes = sorted({entry.path.parent for entry in entries if LLAMA.match(entry.path.name)}, key=lambda p: len(p.parts))
    if not homes:
        raise BadFile(
            f"“{name}” holds no build of llama.cpp.",
            "Choose what “make runtime” made: an archive or a folder with libllama or llama.dll.",
            code="no-llama",
        )
    beside = [entry for entry in entries if entry.path.parent == homes[0] and LIBRARY.match(entry.path.name)]
    left_out = tuple(sorted({entry.path.name for entry in beside if DRIVERS.match(entry.path.name)}))
    chosen = {entry.path.name: entry for entry in beside if entry.path.name not in left_out}
    return _with_targets(chosen), left_out


def _with_targets(chosen: dict[str, _Entry]) -> list[_Entry]:
    """Without links that lead nowhere, or out."""
    kept = []
    for entry in chosen.values():
        target, steps = entry, 0
        while target.link and steps < 8:
            name = PurePosixPath(target.link)
            if len(name.parts) != 1 or name.name not in chosen:
                raise BadFile(f"{entry.path.name} leads out of the archive.", "Get the file again.", target.link)
            target, steps = chosen[name.name], steps + 1
        if target.link:
            raise BadFile(f"{entry.path.name} leads in a circle.", "Get the file again.")
        kept.append(entry)
    return kept


def _check(chosen: list[_Entry], total: int, folder: Path) -> None:
    if total > MOST_BYTES or len(chosen) > MOST_FILES:
        raise BadFile("This is too large for a build of llama.cpp.", "Choose another file.", f"{total} bytes")
    free = shutil.disk_usage(folder).free
    if free < total + SPARE_BYTES:
        raise NoSpace(
            f"The disk has {free / 1e9:.1f} GB free, and this runtime needs {(total + SPARE_BYTES) / 1e9:.1f} GB.",
            "Free some disk space and try again.",
        )


def _link(path: Path, target: str) -> None:
    try:
        path.symlink_to(target)
    except OSError:  # Windows lets not everybody
        shutil.copyfile(path.with_name(target), path)


def _damaged(source: Path, error: Exception) -> BadFile:
    return BadFile(f"“{source.name}” is damaged.", "Get the file again.", repr(error), code="damaged")


# --- what it comes in -------------------------------------------------------------------------------------------------


@contextmanager
def _opened(source: Path) -> Iterator[_Source]:
    """Raises BadFile where it is neither a folder nor an archive that can be read."""
    if source.is_dir():
        yield _Folder(source)
        return
    if not source.is_file():
        raise BadFile(f"“{source.name}” is not there.", "Check the name.", code="missing")
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as zipped:
                yield _Zip(zipped)
        else:
            with tarfile.open(source) as packed:
                yield _Tar(packed)
    except tarfile.ReadError as error:
        raise BadFile(
            f"“{source.name}” is no archive that can be read.",
            "Choose a .zip or .tar.gz file, or a folder.",
            str(error),
        ) from error
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise _damaged(source, error) from error


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self) -> Iterator[_Entry]:
        for path in self._root.rglob("*"):
            if path.is_file():
                link = str(path.readlink()) if path.is_symlink() else ""
                yield _Entry(PurePosixPath(path.relative_to(self._root).as_posix()), 0 if link else _size(path), link)

    def open(self, entry: _Entry) -> IO[bytes]:
        return (self._root / entry.path).open("rb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def entries(self) -> Iterator[_Entry]:
        for info in self._archive.infolist():
            if not info.is_dir():
                yield _Entry(PurePosixPath(info.filename.replace("\\", "/")), info.file_size)

    def open(self, entry: _Entry) -> IO[bytes]:
        return self._archive.open(str(entry.path))


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members: dict[PurePosixPath, tarfile.TarInfo] = {}

    def entries(self) -> Iterator[_Entry]:
        for member in self._archive:
            path = PurePosixPath(member.name)
            if member.isreg():
                self._members[path] = member
                yield _Entry(path, member.size)
            elif member.issym():
                yield _Entry(path, 0, member.linkname)
            elif member.islnk():
                yield _Entry(path, 0, PurePosixPath(member.linkname).name)

    def open(self, entry: _Entry) -> IO[bytes]:
        file = self._archive.extractfile(self._members[entry.path])
        if file is None:
            raise ValueError(f"{entry.path} is no file")
        return file


def _size(path: Path) -> int:
    return path.stat().st_size
