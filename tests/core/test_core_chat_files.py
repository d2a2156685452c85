"""Chats are saved as what people read and taken in from other apps, by whichever door; projects are told to all."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from core_world import CoreWorld, TestDoor

from app.core.calls import chat_files as c
from app.core.calls import projects as pr
from app.core.calls.chats import ChatsChanged, DeleteChat
from app.types import Answer, Passage, Source

CHAT: dict[str, Any] = {
    "id": "c-1", "title": "Pumps", "create_time": 1.7e9, "update_time": 1.7e9, "current_node": "b", "mapping": {
        "a": {"parent": None, "message": {"author": {"role": "user"}, "content": {"parts": ["What is a pump?"]}}},
        "b": {"parent": "a", "message": {"author": {"role": "assistant"}, "content": {"parts": ["It moves water."]}}},
    },
}  # fmt: skip


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    return CoreWorld()


def answered(world: CoreWorld) -> int:
    """A chat with a cited answer; → the answer's id."""
    store = world.core.store
    chat = store.create("Hotels")
    question = store.add_question(chat.id, "How much is <allowed>?")
    cited = Passage(id=1, document_id=7, document="Travel.pdf", path="/Travel.pdf", collection="HR", page=8, start=0,
                    end=4, text="Munich: 165 EUR.")  # fmt: skip
    text = "**165 EUR** [1].\n\n- per night [1]\n\n```\nx[1]\n```"
    return store.finish_answer(
        store.begin_answer(question.id).id, Answer(text=text, sources=(Source(n=1, passage=cited),))
    ).id


def imported(world: CoreWorld, door: TestDoor, path: Path) -> c.ChatsImported:
    key = door.call(c.ImportChats(path=str(path)))
    for _ in range(20):
        world.clock.pass_time(0.1)
    found = door.result(key)
    assert isinstance(found, c.ChatsImported)
    return found


def test_a_chat_is_saved_with_footnotes_in_each_format(world: CoreWorld, tmp_path: Path) -> None:
    door = world.door()
    chat_id = world.core.store.turn(answered(world)).chat_id
    for suffix in (*c.CHAT_FORMATS, ".json"):
        door.result(door.call(c.ExportChats(path=str(tmp_path / f"a{suffix}"), chat_ids=(chat_id,))))
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "**165 EUR**[^1]." in text and "x[1]" in text
    assert text.endswith("[^1]: Travel.pdf, page 8: “Munich: 165 EUR.”\n")
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        notes = archive.read("word/footnotes.xml").decode()
        body = archive.read("word/document.xml").decode()
        assert "footnotes+xml" in archive.read("[Content_Types].xml").decode()
    assert "Travel.pdf, page 8: “Munich: 165 EUR.”" in notes and body.count("footnoteReference ") == 2
    assert any(each.text == "How much is <allowed>?" for each in docx.Document(str(tmp_path / "a.docx")).paragraphs)
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    refused = door.end(door.call(c.ExportChats(path=str(tmp_path / "a.odt"), chat_ids=(chat_id,))))
    assert refused is not None and refused.error is not None and ".pdf or .json" in refused.error.hint


def test_chats_of_another_app_come_in_once_and_say_where_from(world: CoreWorld, tmp_path: Path) -> None:
    door, sees = world.door(hears=False), world.door()
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        others = [CHAT | {"id": f"c-{n}"} for n in range(2, 45)]
        archive.writestr("conversations.json", json.dumps([CHAT, {"title": "Bad", "mapping": {"a": 5}}, *others]))
    found = imported(world, door, path)
    assert (found.added, found.known, found.app) == (44, 0, "ChatGPT")
    assert [each.title for each in found.skipped] == ["Bad"] and ChatsChanged() in sees.events()
    listed = door.result(door.call(c.ListChats(query="pump", limit=3))).chats
    assert len(listed) == 3 and listed[0].imported_from == "ChatGPT" and listed[0].updated_at == 1.7e9
    assert [turn.text for turn in world.core.store.turns(listed[0].id)] == ["What is a pump?", "It moves water."]
    door.result(door.call(DeleteChat(chat_id=listed[0].id)))
    again = imported(world, door, path)
    assert (again.added, again.known) == (1, 43), "what was deleted comes back, nothing comes twice"
    door.result(door.call(c.ExportChats(path=str(tmp_path / "all.json"))))
    assert json.loads((tmp_path / "all.json").read_bytes())["chats"][0]["chat"]["imported_from"] == "ChatGPT"
    assert list(world.home.cache.iterdir()) == []


def test_a_file_that_is_no_export_changes_nothing(world: CoreWorld, tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text('{"a": 1}')
    door = world.door()
    for name, said in (("no.json", "no export"), ("none.json", "not a file")):
        end = door.end(door.call(c.ImportChats(path=str(tmp_path / name))))
        assert end is not None and end.error is not None and said in end.error.message
    assert world.core.store.count() == 0 and not world.core.busy


def test_projects_and_branches_are_told_to_every_door(world: CoreWorld) -> None:
    door, sees = world.door(), world.door()
    answer_id = answered(world)
    chat_id = world.core.store.turn(answer_id).chat_id
    project = door.result(door.call(pr.CreateProject(name="Travel", collection_id=1))).project
    door.result(door.call(pr.MoveToProject(chat_id=chat_id, project_id=project.id)))
    branch = door.result(door.call(pr.BranchChat(answer_id=answer_id))).chat
    assert (branch.branched_from, branch.project_id) == (chat_id, project.id)
    door.result(door.call(pr.RenameProject(project_id=project.id, name="Journeys")))
    door.result(door.call(pr.SetProjectCollection(project_id=project.id, collection_id=0)))
    listed = door.result(door.call(c.ListChats(project_id=project.id)))
    assert {chat.id for chat in listed.chats} == {chat_id, branch.id}
    assert [(each.name, each.collection_id, each.chats) for each in listed.projects] == [("Journeys", 0, 2)]
    door.result(door.call(pr.RemoveProject(project_id=project.id)))
    assert world.core.store.count(0) == 2 and sum(isinstance(each, ChatsChanged) for each in sees.events()) == 6


def test_a_chat_whose_document_was_removed_is_saved_and_says_so(world: CoreWorld, tmp_path: Path) -> None:
    door = world.door()
    chat_id = world.core.store.turn(answered(world)).chat_id
    world.core.store.forget_documents([7])
    for suffix in (*c.CHAT_FORMATS, ".json"):
        door.result(door.call(c.ExportChats(path=str(tmp_path / f"a{suffix}"), chat_ids=(chat_id,))))
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.endswith("[^1]: A document that was removed.\n") and "Travel" not in text
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert "A document that was removed." in archive.read("word/footnotes.xml").decode()
    assert b"Travel.pdf" not in (tmp_path / "a.json").read_bytes()
    assert imported(world, door, tmp_path / "a.json").added == 1


def test_a_disk_without_room_for_an_import_says_so(
    world: CoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([CHAT | {"id": str(n)} for n in range(300)]))
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); "
        "from app.chats.import_child import main; sys.exit(main())"
    )
    monkeypatch.setattr("app.core.chat_files.child_command", lambda *_: [sys.executable, "-c", limited])
    door = world.door()
    key = door.call(c.ImportChats(path=str(path)))
    for _ in range(20):
        world.clock.pass_time(0.1)
    end = door.end(key)
    assert end is not None and end.error is not None and "no room on the disk" in end.error.message
    assert world.core.store.count() == 0 and list(world.home.cache.iterdir()) == []
