"""The chats of the sidebar: grouped by day, a page at a time, or what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.chats.records import Chat, Hit
from app.gui.chat.reader import ChatReader

PAGE = 100
Index = QModelIndex | QPersistentModelIndex

CHAT_ID = Qt.ItemDataRole.UserRole
IS_HEADING = Qt.ItemDataRole.UserRole + 1
SNIPPET = Qt.ItemDataRole.UserRole + 2


class ChatList(QAbstractListModel):
    """Rows are headings (text) and chats. Renaming goes through `setData`, so the view's own editor does it."""

    rename_asked = Signal(int, str)
    """Chat id and the name it should have."""

    def __init__(self, store: ChatReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._query = ""
        self._chats: list[Chat] = []
        self._rows: list[str | Chat] = []
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
        if self._query:
            hits = self._store.search(self._query)
            self._chats = [hit.chat for hit in hits]
            self._snippets = {hit.chat.id: plain_snippet(hit) for hit in hits}
            self._total = len(hits)
            self._rows = list(self._chats)
        else:
            self._total = self._store.count()
            self._chats = self._store.list_chats(limit=max(PAGE, len(self._chats)))
            self._rows = grouped(self._chats, date.today())
        self.endResetModel()

    def index_of(self, chat_id: int) -> QModelIndex:
        """Where a chat stands; an invalid index where it is not shown."""
        for row, item in enumerate(self._rows):
            if isinstance(item, Chat) and item.id == chat_id:
                return self.index(row)
        return QModelIndex()

    def chat_at(self, index: Index) -> Chat | None:
        item = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return item if isinstance(item, Chat) else None

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._query and len(self._chats) < self._total

    def fetchMore(self, parent: Index) -> None:
        """Append the next page."""
        more = self._store.list_chats(limit=PAGE, offset=len(self._chats))
        if not more:
            self._total = len(self._chats)
            return
        self._chats.extend(more)
        rows = grouped(self._chats, date.today())
        self.beginInsertRows(QModelIndex(), len(self._rows), len(rows) - 1)
        self._rows = rows
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.chat_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        item = self._rows[index.row()]
        heading = isinstance(item, str)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole):
            return item if isinstance(item, str) else item.title
        if role == IS_HEADING:
            return heading
        if isinstance(item, str):
            return None
        if role == CHAT_ID:
            return item.id
        if role == SNIPPET:
            return self._snippets.get(item.id, "")
        if role == Qt.ItemDataRole.ToolTipRole:
            when = QDateTime.fromSecsSinceEpoch(int(item.updated_at))
            return f"{item.title}\n{QLocale().toString(when, QLocale.FormatType.ShortFormat)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        chat = self.chat_at(index)
        title = str(value).strip()
        if chat is None or not title or title == chat.title:
            return False
        self.rename_asked.emit(chat.id, title)
        return True


def grouped(chats: Sequence[Chat], today: date) -> list[str | Chat]:
    """Chats, newest first, with a heading before each group: today, yesterday, 7 days, 30 days, then months."""
    rows: list[str | Chat] = []
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
