"""One watched folder: looked at when something changes in it, and what is new is read when nobody else is reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.core.calls.folders import FolderPhase, FolderStatus
from app.core.children import Requester
from app.core.clock import Timer
from app.core.house import House
from app.core.requests import Job
from app.drives import is_remote
from app.errors import AppError
from app.rules import FOLDERS, lies_below, resolved
from app.workers.calls.documents import Add, Added, FileEvent
from app.workers.calls.folders import Folder, ScanFolder, Scanned

SOON_S = 0.3
"""After a change: more of them follow."""
SETTLE_S = 2.1
"""A file that was written a moment ago is looked at again; a little more than it needs to settle."""
POLL_S = 15.0
"""Where nothing tells of changes, a folder is looked at as often as this."""
AWAY_S = 10.0
"""Until a folder that is away is looked for again."""
SAFETY_S = 600.0
"""A look though nothing was told: a system may lose changes."""
SHARE, LONGEST_REST_S = 10, 60.0
"""A look that took a second is not repeated within so many seconds, and a minute at most."""
NOT_ALLOWED = "Your company does not allow documents from this folder."
AT_ONCE = 200
"""Files that are read before the folder is looked at again: what went meanwhile is not waited for."""


class FollowedFolder:
    """Asks the documents process; it is told of changes by the system, or looks from time to time."""

    def __init__(
        self,
        house: House,
        child: Requester,
        folder: Folder,
        changed: Callable[[], object],
        told: Callable[[int, FileEvent], object],
        scanned: Callable[[Scanned], object],
        read: Callable[[int], object],
    ) -> None:
        """`changed`: its status is otherwise; `told`: where a file stands; `scanned`: what a look found; `read`: files
        of this collection were read."""
        self._house, self._child = house, child
        self._changed, self._told, self._scanned, self._was_read = changed, told, scanned, read
        self.folder = folder
        self._scan: Job | None = None
        self._add: Job | None = None
        self._timer: Timer | None = None
        self._due_at = self._rest_until = 0.0
        self._watch: Timer | None = None
        self._again = self._confirmed = self._stopped = self._settled = False
        self._waiting: tuple[str, ...] = ()
        """Found new, and not read yet."""
        self._held = False
        self._done = self._total = self._skipped = 0
        self._thorough_at = house.clock.now()
        self._problem = ""
        self._polled = is_remote(folder.path)

    # --- how it is ----------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Whether files of it are being read, or wait for that."""
        return self._add is not None or bool(self._waiting)

    def status(self) -> FolderStatus:
        phase: FolderPhase = "watching"
        if self.folder.paused:
            phase = "paused"
        elif self.folder.absence:
            phase = "unreachable"
        elif self.reading:
            phase = "reading"
        elif self._scan is not None:
            phase = "scanning"
        return FolderStatus(
            folder=self.folder,
            phase=phase,
            done=self._done,
            total=self._total,
            skipped=self._skipped,
            polled=self._polled,
            problem=self._problem,
            settled=self._settled and not self.reading and self._scan is None,
        )

    # --- what is wanted of it -----------------------------------------------------------------------------------------

    def take(self, folder: Folder) -> None:
        """Other rules, paused, or going on."""
        self.folder = folder
        if folder.paused:
            self._let_go()
            self._changed()
        else:
            self.look()

    def stop(self) -> None:
        """It is followed no longer, or the core ends."""
        self._stopped = True
        self._let_go()

    def lost(self) -> None:
        """The documents process is another one: what it was doing has ended."""
        self._scan = self._add = None
        self._waiting = ()

    def hold(self, held: bool) -> None:
        """Whether a person adds files: they go before."""
        if self._add is not None and held != self._held:
            (self._add.pause if held else self._add.resume)()
        self._held = held
        self._read()

    def confirm(self) -> None:
        """What is gone all at once was deleted."""
        self._confirmed = True
        self.look()

    def _is_closed(self) -> bool:
        """Whether the company's policy is against it: then nothing of it is read, and what is indexed stays."""
        allowed = lies_below(resolved(self._house.settings.policy.rule(FOLDERS)), Path(self.folder.path))
        if not allowed and self._problem != NOT_ALLOWED:
            self._let_go()
            self._problem = NOT_ALLOWED
            self._changed()
        elif allowed and self._problem == NOT_ALLOWED:
            self._problem = ""
        return not allowed

    def look(self) -> None:
        """Look at it now, or again after the look under way."""
        if self._stopped or self.folder.paused or self._is_closed():
            return
        if self._scan is not None or self._add is not None:
            self._again = True
            return
        self._cancel_timer()
        self._again = False
        began = self._house.clock.now()
        thorough = began - self._thorough_at >= SAFETY_S
        if thorough:
            self._thorough_at = began
        confirmed, self._confirmed = self._confirmed, False
        self._listen()
        self._scan = self._child.request(
            ScanFolder(folder_id=self.folder.id, confirmed=confirmed, thorough=thorough),
            done=self._found,
            failed=self._failed,
            cancelled=lambda: self._failed(None),
        )
        self._changed()

    # --- looking ------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Have the system tell of changes, from before the look on: nothing falls in between."""
        if self._polled or self._watch is not None:
            return

        def failed(_: str) -> None:
            self._watch = None
            self._polled = not self.folder.absence and not self._stopped
            self._soon(SOON_S)

        self._watch = self._house.clock.watch(self.folder.path, lambda: self._soon(SOON_S), failed)

    def _found(self, found: Scanned) -> None:
        self._scan = None
        if self._stopped:
            return
        self.folder, self._skipped, self._problem = found.folder, found.skipped, ""
        self._waiting = found.due
        self._settled = not found.due and not found.unsettled
        if not found.due:
            self._done = 0
        self._total = self._done + len(found.due)
        if found.folder.absence:
            self._forget_watch()
            self._polled = is_remote(self.folder.path)  # back again it may be another drive
        wait = SETTLE_S if found.unsettled else AWAY_S if found.folder.absence else self._every()
        self._rest_until = self._house.clock.now() + min(SHARE * found.took_s, LONGEST_REST_S)
        self._soon(SOON_S if self._again else wait)
        self._scanned(found)
        self._read()
        self._changed()

    def _every(self) -> float:
        return POLL_S if self._polled else SAFETY_S

    def _failed(self, error: AppError | None) -> None:
        """A folder that is gone from the index is dropped by who made this; anything else may pass."""
        self._scan = self._add = None
        self._waiting = ()
        if not self._stopped:
            self._problem = str(error) if error is not None else ""
            self._soon(POLL_S)
            self._changed()

    def _soon(self, seconds: float) -> None:
        """Look in so many seconds, or sooner where that is planned; a look that takes long comes rarer."""
        if self._stopped or self.folder.paused:
            return
        now = self._house.clock.now()
        at = max(now + seconds, self._rest_until)
        if self._timer is not None and self._due_at <= at:
            return
        self._cancel_timer()
        self._due_at = at
        self._timer = self._house.clock.after(at - now, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.look()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _let_go(self) -> None:
        """Stop looking and reading; what was read stays."""
        self._cancel_timer()
        self._forget_watch()
        self._waiting = ()
        if self._add is not None:
            self._add.cancel(insist=False)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """The next files, unless a person adds some."""
        if self._add is not None or self._held or not self._waiting or self._stopped:
            return
        batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        left = set(batch)

        def event(data: Any) -> None:
            if isinstance(data, FileEvent):
                if data.status in ("indexed", "unchanged", "failed") and data.path in left:
                    left.discard(data.path)
                    self._done += 1
                self._told(self.folder.collection_id, data)
                self._changed()

        def ended(_: Added | None = None) -> None:
            self._add = None
            self._was_read(self.folder.collection_id)
            self._changed()
            self.look()

        self._add = self._child.request(
            Add(paths=batch, collection_id=self.folder.collection_id),
            event=event, done=ended, failed=self._failed, cancelled=ended,
        )  # fmt: skip
        self._changed()
