"""`python -m app.gui.bench start|stream|swap`: the window's figures, one JSON line each, beside a reference."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from app.figures import Figure, write
from app.gui.bench import start as bench_start
from app.gui.bench import stream as bench_stream
from app.gui.bench import swap as bench_swap

FIGURES: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "start": lambda folder: iter([bench_start.measure(folder)]),
    "stream": lambda folder: itertools.chain(bench_stream.stall(folder), bench_stream.speed(folder)),
    "swap": bench_swap.measure,
}


def main(argv: list[str]) -> int:
    """Print the figures that are asked for; 1 where one misses its target."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # it draws for nobody, on machines without a display too
    asked = [name for name in argv if not name.startswith("--")] or list(FIGURES)
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as folder:
        return write((each for name in asked for each in FIGURES[name](Path(folder))), as_json=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
