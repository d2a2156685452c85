"""A head on the embedder: kept as a file of its own, tried on a text, and used on a file of texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.finetune.beside import alone
from app.finetune.to_sort import Found, ToSort, read_texts, write_found
from app.gui.finetune.action_row import ActionRow
from app.gui.finetune.controller import FinetuneController
from app.gui.widgets import Button, Label
from app.gui.widgets.file_dialogs import ask_for_files, ask_where_to_save

KINDS = "*.csv *.tsv *.txt *.md"


class HeadOffer(QWidget):
    """Hidden where the run made none. What it sorts stays on this computer; no model is loaded for it."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._heads = controller, controller.heads
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(8)
        self.row = ActionRow("tags", self.tr("Sort without a model"), self.tr("Keep the head"))
        self.row.button.clicked.connect(self._keep_or_remove)
        column.addWidget(self.row)
        self._use = QWidget()
        line = QHBoxLayout(self._use)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        self.text = QLineEdit()
        self.text.setPlaceholderText(self.tr("A text to sort"))
        self.text.setAccessibleName(self.tr("A text to sort"))
        self.text.returnPressed.connect(self._sort_text)
        line.addWidget(self.text, 1)
        self.sort = Button(self.tr("Sort"))
        self.sort.clicked.connect(self._sort_text)
        line.addWidget(self.sort)
        self.file = Button(self.tr("Sort a file"), icon="file-spreadsheet")
        self.file.clicked.connect(self._file_pressed)
        line.addWidget(self.file)
        column.addWidget(self._use)
        self.said = Label("", "uiStrong", wrap=True)
        column.addWidget(self.said)
        self._busy = False
        self._heads.changed.connect(self.refresh)
        self._heads.moved.connect(self._moved)
        self._heads.failed.connect(self._failed)

    def refresh(self) -> None:
        """Show whether there is one, and whether it was kept."""
        run = self._controller.run
        made = run.head if run is not None else None
        self.setVisible(made is not None)
        if run is None or made is None:
            return
        kept = self._heads.of_run(run.id)
        if kept is None:
            self.row.show_idle(alone(made))
            self.said.setText("")
        else:
            name = self.tr("Kept as “{0}”. In a terminal: inhouse classify FILE --with “{0}”").format(kept.name)
            self.row.show_progress(f"{alone(made)} {name}", self.tr("Remove"))
        self._use.setVisible(kept is not None)
        self.said.setVisible(kept is not None and bool(self.said.text()))

    def _keep_or_remove(self) -> None:
        run = self._controller.run
        kept = self._heads.of_run(run.id) if run is not None else None
        if kept is not None:
            self._heads.remove(kept)
        elif run is not None:
            self._heads.keep(run.id)

    def _sort_text(self) -> None:
        if text := self.text.text().strip():
            self._start([ToSort("", text)], lambda found: self._say(f"{found[0].label}, {found[0].probability:.0%}"))

    def _file_pressed(self) -> None:
        if self._busy:
            self._heads.cancel()
            return
        paths = ask_for_files(self, self.tr("Sort a file"), self.tr("Texts ({0});;All files (*)").format(KINDS))
        if paths:
            self.sort_files(paths)

    def sort_files(self, paths: list[str]) -> None:
        """Sort the texts of these files, then ask where the list is to be saved."""
        try:
            texts = [text for path in paths for text in read_texts(Path(path))]
        except AppError as error:
            self._controller.failed.emit(error)
            return
        self._start(texts, self._save)

    def _start(self, texts: list[ToSort], done: Callable[[list[Found]], object]) -> None:
        run = self._controller.run
        kept = self._heads.of_run(run.id) if run is not None else None
        if kept is not None:
            self._say("")
            self._heads.sort(kept, texts, done)

    def _save(self, found: list[Found]) -> None:
        path = ask_where_to_save(self, self.tr("Save the list"), self.tr("sorted.csv"), self.tr("Tables (*.csv)"))
        if path is None:
            self._say("")
            return
        try:
            write_found(path, found)
        except AppError as error:
            self._controller.failed.emit(error)
            return
        self._say(self.tr("{0} texts sorted, saved as “{1}”.").format(f"{len(found):,}", path.name))

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def _moved(self, done: int, total: int) -> None:
        self._busy = done < total
        self.sort.setEnabled(not self._busy)
        self.file.setText(self.tr("Cancel") if self._busy else self.tr("Sort a file"))
        if self._busy and total > 1:
            self._say(self.tr("{0} of {1} sorted").format(f"{done:,}", f"{total:,}"))
        elif total == 0:
            self._say("")

    def _failed(self, error: AppError) -> None:
        if self.isVisible():
            self._controller.failed.emit(error)
