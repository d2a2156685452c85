"""Fetches a model, of one file or several, so that nothing is fetched twice: after a lost network, a kill at any line,
or a restart it goes on at the byte where it stood.

A download has a folder: `state.json` says which files of the hub its parts are of, and in `model` each part has its own
name once its hash agrees. When all have, that folder is moved into the models folder by one rename. The file by which
a model sees is a part like the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec
from msgspec import Struct

from app.errors import AppError, Busy
from app.files import cannot_write, hold, make_folder, sync_folder, write_atomic
from app.llama.split_files import parts_of
from app.models.download import Hub, Interrupted, Remote
from app.models.model_files import projector_beside
from app.models.transfer import WAITS_S, Steps, Transfer, size
from app.models.whole_files import check_room
from app.workers.calls.models import FetchFile, FetchProgress

LOCK_WAIT_S = 5.0
"""A process that was told to end has so long before the next one gives up."""
CHANGED = "The file at the hub is another one now, so the download began anew."

T = TypeVar("T")


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
        self._transfer = Transfer(hub, "the hub")

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
            check_room(self._folder, self._transfer.total - sum(size(path) + size(_coming(path)) for path in paths))
            for remote, path in zip(self.remotes, paths, strict=True):
                before = self._transfer.done
                if not path.exists():
                    yield from self._transfer.part(remote, _coming(path))
                    _coming(path).replace(path)
                self._transfer.done = before + remote.size
            sync_folder(paths[0].parent)
        except OSError as error:
            raise cannot_write(paths[0], error) from error
        finally:
            lock.release()
        return paths

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
            self._transfer.total += remote.size
            before = known.get(name)
            if before is not None and (before.etag, before.bytes) == (remote.etag, remote.size):
                continue
            if before is not None:
                self._transfer.note = CHANGED
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
                yield from self._transfer.wait(error, waits)

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
