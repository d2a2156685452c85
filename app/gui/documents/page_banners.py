"""The banners above the documents: files that changed, a reader that stopped, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.widgets import Banner


class PageBanners(QWidget):
    """At most one banner of each kind; without any it takes no room."""

    index_wanted = Signal()
    """Read the changed files again."""
    restart_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: dict[str, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setSpacing(8)
        self._column.setContentsMargins(16, 12, 16, 12)
        self.hide()

    def show_changed(self, count: int) -> None:
        """So many documents changed on disk; one button is for all of them."""
        if not count:
            self._drop("changed")
            return
        title = self.tr("1 document changed on disk.") if count == 1 else f"{count} documents changed on disk."
        detail = self.tr("Answers may use older text.")
        if "changed" in self.shown:
            self.shown["changed"].set_text(title, detail)
            return
        self._show("changed", Banner("info", title, detail, self.tr("Index again"))).acted.connect(self.index_wanted)

    def show_reader(self, state: str) -> None:
        """The documents process: only that it failed is said."""
        if state != "failed":
            self._drop("reader")
            return
        title = self.tr("The document reader stopped unexpectedly.")
        detail = self.tr("Nothing that was added is lost. It starts again by itself, or now.")
        banner = Banner("danger", title, detail, self.tr("Restart"), action_icon="rotate-cw")
        self._show("reader", banner).acted.connect(self.restart_wanted)

    def offer(self, folder: str, follow: Callable[[], object]) -> None:
        """A folder was added once; it can be kept up to date."""
        title = self.tr("Keep following {0}?").format(Path(folder).name)
        detail = self.tr("What is added, changed, moved or deleted there is then so here, by itself.")
        banner = self._show("follow", Banner("info", title, detail, self.tr("Keep following"), closable=True))
        banner.acted.connect(follow)
        banner.acted.connect(lambda: self._drop("follow"))

    def show_error(self, error: AppError) -> None:
        """What a wish met that nothing else shows."""
        self._show("error", Banner("danger", error.message, error.hint, closable=True)).setToolTip(error.detail)

    def _show(self, key: str, banner: Banner) -> Banner:
        self._drop(key)
        self.shown[key] = banner
        self._column.addWidget(banner)
        banner.closed.connect(lambda: self._drop(key))
        banner.show()
        self.show()
        return banner

    def _drop(self, key: str) -> None:
        banner = self.shown.pop(key, None)
        if banner is not None:
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        self.setVisible(bool(self.shown))
