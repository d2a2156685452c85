"""The folders that a collection follows, what changed in it since yesterday, and its trash, in one dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.calls.folders import FolderStatus
from app.gui.documents.collections_model import count_text
from app.gui.documents.followed import FollowedFolders
from app.gui.documents.followed_bar import ICONS
from app.gui.documents.row import day_and_time
from app.gui.documents.rules_dialog import RulesDialog
from app.gui.theme import theme
from app.gui.widgets import Button, ConfirmDialog, ElidedLabel, IconLabel, Label, empty_layout
from app.workers.calls.folders import Change, ChangeKind, Trashed

SHOWN = 100
"""Lines of a list; more are counted."""
KINDS: dict[ChangeKind, tuple[str, str, str]] = {
    "added": ("file-plus", "success", "Added"),
    "changed": ("refresh-cw", "accent", "Changed"),
    "moved": ("arrow-right", "accent", "Moved"),
    "removed": ("trash-2", "text2", "Deleted"),
    "failed": ("circle-alert", "danger", "Failed"),
}
"""Kind of a change → icon, colour and word."""


class FollowedDialog(QDialog):
    """Shows what `followed` knows of its collection, and stays true while it is open."""

    def __init__(
        self, followed: FollowedFolders, name: str, add: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        """`add` asks for another folder to follow."""
        super().__init__(parent)
        self._followed = followed
        title = self.tr("Folders and changes of {0}").format(name)
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(Label(title, "heading", wrap=True))
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = QWidget(area)
        self.lines = QVBoxLayout(self._inside)
        self.lines.setContentsMargins(0, 0, 8, 0)
        self.lines.setSpacing(4)
        area.setWidget(self._inside)
        column.addWidget(area, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.add_button = Button(self.tr("Follow another folder"), icon="folder-plus")
        self.add_button.clicked.connect(add)
        buttons.addWidget(self.add_button)
        buttons.addStretch(1)
        close = Button(self.tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons.addWidget(close)
        column.addLayout(buttons)
        followed.changed.connect(self._follow)
        followed.listed.connect(self._show)
        self._show()
        room = parent.window().size() if parent is not None else self.sizeHint()
        self.resize(min(theme().px(640), room.width() - 48), min(theme().px(520), room.height() - 48))

    def _follow(self) -> None:
        """How far a folder is changes many times a second: that is written into its line, which keeps the keyboard."""
        folders = self._followed.of(self._followed.collection_id)
        if _shape(folders) != self._shape:
            self._show()
            return
        for status in folders:
            icon, said = self._folders[status.folder.id]
            icon.set_icon(*ICONS[status.phase])
            said.setText(self._said(status))

    def _show(self) -> None:
        """Written anew: these are few lines, and they change seldom."""
        followed = self._followed
        empty_layout(self.lines)
        self._folders: dict[int, tuple[IconLabel, Label]] = {}
        self._shape = _shape(followed.of(followed.collection_id))
        self._head(self.tr("Followed folders"))
        folders = followed.of(followed.collection_id)
        for status in folders:
            self._folder(status)
        if not folders:
            self._note(self.tr("None. A folder that is followed keeps this collection up to date by itself."))
        self._head(self.tr("Changed since yesterday"))
        for change in followed.changes[:SHOWN]:
            self._change(change)
        self._rest(followed.changes, self.tr("Nothing changed."))
        self._head(self.tr("Trash"), *([self._empty_button()] if followed.trash else []))
        for trashed in followed.trash[:SHOWN]:
            self._trashed(trashed)
        self._rest(followed.trash, self.tr("Empty. A document whose file is deleted lies here for some time."))
        self.lines.addStretch(1)

    def _rest(self, what: Sequence[object], nothing: str) -> None:
        if not what:
            self._note(nothing)
        elif len(what) > SHOWN:
            self._note(self.tr("and {0} more").format(len(what) - SHOWN))

    def _head(self, text: str, *buttons: Button) -> None:
        if self.lines.count():
            self.lines.addSpacing(16)
        self._line(Label(text, "uiStrong"), None, *buttons)

    def _note(self, text: str) -> Label:
        label = Label(text, "ui", "text2", wrap=True)
        self.lines.addWidget(label)
        return label

    def _line(self, *parts: QWidget | None) -> None:
        """Widgets in a row; None is where the room between them goes."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in parts:
            if part is None:
                row.addStretch(1)
            else:
                row.addWidget(part, 1 if isinstance(part, ElidedLabel) else 0)
        self.lines.addLayout(row)

    def _button(self, text: str, icon: str, act: Callable[[], object]) -> Button:
        button = Button(text, "quiet", icon)
        button.clicked.connect(act)
        return button

    # --- folders ------------------------------------------------------------------------------------------------------

    def _folder(self, status: FolderStatus) -> None:
        followed, folder = self._followed, status.folder
        path = ElidedLabel(folder.path, "ui")
        path.setToolTip(folder.path)
        pause = self.tr("Resume") if folder.paused else self.tr("Pause")
        icon = IconLabel(*ICONS[status.phase], 16)
        self._line(
            icon,
            path,
            self._button(
                pause,
                "arrow-right" if folder.paused else "pause",
                lambda: followed.pause(folder.id, paused=not folder.paused),
            ),
            self._button(self.tr("Rules"), "sliders-horizontal", lambda: self._ask_rules(status)),
            self._button(self.tr("Stop following"), "x", lambda: self._stop(status)),
        )
        self._folders[folder.id] = icon, self._note(self._said(status))
        if status.problem:
            self._note(status.problem)
        if folder.absence == "emptied":
            deleted = self._button(self.tr("They were deleted"), "trash-2", lambda: followed.confirm(folder.id))
            self._line(deleted, None)

    def _said(self, status: FolderStatus) -> str:
        said = [status.words(), count_text(status.folder.documents, "document")]
        if status.skipped:
            said.append(self.tr("{0} not read").format(count_text(status.skipped, "other file")))
        return "  ·  ".join(said)

    def _ask_rules(self, status: FolderStatus) -> None:
        dialog = RulesDialog(status.folder, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._followed.set_rules(status.folder.id, dialog.rules())
        dialog.deleteLater()

    def _stop(self, status: FolderStatus) -> None:
        title = self.tr("Stop following {0}?").format(status.folder.path)
        detail = self.tr("Its documents stay in the collection. What changes in the folder is no longer seen.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Stop following"), danger=False):
            self._followed.unfollow(status.folder.id)

    # --- changes and trash --------------------------------------------------------------------------------------------

    def _change(self, change: Change) -> None:
        icon, ink, word = KINDS[change.kind]
        name = ElidedLabel(f"{word}: {change.name}", "ui")
        was = self.tr("It was {0}.").format(change.before) if change.before else change.reason
        name.setToolTip(f"{change.path}\n{was}".strip())
        self._line(IconLabel(icon, ink, 16), name, Label(day_and_time(change.at), "ui", "text2"))

    def _trashed(self, trashed: Trashed) -> None:
        name = ElidedLabel(trashed.document.name, "ui")
        name.setToolTip(trashed.document.path)
        restore = self._button(self.tr("Restore"), "undo-2", lambda: self._followed.restore((trashed.document.id,)))
        restore.setAccessibleName(self.tr("Restore {0}").format(trashed.document.name))
        self._line(IconLabel("trash-2", "text2", 16), name, Label(day_and_time(trashed.since), "ui", "text2"), restore)

    def _empty_button(self) -> Button:
        return self._button(self.tr("Empty trash"), "trash-2", self._empty)

    def _empty(self) -> None:
        count = len(self._followed.trash)
        title = self.tr("Remove {0} documents for good?").format(count) if count > 1 else self.tr("Remove it for good?")
        detail = self.tr("Nothing of what lies in the trash can be restored then.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Empty trash")):
            self._followed.empty()


def _shape(folders: tuple[FolderStatus, ...]) -> tuple[object, ...]:
    """What decides which lines and buttons there are."""
    return tuple(
        (each.folder.id, each.folder.paused, each.folder.absence == "emptied", each.problem) for each in folders
    )
