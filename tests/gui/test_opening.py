"""Files opened with Inhouse: what a drop does, in the window that starts or runs, and after the first run."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shell_world import HANDBOOK, ShellWorld

from app import __main__ as start
from app.errors import AppError
from app.gui.documents.opening import Opening
from app.gui.pages import accept_drops
from app.gui.shell.single_instance import SingleInstance
from app.gui.widgets import Toast
from app.opened import files_of, sort_out
from app.paths import Home
from app.workers.calls.documents import Add, Collections, CreateCollection, ListCollections
from app.workers.calls.models import ImportModel


@pytest.fixture
def world(qtbot: QtBot) -> Iterator[ShellWorld]:
    made = ShellWorld()
    yield made
    made.close()


def opening(world: ShellWorld) -> Opening:
    return accept_drops(world.parts, world.window)


def tell_collections(world: ShellWorld, *known: object) -> None:
    for job in world.last("documents").waiting(ListCollections):
        job.finish(Collections(collections=known))  # type: ignore[arg-type]


def toasts(world: ShellWorld) -> list[str]:
    return [each.accessibleName() for each in world.window.findChildren(Toast) if each.isVisible()]


def document(tmp_path: Path, name: str = "policy.md") -> Path:
    path = tmp_path / name
    path.write_text("# Hotels\n\nA night may cost 160 EUR.")
    return path


# --- which arguments are files ----------------------------------------------------------------------------------------


def test_what_stands_first_says_whether_it_is_a_command_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chat").write_text("a file of this name")
    assert files_of(["chat"]) == files_of(["doctor", "--quick"]) == files_of([]) == files_of(["open", "--help"]) == []
    assert files_of(["open", "chat"]) == files_of(["./chat"]) == [str(tmp_path / "chat")]
    assert files_of(["a b.pdf", "/x/c"]) == [str(tmp_path / "a b.pdf"), "/x/c"]
    assert files_of(["file:///x/a%20b.pdf"]) == ["/x/a b.pdf"]
    assert files_of(["--verbose", "a.pdf"]) == files_of(["ask", "./a.pdf"]) == []


def test_each_path_is_what_it_is(tmp_path: Path) -> None:
    names = ("a.pdf", "b.gguf", "c.inhouse", "d.inhouse-docs", "e.mov", "f")
    paths = [str(document(tmp_path, name)) for name in names]
    bad = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff.pdf")
    opened = sort_out([*paths, str(tmp_path), str(tmp_path / "gone.pdf"), bad, paths[0]])
    assert opened.documents == (paths[0], str(tmp_path))
    assert opened.models == tuple(paths[1:4])
    assert opened.missing == (str(tmp_path / "gone.pdf"),) and opened.unread == (*paths[4:], bad)
    said = opened.refusal()
    assert said.startswith("“gone.pdf” is not there. ") and "“e.mov” and 2 others are no documents" in said


# --- the window -------------------------------------------------------------------------------------------------------


def test_a_document_goes_where_a_drop_goes_and_a_model_comes_in(world: ShellWorld, tmp_path: Path) -> None:
    tell_collections(world, HANDBOOK)
    models = [document(tmp_path, name) for name in ("tiny.gguf", "other.gguf")]
    opening(world).open([str(document(tmp_path)), *map(str, models)])
    add = world.last("documents").last(Add).call
    assert add.paths == (str(tmp_path / "policy.md"),) and add.collection_id == HANDBOOK.id
    importing = world.last("models").last(ImportModel)
    assert importing.call.path == str(models[0])
    importing.fail(AppError("It is damaged."))
    assert world.last("models").last(ImportModel).call.path == str(models[1]), "the second waits for the first"


def test_before_the_collections_are_known_it_waits(world: ShellWorld, tmp_path: Path) -> None:
    opening(world).open([str(document(tmp_path))])
    assert not world.last("documents").waiting(Add)
    tell_collections(world, HANDBOOK)
    assert world.last("documents").last(Add).call.collection_id == HANDBOOK.id


def test_the_first_run_comes_first_and_its_samples_are_not_mixed_with_it(qtbot: QtBot, tmp_path: Path) -> None:
    world = ShellWorld(first_run=True)
    tell_collections(world)
    opening(world).open([str(document(tmp_path))])
    assert not world.last("documents").waiting(CreateCollection)
    assert any("as soon as you have started" in text for text in toasts(world))
    world.window.end_first_run()
    assert world.last("documents").last(CreateCollection).call.name == "My documents"
    world.close()


def test_what_cannot_be_opened_is_said_and_the_rest_is_opened(world: ShellWorld, tmp_path: Path) -> None:
    tell_collections(world, HANDBOOK)
    opening(world).open([str(tmp_path / "gone.pdf"), str(document(tmp_path))])
    assert world.last("documents").last(Add).call.paths == (str(tmp_path / "policy.md"),)
    assert any("“gone.pdf” is not there." in text for text in toasts(world))


# --- a second start ---------------------------------------------------------------------------------------------------


def test_a_second_start_hands_its_files_to_the_window_that_runs(data_folder: Path, qtbot: QtBot) -> None:
    place = Home(data_folder)
    first, second = SingleInstance(place), SingleInstance(place)
    assert first.acquire() and not second.acquire()
    answers: list[bool] = []
    early = threading.Thread(target=lambda: answers.append(second.raise_other(["/a.pdf", "/b c.pdf"])))
    early.start()  # before the first one listens, as when two files are clicked at once
    qtbot.waitUntil(lambda: any((data_folder / "window.raise").glob("*.json")))
    with qtbot.waitSignal(first.asked) as asked:
        first.listen()
    early.join()
    assert asked.args == [["/a.pdf", "/b c.pdf"]] and answers == [True]
    first.release()


def test_a_call_of_a_start_that_was_killed_long_ago_opens_nothing(data_folder: Path, qtbot: QtBot) -> None:
    place = Home(data_folder)
    folder = data_folder / "window.raise"
    folder.mkdir(parents=True)
    for name, text, age in (("1.json", json.dumps({"paths": ["/old.pdf"]}), 600.0), ("2.json", "[1", 0.0)):
        (folder / name).write_text(text)
        os.utime(folder / name, (time.time() - age,) * 2)
    first = SingleInstance(place)
    assert first.acquire()
    asked: list[object] = []
    raised: list[object] = []
    first.asked.connect(asked.append)
    first.raised.connect(lambda: raised.append(1))
    first.listen()
    assert not asked and raised == [1] and not list(folder.iterdir())
    first.release()


def test_the_program_opens_files_or_runs_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr(start, "open_window", lambda files: opened.append(list(files)) or 0)
    assert start.main([str(tmp_path / "a.pdf")]) == 0 and opened == [[str(tmp_path / "a.pdf")]]
    assert start.main([]) == 0 and opened[1:] == [[]]
