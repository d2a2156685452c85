"""The dialog that shows where personal data stands in a document, or stood, and lets a person decide about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QWidget

from app.core.calls.documents import QueueFiles
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.personal.words import export_redacted
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.dialogs import framed, head, quoted, scrolled
from app.gui.widgets.page_frame import Separator
from app.text.personal.kinds import LABELS, NOT_FOUND, counts_text
from app.workers.calls.personal import ListPersonal, PersonalListed, PersonalPiece
from app.workers.protocol import AnyData


def open_personal_data(
    core: CoreClient,
    document_id: int,
    parent: QWidget,
    said: Callable[[str], object],
    failed: Callable[[AppError], object],
) -> None:
    """Ask where personal data stands in a document and show it; a decision has the file read anew."""

    def show(data: AnyData) -> None:
        if not isinstance(data, PersonalListed):
            return
        document = data.document
        dialog = PersonalDialog(data, parent.window())
        dialog.exempted.connect(
            lambda exempt: core.request(
                QueueFiles(paths=(document.path,), collection_id=document.collection_id, exempt=exempt, first=True),
                failed=failed,
            )
        )
        dialog.copy_wanted.connect(lambda: export_redacted(core, document, dialog, said, failed))
        dialog.open()

    core.request(ListPersonal(document_id=document_id), done=show, failed=failed)


class PersonalDialog(QDialog):
    """Each piece with its kind and place; below them the copy to pass on, and the decision where one can be made."""

    exempted = Signal(bool)
    """Whether nothing is to be masked in this document, where that is another decision than before."""
    copy_wanted = Signal()

    def __init__(self, listed: PersonalListed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed = listed
        title = self.tr("Personal data in {0}").format(listed.document.name)
        outer = framed(self, title)
        outer.addLayout(head("shield-check", "accent", title, self._explanation()))
        outer.addWidget(self._pieces(), 1)
        outer.addLayout(self._buttons())
        self.setMinimumSize(theme().px(600), theme().px(440))

    def _explanation(self) -> str:
        document = self._listed.document
        counts = counts_text(self._listed.counts) or self.tr("nothing was found")
        if document.exempt:
            state = self.tr("You decided that nothing is masked in this document.")
        elif document.masked is not None:
            state = self.tr("What is masked is in no index. The file itself, and pictures of its pages, still show it.")
        else:
            state = self.tr("It is kept as it stands: this collection masks nothing.")
        return f"{counts[0].upper()}{counts[1:]}. {state} {self.tr(NOT_FOUND)}"

    def _pieces(self) -> QScrollArea:
        area, column = scrolled(self.tr("Personal data"))
        for each in self._listed.pieces:
            column.addWidget(Separator())
            column.addWidget(Label(self._about(each), "caption", "text2", wrap=True))
            column.addWidget(quoted(f"{each.before}{each.text}{each.after}"))
        if len(self._listed.pieces) < sum(self._listed.counts.values()):
            column.addWidget(Separator())
            column.addWidget(Label(self.tr("More of it is counted and not listed."), "caption", "text2"))
        column.addStretch(1)
        return area

    def _about(self, piece: PersonalPiece) -> str:
        parts = [LABELS[piece.kind], *([piece.where] if piece.where else [])]
        return " · ".join([*parts, self.tr("masked") if piece.masked else self.tr("kept")])

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.copy_button = Button(self.tr("Save a redacted copy…"))
        self.copy_button.clicked.connect(self.copy_wanted)
        row.addWidget(self.copy_button)
        row.addStretch(1)
        document = self._listed.document
        self.decide_button = Button(self.tr("Mask it here too") if document.exempt else self.tr("Mask nothing here"))
        self.decide_button.setVisible(document.exempt or document.masked is not None)
        self.decide_button.clicked.connect(lambda: self._decide(not document.exempt))
        row.addWidget(self.decide_button)
        self.close_button = Button(self.tr("Close"), "primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        row.addWidget(self.close_button)
        return row

    def _decide(self, exempt: bool) -> None:
        self.exempted.emit(exempt)
        self.accept()
