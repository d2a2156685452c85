"""`python -m trainer author RUN.json`: the author of a run is tried on a few documents, and its questions are shown."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from app.errors import AppError
from trainer.context import Context
from trainer.errors import as_trainer_error
from trainer.prepare import clean, collect, questions
from trainer.spec import read_spec


def command(folder: Path) -> int:
    """Print a `Trial` as one line of JSON; what is wrong goes to stderr as a sentence. Returns the exit status."""
    try:
        context = Context(read_spec(folder / "run.json"), folder, lambda _: None)
        collect.run(context)
        clean.run(context)
        trial = questions.trial(context)
    except (AppError, OSError) as error:
        sys.stderr.write(f"{as_trainer_error(error)}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(trial).decode() + "\n")
    return 0
