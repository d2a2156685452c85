"""The line above the documents of a collection that follows folders: how they are, what changed and what is gone."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.core.calls.folders import FolderStatus
from app.gui.documents.collections_model import count_text
from app.gui.documents.followed import FollowedFolders
from app.gui.documents.state_bar import StateBar
from app.gui.widgets import IconLabel
from app.gui.widgets.choices import Switch

ICONS = {
    "watching": ("refresh-cw", "success"),
    "scanning": ("refresh-cw", "accent"),
    "reading": ("refresh-cw", "accent"),
    "paused": ("pause", "text2"),
    "unreachable": ("triangle-alert", "warning"),
}
"""Phase → icon and its colour."""
GRAVE = ("unreachable", "reading", "scanning", "paused", "watching")
"""Which of several folders is spoken of."""


def spoken_of(folders: tuple[FolderStatus, ...]) -> FolderStatus:
    """The folder that needs attention most."""
    return min(folders, key=lambda each: GRAVE.index(each.phase))


class FollowedBar(StateBar):
    """Hidden where a collection follows no folder and has nothing in the trash."""

    def __init__(self, followed: FollowedFolders, parent: QWidget | None = None) -> None:
        super().__init__(IconLabel("refresh-cw", "success", 16), parent)
        self.button.setText(self.tr("Folders and changes"))
        self._followed, self._collection_id = followed, 0
        self.switch = Switch(self.tr("Follow this folder"))
        self.switch.clicked.connect(self._switch)
        self.row.insertWidget(1, self.switch)
        followed.changed.connect(self._show)
        followed.listed.connect(self._show)

    def show_collection(self, collection_id: int) -> None:
        """Of another collection now."""
        self._collection_id = collection_id
        if collection_id:
            self._followed.show(collection_id)
        self._show()

    def _show(self) -> None:
        followed = self._followed
        folders = followed.of(self._collection_id)
        own = followed.collection_id == self._collection_id
        trash, changes = (len(followed.trash), len(followed.changes)) if own else (0, 0)
        self.setVisible(bool(self._collection_id and (folders or trash)))
        self.switch.setVisible(len(folders) == 1)
        self.switch.setChecked(len(folders) == 1 and not folders[0].folder.paused)
        parts = []
        if folders:
            first = spoken_of(folders)
            self.icon.set_icon(*ICONS[first.phase])
            more = self.tr(" and {0}").format(count_text(len(folders) - 1, "more folder")) if len(folders) > 1 else ""
            parts.append(f"{first.folder.path}{more}: {first.words()}")
        else:
            self.icon.set_icon("trash-2", "text2")
        if changes:
            parts.append(self.tr("{0} since yesterday").format(count_text(changes, "change")))
        if trash:
            parts.append(self.tr("{0} in the trash").format(count_text(trash, "document")))
        self.text.set_text("  ·  ".join(parts))
        self.text.setToolTip("\n".join(f"{each.folder.path}: {each.words()}" for each in folders))

    def _switch(self, on: bool) -> None:
        """One folder is paused and followed again right here; several are in the dialog."""
        for each in self._followed.of(self._collection_id)[:1]:
            self._followed.pause(each.folder.id, paused=not on)
