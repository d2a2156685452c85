"""The row below an answer: copy, regenerate, versions, thumbs, why; and the field for what it should have said."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QVBoxLayout, QWidget

from app.chats.records import Turn, can_weigh
from app.gui.icons import icon
from app.gui.widgets import Button, IconButton, Label
from app.gui.widgets.buttons import ShrinkingButton

COPIED_MS = 1500


class VersionSwitch(QWidget):
    """ "‹ 2/3 ›", shown where there is more than one."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._version = self._versions = 1
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.earlier = IconButton("chevron-left", self.tr("Earlier version"))
        self.earlier.clicked.connect(lambda: self.chosen.emit(self._version - 1))
        self.label = Label("", "caption", "text2")
        self.later = IconButton("chevron-right", self.tr("Later version"))
        self.later.clicked.connect(lambda: self.chosen.emit(self._version + 1))
        for widget in (self.earlier, self.label, self.later):
            row.addWidget(widget)
        self.hide()

    def show_version(self, version: int, versions: int) -> None:
        self._version, self._versions = version, versions
        self.label.setText(f"{version}/{versions}")
        self.label.setAccessibleName(self.tr("Version {n} of {all}").format(n=version, all=versions))
        self.earlier.setEnabled(version > 1)
        self.later.setEnabled(version < versions)
        self.setVisible(versions > 1)


class AnswerActions(QWidget):
    """What can be done with a finished answer."""

    copy_asked = Signal()
    regenerate_asked = Signal()
    version_asked = Signal(int)
    rating_chosen = Signal(object)
    why_asked = Signal()
    branch_asked = Signal()
    shares_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turn: Turn | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.copy = IconButton("copy", self.tr("Copy answer"), "Ctrl+Shift+C")
        self.copy.clicked.connect(self.copy_asked)
        self.again = IconButton("refresh-cw", self.tr("Answer again"))
        self.again.clicked.connect(self.regenerate_asked)
        self.versions = VersionSwitch()
        self.versions.chosen.connect(self.version_asked)
        self.up = IconButton("thumbs-up", self.tr("Good answer"))
        self.up.clicked.connect(lambda: self._choose("up"))
        self.down = IconButton("thumbs-down", self.tr("Bad answer: say what it should have been"))
        self.down.clicked.connect(lambda: self._choose("down"))
        self.branch = IconButton(
            "git-branch", self.tr("Branch from here: a new chat with everything up to this answer")
        )
        self.branch.clicked.connect(self.branch_asked)
        self.why = ShrinkingButton(self.tr("Why this answer?"), "toggle", "circle-help")
        self.why.setCheckable(True)
        self.why.setToolTip(self.tr("What was searched, used and passed over"))
        self.why.clicked.connect(self.why_asked)
        self.more = IconButton("ellipsis", self.tr("More about this answer"))
        self.more.clicked.connect(self._open_menu)
        for widget in (self.copy, self.again, self.versions, self.up, self.down, self.branch, self.more, self.why):
            row.addWidget(widget)
        row.addStretch(1)
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy.set_icon("copy"))

    def show_turn(self, turn: Turn) -> None:
        self._turn = turn
        for button in (self.up, self.down, self.branch):
            button.setVisible(turn.id > 0)  # of a temporary chat nothing is kept
        self.versions.show_version(turn.version, turn.versions)
        answer = turn.answer
        self.why.setVisible(answer is not None and answer.trace is not None)
        self.more.setVisible(turn.id > 0 and answer is not None and can_weigh(answer))
        for button, rating in ((self.up, "up"), (self.down, "down")):
            button.set_color("accent" if turn.rating == rating else "text2")
        self.up.set_name(self.tr("Good answer, chosen") if turn.rating == "up" else self.tr("Good answer"))
        bad = self.tr("Bad answer: say what it should have been")
        self.down.set_name(self.tr("Bad answer, chosen") if turn.rating == "down" else bad)

    def make_menu(self) -> QMenu:
        """What is seldom wanted of an answer."""
        menu = QMenu(self)
        menu.addAction(icon("eye"), self.tr("Show how sure each word was"), self.shares_asked.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open_menu(self) -> None:
        self.make_menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))

    def show_copied(self) -> None:
        self.copy.set_icon("check")
        self._copied.start()

    def _choose(self, rating: str) -> None:
        """A second click takes the judgement back."""
        current = self._turn.rating if self._turn else None
        self.rating_chosen.emit(None if current == rating else rating)


class CorrectionEditor(QWidget):
    """What the answer should have been. Optional; kept for fine-tuning."""

    saved = Signal(str)
    closed = Signal()

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        title = Label(self.tr("What should the answer have been? (optional)"), "uiStrong")
        column.addWidget(title)
        column.addWidget(
            Label(
                self.tr("It stays on this computer and can be used to fine-tune the model."),
                "caption",
                "text2",
                wrap=True,
            )
        )
        self.edit = QPlainTextEdit(text)
        self.edit.setProperty("field", "true")
        self.edit.setTabChangesFocus(True)
        self.edit.setMinimumHeight(88)
        self.edit.setMaximumHeight(160)
        self.edit.setAccessibleName(self.tr("Corrected answer"))
        title.setBuddy(self.edit)
        column.addWidget(self.edit)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        skip = Button(self.tr("Skip"))
        skip.clicked.connect(self.closed)
        keep = Button(self.tr("Keep correction"))
        keep.clicked.connect(lambda: self.saved.emit(self.edit.toPlainText().strip()))
        row.addWidget(skip)
        row.addWidget(keep)
        column.addLayout(row)

    def focus_text(self) -> None:
        self.edit.setFocus()
