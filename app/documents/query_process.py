"""Runs queries over one table in a disposable process, under a limit of time and memory."""

from __future__ import annotations

import subprocess
import sys

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.spawn import child_command

TIME_LIMIT_S = 20.0
"""Wall time: someone waits for it. 100,000 rows take two seconds."""
MEMORY = 2 * 1024**3
"""Bytes of address space: DuckDB reserves more than the 512 MB that it may use."""


class QueryTable(Struct, frozen=True):
    """A table: `types` are "number" (with `decimals`), "date" and "text"; `columns` hold the values of all rows."""

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    decimals: tuple[int, ...]
    columns: tuple[tuple[str | None, ...], ...]


class Query(Struct, frozen=True):
    """→ QueryResult."""

    table: QueryTable
    sql: tuple[str, ...]


class QueryResult(Struct, frozen=True):
    """The rows of each query: numbers without separators, dates in ISO 8601; or why there are none."""

    rows: tuple[tuple[tuple[str | None, ...], ...], ...] = ()
    failed: str = ""


def run(query: Query, limit: float = TIME_LIMIT_S) -> QueryResult:
    """The rows of each query.

    Raises:
        AppError: it took too long, needed too much memory, or the figures do not fit what a database can hold.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        done = subprocess.run(
            child_command("--child", "query"),
            input=msgspec.msgpack.encode(query),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limit,
            check=False,
            creationflags=flags,
        )
    except subprocess.TimeoutExpired as error:
        raise AppError("The calculation took too long and was stopped.", "Ask for fewer rows.") from error
    except OSError as error:
        raise AppError(
            "The calculation could not begin.", "Close other programs and try again.", repr(error)
        ) from error
    return result_of(done.stdout, done.returncode)


def result_of(said: bytes, status: int) -> QueryResult:
    """What a child said before it ended with a status.

    Raises:
        AppError: it was ended in the middle, or says that it could not calculate.
    """
    try:
        result = msgspec.msgpack.decode(said, type=QueryResult)
    except msgspec.MsgspecError as error:
        detail = f"The process ended with status {status}: {error}"
        raise AppError("The calculation was cut short.", "Try again.", detail) from error
    if result.failed:
        raise AppError("The sheet could not be calculated with.", "Look at its figures.", result.failed)
    return result
