"""The commands that need no document process: plain words, the right status, and a quick start."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from core_world import CoreWorld
from openai_server import KEY, MODEL, Play, serving

from app.cli import ask, main, repl
from app.cli.main import build_parser
from app.cli.output import Progress, printable
from app.cli.session import Session
from app.core.calls.chats import Answered, Ask
from app.errors import AppError
from app.models.registry import STARTER, find_starter
from app.paths import home
from app.pictures import PictureFile
from app.settings import DEFAULT_COLLECTION, Settings
from app.types import (
    Answer,
    AnswerSettings,
    Budget,
    Collection,
    InstalledModel,
    LookedAt,
    ModelInfo,
    Passage,
    SearchResult,
    Source,
    Stats,
    Trace,
)
from app.workers.calls.documents import Collections, ListCollections, Search, Searched
from app.workers.calls.engine import Chat, Chatted, Load, Loaded
from app.workers.message import Call, Data

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip
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


def test_light_commands_import_nothing_heavy() -> None:
    program = (
        "import sys; from app.cli import main; status = main(['models'])\n"
        "heavy = {'PySide6', 'llama_cpp', 'chromadb', 'torch', 'numpy', 'sentence_transformers', 'huggingface_hub',\n"
        "         'asyncio', 'httpx', 'starlette', 'keyring'}\n"
        "sys.exit(status or ', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


def test_models_are_listed_imported_used_and_removed(tmp_path: Path, capsys: Captured) -> None:
    starter = find_starter()
    assert starter is not None
    file = tmp_path / "Other.gguf"
    shutil.copy(starter.path, file)
    with file.open("r+b") as out:
        out.seek(-4, 2)  # the least of a number: another file, the same model
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


def test_a_model_on_a_server_is_added_and_answers(tmp_path: Path, capsys: Captured) -> None:
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    with serving(Play(models=("small", MODEL))) as play:
        host = play.address.split("/")[2]
        assert main(["models", "add-server", play.address, "--key-file", str(key)]) == 1
        assert f"{host} has several models. Choose one of: “small”, “{MODEL}”" in capsys.readouterr().err
        assert main(["models", "add-server", play.address, "--model", MODEL]) == 1
        assert f"{host} does not accept the key" in capsys.readouterr().err
        adding = ["models", "add-server", play.address, "--model", MODEL, "--name", "Large", "--key-file", str(key)]
        assert main(adding) == 0
        said = capsys.readouterr()
        assert f"“Large” on {host} can be used" in said.out and f"are sent to {host}" in said.err
        assert main(["models", "--json"]) == 0
        (_, listed) = lines(capsys)
        assert (listed["origin"], listed["server"], listed["active"]) == ("server", play.address, False)
        assert main(["ask", "Who are you?", "--no-documents", "--model", "large", "--json"]) == 0
        (answer,) = lines(capsys)
        assert (answer["answer"], answer["model"]) == ("".join(play.words), f"Large, computed on {host}")
        assert main(["models", "use", "Large"]) == 0
        assert main(["ask", "Who are you?", "--no-documents"]) == 0
        assert "".join(play.words) in capsys.readouterr().out
        assert main(["models", "export", "Large", str(tmp_path / "out.gguf")]) == 1
        assert "has no file here" in capsys.readouterr().err
        play.cut_after = 2
        assert main(["ask", "Who are you?", "--no-documents"]) == 1
        said = capsys.readouterr()
        assert "The hotel limit in Munich is" in said.out and "ended in the middle" in said.err
        play.key = "sk-other"
        assert main(["ask", "Who are you?", "--no-documents"]) == 1
        assert "does not accept the key" in capsys.readouterr().err
        assert main(["models", "back"]) == 0
        assert main(["models", "remove", "Large"]) == 0
    deadline = time.monotonic() + 20
    while home().server_keys.exists():
        assert time.monotonic() < deadline, "its key is forgotten"
        time.sleep(0.05)


def test_a_model_that_does_not_load_changes_nothing(tmp_path: Path, capsys: Captured) -> None:
    starter = find_starter()
    assert starter is not None
    file = tmp_path / "Broken.gguf"
    shutil.copy(starter.path, file)
    with file.open("r+b") as out:
        out.seek(-4, 2)  # the least of a number: another file, the same model
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


class PlayedDoor:
    """The door of a command, of a core in this process whose children say what the test wants."""

    def __init__(self, known: tuple[Collection, ...]) -> None:
        self.world = CoreWorld()
        self.known = known
        self._door = self.world.door()
        self._read = 0
        self.on_broadcast: object = None

    def call(self, call: Call, on_event: object = None) -> Any:
        key = self._door.call(call)
        for job in self.world.documents.waiting(ListCollections):
            job.finish(Collections(collections=self.known))
        return self._door.result(key)

    def listen(self, until: Callable[[Data], bool]) -> None:
        """The model is there by now, finds nothing in the documents, and says yes."""
        engine = self.world.engine
        if not self.world.core.models.is_ready:
            engine.ready.emit(None)
            engine.last(Load).finish(Loaded(info=INFO))
        for job in self.world.documents.waiting(Search):
            job.finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
        for job in engine.waiting(Chat):
            budget = Budget(context=8192, used=90)
            job.finish(Chatted(text="Yes.", thinking="", reason="end", stats=Stats(), budget=budget, passages_used=0))
        told = self._door.events()
        while self._read < len(told):
            self._read += 1
            if until(told[self._read - 1]):
                return
        raise AssertionError("nothing of it was what the command waits for")

    def close(self) -> None:
        self._door.leave()


class Typed(io.StringIO):
    """What a person types, and what is looked at after each line."""

    def __init__(self, lines: Sequence[str], look: Callable[[], object]) -> None:
        super().__init__("".join(f"{line}\n" for line in lines))
        self._look, self.seen = look, []  # type: list[object]

    def readline(self, size: int | None = -1) -> str:
        if self.tell():
            self.seen.append(self._look())
        return super().readline(size)


def talk(
    monkeypatch: pytest.MonkeyPatch,
    known: tuple[Collection, ...],
    lines: Sequence[str],
    asked: Sequence[str],
    default: int,
) -> tuple[PlayedDoor, list[object]]:
    """`inhouse chat` with these lines; → its core, and the collection of the newest chat after each line."""
    Settings(home()).set(DEFAULT_COLLECTION, default)
    door = PlayedDoor(known)

    def look() -> object:
        chats = door.world.core.store.list_chats()
        return max(chats, key=lambda chat: chat.id).collection_id if chats else None

    typed = Typed(lines, look)
    monkeypatch.setattr("sys.stdin", typed)
    with Session(home()) as session:
        session.door = door  # type: ignore[assignment]
        assert repl.command(argparse.Namespace(collection=list(asked)), session) == 0
    return door, typed.seen


EMPTY, LEAVE, TRAVEL, GONE = 1, 2, 3, 9
KNOWN = tuple(
    Collection(id=key, name=name, documents=count)
    for key, name, count in ((EMPTY, "Empty", 0), (LEAVE, "Leave", 1), (TRAVEL, "Travel", 2))
)


@pytest.mark.parametrize(
    ("asked", "default", "shown"),
    [
        ((), 0, LEAVE),
        ((), TRAVEL, TRAVEL),
        ((), GONE, LEAVE),
        (("travel", "leave"), 0, TRAVEL),
        (("travel",), LEAVE, TRAVEL),
    ],
)
def test_a_chat_begun_here_asks_a_collection_that_the_window_knows(
    asked: tuple[str, ...], default: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Is it so?", "/alone", "/in leave", "/in", "/new", "Is it so?"]
    door, seen = talk(monkeypatch, KNOWN, lines, asked, default)
    everywhere = default if default in (LEAVE, TRAVEL) else LEAVE
    assert seen[:4] == [shown, 0, LEAVE, everywhere]
    assert door.world.core.store.count() == 2


def test_before_the_first_document_the_model_answers_alone_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    door, seen = talk(monkeypatch, (), ["Is it so?"], (), 0)
    assert seen == [0] and not [job for job in door.world.documents.jobs if isinstance(job.call, Search)]
    said = capsys.readouterr()
    assert "Yes." in said.out and "There are no documents yet" in said.err


def test_a_model_that_cannot_be_loaded_does_not_leave_the_terminal_waiting(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def refuse(self: PlayedDoor, until: Callable[[Data], bool]) -> None:
        self.world.engine.ready.emit(None)
        self.world.engine.last(Load).fail(AppError("There is not enough memory for this model."))
        assert any(until(data) for data in self._door.events())

    monkeypatch.setattr(PlayedDoor, "listen", refuse)
    talk(monkeypatch, (), ["Is it so?"], (), 0)
    assert "There is not enough memory" in capsys.readouterr().err


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


def test_an_answer_is_said_with_the_sentence_that_each_source_is_cited_for(capsys: Captured) -> None:
    text = "Travel is paid. In Norway the limit is 160 euros. Receipts are kept."
    start, end = text.index("In"), text.index(" Receipts")
    passage = Passage(
        id=1, document_id=1, document="travel.md", path="/f/travel.md", collection="Rules", page=None, start=0,
        end=len(text), text=text, best=(start, end),
    )  # fmt: skip
    sources = (Source(n=1, passage=passage),)
    for said in ("Norway allows 160 euros [1].", "In Norway the limit is **160 euros**. [1]"):
        answer = Answer(text=said, sources=sources)
        args = build_parser().parse_args(["ask", "Q"])
        assert ask.command(args, cast(Session, Explained(answer))) == 0
        quoted = "**" not in said
        assert ("    “In Norway the limit is 160 euros.”\n" in capsys.readouterr().out) is quoted
    args = build_parser().parse_args(["ask", "Q", "--json"])
    assert ask.command(args, cast(Session, Explained(answer))) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert source["text"][slice(*source["best"])] == "In Norway the limit is 160 euros."


class Explained:
    """A session whose answers come without a core."""

    progress = Progress(io.StringIO())

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def model(self, name: str) -> InstalledModel:
        return STARTER

    def collections(self, names: Sequence[str]) -> tuple[Collection, ...]:
        return ()

    def call(self, asked: Ask, *_: object, **__: object) -> Answered:
        self.asked = asked
        return Answered(answer=self.answer)


def test_why_follows_the_answer_and_is_said_only_where_it_is_asked(capsys: Captured) -> None:
    settings = AnswerSettings(only_from_documents=True, passages=6, temperature=0.2, seed=None)
    looked = LookedAt(passage_id=1, document_id=1, document="travel.md", words=0.9, outcome="no_answer", chance=0.04)
    trace = Trace(asked="Q", searched_as="Q", documents=1, passages=1, looked_at=(looked,), read=1, settings=settings)
    answer = Answer(text="Not found.", not_found=True, searched="Rules", trace=trace)
    for flags, known in ((["--why"], answer), ([], answer), (["--why"], Answer(text="Hello."))):
        args = build_parser().parse_args(["ask", "Q", *flags])
        assert ask.command(args, cast(Session, Explained(known))) == 0
        said = capsys.readouterr().out
        if not flags:
            assert said == "Not found.\n"
        elif known is answer:
            assert said.startswith("Not found.\n\nWhat was searched: Rules, 1 document\n")
            line = "  travel.md: Read, but it does not answer the question (words 0.90, meaning 0.00, answers it 0.04)"
            assert line in said.split("\n")
        else:
            assert "no documents were searched" in said


def test_pictures_and_pages_go_with_a_question(tmp_path: Path) -> None:
    photo, plan = tmp_path / "photo.JPG", tmp_path / "plan.pdf"
    photo.touch()
    plan.touch()

    def sent(*flags: str) -> tuple[PictureFile, ...]:
        args = build_parser().parse_args(["ask", "Q", *flags])
        explained = Explained(Answer(text="A."))
        ask.command(args, cast(Session, explained))
        return explained.asked.pictures

    assert sent("--picture", str(photo), "--picture", str(photo)) == (PictureFile(str(photo)),) * 2
    pages = sent("--picture", str(plan), "--page", "2", "--page", "5")
    assert pages == (PictureFile(str(plan), 2), PictureFile(str(plan), 5))
    for flags, said in (
        (("--picture", str(plan)), "Say which of its pages"),
        (("--page", "2"), "which document's pages"),
        (("--picture", str(plan), "--picture", str(photo), "--page", "2"), "which document's pages"),
        (("--picture", str(tmp_path / "gone.png")), "no file"),
    ):
        with pytest.raises(AppError) as refused:
            sent(*flags)
        assert said in str(refused.value)
