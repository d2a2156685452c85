"""Fetches a model, of one file or several, so that nothing is fetched twice: after a lost network, a kill at any line,
or a restart it goes on at the byte where it stood.

A download has a folder: `state.json` says which files of the hub its parts are of, and in `model` each part has its own
name once its hash agrees. When all have, that folder is moved into the models folder by one rename. The file by which
a model sees is a part like the others.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, TypeVar

import msgspec
from msgspec import Struct

from app.errors import AppError, BadFile, Busy
from app.files import cannot_write, hold, make_folder, sync_folder, write_atomic
from app.llama.split_files import parts_of
from app.models.download import Hub, Interrupted, Remote
from app.models.model_files import projector_beside
from app.models.whole_files import check_room
from app.workers.calls.models import FetchFile, FetchProgress

TELL_S = 0.5
LOCK_WAIT_S = 5.0
"""A process that was told to end has so long before the next one gives up."""
WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between attempts that bring nothing; after the last one the download is said to have failed."""
LOOK_S = 0.25
PIECE = 4 << 20
TURN = 1 << 20
"""Bytes after which others have their turn, and the hash has its next piece."""
PENDING = 8
"""Pieces that wait for their hash: it is computed beside the network."""
STEADY = 0.7
"""Share of the speed so far in the one that is shown: a figure that jumps says nothing."""
CHANGED = "The file at the hub is another one now, so the download began anew."
NO_RANGES = "The server gives files only as a whole, so the download began anew."

T = TypeVar("T")
Steps = Generator[FetchProgress | None, None, None]


class _Part(Struct, kw_only=True):
    """One file of the hub, as it was when it was first looked at."""

    name: str
    etag: str
    bytes: int


class _State(Struct, kw_only=True):
    version: int = 1
    repo: str
    file: str
    parts: list[_Part]


class Fetch:
    """One download from its first byte to files whose hashes agree; `run` is stepped, and may be closed at any step."""

    def __init__(
        self, hub: Hub, call: FetchFile, folder: Path, check: Callable[[Sequence[Remote]], object] = lambda _: None
    ) -> None:
        """`check` is called when the hub has said what the parts are, and raises AppError where they are not wanted."""
        self._hub, self._call, self._folder, self._check = hub, call, folder, check
        self._names = parts_of(call.file)
        self._projector = ""  # in the repository, where it has one: the last part
        self.remotes: list[Remote] = []
        """What the hub says of the parts, once it has been asked."""
        self._done = 0  # bytes of parts that are whole, and of the one under way
        self._rate, self._told, self._told_done = 0.0, time.monotonic(), 0
        self._note = ""

    def run(self) -> Generator[FetchProgress | None, None, list[Path]]:
        """→ the files in their order, whole and checked, in the download's `model` folder; its projector comes last.

        Raises:
            AppError: it cannot be fetched, in words; what has come stays.
        """
        try:
            make_folder(self._folder / "model")
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        lock = hold(self._folder / "lock", Busy("This file is being fetched already."), LOCK_WAIT_S)
        paths = [self._path(self._call.file)]
        try:
            yield from self._look()
            paths = [self._path(name) for name in self._names]
            self._check(self.remotes)
            check_room(self._folder, self._total - sum(_size(path) + _size(_coming(path)) for path in paths))
            for remote, path in zip(self.remotes, paths, strict=True):
                before = self._done
                if not path.exists():
                    yield from self._part(remote, _coming(path))
                    _coming(path).replace(path)
                self._done = before + remote.size
            sync_folder(paths[0].parent)
        except OSError as error:
            raise cannot_write(paths[0], error) from error
        finally:
            lock.release()
        return paths

    @property
    def _total(self) -> int:
        return sum(each.size for each in self.remotes)

    def _path(self, name: str) -> Path:
        if name and name == self._projector:
            return projector_beside(self._path(self._call.file))
        return self._folder / "model" / safe_name(name)

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def _look(self) -> Steps:
        """Ask the hub what the parts are now; what has come of another file is deleted."""
        known = self._stored()
        self._projector = yield from self._asked(self._named_projector)
        if self._projector:
            self._names = (*self._names, self._projector)
        for at, name in enumerate(self._names):
            remote = self._checked((yield from self._asked(partial(self._looked, name))), at)
            self.remotes.append(remote)
            before = known.get(name)
            if before is not None and (before.etag, before.bytes) == (remote.etag, remote.size):
                continue
            if before is not None:
                self._note = CHANGED
            for path in (self._path(name), _coming(self._path(name))):
                path.unlink(missing_ok=True)
        parts = [_Part(name=n, etag=r.etag, bytes=r.size) for n, r in zip(self._names, self.remotes, strict=True)]
        state = _State(repo=self._call.repo, file=self._call.file, parts=parts)
        write_atomic(self._folder / "state.json", msgspec.json.encode(state))

    def _asked(self, ask: Callable[[], T]) -> Generator[FetchProgress | None, None, T]:
        waits = iter(WAITS_S)
        while True:
            try:
                return ask()
            except Interrupted as error:
                yield from self._wait(error, waits)

    def _looked(self, name: str) -> Remote:
        return self._hub.look(self._call.repo, name, self._call.revision)

    def _named_projector(self) -> str:
        """The file by which the models of this repository see; "" where it has none, or lists nothing: then what is
        wrong is said of the file itself, which a mirror may have without the list."""
        try:
            found = self._hub.repository(self._call.repo, self._call.revision).projector
        except AppError:
            return ""
        return found.name if found is not None and found.name != self._call.file else ""

    def _checked(self, remote: Remote, at: int) -> Remote:
        """
        Raises:
            AppError: the catalogue means another file.
        """
        said = self._call.sha256[at] if at < len(self._call.sha256) else ""
        if said and remote.sha256 and said != remote.sha256:
            raise AppError(
                "The file at the hub is not the one that the catalogue describes.",
                "Ask who keeps the catalogue, or look for the repository and choose the file there.",
                f"{remote.sha256} instead of {said}",
            )
        return replace(remote, sha256=remote.sha256 or said)

    def _stored(self) -> dict[str, _Part]:
        try:
            state = msgspec.json.decode((self._folder / "state.json").read_bytes(), type=_State)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}
        same = state.version == 1 and (state.repo, state.file) == (self._call.repo, self._call.file)
        return {part.name: part for part in state.parts} if same else {}

    # --- one part -----------------------------------------------------------------------------------------------------

    def _part(self, remote: Remote, path: Path) -> Steps:
        """Fetch what is missing of a part, hash all of it, and compare."""
        with path.open("ab", buffering=0) as out, _Hash() as digest:
            if _size(path) > remote.size:
                out.truncate(0)
            yield from self._hash_stored(path, digest)
            yield from self._rest(remote, out, digest)
            os.fsync(out.fileno())
            yield self._progress(checking=True)
            found = digest.hexdigest()
        if remote.sha256 and found != remote.sha256:
            path.unlink(missing_ok=True)
            raise BadFile(
                "What came is not the file that the hub describes: its check sum is another one.",
                "Try again. If it happens again, something on the way changes files: ask your IT.",
                f"{found} instead of {remote.sha256}",
                code="hash",
            )

    def _hash_stored(self, path: Path, digest: _Hash) -> Steps:
        """What an earlier process fetched."""
        with path.open("rb", buffering=0) as stored:
            while piece := stored.read(PIECE):
                digest.update(piece)
                self._done += len(piece)
                yield self._due(checking=True)
        self._told_done = self._done  # that was no network

    def _rest(self, remote: Remote, out: BinaryIO, digest: _Hash) -> Steps:
        waits = iter(WAITS_S)
        while (at := out.seek(0, os.SEEK_END)) < remote.size:
            try:
                yield from self._stream(remote, at, out, digest)
                if out.tell() < remote.size:
                    raise Interrupted(AppError("The connection was lost.", "Try again."))
            except Interrupted as error:
                if out.tell() > at:
                    waits = iter(WAITS_S)
                yield from self._wait(error, waits)

    def _stream(self, remote: Remote, at: int, out: BinaryIO, digest: _Hash) -> Steps:
        with self._hub.stream(remote, at) as (start, pieces):
            if start < at:
                self._note, self._done = NO_RANGES, self._done - at
                out.truncate(0)
                digest.begin()
            asked = self._done
            for piece in pieces:
                _write(out, piece)
                digest.update(piece)
                self._done += len(piece)
                if self._done - asked >= TURN:
                    asked = self._done
                    yield self._due()

    def _wait(self, error: Interrupted, waits: Iterator[float]) -> Steps:
        """
        Raises:
            AppError: there were enough attempts.
        """
        seconds = next(waits, None)
        if seconds is None:
            raise error.error from error
        self._rate = 0.0
        until = time.monotonic() + max(seconds, error.wait_s)
        yield self._progress(note=error.error.message)
        while time.monotonic() < until:
            time.sleep(LOOK_S)
            yield None

    # --- what is told -------------------------------------------------------------------------------------------------

    def _due(self, *, checking: bool = False) -> FetchProgress | None:
        """Twice a second."""
        return self._progress(checking=checking) if time.monotonic() - self._told >= TELL_S else None

    def _progress(self, *, checking: bool = False, note: str = "") -> FetchProgress:
        now = time.monotonic()
        if not checking and now > self._told:
            speed = max(self._done - self._told_done, 0) / (now - self._told)
            self._rate = self._rate * STEADY + speed * (1 - STEADY) if self._rate else speed
        self._told, self._told_done = now, self._done
        if not note:
            note, self._note = self._note, ""
        return FetchProgress(done=self._done, total=self._total, bytes_per_s=self._rate, checking=checking, note=note)


class _Hash:
    """SHA-256 in a thread of its own, beside the network and the disk."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._pending: deque[Future[None]] = deque()
        self._next: list[bytes] = []
        self._length = 0
        self._sha = hashlib.sha256()

    def begin(self) -> None:
        """Forget what came."""
        self._wait(0)
        self._next, self._length = [], 0
        self._sha = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        self._next.append(piece)
        self._length += len(piece)
        if self._length >= TURN:
            self._hand_over()
            self._wait(PENDING)

    def hexdigest(self) -> str:
        self._hand_over()
        self._wait(0)
        return self._sha.hexdigest()

    def _hand_over(self) -> None:
        pieces, self._next, self._length = self._next, [], 0
        self._pending.append(self._pool.submit(self._take, pieces))

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._sha.update(piece)

    def _wait(self, left: int) -> None:
        while len(self._pending) > left:
            self._pending.popleft().result()

    def __enter__(self) -> _Hash:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._pool.shutdown()


def safe_name(name: str) -> str:
    """A name for a file of ours, of one in a repository; parts of one model keep their numbers at the end.

    Raises:
        AppError: nothing is left of it.
    """
    stem = re.sub(r"[^\w.+-]+", "-", PurePosixPath(name).name.removesuffix(".gguf")).strip("-.")[-100:]
    if not stem:
        raise AppError("The file at the hub has no usable name.", "Choose another file.", name)
    return f"{stem}.gguf"


def _coming(path: Path) -> Path:
    """What a part is called until it is whole."""
    return path.with_name(f"{path.name}.part")


def _write(out: BinaryIO, piece: bytes) -> None:
    """All of it: an unbuffered file may take less at a time."""
    view = memoryview(piece)
    while view:
        view = view[out.write(view) :]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
