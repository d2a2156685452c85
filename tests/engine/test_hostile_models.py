"""A sample of damaged model files and hostile templates: each answers or says why not, and in time.

tests/acceptance/test_hostile_models_all.py tries 2,000 and all templates.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from engine_helpers import GREEDY, run
from hostile_models import LIMIT_S, TEMPLATES, Fates, mutants, patched
from tiny_gguf import write_tiny

from app.engine.worker import EngineRole
from app.errors import AppError
from app.paths import Home
from app.workers.calls.engine import Chat, Chatted, Load

SAMPLE = 40


def test_mutants_answer_or_say_why_not(tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "tiny.gguf")
    seen = set()
    with Fates(Home(tmp_path / "home")) as fates:
        for patches in mutants(file, SAMPLE, seed=8):
            undo = patched(file, patches)
            trial = fates.of(file)
            assert trial.fate != "too slow" and trial.seconds < LIMIT_S, (patches, trial)
            assert trial.said or trial.fate == "answers"
            seen.add(trial.fate)
            patched(file, undo)
        assert fates.of(file).fate == "answers", "the sound file works still"
    assert {"answers", "refused"} <= seen


@pytest.mark.parametrize("source", [TEMPLATES[n] for n in (0, 3, 8, 11, 15, 20, 29, 39, 42, 49, 51)], ids=range(11))
def test_hostile_templates_cost_an_answer_its_form_and_no_more(source: str, tmp_path: Path) -> None:
    engine = EngineRole(Home(tmp_path))
    try:
        run(engine.handle(Load(path=str(write_tiny(tmp_path / "t.gguf", template=source)), context=512, threads=1)))
        started = time.process_time()
        try:
            said, _ = run(engine.handle(Chat(conversation="", question="Hi", sampling=GREEDY)))
            assert isinstance(said, Chatted) and said.text
        except AppError as error:
            assert error.message and error.hint
        assert time.process_time() - started < LIMIT_S
    finally:
        engine.close()
