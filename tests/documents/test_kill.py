"""The documents process is killed with -9 fifty times while it indexes, and loses nothing that it had acknowledged."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.paths import Home
from app.workers import protocol as p
from app.workers.spawn import child_environment

KILLS = 50

FORKS = """
import hashlib, os, sys
import numpy as np
from pathlib import Path
from app.documents.embed import Counter
from app.documents.index import Indexing
from app.documents.parsed import Block, Parsed
from app.documents.store import Store
from app.workers.protocol import Add, FileEvent

class Plain:
    def parse(self, path, password=None):
        data = Path(path).read_bytes()
        text = data.decode()
        return Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=hashlib.sha256(data).hexdigest())
    def close(self):
        pass

class Encoder:
    def encode(self, texts):
        return np.full((len(texts), 384), 384 ** -0.5, np.float32)

counter = Counter()

def say(what):
    os.write(1, f"{what}\\n".encode())  # in one piece: a print that is killed may lack its end of line

def index(home, folder):
    store = Store(home / "documents.db", home / "backups")
    for event in Indexing(store, Add(paths=(folder,), collection="c"), Encoder(), counter, Plain()).steps():
        if isinstance(event, FileEvent) and event.status in ("indexed", "unchanged"):
            say(event.path)

for _ in sys.stdin:
    child = os.fork()
    if not child:
        say(os.getpid())
        index(Path(sys.argv[1]), sys.argv[2])
        os._exit(0)
    os.waitpid(child, 0)
    say("ended")
"""
"""A process that imports everything once and forks an indexing child for each line: starting Python takes longer."""


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


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a thing of POSIX systems")
def test_fifty_kills_lose_nothing(tmp_path: Path, data_folder: Path) -> None:
    data_folder.mkdir()
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03}.txt").write_text(f"Document {number}. " + "It speaks of many matters. " * 20)
    rng = random.Random(5)
    acknowledged: set[str] = set()
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKS, str(data_folder), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdin is not None and parent.stdout is not None
    for kill in range(KILLS):
        parent.stdin.write("index\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        after = rng.randint(1, 12) + len(acknowledged) * (kill % 2)
        for line in parent.stdout:
            if line == "ended\n":
                break
            acknowledged.add(line.strip())
            after -= 1
            if after == 0:
                time.sleep(rng.random() * 0.003)
                os.kill(child, signal.SIGKILL)
        assert acknowledged <= _whole(data_folder)
    parent.stdin.close()
    assert parent.wait() == 0
    parent.stdout.close()
    assert 20 < len(_whole(data_folder)) < 400, "some kills must have met a child at work"


@pytest.mark.real
def test_the_real_child_killed_while_indexing_goes_on(tmp_path: Path, data_folder: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.txt").write_text(f"Document {number} is about the matter {number}.")
    home = Home(data_folder)
    for kill in (True, True, False):
        child = subprocess.Popen(
            [sys.executable, "-m", "app", "--worker", "documents"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=child_environment(home, os.environ), cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(p.encode(p.Request(1, p.Add(paths=(str(folder),), collection="c"))))
        child.stdin.flush()
        for line in child.stdout:
            frame = p.decode_frame(line)
            if kill and isinstance(frame.data, p.FileEvent) and frame.data.status in ("indexing", "indexed"):
                break
            if frame.kind != "event":
                assert isinstance(frame.data, p.Added), frame
                assert frame.data.indexed + frame.data.unchanged == 12
                break
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    assert len(_whole(data_folder)) == 12
