"""What programs let a model write: no chat, no documents, no store, only the model and the one who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import api as c
from app.core.children import Requester
from app.core.house import Handler
from app.core.models import ModelsDesk
from app.core.pictures import check_sees
from app.core.reply import Reply
from app.errors import AppError, WorkerGone
from app.types import InstalledModel
from app.workers.message import Call


class Completions:
    """Hands each request to the model that it names, and its answer to the door that asked."""

    def __init__(self, models: ModelsDesk) -> None:
        self._models = models
        self._open: dict[Reply, Requester | None] = {}
        """Every request under way with who answers it, None until that can."""
        models.engine_leaving.connect(self._interrupt)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.CompleteWith: self._complete, c.TokenizeWith: self._complete}

    @property
    def is_busy(self) -> bool:
        return bool(self._open)

    def stop(self) -> None:
        """Their doors are gone."""
        self._open.clear()

    def _complete(self, call: c.CompleteWith | c.TokenizeWith, reply: Reply) -> None:
        def ready(backend: Requester, model: InstalledModel) -> None:
            if not reply.open:
                return
            if isinstance(call, c.CompleteWith) and any(message.pictures for message in call.request.messages):
                try:
                    check_sees(model)
                except AppError as error:
                    self._end(reply, error)
                    return
            self._open[reply] = backend
            job = backend.request(
                call.request,
                event=reply.event,
                done=lambda data: self._end(reply, data),
                failed=lambda error: self._end(reply, error),
                cancelled=lambda: self._end(reply),
            )
            # A program that went away is no reason to end an engine that works for others.
            reply.on_cancel(lambda: job.cancel(insist=False))

        self._open[reply] = None
        reply.on_cancel(lambda: self._end(reply))
        try:
            self._models.with_backend(call.model_id, ready, reply)
        except AppError:
            self._open.pop(reply, None)
            raise

    def _interrupt(self, error: AppError) -> None:
        """The engine in use is ended on purpose and will say nothing more."""
        try:
            leaving = self._models.backend
        except AppError:
            return  # it has not been loaded yet, so nobody is being answered
        for reply in [reply for reply, backend in self._open.items() if backend is leaving]:
            self._end(reply, WorkerGone(error.message, error.hint, error.detail))

    def _end(self, reply: Reply, result: Any = None) -> None:
        self._open.pop(reply, None)
        if isinstance(result, AppError):
            reply.failed(result)
        elif result is None:
            reply.cancelled()
        else:
            reply.done(result)
