"""The disposable child that calculates: one table and a few queries in, their rows out, then it ends.

It has no network, opens no file once it has begun, and cannot write: DuckDB's own access to files is off, its
configuration is locked, and the queries run in a transaction that only reads.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from decimal import Decimal

import duckdb
import msgspec

from app.documents.query_process import MEMORY, Query, QueryResult, QueryTable
from app.text.sheets.sql import ROW, identifier
from app.workers.offline import forbid_network

_MOST_ROWS = 1_000_000
_CPU_S = 60
"""Seconds of the processor: a child whose parent was killed ends by itself."""
_DIGITS = 38
"""Of DuckDB's DECIMAL."""


def main() -> int:
    """Serve one query from stdin to stdout."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    forbid_network()
    query = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Query)
    database = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": "512MB",
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    _confine()
    out.write(msgspec.msgpack.encode(_answer(database, query)))
    out.flush()
    return 0


def _answer(database: duckdb.DuckDBPyConnection, query: Query) -> QueryResult:
    try:
        _fill(database, query.table)
        database.execute("SET lock_configuration = true")
        database.execute("BEGIN TRANSACTION READ ONLY")
        return QueryResult(tuple(_rows(database, sql) for sql in query.sql))
    except (duckdb.Error, MemoryError) as error:
        return QueryResult(failed=f"{type(error).__name__}: {error}")


def _confine() -> None:
    """From here on no file can be opened or written, and memory is bounded; Windows leaves that to the parent."""
    if sys.platform != "win32":
        import resource

        for limit, most in (
            (resource.RLIMIT_CPU, _CPU_S),
            (resource.RLIMIT_NOFILE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (most, most))
        if sys.platform == "linux":
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _fill(database: duckdb.DuckDBPyConnection, table: QueryTable) -> None:
    name = identifier(table.name)
    types = [_type(*each) for each in zip(table.types, table.decimals, table.columns, strict=True)]
    columns = [f"{identifier(each)} {kind}" for each, kind in zip(table.names, types, strict=True)]
    database.execute(f"CREATE TABLE {name} ({', '.join([f'{identifier(ROW)} INTEGER', *columns])})")
    count = len(table.columns[0]) if table.columns else 0
    chosen = [f"unnest(${at}::VARCHAR[])::{kind}" for at, kind in enumerate(types, 2)]
    values = [list(range(count)), *(list(column) for column in table.columns)]
    database.execute(f"INSERT INTO {name} SELECT {', '.join(['unnest($1::INTEGER[])', *chosen])}", values)


def _type(kind: str, decimals: int, values: tuple[str | None, ...]) -> str:
    """Decimals are exact; numbers longer than those are refused by the cast."""
    if kind == "number":
        return f"DECIMAL({_DIGITS}, {min(decimals, _DIGITS - 1)})"
    return {"date": "DATE"}.get(kind, "VARCHAR")


def _rows(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[tuple[str | None, ...], ...]:
    found = database.execute(sql).fetchmany(_MOST_ROWS)
    return tuple(tuple(_text(value) for value in row) for row in found)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
