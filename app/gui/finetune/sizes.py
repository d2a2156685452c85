"""How large a model from nothing is to be: what each size wants, and what it can and cannot do."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.finetune.steps import rounded
from app.finetune.wizard import Size, Wizard
from app.gui.finetune.cards import WizardCard
from app.gui.finetune.controller import FinetuneController
from app.gui.widgets import Label
from trainer.spec import SIZES, TOKENS_A_WEIGHT

TEXTS: tuple[tuple[Size, str, str], ...] = (
    ("1M", "1 million weights", "To see each step. Words, hardly sentences."),
    ("10M", "10 million weights", "Knows your text by heart, and little else."),
    ("30M", "30 million weights", "Simple sentences, if it reads enough."),
    ("100M", "100 million weights", "Whole paragraphs. For a graphics card."),
)


class SizeCards(QWidget):
    """A card a size; a line below says who writes the general answers."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("How large?"), "heading"))
        self.cards: dict[str, WizardCard] = {}
        for size, title, detail in TEXTS:
            wants = self.tr("best from {0}").format(rounded(SIZES[size].parameters * TOKENS_A_WEIGHT))
            card = WizardCard(self.tr(title), self.tr(detail), facts=(wants, self.tr("words of text")), parent=self)
            card.clicked.connect(lambda _=False, size=size: controller.change(size=size))
            self.cards[size] = card
            column.addWidget(card)
        self._writer = Label("", "caption", "text2", wrap=True)
        column.addWidget(self._writer)
        column.addStretch(1)

    def show_choice(self, wizard: Wizard) -> None:
        """Which size is chosen, and which model writes for it."""
        for size, card in self.cards.items():
            card.setChecked(size == wizard.size)
        writer = self._controller.base()
        text = self.tr("Without an installed model it reads your text alone.")
        if writer is not None:
            text = self.tr("{0} answers {1} general questions for it, which it reads beside your text.")
            text = text.format(writer.name, SIZES[wizard.size].general)
        self._writer.setText(text)
