"""The argv switch: the window, the core, a child process, or a command. Imports nothing heavy."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from app.opened import OPEN, files_of

if TYPE_CHECKING:
    from app.core.doorway import MakeServer


def main(argv: list[str] | None = None) -> int:
    """Start what the arguments name; returns the exit status."""
    args = sys.argv[1:] if argv is None else argv
    if getattr(sys, "frozen", False) and args[:1] not in (["--worker"], ["--core"], ["--child"]):
        from app import updates  # a process of our own stays with the version that started it

        updates.hand_over(args)
    if args[:1] == ["--worker"] and len(args) == 2:
        from app import roles
        from app.workers import host, message

        role = cast(message.WorkerRole, args[1])
        return host.main(role, roles.ROLES[role])
    if args == ["--core"]:
        if hasattr(os, "fork") and os.fork():
            os._exit(0)  # the core is nobody's child, and outlives the door that started it
        from app.core import server

        return server.main(load_api=_load_api)
    if args == ["--prepare"]:  # who installs it for all makes what each user would make in their own cache
        from app.embedder.prepared import prepare

        return 0 if prepare() else 1
    if args[:1] == ["--child"] and len(args) == 2:
        from app import roles

        return roles.HELPERS[args[1]]()
    files = files_of(args)
    if args and not files:
        from app import cli

        return cli.main(args)
    if not _has_display():
        sys.stderr.write("There is no display here, so Inhouse opens in the terminal.\n")
        from app import cli

        return cli.main([OPEN, *files] if files else ["chat"])
    return open_window(files=files)


def open_window(on_painted: Callable[[], None] | None = None, files: Sequence[str] = ()) -> int:
    """The window; `on_painted` is for measuring, `files` are opened in it. Before the first paint the garbage collector
    has nothing to find."""
    gc.disable()
    from app.gui import main as gui

    return gui.run(sys.argv[:1], on_painted, files)


def _has_display() -> bool:
    """Windows and macOS always have one; elsewhere a display server or Qt's own platform is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _load_api() -> MakeServer:
    """What programs connect to. Starlette and uvicorn are imported when somebody turns it on, not before."""
    from app.api.server import HttpServer

    return HttpServer


if __name__ == "__main__":
    sys.exit(main())
