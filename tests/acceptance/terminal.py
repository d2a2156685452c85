"""The terminal as a person uses it: commands of their own processes, and what they printed."""

from __future__ import annotations

import json
import subprocess
import sys


def inhouse(*args: str, said: str = "") -> str:
    """What a command printed, `said` typed into it; it must end well."""
    command = [sys.executable, "-m", "app", *args]
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def in_use(*command: str) -> str:
    """Name of the model, or of what `command` lists, that is in use."""
    rows = [json.loads(line) for line in inhouse(*command, "--json").splitlines() if line.startswith("{")]
    return str(next(row["name"] for row in rows if row["active"]))
