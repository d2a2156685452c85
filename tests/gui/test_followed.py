"""Followed folders in the window: the line above the documents, the dialog, and the offer after a drop."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents_world import DocumentsWorld
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.core.calls.folders import FoldersChanged, FolderStatus
from app.gui.documents.failed_row import FailedRow
from app.gui.documents.followed_bar import FollowedBar, spoken_of
from app.gui.documents.followed_dialog import FollowedDialog
from app.gui.documents.page import DocumentsPage
from app.gui.documents.row import Row
from app.gui.documents.rules_dialog import FolderDialog, RulesDialog
from app.gui.documents.same_names import SameNames
from app.gui.theme import Theme
from app.gui.widgets import Banner, Button, ConfirmDialog, ElidedLabel, Label
from app.types import Collection, Document
from app.workers.calls.documents import Add
from app.workers.calls.folders import (
    Change,
    ChangeFolder,
    Changes,
    Folder,
    FolderKept,
    Folders,
    FollowFolder,
    ListChanges,
    ListFolders,
    ListTrash,
    RestoreDocuments,
    Rules,
    ScanFolder,
    Scanned,
    Trash,
    Trashed,
)

POLICIES = Folder(id=1, collection_id=1, path="/files/policies", documents=3)
GONE = Document(
    id=9, collection_id=1, collection="Travel", name="old.md", path="/files/policies/old.md", format="markdown",
    bytes=1, status="indexed",
)  # fmt: skip


@pytest.fixture
def world(qtbot: QtBot, qapp: QApplication) -> DocumentsWorld:
    Theme(qapp, mode="light")
    made = DocumentsWorld()
    made.become_ready()
    made.give_collections(Collection(id=1, name="Travel", documents=3))
    made.give_documents()
    return made


@pytest.fixture
def page(world: DocumentsWorld, qtbot: QtBot) -> DocumentsPage:
    made = DocumentsPage(world.controller)
    qtbot.addWidget(made)
    made.resize(1032, 820)
    made.show()
    qtbot.waitExposed(made)
    return made


def follow(world: DocumentsWorld, folder: Folder = POLICIES) -> None:
    """The documents process knows this folder, and what changed in its collection."""
    for job in world.child.waiting(ListFolders):
        job.finish(Folders((folder,)))
    while world.child.waiting(ScanFolder):
        world.child.last(ScanFolder).finish(Scanned(folder=folder))
    world.clock.pass_time(0.3)
    change = Change(
        document_id=9, collection_id=1, collection="Travel", kind="removed", at=1.8e9, name="old.md", path=GONE.path
    )
    for job in world.child.waiting(ListTrash):
        job.finish(Trash((Trashed(GONE, 1.8e9, 1, "Travel"),)))
    for job in world.child.waiting(ListChanges):
        job.finish(Changes((change,)))


def texts(bar: FollowedBar) -> str:
    return bar.text.text()


def test_the_line_says_how_the_folder_is_what_changed_and_what_is_in_the_trash(
    page: DocumentsPage, world: DocumentsWorld
) -> None:
    bar = page.following.bar
    assert not bar.isVisibleTo(page)
    follow(world)
    assert bar.isVisibleTo(page)
    assert texts(bar) == "/files/policies: Followed  ·  1 change since yesterday  ·  1 document in the trash"


def test_one_folder_is_paused_by_the_switch_in_the_line(page: DocumentsPage, world: DocumentsWorld) -> None:
    follow(world)
    switch = page.following.bar.switch
    assert switch.isVisibleTo(page) and switch.isChecked()
    switch.click()
    assert world.child.last(ChangeFolder).call == ChangeFolder(folder_id=1, paused=True)


def test_a_folder_that_is_away_is_spoken_of_first() -> None:
    away = Folder(id=2, collection_id=1, path="/mnt/share", absence="silent", since=1.7e9)
    found = spoken_of((FolderStatus(folder=POLICIES), FolderStatus(folder=away, phase="unreachable")))
    assert found.folder is away and "does not answer since" in found.words()


def press(dialog: FollowedDialog, text: str) -> None:
    QApplication.processEvents()  # what was added to a layout is shown then
    found = [each for each in dialog.findChildren(Button) if each.text() == text and each.isVisibleTo(dialog)]
    found[0].click()


def test_the_dialog_pauses_restores_and_empties(
    page: DocumentsPage, world: DocumentsWorld, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(world)
    dialog = FollowedDialog(world.controller.followed, "Travel", lambda: None, page)
    dialog.show()
    said = [label.text() for label in dialog.findChildren(ElidedLabel)]
    assert said == ["/files/policies", "Deleted: old.md", "old.md"]
    press(dialog, "Pause")
    assert world.child.last(ChangeFolder).call == ChangeFolder(folder_id=1, paused=True)
    world.child.last(ChangeFolder).finish(FolderKept(Folder(id=1, collection_id=1, path=POLICIES.path, paused=True)))
    qtbot.waitUntil(lambda: any(each.text() == "Resume" for each in dialog.findChildren(Button)))
    press(dialog, "Restore")
    assert world.child.last(RestoreDocuments).call == RestoreDocuments(ids=(9,))
    monkeypatch.setattr(ConfirmDialog, "ask", lambda *_, **__: True)
    press(dialog, "Empty trash")
    assert world.child.waiting(ListTrash), "the core removes what is in it"
    dialog.close()


def test_what_is_gone_all_at_once_is_asked_about(page: DocumentsPage, world: DocumentsWorld) -> None:
    follow(world, Folder(id=1, collection_id=1, path=POLICIES.path, absence="emptied", since=1.7e9))
    dialog = FollowedDialog(world.controller.followed, "Travel", lambda: None, page)
    dialog.show()
    press(dialog, "They were deleted")
    assert world.child.last(ScanFolder).call.confirmed
    dialog.close()


def test_rules_are_patterns_and_a_size(qtbot: QtBot, world: DocumentsWorld) -> None:
    dialog = RulesDialog(Folder(id=1, collection_id=1, path="/x", rules=Rules(ignore=("*.bak",), largest_mb=20)))
    qtbot.addWidget(dialog)
    assert dialog.rules() == Rules(ignore=("*.bak",), largest_mb=20)
    dialog.patterns.setPlainText("*.bak\n\n drafts/ \n")
    dialog.largest.edit.setText("much")
    dialog.action.click()
    assert dialog.result() == 0, "it says under the field what is wrong"
    dialog.largest.edit.setText("")
    dialog.action.click()
    assert dialog.result() == 1 and dialog.rules() == Rules(ignore=("*.bak", "drafts/"))


@pytest.mark.parametrize("keep", [True, False])
def test_a_folder_is_added_once_or_followed(
    page: DocumentsPage, world: DocumentsWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    follow(world)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, FolderDialog)
        dialog.keep.setChecked(keep)
        dialog.action_button.click()

    QTimer.singleShot(0, answer)
    page.choose_folder()
    if keep:
        assert world.child.last(FollowFolder).call == FollowFolder(path=str(tmp_path), collection_id=1)
        assert not world.child.waiting(Add)
    else:
        assert world.child.last(Add).call.paths == (str(tmp_path),) and not world.child.waiting(FollowFolder)


def test_a_dropped_folder_is_offered_quietly(page: DocumentsPage, world: DocumentsWorld, tmp_path: Path) -> None:
    follow(world)
    page.following.offer([str(tmp_path / "none.md")])
    assert "follow" not in page.banners.shown
    page.following.offer([str(tmp_path)])
    banner = page.banners.shown["follow"]
    assert isinstance(banner, Banner)
    banner.acted.emit()
    assert world.child.last(FollowFolder).call == FollowFolder(path=str(tmp_path), collection_id=1)
    assert "follow" not in page.banners.shown


def test_files_of_one_name_say_in_which_folder_they_lie() -> None:
    paths = ["/a/hr/index.md", "/a/travel/index.md", "/a/travel/other.md", "/b/travel/Index.md"]
    assert SameNames().add(paths) == {
        "/a/hr/index.md": "a/hr", "/a/travel/index.md": "a/travel", "/b/travel/Index.md": "b/travel",
    }  # fmt: skip
    known = SameNames()
    assert known.add(paths[:1]) == {}, "a name that only one has says nothing"
    assert known.add(paths[1:3]) == {"/a/hr/index.md": "hr", "/a/travel/index.md": "travel"}
    assert SameNames().add(["C:\\hr\\a.md", "C:\\it\\a.md"]) == {"C:\\hr\\a.md": "hr", "C:\\it\\a.md": "it"}


def test_the_list_shows_the_folder_of_files_of_one_name(page: DocumentsPage, world: DocumentsWorld) -> None:
    world.controller.add(["/a/hr/index.md", "/a/travel/index.md"])
    model = world.controller.documents
    shown = {model.data(model.index(row, 0), Qt.ItemDataRole.DisplayRole) for row in range(model.rowCount())}
    assert shown == {"index.md (hr)", "index.md (travel)"}


def test_progress_is_written_into_the_line_that_is_there(page: DocumentsPage, world: DocumentsWorld) -> None:
    follow(world)
    dialog = FollowedDialog(world.controller.followed, "Travel", lambda: None, page)
    dialog.show()
    before = dialog.findChildren(Button)
    reading = FolderStatus(folder=POLICIES, phase="reading", done=3, total=10)
    world.core.tell(FoldersChanged((reading,)))
    assert dialog.findChildren(Button) == before
    assert any(label.text().startswith("Reading 3 of 10 files") for label in dialog.findChildren(Label))
    dialog.close()


def test_a_kind_that_is_not_read_offers_no_second_try(qtbot: QtBot) -> None:
    row = Row("/a/song.mp3", "song.mp3", status="failed", code="unsupported", reason="Recordings are not read.")
    assert row.action_text() == ""
    opened = FailedRow(row)
    qtbot.addWidget(opened)
    assert [button.text() for button in opened.findChildren(Button)] == ["Skip this file"]
    with qtbot.waitSignal(opened.skip_wanted):
        opened.button.click()
