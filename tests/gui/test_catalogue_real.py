"""A model is searched, fetched and used in the real window, from a hub on this computer, with nothing played."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer, Repo
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from real_window import RealWindow
from tiny_gguf import write_tiny

from app.gui.models.page import ModelsPage
from app.paths import Home
from app.settings import FIRST_RUN_DONE, Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
REPO, FILE = "owner/tiny-GGUF", "tiny-Q4_K_M.gguf"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    file = tmp_path / FILE
    write_tiny(file, seed=3)
    with file.open("ab") as grown:
        grown.write(os.urandom((2 << 20) - grown.tell()))
    with HubServer() as server:
        server.repos[REPO] = Repo({FILE: file}, total=1_000_000)
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield server


def test_a_model_is_found_fetched_paused_and_used(qapp: QApplication, tmp_path: Path, hub: HubServer) -> None:
    place = Home(tmp_path / "home")
    place.root.mkdir()
    Settings(place).set(FIRST_RUN_DONE, True)
    real = RealWindow(qapp, place)
    try:
        catalogue = real.parts.models.catalogue
        real.window.show_page("models")
        page = real.window.page("models")
        assert isinstance(page, ModelsPage)
        real.until(lambda: catalogue.catalogue is not None, "the catalogue")
        assert not catalogue.blocked
        QTest.keyClicks(page.catalogue.search, REPO)
        QTest.keyClick(page.catalogue.search, Qt.Key.Key_Return)
        real.until(lambda: catalogue.results, "what was found")
        hub.pause_s = 0.1  # so that it can be paused on its way
        name = catalogue.results[0].model.name
        real.press("Download")
        real.until(lambda: catalogue.downloads and catalogue.downloads[0].done, "the first bytes")
        real.press(f"Pause {name}")
        real.until(lambda: catalogue.downloads[0].state == "paused", "the pause")
        hub.pause_s = 0.0
        real.press(f"Go on with {name}")
        real.until(lambda: real.window.toasts.current is not None, "the model")
        real.engine_ready()
        real.press("Use now")
        real.until(
            lambda: real.parts.models.active is not None and real.parts.models.active.origin == "downloaded", "it"
        )
        assert catalogue.downloads == ()
    finally:
        real.close()
