"""A real `inhouse serve` in a process of its own, with a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from app.paths import Home

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Serving:
    """What a program needs to reach it."""

    home: Home
    address: str
    key: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.address.split(":")[-1].split("/")[0])


def inhouse(home: Home, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *args],
        env=_environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def serving(home: Home, *args: str) -> Iterator[Serving]:
    """On a free port, until the test is through; then it must end by itself."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--json", *args]
    process = subprocess.Popen(
        command, env=_environment(home), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        key = (home.root / "api.key").read_text().strip() if (home.root / "api.key").exists() else ""
        key = key or inhouse(home, "serve", "--show-key").stdout.strip()
        yield Serving(home, json.loads(line)["address"], key, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def wait_for_core_to_end(home: Home, limit_s: float = 60.0) -> None:
    """Until nobody owns the data folder any more."""
    end = time.monotonic() + limit_s
    while True:
        try:
            with FileLock(home.root / "core.lock").acquire(timeout=0.05):
                return
        except Timeout:
            assert time.monotonic() < end, "the core stays"


def _environment(home: Home) -> dict[str, str]:
    return {**os.environ, "INHOUSE_HOME": str(home.root), "PYTHONPATH": str(ROOT)}
