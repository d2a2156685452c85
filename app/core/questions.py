"""Questions outside of any chat, of commands and programs: the answer goes to the door that asked, and to no store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.assistant import flow as assistant
from app.assistant.flow import Step, Stopped
from app.assistant.summarise import respond
from app.core.calls import chats as c
from app.core.children import Requester
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError
from app.models.servers import shown_name
from app.settings import Settings
from app.types import Answer, InstalledModel
from app.workers.calls.engine import Token
from app.workers.message import Call


class Questions:
    """Every such question under way."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk) -> None:
        self._house, self._models, self._documents = house, models, documents
        self._asked: set[_Question] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.Ask: self._ask}

    @property
    def is_busy(self) -> bool:
        return bool(self._asked)

    def stop(self) -> None:
        """Their doors are gone."""
        for question in list(self._asked):
            question.flow.drop()
        self._asked.clear()

    def _ask(self, call: c.Ask, reply: Reply) -> None:
        def ready(backend: Requester, model: InstalledModel) -> None:
            if reply.open:
                question = _Question(self._house.settings, self._documents, call, reply, backend, model)
                self._asked.add(question)
                question.ended = lambda: self._asked.discard(question)
                question.flow.start()

        reply.on_cancel(reply.cancelled)  # its door is gone before the model was there
        self._models.with_backend(call.model_id, ready, reply)


class _Question:
    """One of them."""

    def __init__(
        self,
        settings: Settings,
        documents: DocumentsDesk,
        call: c.Ask,
        reply: Reply,
        backend: Requester,
        model: InstalledModel,
    ) -> None:
        self._reply = reply
        self._text: list[str] = []
        ask = assistant.ask_of(
            settings,
            call.question,
            collections=None if call.alone else call.collections,
            searched=documents.names_of(call.collections),
            model=shown_name(model),
            small=assistant.is_small(model),
            priority=call.priority,
        )
        self.ended: Callable[[], object] = lambda: None
        self.flow = Flow(
            respond(ask),
            lambda step: backend if step.role == "engine" else documents.child,
            done=self._done,
            failed=self._failed,
            event=self._take,
            stopped=lambda: Stopped("".join(self._text)),
            began=self._began,
            fails=self._fails,
        )
        # A program that went away is no reason to end an engine that works for others.
        reply.on_cancel(lambda: self.flow.stop(insist=reply.door.kind != "api"))

    def _began(self, step: Step) -> None:
        if step.written:
            self._take(Token(text=step.written))

    def _take(self, data: Any) -> None:
        if isinstance(data, Token) and not data.thinking:
            self._text.append(data.text)
        self._reply.event(data)

    def _fails(self, step: Step, error: AppError) -> Exception:
        """A model that ends in the middle of an answer leaves what it has said, as in a chat."""
        if step.role == "engine" and self._text:
            return Stopped("".join(self._text), note=error.message)
        return error

    def _done(self, answer: Answer) -> None:
        self.ended()
        self._reply.done(c.Answered(answer=answer))

    def _failed(self, error: AppError) -> None:
        self.ended()
        self._reply.failed(error)
