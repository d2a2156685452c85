"""What programs let a model write: no chat, no documents, no store, only the model and the one who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import api as c
from app.core.children import Requester
from app.core.house import Handler
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError
from app.types import InstalledModel
from app.workers.protocol import Call


class Completions:
    """Hands each request to the model that it names, and its answer to the door that asked."""

    def __init__(self, models: ModelsDesk) -> None:
        self._models = models
        self._open: set[Reply] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.CompleteWith: self._complete}

    @property
    def is_busy(self) -> bool:
        return bool(self._open)

    def stop(self) -> None:
        """Their doors are gone."""
        self._open.clear()

    def _complete(self, call: c.CompleteWith, reply: Reply) -> None:
        def ready(backend: Requester, model: InstalledModel) -> None:
            if not reply.open:
                return
            job = backend.request(
                call.request,
                event=reply.event,
                done=lambda data: self._end(reply, data),
                failed=lambda error: self._end(reply, error),
                cancelled=lambda: self._end(reply),
            )
            # A program that went away is no reason to end an engine that works for others.
            reply.on_cancel(lambda: job.cancel(insist=False))

        self._open.add(reply)
        reply.on_cancel(lambda: self._end(reply))
        try:
            self._models.with_backend(call.model_id, ready, reply)
        except AppError:
            self._open.discard(reply)
            raise

    def _end(self, reply: Reply, result: Any = None) -> None:
        self._open.discard(reply)
        if isinstance(result, AppError):
            reply.failed(result)
        elif result is None:
            reply.cancelled()
        else:
            reply.done(result)
