"""Who wants to hear of something: a list of callbacks, in the shape of Qt's signals but without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVarTuple

Args = TypeVarTuple("Args")


class Signal(Generic[*Args]):
    """Calls every listener in the order in which they came."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[*Args], object]] = []

    def connect(self, listener: Callable[[*Args], object]) -> None:
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[*Args], object]) -> None:
        self._listeners.remove(listener)

    def emit(self, *args: *Args) -> None:
        """Tell them; one that connects or disconnects meanwhile counts from the next time on."""
        for listener in list(self._listeners):
            listener(*args)
