"""Recipes in the real window, by clicks: from a person's file to the swapped chat, and back with one more."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from finetune_window import wait_for, window_with_core
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from small_trainer import use_small_trainer
from style_pairs import DOCUMENTS

from app.errors import AppError
from app.finetune.states import BUSY
from app.gui import main as gui
from app.gui.finetune.page import FinetunePage
from app.gui.shell.main_window import MainWindow

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
PAIRS = [
    (
        f"What is {thing}?",
        f"{value}. ({document})",
        f"Great question! I think that {thing} could be {value}, good luck!",
    )
    for document, facts in list(DOCUMENTS.items())[:4]
    for thing, value in facts
]
LETTERS = [
    (text.format(thing), label)
    for label, text in (("invoice", "We charge 410 euros for the {}."), ("order", "Please send us two of the {}."))
    for thing in ("pump", "valve", "filter", "motor", "sensor", "tank", "belt", "hose", "crane", "press")
]
FILES = {
    "prefer": (("question", "chosen", "rejected"), PAIRS, "no pair of a better and a worse answer"),
    "classify": (("text", "label"), LETTERS, "no text with a label"),
}
"""Header and rows that the goal learns from, and what is said of a file without any."""


@pytest.fixture
def window(
    qapp: QApplication, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[gui.Parts, MainWindow]]:
    use_small_trainer(tmp_path, monkeypatch)  # before the core starts, which starts the trainer
    yield from window_with_core(qapp)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def table(path: Path, rows: list[tuple[str, ...]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    return str(path)


@pytest.mark.parametrize("goal", ["classify", "prefer"])
def test_from_a_file_to_the_swapped_chat_and_back(
    goal: str,
    window: tuple[gui.Parts, MainWindow],
    tmp_path: Path,
    figure: Write,
) -> None:
    header, rows, refused = FILES[goal]
    parts, made = window
    wait_for(lambda: parts.models.info, 120, "the starter does not load")
    made.show_page("finetune")
    page, controller = cast(FinetunePage, made.page("finetune")), parts.finetune
    click(page.start.empty.button)
    wait_for(lambda: page.step == "goal" and page.foot.next.isEnabled(), 60, "no run begins")
    click(page.goal.goals[goal])
    wait_for(lambda: controller.wizard is not None and controller.wizard.goal == goal, 30, "the goal is not taken")
    click(page.foot.next)
    wait_for(lambda: page.step == "data", 30, "the next step does not open")

    said: list[AppError] = []
    controller.failed.connect(said.append)
    page.data.add_files([table(tmp_path / "wrong.csv", [("name", "city"), ("Anna", "Ulm")])])
    wait_for(page.foot.next.isEnabled, 30, "the file is not taken")
    click(page.foot.next)
    wait_for(lambda: said, 60, "a file of the wrong kind is not refused")
    assert refused in said[0].message and page.step == "data" and controller.run_state == "none"

    page.data._remove_file(str(tmp_path / "wrong.csv"))
    wait_for(lambda: controller.wizard is not None and not controller.wizard.files, 30, "it is not taken out")
    page.data.add_files([table(tmp_path / "right.csv", [header, *rows])])  # type: ignore[list-item]
    wait_for(lambda: controller.wizard is not None and len(controller.wizard.files) == 1, 30, "it is not taken")
    click(page.foot.next)
    wait_for(lambda: controller.run_state == "review" or len(said) > 1, 300, "preparing does not end")
    assert len(said) == 1 and page.review.model.rowCount() > 0
    wait_for(page.foot.next.isEnabled, 60, "the training cannot be started")
    click(page.foot.next)
    wait_for(lambda: controller.run_state == "training", 180, "the training does not start")
    wait_for(lambda: controller.run_state not in BUSY, 1800, "the training does not end")
    assert controller.run_state == "done", controller.progress.failure
    click(page.foot.next)
    wait_for(lambda: page.step == "compare", 30, "the comparison does not open")
    click(page.foot.second if controller.keep_by_default else page.foot.next)
    wait_for(lambda: page.use.in_use, 120, "the new model is not swapped in")
    parts.chats.ask(rows[0][0])
    wait_for(lambda: parts.chats.writing() is None and len(parts.chats.turns()) == 2, 180, "no answer comes")
    answer, active = parts.chats.turns()[-1].answer, parts.models.active
    assert answer is not None and active is not None and answer.model == active.name != "SmolLM2 135M"
    click(page.use.verdict.action)
    wait_for(lambda: not page.use.in_use and not parts.models.switching_to, 120, "the old model does not come back")
    back = parts.models.active.name if parts.models.active else ""
    met = back == "SmolLM2 135M"
    assert figure(f"{goal} in the window: in use, then back", f"{active.name}, {back}", "another, SmolLM2 135M", met)
