"""The dialog for a training on another computer: written into a folder, taken back, and what went wrong in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fake_run
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from test_finetune_page import Wizard

from app.errors import AppError
from app.finetune.away import ExportTraining, TakeAdapter
from app.finetune.runs import Run
from app.gui.finetune.train_elsewhere import TrainElsewhere
from app.gui.theme import Theme
from app.gui.widgets import Banner, Label
from trainer.spec import Written

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def world(qapp: QApplication, data_folder: Path) -> Iterator[Wizard]:
    Theme(qapp, mode="light")
    made = Wizard()
    yield made
    made.close()


def reviewed(world: Wizard, **wizard: object) -> Run:
    run = world.new_run(step="review", **wizard)
    fake_run.prepare(run)
    world.open(run)
    return run


def opened(world: Wizard) -> TrainElsewhere:
    world.page.foot.elsewhere.click()
    found = [each for each in world.page.findChildren(TrainElsewhere) if each.isVisible()]
    assert len(found) == 1
    return found[0]


def said(dialog: TrainElsewhere) -> str:
    banners = [each for each in dialog.findChildren(Banner) if each.isVisible()]
    assert len(banners) == 1
    return " ".join(label.text() for label in banners[0].findChildren(Label) if label.isVisible())


def choose(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: folder)


def test_data_is_written_for_a_tool_and_an_error_stays_in_the_dialog(
    world: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = reviewed(world)
    dialog = opened(world)
    choose(monkeypatch, "")
    dialog.write.click()
    assert not world.trainer.plans, "cancelled in the folder chooser"
    choose(monkeypatch, "/tmp/full")
    dialog.write.click()
    assert not dialog.write.isEnabled() and not dialog.bring.isEnabled() and "Writing" in said(dialog)
    world.trainer.plans[-1].fail(AppError("Nothing was written.", "“full” is not empty."))
    assert "“full” is not empty." in said(dialog) and dialog.write.isEnabled()
    dialog.tool.set_value("axolotl")
    choose(monkeypatch, "/tmp/out")
    dialog.write.click()
    assert world.trainer.plans[-1].call == ExportTraining(folder=str(run.folder), tool="axolotl", to="/tmp/out")
    world.trainer.plans[-1].finish(Written(("/tmp/out/train.jsonl", "/tmp/out/README.md")))
    assert "2 files are in “out”" in said(dialog) and "README.md" in said(dialog)
    dialog.write.click()
    dialog.leave.click()
    late = world.trainer.plans[-1]
    assert late.controls == ["cancel"], "closed in the middle"
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    late.confirm_cancel()
    dialog = opened(world)
    dialog.bring.click()
    late = world.trainer.plans[-1]
    dialog.leave.click()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert late.controls == ["cancel"] and not world.trainer.launched


def test_an_adapter_that_comes_back_goes_on_to_be_checked(world: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    run = reviewed(world)
    dialog = opened(world)
    choose(monkeypatch, "/tmp/adapter")
    dialog.bring.click()
    world.trainer.plans[-1].fail(AppError("The adapter was not taken.", "It belongs to another model."))
    assert "another model" in said(dialog) and world.page.step == "review"
    dialog.bring.click()
    assert world.trainer.plans[-1].call == TakeAdapter(folder=str(run.folder), source="/tmp/adapter")
    world.trainer.plans[-1].finish(Written(()))
    assert world.trainer.launched == [run.id] and world.page.step == "train"
    assert not [each for each in world.page.findChildren(TrainElsewhere) if each.isVisible()]
    assert not world.page.foot.elsewhere.isVisible(), "while it is at work"


@pytest.mark.parametrize("wizard", [{"goal": "search"}, {"words": 100}])
def test_it_is_not_offered_where_no_adapter_comes_of_it(world: Wizard, wizard: dict[str, object]) -> None:
    reviewed(world, **wizard)
    assert world.page.step == "review" and not world.page.foot.elsewhere.isVisible()


def test_it_is_not_offered_once_a_model_came_out(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    assert world.page.step == "train" and not world.page.foot.elsewhere.isVisible()
