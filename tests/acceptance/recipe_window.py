"""The wizard by clicks, for the acceptance tests: a recipe is begun, trained and taken to its last step."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from finetune_window import wait_for
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.finetune.states import BUSY
from app.gui import main as gui
from app.gui.finetune.page import FinetunePage
from app.gui.shell.main_window import MainWindow

MOST_S = 2400
"""A training of these tests, with its comparison, on two busy cores."""


def click(widget: QWidget) -> None:
    """A press of the left button in its middle."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def begun(parts: gui.Parts, made: MainWindow, goal: str, choose: Callable[[FinetunePage], None]) -> FinetunePage:
    """A new run of this goal at its data step; `choose` clicks what else the first step asks."""
    wait_for(lambda: parts.models.info, 120, "the starter does not load")
    made.show_page("finetune")
    page, controller = cast(FinetunePage, made.page("finetune")), parts.finetune
    click(page.start.empty.button)
    wait_for(lambda: page.step == "goal" and page.foot.next.isEnabled(), 60, "no run begins")
    click(page.goal.goals[goal])
    wait_for(lambda: controller.wizard is not None and controller.wizard.goal == goal, 30, "the goal is not taken")
    choose(page)
    wait_for(page.foot.next.isEnabled, 30, "the first step does not end")
    click(page.foot.next)
    wait_for(lambda: page.step == "data", 30, "the next step does not open")
    return page


def trained(parts: gui.Parts, page: FinetunePage) -> None:
    """From the list that waits for its review to what came out in use."""
    controller = parts.finetune
    wait_for(page.foot.next.isEnabled, 60, "the training cannot be started")
    while controller.run_state == "review":  # the first press approves where there is something to approve
        click(page.foot.next)
        wait_for(lambda: page.foot.next.isEnabled() or controller.run_state != "review", 180, "nothing starts")
    wait_for(lambda: controller.run_state == "training", 180, "the training does not start")
    wait_for(lambda: controller.run_state not in BUSY, MOST_S, "the training does not end")
    assert controller.run_state == "done", controller.progress.failure
    click(page.foot.next)
    wait_for(lambda: page.step in ("compare", "use", "use reader"), 30, "the next step does not open")
    if page.step == "compare":
        click(page.foot.second if controller.keep_by_default else page.foot.next)
