"""The only code of Inhouse that reaches another computer, and it does so only after a person has added a server.

Nothing else in the core opens a connection; the children refuse the network altogether (`app/workers/offline.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from app.company import check_host
from app.core.remote.chunks import message_in
from app.errors import AppError, BadFile
from app.models.servers import host_of

if TYPE_CHECKING:
    import httpx

CONNECT_LIMIT_S = 15.0
LIST_LIMIT_S = 30.0
"""For a list of names, which takes a server milliseconds."""
SILENT_S = 60.0
"""After so long without a byte the person who waits is told; a long prompt on a busy server may well take longer."""
LINE_LIMIT = 8 << 20
"""Bytes of one event; a page that is no model server could go on without end."""
BODY_LIMIT = 4 << 20
JSON = {"Content-Type": "application/json"}
"""Servers that are strict, ours among them, read no body without it."""
ABSENT, TOO_LONG = "absent", "too-long"
"""Codes of errors: nothing is at this path; the prompt is longer than the model's context."""


class Connection:
    """One server and one key; connections are kept open between requests."""

    def __init__(self, address: str, key: str) -> None:
        self.address, self.host = address, host_of(address)
        self._key = key
        self._client: httpx.AsyncClient | None = None

    async def read(self, path: str) -> bytes:
        """GET a path below the address.

        Raises:
            AppError: the server is not there, does not take the key, or has nothing at this path (code "absent").
        """
        client = await self._begun()
        async with self._in_plain_words(), client.stream("GET", path, timeout=LIST_LIMIT_S) as response:
            await self._check(response)
            return await _body(response)

    async def events(self, path: str, body: bytes, quiet: Callable[[], object]) -> AsyncGenerator[bytes]:
        """POST, and the data of each server-sent event as it comes; `quiet` is called after each silent minute.

        Raises:
            AppError: as `read`; or the connection ended before the answer did.
        """
        client = await self._begun()
        with _Watch(quiet) as watch:
            async with self._in_plain_words(), client.stream("POST", path, content=body, headers=JSON) as response:
                watch.push()
                await self._check(response)
                async for line in _lines(response, watch, self.host):
                    if line.startswith(b"data:"):
                        yield line[5:].strip()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _begun(self) -> httpx.AsyncClient:
        check_host(self.address)
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise AppError("The key holds characters that no key has.", "Copy it again.")
        if self._client is None:
            client = await asyncio.to_thread(_client, self.address, self._key)  # its imports take a third of a second
            self._client = self._client or client
        return self._client

    async def _check(self, response: httpx.Response) -> None:
        if response.status_code == 200:
            return
        if response.is_redirect:
            where = response.headers.get("location", "")
            raise AppError(f"{self.host} sends its visitors on to {where}.", "Add the server with that address.")
        raise _refusal(self.host, response.status_code, message_in(await _body(response)))

    @contextlib.asynccontextmanager
    async def _in_plain_words(self) -> AsyncGenerator[None]:
        import httpx  # loaded by _client

        host = self.host
        try:
            yield
        except httpx.ConnectTimeout as error:
            raise AppError(f"{host} cannot be reached.", _REACH, str(error)) from error
        except httpx.ConnectError as error:
            if _is_about_trust(error):
                raise AppError(
                    f"The certificate of {host} is not trusted by this computer.",
                    "Ask your IT department for the company's certificate.",
                    str(error),
                ) from error
            raise AppError(f"{host} cannot be reached.", _REACH, str(error)) from error
        except httpx.TimeoutException as error:
            raise AppError(f"{host} does not answer.", "Try again later.", str(error)) from error
        except httpx.HTTPError as error:
            raise cut(host, str(error)) from error


_REACH = "Check that this computer is on the company's network and that the server is running."


def cut(host: str, detail: str = "") -> AppError:
    """The connection ended before the server had said everything."""
    return AppError(f"The connection to {host} ended in the middle.", "Ask again.", detail)


def garbage(host: str, detail: str = "") -> BadFile:
    """What came is nothing that a model server says."""
    message = f"{host} does not answer as a model server does."
    return BadFile(message, "Check the address; it usually ends with /v1.", detail[:500], "garbage")


def _client(address: str, key: str) -> httpx.AsyncClient:
    import httpx  # here: it takes 0.3 s, and only who has added a server needs it

    trust = ssl.create_default_context()  # what this computer trusts, the company's own certificates too
    alive = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]  # a server that is gone is noticed, however long it is silent
    return httpx.AsyncClient(
        base_url=f"{address}/",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        transport=httpx.AsyncHTTPTransport(verify=trust, socket_options=alive, limits=httpx.Limits()),
        timeout=httpx.Timeout(None, connect=CONNECT_LIMIT_S),
        trust_env=False,  # a proxy that the environment names is for the internet
    )


def _refusal(host: str, status: int, said: str) -> AppError:
    """What a status means for the person who asked."""
    detail = f"{status}: {said}"
    said = f"It says: {said}" if said else ""
    if status in (401, 403):
        return AppError(f"{host} does not accept the key.", "Add the server again with a key that is valid.", detail)
    if status == 404:
        return BadFile(f"{host} does not know what was asked for.", said or "Check the address.", detail, ABSENT)
    if status in (400, 413, 422) and "context" in said.casefold():
        return BadFile(f"The question does not fit into the model on {host}.", said, detail, TOO_LONG)
    if status == 429:
        return AppError(f"{host} has too much to do.", "Try again in a moment.", detail)
    if status >= 500:
        return AppError(f"{host} has a problem of its own.", said or "Try again later.", detail)
    return AppError(f"{host} refused the request.", said, detail)


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > BODY_LIMIT:
            break
    return bytes(body)


async def _lines(response: httpx.Response, watch: _Watch, host: str) -> AsyncGenerator[bytes]:
    """Lines as the protocol means them: a text may hold what Python takes for the end of one."""
    rest = b""
    async for piece in response.aiter_bytes():
        watch.push()
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
        if len(rest) > LINE_LIMIT:
            raise garbage(host)
    if rest:
        yield rest


class _Watch:
    """Calls again and again while nothing comes."""

    def __init__(self, quiet: Callable[[], object]) -> None:
        self._quiet = quiet
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> _Watch:
        self.push()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def push(self) -> None:
        """Something came."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SILENT_S, self._fire)

    def _fire(self) -> None:
        self._quiet()
        self.push()
