"""The engine child: one model at a time, asked to load, answer, count, try a file and swap adapters."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.chat import Conversations
from app.engine.gate import Gate
from app.engine.load import LoadedModel, load
from app.engine.probe import probe
from app.engine.weighing import score, tokenize
from app.errors import AppError
from app.llama import bindings as llama
from app.llama.library import library_devices
from app.llama.template import Renderer
from app.paths import Home
from app.workers.calls.engine import (
    Chat,
    Complete,
    Count,
    DevicesSeen,
    KeepStates,
    Load,
    Loaded,
    LookAtDevices,
    Probe,
    Score,
    SetAdapter,
    Tokenize,
)
from app.workers.message import Done
from app.workers.protocol import AnyCall
from app.workers.roles import Steps


class EngineRole:
    """Owns the loaded model. Answers are written side by side; what changes the model waits until they are done."""

    concurrent = True

    def __init__(self, home: Home) -> None:
        llama.start()
        self._home = home
        self._renderer = Renderer()
        self._gate = Gate()
        self._loaded: LoadedModel | None = None
        self._conversations: Conversations | None = None

    def handle(self, call: AnyCall) -> Steps:
        """Start a request; see app.workers.roles."""
        if isinstance(call, Load):
            return self._load(call)
        if isinstance(call, Chat | Complete):
            return self._answer(call)
        if isinstance(call, Score):
            return self._score(call)
        if isinstance(call, Count | Tokenize):
            return self._count(call)
        if isinstance(call, KeepStates):
            return self._keep(call)
        if isinstance(call, SetAdapter):
            return self._set_adapter(call)
        if isinstance(call, Probe):
            return probe(call)
        if isinstance(call, LookAtDevices):
            return self._look()
        raise AppError("The engine cannot do this.", "Update Inhouse.", type(call).__name__)

    def background(self) -> Iterator[None]:
        """Get ready for the first question."""
        self._renderer.start()
        yield
        if self._conversations is not None:
            self._conversations.prepare()

    def interrupt(self) -> None:
        """From another thread: something came that the batch under way must not keep waiting."""
        loaded = self._loaded
        if loaded is not None:
            loaded.context.interrupt()

    def resume(self) -> None:
        """What came is being looked at: batches may run again."""
        if self._loaded is not None:
            self._loaded.context.resume()

    def close(self) -> None:
        self._unload()
        self._renderer.close()

    def _load(self, call: Load) -> Steps:
        with self._gate.alone() as visit:
            yield from visit.wait()
            self._renderer.start()
            # Both would need their memory at once; the core keeps the old engine's process alive instead.
            self._unload()
            loaded = yield from load(call)
            conversations = Conversations(loaded, self._renderer, self._home)
            if call.adapter:
                try:
                    conversations.set_adapter(call.adapter, 1.0)
                except AppError:
                    loaded.close()
                    raise
            self._loaded, self._conversations = loaded, conversations
            return Loaded(info=loaded.info, devices=library_devices())

    def _look(self) -> Steps:
        """Whatever else it does: drivers are asked from any thread."""
        yield from ()
        return DevicesSeen(devices=library_devices())

    def _answer(self, call: Chat | Complete) -> Steps:
        with self._gate.side_by_side() as visit:
            yield from visit.wait()
            conversations = self.conversations()
            if isinstance(call, Chat):
                return (yield from conversations.chat(call))
            return (yield from conversations.complete(call))

    def _score(self, call: Score) -> Steps:
        with self._gate.side_by_side() as visit:
            yield from visit.wait()
            found = self.conversations()
            return (yield from score(found.scheduler, found.model, found.encoder, call))

    def _count(self, call: Count | Tokenize) -> Steps:
        with self._gate.side_by_side() as visit:
            yield from visit.wait()
            found = self.conversations()
            return tokenize(found.model, found.encoder, call) if isinstance(call, Tokenize) else found.count(call)

    def _set_adapter(self, call: SetAdapter) -> Steps:
        with self._gate.alone() as visit:
            yield from visit.wait()
            self.conversations().set_adapter(call.path, call.scale)
            return Done()

    def _keep(self, call: KeepStates) -> Steps:
        with self._gate.side_by_side() as visit:
            yield from visit.wait()
            return (yield from self.conversations().keep(call))

    def conversations(self) -> Conversations:
        """The chats with the loaded model.

        Raises:
            AppError: none is loaded.
        """
        if self._conversations is None:
            raise AppError("No model is loaded.", "Choose a model, then ask again.")
        return self._conversations

    def _unload(self) -> None:
        self._conversations = None
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.close()
