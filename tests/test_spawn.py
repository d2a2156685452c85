"""Which program a child is, on each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.spawn import child_command


def test_on_windows_children_are_the_program_that_has_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "Inhouse.exe"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "platform", "win32")
    assert child_command("--worker", "engine") == [str(tmp_path / "inhouse-cli.exe"), "--worker", "engine"]
    assert child_command() == [str(program)], "the window"


def test_elsewhere_it_is_this_very_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert child_command("--core") == [sys.executable, "-m", "app", "--core"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command("--core") == [sys.executable, "--core"]
