"""Questions outside of any chat, of commands and programs: the answer goes to the door that asked, and to no store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.assistant import asking as assistant
from app.assistant.asking import Step, Stopped
from app.assistant.summarise import respond
from app.core.attachments import Attachments
from app.core.calls import chats as c
from app.core.children import Requester
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.library import LibraryDesk
from app.core.loose_prints import print_answer
from app.core.models import ModelsDesk
from app.core.pictures import Pictures
from app.core.reply import Reply
from app.errors import AppError
from app.library.records import Assistant
from app.models.servers import shown_name
from app.pictures import Picture
from app.types import Answer, InstalledModel
from app.workers.calls.engine import Token
from app.workers.message import Call


class Questions:
    """Every such question under way."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        documents: DocumentsDesk,
        attachments: Attachments,
        pictures: Pictures,
        library: LibraryDesk,
    ) -> None:
        self._house, self._models, self._documents, self._attachments = house, models, documents, attachments
        self._pictures, self._library = pictures, library
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
        if not call.question.strip():
            raise AppError("There is no question.", "Type one.")
        answered_by = self._library.named(call.assistant_id)
        call = _as(call, answered_by, self._library)

        def ready(backend: Requester, model: InstalledModel) -> None:
            if not reply.open:
                return
            if call.pictures:
                try:
                    self._pictures.load(call.pictures, model.id, reply, lambda seen: begin(backend, model, 0, seen))
                except AppError as error:
                    reply.failed(error)
            elif call.attach:
                self._attachments.once(call.attach, reply, lambda attached: begin(backend, model, attached))
            else:
                begin(backend, model)

        def begin(
            backend: Requester, model: InstalledModel, attached: int = 0, pictures: tuple[Picture, ...] = ()
        ) -> None:
            scope = self._attachments.scope(attached, None if pictures else _places(call)) | {"pictures": pictures}
            question = _Question(self._house, self._documents, call, scope, reply, backend, model, answered_by)
            self._asked.add(question)

            def ended() -> None:
                self._asked.discard(question)
                if attached:
                    self._attachments.done_with(attached)

            question.ended = ended
            question.flow.start()

        reply.on_cancel(reply.cancelled)  # its door is gone before the model was there
        self._models.with_backend(call.model_id, ready, reply)


def _as(call: c.Ask, answered_by: Assistant | None, library: LibraryDesk) -> c.Ask:
    """The question with what its assistant decides, where its asker did not: which model and which collection."""
    place = library.places(answered_by)
    if place is None or call.collections or call.alone or call.attach:
        where: dict[str, Any] = {}
    else:
        where = {"collections": (place,)} if place else {"alone": True}
    model = library.own_model(answered_by)
    return msgspec.structs.replace(call, model_id=call.model_id or (model.id if model is not None else ""), **where)


def _places(call: c.Ask) -> tuple[int, ...] | None:
    """The collections that a question names; with files of its own it is asked in all of them only where it says so."""
    return None if call.alone or (call.attach and not call.collections) else call.collections


class _Question:
    """One of them."""

    def __init__(
        self,
        house: House,
        documents: DocumentsDesk,
        call: c.Ask,
        scope: dict[str, Any],
        reply: Reply,
        backend: Requester,
        model: InstalledModel,
        answered_by: Assistant | None,
    ) -> None:
        self._house, self._call, self._reply = house, call, reply
        self._text: list[str] = []
        ask = assistant.ask_of(
            house.settings,
            call.question,
            assistant=answered_by,
            shares=call.shares,
            model=shown_name(model),
            small=assistant.is_small(model),
            priority=call.priority,
            filter=call.filter,
            history=call.history,
            **scope,
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
            within=(house.clock, lambda step: step.within_s),
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
        if self._call.print:
            print_answer(self._house, answer, [*(each.content for each in self._call.history), self._call.question])

    def _failed(self, error: AppError) -> None:
        self.ended()
        self._reply.failed(error)
