"""From *Fine-tune* to the swapped chat in the real window, with the real trainer on the starter model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.finetune import plan
from app.gui import main as gui
from app.gui.finetune.page import FinetunePage
from app.gui.shell.main_window import MainWindow
from app.paths import RESOURCES, home
from app.settings import FIRST_RUN_DONE, Settings
from trainer.spec import Export, RunSpec

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

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
def window(qapp: QApplication, data_folder: Path) -> Iterator[tuple[gui.Parts, MainWindow]]:
    """The window as `run` builds it, with real child processes."""
    place = home()
    place.root.mkdir(parents=True, exist_ok=True)
    Settings(place).set(FIRST_RUN_DONE, True)
    parts = gui.build_parts(place, qapp)
    made = gui.build_window(parts)
    made.resize(1280, 820)
    made.show()
    parts.models.start()
    parts.documents_client.start()
    yield parts, made
    controller = parts.finetune
    run = controller.run
    if run is not None:
        run.kill(controller.progress.pid)
    made.close()
    gui.stop(parts)
    made.deleteLater()


def wait_for(what: Callable[[], object], seconds: float, about: str) -> None:
    """Serve the window until it is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, about
        loop = QEventLoop()
        QTimer.singleShot(100, loop.quit)
        loop.exec()


def test_a_collection_gives_a_list_to_review_with_nothing_touched(window: tuple[gui.Parts, MainWindow]) -> None:
    parts, made = window
    wait_for(lambda: parts.documents_client.state == "ready", 60, "the documents process does not start")
    parts.documents.add([str(RESOURCES / "samples" / "Working-Time-Rules.md")], "Rules")
    wait_for(lambda: parts.documents.add_state.phase == "finished", 120, "the document is not indexed")
    wait_for(lambda: any(each.documents for each in parts.documents.totals), 30, "the collection is not listed")
    made.show_page("finetune")
    page = cast(FinetunePage, made.page("finetune"))
    page.start.empty.button.click()
    page.foot.next.click()
    assert page.data.boxes["Rules"].isChecked()
    page.foot.next.click()
    wait_for(lambda: parts.finetune.stand not in ("preparing", "none"), 120, "preparing does not end")
    assert parts.finetune.stand == "review", parts.finetune.progress.failure
    review = parts.finetune.review
    assert review is not None and review.count("open") >= 10 and not review.decided
    for entry in review.entries:
        assert entry.example.origin == "model" and entry.example.source.document == "Working-Time-Rules.md"
        assert entry.example.source.document_id is not None and entry.example.source.text
    assert page.foot.next.isEnabled() and page.foot.next.text().startswith("Approve ")
    run = parts.finetune.run
    assert run is not None and not run.reviewed and not (run.folder / "train").exists()


def small_spec(build: Callable[..., RunSpec], folder: Path) -> Callable[..., RunSpec]:
    """The wizard's own specification with fewer general questions and one file to write: minutes less on two cores."""
    questions = folder / "general.jsonl"
    questions.write_text('{"question": "What is the capital of Italy?"}\n{"question": "How many legs has a spider?"}\n')

    def built(*args: object, **values: object) -> RunSpec:
        spec = build(*args, **values)
        return msgspec.structs.replace(
            spec,
            hyper=msgspec.structs.replace(spec.hyper, epochs=4.0, evaluations=2),
            replay=msgspec.structs.replace(spec.replay, questions=str(questions), max_new_tokens=16),
            export=Export(quantizations=("Q8_0",)),
        )

    return built


def test_from_the_goal_to_the_swapped_chat_and_back(
    window: tuple[gui.Parts, MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, made = window
    monkeypatch.setattr(plan, "build_spec", small_spec(plan.build_spec, tmp_path))
    table = tmp_path / "facts.csv"
    rows = [f'"{question}","{answer}"' for answer, questions in FACTS.values() for question in questions]
    table.write_text("question,answer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    wait_for(lambda: parts.models.info, 60, "the starter does not load")
    made.show_page("finetune")
    page = cast(FinetunePage, made.page("finetune"))
    controller = parts.finetune
    page.start.empty.button.click()
    assert page.step == "goal"
    page.foot.next.click()
    assert page.step == "data" and not page.foot.next.isEnabled()
    page.data.add_files([str(table)])
    page.foot.next.click()
    wait_for(lambda: controller.stand not in ("preparing", "none"), 90, "preparing does not end")
    assert controller.stand == "review", controller.progress.failure
    assert page.review.model.rowCount() > 0
    page.foot.next.click()
    wait_for(lambda: page.step == "train" or controller.stand == "training", 60, "the training does not start")
    wait_for(lambda: controller.stand not in plan.BUSY, 420, "the training does not end")
    assert controller.stand == "done", controller.progress.failure
    assert len(controller.progress.points) > 3 and page.train.chart.repaints > 0
    page.foot.next.click()
    assert page.step == "compare"
    if controller.keep_by_default:
        page.foot.second.click()
    else:
        page.foot.next.click()
    wait_for(lambda: page.use.in_use, 60, "the new model is not swapped in")
    active = parts.models.active
    assert active is not None and active.origin == "finetuned" and active.lineage["base"] == "SmolLM2 135M"
    parts.chats.ask("When does the canteen close?")
    wait_for(lambda: parts.chats.writing() is None and parts.chats.turns(), 60, "no answer comes")
    assert parts.chats.turns()[-1].answer is not None
    assert parts.chats.turns()[-1].answer.model == active.name
    page.use.verdict.action.click()
    wait_for(lambda: not page.use.in_use and not parts.models.switching_to, 60, "the old model does not come back")
    assert parts.models.active is not None and parts.models.active.name == "SmolLM2 135M"
