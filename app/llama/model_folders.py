"""Model folders as people get them from a hub: config.json, tokenizer.json and safetensors."""

from __future__ import annotations

import re
from pathlib import Path

from app.types import InstalledModel

FOLDER = "folder"
"""In a model's lineage: the folder that its file was made of, and whose weights a training reads."""


def is_model_folder(path: str | Path) -> bool:
    """Whether it looks like one; what is in it is checked by who reads it."""
    folder = Path(path)
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))


def folder_of(model: InstalledModel) -> str:
    """The folder that a model was made of, where it is still there, or ""."""
    folder = model.lineage.get(FOLDER, "")
    return folder if folder and is_model_folder(folder) else ""


def folder_title(folder: Path) -> str:
    """What to call it: its name, or in a hub's cache (models--OWNER--NAME/snapshots/HASH) the repository's."""
    cached = folder.parent.parent.name if folder.parent.name == "snapshots" else ""
    name = cached.rpartition("--")[2] or folder.name
    return re.sub(r"\s+", " ", re.sub(r"[^\w.+() -]+", " ", name)).strip()[:60] or "Model"


def safe_stem(title: str) -> str:
    """A file's name of it."""
    return re.sub(r"[^\w.+-]+", "-", title).strip("-.")[:100] or "model"
