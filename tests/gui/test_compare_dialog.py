"""Two documents side by side, as a person uses it: wait, stop, go from change to change, filter, swap, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents_world import DocumentsWorld
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.gui.compare.controller import CompareController
from app.gui.compare.dialog import CompareDialog
from app.gui.compare.open import add_comparing, open_comparison
from app.gui.documents.page import DocumentsPage
from app.gui.theme import Theme
from app.gui.widgets import Banner
from app.text.compare.compare import Text, compare
from app.text.compare.result import Comparison
from app.types import Collection, Document
from app.workers.calls.documents import (
    Compared,
    CompareProgress,
    CompareVersions,
    Documents,
    DocumentText,
    ListDocuments,
    Version,
)

OLD = """# Travel rules 😀

## 1 Hotels

A night costs at most 120 €. The travel desk books it.

## 2 Meals

Breakfast is part of the price.
"""
NEW = OLD.replace("120 €", "140 €").replace("Breakfast", "A drink is paid on top. Breakfast")


def compared(old: str = OLD, new: str = NEW) -> Compared:
    steps = compare(Text(old, "markdown"), Text(new, "markdown"))
    result: Comparison | None = None
    while result is None:
        try:
            next(steps)
        except StopIteration as stop:
            result = stop.value
    sides = [
        DocumentText(name=f"Rules {year}.md", format="markdown", text=text) for year, text in ((25, old), (26, new))
    ]
    return Compared(left=sides[0], right=sides[1], comparison=result)


@pytest.fixture
def world(qtbot: QtBot, qapp: QApplication) -> DocumentsWorld:
    Theme(qapp, mode="light")
    made = DocumentsWorld()
    made.become_ready()
    return made


@pytest.fixture
def dialog(world: DocumentsWorld, qtbot: QtBot) -> CompareDialog:
    made = CompareDialog(CompareController(world.client, 1, 2))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # else it goes under the test's hands
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def banner(dialog: CompareDialog) -> str:
    return " | ".join(each.accessibleName() for each in dialog.findChildren(Banner) if each.isVisible())


def selected(dialog: CompareDialog) -> str:
    """What is marked last, and so above all, in the newer text."""
    marks = dialog.right.text.extraSelections()
    return str(marks[-1].cursor.selectedText())


def test_changes_are_gone_through_by_keys_and_marked_on_both_sides(
    dialog: CompareDialog, world: DocumentsWorld, qtbot: QtBot
) -> None:
    job = world.child.last(CompareVersions)
    assert job.call == CompareVersions(left=Version(document_id=1), right=Version(document_id=2))
    job.finish(compared())
    assert dialog.stack.currentWidget() is dialog.both
    assert (dialog.summary.text(), dialog.place.text()) == ("2 differences", "1 of 2")
    assert (dialog.left.marked(), dialog.right.marked()) == (["120"], ["140"])
    assert selected(dialog) == "140"  # behind an emoji, that Qt counts as two
    assert dialog.left.text.toPlainText().startswith("Travel rules"), "without the marks of Markdown"
    assert dialog.list.hasFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.place.text() == "2 of 2"
    assert (dialog.left.marked(), dialog.right.marked()) == ([], ["A drink is paid on top."])
    assert selected(dialog) == "A drink is paid on top."
    assert "Not in this version" in dialog.left.place.text()
    qtbot.keyClick(dialog, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.place.text() == "1 of 2"


def test_a_filter_leaves_only_figures(dialog: CompareDialog, world: DocumentsWorld) -> None:
    world.child.last(CompareVersions).finish(compared())
    names = [dialog.filter.itemText(i) for i in range(dialog.filter.count())]
    assert names == ["All differences (2)", "Figures (1)", "Added (1)"]
    dialog.filter.setCurrentIndex(1)
    assert dialog.changes.rowCount() == 1
    assert dialog.place.text() == "1 of 1"
    assert not dialog.next.isEnabled()
    assert not dialog.previous.isEnabled()


def test_a_long_comparison_shows_how_far_it_is_and_can_be_stopped_and_begun_again(
    dialog: CompareDialog, world: DocumentsWorld, qtbot: QtBot
) -> None:
    job = world.child.last(CompareVersions)
    assert dialog.stack.currentWidget() is dialog.blank
    qtbot.waitUntil(lambda: dialog.stack.currentWidget() is dialog.waiting)
    job.say(CompareProgress(fraction=0.5, note="Comparing"))
    assert dialog.note.text() == "Comparing"
    assert dialog.bar.value() == 500
    dialog.cancel.click()
    job.confirm_cancel()
    assert "stopped" in banner(dialog)
    assert not dialog.export.isEnabled()
    dialog.findChild(Banner).acted.emit()
    world.child.last(CompareVersions).finish(compared())
    assert dialog.stack.currentWidget() is dialog.both
    assert banner(dialog) == ""


def test_two_that_say_the_same_say_so(dialog: CompareDialog, world: DocumentsWorld) -> None:
    world.child.last(CompareVersions).finish(compared(OLD, OLD.replace("\n\n", "\n\n\n")))
    assert dialog.stack.currentWidget() is dialog.same
    assert dialog.summary.text() == "0 differences"


def test_an_error_says_what_to_do_next(dialog: CompareDialog, world: DocumentsWorld) -> None:
    world.child.last(CompareVersions).fail(AppError("One of these is gone.", "It may have been removed."))
    assert banner(dialog) == "One of these is gone. It may have been removed."
    assert not dialog.export.isEnabled()


def test_swapping_compares_the_other_way_round(dialog: CompareDialog, world: DocumentsWorld) -> None:
    world.child.last(CompareVersions).finish(compared())
    dialog.swap.click()
    call = world.child.last(CompareVersions).call
    assert (call.left.document_id, call.right.document_id) == (2, 1)


def test_a_report_is_saved_where_the_person_says(
    dialog: CompareDialog, world: DocumentsWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.child.last(CompareVersions).finish(compared())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "report"), ""))
    word, excel, _ = dialog.formats_menu().actions()
    word.trigger()
    job = world.child.last(CompareVersions)
    assert job.call.export == str(tmp_path / "report.docx")
    assert not dialog.export.isEnabled()
    job.finish(compared())
    assert banner(dialog).strip() == "Saved as “report.docx”."
    excel.trigger()
    world.child.last(CompareVersions).fail(AppError("“report.xlsx” could not be written.", "Close it there."))
    assert "could not be written" in banner(dialog)
    assert dialog.stack.currentWidget() is dialog.both


def test_what_comes_after_the_window_was_closed_is_let_be(
    dialog: CompareDialog, world: DocumentsWorld, qtbot: QtBot
) -> None:
    job = world.child.last(CompareVersions)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    job.finish(compared())
    assert dialog.changes.rowCount() == 0


def test_two_selected_documents_can_be_compared_the_older_first(world: DocumentsWorld, qtbot: QtBot) -> None:
    page = DocumentsPage(world.controller)
    qtbot.addWidget(page)
    add_comparing(page, world.client)
    page.resize(1032, 820)
    page.show()
    world.give_collections(Collection(id=1, name="Rules", documents=3))
    world.child.last(ListDocuments).finish(
        Documents(
            documents=tuple(
                Document(
                    id=i, collection_id=1, collection="Rules", name=name, path=f"/d/{name}", format="md", bytes=1,
                    status="indexed", passages=3,
                )
                for i, name in ((1, "Rules v10.md"), (2, "Rules v9.md"), (3, "Other.md"))
            )
        )
    )  # fmt: skip
    button = page.toolbar.compare
    assert not button.isVisible()
    rows = [row for row in world.controller.documents.rows() if row.name.startswith("Rules")]
    for row in rows:
        index = world.controller.documents.find(row.path)
        flags = page.table.selectionModel().SelectionFlag
        page.table.selectionModel().select(index, flags.Select | flags.Rows)
    assert button.isVisible()
    assert "Compare" in [action.text() for action in page.table.menu().actions()]
    dialog = open_comparison(page, world.client, page.table.selected_rows())
    assert dialog is not None
    call = world.child.last(CompareVersions).call
    assert (call.left.document_id, call.right.document_id) == (2, 1)
    dialog.close()
    page.table.selectAll()
    assert not button.isVisible()
    assert "Compare" not in [action.text() for action in page.table.menu().actions()]
