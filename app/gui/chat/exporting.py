"""Saves chats in files, takes in files of chats, deletes all: what sidebar and Settings offer beyond one message."""

from __future__ import annotations

from pathlib import Path

from app.core.calls.chat_files import ChatsImported, ChatsStored, ExportChats, ImportChats
from app.core.calls.chats import PurgeChats
from app.core.calls.takeout import TakenOut, TakeOut
from app.errors import AppError
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.gui.widgets.file_dialogs import ask_for_file, ask_where_to_save, ask_where_to_save_as


def export_chat(parts: Parts, window: MainWindow, chat_id: int) -> None:
    """Save one chat to be read: Markdown, Word or PDF, its sources as footnotes."""
    try:
        title = parts.reader.chat(chat_id).title
    except AppError as error:
        window.toast(str(error))
        return
    kinds = f"Markdown (*.md);;{window.tr('Word')} (*.docx);;PDF (*.pdf)"
    path, suffix = ask_where_to_save_as(window, window.tr("Export chat"), f"{file_name(title)}.md", kinds)
    if path is not None:
        save_chat(parts, window, path if path.suffix else path.with_suffix(suffix), (chat_id,))


def export_all(parts: Parts, window: MainWindow) -> None:
    """Save every chat in a file that Inhouse can read again."""
    path = ask_where_to_save(window, window.tr("Export chats"), "inhouse-chats.json", "JSON (*.json)")
    if path is not None:
        save_chat(parts, window, path, ())


def take_out(parts: Parts, window: MainWindow) -> None:
    """Save everything that the person owns in one archive, and say how that ended."""
    path = ask_where_to_save(window, window.tr("Save everything"), "inhouse.zip", "ZIP (*.zip)")
    if path is None:
        return

    def done(taken: TakenOut) -> None:
        said = window.tr("Saved as “{0}”.").format(path.name)
        if taken.left_out:
            said += " " + window.tr("{0} files could not be read: {1}").format(len(taken.left_out), taken.left_out[0])
        window.toast(said)

    window.toast(window.tr("Saving everything…"))
    parts.core.request(TakeOut(path=str(path)), done=done, failed=lambda error: window.toast(str(error)))


def save_chat(parts: Parts, window: MainWindow, path: Path, chat_ids: tuple[int, ...]) -> None:
    """Have the core write these chats, or all, and say how that ended."""
    parts.core.request(
        ExportChats(path=str(path), chat_ids=chat_ids),
        done=lambda _: window.toast(window.tr("Saved as “{0}”.").format(path.name)),
        failed=lambda error: window.toast(str(error)),
    )


def import_chats(parts: Parts, window: MainWindow) -> None:
    """Choose a file of chats, ours or another app's, and say what came of it."""
    kinds = window.tr("Chats of Inhouse, ChatGPT, Open WebUI, LM Studio ({0})").format("*.json *.zip")
    path = ask_for_file(window, window.tr("Import chats"), kinds)
    if not path:
        return
    added = 0

    def failed(error: AppError) -> None:
        window.end_notice()
        window.toast(str(error))

    def done(data: ChatsImported) -> None:
        window.end_notice()
        window.toast(imported_words(window, data))

    def stored(data: ChatsStored) -> None:
        nonlocal added
        added = data.done
        banner.set_text(window.tr("Importing chats: {0}").format(f"{added:,}"))

    def cancelled() -> None:
        window.end_notice()
        window.toast(window.tr("Stopped. {0} chats were added before, and stay.").format(f"{added:,}"))

    banner = window.notice(window.tr("Importing chats…"), action=window.tr("Stop"))
    job = parts.core.request(ImportChats(path=path), done=done, event=stored, failed=failed, cancelled=cancelled)
    banner.acted.connect(lambda: job.cancel())  # a signal keeps no job alive


def imported_words(window: MainWindow, found: ChatsImported) -> str:
    """How an import ended, in a sentence or two."""
    app = found.app or "Inhouse"
    several = window.tr("{0} chats were added from {1}.").format(f"{found.added:,}", app)
    words = [window.tr("1 chat was added from {0}.").format(app) if found.added == 1 else several]
    if found.known:
        words.append(window.tr("Here already: {0}.").format(f"{found.known:,}"))
    if found.left_out:
        said = window.tr("Left out, since a chat would have had too many: {0} other versions of messages.")
        words.append(said.format(f"{found.left_out:,}"))
    if found.skipped:
        first = found.skipped[0]
        named = f"“{first.title}”: {first.reason}" if first.title else first.reason
        words.append(window.tr("Not read: {0}. {1}").format(f"{len(found.skipped):,}", named))
    return " ".join(words)


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
