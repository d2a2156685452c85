"""The commands that need no document process: plain words, the right status, and a quick start."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.assistant.flow import Ask
from app.chats.store import ChatStore
from app.cli import main
from app.cli.output import Progress, printable
from app.cli.repl import Repl
from app.cli.session import Listener, Session
from app.models.registry import STARTER, find_starter
from app.paths import home
from app.settings import DEFAULT_COLLECTION
from app.types import Answer, Collection, InstalledModel
from app.workers.protocol import AnyCall, Collections, Data, ListCollections, WorkerRole

Captured = pytest.CaptureFixture[str]


def lines(capsys: Captured) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "argv", [["bogus"], ["ask"], ["ask", "a", "--queries", "b"], ["search", "x", "-k", "0"], ["add"], ["models", "use"]]
)
def test_a_wrong_command_line_is_one_sentence_and_status_1(argv: list[str], capsys: Captured) -> None:
    assert main(argv) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "--help" in said.err


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["ask", "--help"], ["models", "import", "--help"]])
def test_help_and_version_are_on_stdout(argv: list[str], capsys: Captured) -> None:
    assert main(argv) == 0
    assert "nhouse" in capsys.readouterr().out


def test_light_commands_import_nothing_heavy_and_start_quickly() -> None:
    program = (
        "import sys; from app.cli import main; status = main(['models'])\n"
        "heavy = {'PySide6', 'llama_cpp', 'chromadb', 'torch', 'numpy', 'sentence_transformers', 'huggingface_hub'}\n"
        "sys.exit(status or ', '.join(heavy & set(sys.modules)) or 0)"
    )
    took = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.3


def test_models_are_listed_imported_used_and_removed(tmp_path: Path, capsys: Captured) -> None:
    starter = find_starter()
    assert starter is not None
    file = tmp_path / "Other.gguf"
    shutil.copy(starter.path, file)
    with file.open("r+b") as out:
        out.seek(-1, 2)
        out.write(b"\x55")
    assert main(["models", "import", str(file), "--name", "Other"]) == 0
    assert "“Other” is installed." in capsys.readouterr().out
    assert main(["models", "use", "Other", "--json"]) == 0
    (used,) = lines(capsys)
    assert (used["name"], used["active"], used["origin"]) == ("Other", True, "imported")
    assert main(["models", "--json"]) == 0
    assert [(line["name"], line["active"]) for line in lines(capsys)] == [(STARTER.name, False), ("Other", True)]
    assert main(["models", "back"]) == 0
    shared = tmp_path / "Other.inhouse"
    assert main(["models", "export", "other", str(shared)]) == 0
    assert main(["models", "export", "Other", str(tmp_path / "again.gguf")]) == 0
    assert (tmp_path / "again.gguf").read_bytes() == file.read_bytes()
    assert main(["models", "remove", "Other"]) == 0
    assert main(["models", "import", str(shared)]) == 0
    assert main(["models", "remove", "Other"]) == 0
    assert not list(home().models.glob("*.gguf"))
    capsys.readouterr()
    assert main(["models", "use", "Other"]) == 1
    assert "No model is called “Other”" in capsys.readouterr().err
    assert main(["models", "import", str(tmp_path / "absent.gguf")]) == 1


def test_a_model_that_does_not_load_changes_nothing(tmp_path: Path, capsys: Captured) -> None:
    starter = find_starter()
    assert starter is not None
    file = tmp_path / "Broken.gguf"
    shutil.copy(starter.path, file)
    with file.open("r+b") as out:
        out.seek(-1, 2)
        out.write(b"\x55")
    assert main(["models", "import", str(file), "--name", "Broken"]) == 0
    copy = next(home().models.glob("*.gguf"))
    with copy.open("r+b") as out:
        out.truncate(1_000_000)
    capsys.readouterr()
    assert main(["models", "use", "Broken"]) == 1
    assert capsys.readouterr().err.strip()
    assert main(["models", "--json"]) == 0
    assert [line["active"] for line in lines(capsys)] == [True, False]


def test_doctor_reads_everything_and_changes_nothing(capsys: Captured) -> None:
    assert main(["doctor", "--quick", "--json"]) == 0
    (report,) = lines(capsys)
    assert report["ok"] is True
    assert set(report) == {"ok", "versions", "hardware", "paths", "free_bytes", "checks"}
    assert not home().chats_db.exists() and not home().documents_db.exists()


@pytest.mark.parametrize("name", ["chats.db", "documents.db"])
def test_doctor_finds_a_damaged_store_and_leaves_it(name: str, capsys: Captured) -> None:
    home().root.mkdir(parents=True, exist_ok=True)
    file = home().root / name
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE t (x)")
        db.executemany("INSERT INTO t VALUES (?)", [("word" * 100,) for _ in range(200)])
    db.close()
    raw = bytearray(file.read_bytes())
    raw[4096:12288] = b"\xff" * 8192
    file.write_bytes(raw)
    assert main(["doctor", "--quick"]) == 1
    said = capsys.readouterr().out
    assert f"BAD {name.removesuffix('.db')}" in said and "Something needs attention" in said
    assert file.read_bytes() == bytes(raw)


def test_doctor_loads_the_model_in_use(capsys: Captured) -> None:
    assert main(["doctor", "--json"]) == 0
    (report,) = lines(capsys)
    hardware = report["hardware"]
    assert isinstance(hardware, dict) and hardware["backend"]


def test_a_file_of_questions_that_cannot_be_read_is_named(capsys: Captured, tmp_path: Path) -> None:
    assert main(["ask", "--queries", str(tmp_path / "absent.txt")]) == 1
    assert "absent.txt" in capsys.readouterr().err


def test_a_damaged_settings_file_is_told_and_does_not_stop_the_command(capsys: Captured) -> None:
    home().root.mkdir(parents=True, exist_ok=True)
    home().settings_file.write_text("{")
    assert main(["models"]) == 0
    said = capsys.readouterr()
    assert "damaged" in said.err and STARTER.name in said.out


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    command = [sys.executable, "-m", "app", "doctor", "--quick"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()


class Terminal(Session):
    """A session whose documents process knows these collections and whose model always agrees."""

    known: tuple[Collection, ...] = ()

    def call(self, role: WorkerRole, call: AnyCall, listener: Listener | None = None) -> Data:
        assert isinstance(call, ListCollections)
        return Collections(collections=self.known)

    def ask(self, ask: Ask, model: InstalledModel, on_token: Callable[[str], None]) -> Answer:
        return Answer(text="Yes.")


@pytest.mark.parametrize(
    ("asked", "default", "shown"),
    [
        ((), "", "Leave"),
        ((), "Travel", "Travel"),
        ((), "Gone", "Leave"),
        (("travel", "leave"), "", "Travel"),
        (("travel",), "Leave", "Travel"),
    ],
)
def test_a_chat_begun_here_asks_a_collection_that_the_window_knows(
    asked: tuple[str, ...], default: str, shown: str
) -> None:
    store = ChatStore(home().chats_db, home().backups)
    with Terminal(home()) as session:
        session.settings.set(DEFAULT_COLLECTION, default)
        repl = Repl(session, store, asked)
        repl._take("Is it so?")
        (chat,) = store.list_chats()
        assert chat.collection == ""
        names = {"Empty": 0, "Leave": 1, "Travel": 2}
        session.known = tuple(Collection(id=1, name=name, documents=count) for name, count in names.items())
        for line, stored in (
            ("Is it so?", shown),
            ("/alone", ""),
            ("/in leave", "Leave"),
            ("/in", default if default in names else "Leave"),
        ):
            repl._take(line)
            assert store.chat(chat.id).collection == stored
        repl._take("/new")
        repl._take("Is it so?")
        assert store.count() == 2
    store.close()


def test_what_a_document_says_cannot_steer_the_terminal(capsys: Captured) -> None:
    assert printable("a\x1b[2Jb\r\x07c\u202ed\n\te é") == "a\ufffd[2Jb\ufffd\ufffdc\ufffdd\n\te é"
    progress = Progress()
    progress.show("no terminal here")
    progress.clear()
    assert capsys.readouterr().err == ""


def test_bench_tells_figures_from_other_lines(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from app.cli import bench

    module = tmp_path / "measured.py"
    first = {"figure": "a", "value": 1.5, "unit": "s", "reference": 3, "ratio": 0.5, "target": "≤ 1", "ok": True}
    second = {"figure": "b", "value": 2, "unit": "s", "reference": None, "ratio": None, "target": None, "ok": False}
    told = [json.dumps(figure) for figure in (first, second)]
    check = 'import sys; assert sys.argv[1:] == ["x", "--json"]; print("warming up"); '
    module.write_text(check + "; ".join(f"print({line!r})" for line in told))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(bench.BENCHES, "search", (("measured", "x"),))
    assert main(["bench", "search"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == ["ok  a: 1.5 s (reference 3, ratio 0.5), target ≤ 1", "BAD b: 2 s"]
    assert said.err == "warming up\n"
    assert main(["bench", "search", "--json"]) == 1
    assert [line["figure"] for line in lines(capsys)] == ["a", "b"]
