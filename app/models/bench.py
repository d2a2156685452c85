"""Measures a download over the loopback beside curl: `python -m app.models.bench download --json`.

A server in a process of its own speaks as much of the hub's protocol as a download needs; both fetch the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from app.errors import AppError
from app.figures import Figure, figure, write
from app.models.download import Hub
from app.models.fetching import Fetch
from app.workers.calls.models import FetchFile

SIZE = 500_000_000
ROUNDS = 5
TARGET = 0.9
"""Of curl's speed; ours writes, and hashes, the same bytes."""
NAME = "bench.gguf"


class _Handler(BaseHTTPRequestHandler):
    """HEAD and GET of one file, by ranges."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def do_HEAD(self) -> None:
        """What the hub says of a file."""
        self._begin(200, (self.folder / NAME).stat().st_size)

    def do_GET(self) -> None:
        """The file, or its rest."""
        if self.path.startswith("/api/"):  # it has no lists
            self._begin(404, 0)
            return
        path = self.folder / NAME
        size, asked = path.stat().st_size, self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        self._begin(206 if asked else 200, size - start, f"bytes {start}-{size - 1}/{size}" if asked else "")
        self.wfile.flush()
        with path.open("rb") as file:
            self.connection.sendfile(file, start)

    def _begin(self, status: int, length: int, place: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", f'"{(self.folder / "sha256").read_text()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        if place:
            self.send_header("Content-Range", place)
        self.end_headers()


def serve(folder: Path) -> None:
    """Print the port, then answer until the process is ended."""
    _Handler.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


def measured(size: int) -> Iterator[Figure]:
    """The speed of a download, and of curl in turn with it.

    Raises:
        AppError: there is no curl.
    """
    curl = shutil.which("curl")
    if curl is None:
        raise AppError("curl is not installed.", "Install it: downloads are measured beside it.")
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as temporary:
        folder = Path(temporary)
        _write_file(folder, size)
        server = subprocess.Popen(
            [sys.executable, "-m", "app.models.bench", "serve", str(folder)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            address = f"http://127.0.0.1:{int(server.stdout.readline())}"
            ours, theirs = [], []
            for number in range(ROUNDS):
                theirs.append(_curl(curl, address, folder / "curl"))
                ours.append(_fetch(address, folder / f"fetch{number}"))
        finally:
            server.kill()
            server.wait()
            if server.stdout is not None:
                server.stdout.close()
    ratio = statistics.median(their / our for our, their in zip(ours, theirs, strict=True))
    speed, reference = (size / 1e6 / statistics.median(seconds) for seconds in (ours, theirs))
    yield figure("download over loopback", speed, "MB/s", reference, ratio, TARGET, ratio >= TARGET)


def _write_file(folder: Path, size: int) -> None:
    digest = hashlib.sha256()
    with (folder / NAME).open("wb") as file:
        while file.tell() < size:
            piece = os.urandom(min(8 << 20, size - file.tell()))
            digest.update(piece)
            file.write(piece)
    (folder / "sha256").write_text(digest.hexdigest())


def _curl(curl: str, address: str, target: Path) -> float:
    began = time.perf_counter()
    url = f"{address}/o/bench/resolve/main/{NAME}"
    subprocess.run([curl, "--silent", "--fail", "--noproxy", "*", "-o", str(target), url], check=True)
    return time.perf_counter() - began


def _fetch(address: str, folder: Path) -> float:
    """From the first question to the checked file."""
    began = time.perf_counter()
    for _ in Fetch(Hub(address), FetchFile(id="bench", repo="o/bench", file=NAME), folder).run():
        pass
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return seconds


def main(argv: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("download", "serve"))
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--bytes", type=int, default=SIZE)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    if args.what == "serve":
        serve(Path(args.folder))
        return 0
    try:
        return write(measured(args.bytes), as_json=args.json)
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
