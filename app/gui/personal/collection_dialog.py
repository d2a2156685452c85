"""The dialog of a collection's personal data: which kinds are masked before indexing, and what stands in it now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.personal.words import set_masking
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.dialogs import head, quoted, scrolled
from app.gui.widgets.page_frame import Separator
from app.text.personal.kinds import KINDS, LABELS, NOT_FOUND, USUAL, PersonalKind, counts_text
from app.types import Collection
from app.workers.calls.personal import DocumentPersonal, FindPersonal, PersonalCounted, PersonalFound
from app.workers.protocol import AnyData


def open_masking(
    core: CoreClient,
    collection: Collection,
    parent: QWidget,
    show_document: Callable[[int], object],
    failed: Callable[[AppError], object],
) -> None:
    """Show what the collection masks; a decision is kept at once, and its documents are read anew."""
    dialog = MaskingDialog(core, collection, parent.window(), failed)
    dialog.decided.connect(lambda kinds: set_masking(core, collection.id, kinds, failed))
    dialog.findings.document_wanted.connect(show_document)
    dialog.open()


class MaskingDialog(QDialog):
    """The kinds with a box each; below them what stands in the documents, when it was looked for."""

    decided = Signal(object)
    """The kinds that are to be masked, where these are others than before."""

    def __init__(
        self, core: CoreClient, collection: Collection, parent: QWidget | None, failed: Callable[[AppError], object]
    ) -> None:
        super().__init__(parent)
        self._before = frozenset(collection.masks)
        title = self.tr("Personal data in {0}").format(collection.name)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        outer.addLayout(head("shield-check", "accent", title, self._explanation(collection)))
        outer.addLayout(self._kinds())
        self.findings = PersonalFindings(core, collection.id, failed)
        outer.addWidget(self.findings, 1)
        outer.addLayout(self._buttons())
        self.setMinimumSize(theme().px(620), theme().px(520))
        self._say()

    def _explanation(self, collection: Collection) -> str:
        said = self.tr(
            "What you tick is replaced before a document is indexed: search and answers have “[IBAN]” in its place. "
            "The files stay as they are, and so do pictures of their pages and chats that quoted them before."
        )
        if collection.unmasked:
            late = self.tr("{0} documents do not follow this yet.").format(collection.unmasked)
            said = f"{late} {said}"
        return f"{said} {self.tr(NOT_FOUND)}"

    def _kinds(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        self.boxes: dict[PersonalKind, CheckBox] = {}
        for at, kind in enumerate(KINDS):
            box = CheckBox(LABELS[kind], checked=kind in self._before)
            box.toggled.connect(lambda _: self._say())
            self.boxes[kind] = box
            grid.addWidget(box, at // 2, at % 2)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.usual_button = Button(self.tr("Tick the usual"))
        self.usual_button.clicked.connect(self._tick_usual)
        row.addWidget(self.usual_button)
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row.addWidget(cancel)
        self.action = Button("", "primary")
        self.action.setDefault(True)
        self.action.clicked.connect(self._decide)
        row.addWidget(self.action)
        return row

    def chosen(self) -> tuple[PersonalKind, ...]:
        """The kinds that are ticked."""
        return tuple(kind for kind, box in self.boxes.items() if box.isChecked())

    def _tick_usual(self) -> None:
        for kind, box in self.boxes.items():
            box.setChecked(kind in USUAL)

    def _say(self) -> None:
        changed = frozenset(self.chosen()) != self._before
        self.action.setText(self.tr("Read the documents anew") if changed else self.tr("Close"))

    def _decide(self) -> None:
        if frozenset(self.chosen()) != self._before:
            self.decided.emit(self.chosen())
        self.accept()


class PersonalFindings(QWidget):
    """What was found in the documents of a collection, on request: looking reads all of their text."""

    document_wanted = Signal(int)

    def __init__(self, core: CoreClient, collection_id: int, failed: Callable[[AppError], object]) -> None:
        super().__init__()
        self._core, self._collection_id, self._failed = core, collection_id, failed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        top = QHBoxLayout()
        self.state = Label(self.tr("See what stands in the documents now."), "ui", "text2", wrap=True)
        top.addWidget(self.state, 1)
        self.look_button = Button(self.tr("Find personal data"))
        self.look_button.clicked.connect(self.look)
        top.addWidget(self.look_button)
        column.addLayout(top)
        area, self._list = scrolled(self.tr("Documents with personal data"))
        column.addWidget(area, 1)

    def look(self) -> None:
        """Look through the documents; what is found is kept nowhere."""
        self.look_button.setEnabled(False)
        job = self._core.request(
            FindPersonal(collection_id=self._collection_id), event=self._progress, done=self._show, failed=self._refuse
        )
        self.destroyed.connect(lambda: job.cancel())

    def _progress(self, data: AnyData) -> None:
        if isinstance(data, PersonalCounted):
            self.state.setText(self.tr("{0} of {1} documents").format(data.done, data.total))

    def _refuse(self, error: AppError) -> None:
        self.look_button.setEnabled(True)
        self._failed(error)

    def _show(self, data: AnyData) -> None:
        if not isinstance(data, PersonalFound):
            return
        self.look_button.hide()
        text = self.tr("Found in {0} of {1} documents.").format(len(data.documents), data.looked)
        self.state.setText(text)
        for each in data.documents[:MOST_LISTED]:
            self._list.addWidget(Separator())
            self._list.addLayout(self._entry(each))
        self._list.addStretch(1)

    def _entry(self, found: DocumentPersonal) -> QHBoxLayout:
        row = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(quoted(found.document.name))
        state = self.tr("masked") if found.document.masked is not None else self.tr("kept")
        said = found.reason or f"{counts_text(found.counts)} · {state}"
        words.addWidget(Label(said, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        show = Button(self.tr("Show it"))
        show.clicked.connect(lambda: self.document_wanted.emit(found.document.id))
        row.addWidget(show, alignment=Qt.AlignmentFlag.AlignVCenter)
        return row


MOST_LISTED = 200
"""Documents that are listed; those with most come first."""
