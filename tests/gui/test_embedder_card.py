"""The embedder in the window: another one is imported, prepared with progress, used, gone back from and removed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.embedder.embedders import MANIFEST, Embedders, Manifest
from app.embedder.identity import Identity
from app.errors import AppError
from app.gui.models.page import ModelsPage
from app.gui.widgets import Banner, ConfirmDialog, ProgressBar
from app.workers.calls.embedders import (
    EmbedderImported,
    EmbedderUsed,
    ImportEmbedder,
    ImportProgress,
    Reembed,
    ReembedProgress,
)

HOUSE = Manifest(
    name="House", kind="gguf", identity=Identity("House", "0", "", "", "mean", "Q8_0", 8, 512), made_at=1.0
)


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    return made


@pytest.fixture
def page(world: ShellWorld) -> ModelsPage:
    world.window.show_page("models")
    shown = world.window.page("models")
    assert isinstance(shown, ModelsPage)
    return shown


def bring_in(world: ShellWorld, page: ModelsPage) -> None:
    """Import one, as the menu does after its dialog."""
    page.embedders._embedders.bring_in(Path("/files/house.gguf"))
    job = world.world.documents.last(ImportEmbedder)
    job.say(ImportProgress(step="Trying it"))
    assert page.embedders.step.text() == "Trying it" and not page.embedders.cancel.isHidden()
    folder = Embedders(world.parts.home.embedders).folder(HOUSE.id)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(HOUSE))
    job.finish(EmbedderImported(embedder=HOUSE))
    assert page.embedders.step.text() == "" and page.embedders.cancel.isHidden()


def test_it_is_prepared_with_progress_and_gone_back_from(world: ShellWorld, page: ModelsPage) -> None:
    rows = page.embedders
    assert rows.buttons == {}, "the one that comes along is in use"
    bring_in(world, page)
    assert rows.buttons[HOUSE.id].text() == "Use now"
    rows.buttons[HOUSE.id].click()
    assert rows.buttons[HOUSE.id].text() == "Cancel"
    world.world.documents.last(Reembed).say(ReembedProgress(done=1000, total=4000, seconds_left=600.0))
    (bar,) = rows.findChildren(ProgressBar)
    assert bar.value() == 250
    assert rows._coming is not None
    assert rows._coming[0].about.text() == "Reading the documents: 1,000 of 4,000 passages, about 10 min left"
    world.world.documents.last(Reembed).finish(EmbedderUsed(embedder_id=HOUSE.id))
    assert list(rows.buttons) == [""] and rows.buttons[""].text() == "Go back"
    rows.buttons[""].click()
    world.world.documents.last(Reembed).finish(EmbedderUsed(embedder_id=""))
    assert rows.buttons[HOUSE.id].text() == "Go back"


def test_a_change_is_cancelled_and_one_that_fails_says_why(world: ShellWorld, page: ModelsPage) -> None:
    bring_in(world, page)
    page.embedders.buttons[HOUSE.id].click()
    page.embedders.buttons[HOUSE.id].click()
    assert world.world.documents.last(Reembed).controls == ["cancel"]
    assert page.embedders.buttons[HOUSE.id].text() == "Use now"
    page.embedders.buttons[HOUSE.id].click()
    world.world.documents.last(Reembed).fail(AppError("The disk has 0.1 GB free.", "Free some disk space."))
    assert any("0.1 GB" in each.accessibleName() for each in page.findChildren(Banner))
    assert page.embedders.buttons[HOUSE.id].text() == "Use now"


def test_what_is_no_embedder_is_refused_and_one_is_removed(
    world: ShellWorld, page: ModelsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(world, page)
    page.embedders._embedders.bring_in(Path("/files/chat.gguf"))
    world.world.documents.last(ImportEmbedder).fail(AppError("chat.gguf is not an embedder.", "Choose another."))
    assert any("chat.gguf is not an embedder" in each.accessibleName() for each in page.findChildren(Banner))
    monkeypatch.setattr(ConfirmDialog, "ask", lambda *_: True)
    page.embedders._remove(HOUSE)
    assert page.embedders.buttons == {} and Embedders(world.parts.home.embedders).all() == []
