"""Model folders as people get them from a hub (config.json, tokenizer.json, safetensors), and adapters as PEFT writes
them. What is wrong with one is said before anything heavy reads it."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

from app.errors import BadFile
from app.types import InstalledModel

FOLDER = "folder"
"""In a model's lineage: the folder that its file was made of, and whose weights a training reads."""
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
POINTER = b"version https://git-lfs"
AGAIN = "Get the folder again, whole."
CHOOSE = "Choose the whole folder, as the hub has it: config.json, tokenizer.json and safetensors."


def is_model_folder(path: str | Path) -> bool:
    """Whether it looks like one; what is in it is checked by who reads it."""
    folder = Path(path)
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))


def is_adapter_folder(path: str | Path) -> bool:
    """Whether PEFT wrote it: an adapter and no model beside it, or the half of one."""
    folder = Path(path)
    return any((folder / name).is_file() for name in ADAPTER_FILES) and not (folder / "config.json").is_file()


def is_meant_as_model(path: str | Path) -> bool:
    """Whether a folder is a model or an adapter, or the torso of one, and not one that only holds GGUF files."""
    folder = Path(path)
    if is_model_folder(folder) or is_adapter_folder(folder):
        return True
    if not folder.is_dir() or any(folder.glob("*.gguf")):
        return False
    return any(any(folder.glob(name)) for name in ("config.json", "tokenizer.json", "*.safetensors", *PICKLES))


def check_folder(folder: Path) -> None:
    """Look whether everything that a model is made of is there and whole, without reading a weight.

    Raises:
        BadFile: something is missing, damaged or of a kind that is not read.
    """
    name = folder.name
    if not folder.is_dir():
        raise BadFile(f"“{name}” is no folder.", CHOOSE, str(folder), "folder")
    if not (folder / "config.json").is_file():
        hint = "To use a GGUF file, choose the file itself." if any(folder.glob("*.gguf")) else CHOOSE
        raise BadFile(f"“{name}” is no model folder: it has no config.json.", hint, str(folder), "folder")
    config = _object(folder / "config.json")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        if any(any(folder.glob(kind)) for kind in PICKLES):
            hint = "Get the same model with safetensors; most hubs have both."
            raise BadFile(f"“{name}” has its weights as pickle, which may run code.", hint, str(folder), "folder")
        raise BadFile(f"“{name}” has no safetensors.", CHOOSE, str(folder), "folder")
    if quantized := config.get("quantization_config"):
        kind = str(quantized.get("quant_method", "")) if isinstance(quantized, dict) else ""
        hint = "Get the original in 16 bits; for the chat alone, import a GGUF of it."
        message = f"The weights of “{name}” are quantized{f' ({kind})' if kind else ''}, which is not read here."
        raise BadFile(message, hint, str(quantized), "folder")
    if not (folder / "tokenizer.json").is_file():
        raise BadFile(f"“{name}” has no tokenizer.json.", CHOOSE, str(folder), "folder")
    _object(folder / "tokenizer.json")
    named = _object(folder / INDEX).get("weight_map", {}).values() if (folder / INDEX).is_file() else ()
    if missing := sorted(set(named) - {file.name for file in weights}):
        message = f"“{name}” lacks {missing[0]}" + (f" and {len(missing) - 1} more files." if missing[1:] else ".")
        raise BadFile(message, "The download did not end. " + AGAIN, ", ".join(missing), "folder")
    for file in weights:
        check_tensors(file)


def check_tensors(file: Path) -> dict[str, tuple[int, ...]]:
    """→ names and shapes of a safetensors file, of which only the head is read.

    The layout is that of the format's specification: eight bytes with the head's length, JSON, then the tensors.

    Raises:
        BadFile: the file is cut off, damaged, or stands for one that was not fetched.
    """
    size = file.stat().st_size
    with file.open("rb") as content:
        start = content.read(8)
        if len(start) == 8 and POINTER.startswith(start):
            hint = "Fetch the files with “git lfs pull” in the folder, or get it again."
            raise BadFile(f"“{file.name}” only stands for the file, which was not fetched.", hint, str(file), "folder")
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        head = content.read(length) if length < size else b""
    try:
        tensors = {name: entry for name, entry in json.loads(head).items() if name != "__metadata__"}
        shapes = {name: tuple(int(n) for n in entry["shape"]) for name, entry in tensors.items()}
        end = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        raise BadFile(f"“{file.name}” is damaged.", AGAIN, str(error), "folder") from error
    if 8 + length + end != size:
        detail = f"{size} bytes of {8 + length + end}"
        raise BadFile(f"“{file.name}” is not whole.", "The download did not end. " + AGAIN, detail, "folder")
    return shapes


def check_adapter(folder: Path) -> dict[str, Any]:
    """→ the adapter_config.json of a folder that PEFT wrote.

    Raises:
        BadFile: it is not whole.
    """
    if missing := [name for name in ADAPTER_FILES if not (folder / name).is_file()]:
        hint = "Choose the folder that PEFT wrote, with adapter_config.json and adapter_model.safetensors in it."
        raise BadFile(f"There is no whole adapter in “{folder.name}”.", hint, ", ".join(missing), "adapter")
    check_tensors(folder / ADAPTER_FILES[1])
    return _object(folder / ADAPTER_FILES[0])


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise BadFile(f"{file.name} in “{file.parent.name}” is damaged.", AGAIN, str(error), "folder") from error
    if not isinstance(found, dict):
        raise BadFile(f"{file.name} in “{file.parent.name}” is damaged.", AGAIN, "no object", "folder")
    return found


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
