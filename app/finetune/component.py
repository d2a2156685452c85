"""The training component on the disk: PyTorch and what the trainer needs beside it, in an environment of its own.

The installed application comes without them. `components/training` in the data folder is an environment of the plain
interpreter that comes along; `component.json` in it is written last. A folder beside it (`.part`) is one that is being
made; `unfinished.json` says so, and from where, until the new one stands. So a kill at any line leaves none, a
whole one, or one that says that it is unfinished.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from app import frozen
from app.errors import AppError
from app.files import cannot_write, write_atomic
from app.finetune.component_lock import Backend, Lock
from app.paths import Home

MARKER = "component.json"
CONFIG = "pyvenv.cfg"
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
PYTHON = "python.exe" if sys.platform == "win32" else "python"
T = TypeVar("T", bound=Struct)
Kind = Literal["index", "mirror", "folder"]


class Source(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where wheels come from: the package index, another index at `place`, or the folder `place`."""

    kind: Kind = "index"
    place: str = ""


class Marker(Struct, frozen=True, kw_only=True):
    """What an environment holds."""

    lock: str  # id of the list that it was made from
    backend: Backend
    python: str
    bytes: int


class Unfinished(Struct, frozen=True, kw_only=True):
    """What was begun."""

    source: Source
    backend: Backend


class Component:
    """The one of a data folder. Whoever changes it holds `lock_file`."""

    def __init__(self, home: Home) -> None:
        self._root = home.components
        self.folder = self._root / "training"
        self.part = self._root / "training.part"
        self._old = self._root / "training.old"
        self._unfinished = self._root / "unfinished.json"
        self.lock_file = self._root / "lock"
        self.installer_file = self._root / "installer.json"
        """The uv that is at work: a process that outlives a killed core is ended by the next one."""
        self.cache = home.cache / "training-wheels"
        """What uv has fetched, until the component stands."""
        self.bytecode = home.cache / "training-bytecode"
        """What Python compiles of it and of the trainer."""

    # --- what there is ------------------------------------------------------------------------------------------------

    def marker(self) -> Marker | None:
        """What is installed; None where nothing whole is."""
        return _read(self.folder / MARKER, Marker)

    def unfinished(self) -> Unfinished | None:
        """What was begun and has not ended."""
        return _read(self._unfinished, Unfinished)

    def python(self) -> Path:
        """Its interpreter. Where the application lies elsewhere now than when this was made, it is led there.

        Raises:
            NoSpace: that could not be written.
        """
        base, link = frozen.python(), self.folder / SCRIPTS / PYTHON
        if base is not None and base.exists():
            with _written(self.folder):
                _lead(self.folder, link, base.absolute())
        return link

    # --- one that is made ---------------------------------------------------------------------------------------------

    def begin(self, unfinished: Unfinished) -> None:
        """From now on it is unfinished. Raises NoSpace."""
        write_atomic(self._unfinished, msgspec.json.encode(unfinished) + b"\n")
        _delete(self.part)

    def settle(self, lock: Lock) -> None:
        """The part is whole: it takes its place. Raises NoSpace."""
        self._mark(self.part, lock)

    def begin_repair(self, unfinished: Unfinished) -> Marker | None:
        """From now on what is installed counts as unfinished; → what it was. Raises NoSpace."""
        was = self.marker()
        write_atomic(self._unfinished, msgspec.json.encode(unfinished) + b"\n")
        with _written(self.folder):
            (self.folder / MARKER).unlink(missing_ok=True)
        return was

    def end_repair(self, lock: Lock) -> None:
        """It is whole again. Raises NoSpace."""
        self._mark(self.folder, lock)

    def _mark(self, folder: Path, lock: Lock) -> None:
        marker = Marker(lock=lock.id, backend=lock.backend, python=lock.python, bytes=lock.unpacked)
        write_atomic(folder / MARKER, msgspec.json.encode(marker) + b"\n")
        self.sweep()

    def sweep(self) -> None:
        """Finish what a kill has left: a whole part takes its place, what nobody needs goes. Raises NoSpace."""
        if (self.part / MARKER).is_file():
            with _written(self._root):
                if self.folder.exists():
                    _delete(self._old)
                    self.folder.rename(self._old)
                self.part.rename(self.folder)
        _delete(self._old)
        if self.marker() is not None:
            _delete(self.part)
            _delete(self.cache)
            with _written(self._unfinished):
                self._unfinished.unlink(missing_ok=True)

    def remove(self) -> None:
        """All of it, and what was fetched for it; a kill in between leaves an unfinished one. Raises NoSpace."""
        with _written(self.folder):
            (self.folder / MARKER).unlink(missing_ok=True)
            (self.part / MARKER).unlink(missing_ok=True)
        for folder in (self.folder, self.part, self._old, self.cache, self.bytecode):
            _delete(folder)
        with _written(self._root):
            for file in (self._unfinished, self.installer_file):
                file.unlink(missing_ok=True)

    # --- whether it is whole ------------------------------------------------------------------------------------------

    def damaged(self, folder: Path, lock: Lock, *, thorough: bool) -> list[str]:
        """Packages of the list that are missing, or not as their own list of files (RECORD) says: their sizes, and
        with `thorough` their SHA-256."""
        records = {_name(path.parent.name): path for path in folder.glob(f"{_site(lock.python)}/*.dist-info/RECORD")}
        return [
            wheel.name
            for wheel in lock.wheels
            if (record := records.get((_plain(wheel.name), wheel.version))) is None
            or not _as_recorded(record, thorough=thorough)
        ]

    def fetched(self, known: dict[Path, int]) -> int:
        """Bytes that uv has unpacked so far. `known` remembers what cannot grow any more from call to call."""
        total = 0
        for archive in _entries(self.cache):
            if archive not in known:
                size = sum(_size(each) for each in _files(archive))
                if not archive.name.startswith(".tmp"):
                    known[archive] = size
                total += size
            else:
                total += known[archive]
        return total


def _lead(folder: Path, link: Path, base: Path) -> None:
    """Let an environment run on the interpreter at `base`."""
    config = folder / CONFIG
    lines = config.read_text(encoding="utf-8").splitlines() if config.is_file() else []
    home = f"home = {base.resolve().parent}"
    if lines and home not in lines:
        kept = [home if line.partition("=")[0].strip() == "home" else line for line in lines]
        write_atomic(config, "\n".join([*kept, ""]).encode())
    if sys.platform != "win32" and link.is_symlink() and link.resolve() != base.resolve():
        temporary = link.with_name(f".{link.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(base)
        temporary.replace(link)


def _site(python: str) -> str:
    return "Lib/site-packages" if sys.platform == "win32" else f"lib/python{python}/site-packages"


def _as_recorded(record: Path, *, thorough: bool) -> bool:
    """Whether the files of a package are those that its wheel had."""
    try:
        rows = list(csv.reader(record.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError):
        return False
    return all(_is_same(record.parent.parent / row[0], row, thorough=thorough) for row in rows if len(row) == 3)


def _is_same(file: Path, row: list[str], *, thorough: bool) -> bool:
    algorithm, _, expected = row[1].partition("=")
    try:
        if row[2] and file.stat().st_size != int(row[2]):
            return False
        if thorough and algorithm == "sha256":
            with file.open("rb") as data:
                digest = hashlib.file_digest(data, "sha256")
            return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() == expected
        return file.is_file()
    except (OSError, ValueError):
        return False


def _name(folder: str) -> tuple[str, str]:
    """Package and version of "scikit_learn-1.9.1.dist-info"."""
    name, _, version = folder.removesuffix(".dist-info").partition("-")
    return _plain(name), version


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(".", "-")


def _entries(cache: Path) -> Iterator[Path]:
    for folder in (cache, *cache.glob("archive-v*")):
        with contextlib.suppress(OSError):
            yield from (each for each in folder.iterdir() if folder != cache or each.name.startswith(".tmp"))


def _files(folder: Path) -> Iterable[Path]:
    for at, _, names in os.walk(folder):
        yield from (Path(at) / name for name in names)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:  # it was moved meanwhile
        return 0


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def _delete(folder: Path) -> None:
    """Raises NoSpace where the system refuses, as Windows does for a program that runs."""
    if folder.exists():
        with _written(folder):
            shutil.rmtree(folder)


@contextlib.contextmanager
def _written(place: Path) -> Iterator[None]:
    try:
        yield
    except AppError:
        raise
    except OSError as error:
        raise cannot_write(place, error) from error
