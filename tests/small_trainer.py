"""The trainer with a wizard's own specification, made small: two general questions to replay, one file to write."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

PROGRAM = """#!{python}
import json, os, pathlib, sys
if sys.argv[3] == "run":
    path = pathlib.Path(sys.argv[4])
    spec = json.loads(path.read_text())
    spec["hyper"] |= {hyper!r}
    if spec["recipe"] != "search":
        spec["replay"] |= {{"questions": {questions!r}, "max_new_tokens": 16}}
        spec["export"] = {{"quantizations": ["Q8_0"]}}
    path.write_text(json.dumps(spec))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def use_small_trainer(folder: Path, patch: pytest.MonkeyPatch, **hyper: float) -> None:
    """From now on trainings that the core starts are small ones; `folder` keeps what this needs, `hyper` is theirs."""
    if sys.platform == "win32":
        pytest.skip("needs a script that the system starts by itself")
    questions, program = folder / "general.jsonl", folder / "trainer"
    rows = [{"question": "What is the capital of Italy?"}, {"question": "How many legs has a spider?"}]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    program.write_text(
        PROGRAM.format(python=sys.executable, questions=str(questions), hyper={"evaluations": 2, **hyper})
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    patch.setenv("INHOUSE_TRAINER", str(program))
    patch.setenv("PYTHONPATH", os.pathsep.join([str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])]))
