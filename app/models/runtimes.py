"""The builds of llama.cpp on this computer: brought in whole or not at all, listed, removed, and chosen for a role."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path

import msgspec
import psutil

from app.errors import AppError
from app.files import make_folder, sync_folder, write_atomic
from app.models.runtime_archive import Taken, take
from app.models.runtime_trial import try_runtime
from app.paths import Home
from app.runtimes import (
    BUILT_IN,
    LIBRARIES,
    MANIFEST,
    ROLES,
    Chosen,
    Device,
    Runtime,
    RuntimeRole,
    failure_text,
    read_chosen,
    write_chosen,
)
from app.workers.calls.models import CopyProgress
from app.workers.calls.runtimes import RuntimeTried

PART = ".new-"
"""How the folder of one that is being brought in begins."""


class Runtimes:
    """Reads the folders at each question; only the core chooses and removes."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> list[Runtime]:
        """Those that were added, by name; one whose manifest cannot be read is no runtime."""
        found = []
        for manifest in self._home.runtimes.glob(f"[!.]*/{MANIFEST}"):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                runtime = msgspec.json.decode(manifest.read_bytes(), type=Runtime)
                if runtime.id == manifest.parent.name:
                    found.append(runtime)
        return sorted(found, key=lambda runtime: runtime.name.casefold())

    def find(self, name: str) -> str:
        """The id of the runtime of this id or name.

        Raises:
            AppError: there is none.
        """
        wanted = name.strip().casefold()
        if wanted == BUILT_IN:
            return BUILT_IN
        known = self.all()
        for runtime in known:
            if wanted in (runtime.id.casefold(), runtime.name.casefold()):
                return runtime.id
        names = ", ".join(f"“{each}”" for each in (BUILT_IN, *(runtime.name for runtime in known)))
        raise AppError(f"No runtime is called “{name}”.", f"There are: {names}.")

    def chosen(self) -> dict[RuntimeRole, Chosen]:
        """What each role runs on. One that was removed by hand counts as failed."""
        ids = {BUILT_IN, *(runtime.id for runtime in self.all())}
        return {
            role: each if each.id in ids else Chosen(id=each.id, failed=each.failed or "Its files are gone.")
            for role, each in read_chosen(self._home).items()
        }

    def choose(self, role: RuntimeRole, runtime_id: str) -> None:
        """Run on it from the next start of that role's process. Raises AppError."""
        found = self.find(runtime_id)
        write_chosen(self._home, {**read_chosen(self._home), role: Chosen(id=found)})

    def forget_failures(self) -> None:
        """What failed before this computer was started is tried again: a driver may be there now. Raises NoSpace."""
        chosen, since = read_chosen(self._home), psutil.boot_time()
        if any(each.failed and each.failed_at < since for each in chosen.values()):
            kept = {role: Chosen(id=each.id) if each.failed_at < since else each for role, each in chosen.items()}
            write_chosen(self._home, kept)

    def problems(self) -> tuple[str, ...]:
        """A sentence for each role that does not run on what was chosen for it."""
        names = {runtime.id: runtime.name for runtime in self.all()}
        return tuple(
            failure_text(role, names.get(each.id, each.id), each.failed)
            for role, each in self.chosen().items()
            if each.failed
        )

    def remove(self, runtime_id: str) -> None:
        """Delete its folder. Its manifest goes first, so that half a runtime is none.

        Raises:
            AppError: a role runs on it, or the system refused.
        """
        if runtime_id == BUILT_IN:
            raise AppError("The built-in runtime came with Inhouse and stays.", "It takes little room.")
        found = self.find(runtime_id)
        if any(each.id == found and not each.failed for each in read_chosen(self._home).values()):
            raise AppError("This runtime is in use.", "Use another one first, then remove this one.")
        folder = self._home.runtimes / found
        try:
            (folder / MANIFEST).unlink()
            shutil.rmtree(folder)
        except OSError as error:
            raise AppError("The runtime could not be deleted.", "Close Inhouse and try again.", str(error)) from error
        self._leave(found)

    def note_devices(self, runtime_id: str, tried: RuntimeTried) -> None:
        """Remember what a trial saw. Raises NoSpace."""
        for runtime in self.all():
            if runtime.id == runtime_id:
                self._write(self._home.runtimes / runtime_id, msgspec.structs.replace(runtime, devices=tried.devices))

    def built_for(self, runtime_id: str) -> tuple[str, ...]:
        """The kinds of cards, as it said when it was brought in: without a driver it does not tell of them any more."""
        found = next((each.backends for each in self.all() if each.id == runtime_id), ())
        return tuple(name for name in found if name not in ("CPU", "BLAS"))

    def devices(self) -> tuple[Device, ...]:
        """What chats run on, as it was last seen."""
        chosen = self.chosen()["engine"]
        return next((each.devices for each in self.all() if each.id == chosen.id and not chosen.failed), ())

    def sweep(self) -> None:
        """Remove what an addition that was killed left behind."""
        for folder in [*self._home.runtimes.glob(f"{PART}*"), *self._without_manifest()]:
            shutil.rmtree(folder, ignore_errors=True)

    def bring_in(self, source: Path, name: str) -> Generator[CopyProgress, None, Runtime]:
        """Copy the libraries, try them, and only then give them a place.

        Raises:
            AppError: it is no runtime, does not load here, or does not fit; nothing of it is kept.
        """
        make_folder(self._home.runtimes)
        part = self._home.runtimes / f"{PART}{secrets.token_hex(6)}"
        try:
            make_folder(part / LIBRARIES)
            taken = yield from _copied(source, part / LIBRARIES)
            own = try_runtime(self._home, BUILT_IN)
            tried = try_runtime(self._home, part.name, folder=part / LIBRARIES)
            runtime = self._described(tried, taken, own.version, name)
            self._write(part, runtime)
            part.replace(self._home.runtimes / runtime.id)
            sync_folder(self._home.runtimes)
            return runtime
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _described(self, tried: RuntimeTried, taken: Taken, own: str, name: str) -> Runtime:
        kind = next((backend for backend in tried.backends if backend not in ("CPU", "BLAS")), "CPU")
        label = " ".join(name.split())[:60] or f"{kind} {tried.version.split(' ')[0]}"
        taken_names = {BUILT_IN, *(each.name.casefold() for each in self.all())}
        stem, count = label, 1
        while label.casefold() in taken_names:
            count += 1
            label = f"{stem} {count}"
        slug = re.sub(r"[^a-z0-9.]+", "-", label.casefold()).strip("-.") or "runtime"
        warning = ""
        if tried.version != own:
            warning = f"Made of llama.cpp {tried.version or 'unknown'}; Inhouse is made for {own}. It loads and fits."
        return Runtime(
            id=f"{slug}-{secrets.token_hex(2)}",
            name=label,
            backends=tried.backends,
            version=tried.version,
            bytes=taken.bytes,
            devices=tried.devices,
            left_out=taken.left_out,
            warning=warning,
        )

    def _leave(self, runtime_id: str) -> None:
        chosen = read_chosen(self._home)
        if any(each.id == runtime_id for each in chosen.values()):
            write_chosen(
                self._home, {role: chosen[role] if chosen[role].id != runtime_id else Chosen() for role in ROLES}
            )

    def _without_manifest(self) -> list[Path]:
        folders = [path for path in self._home.runtimes.glob("[!.]*") if path.is_dir()]
        return [path for path in folders if (path / LIBRARIES).is_dir() and not (path / MANIFEST).exists()]

    def _write(self, folder: Path, runtime: Runtime) -> None:
        write_atomic(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(runtime), indent=2) + b"\n")


def _copied(source: Path, folder: Path) -> Generator[CopyProgress, None, Taken]:
    steps = take(source, folder)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            taken: Taken = end.value
            return taken
        yield CopyProgress(done=done, total=total)
