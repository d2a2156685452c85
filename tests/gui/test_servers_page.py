"""A model on a server in the window: added in a dialog, and marked wherever it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from shell_world import FIRST_WORD, INFO, ShellWorld

from app.core.answers import FLUSH_S
from app.core.calls.models import FindServer, ServerFound
from app.errors import AppError
from app.gui.models.page import ModelsPage
from app.gui.models.row import ModelRow
from app.gui.models.server_dialog import ServerDialog
from app.gui.models.switcher import ModelBar
from app.gui.widgets import Banner, Chip, ElidedLabel, Label
from app.models.server_keys import ServerKeys
from app.workers.calls.engine import Chat, Load, Loaded, Token, Waiting

HOST = "models.example"


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    return made


def in_dialog(page: ModelsPage, steps: Callable[[ServerDialog], object]) -> None:
    """Open the dialog as a person does, and do this in it; it must close by itself or by the steps."""
    raised: list[AssertionError] = []

    def go() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ServerDialog)
        try:
            steps(dialog)
        except AssertionError as error:
            raised.append(error)
        finally:
            dialog.reject()  # where it is still open

    QTimer.singleShot(0, go)
    page.server.add.click()
    if raised:
        raise raised[0]


def banners(dialog: ServerDialog) -> list[str]:
    """What it says; the layout shows what is new a moment later."""
    QApplication.processEvents()
    return [banner.accessibleName() for banner in dialog.findChildren(Banner) if banner.isVisibleTo(dialog)]


def found(*names: str, encrypted: bool = True) -> ServerFound:
    scheme = "https" if encrypted else "http"
    return ServerFound(address=f"{scheme}://{HOST}/v1", host=HOST, models=names, encrypted=encrypted)


def models_page(world: ShellWorld) -> ModelsPage:
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    return page


def add(world: ShellWorld, page: ModelsPage, qtbot: QtBot, *, encrypted: bool = True) -> None:
    """Address, key, look, choose, add."""

    def steps(dialog: ServerDialog) -> None:
        qtbot.keyClicks(dialog.address.edit, HOST)
        qtbot.keyClicks(dialog.key.edit, "sk-1")
        dialog.next.click()
        world.world.remote[-1][2].last(FindServer).finish(found("small", "large", encrypted=encrypted))
        dialog.models.setCurrentText("large")
        qtbot.keyClicks(dialog.name.edit, "Large")
        dialog.next.click()
        world.world.remote[-1][2].last(FindServer).finish(found("small", "large", encrypted=encrypted))
        child = world.world.remote[-1][2]
        child.last(Load).finish(Loaded(info=remote_info()))
        child.last(Chat).finish(FIRST_WORD)
        world.world.remote[-1][2].last(Chat).finish(FIRST_WORD)  # the trial with a picture

    in_dialog(page, steps)


def remote_info() -> Any:
    return msgspec.structs.replace(INFO, path="", backend="server", device=HOST, context=32768, memory_bytes=0)


def texts(widget: Any) -> list[str]:
    """What stands in a part of the window."""
    QApplication.processEvents()
    labels = [label.text() for label in widget.findChildren(Label) if label.isVisibleTo(widget)]
    return labels + [chip.text() for chip in widget.findChildren(Chip) if chip.isVisibleTo(widget)]


def test_a_server_is_looked_at_and_one_of_its_models_added(world: ShellWorld, qtbot: QtBot) -> None:
    world.load_starter()
    page = models_page(world)
    add(world, page, qtbot)
    model = world.parts.models.find("Large")
    assert model is not None and (model.origin, model.served_as) == ("server", "large")
    assert page._banner is not None and f"computed on {HOST}" in page._banner.accessibleName()
    row = next(row for row in page.findChildren(ModelRow) if row.model.id == model.id)
    assert f"Computed on {HOST}" in texts(row) and "On your server" in texts(row)
    assert [each.accessibleName() for each in row.findChildren(ElidedLabel)][1] == "large, context up to 32k"
    assert ServerKeys(world.parts.home).get(model.id) == "sk-1"


def test_what_is_wrong_stands_in_the_dialog_and_can_be_mended(world: ShellWorld, qtbot: QtBot) -> None:
    page = models_page(world)

    def steps(dialog: ServerDialog) -> None:
        assert not dialog.next.isEnabled(), "there is no address yet"
        assert dialog.key.edit.echoMode() == QLineEdit.EchoMode.Password
        qtbot.keyClicks(dialog.address.edit, "ftp://nowhere")
        qtbot.keyClick(dialog.address.edit, Qt.Key.Key_Return)
        assert "is not the address of a server" in banners(dialog)[0]
        dialog.address.edit.clear()
        qtbot.keyClicks(dialog.address.edit, HOST)
        assert banners(dialog) == []
        dialog.next.click()
        assert not dialog.next.isEnabled(), "it is being looked at"
        world.world.remote[-1][2].last(FindServer).fail(AppError(f"{HOST} does not accept the key.", "Ask for one."))
        assert f"{HOST} does not accept the key. Ask for one." in banners(dialog)
        dialog.next.click()
        world.world.remote[-1][2].last(FindServer).finish(found("large", encrypted=False))
        assert any(f"are sent to {HOST}" in text for text in banners(dialog))
        assert any("not encrypted" in text for text in banners(dialog))
        qtbot.keyClicks(dialog.key.edit, "x")
        assert not dialog.models.isVisible(), "it was found without this key"
        dialog.next.click()
        job = world.world.remote[-1][2].last(FindServer)
        dialog.reject()
        assert job.controls == ["cancel"], "nobody waits any more"

    in_dialog(page, steps)
    assert len(world.parts.models.models()) == 1


def test_answers_of_a_server_are_marked_in_the_whole_window(world: ShellWorld, qtbot: QtBot) -> None:
    world.load_starter()
    page = models_page(world)
    assert "Your data stays on this computer" in texts(world.window.sidebar)
    add(world, page, qtbot, encrypted=False)
    world.parts.models.switch_to("Large")
    child = world.world.remote[-1][2]
    child.last(Load).finish(Loaded(info=remote_info()))
    child.last(Chat).finish(FIRST_WORD)
    assert f"Answers are computed on {HOST}" in texts(world.window.sidebar)
    assert "On your server, not encrypted" in texts(page)
    assert HOST not in texts(page.bar), "the hardware is this computer's"
    world.window.show_page("chat")
    bar = world.window.findChild(ModelBar)
    assert bar is not None and HOST in texts(bar)
    world.parts.chats.choose_collection(0)
    assert world.parts.chats.ask("Who are you?")
    job = child.last(Chat)
    chat = world.window.page("chat")
    job.say(Waiting(note=f"{HOST} has said nothing for 1 min. You can stop, or go on waiting."))
    assert any("has said nothing for 1 min" in text for text in texts(chat))
    job.say(Token(text="Me."))
    world.world.clock.pass_time(FLUSH_S)
    assert not any("has said nothing" in text for text in texts(chat))
    job.finish(msgspec.structs.replace(FIRST_WORD, text="Me.", reason="end"))
    assert any(f"Written by Large, computed on {HOST}." in text for text in texts(chat))
    world.parts.models.go_back()
    world.load_beside()
    assert "Your data stays on this computer" in texts(world.window.sidebar)


def test_a_server_that_is_gone_is_a_banner_over_the_chat(world: ShellWorld, qtbot: QtBot) -> None:
    world.load_starter()
    add(world, models_page(world), qtbot)
    world.parts.models.switch_to("Large")
    world.world.remote[-1][2].last(Load).fail(AppError(f"{HOST} cannot be reached.", "Check the network."))
    page = models_page(world)
    assert page._banner is not None and "stays in use" in page._banner.accessibleName()
    assert world.parts.models.info is not None
