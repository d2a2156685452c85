"""2,000 damaged model files and every hostile template: none is over 10 s, each answers or says why not.

The same trials as in tests/engine/test_hostile_models.py, on the tiny model and on the starter.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from hostile_models import LIMIT_S, TEMPLATES, Fates, mutants, patched
from tiny_gguf import write_tiny

from app.models.registry import find_starter
from app.paths import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

TINY, STARTER = 1600, 400


def tried(file: Path, count: int, home: Path, seed: int) -> Counter[str]:
    """How many fared how; fails at the end, with every one that took too long or said nothing."""
    fates: Counter[str] = Counter()
    bad = []
    slowest = 0.0
    with Fates(Home(home)) as engine:
        for number, patches in enumerate(mutants(file, count, seed)):
            undo = patched(file, patches)
            trial = engine.of(file)
            patched(file, undo)
            fates[trial.fate] += 1
            slowest = max(slowest, trial.seconds)
            if trial.fate == "too slow" or trial.seconds > LIMIT_S or not (trial.said or trial.fate == "answers"):
                bad.append((number, patches, trial))
        assert engine.of(file).fate == "answers"
    print(f"{file.name}: {dict(fates)}, slowest {slowest:.1f} s")
    assert not bad, f"{len(bad)} of {count}: {bad[:5]}"
    return fates


def test_mutants_of_the_tiny_model(tmp_path: Path) -> None:
    fates = tried(write_tiny(tmp_path / "tiny.gguf"), TINY, tmp_path / "home", seed=1)
    assert sum(fates.values()) == TINY


def test_mutants_of_the_starter(tmp_path: Path) -> None:
    starter = find_starter()
    if starter is None:
        pytest.skip("the starter model is not installed")
    file = Path(shutil.copy(starter.path, tmp_path / "starter.gguf"))
    fates = tried(file, STARTER, tmp_path / "home", seed=2)
    assert sum(fates.values()) == STARTER


def test_every_hostile_template(tmp_path: Path) -> None:
    assert len(TEMPLATES) >= 50
    fates: Counter[str] = Counter()
    with Fates(Home(tmp_path / "home")) as engine:
        for number, source in enumerate(TEMPLATES):
            trial = engine.of(write_tiny(tmp_path / f"{number}.gguf", template=source))
            fates[trial.fate] += 1
            assert trial.fate in ("answers", "refused") and trial.seconds < LIMIT_S, (number, source[:80], trial)
    print(dict(fates))
