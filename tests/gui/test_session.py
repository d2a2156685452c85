"""The session file: what cannot be read is kept, never written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui.shell.session import Session
from app.paths import home

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"drafts": 7}'])
def test_a_damaged_file_is_set_aside(content: bytes) -> None:
    home().root.mkdir(parents=True)
    home().session_file.write_bytes(content)
    session = Session(home().session_file)
    (kept,) = home().root.glob("session.broken-*.json")
    assert kept.read_bytes() == content and kept.name in session.note
    session.set_draft(0, "Typed after that")
    session.save()
    again = Session(home().session_file)
    assert again.note == "" and again.draft(0) == "Typed after that" and kept.exists()


def test_a_file_that_cannot_be_read_now_is_not_written_over() -> None:
    home().session_file.mkdir(parents=True)  # what the system refuses to read as a file
    (home().session_file / "held").write_text("x")
    session = Session(home().session_file)
    session.set_draft(0, "Lasts until the window closes")
    session.save()
    assert session.draft(0) and (home().session_file / "held").read_text() == "x"
    assert list(Path(home().root).iterdir()) == [home().session_file]
