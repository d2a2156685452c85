"""An answer under way in a chat, and how it waits for a model beside the one in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.assistant import asking as assistant
from app.chats.records import Turn
from app.core.backend import Backend
from app.core.calls import chats as c
from app.core.flows import Flow
from app.core.models import ModelsDesk
from app.errors import AppError
from app.types import InstalledModel, Passage


@dataclass(eq=False)
class Writing:
    """An answer under way in a chat."""

    turn: Turn
    make_ask: Callable[[], assistant.Ask]
    moved: c.AnswerMoved
    ask: assistant.Ask | None = None
    flow: Flow | None = None
    by_engine: bool = False
    """Whether the engine is at work on it now."""
    text: str = ""
    thinking: str = ""
    passages: tuple[Passage, ...] = ()
    saved: float = 0.0
    fresh: list[tuple[str, bool]] = field(default_factory=list)
    stopping: bool = False
    backend: Backend | None = None
    """The model of its assistant, where that is another one than that in use."""
    waits: bool = False
    """Whether that model is still to be loaded."""

    def model(self, models: ModelsDesk) -> Backend:
        """Who answers it: its assistant's model, or the one in use. Raises AppError where that is not loaded."""
        return self.backend or models.backend

    @property
    def follows_use(self) -> bool:
        """Whether it is answered by the model in use, whichever that is."""
        return self.backend is None and not self.waits


class ForModel:
    """Who waits until the model of an assistant is loaded; what was stopped meanwhile is not begun."""

    def __init__(
        self,
        writing: Writing,
        start: Callable[[Writing, assistant.Ask], object],
        give_up: Callable[[Writing, AppError], object],
    ) -> None:
        writing.waits = True
        self._writing, self._start, self._give_up = writing, start, give_up

    def wait(self, models: ModelsDesk, model_id: str) -> None:
        """Begin once this model is loaded. Raises AppError where there is no such model."""
        models.with_backend(model_id, self.ready, self)

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self._writing.waits and not self._writing.stopping

    def ready(self, backend: Backend, _: InstalledModel) -> None:
        """The model can answer."""
        waited = self.open
        self._writing.waits = False
        if waited and self._writing.ask is not None:
            self._writing.backend = backend
            self._start(self._writing, self._writing.ask)

    def failed(self, error: AppError) -> None:
        """It cannot be loaded."""
        if self.open:
            self._give_up(self._writing, error)
