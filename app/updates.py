"""Newer versions of the installed application, in a folder that its user owns: taken from a file, and gone back from.

`FOLDER/Inhouse-1.1.0` is one version; `FOLDER/current` and `FOLDER/previous` are links to the one in use and the one
before. Everything is made beside, under names that begin with a dot, and counts from one rename on: a kill at any line
leaves the version in use. A version that is not the current one hands its start over to that.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from app import frozen
from app.errors import AppError, BadFile, Busy
from app.files import cannot_write, is_writable, sync_folder
from app.frozen import release_of

log = logging.getLogger(__name__)

CURRENT, PREVIOUS, PART = "current", "previous", ".inhouse-new-"
PROGRAM, PREFIX = "Inhouse", "Inhouse-"
HANDED_OVER = "INHOUSE_HANDED_OVER"
FETCHED = ".inhouse-fetched-"
"""How the name of an archive begins that is being fetched beside the versions."""
STEP = 4 << 20
"""Bytes of an archive after which it is told how far it was read."""
TRY_S = 120.0
FOLDER_MODE = 0o755


def installed() -> Path:
    """The folder of this version.

    Raises:
        AppError: nothing can be updated here, and who does it instead.
    """
    bundle = frozen.folder()
    if bundle is None:
        raise AppError("Inhouse runs from its source here.", "Update the source, then start it again.")
    if sys.platform in ("win32", "darwin"):
        raise AppError("Inhouse is updated by its installer on this system.", "Run the installer of the new version.")
    folder = bundle.resolve().parent
    if not is_writable(folder.parent) or not is_writable(folder):
        raise AppError("Inhouse was installed for this computer.", "Your IT, or the package manager, updates it.")
    return folder


def number_of(version: str) -> tuple[int, ...]:
    """ "1.10.0" is newer than "1.9". Raises BadFile: it is no version."""
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError as error:
        raise BadFile(f"“{version}” is no version of Inhouse.", "Ask who gave you the file for another one.") from error


def previous(folder: Path) -> Path | None:
    """The version before, where it lies beside and is whole."""
    other = (folder.parent / PREVIOUS).resolve()
    return other if other != folder and release_of(other) else None


def take(archive: Path, expected: str = "") -> Generator[tuple[int, int], None, tuple[str, bool]]:
    """Take a newer version from `Inhouse-….tar.zst` (or .tar.xz, .tar.gz); it counts from the next start.

    Yields bytes of the archive that were read, and its size. → its version, and whether a sha256 file beside the
    archive agreed; False where there is none. `expected`: the version that it has to be. Hold `alone` meanwhile.

    Raises:
        BadFile: it is damaged, not ours, for another system, does not start here, or is not newer.
        AppError: nothing can be updated here. NoSpace: there is no room beside the program.
    """
    folder = installed()
    archive = archive.expanduser().absolute()
    if not archive.is_file():
        raise BadFile(f"“{archive.name}” is not there.", "Choose the file of the new version.")
    part = folder.parent / f"{PART}{secrets.token_hex(4)}"
    try:
        with contextlib.closing(_Archive(archive)) as opened:
            checked = _check_sum(archive, opened)
            part.mkdir(mode=0o700)
            yield from _unpack(opened, part)
        new, version = _look_at(part, folder, archive.name)
        if expected and version != expected:
            raise BadFile(f"“{archive.name}” is version {version} instead of {expected}.", "Ask who keeps the updates.")
        target = folder.parent / f"{PREFIX}{version}"
        if version == next_version(folder):
            raise BadFile(f"Version {version} is there already.", "It is used from the next start on.")
        if target.exists():
            target.rename(part / ".replaced")  # it is not in use: that one is older
        for made in [new, *(each for each in new.rglob("*") if each.is_dir() and not each.is_symlink())]:
            made.chmod(FOLDER_MODE)  # it may be a program for all users, made by a process that keeps data to itself
        new.rename(target)
        sync_folder(target.parent)
        _point(folder.parent, PREVIOUS, folder)
        _point(folder.parent, CURRENT, target)
    except OSError as error:
        raise cannot_write(part, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return version, checked


def apply(archive: Path) -> tuple[str, bool]:
    """`take` in one go. Raises as it does, and Busy."""
    with alone(installed().parent):
        steps = take(archive)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                taken: tuple[str, bool] = end.value
                return taken


@contextlib.contextmanager
def alone(parent: Path) -> Iterator[None]:
    """Nobody else changes the versions in this folder meanwhile, also not for another data folder.

    Raises:
        Busy: somebody does.
    """
    import fcntl  # here: Windows has none, and is refused before

    at = os.open(parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(at, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy("A newer version is being taken already.", "Wait until that has ended.") from error
        except OSError as error:
            log.info("A drive without locks: %s", error)
        yield
    finally:
        os.close(at)


def next_version(folder: Path) -> str:
    """The version that counts from the next start on, where that is another one than the one in `folder`; else ""."""
    chosen = (folder.parent / CURRENT).resolve()
    return str(release_of(chosen).get("version", "")) if chosen != folder else ""


def sweep(folder: Path) -> None:
    """Delete what a kill left half unpacked beside the version in `folder`."""
    with contextlib.suppress(Busy), alone(folder.parent):
        for part in folder.parent.glob(f"{PART}*"):
            shutil.rmtree(part, ignore_errors=True)


def check_back() -> Path:
    """The version that one can go back to: the one before, or the one that runs where a newer one only waits for the
    next start. Raises AppError: there is none."""
    folder = installed()
    waits = next_version(folder)
    other = folder if waits else previous(folder)
    if other is None or number_of(_number_in(other)) >= number_of(waits or _number_in(folder)):
        raise AppError("There is no version from before beside this one.", "Take its file: inhouse update apply FILE")
    return other


def _number_in(folder: Path) -> str:
    """The version in a folder; "0" where nothing there says it."""
    return str(release_of(folder).get("version", "0"))


def go_back() -> str:
    """Use the version before from the next start on; → which that is. What its data needs is the caller's.

    Raises:
        AppError: there is none. NoSpace: it cannot be written.
    """
    other = check_back()
    try:
        _point(other.parent, CURRENT, other)
    except OSError as error:
        raise cannot_write(other.parent / CURRENT, error) from error
    return str(release_of(other)["version"])


def other_program() -> Path | None:
    """The program of the version in use, where this is another one: who starts this one means that."""
    if not getattr(sys, "frozen", False) or os.environ.get(HANDED_OVER):
        return None
    folder = Path(sys.executable).resolve().parent
    chosen = (folder.parent / CURRENT).resolve()
    program = chosen / PROGRAM
    return program if chosen != folder and release_of(chosen) and os.access(program, os.X_OK) else None


def hand_over(args: list[str]) -> None:
    """Become the version in use, with the same arguments; nothing where this is it."""
    if (program := other_program()) is not None:
        os.execve(program, [str(program), *args], {**os.environ, HANDED_OVER: "1"})


# --- an archive -------------------------------------------------------------------------------------------------------


class _Archive:
    """One open file for all that is read of it, so that a read that fails is told from a write that does."""

    def __init__(self, path: Path) -> None:
        """Raises BadFile."""
        self.name, self.done = path.name, 0
        with self._reading():
            self._file = path.open("rb")
            self._began = os.fstat(self._file.fileno())
        self.size = self._began.st_size

    def read(self, size: int = -1) -> bytes:
        """As a file's. Raises BadFile."""
        with self._reading():
            piece = self._file.read(size)
        self.done += len(piece)
        return piece

    def sha256(self) -> str:
        """Of all of it; the next read begins at its start again. Raises BadFile."""
        with self._reading():
            found = hashlib.file_digest(self._file, "sha256").hexdigest()
            self._file.seek(0)
        return found

    def check_unchanged(self) -> None:
        """Raises BadFile where somebody wrote to it meanwhile."""
        now = os.fstat(self._file.fileno())
        if (self._began.st_size, self._began.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
            raise BadFile(f"“{self.name}” changed while it was read.", "Wait until it is whole, then try again.")

    def close(self) -> None:
        self._file.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "Copy it to this computer, then try again. Nothing was changed."
            raise BadFile(f"“{self.name}” cannot be read.", hint, str(error)) from error


def _check_sum(archive: Path, opened: _Archive) -> bool:
    for beside in (archive.with_name(archive.name + ".sha256"), archive.with_name("SHA256SUMS")):
        with contextlib.suppress(FileNotFoundError):
            lines = [line.split() for line in beside.read_text(encoding="utf-8").splitlines()]
            said = [line[0] for line in lines if line and (len(line) == 1 or line[-1].lstrip("*") == archive.name)]
            if not said:
                continue
            if opened.sha256() != said[0].lower():
                raise BadFile(
                    f"“{archive.name}” is not the file that its checksum is of.", "Download or copy it again."
                )
            return True
    return False


def _unpack(opened: _Archive, part: Path) -> Generator[tuple[int, int], None, None]:
    told = 0
    try:
        with contextlib.ExitStack() as held:
            source: Any = opened
            stream: Any = opened
            if opened.name.endswith(".zst"):
                import zstandard  # here: nobody else needs it

                stream = held.enter_context(zstandard.ZstdDecompressor().stream_reader(source, closefd=False))
            tar = held.enter_context(tarfile.open(fileobj=stream, mode="r|" if stream is not opened else "r|*"))
            for member in tar:
                tar.extract(member, part, filter="data")
                if opened.done - told >= STEP:
                    told = opened.done
                    yield told, opened.size
    except (OSError, AppError):
        raise
    except Exception as error:
        raise BadFile(f"“{opened.name}” is damaged or no archive.", "Download or copy it again.", str(error)) from error
    opened.check_unchanged()
    yield opened.size, opened.size


def _look_at(part: Path, folder: Path, name: str) -> tuple[Path, str]:
    """The one folder in what was unpacked, and its version. Raises BadFile."""
    inside = list(part.iterdir())
    said = release_of(inside[0]) if len(inside) == 1 else {}
    if not said or not (inside[0] / "_internal").is_dir() or not (inside[0] / PROGRAM).is_file():
        raise BadFile(f"“{name}” is not Inhouse for this system.", "Choose the file for Linux: Inhouse-….tar.zst")
    version, here = said["version"], _number_in(folder)
    if number_of(version) <= number_of(here):
        raise BadFile(f"“{name}” is version {version}; {here} is in use.", "Choose a newer one: nothing was changed.")
    _try(inside[0], version)
    return inside[0], version


def _try(new: Path, version: str) -> None:
    """Let it say its version: one for another processor, or with libraries that are too new for this system, cannot."""
    environment = {**os.environ, HANDED_OVER: "1"}
    environment.pop("INHOUSE_BUNDLE", None)
    try:
        ran = subprocess.run(
            [str(new / PROGRAM), "--version"],
            capture_output=True, text=True, timeout=TRY_S, check=False, env=environment,
        )  # fmt: skip
        said, detail = ran.stdout.split(), ran.stderr
    except (OSError, subprocess.TimeoutExpired) as error:
        said, detail = [], str(error)
    if version not in said:
        raise BadFile(f"Version {version} does not start on this computer.", "The one in use stays.", detail)


def _point(parent: Path, name: str, target: Path) -> None:
    """Make the link lead there, in one step."""
    made = parent / f".{name}-{secrets.token_hex(4)}"
    made.symlink_to(target.name)
    made.replace(parent / name)
    sync_folder(parent)
