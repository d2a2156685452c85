"""The form that begins a table: a template, or fields that a person types, one a line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.extraction.templates import typed_field
from app.gui.extraction.controller import TablesController
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.theme import theme
from app.gui.widgets import Button, ComboBox, IconButton, Label, TextField
from app.gui.widgets.page_frame import ScrollColumn
from app.text.fields.field import Field, Template, check_fields

LEAST, WIDTH = 480, 560


class StartForm(ScrollColumn):
    """Emits what to ask, once it can be asked."""

    begin_wanted = Signal(str, object, str)
    """Name, fields, key of the template."""

    def __init__(self, controller: TablesController, parent: QWidget | None = None) -> None:
        super().__init__((24, 24, 24, 24), parent)
        self._controller = controller
        inner = QWidget()
        inner.setMinimumWidth(theme().px(LEAST))
        inner.setMaximumWidth(theme().px(WIDTH))
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(Label(self.tr("Ask every document the same"), "heading", wrap=True))
        words = self.tr(
            "Each document becomes a row, each field a column. A value is copied word for word with its place; what a "
            "document does not say is shown as not stated."
        )
        column.addWidget(Label(words, "ui", "text2", wrap=True))
        self.template = ComboBox(self.tr("Template"))
        self.template.currentIndexChanged.connect(self._chosen)
        line = QWidget()
        chooser = QHBoxLayout(line)
        chooser.setContentsMargins(0, 0, 0, 0)
        chooser.setSpacing(8)
        self.delete = IconButton("trash-2", self.tr("Delete this template"), side=32)
        self.delete.clicked.connect(lambda: controller.delete_template(self.template.currentData()))
        self.rename = IconButton("pencil", self.tr("Rename this template"), side=32)
        self.rename.clicked.connect(self._rename)
        chooser.addWidget(self.template, 1)
        chooser.addWidget(self.rename)
        chooser.addWidget(self.delete)
        column.addLayout(_labelled(self.tr("Template"), line))
        self.fields = QPlainTextEdit()
        self.fields.setProperty("field", "true")
        self.fields.setAccessibleName(self.tr("Fields, one a line"))
        self.fields.setPlaceholderText(self.tr("Notice period\nStart date\nWho signs for the customer?"))
        self.fields.setTabChangesFocus(True)
        self.fields.setMinimumHeight(theme().px(176))
        column.addLayout(_labelled(self.tr("Fields or questions, one a line"), self.fields))
        self.problem = Label("", "caption", "danger", wrap=True)
        self.fields.textChanged.connect(self.problem.hide)
        column.addWidget(self.problem)
        self.problem.hide()
        self.name = TextField(self.tr("Name of the table"), self.tr("For example: Terms of our contracts"))
        column.addWidget(self.name)
        column.addLayout(self._build_buttons())
        self.column.addWidget(inner, alignment=Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.column.addStretch(1)
        controller.listed.connect(self._list)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.keep = Button(self.tr("Keep as template"), icon="copy")
        self.keep.clicked.connect(self._keep)
        self.begin = Button(self.tr("Ask every document"), "primary")
        self.begin.clicked.connect(self._begin)
        row.addWidget(self.keep)
        row.addWidget(self.begin)
        return row

    def count_documents(self, count: int) -> None:
        """The button names what it does."""
        words = self.tr("Ask {0} documents") if count != 1 else self.tr("Ask {0} document")
        self.begin.setText(words.format(count))

    def ask_for(self, field: str) -> None:
        """Begin with a field of one's own."""
        own = self.template.findData("")
        if own < 0:
            self.template.addItem(self.tr("Your own fields"), "")
            own = self.template.findData("")
        self.template.setCurrentIndex(own)
        self._chosen()
        self.fields.setPlainText(field)

    def asked(self) -> tuple[Field, ...]:
        """The fields of the lines; those of the chosen template bring their labels along.

        Raises:
            AppError: a line cannot be asked, or there is none.
        """
        template = self._template()
        known = {field.name.casefold(): field for field in template.fields} if template else {}
        lines = [line.strip() for line in self.fields.toPlainText().splitlines() if line.strip()]
        fields = tuple(known.get(line.casefold()) or typed_field(line) for line in lines)
        check_fields(fields)
        return fields

    def _template(self) -> Template | None:
        key = self.template.currentData()
        return next((each for each in self._controller.templates if each.key == key), None)

    def _list(self) -> None:
        """The templates may be others; what was typed stays."""
        chosen = self.template.currentData()
        self.template.blockSignals(True)
        self.template.clear()
        for each in self._controller.templates:
            self.template.addItem(each.name, each.key)
        self.template.addItem(self.tr("Your own fields"), "")
        at = self.template.findData(self._controller.renamed.get(chosen, chosen)) if chosen is not None else 0
        self.template.setCurrentIndex(max(at, 0))
        self.template.blockSignals(False)
        self.template.updateGeometry()
        if chosen is None or at < 0:
            self._chosen()
        elif not self.name.edit.isModified():
            self._suggest_name()  # a table of the name may be known only now, and would be made anew

    def _chosen(self, *_: object) -> None:
        template = self._template()
        for button in (self.rename, self.delete):
            button.setVisible(template is not None and template.own)
        self.fields.setPlainText("\n".join(field.name for field in template.fields) if template else "")
        self._suggest_name()

    def _suggest_name(self) -> None:
        """The template's own, unlike those of the tables that there are."""
        template = self._template()
        taken = {table.name for table in self._controller.tables}
        name = template.name if template else self.tr("Table")
        number = 2
        while name in taken:
            name, number = f"{name.rsplit(' ', 1)[0] if number > 2 else name} {number}", number + 1
        self.name.edit.setText(name)

    def _rename(self) -> None:
        template = self._template()
        if template is None:
            return
        title, key = self.tr("Rename “{0}”").format(template.name), template.key
        dialog = RenameDialog(title, self.tr("Name of the template"), template.name, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.check = lambda name: self._controller.problem_of(name, key)
        dialog.accepted.connect(lambda: self._controller.rename_template(key, dialog.field.text()))
        dialog.open()

    def _say(self, error: AppError) -> None:
        """What is wrong with the fields, until they are changed."""
        self.problem.setText(str(error))
        self.problem.show()

    def _begin(self) -> None:
        name = " ".join(self.name.text().split())
        if not name:
            self.name.set_error(self.tr("Give the table a name."))
            return
        self.name.set_error("")
        try:
            fields = self.asked()
        except AppError as error:
            self._say(error)
            self.fields.setFocus()
            return
        template = self._template()
        self.begin_wanted.emit(name, fields, template.key if template else "")

    def _keep(self) -> None:
        try:
            self._controller.keep_template(self.name.text(), self.asked())
        except AppError as error:
            self._say(error)


def _labelled(label: str, widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(Label(label, "uiStrong"))
    column.addWidget(widget)
    return column
