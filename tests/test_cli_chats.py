"""`inhouse chats`: what the sidebar does, in the terminal, by number or by title."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from core_world import CoreWorld

from app.cli import chats
from app.cli.main import build_parser
from app.cli.session import Session
from app.errors import AppError
from app.paths import home
from app.workers.message import Call


class Door:
    """The door of a command, of a core in this process."""

    def __init__(self) -> None:
        self.world = CoreWorld()
        self._door = self.world.door()

    def call(self, call: Call, on_event: object = None, **_: object) -> Any:
        key = self._door.call(call)
        self.world.clock.pass_time(1)
        return self._door.result(key)

    def close(self) -> None:
        self._door.leave()


@pytest.fixture
def session(data_folder: object) -> Iterator[Session]:
    with Session(home()) as made:
        made.door = Door()  # type: ignore[assignment]
        yield made


def run(session: Session, *words: str) -> int:
    return chats.command(build_parser().parse_args(["chats", *words]), session)


def test_chats_are_listed_moved_saved_removed_and_taken_in(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(session) == 0 and "There are no chats yet." in capsys.readouterr().err
    message = {"author": {"role": "user"}, "content": {"parts": ["What is a pump?"]}}
    export = [{"id": "1", "title": "Pumps", "mapping": {"a": {"message": message}}}, {"title": "Bad", "mapping": 5}]
    (tmp_path / "conversations.json").write_text(json.dumps(export))
    assert run(session, "import", str(tmp_path / "conversations.json")) == 0
    said = capsys.readouterr()
    assert said.out == "1 chat was added from ChatGPT.\n" and "Not imported: Bad." in said.err
    run(session, "move", "pumps", "Water works")
    run(session, "list", "pump", "--project", "water works", "--json")
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["title"], row["project"], row["imported_from"]) == ("Pumps", "Water works", "ChatGPT")
    run(session, "export", str(row["id"]), str(tmp_path / "p.md"))
    assert (tmp_path / "p.md").read_text(encoding="utf-8").startswith("# Pumps\n")
    run(session, "export", str(tmp_path / "all.json"))
    run(session, "remove", "Pumps")
    with pytest.raises(AppError, match="no chat “Pumps”"):
        run(session, "move", "Pumps", "")
    with pytest.raises(AppError, match="no project “Else”"):
        run(session, "list", "--project", "Else")
    assert run(session, "import", str(tmp_path / "all.json")) == 0
    capsys.readouterr()
    run(session)
    assert capsys.readouterr().out.endswith("Pumps  (Water works · from ChatGPT)\n")
