"""The Chroma server that keeps vectors for this data folder: chosen by a person, told of every change by the documents
process, again and again until it has taken it. The core keeps its address and, apart from it, the key.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from app.core.calls import vectors as c
from app.core.clock import Timer
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.models.servers import clean_address, is_encrypted
from app.vector_server import KEY, VectorServer, read, write
from app.workers.calls.vectors import (
    CheckVectorServer,
    DropVectors,
    ShowVectors,
    SyncVectors,
    UseVectorServer,
    VectorProgress,
    VectorState,
)
from app.workers.message import Call

AGAIN_S = 20.0
"""A server that was away, or has not been told of everything, is tried again after so long."""


class VectorServerDesk:
    """Writes down which server is wanted, and has the documents process use it."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self._file = house.home.vector_server
        self._state = VectorState()
        self._timer: Timer | None = None
        self._telling = False
        documents.ready.connect(lambda _: self._hand_over())

    @property
    def is_busy(self) -> bool:
        """Whether the server is being told; what waits for one that is away survives the core."""
        return self._telling

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowVectorServer: self._show,
            c.FindVectorServer: self._find,
            c.ChooseVectorServer: self._choose,
            c.LeaveVectorServer: self._leave,
        }

    def stop(self) -> None:
        """The core ends: the next one goes on with what waits."""
        if self._timer is not None:
            self._timer.cancel()

    def shown(self) -> c.VectorServerShown:
        """What is chosen, as it stood when the documents process last said."""
        server = read(self._file)
        if server is None:
            return c.VectorServerShown(problem=self._state.problem)
        return c.VectorServerShown(
            address=server.address,
            host=server.host,
            tenant=server.tenant,
            database=server.database,
            waiting=self._state.waiting,
            problem=self._state.problem,
        )

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _show(self, _: c.ShowVectorServer, reply: Reply) -> None:
        if read(self._file) is None:
            reply.done(self.shown())
            return

        def said(state: VectorState) -> None:
            self._take(state)
            reply.done(self.shown())

        self._ask(ShowVectors(), said, reply.failed)

    def _find(self, call: c.FindVectorServer, reply: Reply) -> None:
        self._ask(CheckVectorServer(server=_server(call), key=call.key), reply.done, reply.failed)

    def _choose(self, call: c.ChooseVectorServer, reply: Reply) -> None:
        """Look at it, keep the key, write it down, use it: in this order, so that what is written down can be used.

        Raises:
            AppError: another one is in use, or the address will not do.
        """
        if read(self._file) is not None:
            raise AppError("A vector server is in use already.", "Leave it first: what it holds is then deleted there.")
        server = _server(call)

        def keep(_: object) -> None:
            write(self._file, server)
            self._ask(UseVectorServer(server=server, key=call.key), used, reply.failed)

        def used(state: VectorState) -> None:
            self._take(state)
            reply.done(self.shown())
            self._tell()

        def found(_: object) -> None:
            self._house.clock.thread(lambda: self._house.keys.set(KEY, call.key), keep, reply.failed)

        self._ask(CheckVectorServer(server=server, key=call.key), found, reply.failed)

    def _leave(self, _: c.LeaveVectorServer, reply: Reply) -> None:
        server = read(self._file)
        if server is None:
            reply.done(self.shown())
            return

        def dropped(state: VectorState) -> None:
            write(self._file, None)
            left = f"What {server.host} holds could not be deleted there: {state.problem}" if state.problem else ""
            self._ask(UseVectorServer(server=None), lambda _: ended(left), reply.failed)

        def ended(left: str) -> None:
            self._house.clock.thread(lambda: self._house.keys.forget(KEY), lambda _: None, lambda _: None)
            self._take(VectorState(problem=left))
            reply.done(self.shown())

        self._ask(DropVectors(), dropped, reply.failed)

    # --- the documents process ----------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        """The process has started: it needs the key."""
        server = read(self._file)
        if server is None:
            return

        def use(key: str) -> None:
            self._ask(UseVectorServer(server=server, key=key), lambda _: self._tell(), lambda _: None)

        if not server.keyed:
            use("")
            return
        self._house.clock.thread(lambda: self._house.keys.get(KEY), use, self._locked)

    def _locked(self, error: AppError) -> None:
        self._take(VectorState(waiting=self._state.waiting, problem=str(error)))

    def _tell(self) -> None:
        """Have the server told what it has not been told, and again after a while where it is not through."""
        if self._telling or read(self._file) is None:
            return
        self._telling = True

        def ended(state: VectorState) -> None:
            self._telling = False
            self._take(state)

        def failed(_: AppError) -> None:
            self._telling = False

        self._ask(SyncVectors(), ended, failed, self._heard)

    def _heard(self, data: object) -> None:
        if isinstance(data, VectorProgress):
            self._say(VectorState(waiting=data.waiting))

    def _take(self, state: VectorState) -> None:
        self._say(state)
        if self._timer is not None:
            self._timer.cancel()
        if (state.waiting or state.problem) and read(self._file) is not None:
            self._timer = self._house.clock.after(AGAIN_S, self._tell)

    def _say(self, state: VectorState) -> None:
        if state != self._state:
            self._state = state
            self._house.tell(c.VectorServerChanged(shown=self.shown()))

    def _ask(
        self,
        call: Call,
        done: Callable[[Any], object],
        failed: Callable[[AppError], object],
        event: Callable[[Any], object] | None = None,
    ) -> None:
        self._documents.child.request(call, done=done, failed=failed, event=event)


def _server(call: c.FindVectorServer | c.ChooseVectorServer) -> VectorServer:
    """
    Raises:
        AppError: it is no address, or one to which everybody on the way could read what is sent.
    """
    address = clean_address(call.address)
    if not is_encrypted(address):
        raise AppError(
            "The connection would not be encrypted: others in the network could read what is sent.",
            "Use an address that begins with https://.",
        )
    if call.header and not all(char.isalnum() or char == "-" for char in call.header):
        raise AppError(f"“{call.header}” is not the name of a header.", "It looks like X-Chroma-Token.")
    return VectorServer(
        id=uuid.uuid4().hex[:12],
        address=address,
        tenant=call.tenant.strip(),
        database=call.database.strip(),
        header=call.header,
        keyed=bool(call.key),
    )
