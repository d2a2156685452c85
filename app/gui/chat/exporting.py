"""Saves chats in files, and deletes all of them: what the sidebar and Settings offer beyond one message."""

from __future__ import annotations

from pathlib import Path

from app.chats import exchange
from app.core.calls.chats import PurgeChats
from app.errors import AppError
from app.files import write_atomic
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.gui.widgets.file_dialogs import ask_where_to_save


def export_chat(parts: Parts, window: MainWindow, chat_id: int) -> None:
    """Save one chat as Markdown."""
    try:
        title = parts.reader.chat(chat_id).title
        text = exchange.export_markdown(parts.reader.opened(), chat_id)
    except AppError as error:
        window.toast(str(error))
        return
    _save(window, window.tr("Export chat"), f"{file_name(title)}.md", "Markdown (*.md)", text.encode())


def export_all(parts: Parts, window: MainWindow) -> None:
    """Save every chat in a file that Inhouse can read again."""
    try:
        data = exchange.export_json(parts.reader.opened())
    except AppError as error:
        window.toast(str(error))
        return
    _save(window, window.tr("Export chats"), "inhouse-chats.json", "JSON (*.json)", data)


def delete_all(parts: Parts, window: MainWindow) -> None:
    """Delete every chat for good, after asking once."""
    count = parts.reader.count()
    title = window.tr("Delete all {0} chats?").format(count)
    detail = window.tr("They are removed for good. Documents, models and settings stay.")
    if not window.confirm(title, detail, window.tr("Delete {0} chats").format(count)):
        return
    parts.chats.new_chat()
    parts.core.request(PurgeChats(everything=True), failed=lambda error: window.toast(str(error)))


def file_name(title: str) -> str:
    """A chat's title as every file system takes it."""
    return "".join(char for char in title if char.isalnum() or char in " -_").strip() or "chat"


def _save(window: MainWindow, title: str, name: str, kinds: str, data: bytes) -> None:
    path = ask_where_to_save(window, title, name, kinds)
    if path is None:
        return
    try:
        write_atomic(path, data)
    except AppError as error:
        window.toast(str(error))
        return
    window.toast(window.tr("Saved as “{0}”.").format(Path(path).name))
