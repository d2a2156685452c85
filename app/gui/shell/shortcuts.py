"""The keyboard, declared once: the window's shortcuts, the F1 list and the page of Settings read the same table."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a text for the translators (lupdate knows the name); Qt's own has no types."""
    return text


@dataclass(frozen=True)
class Keys:
    """One line of the list. `action` names what the window does; "" where a page or a field handles the key itself."""

    group: str
    sequences: tuple[str, ...]
    text: str
    action: str = ""

    def shown(self) -> list[str]:
        """The keys in this system's notation."""
        return [native(sequence) for sequence in self.sequences]


CHAT = QT_TRANSLATE_NOOP("Shortcuts", "Chat")
DOCUMENTS = QT_TRANSLATE_NOOP("Shortcuts", "Documents")
WINDOW = QT_TRANSLATE_NOOP("Shortcuts", "Window")
LISTS = QT_TRANSLATE_NOOP("Shortcuts", "Lists")

TABLE: tuple[Keys, ...] = (
    Keys(CHAT, ("Ctrl+N",), QT_TRANSLATE_NOOP("Shortcuts", "New chat"), "new_chat"),
    Keys(
        CHAT,
        ("Ctrl+Shift+N",),
        QT_TRANSLATE_NOOP("Shortcuts", "Temporary chat, of which nothing is kept"),
        "new_temporary_chat",
    ),
    Keys(CHAT, ("Ctrl+K",), QT_TRANSLATE_NOOP("Shortcuts", "Search chats"), "search_chats"),
    Keys(CHAT, ("Ctrl+L",), QT_TRANSLATE_NOOP("Shortcuts", "Go to the input"), "focus_input"),
    Keys(CHAT, ("Return",), QT_TRANSLATE_NOOP("Shortcuts", "Send")),
    Keys(CHAT, ("Shift+Return",), QT_TRANSLATE_NOOP("Shortcuts", "New line")),
    Keys(CHAT, ("Esc",), QT_TRANSLATE_NOOP("Shortcuts", "Stop the answer, else close the panel, dialog or drag")),
    Keys(CHAT, ("Ctrl+Up",), QT_TRANSLATE_NOOP("Shortcuts", "Edit the last message (in an empty input)")),
    Keys(CHAT, ("Alt+1", "Alt+9"), QT_TRANSLATE_NOOP("Shortcuts", "Open source 1 to 9")),
    Keys(CHAT, ("Ctrl+[", "Ctrl+]"), QT_TRANSLATE_NOOP("Shortcuts", "Previous and next source")),
    Keys(CHAT, ("Ctrl+F",), QT_TRANSLATE_NOOP("Shortcuts", "Find in the open source")),
    Keys(CHAT, ("Ctrl+Return",), QT_TRANSLATE_NOOP("Shortcuts", "Open the file of the open source")),
    Keys(CHAT, ("Ctrl+Shift+C",), QT_TRANSLATE_NOOP("Shortcuts", "Copy the last answer")),
    Keys(CHAT, ("Ctrl+Z",), QT_TRANSLATE_NOOP("Shortcuts", "Bring back the chat that was deleted"), "undo_delete"),
    Keys(CHAT, ("Ctrl+Shift+M",), QT_TRANSLATE_NOOP("Shortcuts", "Switch model"), "switch_model"),
    Keys(DOCUMENTS, ("Ctrl+O",), QT_TRANSLATE_NOOP("Shortcuts", "Add files"), "add_files"),
    Keys(DOCUMENTS, ("Ctrl+Shift+O",), QT_TRANSLATE_NOOP("Shortcuts", "Add a folder"), "add_folder"),
    Keys(WINDOW, ("Ctrl+1",), QT_TRANSLATE_NOOP("Shortcuts", "Chat"), "page_chat"),
    Keys(WINDOW, ("Ctrl+2",), QT_TRANSLATE_NOOP("Shortcuts", "Documents"), "page_documents"),
    Keys(WINDOW, ("Ctrl+3",), QT_TRANSLATE_NOOP("Shortcuts", "Models"), "page_models"),
    Keys(WINDOW, ("Ctrl+4",), QT_TRANSLATE_NOOP("Shortcuts", "Fine-tune"), "page_finetune"),
    Keys(WINDOW, ("Ctrl+,",), QT_TRANSLATE_NOOP("Shortcuts", "Settings"), "page_settings"),
    Keys(WINDOW, ("Ctrl+B",), QT_TRANSLATE_NOOP("Shortcuts", "Show or hide the sidebar"), "toggle_sidebar"),
    Keys(WINDOW, ("F6", "Shift+F6"), QT_TRANSLATE_NOOP("Shortcuts", "Next and previous region")),
    Keys(WINDOW, ("Ctrl++", "Ctrl+-", "Ctrl+0"), QT_TRANSLATE_NOOP("Shortcuts", "Larger, smaller and normal text")),
    Keys(WINDOW, ("F1",), QT_TRANSLATE_NOOP("Shortcuts", "This list"), "shortcut_list"),
    Keys(LISTS, ("F2",), QT_TRANSLATE_NOOP("Shortcuts", "Rename the chat, project or collection")),
    Keys(LISTS, ("Del",), QT_TRANSLATE_NOOP("Shortcuts", "Delete what is selected")),
)


def native(sequence: str) -> str:
    """ "Ctrl N", or the signs that a Mac uses."""
    text = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
    return text if text == "+" else text.replace("++", "\0").replace("+", " ").replace("\0", " +")


def translated(text: str) -> str:
    """A text of the table in the user's language."""
    return QCoreApplication.translate("Shortcuts", text)


def available(hidden: frozenset[str]) -> list[Keys]:
    """The lines whose action the window offers."""
    return [keys for keys in TABLE if keys.action not in hidden]
