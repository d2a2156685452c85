"""How a child process is started: the same argv switch from source and from a frozen app."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.paths import Home
from app.runtimes import environment

REACH_A_HUB = frozenset(("core", "models"))
"""Of these processes the models one does; it is started by the core, which hands its environment on."""


NO_CONSOLE: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Creation flag of a child: on Windows one of a program without a console opens a console of its own."""
CONSOLE_PROGRAM = "inhouse-cli.exe"
"""On Windows the program of the window has no standard streams; this is the same one with them."""


def child_command(*args: str) -> list[str]:
    """The command line of this very program with other arguments, e.g. ("--worker", "engine"); none open the window."""
    if getattr(sys, "frozen", False):
        speaks = args and sys.platform == "win32"
        return [str(Path(sys.executable).with_name(CONSOLE_PROGRAM)) if speaks else sys.executable, *args]
    return [sys.executable, "-m", "app", *args]


def child_environment(home: Home, base: Mapping[str, str] | None = None, role: str = "") -> dict[str, str]:
    """The environment of every child: our data folder, and libraries that would call home told not to.

    `role` says which build of llama.cpp it runs on, as it is chosen now, and whether it may reach a hub, unless whoever
    started Inhouse said otherwise.
    """
    env = dict(os.environ if base is None else base)
    offline = env.get("HF_HUB_OFFLINE", "0") if role in REACH_A_HUB else "1"
    env.update(environment(home, role))
    env.update(
        INHOUSE_HOME=str(home.root),
        PYTHONUNBUFFERED="1",
        PYTHONUTF8="1",
        HF_HUB_OFFLINE=offline,
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        ANONYMIZED_TELEMETRY="False",
        DO_NOT_TRACK="1",
        TOKENIZERS_PARALLELISM="false",
    )
    return env
