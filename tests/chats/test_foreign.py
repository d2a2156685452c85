"""Exports of other apps are told apart by what is in them, and one bad chat, or a hostile file, costs only itself."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.chats import exchange
from app.chats.foreign.conversation import moment
from app.chats.foreign.reading import MOST_CHAT_BYTES, MOST_TURNS, ReadChat, Skipped, read_chats
from app.chats.foreign.tree import MOST_CHARS, MOST_MESSAGES, NO_QUESTION
from app.chats.store import ChatStore
from app.errors import AppError, BadFile


def node(role: str, text: str, parent: str | None, **more: Any) -> dict[str, Any]:
    message = {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, "create_time": 1.7e9}
    return {"id": "x", "message": message | more, "parent": parent, "children": []}


CHATGPT: dict[str, Any] = {
    "title": "Pumps", "id": "c-1", "create_time": 1.7e9, "update_time": 1.71e9, "current_node": "e",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["s"]},
        "s": node("system", "You are ChatGPT", "root"),
        "a": node("user", "What is a pump?", "s"),
        "b": node("assistant", "search(pump)", "a", recipient="browser"),
        "c": node("tool", "results", "b"),
        "d": node("assistant", "It moves water\ue200cite\ue202turn0\ue201.", "c", metadata={"model_slug": "gpt-4o"}),
        "old": node("assistant", "An answer that is not shown", "a"),
        "e": node("user", "Which one?", "d"),
    },
}  # fmt: skip
OPEN_WEBUI: dict[str, Any] = {
    "id": "w-1", "user_id": "u", "title": "Leave", "created_at": 1700000000, "updated_at": 1700000100,
    "chat": {
        "title": "Leave", "models": ["llama3"],
        "history": {
            "currentId": "2",
            "messages": {
                "1": {"id": "1", "parentId": None, "role": "user", "content": "How many days?", "timestamp": 1.7e9},
                "2": {
                    "id": "2", "parentId": "1", "role": "assistant", "model": "llama3",
                    "content": '<details type="reasoning">\nhm\n</details>\nThirty.',
                },
                "3": {"id": "3", "parentId": "1", "role": "assistant", "content": "Another"},
            },
        },
    },
}  # fmt: skip
LM_STUDIO: dict[str, Any] = {
    "name": "Tea", "createdAt": 1700000000123, "messages": [
        {"versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Green?"}]}],
         "currentlySelected": 0},
        {"currentlySelected": 1, "versions": [
            {"type": "multiStep", "role": "assistant", "steps": [
                {"type": "contentBlock", "content": [{"type": "text", "text": "First"}]}]},
            {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": "qwen3"}, "steps": [
                {"type": "contentBlock", "style": {"type": "thinking"}, "content": [{"type": "text", "text": "hm"}]},
                {"type": "contentBlock", "content": [{"type": "text", "text": "Second"}]},
                {"type": "debugInfoBlock"}]},
        ]},
    ],
}  # fmt: skip


def read(tmp_path: Path, data: object) -> list[ReadChat | Skipped]:
    path = tmp_path / "export"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return list(read_chats(path))


def texts(chat: ReadChat | Skipped) -> list[str]:
    """What is shown, in its order."""
    assert isinstance(chat, ReadChat), chat
    return [turn.text for turn in chat.chat.turns if turn.chosen]


def others(chat: ReadChat | Skipped) -> list[tuple[str, str]]:
    """What is not, each with what it follows."""
    assert isinstance(chat, ReadChat), chat
    by_id = {turn.id: turn.text for turn in chat.chat.turns}
    return [(by_id.get(turn.parent, ""), turn.text) for turn in chat.chat.turns if not turn.chosen]


def test_chatgpt_from_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("conversations.json", json.dumps([CHATGPT, {"title": "Half", "mapping": {"a": 5}}, CHATGPT]))
    first, bad, _ = read_chats(path)
    assert texts(first) == ["What is a pump?", "It moves water.", "Which one?", ""]
    assert others(first) == [("What is a pump?", "An answer that is not shown")]
    assert isinstance(first, ReadChat) and (first.app, first.id) == ("ChatGPT", "c-1")
    about = first.chat.chat
    assert (about.title, about.model, about.created_at, about.updated_at) == ("Pumps", "gpt-4o", 1.7e9, 1.71e9)
    assert bad == Skipped("Half", bad.reason) and "not built as the others" in bad.reason


def test_open_webui_and_lm_studio(tmp_path: Path) -> None:
    (chat,) = read(tmp_path, [OPEN_WEBUI])
    assert texts(chat) == ["How many days?", "Thirty."] and isinstance(chat, ReadChat) and chat.app == "Open WebUI"
    assert others(chat) == [("How many days?", "Another")]
    (chat,) = read(tmp_path, LM_STUDIO)
    assert texts(chat) == ["Green?", "Second"] and isinstance(chat, ReadChat) and chat.app == "LM Studio"
    assert [(turn.parent, turn.chosen) for turn in chat.chat.turns] == [(0, True), (1, False), (1, True)]
    assert chat.chat.chat.created_at == pytest.approx(1700000000.123) and chat.chat.chat.model == "qwen3"


def test_circles_depth_and_wrong_types_cost_their_chat(tmp_path: Path) -> None:
    circle = {"title": "Circle", "current_node": "b",
              "mapping": {"a": node("user", "One", "b"), "b": node("assistant", "Two", "a")}}  # fmt: skip
    deep = b'{"mapping":' * 5000 + b"{}" + b"}" * 5000
    lost = {"title": "Lost", "current_node": "nowhere", "mapping": {"a": node("user", "Only", "gone")}}
    long = {"title": None, "mapping": {"a": node("user", "x" * (MOST_CHARS + 5), None)}}
    far = {**CHATGPT, "create_time": 1e300, "update_time": -5}
    parts = [json.dumps(each).encode() for each in (circle, lost, long, far, {"mapping": {}}, 7, [])]
    whole, wrong = b"[" + b",".join(parts) + b"]", b'[{"mapping":{}},' + deep + b"]"
    circle_read, lost_read, long_read, far_read, *rest = read(tmp_path, whole)
    assert texts(circle_read) == ["One", "Two"] and texts(lost_read)[0] == "Only"
    assert len(texts(long_read)[0]) < MOST_CHARS + 100
    assert isinstance(far_read, ReadChat) and 0 < far_read.chat.chat.created_at < 4.1e9
    assert all(isinstance(each, Skipped) for each in rest) and len(rest) == 3
    with pytest.raises(BadFile, match="nested too deeply"):
        read(tmp_path, wrong)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"[]", b"{}", b"[[[[", b"\xff\xfe", b'{"a":1}', b"[" * 100_000, b'["a"]', b"PK\x03\x04 no zip"],
)
def test_what_is_no_export_says_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(AppError):
        read(tmp_path, data)


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.chats.foreign.reading.MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b"[" + b" " * (4 << 20) + b"]")
    with pytest.raises(BadFile, match="too large"):
        list(read_chats(path))


def test_times_in_any_unit() -> None:
    assert {round(moment(1.7e9 * unit)) for unit in (1, 1e3, 1e6, 1e9)} == {1_700_000_000}
    assert moment(-1) == moment(None) == 0.0


def test_what_was_said_in_the_place_of_others_are_versions_with_all_that_followed(tmp_path: Path) -> None:
    mapping = {
        "r": {"message": None, "parent": None},
        "q1": node("user", "One?", "r"),
        "a1": node("assistant", "First", "q1"),
        "a1+": node("assistant", "and more", "a1"),
        "a2": node("assistant", "Second", "q1"),
        "q2": node("user", "Then?", "a2"),
        "b2": node("assistant", "Thus.", "q2"),
        "q3": node("user", "Or then?", "a2"),
        "q0": node("user", "One, edited?", "r"),
        "a0": node("assistant", "Edited.", "q0"),
    }
    (chat,) = read(tmp_path, [{"title": "T", "current_node": "b2", "mapping": mapping}])
    assert texts(chat) == ["One?", "Second", "Then?", "Thus."]
    assert others(chat) == [
        ("One?", "First\n\nand more"),
        ("Second", "Or then?"), ("Or then?", ""),  # it was not answered
        ("", "One, edited?"), ("One, edited?", "Edited."),
    ]  # fmt: skip
    store = ChatStore(tmp_path / "chats.db", tmp_path / "backups")
    assert isinstance(chat, ReadChat)
    made = exchange.add_stored(store, chat.chat, chat.app, chat.id)
    shown = store.turns(made.id)
    assert [turn.text for turn in shown] == texts(chat)
    assert [(turn.version, turn.versions) for turn in shown] == [(1, 2), (2, 2), (1, 2), (1, 1)]
    store.choose_version(shown[0].id, 2)
    assert [turn.text for turn in store.turns(made.id)] == ["One, edited?", "Edited."]
    store.close()


def test_a_chat_that_begins_with_an_answer_and_one_with_too_many_versions(tmp_path: Path) -> None:
    greeting = {
        "a": node("assistant", "Hello", None),
        "b": node("user", "Hi", "a"),
        "c": node("assistant", "Yes?", "b"),
    }
    (chat,) = read(tmp_path, [{"title": "G", "current_node": "c", "mapping": greeting}])
    assert texts(chat) == [NO_QUESTION, "Hello", "Hi", "Yes?"]
    many = {"q": node("user", "Why?", None)}
    many |= {f"a{n}": node("assistant", f"Because {n}", "q") for n in range(MOST_MESSAGES)}
    (chat,) = read(tmp_path, [{"title": "M", "current_node": "a7", "mapping": many}])
    assert texts(chat) == ["Why?", "Because 7"] and not others(chat)
    assert isinstance(chat, ReadChat) and chat.left_out == MOST_MESSAGES - 1
    tail = {"q": node("user", "x" * 999, None)}
    for n in range(2000):  # each of them begins as the one before, so that their text would grow with the square
        tail[f"m{n}"] = node("assistant", "x" * 999, f"m{n - 1}" if n else "q")
        tail[f"u{n}"] = node("user", "?", f"m{n}")
    (chat,) = read(tmp_path, [{"title": "S", "current_node": "m3", "mapping": tail}])
    assert isinstance(chat, ReadChat) and len(chat.chat.turns) == 2 and chat.left_out == 2000 * 2 - 4


def test_a_chat_that_is_none_in_a_file_of_our_own_costs_only_itself(tmp_path: Path) -> None:
    good = {"chat": {"title": "Good"}, "turns": [{"id": 1, "role": "question", "text": "Hi"}]}
    many = [{"id": n + 1, "role": "question", "text": "x"} for n in range(MOST_TURNS + 1)]
    vast = [{"id": 1, "role": "question", "text": "x" * (MOST_CHAT_BYTES + 1)}]
    chats = [{"chat": {"title": "Many"}, "turns": many}, good, {"chat": {"title": "Vast"}, "turns": vast}]
    first, second, third = read(tmp_path, {"format": "inhouse-chats", "version": 2, "chats": chats})
    assert [each.title for each in (first, third) if isinstance(each, Skipped)] == ["Many", "Vast"]
    assert texts(second) == ["Hi"]


def test_twenty_thousand_versions_of_one_question_are_stored_in_a_moment(tmp_path: Path) -> None:
    """Each new version once made all others be written again: with the square of their number."""
    versions = [{"id": n + 1, "chosen": n == 7, "role": "question", "text": f"Hi {n}"} for n in range(20_000)]
    data = {"format": "inhouse-chats", "version": 2, "chats": [{"chat": {"title": "V"}, "turns": versions}]}
    (chat,) = read(tmp_path, data)
    store = ChatStore(tmp_path / "chats.db", tmp_path / "backups")
    assert isinstance(chat, ReadChat)
    began = time.monotonic()
    made = exchange.add_stored(store, chat.chat)
    took = time.monotonic() - began
    (turn,) = store.turns(made.id)
    assert (turn.text, turn.version, turn.versions) == ("Hi 7", 8, 20_000) and took < 20, took
    store.close()


def test_a_title_neither_turns_nor_hides_what_stands_beside_it(tmp_path: Path) -> None:
    hostile = {**CHATGPT, "title": "\u202eevil\n\u0007" + "t" * 5000, "id": "i" * 5000}
    (chat,) = read(tmp_path, [hostile])
    assert isinstance(chat, ReadChat) and chat.chat.chat.title == ("evil " + "t" * 5000)[:200] and len(chat.id) == 200
    own = {"chat": {"title": "\u2066own\u2069 " + "t" * 500}, "turns": [{"id": 1, "role": "question", "text": "Hi"}]}
    (chat,) = read(tmp_path, {"format": "inhouse-chats", "version": 2, "chats": [own]})
    store = ChatStore(tmp_path / "chats.db", tmp_path / "backups")
    assert isinstance(chat, ReadChat)
    assert exchange.add_stored(store, chat.chat).title == ("own " + "t" * 500)[:200]
    store.close()
