"""Projects: named groups of chats, each with the collection that its new chats ask."""

from __future__ import annotations

import time
from typing import cast

from app.chats.ratings import Ratings
from app.chats.records import Project
from app.errors import AppError

_COLUMNS = (
    "id, name, collection_id, "
    "(SELECT count(*) FROM chats WHERE project_id = projects.id AND deleted_at IS NULL) AS chats"
)
LONGEST = 100


class Projects(Ratings):
    """Makes, renames and removes projects. A chat is in one of them or in none, and outlives its project."""

    def projects(self) -> list[Project]:
        """By name."""
        found = [Project(**dict(row)) for row in self._read(f"SELECT {_COLUMNS} FROM projects")]
        return sorted(found, key=lambda each: (each.name.casefold(), each.id))

    def project(self, project_id: int) -> Project:
        """Raises AppError where there is no such project."""
        rows = self._read(f"SELECT {_COLUMNS} FROM projects WHERE id = ?", (project_id,))
        if not rows:
            raise AppError("This project no longer exists.", "Choose another one.")
        return Project(**dict(rows[0]))

    def create_project(self, name: str, collection_id: int = 0) -> Project:
        """A new one without chats.

        Raises:
            AppError: it has no name, or another one has it.
        """
        name = self._free_name(name, 0)
        with self._change() as db:
            sql = "INSERT INTO projects (name, collection_id, created_at) VALUES (?, ?, ?)"
            cursor = db.execute(sql, (name, collection_id, time.time()))
            return self.project(cast(int, cursor.lastrowid))

    def project_named(self, name: str) -> int:
        """The id of the project of that name, made where there is none; 0 for ""."""
        name = _tidy(name)
        known = {each.name.casefold(): each.id for each in self.projects()}
        return (known.get(name.casefold()) or self.create_project(name).id) if name else 0

    def rename_project(self, project_id: int, name: str) -> None:
        """Raises AppError where another one has that name."""
        self.project(project_id)
        name = self._free_name(name, project_id)
        with self._change() as db:
            db.execute("UPDATE projects SET name = ? WHERE id = ?", (name, project_id))

    def set_project_collection(self, project_id: int, collection_id: int) -> None:
        """What new chats of the project ask; 0: as any new chat."""
        self.project(project_id)
        with self._change() as db:
            db.execute("UPDATE projects SET collection_id = ? WHERE id = ?", (collection_id, project_id))

    def remove_project(self, project_id: int) -> None:
        """Its chats stay and are in no project then."""
        self.project(project_id)
        with self._change() as db:
            db.execute("UPDATE chats SET project_id = 0 WHERE project_id = ?", (project_id,))
            db.execute("DELETE FROM projects WHERE id = ?", (project_id,))

    def move_to_project(self, chat_id: int, project_id: int) -> None:
        """Into this project, or out of any with 0; the chat keeps its date and its collection."""
        if project_id:
            self.project(project_id)
        with self._change() as db:
            if db.execute("UPDATE chats SET project_id = ? WHERE id = ?", (project_id, chat_id)).rowcount == 0:
                raise AppError("This chat no longer exists.", "Choose another one.")

    def _free_name(self, name: str, own_id: int) -> str:
        name = _tidy(name)
        if not name:
            raise AppError("A project needs a name.", "Type one.")
        if any(each.name.casefold() == name.casefold() and each.id != own_id for each in self.projects()):
            raise AppError(f"There is a project called “{name}” already.", "Choose another name.")
        return name


def _tidy(name: str) -> str:
    return " ".join(name.split())[:LONGEST].strip()
