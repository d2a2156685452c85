"""Two documents side by side: the list of what is different, both texts with the change marked, and a report."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.compare.change_list import ICONS, ChangeList
from app.gui.compare.changes_model import ChangesModel, kind_name
from app.gui.compare.controller import CompareController
from app.gui.compare.dialog_parts import Beside, Head, Waiting
from app.gui.compare.side_text import SideText
from app.gui.theme import theme
from app.gui.widgets import Banner, ComboBox, EmptyState, IconButton, Label
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.gui.widgets.page_frame import Separator
from app.text.compare.result import Change
from app.workers.calls.documents import Compared

SPINNER_MS = 300
SIZE, LEAST = (1180, 760), (760, 480)
FORMATS = ((".docx", "Word"), (".xlsx", "Excel"), (".md", "Markdown"))


class CompareDialog(QDialog):
    """A window of its own, so that the documents stay at hand. It shows progress, an error, "no differences" or both
    texts."""

    def __init__(self, controller: CompareController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        controller.setParent(self)
        self._result: Compared | None = None
        self.changes = ChangesModel(self)
        self.setWindowTitle(self.tr("Compare documents"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(*LEAST)
        self.resize(*SIZE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = Head(self)
        self.title, self.summary = self.head.title, self.head.summary
        self.swap, self.export = self.head.swap, self.head.export
        column.addWidget(self.head)
        column.addWidget(Separator())
        self._messages = QVBoxLayout()
        self._messages.setContentsMargins(16, 0, 16, 0)
        self._banner: Banner | None = None
        column.addLayout(self._messages)
        self.stack = QStackedWidget(self)
        self.blank = QWidget(self.stack)
        self.waiting = Waiting(self.stack)
        self.note, self.bar, self.cancel = self.waiting.note, self.waiting.bar, self.waiting.cancel
        self.same = EmptyState(
            "equal",
            self.tr("No differences"),
            self.tr("Both say the same. Line breaks, spaces and the numbers of sections do not count."),
            self.tr("Close"),
        )
        self.same.acted.connect(self.close)
        self.both = self._build_both()
        for each in (self.blank, self.waiting, self.same, self.both):
            self.stack.addWidget(each)
        column.addWidget(self.stack, 1)
        self._connect()
        self._start()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_both(self) -> QWidget:
        split = Beside(self)
        aside = QWidget(split)
        column = QVBoxLayout(aside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        tools = QHBoxLayout()
        tools.setContentsMargins(16, 12, 12, 12)
        tools.setSpacing(4)
        self.filter = ComboBox(self.tr("Which differences"))
        self.previous = IconButton("chevron-up", self.tr("Previous difference (Shift+F8)"))
        self.next = IconButton("chevron-down", self.tr("Next difference (F8)"))
        self.place = Label("", "caption", "text2")
        tools.addWidget(self.filter, 1)
        for widget in (self.place, self.previous, self.next):
            tools.addWidget(widget)
        column.addLayout(tools)
        column.addWidget(Separator())
        self.list = ChangeList(self.changes, aside)
        column.addWidget(self.list, 1)
        self.left, self.right = SideText("dangerSoft", split), SideText("successSoft", split)
        for side in (aside, self.left, self.right):
            split.addWidget(side)
            side.setMinimumWidth(theme().px(200))
        return split

    def _connect(self) -> None:
        controller = self._controller
        controller.progressed.connect(self._show_progress)
        controller.found.connect(self._show_result)
        controller.failed.connect(self._show_failure)
        controller.stopped.connect(self._show_stopped)
        controller.saved.connect(self._show_saved)
        controller.not_saved.connect(self._show_not_saved)
        self.cancel.clicked.connect(controller.cancel)
        self.swap.clicked.connect(self._swap)
        self.export.clicked.connect(self._pop_formats)
        self.filter.currentIndexChanged.connect(self._filter)
        self.list.chosen.connect(self._show_change)
        for button, keys, by in ((self.previous, "Shift+F8", -1), (self.next, "F8", 1)):
            button.clicked.connect(partial(self._step, by))
            QShortcut(QKeySequence(keys), self).activated.connect(partial(self._step, by))

    # --- what a person does -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._wait()
        self._controller.start()

    def _swap(self) -> None:
        self._wait()
        self._controller.swap()

    def _filter(self, index: int) -> None:
        self.changes.show_kind(self.filter.itemData(index))
        if self.changes.rowCount():
            self.list.setCurrentIndex(self.changes.index(0, 0))

    def _step(self, by: int, *_: object) -> None:
        self.list.step(by)

    def _pop_formats(self) -> None:
        menu = self.formats_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.export.mapToGlobal(self.export.rect().bottomLeft()))

    def formats_menu(self) -> QMenu:
        """What a report can be saved as."""
        menu = QMenu(self)
        for suffix, name in FORMATS:
            menu.addAction(f"{name} ({suffix})", partial(self._export, suffix, name))
        return menu

    def _export(self, suffix: str, name: str) -> None:
        if self._result is None:
            return
        old, new = (Path(side.name).stem for side in (self._result.left, self._result.right))
        chosen = ask_where_to_save(
            self, self.tr("Export the differences"), f"{old} – {new}{suffix}", f"{name} (*{suffix})"
        )
        if chosen is not None:
            path = chosen if chosen.suffix.lower() == suffix else chosen.with_name(chosen.name + suffix)
            self.export.disable(self.tr("The report is being saved"))
            self._controller.export(str(path))

    def done(self, result: int) -> None:
        """The window closes, however that is asked for."""
        self._controller.leave()
        super().done(result)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Nothing at first; what takes longer shows how far it is."""
        self._say(None)
        self.swap.disable(self.tr("The comparison is under way"))
        self.export.disable(self.tr("The comparison is under way"))
        self.stack.setCurrentWidget(self.blank)
        self.bar.set_fraction(0)
        QTimer.singleShot(SPINNER_MS, self.waiting, self._show_waiting)

    def _show_waiting(self) -> None:
        if self._controller.busy:
            self.stack.setCurrentWidget(self.waiting)
            self.cancel.setFocus()

    def _show_progress(self, fraction: float, note: str) -> None:
        self.bar.set_fraction(fraction)
        self.note.setText(note)

    def _show_result(self, found: Compared) -> None:
        self._result = found
        changes = found.comparison.changes
        self.title.setText(f"{found.left.name} → {found.right.name}")
        self._count(found)
        self.head.allow()
        self.left.show_side(found.left, _spans(changes, "left"))
        self.right.show_side(found.right, _spans(changes, "right"))
        self._fill_filter(changes)
        self.stack.setCurrentWidget(self.both if changes else self.same)
        if changes:
            self.list.setFocus()
            self.list.setCurrentIndex(self.changes.index(0, 0))
        elif self.same.button is not None:
            self.same.button.setFocus()

    def _count(self, found: Compared) -> None:
        count, renumbered = len(found.comparison.changes), len(found.comparison.renumbered)
        said = self.tr("1 difference") if count == 1 else self.tr("{0} differences").format(count)
        if renumbered:
            said += self.tr(" · {0} sections have another number").format(renumbered)
            numbers = ", ".join(f"{each.left} → {each.right}" for each in found.comparison.renumbered[:40])
            self.summary.setToolTip(numbers)
        self.summary.setText(said)

    def _fill_filter(self, changes: tuple[Change, ...]) -> None:
        self.filter.blockSignals(True)
        self.filter.clear()
        self.changes.show_kind(None)
        self.changes.replace(changes)
        self.filter.addItem(self.tr("All differences ({0})").format(len(changes)), None)
        for kind in ICONS:
            if count := self.changes.count(kind):
                self.filter.addItem(f"{kind_name(kind)} ({count})", kind)
        self.filter.blockSignals(False)

    def _show_change(self, change: Change) -> None:
        self.left.show_change(change.left, [each.left for each in change.differences])
        self.right.show_change(change.right, [each.right for each in change.differences])
        row, rows = self.list.currentIndex().row(), self.changes.rowCount()
        self.place.setText(self.tr("{0} of {1}").format(row + 1, rows))
        self.previous.setEnabled(row > 0)
        self.next.setEnabled(row < rows - 1)

    def _show_failure(self, error: AppError) -> None:
        self.stack.setCurrentWidget(self.blank)
        self._again(Banner("danger", error.message, error.hint, self.tr("Try again"), action_icon="rotate-cw"))

    def _show_stopped(self) -> None:
        if self.stack.currentWidget() is self.waiting or self._result is None:
            self.stack.setCurrentWidget(self.blank)
            self._again(Banner("info", self.tr("The comparison was stopped."), "", self.tr("Compare again")))

    def _again(self, banner: Banner) -> None:
        banner.acted.connect(self._start)
        self._say(banner)
        self.swap.enable()

    def _show_saved(self, path: str) -> None:
        self.head.allow()
        self._say(Banner("success", self.tr("Saved as “{0}”.").format(Path(path).name), closable=True))

    def _show_not_saved(self, error: AppError) -> None:
        self.head.allow()
        self._say(Banner("danger", error.message, error.hint, closable=True))

    def _say(self, banner: Banner | None) -> None:
        """At most one message, above the texts."""
        if self._banner is not None:
            self._messages.removeWidget(self._banner)
            self._banner.hide()
            self._banner.deleteLater()
        self._banner = banner
        self._messages.setContentsMargins(16, 12 if banner else 0, 16, 12 if banner else 0)
        if banner is not None:
            banner.closed.connect(lambda: self._say(None))
            self._messages.addWidget(banner)
            banner.show()


def _spans(changes: tuple[Change, ...], side: str) -> list[tuple[int, int]]:
    """What only one side says: words where there are any, else the whole of it."""
    spans: list[tuple[int, int]] = []
    for change in changes:
        if change.kind == "moved":
            continue
        place = change.left if side == "left" else change.right
        inner = [each.left if side == "left" else each.right for each in change.differences]
        spans += inner or [(place.start, place.end)]
    return spans
