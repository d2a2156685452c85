"""The embedder on the Models page: which one finds passages, what the others are, and how far a change is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.embedder.embedders import Manifest, about
from app.gui.models.card import Card
from app.gui.models.choice_row import ChoiceRow
from app.gui.models.embedders import SearchEmbedders
from app.gui.widgets import Button, ConfirmDialog, Label, ProgressBar
from app.gui.widgets.file_dialogs import ask_for_file, ask_for_folder


class EmbedderRows(QWidget):
    """A heading, a row for each embedder, and the way to bring another one in."""

    def __init__(self, embedders: SearchEmbedders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._embedders, self._card = embedders, Card()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Search embedder"), "heading"))
        head.addStretch(1)
        self.step = Label("", "caption", "text2")
        head.addWidget(self.step)
        self.cancel = Button(self.tr("Cancel"))
        self.cancel.clicked.connect(embedders.cancel_import)
        head.addWidget(self.cancel)
        self.bring_in = Button(self.tr("Import embedder"))
        self.bring_in.setMenu(self._menu())
        head.addWidget(self.bring_in)
        column.addLayout(head)
        text = self.tr(
            "It finds passages by their meaning. Another one reads every passage anew in the background; "
            "answers come from the old one until it is through."
        )
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        column.addWidget(self._card)
        self.buttons: dict[str, Button] = {}
        self._coming: tuple[ChoiceRow, ProgressBar] | None = None
        embedders.changed.connect(self.refresh)
        embedders.progressed.connect(self._show_progress)
        embedders.importing.connect(self._show_import)
        self._show_import("")
        self.refresh()

    def refresh(self) -> None:
        """Build the rows anew."""
        self._card.clear()
        self.buttons, self._coming = {}, None
        for embedder in (Manifest(), *self._embedders.shown.imported):
            self._card.add(self._row(embedder))
        self._show_progress()

    def _row(self, embedder: Manifest) -> QWidget:
        shown = self._embedders.shown
        row = ChoiceRow("text-quote", embedder.name, about(embedder))
        in_use = embedder.id == shown.active.id
        if in_use:
            row.add_in_use()
        coming = shown.coming is not None and embedder.id == shown.coming.id
        if coming:
            bar = ProgressBar(self.tr("Reading the documents with {0}").format(embedder.name))
            row.words.addSpacing(6)
            row.words.addWidget(bar)
            self._coming = row, bar
            cancel = row.add_button(self.tr("Cancel"))
            cancel.clicked.connect(self._embedders.cancel)
            self.buttons[embedder.id] = cancel
        elif not in_use and not embedder.problem and shown.coming is None:
            button = row.add_use(back=shown.previous is not None and shown.previous.id == embedder.id)
            button.clicked.connect(lambda: self._embedders.use(embedder.id))
            self.buttons[embedder.id] = button
        if embedder.id and not in_use and not coming:
            row.add_remove().clicked.connect(lambda: self._remove(embedder))
        return row

    def _show_progress(self) -> None:
        progress = self._embedders.shown.progress
        if self._coming is None or progress is None:
            return
        row, bar = self._coming
        bar.set_fraction(progress.done / max(progress.total, 1))
        text = self.tr("Reading the documents: {0} of {1} passages").format(f"{progress.done:,}", f"{progress.total:,}")
        left = progress.seconds_left
        if left is not None and left >= 60:
            text = self.tr("{0}, about {1} min left").format(text, round(left / 60))
        row.about.set_text(text)

    def _show_import(self, step: str) -> None:
        self.step.setText(step)
        self.cancel.setVisible(bool(step))
        self.bring_in.setVisible(not step)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Folder of sentence-transformers…"), self._choose_folder)
        menu.addAction(self.tr("GGUF file…"), self._choose_file)
        return menu

    def _choose_folder(self) -> None:
        if path := ask_for_folder(self, self.tr("Import an embedder")):
            self._embedders.bring_in(Path(path))

    def _choose_file(self) -> None:
        kinds = self.tr("Embedders (*.gguf);;All files (*)")
        if path := ask_for_file(self, self.tr("Import an embedder"), kinds):
            self._embedders.bring_in(Path(path))

    def _remove(self, embedder: Manifest) -> None:
        title = self.tr("Remove “{0}”?").format(embedder.name)
        detail = self.tr("Its files in the data folder are deleted. Documents and their vectors stay.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Remove")):
            self._embedders.remove(embedder.id)
