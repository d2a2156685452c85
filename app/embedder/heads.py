"""Heads for the embedder: logistic regressions that sort a text into labels by its vector. Data only, one file each.

heads/ID.json   Head, kept from the run of this id; the trainer makes it (`trainer/train/head.py`)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.files import cannot_write, make_folder, write_atomic

VERSION = 1
OTHER_EMBEDDER = "It was made for the embedder of another version of Inhouse. Train it again: that takes seconds."


class Head(Struct, frozen=True, kw_only=True):
    """Which label a text has: softmax(weights · vector + bias) over `labels`."""

    version: int = VERSION
    id: str = ""  # the run that made it
    name: str = ""
    embedder: str  # Identity.id of the embedder whose vectors it reads, as questions
    labels: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]  # labels × dimensions
    bias: tuple[float, ...]  # labels
    texts: int = 0  # learned from
    scores: str = ""  # on texts that were kept out, in words
    made_at: float = 0.0

    def sort(self, vector: Sequence[float]) -> list[tuple[str, float]]:
        """Each label with its probability, the likeliest first."""
        scores = [
            math.fsum(weight * value for weight, value in zip(row, vector, strict=True)) + bias
            for row, bias in zip(self.weights, self.bias, strict=True)
        ]
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        total = math.fsum(shares)
        found = ((label, share / total) for label, share in zip(self.labels, shares, strict=True))
        return sorted(found, key=lambda pair: -pair[1])


def read_head(path: Path, embedder: str = "", dimensions: int = 0) -> Head:
    """Read and check a head; `embedder` and `dimensions` are of the vectors that it is to sort, where that is known.

    Raises:
        AppError: it is gone, damaged, of a newer version, or made for other vectors.
    """
    try:
        head = msgspec.json.decode(path.read_bytes(), type=Head)
    except FileNotFoundError as error:
        raise AppError("This head is no longer there.", "Keep it again from its run.", str(path)) from error
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise AppError("This head cannot be read.", "Keep it again from its run.", f"{path}: {error}") from error
    if head.version > VERSION:
        raise AppError(f"A newer Inhouse made the head “{head.name}”.", "Update Inhouse to use it.", str(path))
    numbers = [*head.bias, *(value for row in head.weights for value in row)]
    sizes = {len(row) for row in head.weights}
    same = len(head.labels) == len(head.weights) == len(head.bias) >= 2 and len(sizes) == 1
    if not same or not all(map(math.isfinite, numbers)):
        raise AppError(f"The head “{head.name}” is damaged.", "Keep it again from its run.", str(path))
    if (embedder and head.embedder != embedder) or (dimensions and sizes != {dimensions}):
        raise AppError(f"The head “{head.name}” cannot be used.", OTHER_EMBEDDER, head.embedder)
    return head


def write_head(path: Path, head: Head) -> None:
    """Write it whole or not at all; raises NoSpace."""
    make_folder(path.parent)
    write_atomic(path, msgspec.json.encode(head) + b"\n")


class Heads:
    """The folder of a data folder's heads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Head]:
        """Those that were kept, newest first; what cannot be read is left out."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(read_head(path))
            except AppError:
                continue
        return sorted(found, key=lambda head: -head.made_at)

    def path(self, head_id: str) -> Path:
        """Where a head is. Raises AppError where this is no id of one."""
        if not head_id or Path(head_id).name != head_id:
            raise AppError("This head is no longer there.", "Keep it again from its run.", head_id)
        return self._folder / f"{head_id}.json"

    def keep(self, head: Head) -> Head:
        """Write it down under its id; one of before is replaced. Raises NoSpace."""
        write_head(self.path(head.id), head)
        return head

    def remove(self, head_id: str) -> None:
        """Delete a head; raises AppError where the system refuses."""
        path = self.path(head_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
