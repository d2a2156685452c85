"""The Documents page over the real documents process: add, kill it, continue, search, remove."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient, SocketLink
from app.gui.documents.controller import DocumentsController
from app.gui.documents.page import DocumentsPage
from app.gui.shell.session import Session
from app.gui.theme import Theme
from app.paths import Home

pytestmark = pytest.mark.real
WAIT_MS = 60_000


def test_files_survive_a_killed_process_and_leave_without_a_trace(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    Theme(qapp, mode="light")
    home = Home(tmp_path / "home")
    home.root.mkdir()
    client = CoreClient(SocketLink(home))
    cores: list[int] = []
    client.welcomed.connect(lambda welcome: cores.append(welcome.pid))
    controller = DocumentsController(client, KnownCollections(client, Session(home.session_file)))
    page = DocumentsPage(controller)
    qtbot.addWidget(page)
    page.show()
    said: list[str] = []
    controller.notice_raised.connect(said.append)
    client.connect_core()
    try:
        qtbot.waitUntil(lambda: page.stack.currentWidget() is page.empty, timeout=WAIT_MS)
        paths = [tmp_path / f"note-{i:02}.txt" for i in range(30)]
        for i, path in enumerate(paths):
            path.write_text(f"Pump number {i} is serviced every {i + 3} months by the service desk. " * 20)
        (tmp_path / "torn.pdf").write_bytes(b"%PDF-1.4 torn")
        controller.add([str(path) for path in [tmp_path / "torn.pdf", *paths]])
        qtbot.waitUntil(lambda: controller.add_state.done >= 2, timeout=WAIT_MS)
        (reader,) = [each for each in psutil.Process(cores[0]).children() if "documents" in each.cmdline()]
        reader.kill()
        qtbot.waitUntil(lambda: controller.add_state.phase == "interrupted", timeout=WAIT_MS)
        page.add_bar.continue_button.click()
        qtbot.waitUntil(lambda: controller.add_state.phase == "finished", timeout=WAIT_MS)
        rows = controller.documents.rows
        qtbot.waitUntil(lambda: len(rows()) == 31 and not any(row.live for row in rows()), timeout=WAIT_MS)
        assert [row.name for row in rows() if row.status != "indexed"] == ["torn.pdf"] and rows()[0].reason
        page.search_field.setText("how often is pump number 7 serviced")
        qtbot.waitUntil(lambda: controller.results.rowCount() > 0, timeout=WAIT_MS)
        assert "note-07.txt" in [passage.document for passage in controller.results.passages()[:3]]
        page.search_field.clear()
        controller.remove([row.id for row in rows() if row.name == "note-07.txt" and row.id is not None])
        qtbot.waitUntil(lambda: len(rows()) == 30, timeout=WAIT_MS)
        assert said == ["Removed. Nothing of it can be found any more."]
    finally:
        client.leave()
