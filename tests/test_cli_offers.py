"""`inhouse chat` with real children: what a conversation cannot show is named as a command that does."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.paths import home
from app.settings import TEMPERATURE, Settings

pytestmark = pytest.mark.real


def test_a_talk_names_the_commands_for_a_comparison_and_a_table(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for year, period in (("2024", "three"), ("2025", "six")):
        path = tmp_path / f"Lease-{year}.md"
        path.write_text(f"# Lease {year}\n\nThe notice period is {period} months.\n", encoding="utf-8")
        assert main(["add", str(path), "--collection", "Rules"]) == 0
    Settings(home()).set(TEMPERATURE, 0.0)
    talk = [
        "/in Rules", "Compare Lease-2024.md and Lease-2025.md", "Which notice period does each lease have?",
        "What is the notice period of the lease of 2025?", "/quit",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(talk)))
    capsys.readouterr()
    assert main(["chat"]) == 0
    said = capsys.readouterr().err.splitlines()
    hints = [line for line in said if "inhouse compare" in line or "inhouse table" in line]
    assert hints == [
        "Side by side: inhouse compare Lease-2024.md Lease-2025.md",
        "All 2 documents: inhouse table NAME --collection Rules --field 'Notice period'",
    ]
    command = shlex.split(hints[0].partition("inhouse ")[2])
    assert main(command) == 0
    assert "three" in capsys.readouterr().out
