"""The installed application: what lies beside its program. From source there is none of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

RELEASE = "release.json"


def folder() -> Path | None:
    """The folder of the bundle, which `packaging/build.py` fills (INHOUSE_BUNDLE: another one, for a test); None from
    source."""
    if named := os.environ.get("INHOUSE_BUNDLE"):
        return Path(named)
    return Path(sys._MEIPASS) if getattr(sys, "frozen", False) else None  # type: ignore[attr-defined]


def release() -> dict[str, Any]:
    """What `release.json` says, which lies beside the program; {} from source, or where it cannot be read."""
    bundle = folder()
    return {} if bundle is None else release_of(bundle.parent)


def release_of(version_folder: Path) -> dict[str, Any]:
    """What `release.json` says of the version in a folder; {} where there is none."""
    try:
        said = json.loads((version_folder / RELEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) and isinstance(said.get("version"), str) else {}


def python() -> Path | None:
    """The plain interpreter for the training component; the program itself is none."""
    return _inside(*(("python", "python.exe") if sys.platform == "win32" else ("python", "bin", "python3")))


def uv() -> Path | None:
    """The installer of the training component."""
    return _inside("uv.exe" if sys.platform == "win32" else "uv")


def source() -> Path | None:
    """`app`, `trainer` and `resources` as files, which the plain interpreter imports."""
    return _inside("source")


def _inside(*parts: str) -> Path | None:
    bundle = folder()
    return bundle.joinpath(*parts) if bundle is not None else None
