"""One HTTP connection, with what uvicorn leaves open: how long a client may take to ask and to read, and how many."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.api.errors import ApiError

HEAD_LIMIT_S = 10.0
"""From the first byte of a request to the end of its headers; a client that says nothing at all has as long."""
HEAD_BYTES = 32 << 10
WRITE_LIMIT_S = 30.0
"""A client that takes nothing for so long, while its answer waits, is dropped."""
KEEP_ALIVE_S = 15
SEND_BUFFER = 64 << 10
"""Bytes that the system holds for a client. It would take megabytes, and who does not read would be noticed late."""
MOST_CONNECTIONS = 256


class Connection(H11Protocol):
    """uvicorn's connection with limits, and with errors in OpenAI's form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._head_timer = self.loop.call_later(HEAD_LIMIT_S, transport.abort)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(ApiError(503, "Too many connections.", code="overloaded", retry_after=1))

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        half_asked = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if not half_asked:
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_LIMIT_S, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_LIMIT_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What was sent is no HTTP; also a head that is too long."""
        self._refuse(ApiError(400, msg, code="invalid_http"))

    def _refuse(self, error: ApiError) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        body = error.encoded()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        with contextlib.suppress(h11.LocalProtocolError):
            self.transport.write(self.conn.send(h11.Response(status_code=error.status, headers=headers)) or b"")
            self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
            self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
        self.transport.close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
