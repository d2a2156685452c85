"""Step 6 of teaching the search: the taught reader reads; where it comes from, and one click back."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.finetune.compare import Comparison
from app.finetune.durations import duration
from app.finetune.use import data_text, taught_documents
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Arrow, Verdict
from app.gui.finetune.use import link
from app.gui.widgets import Banner, Label, empty_layout
from app.gui.widgets.page_frame import ScrollColumn


class UseReaderStep(ScrollColumn):
    """Which reader reads is the core's; this shows it and asks for another one."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller, self._readers = controller, controller.models.readers
        self.verdict = Verdict()
        self.verdict.action.clicked.connect(self._act)
        self.column.addWidget(self.verdict)
        self._messages = QVBoxLayout()
        self.column.addLayout(self._messages)
        self.column.addSpacing(16)
        self.column.addWidget(Label(self.tr("Where it comes from"), "heading"))
        self.column.addSpacing(8)
        self._lineage = QHBoxLayout()
        self._lineage.setSpacing(8)
        self.column.addLayout(self._lineage)
        self.column.addSpacing(16)
        text = self.tr(
            "The reader weighs the sentences that search finds. Your documents are not indexed again, the chat's model "
            "stays as it is, and each answer says under “Why this answer?” which reader read."
        )
        self.column.addWidget(Label(text, "ui", "text2", wrap=True))
        self.column.addStretch(1)
        self._readers.changed.connect(self.refresh)
        self._readers.failed.connect(self._show_error)

    def first_focus(self) -> QWidget:
        return self.verdict.action

    def set_narrow(self, narrow: bool) -> None:
        """Nothing here stands side by side but the lineage, which fits."""

    def progress(self) -> None:
        """Nothing here moves."""

    @property
    def in_use(self) -> bool:
        """Whether the taught reader reads."""
        wizard = self._controller.wizard
        return wizard is not None and bool(wizard.installed) and self._readers.active.id == wizard.installed

    def refresh(self) -> None:
        """Show which reader reads, and the lineage of the one that was taught."""
        wizard = self._controller.wizard
        if wizard is None or wizard.step != "use" or wizard.goal != "search":
            return
        empty_layout(self._messages)
        before, action = self._readers.previous, self.verdict.action
        action.setVisible(True)
        if self.in_use:
            title = self.tr("“{0}” reads now").format(wizard.name)
            self.verdict.show_verdict("success", title, self.tr("The next question is answered with it."))
            action.setText(self.tr("Go back to {0}").format(before.name) if before else "")
            action.set_icon("undo-2")
            action.setVisible(before is not None)
        else:
            title = self.tr("“{0}” reads").format(self._readers.active.name)
            self.verdict.show_verdict("info", title, self.tr("{0} is one click away.").format(wizard.name))
            action.setText(self.tr("Use {0}").format(wizard.name))
            action.set_icon("refresh-cw")
        self._show_lineage()

    def _show_lineage(self) -> None:
        empty_layout(self._lineage)
        wizard, run = self._controller.wizard, self._controller.run
        assert wizard is not None and run is not None
        training, spec = run.training, run.spec
        scores = (self._controller.comparison or Comparison(run.folder)).scores()
        documents = self.tr("{0} documents").format(len(taught_documents(run)))
        took = duration(training.seconds) if training else ""
        kept = self.tr("kept step {0}").format(training.best_step) if training else ""
        for n, (icon, title, name, note) in enumerate(
            (
                ("search", self.tr("Reader before"), spec.base.name if spec else "", self.tr("unchanged")),
                ("files", self.tr("Data"), data_text(run, wizard), documents),
                ("graduation-cap", self.tr("Run"), took, kept),
                ("circle-check", self.tr("Scores"), scores.title, scores.detail),
            )
        ):
            if n:
                self._lineage.addWidget(Arrow())
            self._lineage.addWidget(link(icon, title, name, note), 1)

    def _show_error(self, error: AppError) -> None:
        wizard = self._controller.wizard
        if wizard is not None and wizard.step == "use" and wizard.goal == "search":
            empty_layout(self._messages)
            self._messages.addSpacing(12)
            self._messages.addWidget(Banner("danger", error.message, error.hint))

    def _act(self) -> None:
        if self.in_use:
            self._controller.go_back()
        else:
            self._controller.use_again()
