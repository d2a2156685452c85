"""The chats of the sidebar: projects with theirs, then the others by day, a page at a time, or what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QDateTime,
    QLocale,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.chats.records import Chat, Hit, Project
from app.gui.chat.reader import ChatReader

PAGE = 100
Index = QModelIndex | QPersistentModelIndex

CHAT_ID = Qt.ItemDataRole.UserRole
IS_HEADING = Qt.ItemDataRole.UserRole + 1
SNIPPET = Qt.ItemDataRole.UserRole + 2
CHAT_MIME = "application/x-inhouse-chat"
"""A chat that is dragged: its id in decimal."""
MOST_OF_PROJECT = 500
"""Chats that a project shows; a search finds the others."""
Row = str | Chat | Project


class ChatList(QAbstractListModel):
    """Rows are headings (text), projects and chats. Renaming goes through `setData`: the view's own editor does it."""

    rename_asked = Signal(int, str)
    """Chat id and the name it should have."""
    project_rename_asked = Signal(int, str)
    move_asked = Signal(int, int)
    """Chat id and project id, 0 for none."""
    collapse_changed = Signal()

    def __init__(self, store: ChatReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._query = ""
        self._chats: list[Chat] = []
        self._rows: list[Row] = []
        self._projects: dict[int, Project] = {}
        self.collapsed: set[int] = set()
        """Ids of projects whose chats are not shown."""
        self.hovered = 0
        """The project that a dragged chat is over."""
        self._snippets: dict[int, str] = {}
        self._total = 0
        self.reload()

    @property
    def query(self) -> str:
        return self._query

    def search(self, query: str) -> None:
        """Show what matches, or everything for ""."""
        if query.strip() != self._query:
            self._query = query.strip()
            self.reload()

    def reload(self) -> None:
        """Read the chats again, as many as were shown."""
        self.beginResetModel()
        self._snippets = {}
        self._projects = {each.id: each for each in self._store.projects()}
        if self._query:
            hits = self._store.search(self._query)
            self._chats = [hit.chat for hit in hits]
            self._snippets = {hit.chat.id: self._snippet(hit) for hit in hits}
            self._total = len(hits)
            self._rows = list(self._chats)
        else:
            self._total = self._store.count(0)
            self._chats = self._store.list_chats(limit=max(PAGE, len(self._chats)), project_id=0)
            self._rows = [*self._in_projects(), *grouped(self._chats, date.today())]
        self.endResetModel()

    @property
    def projects(self) -> list[Project]:
        """By name."""
        return list(self._projects.values())

    def toggle(self, project_id: int) -> None:
        """Show the chats of a project, or no longer."""
        self.collapsed ^= {project_id}
        self.collapse_changed.emit()
        self.reload()

    def _in_projects(self) -> list[Row]:
        rows: list[Row] = []
        for project in self._projects.values():
            rows.append(project)
            if project.id not in self.collapsed:
                rows += self._store.list_chats(limit=MOST_OF_PROJECT, project_id=project.id)
        return rows

    def _snippet(self, hit: Hit) -> str:
        """The project that a chat is in, and the place that matched."""
        project = self._projects.get(hit.chat.project_id)
        return " · ".join(part for part in (project.name if project else "", plain_snippet(hit)) if part)

    def index_of(self, chat_id: int) -> QModelIndex:
        """Where a chat stands; an invalid index where it is not shown."""
        for row, item in enumerate(self._rows):
            if isinstance(item, Chat) and item.id == chat_id:
                return self.index(row)
        return QModelIndex()

    def project_index(self, project_id: int) -> QModelIndex:
        """Where a project stands; an invalid index where it is not shown."""
        rows = (row for row, item in enumerate(self._rows) if isinstance(item, Project) and item.id == project_id)
        return self.index(next(rows, -1))

    def chat_at(self, index: Index) -> Chat | None:
        item = self._row(index)
        return item if isinstance(item, Chat) else None

    def project_at(self, index: Index) -> Project | None:
        item = self._row(index)
        return item if isinstance(item, Project) else None

    def project_of(self, index: Index) -> int:
        """The project that a row is, or is in; 0 for none."""
        item = self._row(index)
        return item.id if isinstance(item, Project) else item.project_id if isinstance(item, Chat) else 0

    def _row(self, index: Index) -> Row | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._query and len(self._chats) < self._total

    def fetchMore(self, parent: Index) -> None:
        """Append the next page."""
        more = self._store.list_chats(limit=PAGE, offset=len(self._chats), project_id=0)
        if not more:
            self._total = len(self._chats)
            return
        self._chats.extend(more)
        first = next((i for i, row in enumerate(self._rows) if isinstance(row, str)), len(self._rows))
        rows = [*self._rows[:first], *grouped(self._chats, date.today())]
        self.beginInsertRows(QModelIndex(), len(self._rows), len(rows) - 1)
        self._rows = rows
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.chat_at(index) is None and self.project_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        item = self._rows[index.row()]
        heading = isinstance(item, str)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(item, Project):
                return self._spoken(item) if role == Qt.ItemDataRole.AccessibleTextRole else item.name
            return item if isinstance(item, str) else item.title
        if role == IS_HEADING:
            return heading
        if isinstance(item, str):
            return None
        if isinstance(item, Project):
            return self._spoken(item) if role == Qt.ItemDataRole.ToolTipRole else None
        if role == CHAT_ID:
            return item.id
        if role == SNIPPET:
            return self._snippets.get(item.id, "")
        if role == Qt.ItemDataRole.ToolTipRole:
            when = QDateTime.fromSecsSinceEpoch(int(item.updated_at))
            return f"{item.title}\n{QLocale().toString(when, QLocale.FormatType.ShortFormat)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        chat, project = self.chat_at(index), self.project_at(index)
        title = str(value).strip()
        if project is not None and title and title != project.name:
            self.project_rename_asked.emit(project.id, title)
            return True
        if chat is None or not title or title == chat.title:
            return False
        self.rename_asked.emit(chat.id, title)
        return True

    # --- a chat that is dragged --------------------------------------------------------------------------------------

    def mimeTypes(self) -> list[str]:
        return [CHAT_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for chat in filter(None, map(self.chat_at, indexes)):
            data.setData(CHAT_MIME, str(chat.id).encode())
        return data

    def drop(self, data: QMimeData, index: Index) -> bool:
        """A dragged chat is let go over a row: into its project, or out of any; → whether that changes anything."""
        try:
            chat_id = int(bytes(data.data(CHAT_MIME).data()))
        except ValueError:
            return False
        chat, project_id = self.chat_at(self.index_of(chat_id)), self.project_of(index)
        if chat is None or chat.project_id == project_id:
            return False
        self.move_asked.emit(chat_id, project_id)
        return True

    def _spoken(self, project: Project) -> str:
        folded = project.id in self.collapsed
        words = self.tr("Project {0}, {1} chats, folded") if folded else self.tr("Project {0}, {1} chats")
        return words.format(project.name, project.chats)


def grouped(chats: Sequence[Chat], today: date) -> list[Row]:
    """Chats, newest first, with a heading before each group: today, yesterday, 7 days, 30 days, then months."""
    rows: list[Row] = []
    last = ""
    for chat in chats:
        heading = heading_of(chat.updated_at, today)
        if heading != last:
            rows.append(heading)
            last = heading
        rows.append(chat)
    return rows


def heading_of(when: float, today: date) -> str:
    """The group of a moment (seconds since the epoch), by the calendar of this computer."""
    day = date.fromtimestamp(max(when, 0.0))
    age = (today - day).days
    if age <= 0:
        return _tr("Today")
    if age == 1:
        return _tr("Yesterday")
    if age <= 7:
        return _tr("Previous 7 days")
    if age <= 30:
        return _tr("Previous 30 days")
    month = QLocale().standaloneMonthName(day.month)
    return f"{month} {day.year}" if day.year != today.year else month


def plain_snippet(hit: Hit) -> str:
    """The place that matched, without the marks round the matches."""
    return " ".join(hit.snippet.replace("\x02", "").replace("\x03", "").split())


def _tr(text: str) -> str:
    return QCoreApplication.translate("ChatList", text)
