"""Step 3: what was prepared, number by number, and the list that a person decides before anything trains."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.finetune.review import DEFAULT_QUALITY
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.edit import EditDialog
from app.gui.finetune.numbers import Numbers
from app.gui.finetune.parts import Panel, TwoColumns
from app.gui.finetune.preparing import Preparing
from app.gui.finetune.review_list import OrNothing, ReviewListView
from app.gui.finetune.review_model import ReviewModel
from app.gui.finetune.review_source import ReviewSource
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label, SpinBox, empty_layout
from app.gui.widgets.choices import SegmentedControl
from app.gui.widgets.page_frame import ScrollColumn, Separator


class ReviewStep(ScrollColumn):
    """Progress while it is prepared, then numbers, list and source."""

    toast_asked = Signal(str)

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        self.model = ReviewModel(self)
        self.model.asked.connect(controller.decide)
        self.model.approve_asked.connect(controller.approve_good)
        controller.review_decided.connect(self._decided)
        self._shown: object = None
        self._messages = QVBoxLayout()
        self._messages.setSpacing(8)
        self.column.addLayout(self._messages)
        self._stack = QStackedWidget()
        self.column.addWidget(self._stack, 1)
        self.preparing = Preparing(controller)
        self._stack.addWidget(self.preparing)
        self.source = ReviewSource()
        self.source.decided.connect(self.decide)
        self._build_list()
        self.model.modelReset.connect(self._show_first)  # after the list's own view, which forgets its line then
        self._notes: tuple[str, ...] = ()

    def first_focus(self) -> QWidget:
        return self.list if self._controller.review is not None else self.preparing.cancel

    def refresh(self) -> None:
        """Progress, or the list once it is there."""
        review = self._controller.review
        if self._shown is not review:
            self._shown = review
            self.model.show_list(review)
            self.filter.set_value(self.model.filter)
        self._stack.setCurrentIndex(0 if review is None else 1)
        if review is not None:
            self.numbers.refresh()
            self._show_counts()
            self._show_kind()
        self.progress()

    def progress(self) -> None:
        """How far preparing is, and what stopped it."""
        if self._controller.review is None:
            self.preparing.progress()
        self._show_messages()

    def set_narrow(self, narrow: bool) -> None:
        self._columns.set_narrow(narrow)
        self._fit_filter()

    def _fit_filter(self) -> None:
        """The heading, approving and the filter stand below each other where one line is too short for them."""
        parts = (self.approve_all, self.quality, self.filter)
        needed = theme().px(160) + sum(part.sizeHint().width() + 8 for part in parts if not part.isHidden())
        tight = needed > self.viewport().width() - 48
        direction = QHBoxLayout.Direction.TopToBottom if tight else QHBoxLayout.Direction.LeftToRight
        self._filter_row.setDirection(direction)

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_list(self) -> None:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Label(self.tr("What we prepared from your data"), "heading"))
        column.addSpacing(10)
        self.numbers = Numbers(self._controller)
        self.numbers.taken_back.connect(self.model.take_back)
        column.addWidget(self.numbers)
        column.addSpacing(16)
        column.addLayout(self._build_filter())
        column.addSpacing(8)
        self._columns = TwoColumns(self._build_rows(), self.source, (15, 8))
        column.addWidget(self._columns, 1)
        self._stack.addWidget(holder)

    def _build_filter(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._filter_row = row
        self._heading = Label("", "heading", wrap=True)
        row.addWidget(self._heading, 1)
        approving = QHBoxLayout()
        approving.setSpacing(8)
        self.quality = SpinBox(self.tr("Least quality"))
        self.quality.setRange(0, 100)
        self.quality.setDecimals(0)
        self.quality.setSingleStep(5)
        self.quality.setSuffix(" %")
        self.quality.setValue(DEFAULT_QUALITY * 100)
        self.quality.valueChanged.connect(lambda _: self._show_counts())
        self.approve_all = Button("", icon="copy-check")
        self.approve_all.clicked.connect(self._approve_above)
        approving.addWidget(self.approve_all)
        approving.addWidget(self.quality)
        row.addLayout(approving)
        self.filter = SegmentedControl(
            [("open", self.tr("To review")), ("approved", self.tr("Approved")), ("rejected", self.tr("Rejected"))],
            "open",
            self.tr("Show"),
        )
        self.filter.chosen.connect(self._filter_chosen)
        row.addWidget(self.filter)
        return row

    def _build_rows(self) -> QWidget:
        panel = Panel(flush=True)
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(16, 8, 16, 8)
        self._head, self._keys = (Label("", "caption", "text2", strong=True) for _ in range(2))
        line.addWidget(self._head)
        line.addStretch(1)
        line.addWidget(self._keys)
        panel.column.addWidget(head)
        panel.column.addWidget(Separator())
        self.list = ReviewListView(self.model)
        self.list.asked.connect(self.decide)
        self.list.moved.connect(self._show_source)
        self.list.doubleClicked.connect(lambda _: self.decide("edit"))
        self.list.setMinimumHeight(220)
        self.rows = OrNothing(self.list)
        panel.column.addWidget(self.rows, 1)
        panel.setMinimumHeight(260)
        return panel

    # --- deciding -----------------------------------------------------------------------------------------------------

    def decide(self, name: str) -> None:
        """Approve, edit or reject the selected lines, then go to the next open one."""
        indexes = self.list.selectionModel().selectedIndexes() or [self.list.currentIndex()]
        indexes = [index for index in indexes if index.isValid()]
        if not indexes:
            return
        if name == "edit":
            self._edit(indexes[-1].row())
            return
        if name == "approve":
            self.model.approve(indexes)
        else:
            self.model.reject(indexes)
        self._go_on(max(index.row() for index in indexes))

    def _edit(self, row: int) -> None:
        index = self.model.index(row)
        entry = self.model.entry(index)
        if entry is None or entry.is_text:
            return
        dialog = EditDialog(entry, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.model.edit(index, dialog.question.toPlainText(), dialog.answer.toPlainText())
            self._go_on(row)
        dialog.deleteLater()

    def _go_on(self, row: int) -> None:
        following = self.model.next_open(row)
        if following >= 0:
            self.list.setCurrentIndex(self.model.index(following))
        else:
            self._show_source()
        self.list.setFocus()

    def _approve_above(self) -> None:
        count = self.model.approve_above(self.quality.value() / 100)
        if count:
            self.toast_asked.emit(self.tr("{0} approved.").format(f"{count:,}"))

    def _filter_chosen(self, state: str) -> None:
        self.model.set_filter(state)  # type: ignore[arg-type]

    def _decided(self) -> None:
        self.model.follow()
        self._show_counts()

    def _show_first(self) -> None:
        """Other lines are listed."""
        self.rows.show_state(self.model.filter, self.model.rowCount())
        self.list.setCurrentIndex(self.model.index(0))
        self._show_source()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show_kind(self) -> None:
        """Questions have a measured quality; pairs and documents have none to choose by."""
        review = self._controller.review
        entries = review.entries if review is not None else []
        for part in (self._columns, self.filter):
            part.setVisible(bool(entries))
        measured = any(entry.example.quality is not None for entry in entries)
        self.quality.setVisible(measured)
        self.approve_all.setVisible(measured)
        kind = review.kind if review is not None else "questions"
        heading, head = {
            "questions": (self.tr("Review questions and answers"), self.tr("Question and answer")),
            "labels": (self.tr("Review texts and labels"), self.tr("Text and label")),
            "pairs": (self.tr("Review better and worse answers"), self.tr("Question and better answer")),
            "texts": (self.tr("Review the documents to read"), self.tr("Document")),
        }[kind]
        self._heading.setText(heading)
        self._head.setText(head)
        self._keys.setText(self.tr("Use it? Keys A, R") if kind == "texts" else self.tr("Use it? Keys A, E, R"))
        self._fit_filter()

    def _show_counts(self) -> None:
        review = self._controller.review
        if review is None:
            return
        labels = {"open": self.tr("To review"), "approved": self.tr("Approved"), "rejected": self.tr("Rejected")}
        for key, button in self.filter._buttons.items():
            button.setText(f"{labels[key]} {review.count(key):,}")  # type: ignore[arg-type]
            button.updateGeometry()
        good = len(review.good(self.quality.value() / 100))
        self.approve_all.setText(self.tr("Approve {0} above").format(f"{good:,}"))
        self.approve_all.setEnabled(good > 0)
        self.approve_all.setToolTip(self.tr("Approve everything that is to review and has at least this quality"))

    def _show_source(self) -> None:
        self.source.show_entry(self.model.entry(self.list.currentIndex()))

    def _show_messages(self) -> None:
        """Why preparing stopped, and warnings."""
        controller = self._controller
        state, told = controller.run_state, controller.progress
        waiting = controller.review is None
        notes = []
        if waiting and state == "failed" and told.failure is not None:
            notes.append(("danger", told.failure.message, told.failure.hint))
        elif waiting and state == "stopped":
            notes.append(("warning", self.tr("Preparing was interrupted."), self.tr("It continues where it was.")))
        notes += [("warning", note.message, note.hint) for note in told.notices[:3]]
        key = tuple(" ".join(note) for note in notes)
        if key == self._notes:
            return
        self._notes = key
        empty_layout(self._messages)
        for kind, title, detail in notes:
            self._messages.addWidget(Banner(kind, title, detail))  # type: ignore[arg-type]
        self._messages.addSpacing(8 if notes else 0)
