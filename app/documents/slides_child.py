"""Has LibreOffice draw a presentation as a PDF: confined, under a limit, and ended with whoever asked for it.

Reads one `Order` from its input and prints one word. LibreOffice gets a profile and folders of its own, no macros, and
no network where the system can take it away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec
import psutil
from msgspec import Struct

from app.workers.offline import forbid_network

TIME_LIMIT_S = 60.0
"""Wall time for one presentation: someone waits for it."""
MEMORY_LIMIT = 2 * 1024**3
"""Bytes that LibreOffice may hold."""
_ADDRESSES = 6 * 1024**3  # of address space: it maps more than it holds
_FILE_LIMIT = 512 * 1024**2  # bytes of a file that it writes
_WATCH_S = 0.2

FILTER = 'pdf:impress_pdf_Export:{"ExportHiddenSlides":{"type":"boolean","value":"true"}}'
"""Hidden slides are drawn too, or page and slide would not have the same number."""

_DEAD_PROXY = (("ooInetProxyType", 2), ("ooInetHTTPProxyName", "127.0.0.1"), ("ooInetHTTPProxyPort", 9),
               ("ooInetHTTPSProxyName", "127.0.0.1"), ("ooInetHTTPSProxyPort", 9))  # fmt: skip
_COMMON = "/org.openoffice.Office.Common"
_SETTINGS: tuple[tuple[str, str, object], ...] = (
    *(("/org.openoffice.Inet/Settings", name, value) for name, value in _DEAD_PROXY),
    (f"{_COMMON}/Security/Scripting", "DisableMacrosExecution", True),
    (f"{_COMMON}/Security/Scripting", "MacroSecurityLevel", 3),
    (f"{_COMMON}/Security/Scripting", "BlockUntrustedRefererLinks", True),
    (f"{_COMMON}/Security/Scripting", "DisableActiveContent", True),
    (f"{_COMMON}/Misc", "FirstRun", False),
    (f"{_COMMON}/VCL", "UseOpenGL", False),
    (f"{_COMMON}/History", "PickListSize", 0),
    ("/org.openoffice.Office.Impress/Misc/Start", "PresenterScreen", False),
)


class Order(Struct, frozen=True):
    """What is to be drawn: `folder` holds `name` and is LibreOffice's own; `folder`/out/*.pdf comes of it."""

    program: str
    folder: str
    name: str
    time_limit: float = TIME_LIMIT_S
    memory_limit: int = MEMORY_LIMIT


def main() -> int:
    """`app --child slides`: prints "drawn", "too_slow", "too_large" or "failed"."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    forbid_network()
    _limit(order.time_limit)
    profile = Path(order.folder) / "profile"
    (profile / "user").mkdir(parents=True)
    (Path(order.folder) / "out").mkdir()
    (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
    process = _start(order, profile)
    threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
    sys.stdout.write(_watched(process, order))
    sys.stdout.flush()
    return 0


def _start(order: Order, profile: Path) -> subprocess.Popen[bytes]:
    folder, flags = Path(order.folder), 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    command = [
        *(order.program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"),
        *("--nodefault", "--nolockcheck", "--nofirststartwizard", "--convert-to", FILTER),
        *("--outdir", str(folder / "out"), str(folder / order.name)),
    ]
    return subprocess.Popen(
        _without_network(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
        creationflags=flags,
    )


def _without_network(command: list[str]) -> list[str]:
    """The command in a network of its own that leads nowhere, where this user may make one; else the profile's settings
    have to do."""
    unshare = shutil.which("unshare") if sys.platform == "linux" else None
    if unshare is None:
        return command
    alone = [unshare, "--map-root-user", "--net", "--"]
    quiet = subprocess.DEVNULL
    tried = subprocess.run([*alone, "true"], stdin=quiet, stdout=quiet, stderr=quiet, timeout=10, check=False)
    return [*alone, *command] if tried.returncode == 0 else command


def _environment(folder: Path) -> Mapping[str, str]:
    """Nothing of the person's session but where programs and the system are."""
    kept = {"PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PROGRAMFILES", "COMSPEC", "LANG", "LC_ALL"}
    env = {name: value for name, value in os.environ.items() if name.upper() in kept}
    made = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"), str(folder))
    dead = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:9")
    return env | made | dead | {"SAL_USE_VCLPLUGIN": "svp", "SAL_DISABLE_OPENCL": "1", "SAL_DISABLESKIA": "1"}


def _watched(process: subprocess.Popen[bytes], order: Order) -> str:
    end = time.monotonic() + order.time_limit
    verdict = ""
    while not verdict and process.poll() is None:
        time.sleep(_WATCH_S)
        if time.monotonic() >= end:
            verdict = "too_slow"
        elif _held(process.pid) > order.memory_limit:
            verdict = "too_large"
    _end(process)
    if verdict:
        return verdict
    return "drawn" if process.returncode == 0 and any((Path(order.folder) / "out").glob("*.pdf")) else "failed"


def _held(pid: int) -> int:
    """Bytes that a process and its children hold."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += int(each.memory_info().rss)
    return total


def _end(process: subprocess.Popen[bytes]) -> None:
    """LibreOffice with all that it started."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    process.kill()
    process.wait()


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    """The input ends when who asked gives up or is gone, however it died."""
    sys.stdin.buffer.read(1)
    _end(process)
    os._exit(1)


def _limit(seconds: float) -> None:
    """Limits that LibreOffice inherits, which hold it where this process is killed too."""
    if sys.platform == "linux":
        import resource

        cpu = int(seconds) * 2 + 1
        for what, limit in (
            *((resource.RLIMIT_AS, _ADDRESSES), (resource.RLIMIT_FSIZE, _FILE_LIMIT)),
            *((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0)),
        ):
            with contextlib.suppress(ValueError, OSError):  # a stricter limit stands already
                resource.setrlimit(what, (limit, limit))


def _registry() -> str:
    """The profile's settings, in LibreOffice's own form."""
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{_value(value)}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    names = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items {names}>{items}</oor:items>\n'


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
