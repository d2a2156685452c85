"""What a door says about assistants and saved prompts, and what every door is told of them."""

from __future__ import annotations

from app.library.records import Assistant, Library, Prompt
from app.workers.message import Call, Data


class ListLibrary(Call, frozen=True):
    """All assistants and prompts; → LibraryListed."""


class KeepAssistant(Call, frozen=True):
    """Add one (its id is ""), or change the one of its id; → AssistantKept.

    With `before` it is changed only where it is still so: another door may have been quicker.
    """

    assistant: Assistant
    before: Assistant | None = None


class KeepPrompt(Call, frozen=True):
    """Likewise a prompt; → PromptKept."""

    prompt: Prompt
    before: Prompt | None = None


class RemoveFromLibrary(Call, frozen=True):
    """Remove an assistant or a prompt; chats that it answered stay as they are; → Done."""

    id: str


class RestoreToLibrary(Call, frozen=True):
    """Bring back what was removed since Inhouse was opened; → Done."""

    id: str


class ExportLibrary(Call, frozen=True):
    """Write assistants and prompts into a file to hand on, `ids` empty: all; → Done."""

    path: str
    ids: tuple[str, ...] = ()


class ImportLibrary(Call, frozen=True):
    """Take over what such a file holds, beside what is there; → LibraryImported."""

    path: str


class SetChatAssistant(Call, frozen=True):
    """Who answers in this chat from now on, "" for nobody in particular; → Done. One with a collection of its own
    has the chat ask that."""

    chat_id: int
    assistant_id: str


class LibraryListed(Data, frozen=True):
    """`note`: what went wrong when it was read, for the user."""

    library: Library
    note: str = ""


class AssistantKept(Data, frozen=True):
    """As it is kept now."""

    assistant: Assistant


class PromptKept(Data, frozen=True):
    """As it is kept now."""

    prompt: Prompt


class LibraryImported(Data, frozen=True):
    """What is new by it, and names of models and collections in the file that nothing here is called."""

    library: Library
    missing: tuple[str, ...] = ()


class LibraryChanged(Data, frozen=True):
    """Told to every door."""

    library: Library


Calls = (
    ListLibrary
    | KeepAssistant
    | KeepPrompt
    | RemoveFromLibrary
    | RestoreToLibrary
    | ExportLibrary
    | ImportLibrary
    | SetChatAssistant
)
Answers = LibraryListed | AssistantKept | PromptKept | LibraryImported
Events = LibraryChanged
