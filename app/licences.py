"""What Inhouse is made of: each part with its version, its licence and the texts of that.

The installed application has them as files, which packaging/licences.py gathers. From source they are asked of the
distributions of the environment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from app import frozen
from app.errors import BadFile
from app.packages import LibraryText, library_texts, licence_of, version_of
from app.paths import RESOURCES

BILL, TEXTS = "sbom.cdx.json", "licences"
LIBRARIES = (
    "PySide6-Essentials", "llama-cpp-python", "chromadb", "onnxruntime", "sentence-transformers", "torch", "pypdfium2",
    "python-docx", "python-pptx", "openpyxl", "python-calamine", "lxml", "olefile", "charset-normalizer", "tinycss2",
    "rapidocr", "opencv-python-headless", "shapely", "pyclipper", "Pillow", "duckdb", "watchfiles", "pathspec",
    "rapidfuzz", "selectolax", "markdown-it-py", "Pygments", "PyStemmer", "msgspec", "starlette", "uvicorn",
)  # fmt: skip
"""What the program of the source imports by name."""
OTHERS = (
    ("Inter", "OFL-1.1", RESOURCES / "fonts" / "OFL.txt"),
    ("Lucide", "ISC, MIT", RESOURCES / "icons" / "LICENSE"),
    ("SmolLM2 135M Instruct", "Apache-2.0", None),
    ("multilingual-e5-small", "MIT", None),
)
"""Fonts, icons and models."""


class Part(Struct, frozen=True):
    """One of them. `version` is "" where it has none."""

    name: str
    version: str
    licence: str


def bill() -> Path | None:
    """The bill of materials (CycloneDX) of the installed application; None from source."""
    bundle = frozen.folder()
    file = bundle / BILL if bundle is not None else None
    return file if file is not None and file.is_file() else None


def parts() -> list[Part]:
    """All of them, by name.

    Raises:
        BadFile: the bill of the installed application cannot be read.
    """
    others = [Part(name, "", licence) for name, licence, _ in OTHERS]
    if frozen.folder() is None:
        found = [Part(each, version, licence_of(each)) for each in LIBRARIES if (version := version_of(each))]
    else:
        found = _billed()
    return sorted([*found, *others], key=lambda part: part.name.casefold())


def texts(name: str) -> str:
    """The licence texts of a part, one below the other; "" where none came with it."""
    own = [file for each, _, file in OTHERS if each == name and file is not None]
    bundle = frozen.folder()
    if bundle is not None:
        own += sorted((bundle / TEXTS / name).glob("*"))
        found = [LibraryText(file.name, _read(file)) for file in own]
    else:
        found = [*(LibraryText(file.name, _read(file)) for file in own), *library_texts(name)]
    return "\n\n".join(f"--- {each.name} ---\n\n{each.text.strip()}" for each in found if each.text.strip())


def _billed() -> list[Part]:
    file = bill()
    try:
        if file is None:
            raise FileNotFoundError(BILL)
        listed = json.loads(file.read_text(encoding="utf-8"))["components"]
        return [Part(str(each["name"]), str(each.get("version", "")), _licence_of(each)) for each in listed]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(
            "The list of what Inhouse is made of cannot be read.", "Install Inhouse again: your data stays.", str(error)
        ) from error


def _licence_of(component: dict[str, Any]) -> str:
    """CycloneDX has an expression, an id, or a name."""
    said = [
        str(entry.get("expression") or entry["license"].get("id") or entry["license"].get("name"))
        for entry in component.get("licenses", ())
    ]
    return ", ".join(said)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
