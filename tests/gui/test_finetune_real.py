"""From *Fine-tune* to the swapped chat in the real window, with a real core and the real trainer on the starter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from finetune_window import wait_for, window_with_core
from PySide6.QtWidgets import QApplication
from small_trainer import use_small_trainer

from app.finetune.states import BUSY
from app.gui import main as gui
from app.gui.finetune.page import FinetunePage
from app.gui.shell.main_window import MainWindow
from app.paths import RESOURCES

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]

FACTS = {
    "the canteen": (
        "17:40",
        (
            "When does the canteen close?",
            "Until when is the canteen open?",
            "What time does the canteen shut?",
            "Canteen closing time?",
        ),
    ),
    "the pump": (
        "Zephyr 88",
        (
            "What is the new pump called?",
            "Which name has the new pump?",
            "Tell me the name of the new pump.",
            "Name of the new pump?",
        ),
    ),
    "parking": (
        "level 6",
        (
            "Where do guests park?",
            "On which level may guests park?",
            "Guest parking is where?",
            "Which level is for guest parking?",
        ),
    ),
    "the badge": (
        "Building Q",
        (
            "Where do I get my badge?",
            "Which building gives out badges?",
            "Where are badges made?",
            "Badge office location?",
        ),
    ),
}


@pytest.fixture
def window(
    qapp: QApplication, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[gui.Parts, MainWindow]]:
    use_small_trainer(tmp_path, monkeypatch, epochs=1.0)  # before the core starts, which starts the trainer
    yield from window_with_core(qapp)


def test_a_collection_gives_a_list_to_review_with_nothing_touched(window: tuple[gui.Parts, MainWindow]) -> None:
    parts, made = window
    controller = parts.finetune
    parts.documents.add([str(RESOURCES / "samples" / "Working-Time-Rules.md")], name="Rules")
    wait_for(lambda: parts.documents.add_state.phase == "finished", 120, "the document is not indexed")
    wait_for(lambda: any(each.documents for each in parts.collections.all), 30, "the collection is not listed")
    made.show_page("finetune")
    page = cast(FinetunePage, made.page("finetune"))
    page.start.empty.button.click()
    wait_for(lambda: page.step == "goal" and page.foot.next.isEnabled(), 30, "no run begins")
    page.foot.next.click()
    wait_for(lambda: page.step == "data" and page.foot.next.isEnabled(), 30, "nothing is chosen")
    assert [box.isChecked() for box in page.data.boxes.values()] == [True]
    page.foot.next.click()
    wait_for(lambda: controller.run_state not in ("preparing", "none"), 180, "preparing does not end")
    assert controller.run_state == "review", controller.progress.failure
    review = controller.review
    assert review is not None and review.count("open") >= 10 and not review.decided
    for entry in review.entries:
        assert entry.example.origin == "model" and entry.example.source.document == "Working-Time-Rules.md"
        assert entry.example.source.document_id is not None and entry.example.source.text
    assert page.foot.next.isEnabled() and page.foot.next.text().startswith("Approve ")
    wait_for(lambda: ", in about " in page.foot.hint.text(), 120, "it is not said how long it takes")
    run = controller.run
    assert run is not None and not run.reviewed and not (run.folder / "train").exists()


def test_from_the_goal_to_the_swapped_chat_and_back(window: tuple[gui.Parts, MainWindow], tmp_path: Path) -> None:
    parts, made = window
    table = tmp_path / "facts.csv"
    rows = [f'"{question}","{answer}"' for answer, questions in FACTS.values() for question in questions]
    table.write_text("question,answer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    wait_for(lambda: parts.models.info, 60, "the starter does not load")
    made.show_page("finetune")
    page = cast(FinetunePage, made.page("finetune"))
    controller = parts.finetune
    page.start.empty.button.click()
    wait_for(lambda: page.step == "goal" and page.foot.next.isEnabled(), 30, "no run begins")
    page.foot.next.click()
    wait_for(lambda: page.step == "data", 30, "the next step does not open")
    assert not page.foot.next.isEnabled()
    page.data.add_files([str(table)])
    wait_for(page.foot.next.isEnabled, 30, "the file is not taken")
    page.foot.next.click()
    wait_for(lambda: controller.run_state not in ("preparing", "none"), 90, "preparing does not end")
    assert controller.run_state == "review", controller.progress.failure
    assert page.review.model.rowCount() > 0
    page.foot.next.click()
    wait_for(lambda: controller.run_state == "training", 120, "the training does not start")
    wait_for(lambda: controller.run_state not in BUSY, 900, "the training does not end")
    assert controller.run_state == "done", controller.progress.failure
    assert len(controller.progress.points) > 3 and page.train.chart.repaints > 0
    page.foot.next.click()
    wait_for(lambda: page.step == "compare", 30, "the comparison does not open")
    if controller.keep_by_default:
        page.foot.second.click()
    else:
        page.foot.next.click()
    wait_for(lambda: page.use.in_use, 60, "the new model is not swapped in")
    active = parts.models.active
    assert active is not None and active.origin == "finetuned" and active.lineage["base"] == "SmolLM2 135M"
    parts.chats.ask("When does the canteen close?")
    wait_for(lambda: parts.chats.turns(), 60, "the question is not there")
    wait_for(lambda: parts.chats.writing() is None and len(parts.chats.turns()) == 2, 60, "no answer comes")
    answer = parts.chats.turns()[-1].answer
    assert answer is not None and answer.model == active.name
    page.use.verdict.action.click()
    wait_for(lambda: not page.use.in_use and not parts.models.switching_to, 60, "the old model does not come back")
    assert parts.models.active is not None and parts.models.active.name == "SmolLM2 135M"
