"""Puts the Fine-tune page into the window."""

from __future__ import annotations

from app.gui.finetune.page import FinetunePage
from app.gui.finetune.start import StartStep
from app.gui.parts import Parts
from app.gui.settings.training_component import TrainingComponent
from app.gui.settings.training_section import TrainingSection
from app.gui.shell.main_window import MainWindow
from app.rules import TRAINING


def build(parts: Parts, window: MainWindow) -> FinetunePage:
    """The page; what other pages do for it they are asked here."""
    page = FinetunePage(parts.finetune, parts.reader, parts.home)
    training = TrainingComponent(parts.core, window)
    training.failed.connect(lambda error: window.toast(str(error)))
    start = page.steps["start"]
    if parts.settings.policy.rule(TRAINING):
        start.column.insertWidget(0, TrainingSection(training, window.confirm, until_installed=True))
    elif isinstance(start, StartStep):
        start.close_because(parts.settings.policy.why(TRAINING.key))
    page.chat_asked.connect(lambda: window.show_page("chat"))
    page.documents_asked.connect(lambda: window.show_page("documents"))
    page.toast_asked.connect(lambda text: window.toast(text))
    return page
