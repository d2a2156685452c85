"""A model in several files: their names count, and it is loaded by the first.

The names are those of llama.cpp's gguf-split (LLM_SPLIT_PATH_FORMAT), by which its loader finds the others.
"""

from __future__ import annotations

import re
from pathlib import Path

from app.errors import BadFile

PART = re.compile(r"-(\d{5})-of-(\d{5})(\.gguf)$", re.IGNORECASE)
MOST = 999
"""Files of a model: more are a name that only looks so."""


def parts_of(name: str) -> tuple[str, ...]:
    """The names of all files of a model, in their order, by the name of any; itself alone where it does not count."""
    split = PART.search(name)
    if split is None or not 1 <= int(split[1]) <= int(split[2]) <= MOST:
        return (name,)
    stem, count = name[: split.start()], int(split[2])
    return tuple(f"{stem}-{number:05}-of-{count:05}{split[3]}" for number in range(1, count + 1))


def part_paths(path: Path) -> tuple[Path, ...]:
    """As `parts_of`, where they lie."""
    return tuple(path.parent / name for name in parts_of(path.name))


def is_later_part(name: str) -> bool:
    """Whether it is the second file of a model or one behind it, which nothing can be loaded from."""
    return parts_of(name)[0] != name


def stem_of(name: str) -> str:
    """The name without what counts and without its ending."""
    whole = parts_of(name)
    return PART.sub("", name) if len(whole) > 1 else re.sub(r"\.gguf$", "", name, flags=re.IGNORECASE)


def first_part(path: Path) -> Path:
    """The file by which a model is loaded, by any of its files.

    Raises:
        BadFile: another file of it is not there; "missing".
    """
    parts = part_paths(path)
    gone = [part for part in parts if not part.is_file()] if path.is_file() else []
    if gone:
        raise part_missing(gone[0].name, len(parts))
    return parts[0]


def part_missing(name: str, count: int) -> BadFile:
    """In words, which file of a model in `count` files is not there."""
    return BadFile(
        f"“{name}” is missing: this model comes in {count} files, which belong together.",
        "Put it beside the others, or get the model again.",
        code="missing",
    )
