"""What a command needs while it runs: settings, models, and child processes that start only when they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

import msgspec

from app.assistant.flow import Ask, Step, Stopped, answer, ask_of, is_small, run
from app.cli.output import Progress
from app.core.door import CoreDoor
from app.errors import AppError, WorkerGone
from app.models.registry import Registry
from app.paths import Home
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS, Settings
from app.types import Answer, Collection, InstalledModel
from app.workers.client import Client
from app.workers.protocol import (
    AnyCall,
    Call,
    Collections,
    Data,
    ListCollections,
    Load,
    Loaded,
    LoadProgress,
    Prefill,
    Token,
    WorkerRole,
)

Listener = Callable[[Data], None]


class Session:
    """Owns the child processes of one command. Use it as a context manager."""

    def __init__(self, home: Home, *, verbose: bool = False) -> None:
        self.home = home
        self.settings = Settings(home)
        self.registry = Registry(home)
        self.progress = Progress()
        self._verbose = verbose
        self.door = CoreDoor(home)
        self._clients: dict[WorkerRole, Client] = {}
        self._loaded: InstalledModel | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.progress.clear()
        self.door.close()
        for client in self._clients.values():
            client.close()

    def call(self, call: Call, listener: Listener | None = None) -> Data:
        """Ask the core and wait; it is started where it does not run. Ctrl C cancels what was asked.

        Raises:
            AppError: what the core says went wrong; or a text holds bytes that no message can carry.
        """
        try:
            said: Data = self.door.call(call, listener)
            return said
        except UnicodeEncodeError as error:
            raise AppError("What you typed is not valid text.", "Type it again, or rename the file.") from error
        finally:
            self.progress.clear()

    def call_child(self, role: WorkerRole, call: AnyCall, listener: Listener | None = None) -> Data:
        """Ask a child and wait; it is started where it does not run.

        Raises:
            AppError: what the child says went wrong; or a text holds bytes that no message can carry.
        """
        client = self._clients.get(role)
        if client is None:
            client = self._clients[role] = Client(role, self.home, verbose=self._verbose)
        try:
            return client.call(call, listener)
        except UnicodeEncodeError as error:
            raise AppError("What you typed is not valid text.", "Type it again, or rename the file.") from error
        except (WorkerGone, KeyboardInterrupt):
            if role == "engine":
                self._loaded = None
            raise
        finally:
            self.progress.clear()

    def model(self, name: str = "") -> InstalledModel:
        """The model of this name, or the one in use.

        Raises:
            AppError: there is none.
        """
        model = self.registry.find(name) if name else self.registry.active()
        if model is None:
            raise AppError("No model is installed.", "Import one with “inhouse models import FILE”.")
        return model

    def load(self, model: InstalledModel) -> Loaded | None:
        """Load a model into the engine; None where it is there already."""
        if self._loaded == model:
            return None
        self._loaded = None
        settings = self.settings
        call = Load(
            path=model.path,
            adapter=model.adapter,
            context=settings.get(CONTEXT_LENGTH),
            threads=settings.get(THREADS),
            gpu_layers=settings.get(GPU_LAYERS),
        )
        loaded = self.call_child("engine", call, self._show_load)
        self._loaded = model
        assert isinstance(loaded, Loaded)
        return loaded

    def ask(self, ask: Ask, model: InstalledModel, on_token: Callable[[str], None]) -> Answer:
        """Drive the assistant's flow with this session's children; Ctrl C stops the answer and keeps what has come.

        Raises:
            AppError: there is no such collection, or a child failed.
        """
        if ask.collections is not None:
            # The documents process warms up by itself while the engine loads.
            listed = self.collections(ask.collections)
            if ask.collections:
                ask = msgspec.structs.replace(ask, collections=tuple(item.id for item in listed))
        text: list[str] = []

        def keep(data: Data) -> None:
            if isinstance(data, Token) and not data.thinking:
                text.append(data.text)
            self._show_answer(data, on_token)

        def perform(step: Step) -> Data:
            try:
                if step.role == "engine":
                    self.load(model)
                    return self.call_child("engine", step.call, keep)
                self.progress.show("Searching your documents…")
                return self.call(step.call)
            except KeyboardInterrupt:
                raise Stopped("".join(text)) from None

        self.load(model)
        return run(answer(ask), perform)

    def collections(self, names: Sequence[str] = ()) -> tuple[Collection, ...]:
        """The collections of these names, whatever their case, or all.

        Raises:
            AppError: there is no such collection.
        """
        listed = self.call(ListCollections())
        assert isinstance(listed, Collections)
        if not names:
            return listed.collections
        known = {item.name.casefold(): item for item in listed.collections}
        for name in names:
            if name.casefold() not in known:
                shown = ", ".join(f"“{item.name}”" for item in known.values()) or "none yet"
                raise AppError(f"There is no collection “{name}”.", f"There are: {shown}.")
        return tuple(known[name.casefold()] for name in names)

    def ask_of(self, question: str, model: InstalledModel, **more: object) -> Ask:
        return ask_of(self.settings, question, model=model.name, small=is_small(model), **more)

    def _show_load(self, data: Data) -> None:
        if isinstance(data, LoadProgress):
            self.progress.show(f"Loading the model… {data.fraction:.0%}")

    def _show_answer(self, data: Data, on_token: Callable[[str], None]) -> None:
        if isinstance(data, Prefill):
            self.progress.show(f"Reading… {data.done} of {data.total}")
        elif isinstance(data, Token):
            self.progress.clear()
            if data.thinking:
                self.progress.show("Thinking…")
            else:
                on_token(data.text)
