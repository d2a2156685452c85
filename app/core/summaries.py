"""Summaries and figures that a command or a program asks for: no model is needed, and no chat keeps them."""

from __future__ import annotations

from collections.abc import Mapping

from app.assistant.asking import Flow as Steps
from app.assistant.asking import Step
from app.assistant.calculate import calculate
from app.assistant.summarise import Target, summarise
from app.core.calls import chats as c
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler
from app.core.reply import Reply
from app.errors import AppError
from app.types import Answer
from app.workers.calls.engine import Token
from app.workers.message import Call


class Summaries:
    """Every such summary or figure under way."""

    def __init__(self, documents: DocumentsDesk) -> None:
        self._documents = documents
        self._flows: set[Flow] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.Summarise: self._summarise, c.Calculate: self._calculate}

    @property
    def is_busy(self) -> bool:
        return bool(self._flows)

    def stop(self) -> None:
        """Their doors are gone."""
        for flow in list(self._flows):
            flow.drop()
        self._flows.clear()

    def _summarise(self, call: c.Summarise, reply: Reply) -> None:
        """Stopped, it is answered with the parts that had come."""
        self._run(summarise(Target(document_id=call.document_id, collections=call.collections)), reply)

    def _calculate(self, call: c.Calculate, reply: Reply) -> None:
        self._run(calculate(call.question, call.collections, call.document_id), reply)

    def _run(self, steps: Steps, reply: Reply) -> None:

        def began(step: Step) -> None:
            if step.written:
                reply.event(Token(text=step.written))
            reply.event(c.Summarised(fraction=step.fraction))

        def done(answer: Answer) -> None:
            self._flows.discard(flow)
            reply.done(c.Answered(answer=answer))

        def failed(error: AppError) -> None:
            self._flows.discard(flow)
            reply.failed(error)

        flow = Flow(steps, lambda _: self._documents.child, done=done, failed=failed, began=began)
        self._flows.add(flow)
        reply.on_cancel(lambda: flow.stop(insist=False))
        flow.start()
