"""The widgets that all pages share, as keys, a narrow window and a screen reader meet them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Theme
from app.gui.widgets import Banner, Button, ConfirmDialog, IconButton
from app.gui.widgets.choices import CheckBox, SegmentedControl, Switch
from app.gui.widgets.file_dialogs import ask_for_file, ask_for_files, ask_for_folder, ask_where_to_save

LONG = "3 documents could not be read and were left out of what the model learns from."


@pytest.fixture(autouse=True)
def worn(qapp: QApplication) -> Theme:
    return qapp.property("inhouse_theme") or Theme(qapp, mode="light")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    QVBoxLayout(made)
    made.resize(1032, 400)
    return made


def shown(window: QWidget, widget: QWidget) -> None:
    layout = window.layout()
    assert layout is not None
    layout.addWidget(widget)
    window.show()
    QApplication.processEvents()


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
@pytest.mark.parametrize("make", [lambda: Button("Add files"), lambda: IconButton("x", "Close")])
def test_a_focused_button_is_pressed_by_enter_and_space(window: QWidget, qtbot: QtBot, make, key: Qt.Key) -> None:  # type: ignore[no-untyped-def]
    button = make()
    shown(window, button)
    button.setFocus()
    with qtbot.waitSignal(button.clicked, timeout=1000):
        qtbot.keyClick(button, key)


def test_a_disabled_button_is_not_pressed(window: QWidget, qtbot: QtBot) -> None:
    button, pressed = Button("Add"), list[bool]()
    button.clicked.connect(pressed.append)
    shown(window, button)
    button.disable("Nothing to add")
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert pressed == []


def test_switch_and_segments_are_pressed_by_enter(window: QWidget, qtbot: QtBot) -> None:
    switch, segments = Switch("Keep"), SegmentedControl([("a", "A"), ("b", "B")], "a", "Which")
    shown(window, switch)
    shown(window, segments)
    qtbot.keyClick(switch, Qt.Key.Key_Return)
    assert switch.isChecked()
    with qtbot.waitSignal(segments.chosen) as chosen:
        qtbot.keyClick(segments._buttons["b"], Qt.Key.Key_Return)
    assert chosen.args == ["b"]


@pytest.mark.parametrize(("focus", "agreed"), [("action_button", True), ("cancel_button", False)])
def test_enter_in_a_question_presses_the_button_that_has_the_focus(
    window: QWidget, qtbot: QtBot, focus: str, agreed: bool
) -> None:
    shown(window, QLabel("page"))
    dialog = ConfirmDialog("Remove “a.pdf”?", "It can no longer be found.", "Remove", parent=window)
    dialog.open()
    button = cast(Button, getattr(dialog, focus))
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert (dialog.result() == QDialog.DialogCode.Accepted) is agreed and not dialog.isVisible()


def test_a_question_opens_with_the_safe_answer(window: QWidget, qtbot: QtBot) -> None:
    shown(window, QLabel("page"))
    seen: list[bool] = []

    def press() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ConfirmDialog)
        seen.append(dialog.focusWidget() is dialog.cancel_button)
        qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Return)

    QTimer.singleShot(0, press)
    assert not ConfirmDialog.ask(window, "Remove?", "It is gone then.", "Remove")
    assert seen == [True]


# --- room -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1032, 624])
@pytest.mark.parametrize("action", ["", "Cancel"])
@pytest.mark.parametrize(
    ("title", "detail"), [(LONG, ""), (f"{LONG} {LONG}", ""), (LONG, LONG), (LONG, f"{LONG} {LONG}")]
)
def test_a_banner_gives_its_words_all_the_width_that_it_has(
    window: QWidget, title: str, detail: str, action: str, width: int
) -> None:
    window.resize(width, 300)
    banner = Banner("warning", title, detail, action)
    shown(window, banner)
    beside = 17 + 20 + 12 + 12 + (banner.findChildren(Button)[0].width() + 12 if action else 0)
    words = [label for label in (banner._title, banner._detail) if not label.isHidden()]
    assert all(label.width() >= banner.width() - beside for label in words)


def test_a_banner_that_loses_its_detail_keeps_its_width(window: QWidget) -> None:
    banner = Banner("info", LONG, LONG)
    shown(window, banner)
    banner.set_text(LONG)
    QApplication.processEvents()
    assert banner._title.width() > 800


# --- file dialogs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Where each dialog opened; each of them ends with a file in `chosen`."""
    opened: list[str] = []
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    documents = tmp_path / "Documents"
    documents.mkdir()
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(documents))

    def answer(value: object):  # type: ignore[no-untyped-def]
        def ask(parent: object, title: str, folder: str = "", kinds: str = "") -> object:
            opened.append(folder)
            return value

        return ask

    file = str(chosen / "a.pdf")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", answer(([file], "")))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer((file, "")))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", answer(str(chosen)))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer((str(tmp_path / "saved.md"), "")))
    return opened


def test_file_dialogs_open_in_the_documents_and_then_where_the_last_one_ended(
    window: QWidget, asked: list[str], tmp_path: Path
) -> None:
    documents, chosen = str(tmp_path / "Documents"), str(tmp_path / "chosen")
    ask_for_files(window, "Add", "")
    ask_for_file(window, "Import", "")
    assert asked == [documents, chosen]
    assert ask_where_to_save(window, "Save", "chat.md", "") == tmp_path / "saved.md"
    ask_for_folder(window, "Folder")
    assert asked[2:] == [str(tmp_path / "chosen" / "chat.md"), str(tmp_path)]


def test_a_folder_that_is_gone_is_not_opened(window: QWidget, asked: list[str], tmp_path: Path) -> None:
    ask_for_files(window, "Add", "")
    (tmp_path / "chosen").rmdir()
    ask_for_files(window, "Add", "")
    assert asked[-1] == str(tmp_path / "Documents")


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_box_without_a_label_says_its_name(window: QWidget) -> None:
    box = CheckBox("", name="Travel-Policy.pdf")
    shown(window, box)
    interface = QAccessible.queryAccessibleInterface(box)
    assert interface.text(QAccessible.Text.Name) == "Travel-Policy.pdf"
