"""A real child process with a role for tests: it counts, waits, breaks, prints and dies on request."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from app.errors import AppError, BadFile
from app.paths import Home
from app.workers import host
from app.workers.calls.documents import AddProgress, Collections, Search
from app.workers.protocol import AnyCall
from app.workers.roles import Steps


class EchoRole:
    """Search("count 5") yields five steps; other words make it misbehave."""

    concurrent = True

    def __init__(self, home: Home) -> None:
        if os.environ.get("ECHO_REFUSE"):
            raise AppError("This child does not start.", "Ask someone.")

    def handle(self, call: AnyCall) -> Steps:
        assert isinstance(call, Search)
        word, _, number = call.query.partition(" ")
        if word == "die":
            os._exit(9)
        if word == "break":
            raise ValueError("broken inside")
        if word == "bad":
            raise BadFile("The file is damaged.", "Use another copy.", code="damaged")
        if word == "print":
            print("a stray print")
        if word == "hang":
            time.sleep(60)
        if word == "network":
            import socket

            socket.create_connection(("127.0.0.1", 9), timeout=1)
        for n in range(int(number or 0)):
            time.sleep(0.005)
            yield AddProgress(done=n, total=int(number))
        return Collections(collections=())

    def background(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        pass


if __name__ == "__main__":
    sys.exit(host.main("documents", EchoRole))
