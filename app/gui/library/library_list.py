"""All assistants and prompts with what can be done to them: in a dialog of the chat, and in Settings."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.library.editor import LibraryEditor
from app.gui.widgets import Button, ElidedLabel, IconButton, IconLabel, Label, empty_layout
from app.gui.widgets.dialogs import scrolled
from app.gui.widgets.file_dialogs import ask_for_file, ask_where_to_save
from app.gui.widgets.wrap import WrapLayout
from app.library.records import Assistant, Prompt

FILE_NAME, KINDS = "assistants.json", "JSON (*.json)"
Item = Assistant | Prompt


class LibraryList(QWidget):
    """What happens elsewhere shows here too; what is removed can be brought back."""

    def __init__(self, editor: LibraryEditor, *, scrolls: bool) -> None:
        """`scrolls`: its rows have an area of their own that does; else whatever it is in."""
        super().__init__()
        self._editor, self._known = editor, editor.known
        self._buttons: dict[tuple[str, str], IconButton] = {}
        """By the id of what they do something to, and their icon."""
        self._removed = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._make_actions())
        column.addWidget(self._make_message())
        if scrolls:
            area, self._rows = scrolled(self.tr("Assistants and prompts"))
            column.addWidget(area, 1)
        else:
            self._rows = QVBoxLayout()
            column.addLayout(self._rows)
        editor.changed.connect(self._show)
        self._known.said.connect(self._say)
        self._known.removed.connect(self._say_removed)
        self._show()

    def _make_actions(self) -> QWidget:
        widget = QWidget()
        flow = WrapLayout(widget, 8)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        widget.setSizePolicy(policy)
        self.new = Button(self.tr("New assistant"), "primary", "message-square")
        self.new.clicked.connect(lambda: self._editor.edit(None))
        self.new_prompt = Button(self.tr("New prompt"), icon="text-quote")
        self.new_prompt.clicked.connect(lambda: self._editor.edit(Prompt(name="", text="")))
        self.importing = Button(self.tr("Import…"), icon="file-plus")
        self.importing.clicked.connect(self._import)
        self.exporting = Button(self.tr("Export all…"), icon="share-2")
        self.exporting.clicked.connect(lambda: self._export(()))
        for button in (self.new, self.new_prompt, self.importing, self.exporting):
            button.setAutoDefault(False)
            flow.addWidget(button)
        return widget

    def _make_message(self) -> QWidget:
        self._message = QWidget()
        row = QHBoxLayout(self._message)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.said = Label("", "ui", "text2", wrap=True)
        row.addWidget(self.said, 1)
        self.undo = Button(self.tr("Undo"), icon="undo-2")
        self.undo.setAutoDefault(False)
        self.undo.clicked.connect(self._undo)
        row.addWidget(self.undo)
        self._message.hide()
        return self._message

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Anew; the keyboard stays where it was, or goes to what brings the removed one back."""
        focused = next((key for key, button in self._buttons.items() if button.hasFocus()), None)
        empty_layout(self._rows)
        self._buttons = {}
        library = self._known.all
        groups: list[tuple[str, tuple[Item, ...]]] = [
            (self.tr("Assistants"), library.assistants), (self.tr("Prompts"), library.prompts)
        ]  # fmt: skip
        for title, items in groups:
            if items:
                self._rows.addWidget(Label(title, "caption", "text2"))
            for item in items:
                self._rows.addWidget(self._row(item))
        if not library.assistants and not library.prompts:
            said = self.tr(
                "There are none yet. An assistant answers with instructions, a style and documents of its own;"
            )
            said += " " + self.tr("a prompt is a question to be asked again.")
            self._rows.addWidget(Label(said, "ui", "text2", wrap=True))
        self._rows.addStretch(1)
        self.exporting.setEnabled(bool(library.assistants or library.prompts))
        if focused is not None:
            (self._buttons.get(focused) or (self.undo if self._removed else self.new)).setFocus()

    def _row(self, item: Item) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        icon = "message-square" if isinstance(item, Assistant) else "text-quote"
        row.addWidget(IconLabel(icon, "text2", 16), alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(ElidedLabel(item.name, "uiStrong"))
        text = item.instructions if isinstance(item, Assistant) else item.text
        if text:
            words.addWidget(ElidedLabel(" ".join(text[:500].split()), "caption", "text2"))
        if isinstance(item, Assistant) and self._editor.begins_chats(item):
            words.addWidget(Label(self.tr("New chats begin with it."), "caption", "text2"))
        if isinstance(item, Assistant) and (gone := self._editor.gone(item)):
            words.addWidget(
                Label(self.tr("{0} Edit it to choose another.").format(gone), "caption", "warning", wrap=True)
            )
        row.addLayout(words, 1)
        for symbol, name, do in (
            ("pencil", self.tr("Edit {0}"), partial(self._editor.edit, item)),
            ("copy", self.tr("Duplicate {0}"), partial(self._editor.copy, item)),
            ("share-2", self.tr("Export {0}"), partial(self._export, (item.id,))),
            ("trash-2", self.tr("Remove {0}"), partial(self._known.remove, item)),
        ):
            button = IconButton(symbol, name.format(item.name))
            button.clicked.connect(lambda _=False, do=do: do())
            self._buttons[item.id, symbol] = button
            row.addWidget(button)
        return widget

    # --- what is done -------------------------------------------------------------------------------------------------

    def _export(self, ids: tuple[str, ...]) -> None:
        path = ask_where_to_save(self, self.tr("Export"), FILE_NAME, KINDS)
        if path is not None:
            self._known.export(str(path), ids)

    def _import(self) -> None:
        path = ask_for_file(self, self.tr("Import"), KINDS)
        if path:
            self._known.take_in(str(path))

    def _undo(self) -> None:
        self._known.restore(self._removed)
        self._say("")
        self.new.setFocus()

    def _say(self, text: str, removed: str = "") -> None:
        self._removed = removed
        self.said.setText(text)
        self.undo.setVisible(bool(removed))
        self._message.setVisible(bool(text))

    def _say_removed(self, item: Item) -> None:
        stays = self.tr("Chats that it answered stay as they are.") if isinstance(item, Assistant) else ""
        self._say(f"{self.tr('“{0}” is removed.').format(item.name)} {stays}".strip(), item.id)
        self.undo.setAccessibleName(self.tr("Bring back {0}").format(item.name))
