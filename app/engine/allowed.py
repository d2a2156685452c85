"""Whether a company's policy names the files of a model: by their sums, taken in the process that then loads them."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path

from app.errors import NotAllowed
from app.llama.split_files import part_paths
from app.workers.calls.engine import Load, LoadProgress

BLOCK = 8 << 20


def check_allowed(call: Load) -> Iterator[LoadProgress]:
    """Read every file that is about to be loaded, where there is a list; closing it stops.

    Raises:
        NotAllowed: one of them is not in it, or cannot be read.
    """
    if call.allowed is None:
        return
    files = [*part_paths(Path(call.path)), *(Path(each) for each in (call.adapter, call.projector) if each)]
    for file in files:
        digest = yield from _sum_of(file)
        if digest not in call.allowed:
            raise NotAllowed(
                "Your company does not allow this model.", "Choose another one on the Models page.", f"{file}: {digest}"
            )


def _sum_of(file: Path) -> Generator[LoadProgress, None, str]:
    found = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while block := opened.read(BLOCK):
                found.update(block)
                yield LoadProgress(fraction=0.0)
    except OSError as error:
        raise NotAllowed("A file of this model cannot be read.", "Import the model again.", str(error)) from error
    return found.hexdigest()
