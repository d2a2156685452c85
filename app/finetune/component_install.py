"""Installs, repairs and tries the training component with the uv that comes along. Slow: it belongs into a thread."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from app import frozen
from app.errors import AppError, Busy
from app.files import hold, write_atomic
from app.finetune import component_words as words
from app.finetune.component import PYTHON, SCRIPTS, Component, Source, Unfinished
from app.finetune.component_lock import Lock
from app.finetune.trainer_command import NEEDED, plain_environment
from app.spawn import NO_CONSOLE

SPARE = 300_000_000
"""Bytes that stay free on the disk."""
FOR_UV = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_FIND_LINKS",
    "UV_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
)
"""What IT may set for uv in the environment; the rest of its own would change what is installed."""
ALSO = ("UV_HTTP_", "UV_INDEX_")


class _Running(Struct, frozen=True, kw_only=True):
    """A process of uv; `started` tells it from a later one of the same number."""

    pid: int
    started: float


class Cancelled(AppError):
    """A person has stopped it; what was fetched stays."""


class Installer:
    """One piece of work on the component of a data folder; `cancel` may be called from another thread."""

    def __init__(self, component: Component, lock: Lock, source: Source, environment: Mapping[str, str]) -> None:
        """`environment`: that of the application's children."""
        self._component, self._lock, self._source = component, lock, source
        self._environment = uv_environment(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = threading.Event()
        self._known: dict[Path, int] = {}
        self.placing = False
        """Whether all has come, and is laid into its place and tried."""

    def cancel(self) -> None:
        """End it soon. What was fetched stays."""
        self._cancelled.set()
        if self._process is not None:
            self._process.kill()

    def fetched(self) -> int:
        """Bytes that have come, of `lock.bytes`: what is unpacked so far, as a share of all."""
        share = self._component.fetched(self._known) / max(1, self._lock.unpacked)
        return min(self._lock.bytes, round(share * self._lock.bytes))

    def install(self) -> None:
        """Make it anew beside the one that there may be, and let it take that one's place when it is whole.

        Raises:
            AppError: why not, and what to do; what was fetched stays. Cancelled, Busy, NoSpace are of them.
        """
        component = self._component
        with self._held():
            self._check()
            component.begin(Unfinished(source=self._source, backend=self._lock.backend))
            self._uv("venv", "--python", str(_bundled(frozen.python())), "--relocatable", str(component.part))
            self._sync(component.part)
            self.placing = True
            self._prove(component.part)
            component.settle(self._lock)

    def repair(self) -> int:
        """Compare each file with its hash, and fetch the packages again that are not whole; → how many those were.

        Raises:
            AppError: as `install`. Until it has ended well nothing trains.
        """
        component = self._component
        with self._held():
            damaged = component.damaged(component.folder, self._lock, thorough=True)
            if not damaged and self._tries(component.python()):
                component.end_repair(self._lock)
                return 0
            self._check(damaged)
            component.begin_repair(Unfinished(source=self._source, backend=self._lock.backend))
            self._uv(
                "venv", "--python", str(_bundled(frozen.python())), "--relocatable", "--allow-existing",
                str(component.folder),
            )  # fmt: skip
            self._sync(component.folder, *(f"--reinstall-package={name}" for name in damaged))
            self.placing = True
            self._prove(component.folder)
            component.end_repair(self._lock)
            return len(damaged)

    def remove(self) -> None:
        """All of it. Raises AppError: another one is at work on it, or the system refuses."""
        with self._held():
            self._component.remove()

    # --- steps --------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Alone, and without the uv of a core that was killed."""
        lock = hold(
            self._component.lock_file, Busy("Training is being installed already.", "Wait until that has ended.")
        )
        try:
            self._end_orphan()
            self._component.sweep()
            yield
        except OSError as error:
            raise words.cannot_work(error) from error
        finally:
            lock.release()

    def _end_orphan(self) -> None:
        try:
            noted = msgspec.json.decode(self._component.installer_file.read_bytes(), type=_Running)
            process = psutil.Process(noted.pid)
            if abs(process.create_time() - noted.started) < 1:
                process.kill()
                process.wait(10)
        except (OSError, msgspec.MsgspecError, psutil.Error):
            return

    def _check(self, names: list[str] | None = None) -> None:
        """Before anything is touched: the room on the disk, and the wheels in a folder (those called `names`, or all).

        Raises:
            AppError: something is missing; NoSpace where it is room.
        """
        wheels = [each for each in self._lock.wheels if names is None or each.name in names]
        cache, home = self._component.cache, self._component.folder.parent
        for left in cache.glob(".tmp*"):  # of wheels that had not come whole
            shutil.rmtree(left, ignore_errors=True)
        needed = sum(each.unpacked for each in wheels) - self._component.fetched({}) + SPARE
        free = shutil.disk_usage(home).free
        if free < needed:
            raise words.no_room(needed, free, home)
        if self._source.kind == "folder":
            folder = Path(self._source.place)
            missing = [each for each in wheels if not _has_size(folder / each.file, each.bytes)]
            if missing:
                raise words.missing_wheels(folder, [each.file for each in missing], len(self._lock.wheels))

    def _sync(self, folder: Path, *more: str) -> None:
        command = ["pip", "sync", "--require-hashes", "--only-binary", ":all:", "--link-mode", "hardlink", "--strict"]
        if self._source.kind == "folder":
            command += ["--no-index", "--offline", "--find-links", self._source.place]
        else:
            command += ["--index-strategy", "unsafe-best-match"]  # the hashes say which file is meant
            if self._source.kind == "mirror":
                command += ["--default-index", self._source.place]
            elif self._lock.torch_backend and not any(name in self._environment for name in FOR_UV):
                command += ["--torch-backend", self._lock.torch_backend]
        self._uv(*command, *more, "--python", str(folder / SCRIPTS / PYTHON), str(self._lock.path))

    def _prove(self, folder: Path) -> None:
        """
        Raises:
            AppError: packages are not whole, or do not load.
        """
        if damaged := self._component.damaged(folder, self._lock, thorough=False):
            raise words.not_whole(damaged)
        if not self._tries(folder / SCRIPTS / PYTHON):
            raise words.does_not_load(self._said)

    def _tries(self, python: Path) -> bool:
        """Whether its libraries load."""
        return python.exists() and self._run(self._trial(python)) == 0

    def _trial(self, python: Path) -> list[str]:
        bytecode = f"pycache_prefix={self._component.bytecode}"
        return [str(python), "-I", "-X", bytecode, "-c", f"import {', '.join(NEEDED)}"]

    def _uv(self, *command: str) -> None:
        """
        Raises:
            AppError: what it says went wrong, in a person's words.
        """
        uv = str(_bundled(frozen.uv()))
        common = ["--no-config", "--no-progress", "--color", "never", "--no-python-downloads"]
        if self._source.kind != "folder":  # a folder is read without anybody's certificate, also where there is none
            common.append("--system-certs")
        if self._run([uv, *command, *common, "--cache-dir", str(self._component.cache)]):
            raise words.uv_failed(self._said, self._source)

    def _run(self, command: list[str]) -> int:
        if self._cancelled.is_set():
            raise Cancelled("It was cancelled.")
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self._environment,
            start_new_session=True, creationflags=NO_CONSOLE,
        ) as process:  # fmt: skip
            self._process = process
            with contextlib.suppress(psutil.Error):
                noted = _Running(pid=process.pid, started=psutil.Process(process.pid).create_time())
                write_atomic(self._component.installer_file, msgspec.json.encode(noted))
            if self._cancelled.is_set():
                process.kill()
            self._said = process.communicate()[0].decode(errors="replace")
        self._process = None
        self._component.installer_file.unlink(missing_ok=True)
        if self._cancelled.is_set():
            raise Cancelled("It was cancelled.")
        return process.returncode


def uv_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """That of a child without what would turn uv away from the list. Proxy and certificates are in it, and what IT has
    set for its indexes."""
    kept = plain_environment(environment)
    return {
        name: value
        for name, value in kept.items()
        if name in FOR_UV or name.startswith(ALSO) or not name.startswith(("UV_", "PYTHON", "VIRTUAL_ENV", "CONDA"))
    }


def _bundled(path: Path | None) -> Path:
    if path is None or not path.exists():
        raise AppError(
            "This installation cannot fetch training.", "Install Inhouse again.", f"{path or 'no bundle'} is not there"
        )
    return path.absolute()


def _has_size(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False
