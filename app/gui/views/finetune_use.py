"""Step 6: the new model is in use; where it comes from, what is kept, and one click back."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.files import cannot_write
from app.finetune.compare import Comparison
from app.finetune.use import data_text, offered_files, taught_documents
from app.gui.controllers.finetune import FinetuneController
from app.gui.hardware import size_text
from app.gui.theme import theme
from app.gui.views.finetune_parts import Arrow, DetailsLink, Panel, TwoColumns, Verdict
from app.gui.views.finetune_train import duration
from app.gui.views.page import ScrollColumn, Separator
from app.gui.views.rename_dialog import RenameDialog
from app.gui.widgets import Banner, Button, ConfirmDialog, ElidedLabel, IconButton, IconLabel, Label, empty_layout
from app.types import InstalledModel

DATA_PARTS = ("inputs", "collect", "clean", "questions", "split", "review.jsonl")


class UseStep(ScrollColumn):
    """Switching is the models controller's; this shows how it went."""

    toast_asked = Signal(str)

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        self._error: AppError | None = None
        self.verdict = Verdict()
        self.rename = IconButton("pencil", self.tr("Rename"))
        self.rename.clicked.connect(self._rename)
        self.verdict.title_row.addWidget(self.rename)
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
        self._columns = TwoColumns(self._build_kept(), self._build_elsewhere(), (1, 1))
        self.column.addWidget(self._columns)
        self.column.addStretch(1)
        models = controller.models
        models.switching.connect(lambda *_: self._moved(None))
        models.switched.connect(lambda *_: self._moved(None))
        models.switch_failed.connect(lambda _, error: self._moved(error))

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
        self._show_kept()

    @property
    def in_use(self) -> bool:
        """Whether the new model answers."""
        wizard, active = self._controller.wizard, self._controller.models.active
        return wizard is not None and active is not None and active.name == wizard.installed

    def _moved(self, error: AppError | None) -> None:
        self._error = error
        self.refresh()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_kept(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Kept on this computer"), "heading"))
        head.addStretch(1)
        self._total = Label("", "ui", "text2")
        head.addWidget(self._total)
        column.addLayout(head)
        panel = Panel(flush=True)
        self._kept = QVBoxLayout()
        self._kept.setSpacing(0)
        panel.column.addLayout(self._kept)
        column.addWidget(panel)
        text = self.tr(
            "Deleting the training data keeps the model. You can still go back, but not train again with changes."
        )
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        column.addStretch(1)
        return holder

    def _build_elsewhere(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Take it elsewhere"), "heading"))
        self._export_text = Label("", "caption", "text2", wrap=True)
        self.export = Button(self.tr("Export"))
        self.export.clicked.connect(self._export)
        column.addWidget(_offer("file-box", self.tr("Export as GGUF"), self._export_text, self.export))
        self.card = Button(self.tr("Save file"))
        self.card.clicked.connect(self._save_card)
        text = Label(self.tr("With name, lineage and scores, without documents."), "caption", "text2", wrap=True)
        column.addWidget(_offer("share-2", self.tr("Model card"), text, self.card))
        column.addStretch(1)
        return holder

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show_verdict(self) -> None:
        wizard, models = self._controller.wizard, self._controller.models
        assert wizard is not None
        name, before = wizard.installed, models.previous()
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
            self.verdict.show_verdict("success", self.tr("{0} is in use now").format(name), said)
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
        model, training = self._controller.base(), run.training
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
        for n, (icon, title, name, note) in enumerate(
            (
                ("box", self.tr("Base model"), wizard.base, quantization),
                ("files", self.tr("Data"), data_text(run, wizard), sources),
                ("graduation-cap", self.tr("Run"), f"{day}{time}", said),
                ("circle-check", self.tr("Scores"), scores.title, scores.detail),
            )
        ):
            if n:
                self._lineage.addWidget(Arrow())
            self._lineage.addWidget(_link(icon, title, name, note), 1)
        names = ", ".join(sorted(documents.values()))
        lines = [self.tr("Run {0}, folder {1}").format(run.id, run.folder)]
        lines += [self.tr("Documents: {0}").format(names)] if names else []
        gate = run.gate
        for judged in gate.files if gate else ():
            said = self.tr("passed") if judged.passed else judged.reason
            lines.append(f"{judged.path}: KL {judged.kl:.5f} of {judged.limit:.5f}, {said}")
        self._details_text.setText("\n".join(lines))

    def _show_kept(self) -> None:
        empty_layout(self._kept)
        wizard, run = self._controller.wizard, self._controller.run
        assert wizard is not None and run is not None
        model = next((each for each in self._controller.models.models() if each.name == wizard.installed), None)
        file = model.file_bytes if model else 0
        adapter = run.bytes_of("train/adapter")
        steps = run.bytes_of("train/checkpoints")
        others = run.bytes_of("export")
        data = run.bytes_of(*[part for part in DATA_PARTS if "." not in part])
        self._total.setText(self.tr("{0} in total").format(size_text(file + adapter + steps + others + data)))
        self._keep("box", self.tr("Model file"), self.tr("Needed to chat"), file)
        self._keep("sliders-horizontal", self.tr("Training difference"), self.tr("What was learned"), adapter)
        if steps:
            remove = Button(self.tr("Remove"))
            remove.clicked.connect(lambda: self._controller.remove_parts("train/checkpoints"))
            self._keep("star", self.tr("Saved steps"), self.tr("For going on with this training"), steps, remove)
        if others:
            remove = Button(self.tr("Remove"))
            remove.clicked.connect(lambda: self._controller.remove_parts("export"))
            self._keep("file-box", self.tr("Other file sizes"), self.tr("For exporting"), others, remove)
        if data:
            delete = Button(self.tr("Delete data"), "danger", "trash-2")
            delete.clicked.connect(self._delete_data)
            self._keep("message-square", self.tr("Training data"), self.tr("Answers and their passages"), data, delete)

    def _keep(self, icon: str, name: str, note: str, size: int, action: QWidget | None = None) -> None:
        if self._kept.count():
            self._kept.addWidget(Separator())
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(12)
        row.addWidget(IconLabel(icon, "text2", 16))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(name, "ui"))
        words.addWidget(Label(note, "caption", "text2"))
        row.addLayout(words, 1)
        if action is not None:
            row.addWidget(action)
        figure = Label(size_text(size), "uiStrong")
        row.addWidget(figure)
        self._kept.addWidget(holder)

    # --- what a person does -------------------------------------------------------------------------------------------

    def _act(self) -> None:
        if self.in_use:
            self._controller.go_back()
        else:
            self._controller.use_again()

    def _rename(self) -> None:
        wizard = self._controller.wizard
        if wizard is None:
            return
        dialog = RenameDialog(
            self.tr("Rename “{0}”").format(wizard.name), self.tr("Name of the model"), wizard.name, self
        )
        dialog.check = self._try_rename
        dialog.exec()
        dialog.deleteLater()

    def _try_rename(self, name: str) -> str:
        try:
            self._controller.rename(name)
        except AppError as error:
            return str(error)
        return ""

    def _delete_data(self) -> None:
        wizard = self._controller.wizard
        name = wizard.name if wizard else ""
        title = self.tr("Delete the training data of “{0}”?").format(name)
        detail = self.tr("The model stays and keeps what it learned. Training again with changes will not be possible.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Delete data")):
            self._controller.remove_parts(*DATA_PARTS)

    def _export(self) -> None:
        model = self._model()
        if model is None:
            return
        name = f"{model.name} {model.quantization}".strip() + ".gguf"
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export as GGUF"), str(Path.home() / name), self.tr("Model files (*.gguf)")
        )
        if path:
            self._copy(Path(model.path), Path(path))

    def _save_card(self) -> None:
        run, model = self._controller.run, self._model()
        if run is None or model is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the model card"), str(Path.home() / f"{model.name}.md"), "Markdown (*.md)"
        )
        if path:
            self._copy(run.folder / "README.md", Path(path))

    def _copy(self, source: Path, target: Path) -> None:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            self._controller.failed.emit(cannot_write(target, error))
            return
        self.toast_asked.emit(self.tr("Saved as “{0}”.").format(target.name))

    def _model(self) -> InstalledModel | None:
        wizard = self._controller.wizard
        name = wizard.installed if wizard else ""
        return next((model for model in self._controller.models.models() if model.name == name), None)

    def showEvent(self, event: object) -> None:
        model, run = self._model(), self._controller.run
        if model is not None:
            text = self.tr("{0}, {1}. Opens in other programs.")
            self._export_text.setText(text.format(size_text(model.file_bytes), model.quantization))
        self.export.setEnabled(model is not None and Path(model.path).exists())
        self.card.setEnabled(run is not None and (run.folder / "README.md").exists())
        self.rename.setEnabled(bool(run and offered_files(run)) or model is not None)


def _link(icon: str, title: str, name: str, note: str) -> QWidget:
    panel = Panel()
    panel.column.setContentsMargins(12, 8, 12, 10)
    panel.column.setSpacing(2)
    head = QHBoxLayout()
    head.setSpacing(6)
    head.addWidget(IconLabel(icon, "text2", 14))
    head.addWidget(Label(title, "caption", "text2"))
    head.addStretch(1)
    panel.column.addLayout(head)
    panel.column.addWidget(ElidedLabel(name, "uiStrong"))
    panel.column.addWidget(ElidedLabel(note, "caption", "text2"))
    panel.setAccessibleName(f"{title}: {name}. {note}")
    panel.setMinimumHeight(theme().px(76))
    return panel


def _offer(icon: str, title: str, detail: Label, button: Button) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 4, 0, 4)
    row.setSpacing(12)
    row.addWidget(IconLabel(icon, "text2", 20, tile=36))
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(Label(title, "uiStrong"))
    words.addWidget(detail)
    row.addLayout(words, 1)
    row.addWidget(button)
    return holder
