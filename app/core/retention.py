"""Chats that a company keeps for so many days: looked for as the core starts, each hour, and when that is decided."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from app.core.auditing import AuditDesk
from app.core.chats import Chats
from app.core.clock import Timer
from app.core.house import Handler, House
from app.errors import AppError
from app.rules import CHAT_DAYS
from app.workers.message import Call

log = logging.getLogger(__name__)

FIRST_S, AGAIN_S = 5.0, 3600.0
"""Seconds after the start, when the window has been painted, and between two looks."""


class Retention:
    """Deletes what is older, for good."""

    def __init__(self, house: House, chats: Chats, audit: AuditDesk) -> None:
        self._house, self._chats, self._audit = house, chats, audit
        self._timer: Timer | None = None
        if house.settings.policy.rule(CHAT_DAYS) is not None:
            self._wait(FIRST_S)
        house.settings.subscribe(lambda key: self._wait(0.0) if key == CHAT_DAYS.key else None)

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        """None: nobody asks for it."""
        return {}

    def stop(self) -> None:
        """The next core looks again."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        self.stop()
        self._timer = self._house.clock.after(seconds, self._look)

    def _look(self) -> None:
        self._house.settings.follow_policy()
        days = self._house.settings.policy.rule(CHAT_DAYS)
        if days is None:
            return
        self._wait(AGAIN_S)
        try:
            count = self._chats.delete_older(days)
        except AppError as error:
            log.warning("Old chats could not be deleted: %s", error)
            return
        if count:
            self._audit.note("removed", kind="chats", count=count, days=days)
            log.info("%d chats older than %d days were deleted", count, days)
