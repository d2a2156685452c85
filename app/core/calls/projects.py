"""What a door says about projects (groups of chats) and branches; ChatsChanged tells every door of what came of it."""

from __future__ import annotations

from app.chats.records import Chat, Project
from app.workers.message import Call, Data


class CreateProject(Call, frozen=True):
    """A new group of chats; → ProjectMade. `collection_id` is what its new chats ask, 0: as any new chat."""

    name: str
    collection_id: int = 0


class RenameProject(Call, frozen=True):
    """→ Done."""

    project_id: int
    name: str


class SetProjectCollection(Call, frozen=True):
    """What new chats of the project ask, 0: as any new chat; → Done."""

    project_id: int
    collection_id: int


class RemoveProject(Call, frozen=True):
    """Its chats stay, in no project; → Done."""

    project_id: int


class MoveToProject(Call, frozen=True):
    """A chat into a project, or with 0 out of any; → Done."""

    chat_id: int
    project_id: int


class BranchChat(Call, frozen=True):
    """A new chat with everything up to an answer; → ChatBranched."""

    answer_id: int


class ProjectMade(Data, frozen=True):
    """A new project."""

    project: Project


class ChatBranched(Data, frozen=True):
    """The new chat."""

    chat: Chat


Calls = CreateProject | RenameProject | SetProjectCollection | RemoveProject | MoveToProject | BranchChat
Answers = ProjectMade | ChatBranched
