"""How the trainer is started, and whether it is there at all."""

from __future__ import annotations

import os
import sys

from app.errors import AppError
from app.packages import is_installed

NEEDED = ("torch", "transformers", "peft", "gguf", "datasketch")
"""Libraries of the extra `train`; where one is missing it is said before a person has chosen anything."""


def trainer_command(*args: str) -> list[str]:
    """How the trainer is started; INHOUSE_TRAINER names another interpreter that has it."""
    return [os.environ.get("INHOUSE_TRAINER") or sys.executable, "-m", "trainer", *args]


def missing_libraries() -> tuple[str, ...]:
    """What of the trainer's libraries this interpreter lacks; nothing is imported."""
    if os.environ.get("INHOUSE_TRAINER"):
        return ()
    return tuple(name for name in NEEDED if not is_installed(name))


def require_trainer() -> None:
    """Raises AppError where training is not installed."""
    if missing := missing_libraries():
        raise AppError(f"Training is not installed ({', '.join(missing)} missing).", "Install Inhouse with training.")
