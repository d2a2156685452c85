"""A data folder that may only be read: commands that ask it something work over a temporary one, which leads to it.

The core needs a place for its lock, its socket and a chat store; what is asked lies in the index, which the documents
process opens to be read only. Nothing is kept, and that is said.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.cli.output import tell
from app.errors import AppError, Busy
from app.files import hold, is_writable
from app.paths import Home

ASKS = frozenset(("ask", "calculate", "collections", "compare", "find", "hidden", "search", "summarise"))
"""Commands that need not write."""
NOTHING_KEPT = "Your data folder may only be read here: it is searched as it is, and nothing is kept."
LEAVES_S = 30.0
"""How long the temporary core is waited for; it ends two seconds after its door."""


@contextlib.contextmanager
def folder_for(place: Home, command: str) -> Iterator[Home]:
    """The data folder, or a temporary one in its stead where it may only be read and that is enough."""
    if command not in ASKS or not place.documents_db.exists() or is_writable(place.root):
        yield place
        return
    root = Path(tempfile.mkdtemp(prefix="inhouse-"))  # for this user alone
    try:
        lent = Home(root)
        try:
            _lead(place, lent)
        except OSError:  # Windows, where a link is a privilege
            yield place
            return
        tell(NOTHING_KEPT)
        yield lent
        _wait_for_core(lent)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _lead(place: Home, lent: Home) -> None:
    """Links to what is read, and copies of what a core would write to."""
    for path in (place.documents_db, place.readers, place.heads, place.embedders):
        if path.exists():
            (lent.root / path.name).symlink_to(path)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(place.settings_file, lent.settings_file)
    if place.models.is_dir():
        lent.models.mkdir()
        for path in place.models.iterdir():
            if path.suffix == ".json" and path.is_file():
                shutil.copyfile(path, lent.models / path.name)
            else:
                (lent.models / path.name).symlink_to(path)


def _wait_for_core(lent: Home) -> None:
    with contextlib.suppress(AppError):
        hold(lent.root / "core.lock", Busy("It still runs."), LEAVES_S).release()
