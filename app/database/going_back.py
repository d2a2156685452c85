"""Goes back to the version of Inhouse before with data that it can read: stores and small files that are newer are kept
as copies, and those from before are put in their place."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.database.copies import copies_of
from app.database.earlier import earlier_copy, go_back_to, no_copy
from app.database.opening import open_reader, version_of
from app.errors import Busy
from app.files import cannot_write, hold, make_folder, write_atomic
from app.frozen import release_of
from app.paths import Home
from app.updates import check_back, go_back

STORES = {"chats": "Your chats", "documents": "The document index", "tables": "Your tables"}
FILES = {
    "settings": "Your settings",
    "models": "The list of models",
    "assistants": "Your assistants",
    "arena": "Your votes",
}
LEAVES_S = 5.0
"""A core ends two seconds after its last door."""


class _Newer(NamedTuple):
    """What the version before cannot read, and the newest copy that it can."""

    path: Path
    subject: str
    version: int
    copy: Path | None


def go_back_with_data(home: Home, wait_s: float = LEAVES_S) -> tuple[str, list[str]]:
    """→ the version that is used from the next start on, and a sentence for each thing that is as before again.

    Safe to repeat after a kill: what is done is seen by its version, and the program is switched last.

    Raises:
        AppError: there is no version before, or no copy that it can read; nothing was changed. Busy: Inhouse runs.
    """
    other = release_of(check_back())
    said: list[str] = []
    with contextlib.ExitStack() as held:
        if home.root.exists():
            lock = hold(home.root / "core.lock", Busy("Inhouse is running.", "Close its window, then go back."), wait_s)
            held.callback(lock.release)
        newer = [*_newer_stores(home, other.get("data")), *_newer_files(home, other.get("files"))]
        missing = [each.subject for each in newer if each.copy is None]
        if missing:
            raise no_copy(missing, str(other.get("version", "")), home.backups)
        for each in newer:
            assert each.copy is not None
            kept = _put_back(home, each, each.copy)
            said.append(f"{each.subject}: again as in {each.copy.name}. What is newer is kept as backups/{kept.name}.")
        return go_back(), said


def keep_files(home: Home) -> None:
    """Copy the small files beside the backups, as a newer version is taken: that may write them in its own form.

    Raises:
        NoSpace: they could not be copied.
    """
    for stem in FILES:
        path = _place(home, stem)
        version = _version(path)
        if version is None:
            continue
        copies = _copies(home.backups, stem)
        if not copies or copies[-1].read_bytes() != path.read_bytes():
            _keep(home, path, version)


def _newer_stores(home: Home, known: object) -> Iterator[_Newer]:
    for name, subject in STORES.items():
        path, most = home.root / f"{name}.db", known.get(name) if isinstance(known, dict) else None
        if path.exists() and isinstance(most, int):
            with contextlib.closing(open_reader(path, subject)) as db:
                found = version_of(db)
            if found > most:
                yield _Newer(path, subject, found, earlier_copy(home.backups, name, most))


def _newer_files(home: Home, known: object) -> Iterator[_Newer]:
    for stem, subject in FILES.items():
        path, most = _place(home, stem), known.get(stem) if isinstance(known, dict) else None
        found = _version(path)
        if isinstance(most, int) and found is not None and found > most:
            fits = [copy for copy in _copies(home.backups, stem) if (_version(copy) or most + 1) <= most]
            yield _Newer(path, subject, found, fits[-1] if fits else None)


def _put_back(home: Home, newer: _Newer, copy: Path) -> Path:
    """→ where the newer one is kept."""
    if newer.path.suffix == ".json":
        kept = _keep(home, newer.path, newer.version)
        write_atomic(newer.path, copy.read_bytes())
        return kept
    if newer.path == home.documents_db:  # what is made of it is made again
        shutil.rmtree(home.vectors, ignore_errors=True)
        home.signs.unlink(missing_ok=True)
    return go_back_to(newer.path, copy, newer.subject)


def _place(home: Home, stem: str) -> Path:
    return home.models / "models.json" if stem == "models" else home.root / f"{stem}.json"


def _copies(backups: Path, stem: str) -> list[Path]:
    return copies_of(backups, f"{stem}-v*", ".json")


def _keep(home: Home, path: Path, version: int) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = home.backups / f"{path.stem}-v{version}-{stamp}.json"
    count = 1
    while kept.exists():
        count += 1
        kept = home.backups / f"{path.stem}-v{version}-{stamp}-{count}.json"
    try:
        make_folder(home.backups)
        write_atomic(kept, path.read_bytes())
    except OSError as error:
        raise cannot_write(kept, error) from error
    return kept


def _version(path: Path) -> int | None:
    """The version that a small file says it is of; None where it is not there, or says none."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    found = said.get("version") if isinstance(said, dict) else None
    return found if type(found) is int else None
