"""The engine child: one model at a time, asked to load, chat, count and swap adapters."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.chat import Conversations
from app.engine.load import LoadedModel, load
from app.errors import AppError
from app.llama import bindings as llama
from app.llama.template import Renderer
from app.paths import Home
from app.workers.protocol import AnyCall, Chat, Count, Done, Load, Loaded, SetAdapter
from app.workers.roles import Steps


class EngineRole:
    """Owns the loaded model; requests wait for the one before, since a model answers one at a time."""

    concurrent = False

    def __init__(self, home: Home) -> None:
        llama.start()
        self._renderer = Renderer()
        self._loaded: LoadedModel | None = None
        self._conversations: Conversations | None = None

    def handle(self, call: AnyCall) -> Steps:
        """Start a request; see app.workers.roles."""
        if isinstance(call, Load):
            return self._load(call)
        if isinstance(call, Chat):
            return self._chat(call)
        if isinstance(call, Count):
            return self._count(call)
        if isinstance(call, SetAdapter):
            return self._set_adapter(call)
        raise AppError("The engine cannot do this.", "Update Inhouse.", type(call).__name__)

    def background(self) -> Iterator[None]:
        """Get ready for the first question."""
        self._renderer.start()
        yield
        if self._conversations is not None:
            self._conversations.prepare()

    def close(self) -> None:
        self._unload()
        self._renderer.close()

    def _load(self, call: Load) -> Steps:
        self._renderer.start()
        # Both would need their memory at once; the window keeps the old engine's process alive instead.
        self._unload()
        loaded = yield from load(call)
        conversations = Conversations(loaded, self._renderer)
        if call.adapter:
            try:
                conversations.set_adapter(call.adapter, 1.0)
            except AppError:
                loaded.close()
                raise
        self._loaded, self._conversations = loaded, conversations
        return Loaded(info=loaded.info)

    def _chat(self, call: Chat) -> Steps:
        return (yield from self.conversations().chat(call))

    def _count(self, call: Count) -> Steps:
        yield from ()
        return self.conversations().count(call)

    def _set_adapter(self, call: SetAdapter) -> Steps:
        yield from ()
        self.conversations().set_adapter(call.path, call.scale)
        return Done()

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
        if self._loaded is not None:
            self._loaded.close()
            self._loaded = None
