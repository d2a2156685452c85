"""The engines of chats that keep a model of their own, for the answers that are about to begin or under way."""

from __future__ import annotations

from collections.abc import Callable

from app.core.backend import Backend
from app.core.models import ModelsDesk
from app.errors import AppError


class OwnModels:
    """By the id of the answer's turn."""

    def __init__(
        self, models: ModelsDesk, ready: Callable[[], object], failed: Callable[[int, AppError], object]
    ) -> None:
        """`ready`: one that was waited for can answer; `failed`: the turn that waited, and why it waits in vain."""
        self._models, self._ready, self._failed = models, ready, failed
        self._backends: dict[int, Backend] = {}
        self._waiting: set[int] = set()

    def of(self, turn_id: int) -> Backend | None:
        """Who answers there; None: the model in use."""
        return self._backends.get(turn_id)

    def waits(self, turn_id: int) -> bool:
        """Whether its model is being loaded."""
        return turn_id in self._waiting

    def drop(self, turn_id: int) -> None:
        """The answer has ended."""
        self._backends.pop(turn_id, None)
        self._waiting.discard(turn_id)

    def is_there(self, turn_id: int, own_id: str) -> bool:
        """Whether the model of this chat ("": the one in use) can answer; else it is on its way. Raises AppError."""
        own = self._models.of_chat(own_id)
        if not own_id or own is None or own.id == self._models.active_id:
            if not self._models.is_ready:
                self._models.wake()
            return self._models.is_ready
        if turn_id not in self._backends and turn_id not in self._waiting:
            self._waiting.add(turn_id)
            self._models.with_own(
                own.id, lambda backend, _: self._loaded(turn_id, backend), lambda error: self._refused(turn_id, error)
            )
        return turn_id in self._backends

    def _loaded(self, turn_id: int, backend: Backend) -> None:
        if turn_id in self._waiting:
            self._waiting.discard(turn_id)
            self._backends[turn_id] = backend
            self._ready()

    def _refused(self, turn_id: int, error: AppError) -> None:
        if turn_id in self._waiting:
            self._waiting.discard(turn_id)
            self._failed(turn_id, error)
