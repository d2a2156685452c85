"""All assistants and prompts: made, changed, removed, and handed on as a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.library.known import KnownLibrary
from app.gui.theme import theme
from app.gui.widgets import Button, ConfirmDialog, ElidedLabel, IconButton, IconLabel, Label, empty_layout
from app.gui.widgets.dialogs import scrolled
from app.gui.widgets.file_dialogs import ask_for_file, ask_where_to_save
from app.library.records import Assistant, Prompt

WIDTH, HEIGHT = 620, 520
FILE_NAME, KINDS = "assistants.json", "JSON (*.json)"
Edit = Callable[[Assistant | Prompt | None], object]


class ManageDialog(QDialog):
    """Rows with what can be done to each; what happens elsewhere shows here too."""

    def __init__(self, known: KnownLibrary, edit: Edit, parent: QWidget | None = None) -> None:
        """`edit` opens the dialog of one, or of a new assistant for None."""
        super().__init__(parent)
        self._known, self._edit = known, edit
        title = self.tr("Assistants and prompts")
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(title, "heading"))
        said = self.tr("Type / in an empty question to choose one. A file of them can be handed on.")
        column.addWidget(Label(said, "ui", "text2", wrap=True))
        area, self._rows = scrolled(title)
        column.addWidget(area, 1)
        self.said = Label("", "ui", "text2", wrap=True)
        self.said.hide()
        column.addWidget(self.said)
        column.addLayout(self._make_buttons())
        known.changed.connect(self._show)
        known.said.connect(self._say)
        self.resize(theme().px(WIDTH), theme().px(HEIGHT))
        self._show()

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.importing = Button(self.tr("Import…"), icon="file-plus")
        self.importing.clicked.connect(self._import)
        self.exporting = Button(self.tr("Export all…"), icon="share-2")
        self.exporting.clicked.connect(lambda: self._export(()))
        close = Button(self.tr("Close"))
        close.clicked.connect(self.accept)
        self.new = Button(self.tr("New assistant"), "primary")
        self.new.clicked.connect(lambda: self._edit(None))
        row.addWidget(self.importing)
        row.addWidget(self.exporting)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self.new)
        return row

    def _show(self) -> None:
        empty_layout(self._rows)
        library = self._known.all
        items: list[Assistant | Prompt] = [*library.assistants, *library.prompts]
        for item in items:
            self._rows.addWidget(self._row(item))
        if not library.assistants and not library.prompts:
            self._rows.addWidget(Label(self.tr("There are none yet."), "ui", "text2"))
        self._rows.addStretch(1)
        self.exporting.setEnabled(bool(library.assistants or library.prompts))

    def _row(self, item: Assistant | Prompt) -> QWidget:
        text = item.instructions if isinstance(item, Assistant) else item.text
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        icon = "message-square" if isinstance(item, Assistant) else "text-quote"
        row.addWidget(IconLabel(icon, "text2", 16), alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(ElidedLabel(item.name, "uiStrong"))
        words.addWidget(ElidedLabel(" ".join(text.split()), "caption", "text2"))
        row.addLayout(words, 1)
        for symbol, name, do in (
            ("pencil", self.tr("Edit {0}"), lambda: self._edit(item)),
            ("share-2", self.tr("Export {0}"), lambda: self._export((item.id,))),
            ("trash-2", self.tr("Remove {0}"), lambda: self._remove(item)),
        ):
            button = IconButton(symbol, name.format(item.name))
            button.clicked.connect(lambda _=False, do=do: do())
            row.addWidget(button)
        return widget

    def _remove(self, item: Assistant | Prompt) -> None:
        title = self.tr("Remove “{0}”?").format(item.name)
        said = self.tr("Chats that it answered stay as they are.") if isinstance(item, Assistant) else ""
        if ConfirmDialog.ask(self, title, said, self.tr("Remove")):
            self._known.remove(item)

    def _export(self, ids: tuple[str, ...]) -> None:
        path = ask_where_to_save(self, self.tr("Export"), FILE_NAME, KINDS)
        if path is not None:
            self._known.export(str(path), ids)

    def _import(self) -> None:
        path = ask_for_file(self, self.tr("Import"), KINDS)
        if path:
            self._known.take_in(str(path))

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.show()
