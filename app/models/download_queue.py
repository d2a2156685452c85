"""The queue of downloads on disk: one small file, written as a whole after each change of what is wanted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.files import set_aside, write_atomic

log = logging.getLogger(__name__)

VERSION = 1


class Queued(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that is wanted. One that was under way waits: whoever opens the folder next goes on with it."""

    id: str
    repo: str
    file: str
    revision: str = "main"
    name: str = ""
    sha256: tuple[str, ...] = ()
    state: Literal["waiting", "paused", "failed"] = "waiting"
    done: int = 0
    total: int = 0
    problem: str = ""
    advice: str = ""
    replaces: str = ""  # id of the model in whose place it answers once it is here; "": it waits to be chosen


class _Stored(Struct, frozen=True):
    version: int
    queue: list[Queued]


def read_queue(file: Path) -> list[Queued]:
    """What is wanted; a damaged file, or a later version's, is set aside."""
    try:
        stored = msgspec.json.decode(file.read_bytes(), type=_Stored)
        if stored.version == VERSION:
            return stored.queue
        log.warning("The queue of downloads is of version %s and is set aside", stored.version)
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("The queue of downloads cannot be read: %s", error)
    try:
        set_aside(file)
    except OSError as error:
        log.warning("It could not be set aside either: %s", error)
    return []


def write_queue(file: Path, queue: Sequence[Queued]) -> None:
    """Keep it; a full disk costs only what it says after the next start, so that a download is not ended by it."""
    try:
        if queue or file.exists():
            write_atomic(file, msgspec.json.format(msgspec.json.encode(_Stored(VERSION, list(queue))), indent=1))
    except AppError as error:
        log.warning("The queue of downloads could not be kept: %s", error.detail)
