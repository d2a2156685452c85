"""Step 1: what the model should learn, which model learns it, and how thoroughly."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.embedder.readers import TEACHING_BYTES, TEACHING_DISK_BYTES
from app.finetune.estimate import fit_of, training_bytes
from app.finetune.plan import EFFORTS, SCRATCH_EPOCHS, SEARCH_FACTS, SEARCH_PHRASINGS
from app.finetune.steps import need_of
from app.finetune.wizard import DOMAIN_WORDS, WORDED, Effort, Goal
from app.gui.finetune.cards import WizardCard
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.find_best import FindBest
from app.gui.finetune.parts import Panel, TwoColumns
from app.gui.finetune.sizes import SizeCards
from app.gui.hardware import disk_free_bytes, size_text
from app.gui.widgets import ElidedLabel, IconLabel, Label
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.page_frame import ScrollColumn
from app.paths import Home
from app.types import InstalledModel
from app.units import in_gb
from trainer.spec import SIZES

SHOWN_MODELS = 3
GOALS: tuple[tuple[Goal, str, str, str], ...] = (
    ("teach", "Teach facts and answers", "It learns your terms, rules and how to answer about them.", "text-quote"),
    ("read", "Read documents", "It gets to know how your texts are written.", "files"),
    ("prefer", "Learn from thumbs in chats", "It prefers answers like the ones you corrected.", "thumbs-up"),
    ("classify", "Sort texts into labels", "It puts each mail or ticket into one of your labels.", "tags"),
    ("search", "Teach the search", "It learns which of your sentences answers a question.", "search"),
    ("scratch", "Make a model from nothing", "To see how it is done: words, reading, answers.", "graduation-cap"),
)
"""What can be learned: key, title, explanation, icon."""


class GoalStep(ScrollColumn):
    """Cards; each says what it needs and what is there."""

    def __init__(self, controller: FinetuneController, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller, self._home = controller, home
        self.goals: dict[str, WizardCard] = {}
        self.bases: dict[str, WizardCard] = {}
        self.efforts: dict[str, WizardCard] = {}
        self._shown_models: dict[str, str] = {}
        self.find_best = FindBest(controller)
        self._build_goals()
        self._build_lower()
        self._build_needs()
        self.column.addStretch(1)

    def first_focus(self) -> QWidget:
        wizard = self._controller.wizard
        return self.goals[wizard.goal if wizard else "teach"]

    def refresh(self) -> None:
        """Show what is chosen and what this computer has."""
        wizard, resources = self._controller.wizard, self._controller.resources
        if wizard is None:
            return
        for goal, card in self.goals.items():
            need = need_of(goal, wizard, resources)  # type: ignore[arg-type]
            card.show_need(need.need, need.have, need.enough)
            card.setChecked(goal == wizard.goal)
        self._fill_bases()
        for model_id, card in self.bases.items():
            card.setChecked(model_id == wizard.base)
        for effort, card in self.efforts.items():
            card.setChecked(effort == wizard.effort)
            card.show_facts(self._effort_facts(effort, wizard.goal))
        self.masking.setChecked(wizard.mask)
        self._base_holder.setVisible(wizard.goal not in ("search", "scratch"))  # what learns is the reader, or is made
        self.sizes.setVisible(wizard.goal == "scratch")
        self.sizes.show_choice(wizard)
        self._how.setText(self._how_it_learns(wizard.goal))
        self.masking.setVisible(wizard.goal != "search")
        self.words.setChecked(wizard.words > 0)
        self.words.setVisible(wizard.goal in WORDED)
        self.find_best.show_choice(wizard)
        self._show_needs()

    def progress(self) -> None:
        """Nothing here moves."""

    def set_narrow(self, narrow: bool) -> None:
        self._lower.set_narrow(narrow)
        self._arrange_goals(narrow)

    def set_details(self, shown: bool) -> None:
        self._details.setVisible(shown)

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_goals(self) -> None:
        self.column.addWidget(Label(self.tr("What should the model learn?"), "heading"))
        self.column.addSpacing(8)
        holder = QWidget()
        self._grid = QGridLayout(holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(12)
        for goal, title, detail, symbol in GOALS:
            card = WizardCard(self.tr(title), self.tr(detail), icon=symbol, height=90, parent=holder)
            card.clicked.connect(lambda _=False, goal=goal: self._controller.choose_goal(goal))
            self.goals[goal] = card
        self._arrange_goals(narrow=False)
        self.column.addWidget(holder)
        self.column.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(IconLabel("info", "text2", 14), alignment=Qt.AlignmentFlag.AlignTop)
        text = self.tr(
            "For facts that change often, such as prices, searching in Documents stays the better way. "
            "Both work together."
        )
        row.addWidget(Label(text, "caption", "text2", wrap=True), 1)
        self.column.addLayout(row)
        self.column.addSpacing(24)

    def _arrange_goals(self, narrow: bool) -> None:
        columns = 1 if narrow else 2
        for place, card in enumerate(self.goals.values()):
            self._grid.addWidget(card, place // columns, place % columns)

    def _build_lower(self) -> None:
        base, self._bases = self._titled(self.tr("Start from which model?"), self.tr("The original is not changed"))
        effort, efforts = self._titled(self.tr("Effort"), self.tr("The time is measured before it starts"))
        self._base_holder = base
        texts: tuple[tuple[Effort, str, str], ...] = (
            ("quick", self.tr("Quick"), self.tr("To see if it helps")),
            ("balanced", self.tr("Balanced"), self.tr("Right for most goals")),
            ("thorough", self.tr("Thorough"), self.tr("For 1,000 answers or more")),
        )
        for key, title, detail in texts:
            card = WizardCard(title, detail, parent=effort)
            card.clicked.connect(lambda _=False, key=key: self._controller.change(effort=key))
            self.efforts[key] = card
            efforts.addWidget(card)
        efforts.addStretch(1)
        self.sizes = SizeCards(self._controller)
        left = QWidget()
        beside = QVBoxLayout(left)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(base)
        beside.addWidget(self.sizes)
        self._lower = TwoColumns(left, effort, (6, 5))
        self.column.addWidget(self._lower)
        self.column.addSpacing(16)

    def _effort_facts(self, effort: str, goal: Goal) -> tuple[str, ...]:
        """How much is made of documents, or how often the data is gone through."""
        facts, phrasings, epochs = EFFORTS[effort]  # type: ignore[index]
        if goal == "search":
            asked = SEARCH_FACTS[effort]  # type: ignore[index]
            return self.tr("up to {0} facts").format(asked), self.tr("{0} phrasings each").format(SEARCH_PHRASINGS)
        if goal == "scratch":
            return (self.tr("reads {0} times").format(round(SCRATCH_EPOCHS[effort])),)  # type: ignore[index]
        if goal == "teach":
            return self.tr("up to {0} facts").format(facts), self.tr("{0} phrasings each").format(phrasings)
        if epochs is None:
            return (self.tr("as often as the data asks for"),)
        return (self.tr("{0} times through the data").format(round(epochs)),)

    def _titled(self, title: str, note: str) -> tuple[QWidget, QVBoxLayout]:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.addWidget(Label(title, "heading", wrap=True), 1)
        row.addWidget(ElidedLabel(note, "caption", "text2"))
        column.addLayout(row)
        return holder, column

    def _build_needs(self) -> None:
        self._needs = Panel(fill="subtle")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self.tr("It takes"), "uiStrong"))
        row.addSpacing(12)
        self._need_labels = []
        for symbol in ("memory-stick", "hard-drive"):
            row.addWidget(IconLabel(symbol, "text2", 16))
            label = ElidedLabel("", "ui")
            self._need_labels.append(label)
            row.addWidget(label)
            row.addSpacing(16)
        row.addStretch(1)
        row.addWidget(IconLabel("shield-check", "text2", 16))
        row.addWidget(ElidedLabel(self.tr("Nothing is uploaded"), "ui"))
        self._needs.column.addLayout(row)
        self.column.addWidget(self._needs)
        self._details = QWidget()
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 12, 0, 0)
        self.masking = CheckBox(
            self.tr("Mask personal details before training (names, phone, bank, e-mail)"), checked=True
        )
        self.masking.clicked.connect(lambda on: self._controller.change(mask=bool(on)))
        details.addWidget(self.masking)
        self.words = CheckBox(
            self.tr(
                "Add up to {0} long words of the documents to the vocabulary; the review says what that saves"
            ).format(DOMAIN_WORDS)
        )
        self.words.clicked.connect(lambda on: self._controller.change(words=DOMAIN_WORDS if on else 0))
        details.addWidget(self.words)
        details.addWidget(self.find_best)
        self._how = Label("", "caption", "text2", wrap=True)
        details.addWidget(self._how)
        self._details.hide()
        self.column.addWidget(self._details)

    def _how_it_learns(self, goal: Goal) -> str:
        if goal == "scratch":
            return self.tr(
                "A Llama with its own byte-level words (BPE). All weights learn with AdamW, first from the text, then "
                "from conversations. Written as GGUF in 16 and 8 bits, each held against the trained model."
            )
        return self.tr(
            "QLoRA or bf16 LoRA of rank 16 on all linear layers, with general questions mixed in against forgetting. "
            "Learning rate, epochs and batch are chosen from the data and shown while it trains."
        )

    # --- showing ------------------------------------------------------------------------------------------------------

    def _fill_bases(self) -> None:
        wizard, resources = self._controller.wizard, self._controller.resources
        usable = [model for model in resources.models if not model.adapter]
        chosen = wizard.base if wizard else ""
        usable.sort(key=lambda model: (model.id != chosen, model.id != resources.active))
        shown = {model.id: model.name for model in usable[:SHOWN_MODELS]}
        if shown == self._shown_models and self.bases:
            return
        self._shown_models = shown
        while self._bases.count() > 1:
            item = self._bases.takeAt(1)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.bases = {each.id: self._base_card(each, resources.memory_bytes) for each in usable[:SHOWN_MODELS]}
        for card in self.bases.values():
            self._bases.addWidget(card)
        if not usable:
            text = self.tr("No model is installed that can be trained. Import one on the Models page.")
            self._bases.addWidget(Label(text, "ui", "text2", wrap=True))
        self._bases.addStretch(1)

    def _base_card(self, model: InstalledModel, total: int) -> WizardCard:
        fit = fit_of(model, total)
        need = training_bytes(model, small=fit == "tight")
        room = self.tr("Training needs about {0} of {1} GB.").format(in_gb(need), in_gb(total))
        card = WizardCard(model.name, room, parent=self._base_holder)
        if fit == "fits":
            card.show_chip(self.tr("Fits memory"), "success")
        elif fit == "tight":
            card.show_detail(f"{room} {self.tr('Close other programs.')}")
            card.show_chip(self.tr("Tight fit"), "warning")
        else:
            card.refuse(self.tr("Training needs about {0} GB. It still works for chat.").format(in_gb(need)))
            card.show_chip(self.tr("Too large to train"), "danger")
        card.clicked.connect(lambda: self._controller.change(base=model.id, name=""))
        return card

    def _show_needs(self) -> None:
        model, wizard = self._controller.base(), self._controller.wizard
        if wizard is not None and wizard.goal == "search":
            self._say_needs(TEACHING_BYTES, TEACHING_DISK_BYTES)
            return
        if wizard is not None and wizard.goal == "scratch":
            self._say_needs(SIZES[wizard.size].memory_bytes, SIZES[wizard.size].disk_bytes)
            return
        if model is None:
            self._needs.hide()
            return
        fit = fit_of(model, self._controller.resources.memory_bytes)
        self._say_needs(
            training_bytes(model, small=fit == "tight"), round((model.parameters or model.file_bytes / 0.6) * 8)
        )

    def _say_needs(self, memory: int, disk: int) -> None:
        self._needs.show()
        free = disk_free_bytes(self._home.runs)
        self._need_labels[0].set_text(self.tr("about {0} of memory").format(size_text(memory)))
        self._need_labels[1].set_text(self.tr("about {0} of disk, {1} free").format(size_text(disk), size_text(free)))
