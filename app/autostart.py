"""Start at login: the entry that a person's session reads, and nothing else: so what is shown is always what is so."""

from __future__ import annotations

import os
import plistlib
import sys
from collections.abc import Sequence
from pathlib import Path

from app.files import cannot_write, write_atomic
from app.spawn import child_command

NAME = "inhouse"
LABEL = "org.inhouse.Inhouse"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
_SPECIAL = '"`$\\'


def starts_at_login() -> bool:
    """Whether the session starts Inhouse; also where the entry was removed or switched off by hand."""
    if sys.platform == "win32":
        return _windows_value() is not None
    try:
        text = entry().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    if sys.platform == "darwin":
        return True
    lines = {line.replace(" ", "").casefold() for line in text.splitlines()}
    return not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}


def start_at_login(on: bool) -> None:
    """Write the entry for this very program, or remove it.

    Tried on Linux only; the other two are written by their systems' documentation.

    Raises:
        NoSpace: it cannot be written or removed.
    """
    command = child_command()
    try:
        if sys.platform == "win32":
            _set_windows_value(command if on else None)
        elif not on:
            entry().unlink(missing_ok=True)
        else:
            write_atomic(entry(), _agent(command) if sys.platform == "darwin" else desktop_entry(command).encode())
    except OSError as error:
        raise cannot_write(entry(), error) from error


def entry() -> Path:
    """The file: XDG autostart on Linux, a LaunchAgent on macOS."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    config = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(config) if Path(config).is_absolute() else Path.home() / ".config") / "autostart" / f"{NAME}.desktop"


def desktop_entry(command: Sequence[str]) -> str:
    """An entry by the desktop entry specification, 1.5: arguments are quoted, and % and \\ doubled."""
    quoted = " ".join(_quoted(each) for each in command)
    folder = "" if getattr(sys, "frozen", False) else f"Path={Path(__file__).resolve().parent.parent}\n"
    return f"[Desktop Entry]\nType=Application\nName=Inhouse\nExec={quoted}\n{folder}Icon={NAME}\nTerminal=false\n"


def _quoted(argument: str) -> str:
    escaped = "".join(f"\\{each}" if each in _SPECIAL else each for each in argument).replace("%", "%%")
    return '"' + escaped.replace("\\", "\\\\") + '"'


def _agent(command: Sequence[str]) -> bytes:
    return plistlib.dumps({"Label": LABEL, "ProgramArguments": list(command), "RunAtLoad": True})


def _windows_value() -> str | None:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                return str(winreg.QueryValueEx(key, NAME)[0])
        except OSError:
            return None
    return None


def _set_windows_value(command: Sequence[str] | None) -> None:
    if sys.platform == "win32":
        import subprocess
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            if command is not None:
                winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(command))
            elif _windows_value() is not None:
                winreg.DeleteValue(key, NAME)
