"""Step 6: the new model is in use; where it comes from, what is kept, and one click back."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.finetune import tried
from app.finetune.compare import Comparison
from app.finetune.durations import duration
from app.finetune.use import base_name, data_text, taught_documents
from app.gui.chat.reader import ChatReader
from app.gui.finetune.chat import ChatPreview
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.elsewhere import Elsewhere
from app.gui.finetune.head_offer import HeadOffer
from app.gui.finetune.kept import Kept
from app.gui.finetune.parts import Arrow, DetailsLink, Panel, TwoColumns, Verdict
from app.gui.finetune.use_adapter import AdapterOffer
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.theme import theme
from app.gui.widgets import Banner, IconButton, IconLabel, Label, empty_layout
from app.gui.widgets.page_frame import ScrollColumn
from app.gui.widgets.tab_order import order_tabs


class UseStep(ScrollColumn):
    """Switching is the models controller's; this shows how it went."""

    toast_asked = Signal(str)

    def __init__(self, controller: FinetuneController, store: ChatReader, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        self._error: AppError | None = None
        self.verdict = Verdict()
        self.rename = IconButton("pencil", self.tr("Rename"))
        self.rename.clicked.connect(self._rename)
        self.verdict.add_beside_title(self.rename)
        self.verdict.action.clicked.connect(self._act)
        self.column.addWidget(self.verdict)
        self._messages = QVBoxLayout()
        self.column.addLayout(self._messages)
        self.column.addSpacing(16)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Where it comes from"), "heading"))
        head.addStretch(1)
        self.details_link = DetailsLink()
        head.addWidget(self.details_link)
        self.column.addLayout(head)
        self.column.addSpacing(8)
        self._lineage = QHBoxLayout()
        self._lineage.setSpacing(8)
        self.column.addLayout(self._lineage)
        self._details = Panel(fill="subtle")
        self._details_text = Label("", "caption", "text2", wrap=True)
        self._details.column.addWidget(self._details_text)
        self._details.hide()
        self.details_link.toggled_open.connect(self._details.setVisible)
        self.column.addSpacing(8)
        self.column.addWidget(self._details)
        self.column.addSpacing(16)
        self.kept = Kept(controller)
        self._columns = TwoColumns(self.kept, self._build_beside(store), (1, 1))
        self.column.addWidget(self._columns)
        self.column.addStretch(1)
        models = controller.models
        models.switching.connect(lambda *_: self._moved(None))
        models.switched.connect(self._switched)
        models.switch_failed.connect(self._switch_failed)

    def first_focus(self) -> QWidget:
        return self.verdict.action

    def set_narrow(self, narrow: bool) -> None:
        self._columns.set_narrow(narrow)

    def progress(self) -> None:
        """Nothing here moves but the switch."""

    def refresh(self) -> None:
        """Show the state of the switch, the lineage, and what is on the disk."""
        wizard, run = self._controller.wizard, self._controller.run
        if wizard is None or run is None or wizard.step != "use":
            return
        self._show_verdict()
        self._show_lineage()
        model = self._controller.installed()
        self.kept.show_run(run, model)
        self.chat.show_model(self._controller.models.active)
        self.adapter.refresh()
        self.head.refresh()
        self.elsewhere.show_model(model)
        self.rename.setEnabled(model is not None)
        order_tabs(self)

    @property
    def in_use(self) -> bool:
        """Whether the new model answers, whole or as an adapter."""
        active, adapter = self._controller.models.active, self._controller.adapter()
        new = (self._controller.installed(), adapter)
        return active is not None and any(model is not None and model.id == active.id for model in new)

    def _switch_failed(self, name: str, error: AppError) -> None:
        model = self._controller.installed()
        self._moved(error if model is not None and name == model.name else None)

    def _moved(self, error: AppError | None) -> None:
        """Only the verdict moves with a switch, many times a second while a model is read."""
        self._error = error
        wizard = self._controller.wizard
        if wizard is not None and wizard.step == "use":
            self._show_verdict()
            self.chat.show_model(self._controller.models.active)

    def _switched(self, *_: object) -> None:
        self._moved(None)
        self.adapter.refresh()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_beside(self, store: ChatReader) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.chat = ChatPreview(store)
        column.addWidget(self.chat)
        self.adapter = AdapterOffer(self._controller)
        column.addWidget(self.adapter)
        self.head = HeadOffer(self._controller)
        column.addWidget(self.head)
        self.elsewhere = Elsewhere(self._controller)
        self.elsewhere.toast_asked.connect(self.toast_asked)
        column.addWidget(self.elsewhere)
        column.addStretch(1)
        return holder

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show_verdict(self) -> None:
        wizard, models = self._controller.wizard, self._controller.models
        assert wizard is not None
        name, before = self._model_name(), models.previous()
        action = self.verdict.action
        action.setVisible(True)
        action.set_icon("undo-2")
        empty_layout(self._messages)
        if models.switching_to:
            active = models.active.name if models.active else ""
            text = self.tr("{0} answers until it is ready.").format(active) if active else ""
            self.verdict.show_verdict("info", self.tr("Switching to {0}").format(models.switching_to), text)
            action.hide()
        elif self.in_use:
            said = self.tr("Your open chat continues with it. No message was lost.")
            used = models.active.name if models.active else name
            self.verdict.show_verdict("success", self.tr("{0} is in use now").format(used), said)
            action.setText(self.tr("Go back to {0}").format(before.name) if before else "")
            action.setVisible(before is not None)
        else:
            active = models.active.name if models.active else self.tr("Another model")
            title = self.tr("{0} is in use").format(active)
            said = self.tr("{0} is installed, and one click away.").format(name)
            self.verdict.show_verdict("info", title, said)
            action.setText(self.tr("Use {0}").format(name))
            action.set_icon("refresh-cw")
            if self._error is not None:
                title = self.tr("{0} could not be used.").format(name)
                self._messages.addSpacing(12)
                self._messages.addWidget(Banner("danger", title, str(self._error)))

    def _show_lineage(self) -> None:
        empty_layout(self._lineage)
        wizard, run = self._controller.wizard, self._controller.run
        assert wizard is not None and run is not None
        model, training = self._controller.trained_base(), run.training
        scores = (self._controller.comparison or Comparison(run.folder)).scores()
        documents = taught_documents(run)
        day = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(wizard.created_at)).date(), "d MMMM")
        time = f", {duration(training.seconds)}" if training else ""
        kept = self.tr("kept step {0}").format(training.best_step) if training else ""
        effort = {"quick": self.tr("Quick"), "balanced": self.tr("Balanced"), "thorough": self.tr("Thorough")}
        said = ", ".join(part for part in (effort[wizard.effort], kept) if part)
        sources = self.tr("{0} documents").format(len(documents)) if documents else ""
        if wizard.files:
            sources = ", ".join(part for part in (sources, self.tr("{0} files").format(len(wizard.files))) if part)
        quantization = f"{model.quantization}, {self.tr('unchanged')}" if model else self.tr("unchanged")
        start = (self.tr("Base model"), model.name if model else base_name(run), quantization)
        if wizard.goal == "scratch":
            start = (self.tr("Model"), base_name(run).capitalize(), self.tr("no model before it"))
        for n, (icon, title, name, note) in enumerate(
            (
                ("box", *start),
                ("files", self.tr("Data"), data_text(run, wizard), sources),
                ("graduation-cap", self.tr("Run"), f"{day}{time}", said),
                ("circle-check", self.tr("Scores"), scores.title, scores.detail),
            )
        ):
            if n:
                self._lineage.addWidget(Arrow())
            self._lineage.addWidget(link(icon, title, name, note), 1)
        names = ", ".join(sorted(documents.values()))
        lines = [self.tr("Run {0}, folder {1}").format(run.id, run.folder)]
        lines += [self.tr("Documents: {0}").format(names)] if names else []
        tested = run.trials
        lines += [tried.text(tested)] if tested is not None else []
        gate = run.gate
        for judged in gate.files if gate else ():
            said = self.tr("passed") if judged.passed else judged.reason
            lines.append(f"{judged.path}: KL {judged.kl:.5f} of {judged.limit:.5f}, {said}")
        self._details_text.setText("\n".join(lines))

    def _model_name(self) -> str:
        """What the new model is called; it may have another name than its run."""
        wizard, model = self._controller.wizard, self._controller.installed()
        return model.name if model is not None else wizard.name if wizard is not None else ""

    # --- what a person does -------------------------------------------------------------------------------------------

    def _act(self) -> None:
        if self.in_use:
            self._controller.go_back()
        else:
            self._controller.use_again()

    def _rename(self) -> None:
        name = self._model_name()
        dialog = RenameDialog(self.tr("Rename “{0}”").format(name), self.tr("Name of the model"), name, self)
        dialog.check = self._try_rename
        dialog.exec()
        dialog.deleteLater()

    def _try_rename(self, name: str) -> str:
        """Why it cannot be called so, else ""."""
        wanted, own = " ".join(name.split()).casefold(), self._controller.installed()
        others = [each for each in self._controller.models.models() if own is None or each.id != own.id]
        if any(each.name.casefold() == wanted for each in others):
            return self.tr("Another model is called so.")
        self._controller.rename(name)
        return ""


def link(icon: str, title: str, name: str, note: str) -> QWidget:
    """A link of the lineage: what it is, its name, and a note below."""
    panel = Panel()
    panel.column.setContentsMargins(12, 8, 12, 10)
    panel.column.setSpacing(2)
    head = QHBoxLayout()
    head.setSpacing(6)
    head.addWidget(IconLabel(icon, "text2", 14))
    head.addWidget(Label(title, "caption", "text2"))
    head.addStretch(1)
    panel.column.addLayout(head)
    panel.column.addWidget(Label(name, "uiStrong", wrap=True))
    panel.column.addWidget(Label(note, "caption", "text2", wrap=True))
    panel.column.addStretch(1)
    panel.setAccessibleName(f"{title}: {name}. {note}")
    panel.setMinimumHeight(theme().px(76))
    return panel
