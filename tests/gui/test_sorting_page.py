"""Sorting into labels in the real window: a head beside the model, kept, tried on a text, and used on a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fake_labels
import fake_run
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from test_finetune_page import Wizard

from app.gui.finetune.head_offer import HeadOffer
from app.gui.widgets import Label
from app.workers.calls.embedders import MOST_TEXTS, Classified, Classify, Sorted

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def world(qapp: QApplication, data_folder: Path) -> Iterator[Wizard]:
    made = Wizard()
    yield made
    made.close()


def compared(world: Wizard, *, with_verdict: bool = True) -> HeadOffer:
    """The comparison of a run that sorts letters."""
    run = world.new_run(step="compare", goal="classify", name="Letters")
    fake_labels.finish(run, compared=with_verdict)
    world.open(run)
    return world.page.compare.sorting.offer


def texts(widget: object) -> list[str]:
    return [label.text() for label in widget.findChildren(Label)]  # type: ignore[attr-defined]


def test_the_comparison_shows_both_and_says_when_a_head_is_often_enough(world: Wizard) -> None:
    compared(world)
    panel = world.page.compare.sorting
    assert panel.isVisibleTo(world.page)
    said = panel.sentence.text()
    assert said == "Often enough: it sorts 28 of 30 texts right, the fine-tuned model 29, which is within chance."
    shown = texts(panel)
    for text in ("28 of 30", "29 of 30", "79 to 98", "1.9 s", "4 ms", "61 ms"):
        assert text in shown, text
    matrix = panel.matrices["head"]
    assert texts(matrix).count("10") == 2 and "8" in texts(matrix) and "2" in texts(matrix)
    assert "“complaint” called “order”: 2" in matrix.accessibleName()
    assert "“complaint” called “order”: 1" in panel.matrices["tuned"].accessibleName()


def test_other_goals_show_none_of_it(world: Wizard) -> None:
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    assert not world.page.compare.sorting.isVisibleTo(world.page)


def test_a_head_is_kept_tried_and_removed_without_a_verdict_too(world: Wizard) -> None:
    offer = compared(world, with_verdict=False)
    assert offer.isVisibleTo(world.page) and not offer.text.isVisibleTo(world.page)
    assert "28 of 30 texts right that it was not taught" in offer.row.detail.text()
    QTest.mouseClick(offer.row.button, Qt.MouseButton.LeftButton)
    assert offer.text.isVisibleTo(world.page) and "Kept as “Letters”" in offer.row.detail.text()
    QTest.keyClicks(offer.text, "Where is my order?")
    QTest.keyClick(offer.text, Qt.Key.Key_Return)
    job = world.last("documents").last(Classify)
    assert job.call.texts == ("Where is my order?",) and not offer.sort.isEnabled()
    job.finish(Classified(found=(Sorted("order", 0.934, "invoice"),)))
    assert offer.said.text() == "order, 93%" and offer.sort.isEnabled()
    offer.row.button.click()
    assert not offer.text.isVisibleTo(world.page) and offer.row.button.text() == "Keep the head"


def test_a_file_is_sorted_in_parts_and_saved_as_a_table(
    world: Wizard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = compared(world)
    offer.row.button.click()
    count = MOST_TEXTS + 2
    letters, out = tmp_path / "letters.csv", tmp_path / "sorted.csv"
    letters.write_text("text\n" + "".join(f"Letter {n}\n" for n in range(count)), encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_more: (str(out), ""))
    offer.sort_files([str(letters)])
    documents = world.last("documents")
    for size in (MOST_TEXTS, 2):
        job = documents.last(Classify)
        assert len(job.call.texts) == size and offer.file.text() == "Cancel"
        job.finish(Classified(found=(Sorted("order", 0.9, "invoice"),) * size))
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == count + 1 and lines[1] == '"letters.csv, line 2",Letter 0,order,0.9'
    assert offer.file.text() == "Sort a file" and f"{count} texts sorted" in offer.said.text()
    offer.sort_files([str(letters)])
    QTest.mouseClick(offer.file, Qt.MouseButton.LeftButton)
    assert documents.last(Classify).controls == ["cancel"] and offer.file.text() == "Sort a file"


def test_a_file_without_texts_is_said(world: Wizard, tmp_path: Path) -> None:
    offer = compared(world)
    offer.row.button.click()
    empty = tmp_path / "empty.csv"
    empty.write_text("text\n", encoding="utf-8")
    heard: list[object] = []
    world.controller.failed.connect(heard.append)
    offer.sort_files([str(empty)])
    assert "holds no text to sort" in str(heard[0])
