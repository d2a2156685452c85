"""What programs let a model write: no chat, no documents, no store, only the model and the one who asked. What stays
of it is the print by which the text is known again (docs/model-text.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.calls import api as c
from app.core.children import Requester
from app.core.house import Handler, House
from app.core.loose_prints import print_text
from app.core.models import ModelsDesk
from app.core.pictures import check_sees
from app.core.reply import Reply
from app.errors import AppError, WorkerGone
from app.types import InstalledModel
from app.workers.calls.engine import Complete, Completed, Token
from app.workers.message import Call


class Completions:
    """Hands each request to the model that it names, and its answer to the door that asked."""

    def __init__(self, house: House, models: ModelsDesk) -> None:
        self._house, self._models = house, models
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
            said: list[str] = []

            def event(data: Any) -> None:
                if isinstance(data, Token) and not data.thinking:
                    said.append(data.text)
                reply.event(data)

            def ended(result: Any = None) -> None:
                self._end(reply, result)
                if isinstance(call, c.CompleteWith):
                    text = result.text if isinstance(result, Completed) else "".join(said)
                    print_text(self._house, text, _asked(call.request))

            job = backend.request(call.request, event=event, done=ended, failed=ended, cancelled=ended)
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


def _asked(request: Complete) -> tuple[str, ...]:
    """What a program has said itself, which is not the model's."""
    return request.prompt or "", *(message.content for message in request.messages)
