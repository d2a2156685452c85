"""The documents process for its askers: every request ends with a word, also where a person restarts the process."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from app.core.children import Child
from app.core.requests import Job
from app.errors import AppError, WorkerGone
from app.workers.message import Call

RESTARTED = WorkerGone("The document reader was restarted.", "Nothing that was stored is lost. Please try again.")


class Reader:
    """A Requester over the child, which drops requests without a word when it is restarted."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._keys = itertools.count()
        self._waiting: dict[int, Callable[[AppError], object]] = {}

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object],
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask. Exactly one of `done`, `failed`, `cancelled` is called at the end."""
        key = next(self._keys)
        self._waiting[key] = failed or (lambda _: None)

        def last(then: Callable[..., object] | None) -> Callable[..., object]:
            def tell(*said: object) -> None:
                if self._waiting.pop(key, None) is not None and then is not None:
                    then(*said)

            return tell

        return self._child.request(call, event=event, done=last(done), failed=last(failed), cancelled=last(cancelled))

    def restart(self) -> None:
        """End the process and start it anew; who waits for an answer is told."""
        waiting, self._waiting = self._waiting, {}
        self._child.restart()
        for failed in waiting.values():
            failed(RESTARTED)
