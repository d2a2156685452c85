"""Lets answers run side by side, and changes of the model alone, in the order in which they came."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from app.workers.calls.engine import Waiting

CHANGING = "The model is being changed first."
ANSWERING = "The answers under way are finished first."


class Gate:
    """Who is inside and who waits, in the order of arrival."""

    def __init__(self) -> None:
        self._line: list[_Visit] = []

    @contextmanager
    def side_by_side(self) -> Iterator[_Visit]:
        """A visit that others may share; go in with `yield from visit.wait()`."""
        with self._visit(alone=False) as visit:
            yield visit

    @contextmanager
    def alone(self) -> Iterator[_Visit]:
        """A visit during which nobody else is inside."""
        with self._visit(alone=True) as visit:
            yield visit

    @contextmanager
    def _visit(self, *, alone: bool) -> Iterator[_Visit]:
        visit = _Visit(self._line, alone)
        self._line.append(visit)
        try:
            yield visit
        finally:
            self._line.remove(visit)


class _Visit:
    """One request between its arrival and its end."""

    def __init__(self, line: list[_Visit], alone: bool) -> None:
        self._line, self._alone = line, alone

    def wait(self) -> Generator[Waiting | None, None, None]:
        """Steps until it may go in."""
        ahead = 0
        while blocking := self._blocking():
            if blocking != ahead:
                ahead = blocking
                yield Waiting(note=ANSWERING if self._alone else CHANGING, ahead=ahead)
            else:
                yield None

    def _blocking(self) -> int:
        """How many before it keep it waiting: all of them, if it must be alone, else those that must be."""
        before = self._line[: self._line.index(self)]
        if self._alone:
            return len(before)
        return len(before) if any(visit._alone for visit in before) else 0
