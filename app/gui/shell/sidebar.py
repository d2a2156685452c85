"""The sidebar: new chat, search, the chats by day and the pages; under 1000 px a rail of icons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app.gui.chat.reader import ChatReader
from app.gui.icons import paint_icon
from app.gui.shell.chat_list import ChatListView
from app.gui.shell.chats_model import ChatList
from app.gui.shell.logo import Logo
from app.gui.theme import theme
from app.gui.widgets import (
    FOCUS_RING,
    EnterPresses,
    IconButton,
    IconLabel,
    Label,
    LeadingButton,
    SearchField,
    ThemedWidget,
    paint_box,
)
from app.gui.widgets.page_frame import Separator

SEARCH_DELAY_MS = 150


@dataclass(frozen=True)
class Place:
    """A page that the sidebar leads to."""

    key: str
    icon: str
    label: str
    shortcut: str = ""


def places(keys: Collection[str]) -> list[Place]:
    """The pages below the chats, of those that the window can build."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("MainWindow", text)

    known = [
        Place("documents", "folder-open", tr("Documents"), "Ctrl+2"),
        Place("models", "box", tr("Models"), "Ctrl+3"),
        Place("finetune", "graduation-cap", tr("Fine-tune"), "Ctrl+4"),
        Place("settings", "settings", tr("Settings"), "Ctrl+,"),
    ]
    return [place for place in known if place.key in keys]


class Sidebar(ThemedWidget):
    """Tells what was asked for; the window does it."""

    new_chat_asked = Signal()
    temporary_chat_asked = Signal()
    chat_opened = Signal(int)
    chat_delete_asked = Signal(int)
    chat_export_asked = Signal(int)
    place_chosen = Signal(str)
    collapse_asked = Signal()
    chats_asked = Signal()
    search_asked = Signal()

    def __init__(self, store: ChatReader, places: Sequence[Place], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chats = ChatList(store, self)
        self._places = tuple(places)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 1, 0)
        self._open = self._build_open()
        self._stack.addWidget(self._open)
        self._rail: _Rail | None = None
        self._here = "chat"
        self._details: dict[str, tuple[str, bool]] = {}
        self.set_collapsed(False)

    @property
    def collapsed(self) -> bool:
        return self._stack.currentWidget() is self._rail

    def set_collapsed(self, collapsed: bool) -> None:
        """Show the rail of icons, or everything."""
        if collapsed and self._rail is None:
            self._rail = self._build_rail()
            self._stack.addWidget(self._rail)
            self.show_place(self._here)
            for key, (text, running) in self._details.items():
                self._rail.buttons[key].set_detail(text, running)
        if collapsed and self._rail is not None:
            self._stack.setCurrentWidget(self._rail)
        else:
            self._stack.setCurrentWidget(self._open)
        self.setFixedWidth(theme().size("sidebarCollapsed") if collapsed else theme().px(theme().size("sidebar")))

    def show_place(self, key: str) -> None:
        """Mark the page that is open; "chat" marks the chat in the list instead."""
        self._here = key
        for name, row in self._rows.items():
            row.setChecked(name == key)
        if self._rail is not None:
            for name, button in self._rail.buttons.items():
                button.setChecked(name == key)

    def show_chat(self, chat_id: int) -> None:
        self.list.show_open(chat_id)

    def set_detail(self, key: str, text: str, *, running: bool = False) -> None:
        """A count or a state behind a page's name; `running` puts a dot on the rail."""
        self._details[key] = (text, running)
        self._rows[key].set_detail(text, running)
        if self._rail is not None:
            self._rail.buttons[key].set_detail(text, running)

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def reload(self) -> None:
        self.chats.reload()

    def edit_chat(self, chat_id: int) -> None:
        """Rename a chat in its row."""
        index = self.chats.index_of(chat_id)
        if index.isValid():
            self.list.scrollTo(index)
            self.list.edit(index)

    def _theme_changed(self) -> None:
        self.set_collapsed(self.collapsed)
        super()._theme_changed()

    def _build_open(self) -> QWidget:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        column.addLayout(self._build_tools())
        self.list = ChatListView(self.chats)
        self.list.opened.connect(self.chat_opened)
        self.list.delete_asked.connect(self.chat_delete_asked)
        self.list.export_asked.connect(self.chat_export_asked)
        column.addWidget(self.list, 1)
        self._nothing = Label("", "ui", "text3", wrap=True)
        self._nothing.setContentsMargins(20, 8, 20, 8)
        self._nothing.hide()
        column.insertWidget(2, self._nothing)
        column.addWidget(Separator())
        column.addLayout(self._build_places())
        column.addWidget(Separator())
        column.addLayout(self._build_promise())
        return body

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(16, 14, 10, 14)
        head.setSpacing(8)
        head.addWidget(Logo())
        head.addWidget(Label("Inhouse", "heading"))
        head.addStretch(1)
        collapse = IconButton("panel-left", self.tr("Hide the sidebar"), "Ctrl+B")
        collapse.clicked.connect(self.collapse_asked)
        head.addWidget(collapse)
        return head

    def _build_tools(self) -> QVBoxLayout:
        tools = QVBoxLayout()
        tools.setContentsMargins(12, 0, 11, 0)
        tools.setSpacing(8)
        keys = QKeySequence("Ctrl+N").toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        new = _NewChat(self.tr("New chat"), "secondary", "square-pen", hint=keys)
        new.setToolTip(self.tr("New chat ({0})").format(keys))
        new.clicked.connect(self.new_chat_asked)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(new, 1)
        temporary = IconButton("eye-off", self.tr("New temporary chat: nothing of it is kept"), "Ctrl+Shift+N", side=36)
        temporary.clicked.connect(self.temporary_chat_asked)
        row.addWidget(temporary)
        tools.addLayout(row)
        self.search = SearchField(self.tr("Search chats"), "Ctrl+K")
        self._search_timer = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._search_timer.timeout.connect(self._search)
        self.search.textChanged.connect(self._search_timer.start)
        self.search.returnPressed.connect(self._open_first)
        self.search.left.connect(self.chats_asked)
        tools.addWidget(self.search)
        tools.addSpacing(4)
        return tools

    def _build_places(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(8, 8, 7, 8)
        column.setSpacing(0)
        self._rows: dict[str, NavRow] = {}
        for place in self._places:
            row = NavRow(place)
            row.clicked.connect(lambda _=False, key=place.key: self.place_chosen.emit(key))
            self._rows[place.key] = row
            column.addWidget(row)
        return column

    def _build_promise(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(20, 8, 8, 8)
        row.setSpacing(8)
        self._promise_icon = IconLabel("shield-check", "success", 16)
        self._promise = Label("", "caption", "text2", wrap=True)
        row.addWidget(self._promise_icon)
        row.addWidget(self._promise, 1)
        self.show_host("")
        return row

    def show_host(self, host: str) -> None:
        """Where answers are computed: the name of a server, "" for this computer."""
        self._promise_icon.set_icon(*(("server", "accent") if host else ("shield-check", "success")))
        stays, elsewhere = self.tr("Your data stays on this computer"), self.tr("Answers are computed on {0}")
        self._promise.setText(elsewhere.format(host) if host else stays)

    def _build_rail(self) -> _Rail:
        rail = _Rail(self._places, self)
        rail.expand.clicked.connect(self.collapse_asked)
        rail.new.clicked.connect(self.new_chat_asked)
        rail.temporary.clicked.connect(self.temporary_chat_asked)
        rail.search.clicked.connect(self.search_asked)
        rail.chats.clicked.connect(self.chats_asked)
        for key, button in rail.buttons.items():
            if key != "chat":
                button.clicked.connect(lambda _=False, key=key: self.place_chosen.emit(key))
        return rail

    def _search(self) -> None:
        self.chats.search(self.search.text())
        nothing = bool(self.chats.query) and self.chats.rowCount() == 0
        self._nothing.setText(self.tr("No chat holds “{0}”.").format(self.chats.query) if nothing else "")
        self._nothing.setVisible(nothing)

    def _open_first(self) -> None:
        self._search_timer.stop()
        self._search()
        for row in range(self.chats.rowCount()):
            chat = self.chats.chat_at(self.chats.index(row))
            if chat is not None:
                self.chat_opened.emit(chat.id)
                return

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("window"))
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 1
        painter.fillRect(x, 0, 1, self.height(), theme().color("border"))


class _NewChat(LeadingButton):
    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(36))


class NavRow(EnterPresses, QAbstractButton):
    """A page's name with a count or a state at its end."""

    def __init__(self, place: Place, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place, self._detail, self._running = place, "", False
        self.setText(place.label)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        keys = QKeySequence(place.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{place.label} ({keys})" if keys else place.label)
        self.setAccessibleName(place.label)
        theme().changed.connect(self.updateGeometry)

    def set_detail(self, text: str, running: bool) -> None:
        self._detail, self._running = text, running
        self.setAccessibleName(f"{self._place.label}, {text}" if text else self._place.label)
        self.update()

    def nextCheckState(self) -> None:
        """The window decides which page is open, not the click."""

    def sizeHint(self) -> QSize:
        return QSize(180, theme().px(theme().size("navRow")))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        here = self.isChecked()
        fill = "selected" if here else "pressed" if self.isDown() else "hover" if self.underMouse() else None
        if fill:
            paint_box(painter, QRectF(self.rect()), fill=theme().color(fill))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        at = QRect(self.width() - 28 if rtl else 12, (self.height() - 16) // 2, 16, 16)
        paint_icon(painter, self._place.icon, "accent" if here else "text2", at)
        painter.setFont(theme().font("ui", strong=here))
        painter.setPen(theme().color("text" if here else "text2"))
        area = self.rect().adjusted(12, 0, -40, 0) if rtl else self.rect().adjusted(40, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | middle), self.text())
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text2"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTrailing | middle), self._detail)


class _RailButton(IconButton):
    """A page on the rail, with a dot for a running job."""

    def __init__(self, icon: str, name: str, shortcut: str = "") -> None:
        super().__init__(icon, name, shortcut, size=20, side=40)
        self._name = name
        self._dot = False

    def nextCheckState(self) -> None:
        """The window decides which page is open."""

    def set_detail(self, text: str, running: bool) -> None:
        self._dot = running
        self.set_name(f"{self._name}, {text}" if text else self._name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.isChecked():
            super().paintEvent(event)  # with a painter of its own: two at once on one widget end the program
        painter = QPainter(self)
        if self.isChecked():
            paint_box(painter, QRectF(self.rect()), fill=theme().color("selected"))
            paint_icon(painter, self._icon, "accent", QRect(10, 10, 20, 20))
        if self._dot:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(QRectF(26, 6, 8, 8))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)


class _Rail(QWidget):
    """The narrow form of the sidebar."""

    def __init__(self, places: Sequence[Place], parent: QWidget) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 7, 12)
        column.setSpacing(4)
        self.expand = _LogoButton()
        self.new = _RailButton("square-pen", self.tr("New chat"), "Ctrl+N")
        self.temporary = _RailButton("eye-off", self.tr("New temporary chat: nothing of it is kept"), "Ctrl+Shift+N")
        self.search = _RailButton("search", self.tr("Search chats"), "Ctrl+K")
        self.chats = _RailButton("message-square", self.tr("Chat"), "Ctrl+1")
        self.chats.setCheckable(True)
        self.buttons: dict[str, _RailButton] = {"chat": self.chats}
        column.addWidget(self.expand)
        column.addSpacing(8)
        for button in (self.new, self.temporary, self.search, self.chats):
            column.addWidget(button)
        column.addStretch(1)
        for place in places:
            button = _RailButton(place.icon, place.label, place.shortcut)
            button.setCheckable(True)
            self.buttons[place.key] = button
            column.addWidget(button)


class _LogoButton(IconButton):
    """The logo on the rail opens the sidebar."""

    def __init__(self) -> None:
        super().__init__("panel-left", self.tr("Show the sidebar"), "Ctrl+B", side=40)
        self._logo = Logo(self)
        self._logo.move(8, 8)
        self._logo.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.underMouse():
            paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("hover"))
