"""The training component for every door: what it costs, and one piece of work on it at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from app import frozen
from app.core.calls import component as c
from app.core.clock import Timer
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError, Busy
from app.finetune.component import Component, Source
from app.finetune.component_install import Cancelled, Installer
from app.finetune.component_lock import BACKENDS, Backend, Lock, find_lock
from app.finetune.component_words import place_text
from app.finetune.trainer_command import missing_libraries
from app.models.cards import installed_cards
from app.models.hub_access import blocked
from app.spawn import child_environment
from app.workers.message import Call

log = logging.getLogger(__name__)

LOOK_S = 1.0


class ComponentDesk:
    """Works in a thread; a door that leaves stops nothing."""

    def __init__(self, house: House, trains: Callable[[], bool]) -> None:
        """`trains`: whether the trainer is at work, which the component must not change under."""
        self._house, self._trains = house, trains
        self._component = Component(house.home)
        self._work: Installer | None = None
        self._doing: c.Doing = ""
        self._source = Source()
        self._total = 0
        self._done = self._first = 0
        self._began = 0.0
        self._failed: AppError | None = None
        self._said = ""
        self._timer: Timer | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is fetched, repaired or removed."""
        return self._work is not None

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowComponent: lambda _, reply: reply.done(self.shown()),
            c.InstallComponent: self._install,
            c.RepairComponent: self._repair,
            c.CancelComponent: self._cancel,
            c.RemoveComponent: self._remove,
        }

    def stop(self) -> None:
        """The core ends: what was fetched stays."""
        if self._timer is not None:
            self._timer.cancel()
        if self._work is not None:
            self._work.cancel()

    # --- what there is ------------------------------------------------------------------------------------------------

    def shown(self) -> c.ComponentShown:
        """As it stands. Raises AppError where the list of what it is made of cannot be read."""
        if frozen.folder() is None:
            missing = missing_libraries(self._house.home)
            return c.ComponentShown(state="absent" if missing else "built-in", missing=missing)
        locks = [lock for backend in _suited() if (lock := find_lock(backend)) is not None]
        marker, unfinished = self._component.marker(), self._component.unfinished()
        source = self._source if self._work else unfinished.source if unfinished else None
        failed = self._failed
        return c.ComponentShown(
            state=self._state(locks),
            offered=tuple(
                c.ComponentSize(
                    backend=lock.backend, fetched=lock.bytes, on_disk=lock.unpacked, packages=len(lock.wheels)
                )
                for lock in locks
            ),
            backend=marker.backend if marker else unfinished.backend if unfinished else None,
            source=place_text(source) if source else "",
            doing="placing" if self._work is not None and self._work.placing else self._doing,
            done=self._done,
            total=self._total,
            seconds_left=self._seconds_left(),
            blocked=blocked(self._house.settings),
            problem=failed.message if failed else "",
            advice=failed.hint if failed else "",
            details=failed.detail if failed else "",
            said=self._said,
        )

    def _state(self, locks: Sequence[Lock]) -> c.ComponentState:
        marker = self._component.marker()
        if marker is not None:
            return "installed" if marker.lock in {lock.id for lock in locks} else "outdated"
        if self._component.unfinished() is not None:
            return "unfinished"
        return "none" if locks else "absent"

    def _seconds_left(self) -> float | None:
        """None until enough has come to tell."""
        came, took = self._done - self._first, self._house.clock.now() - self._began
        return (self._total - self._done) * took / came if self._doing == "fetching" and came > 0 and took > 3 else None

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _install(self, call: c.InstallComponent, reply: Reply) -> None:
        """
        Raises:
            AppError: this installation cannot fetch it, nothing may be fetched, or something is being done already.
        """
        self._require_free(changes=self._component.marker() is not None)
        unfinished = self._component.unfinished()
        source = self._checked(call.source or (unfinished.source if unfinished else Source()))
        backend = call.backend or (unfinished.backend if unfinished and call.source is None else None)
        lock = self._lock(backend)
        self._begin("fetching", lock, source, reply, _installed)

    def _repair(self, call: c.RepairComponent, reply: Reply) -> None:
        """
        Raises:
            AppError: as `_install`; or there is nothing to repair.
        """
        self._require_free(changes=True)
        marker, unfinished = self._component.marker(), self._component.unfinished()
        lock = self._lock(marker.backend if marker else unfinished.backend if unfinished else None)
        if not self._component.folder.exists() or (marker is not None and marker.lock != lock.id):
            raise AppError("There is nothing to repair.", "Install training first.")
        source = self._checked(call.source or (unfinished.source if unfinished else Source()), network=False)
        self._begin("repairing", lock, source, reply, _repaired)

    def _remove(self, _: c.RemoveComponent, reply: Reply) -> None:
        self._require_free(changes=True)
        self._begin("removing", self._lock(None), Source(), reply, _removed)

    def _cancel(self, _: c.CancelComponent, reply: Reply) -> None:
        if self._work is not None and self._doing != "removing":
            self._work.cancel()
            self._doing = "stopping"
            self._tell()
        reply.done(self.shown())

    def _require_free(self, *, changes: bool) -> None:
        if frozen.folder() is None:
            raise AppError(
                "Training is part of this installation.", "There is nothing to fetch or to remove: it runs from source."
            )
        if self._work is not None:
            raise Busy("Something is being done with the training component already.", "Wait until that has ended.")
        if changes and self._trains():
            raise Busy("A training is at work.", "Stop it, or wait until it has ended.")

    def _lock(self, backend: Backend | None) -> Lock:
        for each in (backend,) if backend else _suited():
            if (lock := find_lock(each)) is not None:
                return lock
        which = f" on {backend}" if backend else ""
        raise AppError(f"This version of Inhouse has no training{which} for this computer.", "Train on another one.")

    def _checked(self, source: Source, *, network: bool = True) -> Source:
        """
        Raises:
            AppError: there is no such folder, it is no address, or nothing may be fetched.
        """
        if source.kind == "folder":
            folder = Path(source.place).expanduser().absolute()
            if not folder.is_dir():
                raise AppError(f"There is no folder “{folder}”.", "Choose the folder that holds the wheels.")
            return msgspec.structs.replace(source, place=str(folder))
        if source.kind == "mirror" and urlsplit(source.place).scheme not in ("http", "https", "file"):
            raise AppError(f"“{source.place}” is no address of a package index.", "It begins with https://.")
        if network and (why := blocked(self._house.settings)):
            raise AppError(why, "Install from a folder of wheels instead.")
        return source

    # --- the work -----------------------------------------------------------------------------------------------------

    def _begin(self, doing: c.Doing, lock: Lock, source: Source, reply: Reply, do: Callable[[Installer], str]) -> None:
        """`do` works in a thread and returns what to say at the end."""
        work = self._work = Installer(self._component, lock, source, child_environment(self._house.home))
        self._doing, self._source, self._total = doing, source, lock.bytes if doing == "fetching" else 0
        self._failed, self._said, self._done, self._began = None, "", 0, 0.0

        def end(failed: AppError | None, text: str = "") -> None:
            self._work, self._doing, self._total, self._done = None, "", 0, 0
            stopped = isinstance(failed, Cancelled)
            self._failed, self._said = None if stopped else failed, text
            if self._timer is not None:
                self._timer.cancel()
            if failed is not None and not stopped:
                log.warning("Training component: %s %s", failed, failed.detail)
            self._tell()
            if failed is None:
                reply.done(self.shown())
            else:
                reply.cancelled() if stopped else reply.failed(failed)

        self._house.clock.thread(lambda: do(work), lambda text: end(None, text), end)
        self._look(work, reply)

    def _look(self, work: Installer, reply: Reply) -> None:
        """Tell now and then how much has come; counted in a thread, since it is thousands of files."""

        def tell(done: int) -> None:
            if self._work is not work:
                return
            if not self._began:
                self._began, self._first = self._house.clock.now(), done
            self._done = done if self._doing == "fetching" else 0
            reply.event(self._tell())
            self._timer = self._house.clock.after(LOOK_S, lambda: self._look(work, reply))

        self._house.clock.thread(work.fetched, tell, lambda error: log.info("Training component: %s", error))

    def _tell(self) -> c.ComponentMoved:
        moved = c.ComponentMoved(shown=self.shown())
        self._house.tell(moved)
        return moved


def _suited() -> tuple[Backend, ...]:
    """The backends, what suits this computer first; CUDA only where NVIDIA's own driver runs a card."""
    if any(card.vendor == "NVIDIA" and card.driver == "nvidia" for card in installed_cards()):
        return ("cuda", "cpu")
    return BACKENDS


def _installed(work: Installer) -> str:
    work.install()
    return "Training is installed."


def _repaired(work: Installer) -> str:
    count = work.repair()
    packages = "1 package was" if count == 1 else f"{count} packages were"
    return f"{packages} damaged; everything is whole now." if count else "Everything is whole."


def _removed(work: Installer) -> str:
    work.remove()
    return "Training was removed."
