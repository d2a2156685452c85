"""What chats have read, kept on the disk: used for the same tokens and the same model alone, and never a danger."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_helpers import GREEDY, conversations_of, run, turn
from tiny_gguf import write_tiny

from app.engine import kept
from app.engine.worker import EngineRole
from app.paths import Home
from app.workers.calls.engine import Chat, Chatted, KeepStates, Load, SetAdapter

LONG = "Remember this: " + "the river walks under the green stone and the lamp. " * 6


@pytest.fixture
def files(babble: EngineRole) -> Path:
    """The folder, with nothing in it and nothing in the engine's memory."""
    folder = conversations_of(babble)._kept._folder
    for path in folder.glob("*"):
        path.unlink()
    conversations_of(babble).reset()
    return folder


def ask(babble: EngineRole, conversation: str, question: str, *before: object, keep: bool = True) -> Chatted:
    call = Chat(conversation=conversation, question=question, history=before, sampling=GREEDY, keep=keep)  # type: ignore[arg-type]
    result, _ = run(babble.handle(call))
    assert isinstance(result, Chatted)
    return result


def keep(babble: EngineRole, *conversations: str) -> None:
    """Write them, then let the engine forget all that it read, as a restart does."""
    run(babble.handle(KeepStates(conversations=conversations)))
    conversations_of(babble).reset()


def test_a_chat_that_is_opened_again_goes_on_from_the_disk_with_the_same_words(babble: EngineRole, files: Path) -> None:
    first = ask(babble, "7", LONG)
    history = turn(LONG, first.text)
    straight = ask(babble, "7", "And who walks?", *history)
    conversations_of(babble).reset()
    ask(babble, "7", LONG)
    keep(babble, "7")
    assert stat.S_IMODE((files / "7.chat").stat().st_mode) == 0o600
    again = ask(babble, "7", "And who walks?", *history)
    assert again.text == straight.text
    assert again.stats.evaluated_tokens < 64 < 256 < again.stats.prompt_tokens
    assert [path.name for path in files.iterdir()] == ["7.chat"]


def test_another_chat_and_one_that_is_not_kept_find_nothing(babble: EngineRole, files: Path) -> None:
    ask(babble, "7", LONG)
    keep(babble, "7")
    other = ask(babble, "8", "Which river?", *turn("Hello " + LONG, "Yes."))
    assert other.stats.evaluated_tokens > other.stats.prompt_tokens - 40  # the instructions at most
    conversations_of(babble).reset()
    unkept = ask(babble, "7", "Who?", *turn(LONG, "Yes."), keep=False)
    assert unkept.stats.evaluated_tokens == unkept.stats.prompt_tokens


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def of_another_model(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"made_by":"', b'"made_by":"x', 1))


def no_header(path: Path) -> None:
    path.write_bytes(b"\0" * 5000)


def other_answer(path: Path) -> None:
    """The tokens of an answer in the first line: they would stand in the next prompt."""
    line, _, rest = path.read_bytes().partition(b"\n")
    header = json.loads(line)
    header["answers"][0][1][0] = 999_999_999
    path.write_bytes(json.dumps(header).encode() + b"\n" + rest)


def huge(path: Path) -> None:
    """It says that it is larger than any memory."""
    line, _, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps(json.loads(line) | {"state": 1 << 60, "tokens": 1 << 58}).encode() + b"\n" + rest)


@pytest.mark.parametrize("damage", [truncated, flipped, of_another_model, no_header, other_answer, huge])
def test_a_file_that_is_not_as_it_was_written_is_not_used(
    babble: EngineRole, files: Path, damage: Callable[[Path], None]
) -> None:
    first = ask(babble, "7", LONG)
    keep(babble, "7")
    damage(files / "7.chat")
    again = ask(babble, "7", "Who?", *turn(LONG, first.text))
    assert again.stats.evaluated_tokens == again.stats.prompt_tokens


def test_the_oldest_chats_make_room_and_a_full_disk_is_no_error(
    babble: EngineRole, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(babble, "7", LONG)
    ask(babble, "8", "So: " + LONG)
    keep(babble, "7", "8")
    size = (files / "7.chat").stat().st_size
    monkeypatch.setattr(kept, "LIMIT_BYTES", int(size * 2.5))
    for path in files.iterdir():
        os.utime(path, (1, 1))  # a file's time has the clock's ticks, and this is all within one
    ask(babble, "7", "Who?", *turn(LONG, "Yes."))  # read again: 8 is the oldest now
    ask(babble, "9", "Well: " + LONG)
    keep(babble, "9")
    assert sorted(path.name for path in files.iterdir()) == ["7.chat", "9.chat"]
    monkeypatch.setattr(kept, "LIMIT_BYTES", size // 2)
    ask(babble, "10", "Now: " + LONG)
    keep(babble, "10")
    assert sorted(path.name for path in files.iterdir()) == ["7.chat", "9.chat"]


def test_a_write_that_is_cut_off_leaves_the_file_as_it_was(babble: EngineRole, files: Path) -> None:
    ask(babble, "7", LONG)
    steps = babble.handle(KeepStates(conversations=("7", "../8", "")))
    next(steps)
    assert list(files.glob("*.part"))
    steps.close()
    assert not list(files.iterdir())


def test_a_chat_that_was_asked_anew_is_written_again_though_it_is_as_long(babble: EngineRole, files: Path) -> None:
    ask(babble, "7", LONG)
    keep(babble, "7")
    ask(babble, "7", "Forget this: " + LONG[15:])
    keep(babble, "7")
    again = ask(babble, "7", "Forget this: " + LONG[15:])
    assert again.stats.evaluated_tokens < 64


def test_nothing_is_written_twice(babble: EngineRole, files: Path) -> None:
    first = ask(babble, "7", LONG)
    keep(babble, "7")
    written = (files / "7.chat").stat().st_ino
    ask(babble, "7", "Who?", *turn(LONG, first.text))
    keep(babble, "7")
    assert (files / "7.chat").stat().st_ino == written


def test_another_file_under_the_same_name_is_another_model(tiny: Path, tmp_path: Path) -> None:
    """Of the same size, with the same date: a model that was tuned again, and copied with its dates."""
    model, other = tmp_path / "m.gguf", write_tiny(tmp_path / "other.gguf", seed=4)
    model.write_bytes(tiny.read_bytes())
    os.utime(model, ns=(10**18, 10**18))
    os.utime(other, ns=(10**18, 10**18))
    assert model.stat().st_size == other.stat().st_size
    engine = EngineRole(Home(tmp_path))
    run(engine.handle(Load(path=str(model), context=1024, threads=1)))
    ask(engine, "7", LONG)
    other.replace(model)  # while the old one is loaded
    run(engine.handle(SetAdapter(path="")))
    ask(engine, "7", LONG)
    run(engine.handle(KeepStates(conversations=("7",))))
    assert (tmp_path / "cache" / "conversations" / "7.chat").exists()
    engine.close()
    engine = EngineRole(Home(tmp_path))
    run(engine.handle(Load(path=str(model), context=1024, threads=1)))
    again = ask(engine, "7", LONG)
    assert again.stats.evaluated_tokens == again.stats.prompt_tokens
    engine.close()


def test_another_build_of_llama_reads_it_again(
    babble: EngineRole, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(babble, "7", LONG)
    keep(babble, "7")
    monkeypatch.setattr(kept, "library_version", lambda: "b9999 (newer)")
    run(babble.handle(SetAdapter(path="")))
    again = ask(babble, "7", LONG)
    assert again.stats.evaluated_tokens == again.stats.prompt_tokens
    monkeypatch.undo()
    run(babble.handle(SetAdapter(path="")))


WRITES = """
import numpy as np, sys
from pathlib import Path
from app.engine.kept import KeptStates
from app.llama.saved import Saved
from app.paths import Home
kept = KeptStates(Home(Path(sys.argv[1])), "m")
size = int(sys.argv[2])
for n, _ in enumerate(kept.write(Saved("7", list(range(300)), np.full(size, 7, np.uint8)), [])):
    if n == 2:
        print("half", flush=True)
        sys.stdin.readline()
print("all", flush=True)
"""
SIZE = 20 << 20


def write(folder: Path, size: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITES, str(folder), str(size)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_kill_in_the_middle_leaves_the_last_whole_one(tmp_path: Path) -> None:
    first = write(tmp_path, SIZE)
    out, _ = first.communicate("\n")
    assert out.split() == ["half", "all"]
    states = kept.KeptStates(Home(tmp_path), "m")
    for _ in range(3):
        process = write(tmp_path, SIZE + 1)
        assert process.stdout is not None and process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = states.read("7")
        assert found is not None and found[0].state.nbytes == SIZE and found[0].tokens == list(range(300))
    out, _ = write(tmp_path, SIZE + 2).communicate("\n")
    found = states.read("7")
    assert found is not None and found[0].state.nbytes == SIZE + 2, "what the kills left is in nobody's way"


def test_a_disk_that_fills_while_it_is_written_leaves_the_last_whole_one(
    babble: EngineRole, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(babble, "7", LONG)
    keep(babble, "7")
    written = (files / "7.chat").read_bytes()
    ask(babble, "7", LONG[:300], *turn(LONG, first.text))
    plain = os.fdopen

    def full(*args: object, **options: object) -> object:
        file = plain(*args, **options)  # type: ignore[call-overload]

        class Full:
            """Takes the first line, and no more."""

            def __enter__(self) -> Full:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: bytes) -> None:
                if file.tell():
                    raise OSError(errno.ENOSPC, "No space left on device")
                file.write(data)

        return Full()

    monkeypatch.setattr(kept.os, "fdopen", full)
    keep(babble, "7")
    monkeypatch.undo()
    assert (files / "7.chat").read_bytes() == written and [path.name for path in files.iterdir()] == ["7.chat"]
    again = ask(babble, "7", "Who?", *turn(LONG, first.text))
    assert again.stats.evaluated_tokens < again.stats.prompt_tokens // 4
