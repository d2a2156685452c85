"""A small server on this computer that speaks OpenAI's API, and can be slow, cut off, strict or not a server at all."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "company/large-model"
KEY = "sk-right"


@dataclass
class Play:
    """What the server says, and what it was asked."""

    words: list[str] = field(default_factory=lambda: ["The hotel limit", " in Munich is", " 165 EUR."])
    thoughts: list[str] = field(default_factory=list)
    key: str = KEY
    models: tuple[str, ...] = (MODEL,)
    owner: str = "company"
    """What the server calls itself."""
    unknown: str = ""
    """A parameter that it refuses."""
    context: int = 4096
    root: str = "/v1"
    status: int = 200
    error: str = ""
    """Of a status that is not 200."""
    longest: int = 0
    """Characters of all messages that it takes, 0 for any."""
    cut_after: int = -1
    """Words after which the connection ends."""
    fail_after: int = -1
    """Words after which it reports an error in the stream."""
    garbage: bytes = b""
    """Said instead of anything else."""
    choices: list[dict[str, Any]] = field(default_factory=list)
    """Streamed as they are instead of the words."""
    finish: str = "stop"
    usage: bool = True
    gate: threading.Event | None = None
    """Waited for before the second word."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """The client went away in the middle."""
    address: str = ""


@contextmanager
def serving(play: Play) -> Iterator[Play]:
    """It listens on a free port of the loopback; `play` may be changed meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(play))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    play.address = f"http://127.0.0.1:{server.server_port}{play.root}"
    try:
        yield play
    finally:
        if play.gate is not None:
            play.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(play: Play) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._take(b"")
            if self._refused():
                return
            if self.path != f"{play.root}/models":
                self._say(404, b'{"error": {"message": "Not found"}}')
                return
            of_all = {"object": "model", "max_model_len": play.context, "owned_by": play.owner}
            listed = [{"id": name, **of_all} for name in play.models]
            self._say(200, json.dumps({"object": "list", "data": listed}).encode())

        def do_POST(self) -> None:
            self._take(self.rfile.read(int(self.headers["Content-Length"])))
            if self._refused():
                return
            body = play.bodies[-1]
            length = sum(len(each["content"]) for each in body.get("messages", ()))
            if play.longest and length > play.longest:
                said = {"error": {"message": f"This model's maximum context length is {play.longest}, not {length}."}}
                self._say(400, json.dumps(said).encode())
                return
            if play.unknown in body:
                said = {"error": {"message": f"{play.unknown} needs a server that was started for it."}}
                self._say(400, json.dumps(said).encode())
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                self._stream(min(len(play.words), body["max_tokens"]))
            except (BrokenPipeError, ConnectionResetError):
                play.left.set()
                self.close_connection = True

        def _take(self, body: bytes) -> None:
            play.paths.append(self.path)
            play.headers.append(dict(self.headers.items()))
            if body:
                play.bodies.append(json.loads(body))

        def _refused(self) -> bool:
            if play.garbage:
                self._say(200, play.garbage)
            elif play.key and self.headers.get("Authorization") != f"Bearer {play.key}":
                self._say(401, b'{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}')
            elif play.status != 200:
                self._say(play.status, json.dumps({"error": {"message": play.error}}).encode())
            else:
                return False
            return True

        def _stream(self, count: int) -> None:
            for choice in play.choices:
                self._event({"choices": [{"index": 0, **choice}]})
            if play.choices:
                self._chunk(b"data: [DONE]\n\n")
                self._chunk(b"")
                return
            for thought in play.thoughts:
                self._event({"choices": [{"index": 0, "delta": {"reasoning_content": thought}}]})
            for n, word in enumerate(play.words[:count]):
                if n == 1 and play.gate is not None:
                    self._wait(play.gate)
                if n == play.cut_after:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                if n == play.fail_after:
                    self._event({"error": {"message": "CUDA error"}})
                    return
                self._event({"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": play.finish}]})
            if play.usage:
                self._event({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": count}})
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _wait(self, gate: threading.Event) -> None:
            """Until the test opens it, or the client leaves."""
            while not gate.wait(0.02):
                self.connection.settimeout(0.001)
                try:
                    gone = self.connection.recv(1, socket.MSG_PEEK) == b""
                except TimeoutError:
                    gone = False
                finally:
                    self.connection.settimeout(None)
                if gone:
                    raise ConnectionResetError

        def _event(self, data: dict[str, Any]) -> None:
            self._chunk(b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
