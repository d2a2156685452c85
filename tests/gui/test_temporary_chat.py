"""A temporary chat answers, remembers and can be corrected, and nothing of it is in any file of the data folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import FakeChild
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from shell_world import ShellWorld

from app.core.calls.library import AssistantKept, KeepAssistant
from app.gui.chat.page import ChatPage
from app.gui.chat.temporary import TEMPORARY
from app.library.records import Assistant
from app.types import Budget, Message, Stats
from app.workers.calls.engine import Chat, Chatted, Prefill, Token

SECRET = "Zwiebelkuchen"
SAID = "Quittengelee"


@pytest.fixture
def shell(qapp: object) -> Iterator[ShellWorld]:
    world = ShellWorld(chats=("Pumps",))
    yield world
    if world.window.isVisible():
        world.close()


def page_of(shell: ShellWorld) -> ChatPage:
    page = shell.window.page("chat").widget
    assert isinstance(page, ChatPage)
    return page


def answer(engine: FakeChild, text: str) -> None:
    engine.last(Chat).say(Prefill(done=5, total=10))
    engine.last(Chat).say(Token(text=text))
    budget = Budget(context=8192, used=90)
    engine.last(Chat).finish(
        Chatted(text=text, thinking="", reason="end", stats=Stats(), budget=budget, passages_used=0)
    )


def every_byte(shell: ShellWorld) -> bytes:
    """All that lies in the data folder, names included."""
    files = [path for path in shell.world.home.root.rglob("*") if path.is_file()]
    assert any(path.name == "chats.db" for path in files) and any(path.name == "session.json" for path in files)
    return b"".join(str(path).encode() + path.read_bytes() for path in files)


def test_nothing_of_it_is_in_any_byte_of_the_data_folder(shell: ShellWorld) -> None:
    engine, window, page, chats = shell.load_starter(), shell.window, page_of(shell), shell.parts.chats
    chats.choose_collection(0)
    window.act("new_temporary_chat")
    assert chats.chat_id == TEMPORARY and page.frame.note.isVisible() and not page.more.isEnabled()
    page.composer.set_text(f"How is {SECRET} made?")
    assert chats.ask(f"How is {SECRET} made?")
    assert chats.writing() is not None
    answer(engine, f"With {SAID}.")
    chats.ask(f"And without {SECRET}?")
    history = engine.last(Chat).call.history  # type: ignore[attr-defined]
    assert history == (Message("user", f"How is {SECRET} made?"), Message("assistant", f"With {SAID}."))
    assert engine.last(Chat).call.conversation == ""  # type: ignore[attr-defined]
    answer(engine, f"Never {SAID}.")
    assert [turn.text for turn in chats.turns()] == [
        f"How is {SECRET} made?", f"With {SAID}.", f"And without {SECRET}?", f"Never {SAID}.",
    ]  # fmt: skip
    views = page.conversation.answers()
    assert len(views) == 2 and not views[0].bar.up.isVisible() and not views[0].bar.branch.isVisible()
    said: list[str] = []
    page.attaching.said.connect(said.append)
    page.attaching.attach(["/tmp/a.pdf"])
    assert said and "takes no files" in said[0]
    page._typed(f"half typed {SECRET}")
    shell.parts.session.save()
    window.reload_chats()
    assert window.sidebar.chats.rowCount() == 2, "the heading and the stored chat"
    window.close()
    data = every_byte(shell)
    assert SECRET.encode() not in data and SAID.encode() not in data
    shell.close()
    data = every_byte(shell)
    assert SECRET.encode() not in data and SAID.encode() not in data
    assert shell.parts.session.state.chat_id == 0


def test_a_stored_chat_would_be_found_there(shell: ShellWorld) -> None:
    """The look at every byte can fail."""
    engine, chats = shell.load_starter(), shell.parts.chats
    chats.new_chat()
    chats.choose_collection(0)
    chats.ask(f"How is {SECRET} made?")
    answer(engine, f"With {SAID}.")
    shell.parts.session.save()
    data = every_byte(shell)
    assert SECRET.encode() in data and SAID.encode() in data


def test_it_is_corrected_stopped_answered_again_and_ended(shell: ShellWorld) -> None:
    engine, window, chats = shell.load_starter(), shell.window, shell.parts.chats
    QTest.keySequence(window, QKeySequence("Ctrl+Shift+N"))
    assert chats.is_temporary
    chats.choose_collection(0)
    chats.ask("One?")
    answer(engine, "First.")
    chats.regenerate(chats.turns()[1].id)
    answer(engine, "Second.")
    assert [turn.text for turn in chats.turns()] == ["One?", "Second."]
    chats.edit(chats.turns()[0].id, "Two?")
    engine.last(Chat).say(Token(text="Thi"))
    chats.stop()
    engine.last(Chat).cancelled()
    assert [turn.text for turn in chats.turns()] == ["Two?", "Thi"] and chats.turns()[1].state == "stopped"
    window.open_chat(shell.ids[0])
    assert not chats.is_temporary and not page_of(shell).frame.note.isVisible()
    window.new_temporary_chat()
    assert len(chats.turns()) == 2, "looking at another chat does not end it"
    window.new_chat()
    window.new_temporary_chat()
    assert chats.turns() == [] and shell.store.count() == 1


def test_an_assistant_answers_in_it_and_is_gone_with_it(shell: ShellWorld) -> None:
    kept: list[AssistantKept] = []
    assistant = Assistant(name="Formal", instructions="Answer formally.")
    shell.parts.core.request(KeepAssistant(assistant=assistant), done=kept.append)
    engine, window, chats = shell.load_starter(), shell.window, shell.parts.chats
    window.new_temporary_chat()
    chats.choose_collection(0)
    chats.choose_assistant(kept[0].assistant.id)
    chats.ask("One?")
    assert "Answer formally." in engine.last(Chat).call.system  # type: ignore[attr-defined]
    answer(engine, "First.")
    window.open_chat(shell.ids[0])
    assert chats.assistant_id == ""
    window.new_temporary_chat()
    assert chats.assistant_id == kept[0].assistant.id, "looking at another chat does not end it"
    window.new_chat()
    window.new_temporary_chat()
    assert chats.assistant_id == ""
