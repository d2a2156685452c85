"""The file of a shared collection where it lies: found, looked at and fetched; never written or opened in place."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from app.documents.bundle_file import About, EditionMark, opened, read_about
from app.documents.publishing import PART, Steps, beside
from app.errors import AppError, BadFile, NewerData
from app.files import cannot_write, make_folder
from app.formats import COLLECTION_SUFFIX

FETCHED = "shared-"
"""How the names of copies in the cache folder begin."""
MOST_FILES = 1000
"""Of a folder that is looked through for editions."""
_BLOCK = 1 << 20
_DENIED = "denied"


def fetch(cache: Path, path: Path) -> Steps:
    """A copy of the file in the cache folder, so that the drive is needed no longer than a copy takes."""
    make_folder(cache)
    there = cache / f"{FETCHED}{uuid.uuid4().hex}{PART}"

    def copy(beat: Callable[[], None]) -> Path:
        with path.open("rb") as source, there.open("xb") as out:
            while block := source.read(_BLOCK):
                out.write(block)
                beat()
        return there

    try:
        return (yield from beside(copy))
    except BaseException as error:
        with suppress(OSError):
            there.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _plain(error, path) from error
        raise


def sweep(cache: Path) -> None:
    """Remove copies that a kill left behind: they hold what may be gone by now."""
    for left in cache.glob(f"{FETCHED}*{PART}"):
        with suppress(OSError):
            left.unlink()


def find_edition(path: Path) -> Path:
    """The file of a shared collection: the path itself, or the one in this folder.

    Raises:
        BadFile: there is none, or there are several.
    """
    try:
        if not path.is_dir():
            mark_of(about_of(path), path)
            return path
        found = islice(path.glob(f"*{COLLECTION_SUFFIX}"), MOST_FILES)
        files = sorted(each for each in found if not each.name.startswith("."))
    except OSError as error:
        raise _plain(error, path) from error
    if len(files) == 1:
        return files[0]
    if files:
        names = ", ".join(each.name for each in files[:5])
        raise BadFile("There are several collections in this folder.", f"Choose one: {names}.", code="choose")
    raise BadFile(
        "There is no shared collection in this folder.", "Choose the one that was named to you.", code="choose"
    )


def about_of(path: Path) -> About:
    """What a file says of itself."""
    with opened(path, path) as archive:
        return read_about(archive, path)


def mark_of(about: About, path: Path) -> EditionMark:
    """Which edition it is.

    Raises:
        BadFile: it is none, with the code `exported`.
    """
    if about.edition is None:
        said = f"{path.name} was exported once and is not shared."
        raise BadFile(said, "Import it: it becomes a collection of yours.", code="exported")
    return about.edition


def follower(about: About, path: Path, share: str, edition: int) -> EditionMark:
    """Which edition it is, if it is of this collection and no older one; raises AppError."""
    mark = mark_of(about, path)
    if mark.share != share:
        raise AppError("Another collection lies in its place")
    if mark.number < edition:
        raise AppError(f"An older edition ({mark.number}) lies in its place")
    return mark


def looks_of(path: Path) -> tuple[int, int]:
    """Size and date, which tell that it may be another edition."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        if path.parent.is_dir():
            raise AppError("Its file was taken out of its folder") from error
        raise
    return status.st_size, status.st_mtime_ns


def problem_of(error: AppError | OSError) -> str:
    """Why there is no newer edition, as the beginning of a sentence that goes on with "since"."""
    if isinstance(error, NewerData):
        return "A newer Inhouse writes it"
    if isinstance(error, BadFile) and error.code != "missing":
        return "A damaged file lies in its place"
    if isinstance(error, PermissionError) or (isinstance(error, AppError) and error.detail == _DENIED):
        return "Its file may not be read"
    if isinstance(error, AppError) and not isinstance(error, BadFile):
        return error.message.rstrip(".")
    return "Its folder cannot be reached"


def _plain(error: OSError, path: Path) -> AppError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return cannot_write(path, error)
    denied = isinstance(error, PermissionError)
    said = f"{path.name} may not be read." if denied else f"{path.name} cannot be reached."
    hint = "Ask who shares it." if denied else "Check the folder, and try again."
    return BadFile(said, hint, _DENIED if denied else str(error), code="missing")
