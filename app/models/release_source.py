"""Where a company keeps newer versions, a folder or an address: its list is read, and a file of it fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from app.errors import AppError, BadFile
from app.models.download import Hub, Interrupted, Remote, asked
from app.models.transfer import Steps, Transfer, size
from app.models.whole_files import check_room
from app.release_feed import (
    FEED,
    LIMIT_BYTES,
    Feed,
    Release,
    RuntimeBuild,
    check_source,
    is_address,
    parse_feed,
    place_of,
)

PIECE = 1 << 20


def read_feed(source: str) -> Feed:
    """What is offered there.

    Raises:
        AppError: it cannot be reached, or has no list that can be used.
    """
    source = check_source(source)
    if is_address(source):
        hub = Hub(source)
        raw = asked(lambda: hub.fetch(f"{source}/{FEED}", LIMIT_BYTES, redirects=False))
    else:
        try:
            with (Path(source) / FEED).open("rb") as file:
                raw = file.read(LIMIT_BYTES + 1)
        except OSError as error:
            raise _away(source, error) from error
    return parse_feed(raw, place_of(source))


def fetch(source: str, offered: Release | RuntimeBuild, path: Path) -> Steps:
    """Bring a file of the list to `path`, going on where that ends, and compare its hash.

    Raises:
        AppError: it cannot be fetched, and what has come stays. BadFile: it is not what the list says.
        OSError: it cannot be written.
    """
    source = check_source(source)
    check_room(path.parent, offered.bytes - size(path))
    at = f"{source}/{quote(offered.file)}" if is_address(source) else str(Path(source) / offered.file)
    transfer = Transfer(Hub(source) if is_address(source) else _Folder(source), "the list of updates")
    transfer.total = offered.bytes
    yield from transfer.part(Remote(at, "", offered.bytes, offered.sha256, ""), path)


class _Folder:
    """Files on a drive, which may go away at any byte."""

    def __init__(self, source: str) -> None:
        self._source = source

    @contextmanager
    def stream(self, remote: Remote, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """See app.models.transfer.Streams."""
        path = Path(remote.url)
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            if path.parent.is_dir():
                raise BadFile(f"“{path.name}” is not in the folder of the updates.", "Ask who keeps it.") from error
            raise Interrupted(_away(self._source, error)) from error
        except OSError as error:
            raise Interrupted(_away(self._source, error)) from error
        with file:
            yield start, self._pieces(file, start)

    def _pieces(self, file: object, start: int) -> Iterator[bytes]:
        try:
            file.seek(start)  # type: ignore[attr-defined]
            while piece := file.read(PIECE):  # type: ignore[attr-defined]
                yield piece
        except OSError as error:
            raise Interrupted(_away(self._source, error)) from error


def _away(source: str, error: OSError) -> AppError:
    if isinstance(error, FileNotFoundError) and Path(source).is_dir():
        return AppError(f"There is no list of updates ({FEED}) in {place_of(source)}.", "Ask who keeps it.", str(error))
    return AppError(
        f"The folder {place_of(source)} cannot be read.",
        "Check that the drive is connected, then try again.",
        str(error),
    )
