"""Puts the Fine-tune page into the window."""

from __future__ import annotations

from app.gui.finetune.page import FinetunePage
from app.gui.parts import Parts
from app.gui.settings.training_component import TrainingComponent
from app.gui.settings.training_section import TrainingSection
from app.gui.shell.main_window import MainWindow


def build(parts: Parts, window: MainWindow) -> FinetunePage:
    """The page; what other pages do for it they are asked here."""
    page = FinetunePage(parts.finetune, parts.reader, parts.home)
    training = TrainingComponent(parts.core, window)
    training.failed.connect(lambda error: window.toast(str(error)))
    page.steps["start"].column.insertWidget(0, TrainingSection(training, window.confirm, until_installed=True))
    page.chat_asked.connect(lambda: window.show_page("chat"))
    page.documents_asked.connect(lambda: window.show_page("documents"))
    page.toast_asked.connect(lambda text: window.toast(text))
    return page
