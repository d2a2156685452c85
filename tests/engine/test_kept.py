"""What chats have read, kept on the disk: used for the same tokens and the same model alone, and never a danger."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_helpers import GREEDY, conversations_of, run, turn

from app.engine import kept
from app.engine.worker import EngineRole
from app.workers.calls.engine import Chat, Chatted, KeepStates

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


@pytest.mark.parametrize("damage", [truncated, flipped, of_another_model, no_header])
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
