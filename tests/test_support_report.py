"""What a support desk is handed, and what logs and crash reports keep: nothing of documents, chats, people and keys."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from old_home import unpack_old_home

from app.chats.store import ChatStore
from app.cli.main import main
from app.crashes import KEPT, collect, crash_folder, note_crash, reports
from app.documents.store import Store
from app.errors import AppError
from app.log import FORMAT, WithoutContents
from app.paths import Home
from app.settings import CATALOGUE, INSTRUCTIONS, TEXT_SIZE, Settings

PLANTED = {
    "document": "Kündigung Quastenflosser",
    "chat": "Abfindung Wendehals",
    "question": "How much does the Zibetkatze earn",
    "collection": "Personalakten Rotfeder",
    "instructions": "Always mention Ziegenmelker",
    "server": "chat.kronenkranich.example",
    "key": "sk-Waldkauz4711Steinkauz0815Raufuss",
    "user": "erika.blaumeise",
}


@pytest.fixture
def planted(data_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    place = unpack_old_home(data_folder)
    data_folder.chmod(0o700)
    chats = ChatStore(place.chats_db, place.backups)
    chats.create(PLANTED["chat"])
    chats.close()
    Store(place.documents_db, place.backups).close()
    path = f"/home/{PLANTED['user']}/Documents/{PLANTED['document']}.pdf"
    with sqlite3.connect(place.chats_db) as db:
        db.execute(
            "UPDATE turns SET text = ? WHERE id = (SELECT max(id) FROM turns WHERE role = 'question')",
            (PLANTED["question"],),
        )
    db.close()
    with sqlite3.connect(place.documents_db) as db:
        db.execute(
            "UPDATE documents SET path = ?, name = ? WHERE id = (SELECT min(id) FROM documents)",
            (path, f"{PLANTED['document']}.pdf"),
        )
        db.execute("INSERT INTO collections (name) VALUES (?)", (PLANTED["collection"],))
    db.close()
    settings = Settings(place)
    settings.set(INSTRUCTIONS, PLANTED["instructions"])
    settings.set(CATALOGUE, f"https://{PLANTED['server']}/models.json")
    settings.set(TEXT_SIZE, 120)
    monkeypatch.setenv("USER", PLANTED["user"])
    monkeypatch.setenv("LOGNAME", PLANTED["user"])
    crash_folder(place).mkdir(parents=True)
    lines = "\n".join(
        f'2026-11-30 10:00:00,000 WARNING app.old: it failed for {text} and "{text}"\n{text} alone'
        for text in (*PLANTED.values(), path, f"https://{PLANTED['server']}/v1 with {PLANTED['key']}")
    )
    (place.logs / "core.log").write_text(lines)  # as an older version may have left it
    (crash_folder(place) / "20261130-100000-000-core.txt").write_text(f"Inhouse 1\nValueError: {lines}")
    return place


def test_the_report_holds_what_support_needs_and_nothing_that_was_planted(
    planted: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.txt"
    assert main(["doctor", "--quick", "--report", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    folded = text.casefold()
    for kind, words in PLANTED.items():
        for word in words.replace(".", " ").split():
            assert len(word) < 7 or word.casefold() not in folded, kind
    assert "WARNING app.old: …" in text and "[1 lines left out]" in text
    assert "llama-cpp-python: " in text and "memory_bytes: " in text and "text_size: 120" in text
    assert "instructions: set" in text and "catalogue: set" in text and "What was left out" in text
    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    assert main(["doctor", "--quick", "--report", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("value", [*PLANTED.values(), f"/home/{PLANTED['user']}/a b.pdf", Path("/x/Kündigung.pdf")])
def test_a_log_line_holds_no_value_that_is_content(value: object) -> None:
    text = WithoutContents(FORMAT)
    errors = (
        ValueError(value),
        AppError(f"“{value}” is damaged.", "Try again."),
        FileNotFoundError(2, "No", str(value)),
    )
    for args in ((value,), *((each,) for each in errors)):
        record = logging.LogRecord("app.x", logging.INFO, "x.py", 1, "%s could not be read", args, None)
        said = text.format(record)
        assert "could not be read" in said and not any(word in said for word in str(value).split() if len(word) > 6)
    try:
        raise ValueError(value)
    except ValueError as error:
        record = logging.LogRecord("app.x", logging.ERROR, "x.py", 1, "It failed", None, (type(error), error, None))
        said = text.format(record)
    assert "ValueError" in said and "test_support_report.py" in said and str(value) not in said


def test_numbers_and_words_of_the_program_stay_in_the_log() -> None:
    args = ("documents", "chats.db", 3, 1.5)
    record = logging.LogRecord("app.x", logging.INFO, "x.py", 1, "%s %s %d %.1f", args, None)
    assert WithoutContents(FORMAT).format(record).endswith("documents chats.db 3 1.5")


def test_an_unexpected_error_leaves_a_small_report_and_their_number_is_bounded(data_folder: Path) -> None:
    place = Home(data_folder)
    for _ in range(KEPT + 3):
        try:
            int(PLANTED["question"])
        except ValueError as error:
            assert note_crash(place, "window", error) is not None
    kept = reports(place)
    assert 1 <= len(kept) <= KEPT
    text = kept[-1].read_text(encoding="utf-8")
    assert "ValueError" in text and "test_support_report.py" in text and "Zibetkatze" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_hard_crash_leaves_its_stack_and_is_told_once(data_folder: Path) -> None:
    place = Home(data_folder)
    code = "from app.crashes import watch_for_crash as w; from app.paths import home; w(home(), 'core'); {}"
    for end, status in (("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV), ("pass", 0)):
        ran = subprocess.run([sys.executable, "-c", code.format(end)], env=dict(os.environ), timeout=60, check=False)
        assert ran.returncode == status
    (report,) = collect(place)
    assert report.stem.endswith("core-hard") and "Fatal Python error: Segmentation fault" in report.read_text()
    assert collect(place) == [] and not list(crash_folder(place).glob("*.fault"))
