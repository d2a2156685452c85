"""What a person does with projects, and with the names of chats, in the sidebar, as calls to the core."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.core.calls.chats import RenameChat
from app.core.calls.projects import (
    CreateProject,
    MoveToProject,
    ProjectMade,
    RemoveProject,
    RenameProject,
    SetProjectCollection,
)
from app.gui.chat.open_chat import OpenChat
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.shell.session import Session
from app.gui.shell.sidebar import Sidebar
from app.workers.message import Call


class ProjectActions(QObject):
    """Joined to the sidebar; what comes of it the core tells. `say` shows why something could not be done."""

    def __init__(
        self, chats: OpenChat, sidebar: Sidebar, session: Session, say: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._core, self._say, self._window = chats.core, say, parent
        self._list, self._session = sidebar.chats, session
        sidebar.list.collections = chats.collections
        sidebar.chats.collapsed = set(session.state.collapsed_projects)
        sidebar.chats.collapse_changed.connect(self._keep_collapsed)
        if sidebar.chats.collapsed:
            sidebar.reload()
        self._connect(sidebar)

    def _connect(self, sidebar: Sidebar) -> None:
        chats, view = sidebar.chats, sidebar.list
        chats.rename_asked.connect(self.rename_chat)
        chats.project_rename_asked.connect(self.rename)
        chats.move_asked.connect(self.move)
        view.move_asked.connect(self.move)
        view.project_asked.connect(self.ask_name)
        view.project_collection_asked.connect(self.set_collection)
        view.project_remove_asked.connect(self.remove)

    def ask_name(self, chat_id: int) -> None:
        """A dialog for the name of a new project, which the chat goes into; 0 for none."""
        dialog = RenameDialog(self.tr("New project"), self.tr("Name of the project"), "", self._window)
        dialog.save.setText(self.tr("Create"))
        if dialog.exec():
            self.create(dialog.field.text(), chat_id)
        dialog.deleteLater()

    def create(self, name: str, chat_id: int = 0) -> None:
        """A new project, with this chat in it."""

        def made(data: ProjectMade) -> None:
            if chat_id:
                self.move(chat_id, data.project.id)

        self._core.request(CreateProject(name=name), done=made, failed=lambda error: self._say(str(error)))

    def rename(self, project_id: int, name: str) -> None:
        self._do(RenameProject(project_id=project_id, name=name))

    def rename_chat(self, chat_id: int, title: str) -> None:
        self._do(RenameChat(chat_id=chat_id, title=title))

    def set_collection(self, project_id: int, collection_id: int) -> None:
        """What new chats of the project ask."""
        self._do(SetProjectCollection(project_id=project_id, collection_id=collection_id))

    def remove(self, project_id: int) -> None:
        """Its chats stay."""
        self._do(RemoveProject(project_id=project_id))

    def move(self, chat_id: int, project_id: int) -> None:
        """A chat into a project, or out of any with 0."""
        self._do(MoveToProject(chat_id=chat_id, project_id=project_id))

    def _keep_collapsed(self) -> None:
        self._session.update(collapsed_projects=sorted(self._list.collapsed))

    def _do(self, call: Call) -> None:
        self._core.request(call, failed=lambda error: self._say(str(error)))
