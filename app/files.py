"""Small files that must never be half written, locks that processes share, and a data folder closed to others."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import AppError, Busy, NoSpace
from app.paths import Home

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK_WAIT_S = 5.0
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
OTHERS = 0o077
"""The permissions of everyone but the owner: what a data folder gives nobody."""
BROKEN = ".broken-"
"""In the name of a file that was set aside."""


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the file as a whole, on disk before the name changes: a crash leaves the old file or the new one.

    Raises:
        NoSpace: the disk is full or the folder cannot be written; the old file is intact.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        make_folder(path.parent)
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> NoSpace:
    """The plain sentence for a write that the system refused."""
    return NoSpace(
        f"“{path.name}” could not be saved.",
        "Free some disk space, or check that the folder may be written, and try again.",
        f"{path}: {error}",
    )


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut. Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be read to a dated name beside it, so that nothing of it is lost."""
    target = free_name(path, BROKEN)
    path.rename(target)
    return target


def free_name(path: Path, mark: str) -> Path:
    """A name beside `path` that no file has yet: stem, `mark`, date and time, suffix."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.stem}{mark}{stamp}{path.suffix}")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.stem}{mark}{stamp}-{count}{path.suffix}")
    return target


# --- locks ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(path: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold the lock file `path` against other processes; the system frees it when a process ends, however it ends.

    Raises:
        Busy: another process kept it for longer than `wait_s`.
        NoSpace: the lock file cannot be made.
    """
    lock = hold(path, Busy("Another Inhouse is saving right now.", "Please try again in a moment."), wait_s)
    try:
        yield
    finally:
        lock.release()


def hold(path: Path, busy: Busy, wait_s: float = 0.0) -> BaseFileLock:
    """Take the lock file until `release()` is called or this process ends; `busy` is raised where another has it.

    Raises:
        Busy: it was not free within `wait_s` seconds.
        NoSpace: the lock file cannot be made.
    """
    import filelock  # here: it takes 40 ms to import, and the first paint needs no lock

    lock = filelock.FileLock(path, timeout=wait_s, mode=PRIVATE_FILE, thread_local=False)
    try:
        make_folder(path.parent)
        lock.acquire(poll_interval=0.01)
    except filelock.Timeout as error:
        busy.detail = str(path)
        raise busy from error
    except OSError as error:
        raise cannot_write(path, error) from error
    return lock


# --- who may read -----------------------------------------------------------------------------------------------------


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone; raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)


def secure(home: Home) -> None:
    """What this process and its children write from now on is for its owner alone, and so is what is there already.

    Call it at the start of each process that writes. Folders and files of an older version are looked through once:
    the data folder itself is closed last, and where it is closed only its first level is looked at. What is no work of
    ours is left as it is, and so is a folder that belongs to somebody else.
    """
    os.umask(OTHERS)
    if sys.platform == "win32":
        return  # what lies below a user's profile is closed to others by itself
    with contextlib.suppress(FileNotFoundError):  # there is no data folder yet
        status = home.root.stat()
        ours = [path for path in home.ours() if not path.is_symlink()]
        if not ours or status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX:
            return
        for path in ours:
            if path.is_dir() and (status.st_mode & OTHERS or path.stat().st_mode & OTHERS):
                _close_below(path)
            _close(path)
        _close(home.root)


def _close_below(folder: Path) -> None:
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(at) / name
            if not path.is_symlink():
                _close(path)


def _close(path: Path) -> None:
    with contextlib.suppress(OSError):  # it went meanwhile, or is another owner's
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)


def is_writable(folder: Path) -> bool:
    """Whether something may be written there: the folder, or the one that it would be made in."""
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    except PermissionError:  # one may not even look there
        return False


# --- what was set aside -----------------------------------------------------------------------------------------------


def kept_aside(home: Home) -> list[Path]:
    """Files that were damaged and are kept, oldest first; what belongs to one of them (its log) is not listed."""
    found = [*home.root.glob(f"*{BROKEN}*"), *home.root.glob("*-damaged-*.db"), *home.models.glob(f"*{BROKEN}*")]
    return sorted((path for path in found if path.is_file() and not path.name.endswith(("-wal", "-shm"))), key=_date)


def discard(home: Home, name: str) -> Path:
    """Delete a file that was set aside, with what belongs to it, for good.

    Raises:
        AppError: no file of this name was set aside.
        NoSpace: the system refused.
    """
    known = {path.name: path for path in kept_aside(home)}
    path = known.get(Path(name).name)
    if path is None:
        names = ", ".join(f"“{each}”" for each in known) or "none"
        raise AppError(f"No file “{name}” was set aside.", f"Set aside are: {names}.")
    try:
        for side in ("-wal", "-shm", ""):
            path.with_name(path.name + side).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def _date(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name
