"""The lists of the training component fit what this release was tested with, and hold all that the trainer imports."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

from app.finetune.component_lock import BACKENDS, Lock, read_lock
from app.finetune.trainer_command import NEEDED

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "resources" / "training").glob("*.lock"))
IN_THE_BUNDLE = {"llama_cpp"}
"""Its libraries come with the bundle: the package index has its source only."""


def lock_of(file: Path) -> Lock:
    return read_lock(file, next(each for each in BACKENDS if file.stem.endswith(f"-{each}")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_versions_are_those_of_the_release(file: Path) -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
    tested = {plain(name): version for name, version in pinned.items()}
    lock = lock_of(file)
    for wheel in lock.wheels:
        assert tested.get(plain(wheel.name), wheel.version) == wheel.version.partition("+")[0]
        assert plain(wheel.file.partition("-")[0]) == plain(wheel.name)
        assert wheel.unpacked > 0 and wheel.bytes > 0
    assert "://" not in file.read_text("utf-8")


def test_all_that_the_trainer_imports_is_in_it() -> None:
    graph = grimp.build_graph("app", "trainer", include_external_packages=True)
    to_see = [name for name in graph.modules if name.split(".")[0] == "trainer"]
    seen: set[str] = set()
    while to_see:
        name = to_see.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.split(".")[0] in ("app", "trainer"):
            to_see += graph.find_modules_directly_imported_by(name)
    outside = {name for name in seen if name.split(".")[0] not in ("app", "trainer", *sys.stdlib_module_names)}
    assert {"torch", "trl"} <= outside
    distributions = packages_distributions()
    for file in FILES:
        held = {plain(wheel.name) for wheel in lock_of(file).wheels}
        for name in sorted({*outside, *NEEDED} - IN_THE_BUNDLE):
            names = {plain(each) for each in distributions.get(name.split(".")[0], [name])}
            assert names & held, f"{name} is not in {file.name}"


def plain(name: str) -> str:
    return re.sub("[-_.]+", "-", name).casefold()
