"""The assistants and prompts of this data folder: keeps them, hands them on as files, says who answers in a chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from app.chats.records import Chat
from app.core.calls import library as c
from app.core.calls.chats import ChatsChanged
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.files import write_atomic
from app.library import exchange
from app.library.records import Assistant, Library
from app.library.store import LibraryStore
from app.types import InstalledModel
from app.workers.calls.documents import Collections, ListCollections
from app.workers.message import Call, Done


class LibraryDesk:
    """The only writer of the file."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self._kept = LibraryStore(house.home.library_file)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ListLibrary: self._list,
            c.KeepAssistant: self._keep_assistant,
            c.KeepPrompt: self._keep_prompt,
            c.RemoveFromLibrary: self._remove,
            c.RestoreToLibrary: self._restore,
            c.ExportLibrary: self._export,
            c.ImportLibrary: self._import,
            c.SetChatAssistant: self._set_for_chat,
        }

    @property
    def all(self) -> Library:
        """Assistants and prompts as they are."""
        return self._kept.library()

    @property
    def is_busy(self) -> bool:
        """Everything is done at once."""
        return False

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    @property
    def note(self) -> str:
        """What went wrong when the file was read, for the user."""
        return self._kept.note

    # --- for the other parts ------------------------------------------------------------------------------------------

    def find(self, assistant_id: str) -> Assistant | None:
        """The assistant of this id; None for "", and where it was removed."""
        return self._kept.assistant(assistant_id) if assistant_id else None

    def named(self, assistant_id: str) -> Assistant | None:
        """The assistant that a question names. Raises AppError where it was removed."""
        found = self.find(assistant_id)
        if assistant_id and found is None:
            raise AppError("This assistant is no longer there.", "Choose another one.")
        return found

    def places(self, assistant: Assistant | None) -> int | None:
        """The collection that this assistant's chats ask; None: it has none of its own, or that one was removed."""
        if assistant is None or not assistant.collection_id:
            return assistant.collection_id if assistant is not None else None
        known = {each.id for each in self._documents.collections}
        return assistant.collection_id if assistant.collection_id in known or not known else None

    def own_model(self, assistant: Assistant | None) -> InstalledModel | None:
        """The model that it asks for; None where that is not installed any more, or it asks for none."""
        if assistant is None or not assistant.model_id:
            return None
        return next((each for each in self._house.registry.models() if each.id == assistant.model_id), None)

    def model_id_of(self, chat: Chat) -> str:
        """The model that answers in a chat: its own, or that of its assistant; "" the one in use."""
        if chat.own_model_id:
            return chat.own_model_id
        model = self.own_model(self.find(chat.assistant_id))
        return model.id if model is not None else ""

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _list(self, call: c.ListLibrary, reply: Reply) -> None:
        reply.done(c.LibraryListed(library=self._kept.library(), note=self._kept.note))

    def _keep_assistant(self, call: c.KeepAssistant, reply: Reply) -> None:
        reply.done(c.AssistantKept(assistant=self._kept.keep_assistant(call.assistant, call.before)))
        self._changed()

    def _keep_prompt(self, call: c.KeepPrompt, reply: Reply) -> None:
        reply.done(c.PromptKept(prompt=self._kept.keep_prompt(call.prompt, call.before)))
        self._changed()

    def _remove(self, call: c.RemoveFromLibrary, reply: Reply) -> None:
        self._kept.remove(call.id)
        reply.done(Done())
        self._changed()

    def _restore(self, call: c.RestoreToLibrary, reply: Reply) -> None:
        self._kept.restore(call.id)
        reply.done(Done())
        self._changed()

    def _export(self, call: c.ExportLibrary, reply: Reply) -> None:
        self.with_names(reply, lambda names: self._write(call, names, reply))

    def _write(self, call: c.ExportLibrary, names: exchange.Names, reply: Reply) -> None:
        library = self._kept.library()
        if call.ids:
            library = Library(
                assistants=tuple(each for each in library.assistants if each.id in call.ids),
                prompts=tuple(each for each in library.prompts if each.id in call.ids),
            )
        if not library.assistants and not library.prompts:
            raise AppError("There is nothing to export.", "Make an assistant or save a prompt first.")
        path = Path(call.path)
        if path.is_dir():
            raise AppError(f"“{path.name}” is a folder.", "Name a file in it.")
        write_atomic(path, exchange.write(library, names))
        reply.done(Done())

    def _import(self, call: c.ImportLibrary, reply: Reply) -> None:
        self.with_names(reply, lambda names: self._read(call, names, reply))

    def _read(self, call: c.ImportLibrary, names: exchange.Names, reply: Reply) -> None:
        found, missing = exchange.read(exchange.read_file(Path(call.path)), names)
        added = self._kept.add(found)
        reply.done(c.LibraryImported(library=added, missing=missing))
        self._changed()

    def _set_for_chat(self, call: c.SetChatAssistant, reply: Reply) -> None:
        assistant = self.named(call.assistant_id)
        with self._house.store.together():
            self._house.store.set_assistant(call.chat_id, call.assistant_id)
            place = self.places(assistant)
            if place is not None:
                self._house.store.set_collection(call.chat_id, place)
        reply.done(Done())
        self._house.tell(ChatsChanged(chat_ids=(call.chat_id,)))

    def with_names(self, reply: Reply, then: Callable[[exchange.Names], object]) -> None:
        """Once it is known what models and collections are called here."""
        models = {each.id: each.name for each in self._house.registry.models()}

        def listed(data: Collections) -> None:
            collections = {each.id: each.name for each in data.collections}
            try:
                then(exchange.Names(models=models, collections=collections))
            except AppError as error:
                reply.failed(error)

        self._documents.child.request(ListCollections(), done=listed, failed=reply.failed)

    def _changed(self) -> None:
        self._house.tell(c.LibraryChanged(library=self._kept.library()))
