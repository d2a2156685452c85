"""Files that came with a request, on the disk for as long as they are read."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from app.paths import home


@asynccontextmanager
async def uploaded(names: Sequence[str], contents: Sequence[bytes]) -> AsyncIterator[list[Path]]:
    """Where the files lie, each in a folder of its own; afterwards they are gone."""
    place = home().uploads
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        paths = [Path(folder) / str(number) / name for number, name in enumerate(names)]
        await asyncio.to_thread(_write, paths, contents)
        yield paths


def _write(paths: Sequence[Path], contents: Sequence[bytes]) -> None:
    for path, content in zip(paths, contents, strict=True):
        path.parent.mkdir()
        path.write_bytes(content)
