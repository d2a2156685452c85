"""Who may ask: the right name of this computer, no stranger's web page, the key, not too often, not too much.

An ASGI wrapper round the routes. What it refuses has not been read, and reached nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.body import BODY_LIMIT, too_long
from app.api.door import ApiDoor
from app.api.errors import ApiError
from app.api.limits import Gate, Rate
from app.core.doorway import Doorway

log = logging.getLogger(__name__)

OPEN_PATHS = ("/health",)
"""Need no key, and say nothing that would."""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@/?#\s]+)(?::\d+)?")
LINGER_S = 2.0
"""A refused body is read away for so long, so that the client gets to read why: a connection that is closed while it
still sends fails there without a word."""


class Guard:
    """Checks each request, then gives it a door of the core for as long as it lasts."""

    def __init__(
        self,
        app: ASGIApp,
        core: Doorway,
        *,
        key: Callable[[], str],
        hosts: frozenset[str],
        origins: frozenset[str],
        rate: Rate,
        gate: Gate,
    ) -> None:
        """`hosts` as clients name them, with a port or, for any port, without; `origins` as browsers send them."""
        self._app, self._core, self._key = app, core, key
        self._hosts, self._origins = hosts, origins
        self._rate, self._gate = rate, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _Answer(scope, send)
        try:
            self._check(scope, Headers(scope=scope))
            if scope["method"] in ("GET", "HEAD", "OPTIONS"):
                await self._open(scope, receive, answer.send)
            else:
                async with self._gate.place():
                    await self._open(scope, receive, answer.send)
        except ApiError as error:
            await refuse(error, receive, answer.send)
        if scope["path"] not in OPEN_PATHS:
            log.info("%s %s: %s, %.0f ms", scope["method"], answer.route, answer.status, answer.ms)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ApiDoor(self._core) as door:
            scope.setdefault("state", {})["door"] = door
            await self._app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raises ApiError: the request is refused."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._knows(hosts[0].lower()):
            raise ApiError(403, "This name of the computer is not allowed.", code="host_not_allowed")
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or origins[0] not in self._origins):
            raise ApiError(403, "Web pages may not ask here.", code="origin_not_allowed")
        if scope["path"] in OPEN_PATHS or (origins and scope["method"] == "OPTIONS"):
            return
        self._check_key(headers)
        self._rate.take()
        if scope["method"] == "POST":
            _check_body(headers)

    def _knows(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        return host in self._hosts or (found is not None and found.group(1) in self._hosts)

    def _check_key(self, headers: Mapping[str, str]) -> None:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        given = value.strip() if scheme.lower() == "bearer" else ""
        if not given:
            raise ApiError(401, "No key was given. Send “Authorization: Bearer KEY”.", code="missing_api_key")
        if not hmac.compare_digest(given.encode(errors="replace"), self._key().encode()):
            raise ApiError(401, "The key is wrong. “inhouse serve --show-key” shows it.", code="invalid_api_key")


class _Answer:
    """Notes what is answered, for the log: no address, no question, no answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._began = time.monotonic()
        self.status = "no answer"

    @property
    def route(self) -> str:
        """The path as it is declared: what was really asked for can hold anything."""
        return getattr(self._scope.get("route"), "path", "(no route)")

    @property
    def ms(self) -> float:
        return (time.monotonic() - self._began) * 1000

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = str(message["status"])
            MutableHeaders(scope=message)["x-request-id"] = secrets.token_hex(8)
        await self._send(message)


def _check_body(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "Send JSON, with “Content-Type: application/json”.", code="unsupported_media_type")
    if headers.get("content-encoding", "identity") != "identity":
        raise ApiError(415, "Send the body as it is, not compressed.", code="unsupported_encoding")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_LIMIT:
        raise too_long()


async def refuse(error: ApiError, receive: Receive, send: Send) -> None:
    """Answer a request whose body is not wanted, let the client read why, then close the connection."""
    body = error.encoded()
    headers = {
        **error.headers,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
