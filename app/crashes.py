"""What is kept of a crash: a small file in the data folder, without contents, that nobody is sent.

An error that nobody expected writes one. A hard crash (a signal inside a library) cannot: for it each process keeps a
file open that Python's faulthandler writes the stack to. `collect` makes reports of those that processes left behind.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import platform
import time
from pathlib import Path

import psutil

from app.files import PRIVATE_FILE, make_folder, write_atomic
from app.packages import own_version
from app.paths import Home
from app.redact import cleaned_lines, trace_text

KEPT = 20
HARD = "hard"
"""In the name of a report of a hard crash."""
FAULT = ".fault"
MOST = 64_000
"""Bytes of a stack that are kept: with many threads it is long."""


def crash_folder(home: Home) -> Path:
    """Where reports lie, a text file each."""
    return home.logs / "crashes"


def reports(home: Home) -> list[Path]:
    """Those that there are, oldest first."""
    return sorted(crash_folder(home).glob("*.txt"))


def note_crash(home: Home, where: str, error: BaseException) -> Path | None:
    """Write down an error that nobody expected in `where`, a process; None where that cannot be written."""
    return _write(home, where, trace_text(error))


def watch_for_crash(home: Home, where: str) -> None:
    """Have a hard crash of this process leave its stack; call it once, at the start of a process."""
    path = crash_folder(home) / f"{where}-{os.getpid()}{FAULT}"
    try:
        make_folder(path.parent)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    except OSError:  # a folder that cannot be written costs the report, not the program
        return
    faulthandler.enable(file)
    atexit.register(_end, path)


def _end(path: Path) -> None:
    faulthandler.disable()
    with contextlib.suppress(OSError):
        if not path.stat().st_size:
            path.unlink()


def collect(home: Home) -> list[Path]:
    """Make a report of each hard crash since the last time; → those. What is open in a process that lives is left."""
    made = []
    for path in sorted(crash_folder(home).glob(f"*{FAULT}")):
        where, _, pid = path.stem.rpartition("-")
        with contextlib.suppress(OSError, ValueError):
            if _lives(int(pid), path.stat().st_mtime):
                continue
            stack = path.read_bytes()[:MOST].decode(errors="replace")
            report = (
                _write(home, f"{where}-{HARD}", "\n".join(cleaned_lines(stack.splitlines(), None))) if stack else None
            )
            path.unlink()
            if report is not None:
                made.append(report)
    return made


def _lives(pid: int, begun: float) -> bool:
    """Whether the process that made a file lives: one that was started after it only has the same number."""
    try:
        return psutil.Process(pid).create_time() <= begun + 1
    except psutil.Error:
        return False


def _write(home: Home, where: str, text: str) -> Path | None:
    now = time.time()
    stamp = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{int(now * 1000) % 1000:03}"
    head = (
        f"Inhouse {own_version()}",
        f"Time {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))}",
        f"Where {where}",
        f"System {platform.system()} {platform.release()}, {platform.machine()}, Python {platform.python_version()}",
    )
    path = crash_folder(home) / f"{stamp}-{where}.txt"
    try:
        write_atomic(path, "\n".join((*head, "", text, "")).encode())
        for old in reports(home)[:-KEPT]:
            old.unlink(missing_ok=True)
    except Exception:  # noqa: BLE001 - the last line of defence: what fails here must not hide the crash itself
        return None
    return path
