"""Makes or changes an assistant: who it is, what it asks, and how its answers are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.library.value_fields import ValueFields
from app.gui.settings.page import Details
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ComboBox, ConfirmDialog, Label, TextField, empty_layout
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.page_frame import ScrollColumn
from app.library.records import LONGEST_TEXT, SAMPLING, Assistant
from app.library.variables import asked
from app.settings import ANSWER_STYLE, THINKING, Settings
from app.types import Collection, InstalledModel

WIDTH, HEIGHT = 640, 620


class AssistantDialog(QDialog):
    """`assistant()` is what the fields say; whoever opened it keeps that, and closes or complains."""

    def __init__(
        self,
        assistant: Assistant | None,
        settings: Settings,
        models: Sequence[InstalledModel],
        collections: Sequence[Collection],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._before = assistant or Assistant(name="")
        title = self.tr("Edit the assistant") if self._before.id else self.tr("New assistant")
        self.setWindowTitle(title)
        self.setModal(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 16)
        scroll = ScrollColumn((24, 24, 24, 8))
        column = scroll.column
        column.setSpacing(12)
        column.addWidget(Label(title, "heading", wrap=True))
        self.name = TextField(self.tr("Name"), self.tr("For example: Plain letters"), self._before.name)
        self.name.edit.textChanged.connect(lambda: self.name.set_error(""))
        column.addWidget(self.name)
        column.addLayout(self._make_instructions())
        self._gone = QVBoxLayout()
        column.addLayout(self._gone)
        column.addLayout(self._make_places(models, collections))
        column.addLayout(self._make_style())
        self.in_documents = CheckBox(self.tr("This style also for answers from documents"))
        self.in_documents.setToolTip(self.tr("Otherwise these are precise: an exact answer beats a varied one."))
        self.in_documents.setChecked(self._before.in_documents)
        column.addWidget(self.in_documents)
        self.values = ValueFields(settings)
        self.values.show_assistant(self._before)
        self.style_box.currentIndexChanged.connect(lambda _: self._style_changed())
        self._style_changed()
        opened = any(getattr(self._before, key) is not None for key in SAMPLING)
        column.addWidget(Details(self.tr("Details"), self.values, opened=opened))
        self._problem = QVBoxLayout()
        column.addLayout(self._problem)
        column.addStretch(1)
        outer.addWidget(scroll, 1)
        outer.addLayout(self._make_buttons())
        room = self.screen().availableSize()
        wide, high = min(theme().px(WIDTH), room.width() - 32), min(theme().px(HEIGHT), room.height() - 64)
        self.resize(wide, high)
        (self.instructions if self._before.id else self.name.edit).setFocus()

    def assistant(self) -> Assistant:
        """As the fields say. Raises AppError; a field that is wrong says so."""
        return msgspec.structs.replace(
            self._before,
            name=self.name.text().strip(),
            instructions=self.instructions.toPlainText().strip(),
            model_id=self.model.currentData() or "",
            collection_id=self.collection.currentData(),
            style=self.style_box.currentData(),
            thinking=self.thinking.currentData(),
            in_documents=self.in_documents.isChecked() and bool(self.style_box.currentData()),
            **self.values.values(),
        )

    def reject(self) -> None:
        """Esc does not throw away at once what somebody has written."""
        written = self.instructions.toPlainText().strip()
        title, said = self.tr("Leave without keeping it?"), self.tr("What you wrote is lost then.")
        if written == self._before.instructions or ConfirmDialog.ask(self, title, said, self.tr("Leave")):
            super().reject()

    def complain(self, error: AppError) -> None:
        """It could not be kept."""
        empty_layout(self._problem)
        self._problem.addWidget(Banner("danger", error.message, error.hint))
        self.action.setEnabled(True)

    def show_gone(self, said: str) -> None:
        """Say what of it was removed, and how to go on; "" says nothing."""
        if said:
            self._gone.addWidget(Banner("warning", said, self.tr("Choose another one below, or leave it as it is.")))

    def keep_anyway(self, *, anew: bool) -> None:
        """Another door was quicker: what is kept now goes over that, or is a new one where it was removed."""
        if anew:
            self._before = msgspec.structs.replace(self._before, id="")
        self.action.setText(self.tr("Keep it as a new one") if anew else self.tr("Keep mine all the same"))

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_instructions(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(Label(self.tr("Instructions"), "uiStrong"))
        self.instructions = QPlainTextEdit(self._before.instructions)
        self.instructions.setAccessibleName(self.tr("Instructions"))
        self.instructions.setProperty("field", "true")
        self.instructions.setTabChangesFocus(True)
        self.instructions.setFixedHeight(theme().px(132))
        column.addWidget(self.instructions)
        said = self.tr(
            "How to write, and for whom. {date} becomes the day, {user} your name on this computer, {collection} what "
            "is asked and {model} who answers. Answers from documents keep their sources and their check."
        )
        column.addWidget(Label(said, "caption", "text2", wrap=True))
        self.unknown = Label("", "caption", "warning", wrap=True)
        column.addWidget(self.unknown)
        self.instructions.textChanged.connect(self._typed)
        self._typed()
        return column

    def _make_places(self, models: Sequence[InstalledModel], collections: Sequence[Collection]) -> QHBoxLayout:
        places: list[tuple[str, object]] = [(self.tr("The chat's own"), None), (self.tr("None, the model alone"), 0)]
        places += [(each.name, each.id) for each in collections]
        removed = self.tr("One that was removed")
        if self._before.collection_id not in [value for _, value in places]:
            places.append((removed, self._before.collection_id))
        named: list[tuple[str, object]] = [(self.tr("The model in use"), "")]
        named += [(each.name, each.id) for each in models]
        if self._before.model_id not in [value for _, value in named]:
            named.append((removed, self._before.model_id))
        self.collection = _box(self.tr("Collection"), places, self._before.collection_id)
        self.model = _box(self.tr("Model"), named, self._before.model_id)
        return _side_by_side((self.tr("Collection"), self.collection), (self.tr("Model"), self.model))

    def _make_style(self) -> QHBoxLayout:
        usual: list[tuple[str, object]] = [(self.tr("As in Settings"), "")]
        styles = [*usual, *((self.tr(label), key) for key, label in ANSWER_STYLE.choices)]
        thinking = [*usual, *((self.tr(label), key) for key, label in THINKING.choices)]
        self.style_box = _box(self.tr("Answer style"), styles, self._before.style)
        self.thinking = _box(self.tr("Thinking"), thinking, self._before.thinking)
        return _side_by_side((self.tr("Answer style"), self.style_box), (self.tr("Thinking"), self.thinking))

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(8)
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.action = Button(self.tr("Keep the assistant"), "primary")
        self.action.setDefault(True)
        row.addWidget(cancel)
        row.addWidget(self.action)
        return row

    def _typed(self) -> None:
        """What stands in braces and is not filled in, and what is too long, is said as it is typed."""
        text = self.instructions.toPlainText()
        names = ", ".join(f"{{{name}}}" for name in asked(text[:LONGEST_TEXT])[:5])
        said = self.tr("Stays as it is written: {0}.").format(names) if names else ""
        if len(text) > LONGEST_TEXT:
            said = self.tr("{0} of at most {1} characters.").format(f"{len(text):,}", f"{LONGEST_TEXT:,}")
        self.unknown.setText(said)
        self.unknown.setVisible(bool(said))

    def _style_changed(self) -> None:
        style = self.style_box.currentData()
        self.values.show_style(style)
        self.in_documents.setVisible(style not in ("", "precise"))


def _box(name: str, choices: Sequence[tuple[str, object]], chosen: object) -> ComboBox:
    box = ComboBox(name)
    for label, value in choices:
        box.addItem(label, value)
    values = [value for _, value in choices]
    box.setCurrentIndex(values.index(chosen) if chosen in values else 0)
    return box


def _side_by_side(*fields: tuple[str, QWidget]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(16)
    for label, field in fields:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(Label(label, "uiStrong"))
        column.addWidget(field)
        row.addLayout(column, 1)
    return row
