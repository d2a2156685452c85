"""Assistants and saved prompts of a conversation in the terminal: `/assistant` and `/prompt`."""

from __future__ import annotations

from collections.abc import Callable

from app.cli.assistants import filled, library, named, tell_what_is_gone
from app.cli.output import say, tell
from app.cli.session import Session
from app.core.calls.library import SetChatAssistant
from app.library.records import Assistant
from app.library.variables import fill, own_words
from app.settings import DEFAULT_ASSISTANT


class ChatLibrary:
    """Who answers in the conversation, and the prompts that can be asked in it."""

    def __init__(self, session: Session, read: Callable[[str], str | None]) -> None:
        """`read` asks the person for a line."""
        self._session, self._read = session, read
        self.assistant_id = ""
        """"" is nobody in particular."""

    def choose(self, words: list[str], chat_id: int) -> Assistant | None:
        """Let another one answer, in chats that begin too; without words they are listed. → the one that answers now,
        None where nothing changed or nobody in particular does."""
        kept = library(self._session).assistants
        if not words:
            for each in kept:
                say(each.name + (" (answers here)" if each.id == self.assistant_id else ""))
            if not kept:
                tell("There are no assistants yet. “inhouse assistants add NAME” makes one.")
            return None
        name = " ".join(words)
        chosen = None if name.casefold() == "none" else named(kept, name)
        self.assistant_id = chosen.id if chosen else ""
        if chat_id:
            self._session.call(SetChatAssistant(chat_id=chat_id, assistant_id=self.assistant_id))
        say(f"{chosen.name} answers now." if chosen else "Nobody in particular answers now.")
        if chosen is not None:
            tell_what_is_gone(chosen, self._session)
        return chosen

    def first(self) -> Assistant | None:
        """Let the one answer that new chats begin with; → it."""
        wanted = self._session.settings.get(DEFAULT_ASSISTANT)
        chosen = next((each for each in library(self._session).assistants if wanted and each.id == wanted), None)
        self.assistant_id = chosen.id if chosen else ""
        if chosen is not None:
            say(f"{chosen.name} answers.")
            tell_what_is_gone(chosen, self._session)
        return chosen

    def keep(self, chat_id: int) -> bool:
        """Let the one that is chosen answer in this chat, which begins without a question; → whether one is."""
        if self.assistant_id:
            self._session.call(SetChatAssistant(chat_id=chat_id, assistant_id=self.assistant_id))
        return bool(self.assistant_id)

    def place(self, chosen: Assistant) -> int | None:
        """The collection that an assistant's chats ask; None: it has none of its own, or that was removed."""
        place = chosen.collection_id
        known = {each.id for each in self._session.collections()} if place else set()
        return place if not place or place in known else None

    def question(self, words: list[str], collection_id: int, model: str) -> str:
        """The text of the prompt that is named, with what the person says for its words in braces; "" without one."""
        kept = library(self._session).prompts
        if not words:
            for each in kept:
                say(each.name)
            if not kept:
                tell("There are no prompts yet. “inhouse prompts add NAME --text …” keeps one.")
            return ""
        prompt = named(kept, " ".join(words))
        values = filled(prompt, lambda name: self._read(f"{name}: ") or "")
        names = {item.id: item.name for item in self._session.collections()}
        own = own_words(collection=names.get(collection_id, ""), model=model)
        return fill(prompt.text, {**own, **values})
