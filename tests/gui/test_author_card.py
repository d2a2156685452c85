"""Who writes the questions, in the window: chosen in the step Data, agreed to, tried, and who else there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from authors import HOST, SERVED, TRIAL
from PySide6.QtWidgets import QApplication
from test_finetune_page import Wizard

from app.errors import AppError
from app.finetune.author import RULES
from app.finetune.runs import Run
from app.gui.finetune.author import AuthorCard
from app.gui.widgets import Banner, Button, Label
from trainer.spec import Trial

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def world(qapp: QApplication, data_folder: Path) -> Iterator[Wizard]:
    made = Wizard()
    made.world.core.registry.install(SERVED)
    yield made
    made.close()


def opened(world: Wizard, **values: object) -> tuple[AuthorCard, Run]:
    """The card of a run over documents."""
    run = world.new_run(step="data", collections=(1,), **values)
    world.open(run)
    return world.page.data.author, run


def entries(card: AuthorCard) -> list[str]:
    return [card.choice.itemText(n) for n in range(card.choice.count())]


def choose(card: AuthorCard, words: str) -> None:
    index = next(n for n, entry in enumerate(entries(card)) if words in entry)
    card.choice.setCurrentIndex(index)
    card.choice.activated.emit(index)


def tried(world: Wizard, card: AuthorCard, trial: Trial) -> None:
    card.try_button.click()
    world.answer_documents()
    world.trainer.plans[-1].finish(trial)  # type: ignore[arg-type]


def texts(card: AuthorCard) -> str:
    QApplication.processEvents()  # what was put into a layout is shown by then
    return "\n".join(label.text() for label in card.findChildren(Label) if label.isVisibleTo(card))


def test_who_may_write_is_offered_in_order_and_kept(world: Wizard) -> None:
    card, run = opened(world)
    assert [entry.split(",")[0] for entry in entries(card)] == ["SmolLM2 135M", "Large", "Rules alone"]
    choose(card, "Rules")
    assert run.load().author == RULES and not card.try_button.isVisibleTo(card)
    assert card.choice.currentText() == "Rules alone"
    world.page.data.add_files(["/x/own.csv"])
    assert "Nobody: only the questions of my files" in entries(card)


def test_a_server_is_named_and_needs_consent_before_anything_goes_on(world: Wizard) -> None:
    card, run = opened(world)
    choose(card, "Large")
    assert HOST in card.note.text() and HOST in card.consent.text() and not card.consent.isChecked()
    assert not world.page.foot.next.isEnabled() or world.controller.state().allowed is False
    assert HOST in world.controller.state().reason and not card.try_button.isEnabled()
    card.consent.click()
    assert run.load().consent == HOST and world.controller.state().allowed and card.try_button.isEnabled()
    card.consent.click()
    assert run.load().consent == "" and not world.controller.state().allowed
    card.consent.click()
    choose(card, "Rules")
    choose(card, "Large")
    assert not card.consent.isChecked(), "agreed for once"


def test_a_trial_shows_its_questions_and_how_long_all_take(world: Wizard) -> None:
    card, _ = opened(world)
    card.try_button.click()
    assert card.busy.isVisibleTo(card) and card.try_button.text() == "Stop"
    world.answer_documents()
    world.trainer.plans[-1].finish(TRIAL)  # type: ignore[arg-type]
    assert not card.busy.isVisibleTo(card) and card.try_button.text() == "Try it"
    said = texts(card)
    assert "It asks well." in said and "15 of 18" in said and "48 s" in said, said
    assert said.index("How long?") < said.index("It?") < said.index("Dropped: Not whole.")


def test_a_weak_author_says_who_else_there_is(world: Wizard) -> None:
    card, run = opened(world)
    tried(world, card, Trial(asked=18, passed=2, seconds=3.0, used=False, facts=12, documents=2))
    assert "too weak" in texts(card) and card.findChildren(Banner)
    offered = [button for button in card.findChildren(Button) if button.isVisibleTo(card)]
    assert [button.text() for button in offered] == ["Try it", f"Large, on {HOST}", "Rules alone"]
    offered[1].click()
    assert run.load().author == "srv" and "too weak" not in texts(card)


def test_a_trial_is_stopped_and_a_failed_one_is_said(world: Wizard) -> None:
    card, run = opened(world)
    card.try_button.click()
    world.answer_documents()
    card.try_button.click()
    assert not card.busy.isVisibleTo(card) and not (run.folder / "trial").exists()
    card.try_button.click()
    world.answer_documents()
    world.trainer.plans[-1].fail(AppError("The author of the questions could not be tried.", "Too little memory."))
    banners = [label.text() for label in world.page.findChildren(Label)]
    assert "The author of the questions could not be tried." in banners and not card.busy.isVisibleTo(card)
