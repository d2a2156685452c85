"""Answers from documents before and after a training, by ../shared/tools/answer_eval.py: shares of right, refused, and
wrong with evidence.

By hand, on models that are installed in the data folder (INHOUSE_HOME): python tests/acceptance/grounded.py BASE TAUGHT
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.paths import home

SHARED = Path(__file__).resolve().parents[3] / "shared"
TOOL, DATASET = SHARED / "tools/answer_eval.py", SHARED / "data/xquad-en"
QUESTIONS, LEFT_OUT = 60, 0.25
"""Asked, of documents that nobody was taught; a quarter of the documents is not there, and is to be refused."""
ROOM = 0.05
"""How much more may be wrong with evidence afterwards: three of sixty, which other words in an answer can make."""

Shares = dict[str, Any]


def before_and_after(base: str, taught: str, questions: int = QUESTIONS) -> tuple[Shares, Shares]:
    """What answer_eval.py says of each model, by name or id, in this data folder; both are printed.

    A model under a billion parameters is not asked where the reader decides (docs/retrieval.md): for it this says that
    the product answers as before, and nothing of what it learned.
    """
    return _measure(base, questions), _measure(taught, questions)


def _measure(model: str, questions: int) -> Shares:
    inhouse = [sys.executable, "-m", "app"]
    subprocess.run([*inhouse, "models", "use", model], check=True, capture_output=True)
    options = {"inhouse": " ".join(inhouse), "home": str(home().root), "limit": questions, "leave-out": LEFT_OUT}
    command = [sys.executable, str(TOOL), str(DATASET)]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Shares = json.loads(ended.stdout.splitlines()[-1])
    sys.stdout.write(f"{model}: {found}\n")
    return found


if __name__ == "__main__":
    before_and_after(*sys.argv[1:3], *map(int, sys.argv[3:4]))
