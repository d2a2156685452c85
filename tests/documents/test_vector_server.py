"""Vectors on a real Chroma server: what it is told, what it never is, and what goes on while it is away."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.documents.chroma_server import ChromaServer
from app.documents.server_vectors import ServerVectors
from app.errors import AppError
from app.vector_server import VectorServer, write
from app.workers.calls.vectors import (
    CheckVectorServer,
    DropVectors,
    SyncVectors,
    UseVectorServer,
    VectorServerFound,
    VectorState,
)

START_S = 60


class Chroma:
    """`chroma run` as an administrator starts it; it can be ended and started again over the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                self.get("heartbeat")
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def get(self, path: str) -> object:
        with urllib.request.urlopen(f"{self.address}/api/v2/{path}", timeout=5) as answer:
            return json.load(answer)

    def held(self) -> dict[str, int]:
        """How many vectors each collection of ours holds."""
        root = "tenants/default_tenant/databases/default_database/collections"
        listed = self.get(root)
        assert isinstance(listed, list)
        counts = {each["name"]: self.get(f"{root}/{each['id']}/count") for each in listed}
        return {name: int(str(count)) for name, count in counts.items() if name.startswith("inhouse-")}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    """One server for all tests of this file."""
    chroma = Chroma(tmp_path_factory.mktemp("chroma"))
    chroma.start()
    yield chroma
    chroma.stop()


@pytest.fixture
def server(documents, started: Chroma, data_folder: Path, request: pytest.FixtureRequest) -> VectorServer:
    """The server is chosen in this data folder."""
    chosen = VectorServer(id=f"{abs(hash(request.node.name)):x}"[:12], address=started.address)
    documents.ask(UseVectorServer(server=chosen))
    write(data_folder / "vector-server.json", chosen)  # as the core does
    return chosen


def vectors_of(documents) -> ServerVectors:
    vectors = documents.role._open.vectors
    assert isinstance(vectors, ServerVectors)
    return vectors


def synced(documents) -> VectorState:
    state = documents.ask(SyncVectors())
    assert isinstance(state, VectorState)
    return state


def test_a_check_says_what_is_there_and_what_is_wrong(documents, started: Chroma) -> None:
    found = documents.ask(CheckVectorServer(server=VectorServer(id="", address=started.address)))
    assert isinstance(found, VectorServerFound)
    assert found.version.startswith("1.") and found.host == f"127.0.0.1:{started.port}"
    with pytest.raises(AppError, match="cannot be reached"):
        documents.ask(CheckVectorServer(server=VectorServer(id="", address="http://127.0.0.1:9")))
    with pytest.raises(AppError, match="does not have"):
        documents.ask(CheckVectorServer(server=VectorServer(id="", address=started.address, tenant="nobody")))


def test_it_holds_every_vector_and_not_a_word(documents, policies: Path, server: VectorServer, started: Chroma) -> None:
    documents.add(policies)
    assert synced(documents) == VectorState()
    (count,) = [held for name, held in started.held().items() if name.startswith(server.prefix)]
    assert count == documents.role._open.store.count()
    vector = documents.role._open.store.vectors()[0][2]
    near = vectors_of(documents).nearest(np.frombuffer(vector, "<f4"), [], 1)
    assert near == [documents.role._open.store.vectors()[0][0]]
    result = documents.search("hotel limit in Vienna")
    assert result.passages[0].document == "travel.md" and not result.note
    assert not documents.role._open.matrix.is_held, "the vectors are not held here too"
    written = b"".join(file.read_bytes() for file in started.folder.rglob("*") if file.is_file())
    assert b"inhouse-" in written
    for secret in (b"Vienna", b"travel", b"Policies", b"canteen"):
        assert secret not in written


def test_away_search_goes_on_and_changes_wait(documents, policies: Path, server: VectorServer, started: Chroma) -> None:
    documents.add(policies / "travel.md")
    synced(documents)
    started.stop()
    try:
        documents.add(policies / "canteen.txt")
        result = documents.search("When does the canteen close?")
        assert result.passages[0].document == "canteen.txt"
        assert "cannot be reached" in result.note
        removed = documents.remove("travel.md")
        assert removed.traces == 2 and "vector server" in removed.places[0]
        assert synced(documents).waiting
    finally:
        started.start()
    documents.restart()
    documents.idle()
    assert vectors_of(documents).state() == VectorState()
    (count,) = [held for name, held in started.held().items() if name.startswith(server.prefix)]
    assert count == documents.role._open.store.count() == 1


def test_a_removal_is_proven_by_the_server_itself(
    documents, policies: Path, server: VectorServer, started: Chroma
) -> None:
    documents.add(policies)
    synced(documents)
    before = {row[0] for row in documents.role._open.store.vectors()}
    assert documents.remove("travel.md").traces == 0
    gone = sorted(before - {row[0] for row in documents.role._open.store.vectors()})
    remote = ChromaServer(server, "")
    name = next(name for name in started.held() if name.startswith(server.prefix))
    assert gone and remote.delete(remote.collection(name), gone) == []
    assert remote.count(remote.collection(name)) == len(before) - len(gone)
    remote.close()


def test_lost_vectors_and_another_embedder_are_told_anew(
    documents, policies: Path, server: VectorServer, started: Chroma
) -> None:
    documents.add(policies)
    synced(documents)
    (name,) = [name for name in started.held() if name.startswith(server.prefix)]
    remote = ChromaServer(server, "")
    remote.drop(name)  # its administrator lost the disk
    assert "does not have" in documents.search("hotel limit").note
    vectors_of(documents).use("")
    synced(documents)
    assert not documents.search("hotel limit").note
    store = documents.role._open.store
    store.embedder = msgspec.structs.replace(store.embedder, precision="other")
    vectors = vectors_of(documents)
    for _ in vectors.synchronize():
        pass
    assert name not in started.held(), "vectors of two embedders are never compared"
    remote.close()


def test_leaving_deletes_what_is_there_and_chroma_answers_here_again(
    documents, policies: Path, server: VectorServer, started: Chroma
) -> None:
    documents.add(policies)
    synced(documents)
    assert documents.ask(DropVectors()) == VectorState()
    documents.ask(UseVectorServer(server=None))
    assert not [name for name in started.held() if name.startswith(server.prefix)]
    documents.idle()
    assert documents.health()["vectors"] == "ok"
    rows = documents.role._open.store.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    assert not rows


def test_a_server_of_another_kind_is_refused(documents, answering: Callable[[dict[str, object]], str]) -> None:
    """Chroma's server in Python says its true version, and runs code of whoever sends it a request."""
    unsafe = answering({"/api/v2/pre-flight-checks": {"max_batch_size": 100}, "/api/v2/version": "1.5.9"})
    with pytest.raises(AppError, match="runs code of whoever"):
        documents.ask(CheckVectorServer(server=VectorServer(id="", address=unsafe)))
    web = answering({"/api/v2/pre-flight-checks": "<html>"})
    with pytest.raises(AppError, match="does not answer as a Chroma server"):
        documents.ask(CheckVectorServer(server=VectorServer(id="", address=web)))


@pytest.fixture
def answering() -> Iterator[Callable[[dict[str, object]], str]]:
    """Something that answers these paths, → its address."""
    running: list[ThreadingHTTPServer] = []

    def serve(pages: dict[str, object]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(pages.get(self.path)).encode()
                self.send_response(200 if self.path in pages else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(made)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{made.server_address[1]}"

    yield serve
    for made in running:
        made.shutdown()
        made.server_close()
