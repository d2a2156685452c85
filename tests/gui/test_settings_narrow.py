"""Settings at very large text: the sections show their icons, and controls stand below their words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from names import nameless
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.settings.page import RAIL, SettingsPage
from app.gui.settings.row import SettingRow
from app.gui.theme import theme


@pytest.fixture
def large(qtbot: QtBot) -> Iterator[ShellWorld]:
    made = ShellWorld()
    theme().set_scale(2.0)
    yield made
    theme().set_scale(1.0)
    made.close()


@pytest.mark.parametrize("section", ["Appearance", "Models and hardware", "API"])
def test_nothing_of_a_section_is_cut_off_at_twice_the_text(large: ShellWorld, section: str) -> None:
    large.window.show_page("settings")
    page = large.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section(section)
    for _ in range(5):
        QApplication.processEvents()
    assert page.nav.width() == RAIL and page._buttons[section].accessibleName() == section
    area = page._stack.currentWidget()
    assert isinstance(area, QScrollArea) and area.widget().width() <= area.viewport().width()
    row = next(each for each in page.findChildren(SettingRow) if each.isVisible())
    below = row.editor.mapTo(row, row.editor.rect().topLeft()).y()
    assert below >= row.help.mapTo(row, row.help.rect().bottomLeft()).y(), "the control stands below the words"
    assert nameless(page) == []
    theme().set_scale(1.0)
    for _ in range(5):
        QApplication.processEvents()
    assert page.nav.width() > 3 * RAIL and page._buttons[section].text() == section
