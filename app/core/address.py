"""Where the core of a data folder listens, and how a door gets it to run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from app.errors import AppError
from app.files import cannot_write
from app.paths import Home
from app.spawn import child_command, child_environment

LONGEST_SOCKET_PATH = 100
"""Bytes; the systems allow 104 (macOS) to 108 (Linux)."""
FOLDER_MODE = 0o700
_DETACHED: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
""" Windows: no console window flashes up."""


def socket_path(home: Home) -> Path:
    """The socket of this data folder: in it, or where its path is too long, in a folder of this user's elsewhere."""
    inside = home.root / "core.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = f"{hashlib.sha256(os.fsencode(home.root)).hexdigest()[:16]}.sock"
    return _runtime_folder(len(name) + 1) / name


def pipe_name(home: Home) -> str:
    """The same on Windows: a named pipe, which only this user may open."""
    name = hashlib.sha256(str(home.root).lower().encode()).hexdigest()[:16]
    return rf"\\.\pipe\inhouse-{name}"


def server_name(home: Home) -> str:
    """What Qt's local socket connects to."""
    return pipe_name(home) if sys.platform == "win32" else str(socket_path(home))


def start_core(home: Home) -> subprocess.Popen[bytes]:
    """Start a core that outlives the caller; where one runs already, the new one sees that and ends.

    What is returned ends at once, since the core leaves it behind to be nobody's child; keep it until `poll` says so.

    Raises:
        AppError: the system could not start it.
    """
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        home.logs.mkdir(exist_ok=True)
        with (home.logs / "core.err").open("ab") as errors:
            return subprocess.Popen(
                child_command("--core"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=child_environment(home, role="core"),
                start_new_session=True,
                creationflags=_DETACHED,
            )
    except OSError as error:
        raise cannot_write(home.root, error) from error


def _runtime_folder(room: int) -> Path:
    """A folder that only this user can enter, its path short enough for `room` more bytes; one that somebody else
    made is not used."""
    if sys.platform == "win32":
        return Path(tempfile.gettempdir())
    own = f"inhouse-{os.getuid()}"
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / own
    if len(os.fsencode(folder)) + room > LONGEST_SOCKET_PATH:
        folder = Path("/tmp") / own  # every system that has such sockets has it
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise AppError("The folder for Inhouse's connection is not safe.", "Remove it and start again.", str(folder))
    return folder
