"""Models on the company's servers: found, tried with one word, and listed; their keys kept apart from the list."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.core.calls import models as c
from app.core.children import Child
from app.core.house import Handler, House
from app.core.model_list import ModelList
from app.core.reply import Reply
from app.core.retired import Retired
from app.core.signals import Signal
from app.errors import AppError
from app.models.registry import new_id
from app.models.servers import clean_address
from app.pictures import Picture
from app.types import InstalledModel, Sampling
from app.workers.calls.engine import Chat, Load
from app.workers.calls.models import ModelInstalled
from app.workers.message import Call

GREY = Picture(
    name="grey.jpg",
    width=56,
    height=56,
    data=base64.b64decode(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////"
        "////////////wAALCAA4ADgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAAAAAAAAAAAA"
        "AAAAP//Z"
    ),
)
"""What a model on a server is shown when it is added: large enough for every kind that looks at patches."""


class Servers:
    """Each request has a connection of its own, which ends with it."""

    def __init__(self, house: House, listed: ModelList, retired: Retired) -> None:
        self._house, self._list, self._retired = house, listed, retired
        self._asked: set[Child] = set()
        self.rekeyed: Signal[InstalledModel] = Signal()
        """A model that was listed already has another key."""
        listed.removed.connect(self._forget)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.FindServer: self._find, c.AddServer: self._add}

    def stop(self) -> None:
        """The core ends."""
        for child in self._asked:
            child.stop()

    def _find(self, call: c.FindServer, reply: Reply) -> None:
        found = _model(clean_address(call.address), "")
        self._ask(self._reach(found, call.key), call, reply, reply.done)

    def _add(self, call: c.AddServer, reply: Reply) -> None:
        """Look what the server has, load the model as an engine would, and have it say one word."""
        address = clean_address(call.address)
        finder = self._reach(_model(address, ""), call.key)

        def found(server: c.ServerFound) -> None:
            try:
                served_as = _chosen(server, call.model)
            except AppError as error:
                reply.failed(error)
                return
            model = _model(server.address, served_as, call.name)
            child = self._reach(model, call.key)
            load = Load(path="")
            self._ask(child, load, reply, lambda loaded: self._try(child, model, loaded.info.context, call.key, reply))

        self._ask(finder, c.FindServer(address=address, key=call.key), reply, found)

    def _try(self, child: Child, model: InstalledModel, context: int, key: str, reply: Reply) -> None:
        model = msgspec.structs.replace(model, context_trained=context)
        word = Chat(conversation="", question="Hi", sampling=Sampling(max_tokens=1, temperature=0.0))
        self._ask(child, word, reply, lambda _: self._show(model, key, reply))

    def _show(self, model: InstalledModel, key: str, reply: Reply) -> None:
        """Whether it sees is tried with a small picture: no list of models says it in a way that servers share."""
        seeing = msgspec.structs.replace(model, takes_pictures=True)
        one = Sampling(max_tokens=1, temperature=0.0)
        look = Chat(conversation="", question="What is it?", sampling=one, pictures=(GREY,))

        def keep(kept: InstalledModel) -> Callable[[Any], None]:
            return lambda _: self._keep(kept, key, reply)

        self._ask(self._reach(seeing, key), look, reply, keep(seeing), failed=keep(model))

    def _keep(self, model: InstalledModel, key: str, reply: Reply) -> None:
        """The key first: a model that is listed can be used."""
        known = self._known(model)

        def listed(_: object) -> None:
            try:
                installed = self._again(known, model) if known is not None else self._list.install(model)
            except AppError as error:
                reply.failed(error)
                return
            reply.done(ModelInstalled(model=installed))
            if known is not None:
                self.rekeyed.emit(installed)

        self._house.clock.thread(lambda: self._house.keys.set((known or model).id, key), listed, reply.failed)

    def _again(self, known: InstalledModel, model: InstalledModel) -> InstalledModel:
        """A model that was listed already, as its server speaks of it now."""
        seen = msgspec.structs.replace(
            known, context_trained=model.context_trained, takes_pictures=model.takes_pictures
        )
        self._house.registry.replace(seen)
        self._list.tell()
        return seen

    def _known(self, model: InstalledModel) -> InstalledModel | None:
        listed = self._house.registry.models()
        there = (model.address, model.served_as)
        return next((each for each in listed if (each.address, each.served_as) == there), None)

    def _reach(self, model: InstalledModel, key: str) -> Child:
        child = self._house.make_remote(model, key)
        self._asked.add(child)
        return child

    def _ask(
        self,
        child: Child,
        call: Call,
        reply: Reply,
        done: Callable[[Any], object],
        failed: Callable[[AppError], object] | None = None,
    ) -> None:
        """Hand a result on, and an error to `failed` where there is one; whatever else ends the request is told to the
        door. An idle connection is left."""

        def end(say: Callable[[Any], object]) -> Callable[[Any], None]:
            def ended(said: Any) -> None:
                say(said)
                if not child.busy and child in self._asked:
                    self._asked.discard(child)
                    self._retired.add(child)

            return ended

        job = child.request(
            call,
            done=end(done),
            failed=end(failed or reply.failed),
            cancelled=lambda: end(lambda _: reply.cancelled())(None),
        )
        reply.follow(job)

    def _forget(self, model: InstalledModel) -> None:
        """It is listed no more: nor is its key kept."""
        if model.origin == "server":
            self._house.clock.thread(lambda: self._house.keys.forget(model.id), lambda _: None, lambda _: None)


def _model(address: str, served_as: str, name: str = "") -> InstalledModel:
    return InstalledModel(
        id=new_id(),
        name=" ".join(name.split()) or served_as.rsplit("/", 1)[-1],
        path="",
        file_bytes=0,
        origin="server",
        address=address,
        served_as=served_as,
    )


def _chosen(server: c.ServerFound, wanted: str) -> str:
    names = ", ".join(f"“{each}”" for each in server.models) or "none"
    if wanted in server.models:
        return wanted
    if wanted:
        raise AppError(f"{server.host} has no model “{wanted}”.", f"It has: {names}.")
    if len(server.models) == 1:
        return server.models[0]
    if not server.models:
        raise AppError(f"{server.host} has no model.", "Ask who looks after it.")
    raise AppError(f"{server.host} has several models.", f"Choose one of: {names}.")
