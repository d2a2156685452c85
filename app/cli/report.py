"""`inhouse doctor --report FILE`: a text file for a support desk, without contents, names, paths or keys."""

from __future__ import annotations

import contextlib
import getpass
import json
import platform
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.crashes import reports
from app.database.opening import open_reader
from app.errors import AppError
from app.files import write_atomic
from app.frozen import release
from app.paths import Home
from app.redact import LEFT_OUT, cleaned_lines, redacted, words_pattern
from app.settings import ALL, Settings

LOG_BYTES = 200_000
"""Of the end of each log."""
WORDS = 20_000
"""Names and questions of a store that are looked for, the newest."""
STORES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("documents.db", (
        "SELECT name FROM documents ORDER BY id DESC", "SELECT path FROM documents ORDER BY id DESC",
        "SELECT title FROM documents ORDER BY id DESC", "SELECT name FROM collections",
    )),
    ("chats.db", (
        "SELECT title FROM chats ORDER BY id DESC", "SELECT name FROM projects",
        "SELECT text FROM turns WHERE role = 'question' ORDER BY id DESC",
    )),
    ("tables.db", ("SELECT name FROM tables",)),
)  # fmt: skip
"""Where names stand, and what people asked."""
LOGS = ("window", "core", "command")
ENDS = """What is in this file: versions, hardware, the checks of “inhouse doctor”, settings that are no text of yours,
crash reports, and the ends of the logs.
What was left out: contents and names of documents, chats, collections, models and people, questions and answers, text
that you have entered in settings, paths, addresses of servers, user and computer names, keys and passwords. It is shown
as “…” or as <path>, <address>, <mail>, <key>; lines of no known form are only counted.
It was sent nowhere. Please read it before you hand it on."""


def write_report(home: Home, settings: Settings, found: dict[str, Any], path: Path) -> None:
    """Write what `examine` found, the settings, the crash reports and the logs.

    Raises:
        NoSpace: it cannot be written.
        AppError: there is a folder of this name.
    """
    if path.is_dir():
        raise AppError(f"“{path.name}” is a folder.", "Name a file, such as inhouse-report.txt.")
    words = words_pattern(_words(home))
    write_atomic(path, "\n".join(_lines(home, settings, found, words)).encode())


def _lines(home: Home, settings: Settings, found: dict[str, Any], words: re.Pattern[str] | None) -> Iterator[str]:
    def clean(value: object) -> str:
        text = redacted(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        return words.sub(LEFT_OUT, text) if words is not None else text

    yield f"Inhouse report of {time.strftime('%Y-%m-%d %H:%M')}"
    yield from _section("Versions", {**found["versions"], **_release()}.items())
    yield from _section("Hardware", ((name, clean(value)) for name, value in found["hardware"].items()))
    yield f"  free_bytes: {found['free_bytes']}"
    yield from _section(
        "Checks", ((name, f"{'ok' if each['ok'] else 'BAD'}, {clean(each['state'])}") for name, each in _checks(found))
    )
    yield from _section("Settings", _chosen(settings))
    for report in reports(home):
        yield from _file(f"Crash report {report.stem[:15]}", report, words)
    for log in sorted(home.logs.glob("*.log*")):
        name = log.name.split(".")[0]
        yield from _file(f"Log {name if name in LOGS else LEFT_OUT}", log, words)
    yield f"\n{ENDS}\n"


def _section(title: str, rows: Iterable[tuple[str, object]]) -> Iterator[str]:
    yield f"\n{title}"
    yield from (f"  {name}: {value}" for name, value in rows)


def _file(title: str, path: Path, words: re.Pattern[str] | None) -> Iterator[str]:
    yield f"\n{title}"
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            text = file.read().decode(errors="replace")
    except OSError as error:
        yield f"  cannot be read ({type(error).__name__})"
        return
    yield from cleaned_lines(text.splitlines(), words)


def _checks(found: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Without the sentences that list names: of models and files only whether they are well."""
    for name, check in found["checks"].items():
        yield name, {**check, "state": "names left out"} if name in ("models", "set aside") else check


def _release() -> dict[str, str]:
    said = release()
    return {name: str(said[key]) for key, name in (("version", "release"), ("built", "built")) if key in said}


def _chosen(settings: Settings) -> Iterator[tuple[str, str]]:
    """What differs from the defaults: a number, a switch or one of the choices as it is, of a text only that it is."""
    for setting in ALL:
        locked, value = settings.is_locked(setting), settings.get(setting)
        if locked or not settings.is_default(setting):
            known = any(value == choice for choice, _ in setting.choices)
            shown = json.dumps(value) if known or value is None or isinstance(value, int | float) else "set"
            yield setting.key, f"{shown}{' (by the company)' if locked else ''}"


# --- what must not be in it -------------------------------------------------------------------------------------------


def _words(home: Home) -> Iterator[str]:
    """Names and questions that the stores hold, and what this person and this computer are called."""
    with contextlib.suppress(OSError, KeyError, ImportError):
        yield getpass.getuser()
    yield from (Path.home().name, platform.node(), platform.node().split(".")[0])
    for name, queries in STORES:
        yield from _stored(home.root / name, queries)
    for path in (*home.root.glob("*.json"), *home.models.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, RecursionError):
            yield from _texts(json.loads(path.read_bytes()))


def _stored(path: Path, queries: tuple[str, ...]) -> Iterator[str]:
    """The words, and of a file's name also what stands before its ending."""
    if not path.exists():
        return
    with contextlib.suppress(AppError, sqlite3.Error), contextlib.closing(open_reader(path, "The store")) as db:
        for query in queries:
            with contextlib.suppress(sqlite3.Error):  # an older store has not all of the tables
                for (text,) in db.execute(f"{query} LIMIT {WORDS}" if "ORDER" in query else query):
                    yield str(text)
                    yield Path(str(text)).stem if "\n" not in str(text) else ""


def _texts(value: object) -> Iterator[str]:
    """Every text in a file of ours that is longer than a word of the program."""
    if isinstance(value, str):
        if not re.fullmatch(r"[a-z_]{1,12}", value):
            yield value
            yield (urlsplit(value).hostname or "") if "://" in value else ""
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
