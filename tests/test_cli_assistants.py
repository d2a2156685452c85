"""`inhouse assistants` as a person types it, and a chat of the terminal that leaves nothing, with real children."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from app.chats.store import ChatStore
from app.cli.main import main
from app.core.door import CoreDoor
from app.paths import home
from app.workers.calls.documents import DeleteCollection, ListCollections

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.real


def lines(capsys: Captured, *words: str) -> list[str]:
    """What a command prints, where it ends well."""
    capsys.readouterr()
    assert main(list(words)) == 0
    said = capsys.readouterr()
    return [*said.out.splitlines(), *said.err.splitlines()]


def test_an_assistant_is_made_copied_chosen_handed_on_and_removed(
    data_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "rules.md").write_text("# Rules\n\nLunch is at noon.\n")
    assert main(["add", str(tmp_path / "rules.md"), "--collection", "Rules"]) == 0
    lines(capsys, "assistants", "new", "Letters", "--instructions", "Short, for {user}.", "--collection", "Rules")
    lines(capsys, "assistants", "edit", "letters", "--style", "creative", "--temperature", "0.3", "--seed", "7")
    lines(capsys, "assistants", "copy", "Letters", "Long letters")
    assert "New chats begin with “Letters”." in lines(capsys, "assistants", "use", "Letters")
    listed = lines(capsys, "assistants")
    assert listed == ["Letters: Short, for {user}. (new chats begin with it)", "Long letters: Short, for {user}."]
    shown = json.loads(lines(capsys, "assistants", "show", "Letters", "--json")[0])
    assert (shown["style"], shown["temperature"], shown["seed"]) == ("creative", 0.3, 7)
    file = tmp_path / "share.json"
    lines(capsys, "assistants", "export", str(file), "Long letters")
    lines(capsys, "assistants", "remove", "Long letters")
    assert "Long letters" in lines(capsys, "assistants", "import", str(file))

    with CoreDoor(home()) as door:
        rules = next(each for each in door.call(ListCollections()).collections if each.name == "Rules")
        door.call(DeleteCollection(collection_id=rules.id))
    assert any("Its collection was removed" in line for line in lines(capsys, "assistants", "use", "Letters"))
    assert "New chats begin with nobody in particular." in lines(capsys, "assistants", "use", "none")
    assert main(["assistants", "show", "Nobody"]) == 1


def test_a_temporary_chat_in_the_terminal_leaves_nothing(
    data_folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = ["/temporary", "Say zebrafinch.", "/attach x.txt", "/new", "/quit"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(talk)))
    said = lines(
        capsys,
        "chat",
    )
    assert any("nothing of it is kept" in line for line in said)
    assert any("takes no files" in line for line in said)
    assert "The temporary chat is gone. A new chat begins." in said
    store = ChatStore.open_reader(home().chats_db)
    assert store is None or store.count() == 0
    if store is not None:
        store.close()
    held = [path for path in home().root.rglob("*") if path.is_file() and b"zebrafinch" in path.read_bytes()]
    assert held == []
