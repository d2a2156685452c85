"""Brings an embedder in: checked, written in the form that is used, proved, and then put in its place as a whole.

What reads a stranger's file is a process of its own (`embedder_child.py`): damage or a lack of memory ends that.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from app.embedder.embedders import PART, Embedders, Manifest
from app.errors import AppError, BadFile, NoSpace
from app.files import cannot_write, make_folder, sync_folder
from app.spawn import child_command
from app.workers.calls.embedders import EmbedderImported, ImportEmbedder, ImportProgress
from app.workers.roles import Steps

SPARE_BYTES = 256 << 20
"""Kept free on the disk beside it."""
SILENT_S = 900.0
"""After so long without a word the process is ended: each step of a large embedder takes minutes at most."""


class Order(Struct, frozen=True):
    """What the process is to do: write an embedder into an empty folder."""

    source: str
    folder: str
    name: str
    query: str | None = None  # instead of what the embedder says
    passage: str | None = None


class Word(Struct, frozen=True):
    """What it says, a line each: a step, in the end the manifest or what is wrong."""

    step: str = ""
    made: Manifest | None = None
    failed: tuple[str, str, str, str] | None = None  # message, hint, detail, code


def import_embedder(embedders: Embedders, call: ImportEmbedder) -> Steps:
    """Steps: ImportProgress…, EmbedderImported.

    Raises:
        BadFile: it is no embedder that can be used here.
        NoSpace: it cannot be written.
        AppError: it is there already.
    """
    source = Path(call.path).expanduser().absolute()
    size = _size(source)
    folder = _part(embedders.root, size)
    try:
        order = Order(str(source), str(folder), call.name, call.query, call.passage)
        made: Manifest | None = None
        with _child(order) as said:
            for word in _words(said):
                if word is not None and word.failed is not None:
                    message, hint, detail, code = word.failed
                    raise NoSpace(message, hint, detail) if code == "disk" else BadFile(message, hint, detail, code)
                made = word.made if word is not None and word.made is not None else made
                yield ImportProgress(step=word.step) if word is not None and word.step else None
        if made is None:
            raise BadFile(
                f"“{source.name}” could not be imported: the process that tried it ended.",
                "It may be damaged, or too big for this computer’s memory.",
                code="ended",
            )
        return EmbedderImported(embedder=_placed(embedders, folder, made))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _size(source: Path) -> int:
    try:
        paths = [source] if source.is_file() else list(source.glob("**/*.safetensors"))
        return sum(path.stat().st_size for path in paths)
    except OSError as error:
        raise BadFile(f"“{source.name}” cannot be read.", "Check that you may open it.", str(error)) from error


def _part(root: Path, size: int) -> Path:
    """An empty folder, on a disk with room for what comes."""
    try:
        make_folder(root)
        free, needed = shutil.disk_usage(root).free, 2 * size + SPARE_BYTES
        if free < needed:
            raise NoSpace(
                f"The disk has {free / 1e9:.1f} GB free, and this embedder needs {needed / 1e9:.1f} GB.",
                "Free some disk space and try again.",
            )
        return Path(tempfile.mkdtemp(prefix=PART, dir=root))
    except OSError as error:
        raise cannot_write(root, error) from error


def _placed(embedders: Embedders, folder: Path, made: Manifest) -> Manifest:
    known = embedders.get(made.id)
    if known is not None:
        raise BadFile(f"This embedder is here already as “{known.name}”.", "Use that one.", code="known")
    try:
        folder.replace(embedders.folder(made.id))
        sync_folder(embedders.root)
    except OSError as error:
        raise cannot_write(embedders.root, error) from error
    return made


@contextlib.contextmanager
def _child(order: Order) -> Iterator[IO[bytes]]:
    process = subprocess.Popen(
        child_command("--child", "embedder"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        with contextlib.suppress(OSError):  # it ended already, and says nothing
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()  # left open: its end would tell that nobody waits any more
        yield process.stdout
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _words(stream: IO[bytes]) -> Iterator[Word | None]:
    """What the process says, and None while it says nothing; until its end."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(ValueError):  # it was closed meanwhile
            for line in stream:
                lines.put(line)
        lines.put(None)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    silent = 0.0
    while True:
        try:
            line = lines.get(timeout=0.05)
        except queue.Empty:
            silent += 0.05
            if silent > SILENT_S:
                raise AppError("The import took too long and was stopped.", "Choose a smaller embedder.") from None
            yield None
            continue
        if line is None:
            thread.join()
            return
        silent = 0.0
        yield msgspec.json.decode(line, type=Word)
