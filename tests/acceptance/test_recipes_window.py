"""Recipes in the real window, by clicks: from a person's file or documents to what came out, and back with one more."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finetune_window import wait_for, window_with_core
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from recipe_window import begun, click, trained
from small_trainer import use_small_trainer
from style_pairs import DOCUMENTS

from app.errors import AppError
from app.gui import main as gui
from app.gui.finetune.page import FinetunePage
from app.gui.shell.main_window import MainWindow
from app.paths import SAMPLES

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
STARTER = "SmolLM2 135M"
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
    page, controller = begun(parts, made, goal, lambda _page: None), parts.finetune

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
    trained(parts, page)
    assert chats_with_it_and_goes_back(parts, page, goal, rows[0][0], figure)


@pytest.mark.parametrize("goal", ["read", "search", "scratch"])
def test_from_documents_to_what_came_out_and_back(
    goal: str, window: tuple[gui.Parts, MainWindow], figure: Write
) -> None:
    parts, made = window
    parts.documents.add([str(SAMPLES)], name="Samples")
    wait_for(lambda: parts.documents.add_state.phase == "finished", 300, "the documents are not indexed")
    wait_for(lambda: any(each.documents for each in parts.collections.all), 30, "the collection is not listed")
    page, controller = begun(parts, made, goal, choices(goal)), parts.finetune
    wait_for(page.foot.next.isEnabled, 30, "the collection is not chosen")
    click(page.foot.next)
    wait_for(lambda: controller.run_state not in ("preparing", "none"), 600, "preparing does not end")
    assert controller.run_state == "review", controller.progress.failure
    if goal == "read":
        wait_for(lambda: "tokens a page" in shown(page.foot), 120, "it is not said what domain words save")
    trained(parts, page)
    if goal == "search":
        reads_and_goes_back(parts, page, figure)
    else:
        assert chats_with_it_and_goes_back(parts, page, goal, "What do the car fleet rules say?", figure)


def choices(goal: str) -> Callable[[FinetunePage], None]:
    """What else is chosen in the first step: little time, long words to read with, a small model from nothing."""

    def choose(page: FinetunePage) -> None:
        click(page.goal.sizes.cards["1M"] if goal == "scratch" else page.goal.efforts["quick"])
        if goal == "read":
            page.goal.set_details(True)
            click(page.goal.words)

    return choose


def shown(widget: QWidget) -> str:
    """All text that labels show in it."""
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def chats_with_it_and_goes_back(parts: gui.Parts, page: FinetunePage, goal: str, question: str, figure: Write) -> bool:
    """The new model answers in the chat; one click brings the old one back."""
    wait_for(lambda: page.use.in_use, 120, "the new model is not swapped in")
    parts.chats.ask(question)
    wait_for(lambda: parts.chats.turns(), 60, "the question is not there")
    wait_for(lambda: parts.chats.writing() is None and len(parts.chats.turns()) == 2, 180, "no answer comes")
    answer, active = parts.chats.turns()[-1].answer, parts.models.active
    assert answer is not None and active is not None and answer.model == active.name != STARTER
    click(page.use.verdict.action)
    wait_for(lambda: not page.use.in_use and not parts.models.switching_to, 120, "the old model does not come back")
    back = parts.models.active.name if parts.models.active else ""
    return figure(f"{goal} in the window: in use, then back", f"{active.name}, {back}", f"another, {STARTER}",
                  back == STARTER)  # fmt: skip


def reads_and_goes_back(parts: gui.Parts, page: FinetunePage, figure: Write) -> None:
    """The taught reader reads; one click brings the one before back."""
    readers = parts.models.readers
    wait_for(lambda: page.step == "use reader" and page.use_reader.in_use, 180, "the taught reader does not read")
    taught = readers.active.name
    click(page.use_reader.verdict.action)
    wait_for(lambda: not page.use_reader.in_use, 120, "the reader before does not come back")
    back = readers.active.name
    assert figure("search in the window: reads, then back", f"{taught}, {back}", "another", taught != back)
