"""Projects in the sidebar, branches from an answer, and chats saved and taken in, in the real window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from shell_world import ShellWorld

from app.gui.chat.exporting import export_chat, import_chats
from app.gui.widgets import Banner
from app.types import Answer


@pytest.fixture
def shell(qapp: object) -> Iterator[ShellWorld]:
    world = ShellWorld(chats=("Pumps", "Leave"))
    yield world
    world.close()


def rows(shell: ShellWorld) -> list[str]:
    chats = shell.window.sidebar.chats
    return [str(chats.index(row).data()) for row in range(chats.rowCount())]


def test_a_chat_goes_into_a_project_by_menu_and_by_drag_and_out_again(shell: ShellWorld) -> None:
    window, (pumps, leave) = shell.window, shell.ids
    chats, view = window.sidebar.chats, window.sidebar.list
    window.projects.create("Water works", pumps)
    assert rows(shell) == ["Water works", "Pumps", "Today", "Leave"]
    target = chats.index(0)
    dragged = chats.mimeData([chats.index_of(leave)])  # Qt's event does not keep it alive
    event = QDropEvent(
        QPointF(view.visualRect(target).center()), Qt.DropAction.MoveAction, dragged,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    view.dropEvent(event)
    assert set(rows(shell)) == {"Water works", "Pumps", "Leave"} and shell.store.count(0) == 0
    view.setCurrentIndex(chats.index(0))
    for key, shown in ((Qt.Key.Key_Left, 1), (Qt.Key.Key_Right, 3), (Qt.Key.Key_Return, 1)):
        _press(view, key)
        assert chats.rowCount() == shown
    assert shell.parts.session.state.collapsed_projects == [chats.projects[0].id], "kept for the next start"
    chats.search("pum")
    assert chats.index(0).data(Qt.ItemDataRole.UserRole + 2) == "Water works"
    chats.search("")
    assert view.model().setData(chats.index(0), "Wells") and rows(shell) == ["Wells"]
    view.setCurrentIndex(chats.index(0))
    _press(view, Qt.Key.Key_Right)
    view.move_asked.emit(pumps, 0)
    assert rows(shell) == ["Wells", "Leave", "Today", "Pumps"]
    view.setCurrentIndex(chats.index(0))
    _press(view, Qt.Key.Key_Delete)
    assert shell.store.projects() == [] and set(rows(shell)) == {"Today", "Pumps", "Leave"}


def test_a_new_chat_in_a_project_asks_its_collection(shell: ShellWorld) -> None:
    project = shell.store.create_project("Water works", 7)
    shell.window.sidebar.list.project_chat_asked.emit(project.id)
    assert (shell.parts.chats.collection_id, shell.parts.chats.project_id) == (7, project.id)
    shell.load_starter()
    shell.parts.chats.ask("What is a pump?")
    assert shell.parts.chats.chat is not None and shell.parts.chats.chat.project_id == project.id


def test_a_branch_opens_and_leads_back(shell: ShellWorld) -> None:
    pumps = shell.ids[0]
    question = shell.store.add_question(pumps, "What is a pump?")
    answer = shell.store.finish_answer(shell.store.begin_answer(question.id).id, Answer(text="It moves water."))
    shell.window.open_chat(pumps)
    page = shell.window.page("chat").widget
    (view,) = page.conversation.answers()  # type: ignore[attr-defined]
    view.bar.branch.click()
    chat = shell.parts.chats.chat
    assert chat is not None and (chat.title, chat.branched_from) == ("Pumps (branch)", pumps)
    note = page.frame.note  # type: ignore[attr-defined]
    assert note.isVisible() and note.label.text() == "A branch of “Pumps”"
    assert [turn.text for turn in shell.parts.chats.turns()] == ["What is a pump?", answer.text]
    note.origin.click()
    assert shell.parts.chats.chat_id == pumps and not note.isVisible()


def test_chats_are_saved_and_taken_in_by_dialogs(
    shell: ShellWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "Pumps.md"), "Word (*.docx)"))
    export_chat(shell.parts, shell.window, shell.ids[0])
    assert (tmp_path / "Pumps.docx").read_bytes().startswith(b"PK"), "the kind that was chosen counts"
    message = {"author": {"role": "user"}, "content": {"parts": ["Hello"]}}
    chat = {"title": "From there", "mapping": {"a": {"message": message}}}
    (tmp_path / "conversations.json").write_text(json.dumps([chat, {"title": "Bad", "mapping": {"a": 5}}]))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "conversations.json"), ""))
    said: list[str] = []
    monkeypatch.setattr(shell.window, "toast", said.append)
    import_chats(shell.parts, shell.window)
    shell.world.clock.pass_time(1)
    assert "From there" in rows(shell)
    assert said and said[-1].startswith("1 chat was added from ChatGPT. Not read: 1. “Bad”: ")


def test_an_import_can_be_stopped_and_keeps_what_it_has(
    shell: ShellWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = {"author": {"role": "user"}, "content": {"parts": ["Hello"]}}
    chats = [{"title": f"Chat {n}", "mapping": {"a": {"message": message}}} for n in range(600)]
    (tmp_path / "conversations.json").write_text(json.dumps(chats))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "conversations.json"), ""))
    said: list[str] = []
    monkeypatch.setattr(shell.window, "toast", said.append)
    before = shell.store.count()
    import_chats(shell.parts, shell.window)
    (banner,) = [each for each in shell.window.findChildren(Banner) if each.accessibleName().startswith("Importing")]
    stop = next(each for each in banner.findChildren(QPushButton) if each.text() == "Stop")
    stop.click()
    shell.world.clock.pass_time(1)
    assert 0 < shell.store.count() - before < 600 and "Chat 1" in " ".join(rows(shell))
    assert said[-1] == f"Stopped. {shell.store.count() - before} chats were added before, and stay."


def _press(view: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(view, key)
