"""Settings, API: the switch turns the server on in the core, the key is copied and renewed, a taken port is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.api_key import ApiKey
from app.gui.settings.programs import ProgramsSection
from app.settings import API_ENABLED


@pytest.fixture
def world(qtbot: QtBot) -> Iterator[ShellWorld]:
    shell = ShellWorld()
    yield shell
    shell.close()


def section(world: ShellWorld) -> ProgramsSection:
    page = world.window.page("settings")
    world.window.show_page("settings")
    page.open_section("API")  # type: ignore[attr-defined]
    found = page.findChild(ProgramsSection)
    assert isinstance(found, ProgramsSection)
    return found


def test_the_key_is_copied_whole_and_shown_only_in_part(world: ShellWorld) -> None:
    shown = section(world)
    key = ApiKey(world.parts.home).value
    assert key not in shown.shown_key.text() and shown.shown_key.text().endswith(key[-4:])
    shown.copy.click()
    assert QGuiApplication.clipboard().text() == key
    assert shown.address.text().startswith("Off")


def test_a_new_key_only_after_a_question(world: ShellWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [False, True]
    monkeypatch.setattr(world.window, "confirm", lambda *_: answers.pop(0))
    shown = section(world)
    before = ApiKey(world.parts.home).value
    shown.renew.click()
    assert ApiKey(world.parts.home).value == before
    shown.renew.click()
    after = ApiKey(world.parts.home).value
    assert after != before and shown.shown_key.text().endswith(after[-4:])


def test_why_it_is_not_on_is_said_in_place(world: ShellWorld) -> None:
    """The core of this test has no server, which is a reason like a taken port."""
    shown = section(world)
    assert shown.problem.isHidden()
    world.parts.settings.set(API_ENABLED, True)
    assert not shown.problem.isHidden()
    assert "cannot answer programs" in shown.problem.accessibleName()
