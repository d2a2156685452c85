"""Made-up versions of the installed application, and the place that a company keeps newer ones in."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import zstandard

from app.database import versions
from app.release_feed import this_system


def write_version(parent: Path, version: str, *, says: str = "", chats: int = versions.CHATS, fill: int = 0) -> Path:
    """A made-up version: a program that says which it is. `fill`: bytes that no compression makes smaller."""
    folder = parent / f"Inhouse-{version}"
    (folder / "_internal").mkdir(parents=True)
    program = folder / "Inhouse"
    program.write_text(f"#!/bin/sh\necho Inhouse {says or version}\n")
    program.chmod(0o755)
    if fill:
        (folder / "_internal" / "fill").write_bytes(
            b"".join(hashlib.sha512(b"%d" % i).digest() for i in range(fill // 64))
        )
    release = {"version": version, "system": this_system(), "built": 1_790_000_000, "data": {"chats": chats}}
    (folder / "release.json").write_text(json.dumps(release))
    return folder


def pack(folder: Path, at: Path, name: str = "") -> Path:
    """The archive of a version."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(folder, folder.name)
    path = at / (name or f"{folder.name}-linux.tar.zst")
    path.write_bytes(zstandard.compress(data.getvalue()))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def offer(source: Path, made: Path, version: str, said: dict[str, Any] | None = None, fill: int = 0) -> Path:
    """Put a version into the company's place, with its list; → its archive."""
    source.mkdir(exist_ok=True)
    archive = pack(write_version(made, version, fill=fill), source, f"inhouse-{version}-{this_system()}.tar.zst")
    about: dict[str, Any] = {"version": version, "system": this_system(), "file": archive.name}
    entry = (
        about
        | {"bytes": archive.stat().st_size, "sha256": sha256(archive), "notes": f"New in {version}."}
        | (said or {})
    )
    (source / "latest.json").write_text(json.dumps({"version": 1, "releases": [entry]}))
    return archive


class UpdateServer:
    """Serves a folder with ranges, as any web server does. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ranges: list[str] = []
        """Of each request for an archive."""
        self.cuts: list[int] = []
        """Bytes after which the next bodies are broken off."""
        self.moved = ""
        """Where every request is sent on to."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.world = self

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> UpdateServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    world: UpdateServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A body that is broken off is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `ranges`."""

    def do_GET(self) -> None:
        world, path = self.server.world, self.server.world.folder / self.path.lstrip("/")
        if world.moved or not path.is_file():
            self.send_response(302 if world.moved else 404)
            self.send_header("Location", world.moved)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body, asked = path.read_bytes(), re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start, size = int(asked[1]) if asked else 0, len(body)
        if path.name != "latest.json":
            world.ranges.append(self.headers.get("Range", ""))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(size - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        cut = world.cuts.pop(0) if world.cuts and path.name != "latest.json" else size
        self.wfile.write(body[start : start + cut])
        if cut < size - start:
            self.close_connection = True
