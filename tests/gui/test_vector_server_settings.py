"""A vector server in Settings: checked, said what is sent to it, used, and left."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.settings.page import SettingsPage
from app.gui.settings.vector_section import VectorSection, VectorServerDialog
from app.gui.widgets import Banner
from app.workers.calls.vectors import (
    CheckVectorServer,
    DropVectors,
    ShowVectors,
    UseVectorServer,
    VectorServerFound,
    VectorState,
)

FOUND = VectorServerFound(host="vectors.example", version="1.0.0", collections=3)


def test_a_server_is_checked_and_used_and_left(qtbot: QtBot) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("Documents")
    section = page.findChild(VectorSection)
    assert section is not None and section.where.text().startswith("On this computer.")
    said: list[str] = []

    def steps() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, VectorServerDialog)
        child = world.world.documents
        for address in ("http://vectors.example", "vectors.example"):
            dialog.address.edit.clear()
            qtbot.keyClicks(dialog.address.edit, address)
            dialog.next.click()
            QApplication.processEvents()
            said.extend(each.accessibleName() for each in dialog.findChildren(Banner))
        child.last(CheckVectorServer).finish(FOUND)
        QApplication.processEvents()
        banners = dialog.findChildren(Banner)
        said.extend(each.accessibleName() for each in banners)
        said.extend("cut off" for each in banners if each.height() < each.heightForWidth(each.width()))
        dialog.next.click()
        child.last(CheckVectorServer).finish(FOUND)
        child.last(UseVectorServer).finish(VectorState(waiting=1234))
        dialog.reject()  # where it is still open

    QTimer.singleShot(0, steps)
    section.choose.click()
    assert any("would not be encrypted" in text for text in said)
    assert "cut off" not in said
    assert any("Chroma 1.0.0, reachable, 3 collections." in text for text in said)
    assert section.where.text() == "On vectors.example. 1,234 changes wait for it."
    assert not world.world.documents.waiting(ShowVectors)
    world.window.confirm = lambda *_: True  # type: ignore[method-assign]
    section._servers.leave()
    world.world.documents.last(DropVectors).finish(VectorState())
    world.world.documents.last(UseVectorServer).finish(VectorState())
    assert section.where.text().startswith("On this computer.")
