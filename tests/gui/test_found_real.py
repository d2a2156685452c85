"""A model of Ollama in the real window: linked, used with an adapter, and missed when it goes. Nothing is played."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from real_window import RealWindow
from tiny_gguf import write_tiny, write_tiny_adapter

from app.gui.models.found_area import FoundDialog
from app.gui.models.page import ModelsPage
from app.gui.models.row import ModelRow
from app.paths import Home
from app.settings import FIRST_RUN_DONE, Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def ollama(store: Path) -> Path:
    """Its store with one model, "tiny:1b"; the model's file."""
    blobs, library = store / "blobs", store / "manifests" / "registry.example" / "library" / "tiny"
    blobs.mkdir(parents=True)
    library.mkdir(parents=True)
    model = write_tiny(store / "model.gguf")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": 1}
    (library / "1b").write_text(json.dumps({"schemaVersion": 2, "layers": [layer]}))
    return model.rename(blobs / f"sha256-{digest}")


def row(page: ModelsPage, name: str) -> ModelRow | None:
    return next((each for each in page._rows if each.model.name == name), None)


def test_a_model_of_ollama_is_linked_used_with_an_adapter_and_missed(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    monkeypatch.setenv("HOME", str(tmp_path))
    blob = ollama(tmp_path / "ollama")
    place = Home(tmp_path / "home")
    place.root.mkdir()
    Settings(place).set(FIRST_RUN_DONE, True)
    real = RealWindow(qapp, place)
    try:
        models = real.parts.models
        real.engine_ready()
        real.window.show_page("models")
        page = real.window.page("models")
        assert isinstance(page, ModelsPage)
        real.until(page.found.isVisible, "what Ollama has")
        dialog = FoundDialog(models.found, page)
        dialog.show()
        QTest.keyClick(dialog.boxes[0][0], Qt.Key.Key_Return)
        real.until(lambda: not dialog.isVisible(), "the link")
        real.until(lambda: row(page, "tiny:1b"), "its row")
        assert not list(place.models.glob("*.gguf")) and page.found.isHidden()
        models.switch_to("tiny:1b")
        real.until(lambda: models.active is not None and models.active.name == "tiny:1b" and models.info, "its answers")
        page.import_file(str(write_tiny_adapter(tmp_path / "tone.gguf")))
        real.until(lambda: len(models.models()) == 3, "the adapter")
        tone = models.models()[2]
        shown = row(page, tone.name)
        assert shown is not None and shown.chip.text() == "Switches at once"
        models.switch_to(tone.id)
        real.until(lambda: models.active is not None and models.active.id == tone.id, "the adapter in use")
        models.switch_to("starter")
        real.until(lambda: models.active is not None and models.active.id == "starter", "the starter")
        blob.unlink()
        page.shown()
        gone = row(page, "tiny:1b")
        assert gone is not None and gone.chip.text() == "The file is no longer there"
    finally:
        real.close()
