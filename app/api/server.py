"""Listens for programs, inside the core's own loop. The only place of Inhouse that opens a port."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn

from app.api.app import create_app
from app.api.connection import HEAD_BYTES, KEEP_ALIVE_S, Connection
from app.core.doorway import ApiOptions, Doorway
from app.errors import AppError
from app.settings import Settings

STOP_LIMIT_S = 2
"""Answers under way get so long to end when the API is turned off."""


class HttpServer:
    """An `ApiServer` (see `app.core.api`): uvicorn as a task."""

    def __init__(self, core: Doorway, settings: Settings, key: Callable[[], str], options: ApiOptions) -> None:
        self._core, self._settings, self._key, self._options = core, settings, key, options
        self._server: _Uvicorn | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> str:
        """Listen from now on; → the address that clients take as their base.

        Raises:
            AppError: the port or the address cannot be used.
        """
        opened = _listen(self._options.host, self._options.port)
        options = dataclasses.replace(self._options, port=opened.getsockname()[1])
        self._server = _Uvicorn(_config(create_app(self._core, self._settings, self._key, options)))
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[opened]))
        host = f"[{options.host}]" if ":" in options.host else options.host
        return f"http://{host}:{options.port}/v1"

    def stop(self, stopped: Callable[[], object]) -> None:
        """Take no more requests, end those under way, then say so."""
        if self._server is None or self._task is None:
            stopped()
            return
        self._server.should_exit = True
        self._task.add_done_callback(lambda _: stopped())


class _Uvicorn(uvicorn.Server):
    """Without handlers for signals: those are the core's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,  # its few words go to our log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_LIMIT_S,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )


def _listen(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let another program take the port away
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen()
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise AppError(f"{host} is not an address of this computer.", "Leave --host out.", str(error)) from error
        what = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be used"
        raise AppError(f"Port {port} {what}.", "Choose another one, with --port or in Settings.", str(error)) from error
    opened.setblocking(False)
    return opened
