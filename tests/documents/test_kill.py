"""The documents process is killed with -9 fifty times while it indexes, and loses nothing that it had acknowledged."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from app.paths import Home
from app.spawn import child_environment
from app.workers.calls.documents import Add, Added, CheckHealth, CreateCollection, FileEvent, Health, Search, Searched
from app.workers.protocol import AnyCall, AnyData, Request, decode_frame, encode

KILLS = 50
FILES = 300
FIRST = 1
"""The id of the first collection."""
CHECKOUT = Path(__file__).parents[2]

FORKS = """
import os, sys
import chromadb, onnxruntime
from app.documents.worker import DocumentsRole
from app.workers import host

for _ in sys.stdin:
    child = os.fork()
    if not child:
        for descriptor, name, mode in ((0, sys.argv[1], os.O_RDONLY), (1, sys.argv[2], os.O_WRONLY)):
            os.dup2(os.open(name, mode), descriptor)
        sys.stdin = os.fdopen(0)
        os._exit(host.main("documents", DocumentsRole))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Forks the whole documents child, as `--worker documents` starts it, once its libraries are imported: importing them
takes longer than all that the child then does until it is killed."""


def _whole(home: Path) -> set[str]:
    """Paths of the documents in the store, each checked to be whole."""
    db = sqlite3.connect(home / "documents.db")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.execute("INSERT INTO words(words) VALUES ('integrity-check')")
    rows = db.execute(
        """SELECT d.path, d.passages, (SELECT count(*) FROM passages p WHERE p.document_id = d.id),
        (SELECT count(*) FROM texts t WHERE t.document_id = d.id) FROM documents d"""
    ).fetchall()
    (words,) = db.execute("SELECT count(*) FROM words").fetchone()
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    db.close()
    assert words == passages
    assert all(said == held and texts == 1 for _, said, held, texts in rows)
    return {path for path, *_ in rows}


def _ask(requests: BinaryIO, *calls: AnyCall) -> None:
    for number, call in enumerate(calls, 1):
        requests.write(encode(Request(number, call)))
    requests.flush()


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # another of the test's kills was quicker
        os.kill(child, signal.SIGKILL)


def _acknowledged(data: AnyData | None) -> bool:
    return isinstance(data, FileEvent) and data.status in ("indexed", "unchanged")


@pytest.mark.real
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a thing of POSIX systems")
def test_fifty_kills_of_the_documents_process_lose_nothing(tmp_path: Path, data_folder: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(FILES):
        text = f"Document {number} is about the matter {number}. " + "It speaks of many things. " * 20
        (folder / f"{number:03}.txt").write_text(text)
    pipes = [tmp_path / "requests", tmp_path / "replies"]
    for pipe in pipes:
        os.mkfifo(pipe)
    home, rng, acknowledged = Home(data_folder), random.Random(5), set[str]()
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKS, *map(str, pipes)], env=child_environment(home, os.environ), cwd=CHECKOUT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert parent.stdin is not None and parent.stdout is not None
    for kill in range(KILLS):
        parent.stdin.write("start\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        with pipes[0].open("wb") as requests, pipes[1].open("rb") as replies:
            _ask(requests, CreateCollection(name="c"), Add(paths=(str(folder),), collection_id=FIRST))
            # every third is killed by the clock wherever it is, the others between two files that are new to it
            after = rng.randint(1, 12)
            if kill % 3 == 0:
                threading.Timer(rng.random() * 1.2, _kill, (child,)).start()
            for line in replies:
                data = decode_frame(line).data
                if _acknowledged(data):
                    assert isinstance(data, FileEvent)
                    after -= data.path not in acknowledged
                    acknowledged.add(data.path)
                    if after == 0 and kill % 3:
                        time.sleep(rng.random() * 0.01)
                        _kill(child)
                elif isinstance(data, Added):
                    time.sleep(rng.random() * 0.1)  # Chroma is being brought in step now
                    _kill(child)
        assert parent.stdout.readline() == "ended\n"
        if (data_folder / "documents.db").exists():
            assert acknowledged <= _whole(data_folder)
    parent.stdin.close()
    assert parent.wait() == 0
    parent.stdout.close()
    assert len(acknowledged) > FILES // 4, "some kills must have met a child at work"
    _goes_on(home, folder)


def _goes_on(home: Home, folder: Path) -> None:
    """A child that is left alone ends the work, finds what was indexed first and last, and says that it is well."""
    child = subprocess.Popen(
        [sys.executable, "-m", "app", "--worker", "documents"], env=child_environment(home, os.environ), cwd=CHECKOUT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None

    def answer(call: AnyCall) -> AnyData | None:
        assert child.stdin is not None and child.stdout is not None
        _ask(child.stdin, call)
        for line in child.stdout:
            frame = decode_frame(line)
            if frame.kind in ("done", "error"):
                assert frame.kind == "done", frame.error
                return frame.data
        raise AssertionError("the documents process ended")

    added = answer(Add(paths=(str(folder),), collection_id=FIRST))
    assert isinstance(added, Added) and added.indexed + added.unchanged == FILES
    for number in (0, FILES - 1):
        found = answer(Search(query=f"the matter {number}", k=3))
        assert isinstance(found, Searched)
        assert any(passage.path.endswith(f"{number:03}.txt") for passage in found.result.passages)
    health = answer(CheckHealth())
    assert isinstance(health, Health) and health.stores["documents"] == health.stores["embedder"] == "ok"
    assert health.stores["vectors"].startswith(("ok", "rebuilt")), health  # Chroma itself may be left in pieces
    child.stdin.close()
    child.wait()
    child.stdout.close()
    assert len(_whole(home.root)) == FILES
