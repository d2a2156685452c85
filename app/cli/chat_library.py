"""Assistants and saved prompts of a conversation in the terminal: `/assistant` and `/prompt`."""

from __future__ import annotations

from collections.abc import Callable

from app.cli.assistants import filled, library, named
from app.cli.output import say, tell
from app.cli.session import Session
from app.core.calls.library import SetChatAssistant
from app.library.records import Assistant
from app.library.variables import fill, own_words


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
        return chosen

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
