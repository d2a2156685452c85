"""How the trainer is started, and whether it is there at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from app import frozen
from app.errors import AppError
from app.finetune.component import Component
from app.finetune.component_lock import find_lock
from app.packages import is_installed
from app.paths import Home
from app.spawn import child_environment

NEEDED = ("torch", "transformers", "peft", "gguf", "datasketch")
"""Libraries of the extra `train`; where one is missing it is said before a person has chosen anything."""
COMPONENT = "training component"
"""What is missing where the installed application has fetched none of it yet."""
LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def trainer_command(home: Home, *args: str) -> list[str]:
    """How the trainer is started; INHOUSE_TRAINER names another interpreter that has it. Raises NoSpace."""
    return [os.environ.get("INHOUSE_TRAINER") or _python(home), "-m", "trainer", *args]


def trainer_environment(home: Home) -> dict[str, str]:
    """Of the trainer's process. In the installed application it finds its source in the bundle."""
    environment, source = child_environment(home), frozen.source()
    if source is None or os.environ.get("INHOUSE_TRAINER"):
        return environment
    return {
        **plain_environment(environment),
        "PYTHONPATH": str(source),
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",  # nothing of the folder that the application was started in
        "PYTHONPYCACHEPREFIX": str(Component(home).bytecode),  # the bundle is not ours to write to
        "INHOUSE_BUNDLE": str(frozen.folder()),
    }


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """For a program that is none of the bundle: PyInstaller leads a process to the bundle's libraries, and keeps
    what was there before under another name."""
    kept = dict(environment)
    kept.pop("PYTHONHOME", None)
    if not getattr(sys, "frozen", False):
        return kept
    for name in LOADER:
        before = kept.pop(f"{name}_ORIG", None)
        kept.pop(name, None)
        if before is not None:
            kept[name] = before
    return kept


def missing_libraries(home: Home) -> tuple[str, ...]:
    """What of the trainer's libraries is not here; nothing is imported."""
    if os.environ.get("INHOUSE_TRAINER"):
        return ()
    if frozen.folder() is not None:
        marker = Component(home).marker()
        lock = find_lock(marker.backend) if marker is not None else None
        return () if marker is not None and lock is not None and lock.id == marker.lock else (COMPONENT,)
    return tuple(name for name in NEEDED if not is_installed(name))


def require_trainer(home: Home) -> None:
    """Raises AppError where training is not installed."""
    if missing := missing_libraries(home):
        raise AppError(*lacking(missing))


def lacking(missing: tuple[str, ...]) -> tuple[str, str]:
    """That training is not installed, and what to do."""
    if COMPONENT in missing:
        how = "Install it in Settings, Models and hardware, or with “inhouse training install”."
        return "Training is not installed on this computer yet.", how
    what = ", ".join(missing)
    return f"Training is not installed on this computer ({what} missing).", "Install Inhouse with training."


def _python(home: Home) -> str:
    return sys.executable if frozen.folder() is None else str(Component(home).python())
