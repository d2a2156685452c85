"""What a command needs while it runs: a door of the core, the settings, and a line that shows progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from app.cli.output import Progress, tell
from app.core.calls.models import ListModels, Models, Switching
from app.core.door import CoreDoor
from app.core.protocol import SettingsChanged
from app.errors import AppError
from app.paths import Home
from app.runtimes import failure_text, name_of, read_chosen
from app.settings import Setting, Settings, T
from app.types import Collection, InstalledModel
from app.workers.calls.documents import Collections, ListCollections
from app.workers.calls.engine import Prefill, Token, Waiting
from app.workers.message import Call, Data

Listener = Callable[[Data], None]


class Session:
    """Use it as a context manager. The core is started with the first call, where none runs."""

    def __init__(self, home: Home, *, verbose: bool = False) -> None:
        self.home = home
        self.settings = Settings(home)
        self.progress = Progress()
        self.door = CoreDoor(home)
        self._failed = self._problems()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.progress.clear()
        self.door.close()
        for problem in self._problems() - self._failed:
            tell(problem)  # never silently on another build than was chosen

    def _problems(self) -> set[str]:
        """What does not run on the build of llama.cpp that was chosen for it, as it is written down now."""
        chosen = read_chosen(self.home).items()
        return {failure_text(role, name_of(self.home, each.id), each.failed) for role, each in chosen if each.failed}

    def call(self, call: Call, listener: Listener | None = None, *, stoppable: bool = False) -> Any:
        """Ask the core and wait. Ctrl C cancels what was asked; with `stoppable` what it has given by then comes back.

        Raises:
            AppError: what the core says went wrong; or a text holds bytes that no message can carry.
        """
        try:
            return (self.door.stoppable if stoppable else self.door.call)(call, listener)
        except UnicodeEncodeError as error:
            raise AppError("What you typed is not valid text.", "Type it again, or rename the file.") from error
        finally:
            self.progress.clear()

    def models(self) -> Models:
        """What is installed, and which one answers."""
        listed = self.call(ListModels())
        assert isinstance(listed, Models)
        return listed

    def model(self, name: str = "") -> InstalledModel:
        """The model of this id or name (a part of it that only one has will do), or the one in use.

        Raises:
            AppError: none, or several, are called so.
        """
        models = self.models()
        if not name:
            return _active(models)
        wanted = name.strip().casefold()
        exact = [each for each in models.models if wanted in (each.id, each.name.casefold())]
        close = exact or [each for each in models.models if wanted and wanted in each.name.casefold()]
        if len(close) == 1:
            return close[0]
        names = ", ".join(f"“{each.name}”" for each in close or models.models)
        if close:
            raise AppError(f"Several models are called “{name}”.", f"Choose one of: {names}.")
        raise AppError(f"No model is called “{name}”.", f"Installed are: {names or 'none'}.")

    def collections(self, names: Sequence[str] = ()) -> tuple[Collection, ...]:
        """The collections of these names, whatever their case, or all.

        Raises:
            AppError: there is no such collection.
        """
        listed = self.call(ListCollections())
        assert isinstance(listed, Collections)
        if listed.note:
            tell(listed.note)
        if not names:
            return listed.collections
        known = {item.name.casefold(): item for item in listed.collections}
        for name in names:
            if name.casefold() not in known:
                shown = ", ".join(f"“{item.name}”" for item in known.values()) or "none yet"
                raise AppError(f"There is no collection “{name}”.", f"There are: {shown}.")
        return tuple(known[name.casefold()] for name in names)

    def choose(self, setting: Setting[T], value: T) -> None:
        """Change a setting, for every door."""
        self.settings.set(setting, value)
        self.call(SettingsChanged())

    def show_answer(self, data: Data, on_token: Callable[[str], object]) -> None:
        """How far an answer is: on the line of progress until its words come."""
        if isinstance(data, Waiting):
            self.progress.show(data.note)
        elif isinstance(data, Prefill):
            self.progress.show(f"Reading… {data.done} of {data.total}")
        elif isinstance(data, Token) and data.thinking:
            self.progress.show("Thinking…")
        elif isinstance(data, Token):
            self.progress.clear()
            on_token(data.text)

    def show_switch(self, data: Data) -> None:
        """How far the loading of a model is."""
        if isinstance(data, Switching) and data.model_id:
            why = "" if data.beside else " (the model before it was released: the memory has no room for both)"
            self.progress.show(f"Loading the model… {data.fraction:.0%}{why}")


def _active(models: Models) -> InstalledModel:
    found = next((each for each in models.models if each.id == models.active), None)
    if found is None:
        raise AppError("No model is installed.", "Import one with “inhouse models import FILE”.")
    return found
