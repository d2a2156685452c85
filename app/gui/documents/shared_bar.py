"""The line above the documents of a collection that a team shares: whose it is, and of which edition."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.gui.documents.state_bar import StateBar
from app.gui.widgets import IconLabel
from app.types import Collection


class SharedBar(StateBar):
    """Hidden where a collection is not shared; its link sees to the sharing of one's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(IconLabel("lock", "text2", 16), parent)
        self.button.setText(self.tr("Sharing"))

    def show_collection(self, collection: Collection | None) -> None:
        """How this one is shared now."""
        stands = (collection.shared or collection.published) if collection is not None else None
        self.setVisible(stands is not None)
        if collection is None or stands is None:
            return
        whole = "lock" if collection.shared is not None else "share-2"
        self.icon.set_icon(*(("triangle-alert", "warning") if stands.problem else (whole, "text2")))
        self.text.set_text(f"{stands.words()}.")
        self.text.setToolTip(f"{stands.words()}.\n{stands.path}")
        self.button.setVisible(collection.published is not None)
