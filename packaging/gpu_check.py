"""`make gpu-check`: on a computer with an NVIDIA card, builds the CUDA runtime, runs the tests marked `gpu`, measures.

Figures of chat, reading, swapping, fit and training stand beside llama.cpp's own bench tool, built from the same
source, and plain TRL: on the processor, and on the card with 1.1 billion random weights in 4 bits, where the plan's
memory also stands beside the real one. A table at the end has them all. It ends within ten minutes: what there was no
time for is named. Where there is no card, nothing is built or measured, and it says so and what it saw instead (exit
status 2: not checked).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import runtime

from app.models.cards import installed_cards
from app.models.registry import find_starter
from app.runtimes import variables

ROOT = runtime.ROOT
BUDGET_S = 570.0
NOT_CHECKED = 2
FIGURES = ("chat", "prefill", "swap", "card", "train")
RUNTIME = "INHOUSE_GPU_RUNTIME"
"""Tells the tests marked `gpu` which file to add."""


class Clock:
    """What is left of ten minutes."""

    def __init__(self, seconds: float = BUDGET_S) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, not below 0."""
        return max(0.0, self._until - time.monotonic())


def main(argv: list[str] | None = None) -> int:
    """Build, test and measure; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make gpu-check", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, help="a GGUF file to measure with (the starter)")
    args = parser.parse_args(argv)
    reason = why_not()
    if reason:
        sys.stdout.write(f"{reason}\nNothing was built, tested or measured on a graphics card.\n")
        return NOT_CHECKED
    starter = find_starter()
    model = args.model or (Path(starter.path) if starter is not None else None)
    if model is None or not model.is_file():
        sys.stdout.write("There is no model to measure with: name one with MODEL=FILE.\n")
        return 1
    return check(model, Clock())


def why_not() -> str:
    """Why a card cannot be checked here, in sentences; "" where it can."""
    cards = installed_cards()
    seen = "; ".join(f"{card.name} (driver: {card.driver or 'none'})" for card in cards) or "no graphics card at all"
    if not any(card.vendor == "NVIDIA" for card in cards) and shutil.which("nvidia-smi") is None:
        return f"This computer has no NVIDIA card. The system names: {seen}."
    if not runtime.has_card():
        return f"NVIDIA's driver names no card (nvidia-smi -L). The system names: {seen}."
    try:
        runtime.check("cuda")
    except runtime.Refused as error:
        return f"{error}\nThe system names: {seen}."
    return ""


def check(model: Path, clock: Clock) -> int:
    """The steps, each with its time; 1 where one failed or there was no time for it."""
    work = ROOT / ".build" / "runtime"
    started = time.monotonic()
    try:
        made = runtime.make("cuda", work, ROOT / ".build", bench=True)
    except runtime.Refused as error:
        sys.stdout.write(f"{error}\n")
        return 1
    say(f"built {made.name} in {time.monotonic() - started:.0f} s")
    libraries = work / "cuda" / "libraries"
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **variables(libraries), "INHOUSE_HOME": folder, RUNTIME: str(made)}
        tests = [sys.executable, "-m", "pytest", "-m", "gpu", "-s", "-q", "-p", "no:cacheprovider", "tests/gpu"]
        done = [step("the tests marked gpu", tests, env, clock)]
        done.append(
            step(
                "llama.cpp's own bench tool",
                bench_command(work, model),
                {**env, "LD_LIBRARY_PATH": str(libraries)},
                clock,
            )
        )
        rows: list[Row] = []
        done += [figures(what, env, clock, rows) for what in FIGURES]
    say("figures, each beside its reference of the same run")
    sys.stdout.write(table(rows))
    missed = [name for name, ok in done if not ok]
    sys.stdout.write(
        f"\nNot done, or not well: {', '.join(missed)}.\n" if missed else "\nAll of it was done, and well.\n"
    )
    return 1 if missed else 0


def bench_command(work: Path, model: Path) -> list[str]:
    """Reading 512 tokens and writing 128, all layers on the card, as the tool is usually run."""
    tool = runtime.bench_tool(work, "cuda")
    return [str(tool or "llama-bench"), "-m", str(model), "-p", "512", "-n", "128", "-ngl", "99", "-o", "md"]


def step(name: str, command: list[str], env: dict[str, str], clock: Clock) -> tuple[str, bool]:
    """Run one, its output on the terminal; → its name, and whether it ended well in the time that was left."""
    if clock.left() < 5:
        say(f"no time is left for {name}")
        return name, False
    say(f"{name} ({clock.left():.0f} s left)")
    try:
        ended = subprocess.run(command, env=env, cwd=ROOT, timeout=clock.left(), check=False)
    except subprocess.TimeoutExpired:
        say(f"{name} was ended: no time was left")
        return name, False
    except OSError as error:
        say(f"{name} could not be started: {error}")
        return name, False
    return name, ended.returncode == 0


Row = tuple[str, ...]
COLUMNS: Row = ("figure", "value", "reference", "ratio", "target", "")


def figures(what: str, env: dict[str, str], clock: Clock, rows: list[Row]) -> tuple[str, bool]:
    """Measure one of `inhouse bench` and add its rows; → its name, and whether all its targets were met."""
    name = f"inhouse bench {what}"
    if clock.left() < 5:
        say(f"no time is left for {name}")
        return name, False
    say(f"{name} ({clock.left():.0f} s left)")
    command = [sys.executable, "-m", "app", "bench", what, "--json"]
    try:
        ended = subprocess.run(
            command, env=env, cwd=ROOT, timeout=clock.left(), check=False, stdout=subprocess.PIPE, encoding="utf-8"
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        rows += rows_of(said.decode() if isinstance(said, bytes) else said)
        say(f"{name} was ended: no time was left")
        return name, False
    rows += rows_of(ended.stdout)
    return name, ended.returncode == 0


def rows_of(said: str) -> list[Row]:
    """The figures among the lines of a measurement."""
    found = []
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            figure = json.loads(line)
            if isinstance(figure, dict) and "figure" in figure:
                found.append(row_of(figure))
    return found


def row_of(figure: dict[str, Any]) -> Row:
    """One figure in words: bytes as GB, and whether its target was met."""
    unit = str(figure.get("unit", ""))

    def number(value: object) -> str:
        if not isinstance(value, int | float):
            return "" if value is None else str(value)
        return f"{value / 1e9:.2f} GB" if unit == "bytes" else f"{value:.4g} {unit}"

    met = "" if figure.get("target") is None else "met" if figure.get("ok", True) else "missed"
    given = (str(figure["figure"]), number(figure.get("value")), number(figure.get("reference")))
    ratio = figure.get("ratio")
    return (*given, "" if ratio is None else f"{ratio:.2f}", str(figure.get("target") or ""), met)


def table(rows: list[Row]) -> str:
    """Lines with columns of one width each."""
    lines = [COLUMNS, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def say(text: str) -> None:
    """A line between the steps."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
