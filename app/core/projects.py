"""Projects and branches: the desk that groups chats and begins new ones from old."""

from __future__ import annotations

from collections.abc import Mapping

from app.chats.branches import NOTHING
from app.core.attachments import Attachments
from app.core.calls import projects as c
from app.core.calls.chats import ChatsChanged
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.workers.message import Call, Done


class ProjectsDesk:
    """Changes the store and tells every door."""

    def __init__(self, house: House, attachments: Attachments) -> None:
        self._house, self._store, self._attachments = house, house.store, attachments

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.CreateProject: self._create,
            c.RenameProject: self._rename,
            c.SetProjectCollection: self._set_collection,
            c.RemoveProject: self._remove,
            c.MoveToProject: self._move,
            c.BranchChat: self._branch,
        }

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    def _create(self, call: c.CreateProject, reply: Reply) -> None:
        reply.done(c.ProjectMade(project=self._store.create_project(call.name, call.collection_id)))
        self._house.tell(ChatsChanged())

    def _rename(self, call: c.RenameProject, reply: Reply) -> None:
        self._store.rename_project(call.project_id, call.name)
        self._changed(reply)

    def _set_collection(self, call: c.SetProjectCollection, reply: Reply) -> None:
        self._store.set_project_collection(call.project_id, call.collection_id)
        self._changed(reply)

    def _remove(self, call: c.RemoveProject, reply: Reply) -> None:
        self._store.remove_project(call.project_id)
        self._changed(reply)

    def _move(self, call: c.MoveToProject, reply: Reply) -> None:
        self._store.move_to_project(call.chat_id, call.project_id)
        self._changed(reply, call.chat_id)

    def _branch(self, call: c.BranchChat, reply: Reply) -> None:
        """Files that are only in the chat are copied first, as they were read; the branch then has its own."""

        def made(attached_id: int = 0, copies: Mapping[int, int] = NOTHING) -> None:
            try:
                chat = self._store.chat(self._store.branch(call.answer_id, attached_id, copies))
            except AppError as error:
                reply.failed(error)
                self._attachments.sweep()  # nobody names the copies
                return
            reply.done(c.ChatBranched(chat=chat))
            self._house.tell(ChatsChanged(chat_ids=(chat.id,)))

        attached_id = self._store.chat(self._store.turn(call.answer_id).chat_id).attached_id
        if attached_id:
            self._attachments.copied(attached_id, made, reply.failed)
        else:
            made()

    def _changed(self, reply: Reply, *chat_ids: int) -> None:
        reply.done(Done())
        self._house.tell(ChatsChanged(chat_ids=chat_ids))
