"""Opens an address that a model wrote, once a person has seen where it leads."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.gui.chat.links import link_target
from app.gui.widgets import ConfirmDialog


def tr(text: str) -> str:
    return QCoreApplication.translate("ChatPage", text)


def open_link(parent: QWidget, href: str) -> None:
    """Ask, then open it in the browser; what may not be opened is let be."""
    address = link_target(href)
    asked = tr("Open this link?")
    if address and ConfirmDialog.ask(parent, asked, address, tr("Open in the browser"), danger=False):
        QDesktopServices.openUrl(QUrl(address))
