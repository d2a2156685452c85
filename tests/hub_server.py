"""A hub of models on this computer: the protocol that huggingface_hub speaks, and what goes wrong on the way.

Files are served as the real one does it: HEAD of `resolve` with X-Linked-Etag, X-Linked-Size and X-Repo-Commit, and a
redirect to another host (here another port) that knows ranges. `faults` is a list of what happens to the next requests.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repo:
    """A repository: name in it → file on this computer."""

    files: dict[str, Path] = field(default_factory=dict)
    commit: str = COMMIT
    gated: bool = False
    tags: tuple[str, ...] = ("gguf", "license:apache-2.0", "en")
    total: int = 0
    """Parameters, as the hub reads them in a GGUF."""


@dataclass
class Fault:
    """What happens to a request of this kind ("head", "get", "api"): an answer of its own, or a body that is cut, slow
    or wrong. Once."""

    kind: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int = -1
    wrong: bool = False
    no_ranges: bool = False
    page: bool = False
    after: int = 0
    """Requests of its kind that pass before it."""


class HubServer:
    """Use it as a context manager; `address` is for HF_ENDPOINT."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """`tls`: it speaks HTTPS, with the certificate in there."""
        self.repos: dict[str, Repo] = {}
        self.scheme = "http" if tls is None else "https"
        self.named: tuple[str, str] | None = None
        """Names of the hub and of the other host, where only a proxy knows what they mean."""
        self.token = ""
        """The token that opens gated repositories."""
        self.faults: list[Fault] = []
        self.pause_s = 0.0
        """Between two pieces of a body of 16 KB: for downloads that a test breaks off."""
        self.sent = 0
        """Bytes of bodies of files that were sent."""
        self.asked: list[tuple[str, str, str]] = []
        """Method, path and Range of each request."""
        self._hashes: dict[tuple[Path, float, int], str] = {}
        self._lock = threading.Lock()
        self._servers = [_Server(("127.0.0.1", 0), handler, self, tls) for handler in (_HubHandler, _StoreHandler)]

    @property
    def ports(self) -> tuple[int, int]:
        """Of the hub and of the other host."""
        hub, store = (server.server_address[1] for server in self._servers)
        return int(hub), int(store)

    @property
    def address(self) -> str:
        return f"{self.scheme}://{self.named[0] if self.named else f'127.0.0.1:{self.ports[0]}'}"

    @property
    def store(self) -> str:
        """The other host, where files really lie."""
        return f"{self.scheme}://{self.named[1] if self.named else f'localhost:{self.ports[1]}'}"

    def __enter__(self) -> HubServer:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def sha256(self, path: Path) -> str:
        status = path.stat()
        key = (path, status.st_mtime, status.st_size)
        if key not in self._hashes:
            with path.open("rb") as file:
                self._hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes[key]

    def fault(self, kind: str) -> Fault | None:
        with self._lock:
            for each in [each for each in self.faults if each.kind == kind]:
                if each.after > 0:
                    each.after -= 1
                else:
                    self.faults.remove(each)
                    return each
        return None

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        hub: HubServer,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(address, handler)
        self.hub = hub
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    kinds: ClassVar[dict[str, str]] = {}

    @property
    def hub(self) -> HubServer:
        return self.server.hub

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `asked`."""

    def do_GET(self) -> None:
        self.hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
        self.answer()

    do_HEAD = do_GET

    def answer(self) -> None:
        raise NotImplementedError

    def say(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def say_json(self, value: Any) -> None:
        self.say(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def fails(self, kind: str) -> bool:
        """Whether a fault has answered."""
        fault = self.hub.fault(kind)
        if fault is None:
            return False
        if fault.page:
            self.say(200, {"Content-Type": "text/html"}, b"<html>Blocked by your company</html>")
        else:
            self.say(fault.status, fault.headers)
        return True


class _HubHandler(_Handler):
    """The hub itself: api/models, tree, resolve."""

    def answer(self) -> None:
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/") if part]
        if parts[:2] == ["api", "models"]:
            self._api(parts[2:])
        elif len(parts) >= 5 and parts[2] == "resolve":
            self._resolve("/".join(parts[:2]), "/".join(parts[4:]))
        else:
            self.say(404, {"X-Request-Id": "1"})

    def _api(self, parts: list[str]) -> None:
        if self.fails("api"):
            return
        if not parts:
            words = parse_qs(urlsplit(self.path).query).get("search", [""])[0].casefold()
            found = [name for name in self.hub.repos if words in name.casefold()]
            self.say_json([{"id": name, "modelId": name} for name in found])
            return
        name = "/".join(parts[:2])
        repo = self.hub.repos.get(name)
        if repo is None:
            self.say(401, {"X-Request-Id": "1", "X-Error-Code": "RepoNotFound"})
            return
        siblings = [
            {"rfilename": file, "size": path.stat().st_size, "lfs": self._lfs(path)}
            for file, path in repo.files.items()
        ]
        self.say_json(
            {
                "id": name, "modelId": name, "sha": repo.commit, "siblings": siblings, "tags": list(repo.tags),
                "gated": "manual" if repo.gated else False,
                "gguf": {"total": repo.total, "architecture": "llama", "context_length": 8192},
            }
        )  # fmt: skip

    def _lfs(self, path: Path) -> dict[str, Any]:
        return {"sha256": self.hub.sha256(path), "size": path.stat().st_size, "pointerSize": 130}

    def _resolve(self, name: str, file: str) -> None:
        if self.fails("head" if self.command == "HEAD" else "get"):
            return
        repo = self.hub.repos.get(name)
        if repo is None:
            self.say(401, {"X-Request-Id": "1", "X-Error-Code": "RepoNotFound"})
        elif repo.gated and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self.say(401, {"X-Request-Id": "1", "X-Error-Code": "GatedRepo"})
        elif file not in repo.files:
            self.say(404, {"X-Request-Id": "1", "X-Error-Code": "EntryNotFound"})
        else:
            path = repo.files[file]
            self.say(
                302,
                {
                    "Location": f"{self.hub.store}/{name}/{file}",
                    "X-Repo-Commit": repo.commit,
                    "X-Linked-Etag": f'"{self.hub.sha256(path)}"',
                    "X-Linked-Size": str(path.stat().st_size),
                },
            )


class _StoreHandler(_Handler):
    """The other host: bytes of files, by ranges."""

    def answer(self) -> None:
        if self.fails("store"):
            return
        owner, name, *rest = (unquote(part) for part in urlsplit(self.path).path.split("/") if part)
        if self.headers.get("Authorization"):
            self.say(400, body=b"a key was sent to another host")
            return
        path = self.hub.repos[f"{owner}/{name}"].files["/".join(rest)]
        size = path.stat().st_size
        fault = self.hub.fault("body") or Fault("body")
        asked = "" if fault.no_ranges else self.headers.get("Range", "")
        start, end = 0, size
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last) + 1 if last else size
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(end - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if self.command != "HEAD":
            self._body(path, start, end, fault)

    def _body(self, path: Path, start: int, end: int, fault: Fault) -> None:
        if fault.cut_after >= 0:
            end = min(end, start + fault.cut_after)
        with path.open("rb") as file:
            if self.hub.pause_s or fault.wrong or fault.cut_after >= 0 or self.hub.scheme == "https":
                self._pieces(file, start, end, wrong=fault.wrong)
            else:
                self.wfile.flush()
                while start < end:
                    sent = os.sendfile(self.connection.fileno(), file.fileno(), start, end - start)
                    self.hub.count(sent)
                    start += sent
        if fault.cut_after >= 0:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _pieces(self, file: Any, start: int, end: int, *, wrong: bool) -> None:
        # what a killed client had not read yet lies in these buffers, and is the system's doing: as little as it allows
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 10)
        file.seek(start)
        while start < end:
            piece = file.read(min(16 << 10, end - start))
            if wrong:
                piece, wrong = bytes([piece[0] ^ 1]) + piece[1:], False
            self.wfile.write(piece)
            self.hub.count(len(piece))
            start += len(piece)
            time.sleep(self.hub.pause_s)
