"""Newer versions for every door: looked for once a day where a place is named, taken only where somebody asks for it.

The list is read, and a version fetched and unpacked, by a models process; what was found is kept in the cache folder.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from app import frozen
from app.core.calls import updates as c
from app.core.children import Child
from app.core.clock import Timer
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.requests import Job
from app.core.retired import Retired
from app.errors import AppError, Busy
from app.frozen import release_of
from app.models.hub_access import blocked
from app.release_feed import (
    NUMBER,
    Feed,
    Looked,
    Release,
    RuntimeBuild,
    check_source,
    is_address,
    keep_looked,
    newest,
    own_number,
    place_of,
    read_looked,
    runtimes_for,
)
from app.settings import OFFLINE, UPDATE_SOURCE
from app.updates import check_back, installed, next_version, number_of
from app.workers.calls.models import FetchProgress
from app.workers.calls.updates import FeedRead, ReadFeed, ReleaseTaken, TakeRelease, Unpacked
from app.workers.message import Call, Done

log = logging.getLogger(__name__)

FIRST_S = 60.0
"""After the core's start: what a person waits for comes first."""
AGAIN_S = 3600.0
"""Between two thoughts whether a day is over."""
DAY_S = 86_400.0


class UpdatesDesk:
    """One thing at a time; a door that leaves stops nothing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._looked = read_looked(house.home)
        self._retired = Retired(house.clock)
        self._child: Child | None = None
        self._job: Job | None = None
        self._doing: c.Doing = ""
        self._done = self._total = 0
        self._checked = True
        self._failed: AppError | None = None
        self._timer: Timer | None = None
        self.gives_way = False
        """Whether the core has to end now, for another version."""
        self._wait()
        house.settings.subscribe(self._setting_changed)

    @property
    def is_busy(self) -> bool:
        """Whether a version is being taken."""
        return self._doing not in ("", "looking")

    @property
    def runtimes(self) -> tuple[RuntimeBuild, ...]:
        """The builds of llama.cpp for this system that were offered at the last look."""
        return runtimes_for(self._looked.feed) if self._looked.source == self._source() else ()

    def source_to_ask(self) -> str:
        """The place that updates come from.

        Raises:
            AppError: none is set, it is none, or it may not be asked now.
        """
        source = self._source()
        if not source:
            raise AppError("No place is set that updates come from.", "Set it in Settings, General, or choose a file.")
        check_source(source)
        why = blocked(self._house.settings)
        if is_address(source) and why:
            raise AppError(why, "Choose a file, or have updates come from a folder on a network drive.")
        return source

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowUpdate: lambda _, reply: reply.done(self.shown()),
            c.LookForUpdate: self._look_now,
            c.TakeUpdate: self._take,
            c.CancelUpdate: self._cancel,
            c.MakeWay: self._make_way,
        }

    def stop(self) -> None:
        """The core ends: what was fetched stays."""
        if self._timer is not None:
            self._timer.cancel()
        if self._child is not None:
            self._child.stop()
        self._retired.stop()

    def makes_way_for(self, program: str) -> bool:
        """Whether a door is of a newer version, which uses this data folder from now on.

        Raises:
            AppError: it is of an older one.
        """
        if not NUMBER.fullmatch(program) or number_of(program) == number_of(own_number()) or own_number() == "0":
            return False
        if number_of(program) < number_of(own_number()):
            raise AppError(
                f"Inhouse {own_number()} is running with this data folder, and this is {program}.",
                "Close this one and start Inhouse again.",
            )
        self.gives_way = True
        return True

    # --- what there is ------------------------------------------------------------------------------------------------

    def shown(self) -> c.UpdateShown:
        """As it stands."""
        source, cannot, following, before = self._source(), None, "", ""
        try:
            following = next_version(installed())
            before = release_of(check_back()).get("version", "")
        except AppError as error:  # also where only nothing lies beside
            cannot = error if not _is_ours() else None
        failed, looked = self._failed, self._looked if self._looked.source == source else Looked()
        return c.UpdateShown(
            version=own_number(),
            cannot=cannot.message if cannot else "",
            who=cannot.hint if cannot else "",
            source=place_of(source) if source else "",
            blocked=blocked(self._house.settings) if is_address(source) else "",
            offered=self._offered(following),
            following=following,
            before=before,
            looked=looked.at,
            unreachable=looked.problem,
            doing=self._doing,
            done=self._done,
            total=self._total,
            checked=self._checked,
            problem=failed.message if failed else "",
            advice=failed.hint if failed else "",
            details=failed.detail if failed else "",
        )

    def _source(self) -> str:
        return self._house.settings.get(UPDATE_SOURCE).strip()

    def _offered(self, following: str) -> Release | None:
        here = max(own_number(), following or "0", key=number_of)
        return newest(self._looked.feed, here) if self._looked.source == self._source() else None

    # --- a look -------------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """From source nobody is asked but by a call."""
        if self._timer is not None:
            self._timer.cancel()
        if frozen.folder() is not None:
            self._timer = self._house.clock.after(FIRST_S, self._look_each_day)

    def _setting_changed(self, key: str) -> None:
        if key in (UPDATE_SOURCE.key, OFFLINE.key):
            self._tell()
            self._wait()  # an address is not asked while it is typed

    def _look_each_day(self) -> None:
        self._timer = self._house.clock.after(AGAIN_S, self._look_each_day)
        now, looked = time.time(), self._looked
        source = self._source()
        due = looked.source != source or not looked.at <= now < looked.at + DAY_S
        if source and due and not self._doing:
            try:
                self._look(lambda error: log.info("No look for updates: %s", error) if error else None)
            except AppError as error:
                log.info("No look for updates: %s", error)

    def _look_now(self, _: c.LookForUpdate, reply: Reply) -> None:
        """
        Raises:
            AppError: no place is set, it may not be asked, or something is being done.
        """
        self._look(lambda error: reply.failed(error) if error else reply.done(self.shown()))
        if self._job is not None:
            reply.on_cancel(self._job.cancel)

    def _look(self, ended: Callable[[AppError | None], object]) -> None:
        source = self.source_to_ask()

        def read(data: FeedRead | None, error: AppError | None = None) -> None:
            problem = str(error) if error else ""
            feed = data.feed if data is not None else self._looked.feed if self._looked.source == source else Feed()
            self._keep(Looked(source=source, at=time.time(), feed=feed, problem=problem))
            ended(error)

        self._begin("looking", ReadFeed(source=source), read)

    # --- one is taken -------------------------------------------------------------------------------------------------

    def _take(self, call: c.TakeUpdate, reply: Reply) -> None:
        """
        Raises:
            AppError: nothing can be taken here, nothing is offered, or something is being done.
        """
        following = next_version(installed())
        asked = TakeRelease(path=call.path)
        if not call.path:
            source, offered = self.source_to_ask(), self._offered(following)
            if offered is None:
                raise AppError(
                    "No newer version is offered.", f"{following or own_number()} is the newest that is known."
                )
            asked = TakeRelease(source=source, release=offered)
        self._failed = None

        def taken(data: ReleaseTaken | None, error: AppError | None = None) -> None:
            self._failed = error
            if data is not None:
                self._checked = data.checked
                log.info("Version %s counts from the next start on", data.version)
            self._tell()
            if error is not None:
                log.warning("A newer version could not be taken: %s %s", error, error.detail)
                reply.failed(error)
            elif data is None:
                reply.cancelled()
            else:
                reply.done(self.shown())

        self._begin("unpacking" if call.path else "fetching", asked, taken, reply)

    def _cancel(self, _: c.CancelUpdate, reply: Reply) -> None:
        if self._job is not None:
            self._job.cancel()
            self._doing = "stopping"
            self._tell()
        reply.done(self.shown())

    def _make_way(self, _: c.MakeWay, reply: Reply) -> None:
        if self.is_busy:
            raise Busy("A newer version is being taken.", "Wait until that has ended, or cancel it.")
        reply.done(Done())
        self.gives_way = True

    # --- a process ----------------------------------------------------------------------------------------------------

    def _begin(self, doing: c.Doing, call: Call, ended: Callable[..., object], reply: Reply | None = None) -> None:
        """`ended` hears what it gave, None where it was cancelled, and what went wrong."""
        if self._doing:
            raise Busy("Inhouse is looking for a newer version, or takes one.", "Wait until that has ended.")
        self._doing, self._done, self._total = doing, 0, 0
        child = self._child = self._house.make_child("models")

        def end(data: object, error: AppError | None = None) -> None:
            self._child, self._job, self._doing, self._done, self._total = None, None, "", 0, 0
            self._retired.add(child)
            ended(data, error)

        def moved(data: object) -> None:
            if isinstance(data, FetchProgress | Unpacked):
                if self._doing != "stopping":
                    self._doing = "unpacking" if isinstance(data, Unpacked) else "fetching"
                self._done, self._total = data.done, data.total
                said = self._tell()
                if reply is not None:
                    reply.event(said)

        self._job = child.request(
            call, done=end, event=moved, failed=lambda error: end(None, error), cancelled=lambda: end(None)
        )
        self._tell()

    def _tell(self) -> c.UpdateMoved:
        moved = c.UpdateMoved(shown=self.shown())
        self._house.tell(moved)
        return moved

    def _keep(self, looked: Looked) -> None:
        """What cannot be stored is known until the core ends."""
        self._looked = looked
        try:
            keep_looked(self._house.home, looked)
        except AppError as error:
            log.warning("What updates there are could not be kept: %s", error)
        self._tell()


def _is_ours() -> bool:
    try:
        installed()
    except AppError:
        return False
    return True
