"""A made-up bundle for the training component: the interpreter of the tests, a real uv, a short list of tiny wheels,
and a package index on this computer that serves them."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.finetune.component_lock import Lock, read_lock, system_name
from app.finetune.trainer_command import NEEDED


@dataclass
class TrainingBundle:
    """`change` a wheel's content to make another version of the list."""

    root: Path
    wheels: Path
    locks: Path

    @property
    def environment(self) -> dict[str, str]:
        """What leads the program to it."""
        return {"INHOUSE_BUNDLE": str(self.root), "INHOUSE_TRAINING_LOCKS": str(self.locks)}

    def lock(self) -> Lock:
        return read_lock(self.locks / f"{system_name()}-cpu.lock", "cpu")

    def write(self, contents: Mapping[str, str] = {}, version: str = "1.0") -> Lock:
        """A wheel for each library that the trainer needs, and the list of them; `contents` by name."""
        lines = ["# a list of the tests", f"# python {sys.version_info[0]}.{sys.version_info[1]}"]
        for name in NEEDED:
            wheel = make_wheel(self.wheels, name, contents.get(name, f"NAME = {name!r}\n"), version)
            with zipfile.ZipFile(wheel) as packed:
                unpacked = sum(each.file_size for each in packed.infolist())
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            size = wheel.stat().st_size
            lines.append(f"{name}=={version} --hash=sha256:{digest}  # {wheel.name} {size} {unpacked}")
        (self.locks / f"{system_name()}-cpu.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.lock()


def make_bundle(folder: Path) -> TrainingBundle:
    """Skips the test where uv is not installed (extra `dev`)."""
    found = find_uv()
    if found is None:
        pytest.skip("uv is not installed")
    bundle = TrainingBundle(folder / "bundle", folder / "wheels", folder / "locks")
    for each in (bundle.root / "python" / "bin", bundle.root / "source", bundle.wheels, bundle.locks):
        each.mkdir(parents=True)
    (bundle.root / "python" / "bin" / "python3").symlink_to(Path(sys.executable).resolve())
    (bundle.root / "uv").symlink_to(found)
    trainer = bundle.root / "source" / "trainer.py"
    trainer.write_text("import sys, torch\nprint(torch.NAME, torch.__file__, *sys.argv[1:])\n", encoding="utf-8")
    bundle.write()
    return bundle


def find_uv() -> str | None:
    """That of the extra `dev`, or one of the computer."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv")


def make_wheel(folder: Path, name: str, content: str, version: str = "1.0") -> Path:
    """A wheel with one module."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(zipfile.ZipInfo(file), text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass
class IndexServer:
    """A package index (PEP 503). Use it as a context manager."""

    wheels: Path
    asked: list[str] = field(default_factory=list)
    """Names of wheels in the order in which they were wanted."""
    stalls: str = ""
    """The wheel of this package stops in its middle until `go_on`."""
    go_on: threading.Event = field(default_factory=threading.Event)
    stalled: threading.Event = field(default_factory=threading.Event)
    lacks: str = ""
    """The package that it has not."""
    status: int = 200

    def __enter__(self) -> IndexServer:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/simple/"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = request.path.strip("/").split("/")
        data, status = b"", self.status
        if status != 200:
            pass
        elif parts[0] == "simple" and len(parts) == 2 and parts[1] != self.lacks:
            links = (f'<a href="/files/{each.name}">{each.name}</a>' for each in self.wheels.glob(f"{parts[1]}-*.whl"))
            data = "\n".join(links).encode()
        elif parts[0] == "files":
            data = (self.wheels / parts[1]).read_bytes()
            if request.headers.get("Range") is None:
                self.asked.append(parts[1].partition("-")[0])
        status = status if data or status != 200 else 404
        request.send_response(status)
        request.send_header("Content-Type", "text/html" if parts[0] == "simple" else "application/octet-stream")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        half = len(data) // 2
        request.wfile.write(data[:half])
        if parts[0] == "files" and self.stalls and parts[1].startswith(f"{self.stalls}-"):
            request.wfile.flush()
            self.stalled.set()
            self.go_on.wait(60)
        request.wfile.write(data[half:])
