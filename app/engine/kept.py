"""Keeps what chats have read on the disk, so that one that is opened again after a restart is not read again.

A cache: a file a chat, in the cache folder, that nothing misses when it is gone. It is good for one model file, one
adapter and one set of parameters, and of it only what begins with the very tokens of the prompt is used, so that
nothing of one chat can come up in another.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import zlib
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.engine.load import LoadedModel
from app.files import PRIVATE_FILE, make_folder
from app.llama.library import library_version
from app.llama.saved import Saved, common_prefix
from app.llama.split_files import part_paths
from app.packages import version_of
from app.paths import Home
from app.runtimes import VARIABLE

log = logging.getLogger("inhouse.engine")

FORMAT = 2
LEAST = 256
"""Tokens; fewer are read again as soon as a file is."""
FRESH = 256
"""Tokens that must have come before a chat is written again; the file still serves for those before."""
LIMIT_BYTES = 4 << 30
HEADER_LIMIT = 64 << 20
"""Bytes of the first line: what is longer is none of ours."""
TOKEN_BYTES = 4
DISK_SHARE = 10
"""They take at most a tenth of what is free on the disk, their own bytes counted as free."""
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
PIECE = 4 << 20
"""Bytes that a step reads, sums up or writes."""


class Header(Struct, frozen=True):
    """The first line of a file; the tokens (int32) and the keys and values of them follow."""

    conversation: str
    made_by: str  # see `fingerprint`
    tokens: int
    state: int  # bytes
    check: int  # CRC-32 of the answers and of all that follows
    answers: tuple[tuple[str, tuple[int, ...]], ...] = ()  # text and the tokens that the model wrote it with


def fingerprint(loaded: LoadedModel, model: str, adapter: str, scale: float) -> str:
    """What must be the same for keys and values to be those that would be computed now. `model`: its `identity` when
    it was loaded; by now another file may have its name."""
    parts = [
        str(FORMAT),
        str(version_of("llama-cpp-python")),
        f"{library_version()} {os.environ.get(VARIABLE, '')}",
        model,
        f"{identity(adapter)} {scale}" if adapter else "",
        f"{loaded.context.size} {loaded.plan.kv_8bit} {loaded.plan.gpu_layers}",
    ]
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def identity(path: str) -> str:
    """A file, or all of a model's, as it is now: one that was replaced has another number, date or size, or was changed
    at another time."""
    try:
        found = [part.stat() for part in part_paths(Path(path))]
    except OSError:  # it is open, and its name is gone
        return f"{path} {os.urandom(16).hex()}"
    stamps = (f"{each.st_ino} {each.st_size} {each.st_mtime_ns} {each.st_ctime_ns}" for each in found)
    return " ".join([path, *stamps])


class KeptStates:
    """The files of the model that is loaded, beside those of others. The core deletes them: nothing is remembered of
    them here."""

    def __init__(self, home: Home, made_by: str) -> None:
        self._folder, self._made_by = home.conversations, made_by

    def read(self, conversation: str) -> tuple[Saved, Header] | None:
        """What the file has of a chat; None where there is none, or another model made it. One that is not as it was
        written is deleted."""
        path = self._path(conversation)
        try:
            with path.open("rb") as file:
                header = self._header(file)
                if header is None:
                    return None
                tokens = np.fromfile(file, np.int32, header.tokens)
                state = np.fromfile(file, np.uint8, header.state)
            if _check(header.answers, tokens, state) != header.check:
                raise ValueError("it is damaged")
            os.utime(path)  # the oldest go first
        except FileNotFoundError:
            return None
        except (OSError, ValueError, MemoryError) as error:
            log.info("what was kept of a chat cannot be used: %s", error)
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        return Saved(conversation, tokens.tolist(), state), header

    def is_fresh(self, conversation: str, tokens: list[int]) -> bool:
        """Whether the file serves for nearly all of these tokens."""
        try:
            with self._path(conversation).open("rb") as file:
                header = self._header(file)
                held = [] if header is None else np.fromfile(file, np.int32, header.tokens).tolist()
        except (OSError, ValueError, MemoryError):
            return False
        return len(tokens) - common_prefix(held, tokens) < FRESH

    def _header(self, file: BinaryIO) -> Header | None:
        """What the file says of itself; None where another model made it.

        Raises:
            ValueError: it is no such file, or not all of it is there.
        """
        line = file.readline(HEADER_LIMIT)
        header = msgspec.json.decode(line, type=Header)
        if header.made_by != self._made_by:
            return None
        if len(line) + header.tokens * TOKEN_BYTES + header.state != os.fstat(file.fileno()).st_size:
            raise ValueError("it is cut off")
        return header

    def write(self, saved: Saved, answers: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[None]:
        """Put a chat's file in place of its last, a piece a step; closing it leaves the last as it was. A full disk
        is no error: the chat is read again."""
        target = self._path(saved.key)
        temporary = target.with_suffix(".part")
        tokens = np.asarray(saved.tokens, np.int32)
        try:
            if not self._make_room(target, saved.state.nbytes):
                return
            check = _check(answers, tokens, saved.state)
            header = Header(saved.key, self._made_by, len(tokens), saved.state.nbytes, check, tuple(answers))
            with os.fdopen(os.open(temporary, WRITE, PRIVATE_FILE), "wb") as file:
                file.write(msgspec.json.encode(header) + b"\n")
                file.write(tokens.data)
                for piece in _pieces(saved.state):
                    file.write(piece)
                    yield
            temporary.replace(target)
        except OSError as error:
            log.info("a chat could not be kept: %s", error)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _path(self, conversation: str) -> Path:
        return self._folder / f"{conversation}.chat"

    def _make_room(self, target: Path, size: int) -> bool:
        """Delete the oldest files until one of so many bytes has room; False where it can have none."""
        make_folder(self._folder)
        files = sorted((path.stat().st_mtime_ns, path) for path in self._folder.glob("*.chat") if path != target)
        sizes = {path: path.stat().st_size for _, path in files}
        own = target.stat().st_size if target.exists() else 0
        held = sum(sizes.values())
        limit = min(LIMIT_BYTES, (shutil.disk_usage(self._folder).free + held + own) // DISK_SHARE)
        if size > limit:
            return False
        for _, path in files:
            if held + size <= limit:
                break
            path.unlink()
            held -= sizes[path]
        return True


def _pieces(state: NDArray[np.uint8]) -> Iterator[memoryview]:
    for start in range(0, state.size, PIECE):
        yield state.data[start : start + PIECE]


def _check(answers: Sequence[tuple[str, tuple[int, ...]]], tokens: NDArray[np.int32], state: NDArray[np.uint8]) -> int:
    check = zlib.crc32(tokens.data, zlib.crc32(msgspec.json.encode(answers)))
    for piece in _pieces(state):
        check = zlib.crc32(piece, check)
    return check
