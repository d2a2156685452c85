"""Keeps the record, where a person or the company wants one: hears how each call ends, each answer and each swap."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.audit.chain import Chain, Record, Verified, json_lines, records, verify
from app.core.answers import Answers
from app.core.calls import audit as c
from app.core.calls.api import ServeApi
from app.core.calls.models import ModelsChanged
from app.core.clock import Timer
from app.core.house import Handler, House
from app.core.protocol import Noted
from app.core.recorded import RECORDED, Said, asked, model_of
from app.core.reply import Reply
from app.errors import AppError
from app.export.saving import save
from app.settings import AUDIT
from app.types import Answer
from app.workers.message import Call, Data

log = logging.getLogger(__name__)

SYNC_S = 2.0
"""After a record so long until it is surely on the disk: a sync each time would cost a hundred times the record."""
MOST = 1000
"""Records that are read in one go."""


class AuditDesk:
    """The only writer of the record."""

    def __init__(self, house: House, answers: Answers) -> None:
        self._house = house
        self._chain = Chain(house.home.audit)
        self._who = _user()
        self._timer: Timer | None = None
        self._problem = ""
        active = house.registry.active()
        self._active = active.id if active is not None else ""
        answers.finished.connect(lambda said: self._answered(*said))

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ReadRecord: self._read, c.VerifyRecord: self._verify, c.ExportRecord: self._export}

    def stop(self) -> None:
        """The core ends: what was written is on the disk."""
        if self._timer is not None:
            self._timer.cancel()
        self._chain.close()

    @property
    def mode(self) -> str:
        """The setting: "off", "hashes", "contents"."""
        return self._house.settings.get(AUDIT)

    # --- what is heard ------------------------------------------------------------------------------------------------

    def ended(self, reply: Reply) -> None:
        """A call has had its last word."""
        call, frame = reply.call, reply.last
        if self.mode == "off" or call is None or frame is None:
            return
        if frame.error is not None and frame.error.code == "not allowed":
            refused: Said = ("refused", {"call": type(call).__name__, "why": frame.error.message})
            self._keep(lambda: refused, reply.door.kind)
        elif frame.kind == "done" and (describe := RECORDED.get(type(call))) is not None:
            self._keep(lambda: describe(call, frame.data, self._words), reply.door.kind)
        elif isinstance(call, ServeApi):
            self._keep(lambda: ("served", {"kind": "ended"}), reply.door.kind)

    def told(self, data: Data) -> None:
        """Every door is told this: of models it says which one is in use."""
        if isinstance(data, ModelsChanged) and data.models.active != self._active:
            before, self._active = self._active, data.models.active
            if self.mode != "off":
                model = next((each for each in data.models.models if each.id == self._active), None)
                self._keep(lambda: ("swapped", {**model_of(model), "before": before}))

    def _answered(self, question: str, answer: Answer, chat_id: int, turn_id: int) -> None:
        if self.mode != "off":
            self._keep(lambda: asked(question, answer, self._words, chat=chat_id, turn=turn_id), "window")

    def note(self, what: str, **about: Any) -> None:
        """Something that the core did by itself."""
        if self.mode != "off":
            self._keep(lambda: (what, about))

    # --- the record ---------------------------------------------------------------------------------------------------

    def _words(self, text: str) -> str:
        return text if self.mode == "contents" or not text else self._chain.mark_of(text)

    def _keep(self, describe: Callable[[], Said | None], door: str = "") -> None:
        """A record that cannot be written costs nobody an answer: it is said once, to every door."""
        try:
            said = describe()
            if said is None:
                return
            self._chain.append(said[0], said[1], who=self._who, door=door)
        except AppError as error:
            log.warning("The record could not be written: %s", error)
            if not self._problem:
                self._house.tell(Noted(text=str(error)))
            self._problem = str(error)
            return
        self._problem = ""
        if self._timer is None:
            self._timer = self._house.clock.after(SYNC_S, self._sync)

    def _sync(self) -> None:
        self._timer = None
        self._chain.sync()

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _read(self, call: c.ReadRecord, reply: Reply) -> None:
        folder = self._house.home.audit

        def fits(record: Record) -> bool:
            return (
                (not call.before or record.n < call.before)
                and (not call.what or record.what == call.what)
                and record.at >= call.since
            )

        def read() -> tuple[Record, ...]:
            found = [record for record in records(folder) if fits(record)]
            return tuple(found[-min(max(1, call.limit), MOST) :])

        def done(found: tuple[Record, ...]) -> None:
            reply.done(c.RecordRead(records=found, mode=self.mode, folder=str(folder), problem=self._problem))

        self._house.clock.thread(read, done, reply.failed)

    def _verify(self, call: c.VerifyRecord, reply: Reply) -> None:
        self._chain.sync()
        folder = self._house.home.audit

        def done(found: Verified) -> None:
            reply.done(c.RecordVerified(verified=found))

        self._house.clock.thread(lambda: verify(folder, call.known), done, reply.failed)

    def _export(self, call: c.ExportRecord, reply: Reply) -> None:
        folder, path = self._house.home.audit, Path(call.path)

        def write() -> Verified:
            save(path, json_lines(folder))
            return verify(folder)

        self._house.clock.thread(write, lambda found: reply.done(c.RecordVerified(verified=found)), reply.failed)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
