"""What a company closes, in the window: named in Settings, greyed out with its reason, and refused by the core."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from names import nameless
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.finetune.page import FinetunePage
from app.gui.settings.company_section import CompanySection
from app.gui.settings.page import SettingsPage
from app.gui.widgets import Banner, ConfirmDialog, Label
from app.gui.widgets.file_dialogs import ask_where_to_save, ask_where_to_save_as

VALUES = {
    "exports": False, "training": False, "chat_days": 90, "folders": ["/srv/documents", "~/Documents"], "servers": [],
    "mask_personal_data": True, "offline": True, "theme": "dark", "hub": "https://mirror.example",
}  # fmt: skip
REASONS = {"training": "Ask the model team.", "exports": "Contents stay in the house."}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "by": "IT service", "values": VALUES, "reasons": REASONS}))
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    return policy


@pytest.fixture
def make(qtbot: QtBot, data_folder: Path) -> Iterator[Callable[[], ShellWorld]]:
    made: list[ShellWorld] = []

    def world() -> ShellWorld:
        made.append(ShellWorld())
        made[0].load_starter()
        return made[0]

    yield world
    for each in made:
        each.close()


def page_of(world: ShellWorld) -> SettingsPage:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    return page


def test_a_page_lists_what_is_set_by_whom_and_why(file: Path, make: Callable[[], ShellWorld]) -> None:
    world = make()
    page = page_of(world)
    page.open_section("Company")
    QApplication.processEvents()
    section = page.findChild(CompanySection)
    assert section is not None
    said = [label.text() for label in section.findChildren(Label)]
    for text in (
        "Set by IT service.", "Exports", "Not allowed", "Contents stay in the house.", "Fine-tuning", "90 days",
        "2 named", "None", "Masked", "On", "Dark", "https://mirror.example", str(file),
    ):  # fmt: skip
        assert any(text in each for each in said), text
    folders = next(each for each in section.findChildren(Label) if each.text() == "2 named")
    assert folders.toolTip() == "/srv/documents\n~/Documents"
    assert nameless(world.window) == []


def test_without_a_policy_there_is_no_such_page(make: Callable[[], ShellWorld]) -> None:
    page = page_of(make())
    assert "Company" not in page._buttons


def test_one_that_cannot_be_read_is_told(
    file: Path, make: Callable[[], ShellWorld], expected_warnings: list[str]
) -> None:
    expected_warnings.append("policy cannot be read")
    file.write_text("{")
    page = page_of(make())
    page.open_section("Company")
    QApplication.processEvents()
    section = page.findChild(CompanySection)
    assert section is not None
    banner = section.findChild(Banner)
    assert banner is not None and "cannot be read" in banner.accessibleName()


def test_fine_tuning_cannot_be_begun_and_says_why(file: Path, make: Callable[[], ShellWorld]) -> None:
    world = make()
    world.window.show_page("finetune")
    page = world.window.page("finetune")
    assert isinstance(page, FinetunePage)
    QApplication.processEvents()
    start = page.steps["start"]
    button = start.first_focus()
    assert not button.isEnabled() and button.toolTip() == "Set by IT service. Ask the model team."
    banner = start.findChild(Banner)
    assert banner is not None and banner.accessibleName().startswith("Your company does not allow fine-tuning.")


def test_nobody_is_asked_for_a_file_that_may_not_be_written(
    file: Path, make: Callable[[], ShellWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, shown = make(), list[str]()

    def read(dialog: ConfirmDialog) -> QDialog.DialogCode:
        shown.append(" ".join(label.text() for label in dialog.findChildren(Label)))
        assert dialog.action_button.isHidden()
        return QDialog.DialogCode.Rejected

    monkeypatch.setattr(ConfirmDialog, "exec", read)
    assert ask_where_to_save(world.window, "Export", "a.json", "JSON (*.json)") is None
    assert ask_where_to_save_as(world.window, "Export", "a.md", "Markdown (*.md)") == (None, "")
    assert shown == ["Your company does not allow exports. Contents stay in the house."] * 2
