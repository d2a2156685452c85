"""A collection to one file and back in the window: what is asked, how far it is, cancel, and an error that stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents_world import DocumentsWorld
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.gui.documents import bundles
from app.gui.documents.bundles import BundleDialog, export_collection, import_collection
from app.gui.theme import Theme
from app.types import Collection
from app.workers.calls.bundles import BundleProgress, ExportCollection, Exported, ImportCollection, Imported

CONTRACTS = Collection(id=4, name="Contracts: 2025/26", documents=3)


@pytest.fixture
def page(qapp: QApplication, qtbot: QtBot) -> QWidget:
    Theme(qapp, mode="light")
    made = QWidget()
    qtbot.addWidget(made)
    return made


def dialog_of(page: QWidget) -> BundleDialog:
    return page.findChild(BundleDialog)


def words(dialog: BundleDialog) -> str:
    return " | ".join(label.text() for label in dialog.findChildren(QLabel))


def test_a_collection_is_exported_with_what_was_chosen(
    page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named: list[str] = []
    target = tmp_path / "c.inhouse-docs"
    monkeypatch.setattr(bundles, "ask_where_to_save", lambda *args: named.append(args[2]) or target)
    world, said = DocumentsWorld(), []
    export_collection(page, world.client, CONTRACTS, said.append)
    dialog = dialog_of(page)
    assert "can read all of its text" in words(dialog), "who has the file is said before it is made"
    dialog.action.click()
    asked = world.child.last(ExportCollection)
    assert asked.call == ExportCollection(collection_id=4, path=str(target), keep_paths=False)
    assert named == ["Contracts- 2025-26.inhouse-docs"], "a name that every system takes"
    asked.say(BundleProgress(done=1, total=3))
    assert dialog.bar.isVisible() and dialog.text.text() == "1 of 3 documents"
    asked.finish(Exported(path=str(target), documents=3, bytes=9))
    assert said == ["Exported: c.inhouse-docs with 3 documents."]


def test_an_error_stays_in_the_dialog_until_it_is_read(page: QWidget, qtbot: QtBot) -> None:
    world, arrived = DocumentsWorld(), []
    import_collection(page, world.client, "/files/torn.inhouse-docs", arrived.append)
    dialog = dialog_of(page)
    asked = world.child.last(ImportCollection)
    asked.fail(AppError("torn.inhouse-docs is damaged.", "Copy it again."))
    assert dialog.isVisible() and "is damaged. Copy it again." in dialog.text.text() and arrived == []
    assert dialog.cancel.text() == "Close"


def test_what_came_in_is_told(page: QWidget, qtbot: QtBot) -> None:
    world, arrived = DocumentsWorld(), []
    import_collection(page, world.client, "/files/c.inhouse-docs", arrived.append)
    data = Imported(collection=CONTRACTS)
    world.child.last(ImportCollection).finish(data)
    assert arrived == [data]
