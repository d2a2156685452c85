"""Start at login: an entry of the session, written only when asked, and the switch shows whether it is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.autostart import desktop_entry, entry, start_at_login, starts_at_login
from app.errors import AppError
from app.gui.settings.login_row import LoginRow
from app.gui.theme import Theme

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the XDG entry")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def test_the_entry_is_written_when_asked_and_removed_again(config: Path) -> None:
    assert not starts_at_login() and not config.exists()
    start_at_login(True)
    assert starts_at_login() and entry() == config / "autostart" / "inhouse.desktop"
    assert f'Exec="{sys.executable}" "-m" "app"' in entry().read_text()
    start_at_login(False)
    start_at_login(False)
    assert not starts_at_login()


def test_an_entry_that_was_switched_off_by_hand_counts_as_off() -> None:
    start_at_login(True)
    for line in ("Hidden=true", "X-GNOME-Autostart-enabled = false"):
        entry().write_text(f"{desktop_entry(['x'])}{line}\n")
        assert not starts_at_login()


def test_paths_with_signs_are_quoted_as_the_specification_says() -> None:
    assert r'Exec="/o p/50%%/\\$a\\"b"' in desktop_entry(['/o p/50%/$a"b'])


def test_the_switch_shows_the_truth(qtbot: QtBot, config: Path) -> None:
    Theme(cast(QApplication, QApplication.instance()))
    refused: list[AppError] = []
    row = LoginRow(refused.append)
    qtbot.addWidget(row)
    row.show()
    assert not row.switch.isChecked()
    row.switch.click()
    assert starts_at_login() and row.switch.isChecked()
    entry().unlink()
    row.hide()
    row.show()
    assert not row.switch.isChecked()
    (config / "autostart").rmdir()
    (config / "autostart").write_text("a file is in the way")
    row.switch.click()
    assert len(refused) == 1 and not row.switch.isChecked()
