"""A collection that a team shares, in the window: shared and opened in dialogs, marked, and a colleague's only read."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from documents_world import DocumentsWorld
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.errors import AppError, BadFile
from app.gui.documents import share_dialogs
from app.gui.documents.bundles import BundleDialog
from app.gui.documents.collections_model import target_of
from app.gui.documents.page import DocumentsPage
from app.gui.documents.share_dialogs import open_shared, share_collection
from app.gui.theme import Theme
from app.gui.widgets import Button, TextField
from app.gui.widgets.choices import CheckBox
from app.shares import Published, Shared
from app.types import Collection, Document
from app.workers.calls.bundles import ImportCollection, Imported
from app.workers.calls.shares import EditionPublished, OpenShared, PublishCollection, StopPublishing
from app.workers.message import Done

OWN = Collection(id=1, name="Own", documents=1)
THEIRS = Collection(
    id=2, name="Contracts", documents=1,
    shared=Shared(
        path="/drive/Contracts.inhouse-docs", by="Ada", edition=3, at=1.0, problem="Its folder is away", since=9.0
    ),
)  # fmt: skip
PUBLISHED = Collection(
    id=1, name="Own", documents=1,
    published=Published(path="/drive/Own.inhouse-docs", by="Ben", edition=2, at=1.0, follows=True, behind=True),
)  # fmt: skip


@pytest.fixture
def world(qapp: QApplication) -> Generator[DocumentsWorld]:
    Theme(qapp, mode="light")
    made = DocumentsWorld()
    made.become_ready()
    made.give_collections(OWN, THEIRS)
    yield made


@pytest.fixture
def page(world: DocumentsWorld, qtbot: QtBot) -> DocumentsPage:
    made = DocumentsPage(world.controller)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def dialog_of(parent: QWidget) -> BundleDialog:
    return parent.findChildren(BundleDialog)[-1]


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_a_colleagues_collection_is_marked_and_offers_nothing_that_changes_it(
    world: DocumentsWorld, page: DocumentsPage, qtbot: QtBot
) -> None:
    mine = entries(page.panel.list.menu(OWN.id))
    assert mine == ["Share in a folder…", "Export…", "Rename", "Folders and changes", "Personal data", "Delete"]
    assert entries(page.panel.list.menu(THEIRS.id)) == ["Export…", "Remove from this computer"]
    assert page.toolbar.add_files.isVisible() and not page.collections.bar.isVisible()
    world.controller.choose(THEIRS.id)
    path = "/drive/Contracts.inhouse-docs/a.pdf"
    document = Document(
        id=5, collection_id=2, collection="Contracts", name="a.pdf", path=path, format="pdf", bytes=1,
        status="indexed", passages=3,
    )  # fmt: skip
    world.give_documents(document)
    bar = page.collections.bar
    assert bar.isVisible() and not bar.button.isVisible()
    assert (
        "Shared by Ada, read only, as of" in bar.text.toolTip() and "this edition keeps answering" in bar.text.toolTip()
    )
    assert not page.toolbar.add_files.isVisible() and not page.toolbar.add_folder.isVisible()
    page.table.selectRow(0)
    assert entries(page.table.menu()) == ["Show text", "Summarise"], "it is not ours, and its file is not here"
    removed: list[object] = []
    page.table.remove_wanted.connect(removed.append)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert not removed
    said: list[AppError] = []
    world.controller.failed.connect(said.append)
    page.panel.list.setFocus()
    qtbot.keyClick(page.panel.list, Qt.Key.Key_F2)
    assert "can only be read here" in str(said[0])
    name = page.panel.list.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Shared by Ada" in name, "a screen reader says it too"


def test_what_is_dropped_never_goes_to_a_colleagues_collection() -> None:
    assert target_of((OWN, THEIRS), 2) == 1 and target_of((OWN, THEIRS), 1) == 1 and target_of((THEIRS,), 2) == 0


def test_sharing_asks_who_and_where_and_says_who_can_read_it(
    world: DocumentsWorld, page: DocumentsPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(share_dialogs, "ask_for_folder", lambda *args: str(tmp_path))
    said: list[str] = []
    share_collection(page, world.client, OWN, said.append)
    dialog = dialog_of(page)
    assert any("can read all of the text" in label.text() for label in dialog.findChildren(QLabel))
    dialog.findChildren(TextField)[0].edit.setText("Ben")
    dialog.findChildren(CheckBox)[0].setChecked(False)
    dialog.action.click()
    asked = world.child.last(PublishCollection)
    assert asked.call == PublishCollection(
        collection_id=1, folder=str(tmp_path), by="Ben", follows=False, keep_paths=False
    )
    asked.finish(EditionPublished(collection=PUBLISHED, documents=1, bytes=9))
    assert said == ["Edition 2 of “Own” is in its folder."]


def test_one_that_is_shared_gets_an_edition_or_is_shared_no_more(
    world: DocumentsWorld, page: DocumentsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_collection(page, world.client, PUBLISHED, lambda _: None)
    dialog = dialog_of(page)
    assert "Changes since then are not in it" in dialog.text.text()
    dialog.action.click()
    assert world.child.last(PublishCollection).call.folder == "", "where it is shared is known"
    monkeypatch.setattr(share_dialogs.ConfirmDialog, "ask", lambda *args: True)
    said: list[str] = []
    share_collection(page, world.client, PUBLISHED, said.append)
    next(each for each in dialog_of(page).findChildren(Button) if each.text() == "Stop sharing").click()
    world.child.last(StopPublishing).finish(Done())
    assert said == ["“Own” is shared no more."]


def test_a_file_says_itself_whether_it_is_opened_or_imported(world: DocumentsWorld, page: DocumentsPage) -> None:
    arrived: list[Imported] = []
    open_shared(page, world.client, "/drive/x.inhouse-docs", arrived.append)
    world.child.last(OpenShared).fail(BadFile("x was exported once.", "Import it.", code="exported"))
    world.child.last(ImportCollection).finish(Imported(collection=OWN))
    assert arrived == [Imported(collection=OWN)]
    open_shared(page, world.client, "/drive/y.inhouse-docs", arrived.append)
    world.child.last(OpenShared).fail(BadFile("y is damaged.", "Copy it again."))
    assert "y is damaged." in dialog_of(page).text.text() and len(arrived) == 1
