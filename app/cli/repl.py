"""`inhouse chat`: the same assistant in the terminal, for computers without a display."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from collections.abc import Callable

from app.chats.store import ChatStore
from app.cli import documents, models
from app.cli.output import Draft, say, say_answer, tell
from app.cli.session import Session
from app.errors import AppError
from app.paths import SAMPLE_COLLECTION, SAMPLES
from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE

HELP = """Type a question, or:
  /add PATH...          add files or folders
  /samples              add the sample documents, to try it out
  /collections          list the collections
  /in NAME              answer from this collection; /in alone: from all
  /alone                ask the model without documents
  /model [NAME]         list the models, or use one
  /new                  start a new chat
  /help                 show this
  /quit                 leave (Ctrl D too); Ctrl C stops an answer"""


class Repl:
    """A conversation in the terminal; it is stored with the chats and can be opened in the window."""

    def __init__(self, session: Session, store: ChatStore, collections: tuple[str, ...]) -> None:
        self._session = session
        self._store = store
        self._collections: tuple[str, ...] | None = collections
        self._chat_id: int | None = None
        self._model = session.model()
        self._any_documents = False
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "/help": lambda _: say(HELP),
            "/add": self._add,
            "/samples": lambda _: self._add([str(SAMPLES)], SAMPLE_COLLECTION),
            "/collections": self._list_collections,
            "/in": self._choose_collection,
            "/alone": self._alone,
            "/model": self._choose_model,
            "/new": self._new,
        }

    def run(self) -> None:
        """Until the input ends or /quit."""
        say(f"Inhouse with {self._model.name}. Everything stays on this computer. /help shows what you can type.")
        while (line := _read()) is not None:
            if line in ("/quit", "/exit", "/q"):
                return
            if line:
                try:
                    self._take(line)
                except AppError as error:
                    tell(str(error))
                except KeyboardInterrupt:
                    tell("\nStopped.")

    def _take(self, line: str) -> None:
        if not line.startswith("/"):
            self._ask(line)
            return
        try:
            name, *words = shlex.split(line)
        except ValueError as error:
            raise AppError("The quotation marks do not match.", "Close each one.") from error
        if name not in self._commands:
            raise AppError(f"“{name}” is not a command.", "/help shows what you can type.")
        self._commands[name](words)

    def _ask(self, question: str) -> None:
        """The question is stored before the answer begins, and the answer in whatever state it ends."""
        collections = self._collections if self._has_documents() else None
        place = self._shown_collection(collections)
        if self._chat_id is None:
            self._chat_id = self._store.create(collection=place, model=self._model.name).id
        else:
            self._store.set_collection(self._chat_id, place)
        asked = self._store.add_question(self._chat_id, question)
        turn = self._store.begin_answer(asked.id)
        draft = Draft()
        ask = self._session.ask_of(
            question,
            self._model,
            conversation=f"chat-{self._chat_id}",
            history=self._store.history(self._chat_id, asked.id),
            collections=collections,
        )
        try:
            answer = self._session.ask(ask, self._model, draft.add)
        except BaseException:
            self._store.discard_answer(turn.id)
            raise
        draft.take_back()
        if answer.stopped and not answer.text:
            self._store.discard_answer(turn.id)
        else:
            self._store.finish_answer(turn.id, answer)
        say_answer(answer)
        say()

    def _has_documents(self) -> bool:
        """Before the first document there is nothing to answer from, so the model answers alone, and that is said."""
        if self._collections is None or self._any_documents:
            return True
        self._any_documents = any(item.documents for item in self._session.collections())
        if not self._any_documents:
            tell("There are no documents yet, so the model answers alone. /add PATH or /samples adds some.")
        return self._any_documents

    def _shown_collection(self, collections: tuple[str, ...] | None) -> str:
        """The one collection that the window asks when it opens this chat, "" for the model alone.

        The window knows no several and no all: of several it asks the first, of all the one that new chats ask, or
        the first that holds something.
        """
        if collections is None:
            return ""
        listed = self._session.collections(collections)
        if collections:
            return listed[0].name
        names = [item.name for item in listed if item.documents]
        default = self._session.settings.get(DEFAULT_COLLECTION)
        return default if default in names else next(iter(names), "")

    def _keep_collection(self) -> None:
        if self._chat_id is not None:
            self._store.set_collection(self._chat_id, self._shown_collection(self._collections))

    def _add(self, words: list[str], collection: str | None = None) -> None:
        if not words:
            raise AppError("Name a file or a folder.", "For example: /add report.pdf")
        collection = collection or (self._collections[0] if self._collections else None)
        documents.add(argparse.Namespace(paths=words, collection=collection, json=False, force=False), self._session)

    def _list_collections(self, words: list[str]) -> None:
        documents.collections(argparse.Namespace(name=" ".join(words), json=False), self._session)

    def _choose_collection(self, words: list[str]) -> None:
        name = " ".join(words)
        self._collections = tuple(item.name for item in self._session.collections([name])) if name else ()
        self._keep_collection()
        say(f"Answers come from “{name}” now." if name else "Answers come from all collections now.")

    def _alone(self, words: list[str]) -> None:
        self._collections = None
        self._keep_collection()
        say("The model answers alone now, without documents.")

    def _choose_model(self, words: list[str]) -> None:
        if not words:
            models.command(argparse.Namespace(action=None, json=False), self._session)
            return
        models.command(argparse.Namespace(action="use", name=" ".join(words), json=False), self._session)
        self._model = self._session.model()

    def _new(self, words: list[str]) -> None:
        self._chat_id = None
        say("A new chat begins.")


def command(args: argparse.Namespace, session: Session) -> int:
    """Talk until the user leaves."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 -- line editing and history, where the system has it
    with contextlib.closing(ChatStore(session.home.chats_db, session.home.backups)) as store:
        default = session.settings.get(DEFAULT_COLLECTION)
        chosen = tuple(args.collection) or ((default,) if default else ())
        Repl(session, store, chosen).run()
    session.settings.set(FIRST_RUN_DONE, True)
    return 0


def _read() -> str | None:
    """The next line; None where the input has ended. Ctrl C clears the line, as in a shell."""
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
    except KeyboardInterrupt:
        tell("")
        return ""
