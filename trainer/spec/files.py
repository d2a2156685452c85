"""Reading and writing a run's files: whole or not at all, and an error that names the file and the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from app.files import write_atomic
from trainer.errors import TrainerError
from trainer.spec.specification import VERSION, RunSpec

T = TypeVar("T", bound=Struct)
FOUND = "inputs/found.jsonl"
"""In a run's folder: what search finds for its questions."""
BROUGHT = "brought"
"""In a run's folder: an adapter that was trained elsewhere, in place of a training here."""


class Written(Struct, frozen=True):
    """What a command of the trainer wrote, by path: what it prints of it."""

    files: tuple[str, ...]


def read_spec(path: Path) -> RunSpec:
    """Read and check a run's specification.

    Raises:
        TrainerError: it is missing, not JSON, of a newer version, or says something unknown; the field is named.
    """
    try:
        spec = msgspec.json.decode(path.read_bytes(), type=RunSpec)
    except FileNotFoundError as error:
        raise TrainerError(f"There is no run at “{path}”.", "Start a new one.", str(error), "missing") from error
    except msgspec.DecodeError as error:
        raise TrainerError("The run's specification cannot be read.", "Start a new run.", str(error), "spec") from error
    if spec.version > VERSION:
        raise TrainerError("A newer Inhouse wrote this run.", "Open it with that version.", code="newer")
    return spec


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Read a JSON-lines data file; empty lines are passed over.

    Raises:
        TrainerError: a line is broken; it is named by its number.
    """
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                hint = "Correct or delete that line, then start the run again."
                raise TrainerError(f"Line {number} of “{path.name}” is broken.", hint, str(error), "row") from error


def write_lines(path: Path, rows: Iterable[Struct]) -> int:
    """Write JSON lines whole or not at all; returns how many."""
    encoder = msgspec.json.Encoder()
    lines = [encoder.encode(row) for row in rows]
    write_atomic(path, b"\n".join(lines) + (b"\n" if lines else b""))
    return len(lines)


def write_json(path: Path, value: Struct) -> None:
    """Write one Struct, indented for people, whole or not at all."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_json(path: Path, kind: type[T]) -> T:
    """Read one Struct.

    Raises:
        TrainerError: it is not what it should be.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise TrainerError(f"“{path.name}” of the run is damaged.", "Start the run again.", str(error)) from error


def review_of(examples: str) -> Path:
    """The decisions on a run's examples: they lie beside the folder of the split."""
    return Path(examples).parent.parent / "review.jsonl"
