"""The menus of the rows in the sidebar: of a chat, of a project, and of the room below them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QCoreApplication, SignalInstance
from PySide6.QtWidgets import QMenu, QWidget

from app.chats.records import Chat, Project
from app.gui.icons import icon
from app.types import Collection


class Asks(Protocol):
    """What the list of chats tells of; the window does it."""

    @property
    def delete_asked(self) -> SignalInstance: ...
    @property
    def export_asked(self) -> SignalInstance: ...
    @property
    def move_asked(self) -> SignalInstance: ...
    @property
    def project_asked(self) -> SignalInstance: ...
    @property
    def project_chat_asked(self) -> SignalInstance: ...
    @property
    def project_collection_asked(self) -> SignalInstance: ...
    @property
    def project_remove_asked(self) -> SignalInstance: ...


def chat_menu(parent: QWidget, asks: Asks, chat: Chat, projects: Sequence[Project], rename: object) -> QMenu:
    """Rename, move, export, delete."""
    menu = QMenu(parent)
    menu.addAction(icon("pencil"), _tr("Rename"), rename)
    move = menu.addMenu(icon("folder"), _tr("Move to project"))
    for project in projects:
        action = move.addAction(project.name, partial(asks.move_asked.emit, chat.id, project.id))
        action.setCheckable(True)
        action.setChecked(project.id == chat.project_id)
    if projects:
        move.addSeparator()
    move.addAction(icon("folder-plus"), _tr("New project…"), partial(asks.project_asked.emit, chat.id))
    if chat.project_id:
        move.addAction(_tr("Out of its project"), partial(asks.move_asked.emit, chat.id, 0))
    menu.addAction(icon("share-2"), _tr("Export"), partial(asks.export_asked.emit, chat.id))
    menu.addSeparator()
    menu.addAction(icon("trash-2", "danger"), _tr("Delete"), partial(asks.delete_asked.emit, chat.id))
    return menu


def project_menu(
    parent: QWidget, asks: Asks, project: Project, collections: Sequence[Collection], rename: object
) -> QMenu:
    """A chat in it, its name, what its chats ask, and its end."""
    menu = QMenu(parent)
    menu.addAction(icon("square-pen"), _tr("New chat in it"), partial(asks.project_chat_asked.emit, project.id))
    menu.addAction(icon("pencil"), _tr("Rename"), rename)
    asked = menu.addMenu(icon("folder-open"), _tr("New chats ask"))
    for key, name in [(0, _tr("What any new chat asks")), *((each.id, each.name) for each in collections)]:
        action = asked.addAction(name, partial(asks.project_collection_asked.emit, project.id, key))
        action.setCheckable(True)
        action.setChecked(key == project.collection_id)
    menu.addSeparator()
    words = _tr("Remove project, keep its chats")
    menu.addAction(icon("trash-2", "danger"), words, partial(asks.project_remove_asked.emit, project.id))
    return menu


def room_menu(parent: QWidget, asks: Asks) -> QMenu:
    """Of a heading, and of the room below the chats."""
    menu = QMenu(parent)
    menu.addAction(icon("folder-plus"), _tr("New project…"), partial(asks.project_asked.emit, 0))
    return menu


def _tr(text: str) -> str:
    return QCoreApplication.translate("ChatMenus", text)
