"""The part of the models process that newer versions come through: fetched, checked, unpacked and tried beside the
version in use."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from app.database.going_back import keep_files
from app.errors import AppError, BadFile
from app.files import cannot_write, make_folder
from app.models.release_source import fetch, read_feed
from app.models.runtimes import Runtimes
from app.paths import Home
from app.release_feed import Release
from app.updates import FETCHED, alone, installed, take
from app.workers.calls.runtimes import RuntimeAdded
from app.workers.calls.updates import FeedRead, FetchRuntime, ReadFeed, ReleaseTaken, TakeRelease, Unpacked
from app.workers.roles import Steps


class ReleaseRole:
    """Answers the calls about newer versions."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def handle(self, call: ReadFeed | TakeRelease | FetchRuntime) -> Steps:
        """Start a request; see app.workers.roles."""
        if isinstance(call, ReadFeed):
            yield None
            return FeedRead(feed=read_feed(call.source))
        if isinstance(call, FetchRuntime):
            return (yield from self._runtime(call))
        parent = installed().parent
        with alone(parent):
            keep_files(self._home)
            if call.release is not None:
                return (yield from _offered(call.source, call.release, parent))
            version, checked = yield from _unpacked(Path(call.path).expanduser().absolute())
            return ReleaseTaken(version=version, checked=checked)

    def _runtime(self, call: FetchRuntime) -> Steps:
        """The archive lies in the cache until it was brought in; its hash is part of its name."""
        folder = self._home.cache / "runtimes"
        path = folder / f"{call.build.sha256[:16]}-{call.build.file}"
        try:
            make_folder(folder)
            yield from fetch(call.source, call.build, path)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            runtime = yield from Runtimes(self._home).bring_in(path, call.name)
        except AppError:
            path.unlink(missing_ok=True)  # it is what the list says, and of no use here
            raise
        path.unlink(missing_ok=True)
        return RuntimeAdded(runtime=runtime)


def _offered(source: str, release: Release, parent: Path) -> Steps:
    path = parent / f"{FETCHED}{release.sha256[:16]}-{release.file}"
    try:
        for other in parent.glob(f"{FETCHED}*"):
            if other != path:
                other.unlink()
        yield from fetch(source, release, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        version, _ = yield from _unpacked(path, release.version)
    except BadFile:
        path.unlink(missing_ok=True)  # it is what the list says, and of no use all the same
        raise
    path.unlink(missing_ok=True)
    return ReleaseTaken(version=version, checked=True)


def _unpacked(path: Path, version: str = "") -> Generator[Unpacked, None, tuple[str, bool]]:
    """
    Raises:
        AppError: it is not good, or not the version that was said.
    """
    steps = take(path, version)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            taken: tuple[str, bool] = end.value
            return taken
        yield Unpacked(done=done, total=total)
