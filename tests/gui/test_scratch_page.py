"""Making a model from nothing in the window: its goal, its sizes, its curve, and what came out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import fake_run
import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from shell_world import ShellWorld, with_handbook

from app.gui.finetune.page import FinetunePage
from trainer import events
from trainer.spec import SIZES

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)  # the offscreen platform has no such hints


@pytest.fixture
def world(qapp: QApplication) -> Iterator[ShellWorld]:
    yield from with_handbook()


def page_of(world: ShellWorld) -> FinetunePage:
    world.window.show_page("finetune")
    return cast(FinetunePage, world.window.page("finetune"))


def test_the_goal_offers_sizes_in_place_of_a_base_and_says_what_text_there_is(world: ShellWorld) -> None:
    page, controller = page_of(world), world.parts.finetune
    controller.begin()
    page.goal.goals["scratch"].click()
    QApplication.processEvents()
    assert controller.wizard is not None and controller.wizard.name == "Own model"
    assert page.goal.sizes.isVisibleTo(page) and not page.goal._base_holder.isVisibleTo(page)
    assert page.goal.sizes.cards["10M"].isChecked()
    page.goal.sizes.cards["1M"].click()
    QApplication.processEvents()
    assert controller.wizard.size == "1M" and page.goal.sizes.cards["1M"].isChecked()
    assert "give about 20,000" in page.goal.goals["scratch"].accessibleDescription()
    assert "AdamW" in page.goal._how.text()
    controller.carry_on()
    assert page.step == "data" and "knows nothing else" in page.data.detail.text()
    controller.choose_data(collections=())
    assert not controller.state().allowed and "file with answers" in controller.state().reason


def test_reading_is_shown_as_a_training_of_its_own_and_what_came_out_names_no_base(world: ShellWorld) -> None:
    run = fake_run.make_run(world.parts.home.runs, step="train", goal="scratch", name="Own model")
    fake_run.prepare(run)
    spec = run.spec
    assert spec is not None
    run.write_spec(msgspec.structs.replace(spec, recipe="scratch", scratch=SIZES["10M"]))
    run.mark_reviewed()
    stages = ("collect", "clean", "questions", "split", "corpus", "pretrain", "train", "export", "gate", "card")
    fake_run.say(run, events.RunStarted(id=run.id, stages=stages, pid=0), events.StageSkipped(stage="split"))
    fake_run.say(run, events.StageStarted(stage="pretrain", index=6, total=10))
    fake_run.say(run, events.Loss(step=40, steps=100, epoch=2.0, train=5.1, heldout=5.6, best=True))
    fake_run.say(run, events.Sample(step=40, question="The warranty", wanted="is", before="xx", now="of the the"))
    page, controller = page_of(world), world.parts.finetune
    controller.find_running()
    controller.open(run.id)
    QApplication.processEvents()
    assert page.step == "train" and "text" in page.train._chart_title.text()
    assert "of the the" in page.train.sample.answers.boxes[1].text.text()
