"""`inhouse chat`: the same assistant in the terminal, for computers without a display."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from collections.abc import Callable

from app.cli import documents, models
from app.cli.chat_files import ChatFiles
from app.cli.chat_library import ChatLibrary
from app.cli.output import Draft, say, say_answer, tell
from app.cli.session import Session
from app.cli.temporary import BEGINS, NO_FILES, TemporaryTalk
from app.core.calls.chats import (
    AnswerFailed,
    AnswerFinished,
    AnswerGrew,
    AnswerMoved,
    AskInChat,
    ChatAsked,
    SetChatCollection,
    StopAnswer,
    Where,
)
from app.core.calls.offers import Offered, Offers
from app.errors import AppError
from app.library.records import Assistant
from app.models.servers import shown_name
from app.paths import SAMPLE_COLLECTION, SAMPLES
from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE
from app.types import Answer
from app.workers.failures import error_of
from app.workers.message import Data

HELP = """Type a question, or:
  /add PATH...          add files or folders
  /attach FILE...       give this chat files of its own: asked first, and by no other chat
  /files                list them
  /detach [FILE...]     remove them, with all that was read of them
  /move [FILE...] NAME  move them to a collection
  /samples              add the sample documents, to try it out
  /collections          list the collections
  /in NAME              answer from this collection; /in alone: from all
  /alone                ask the model without documents
  /assistant [NAME]     list the assistants, or let one answer; /assistant none: nobody in particular
  /prompt [NAME]        list the saved prompts, or ask one
  /model [NAME]         list the models, or use one
  /new                  start a new chat
  /temporary            start a chat of which nothing is kept
  /help                 show this
  /quit                 leave (Ctrl D too); Ctrl C stops an answer"""


class Repl:
    """A conversation in the terminal; it is stored with the chats and can be opened in the window."""

    def __init__(self, session: Session, collections: tuple[int, ...], *, named: bool) -> None:
        """`named`: the person said which collections; else an assistant's own goes before them."""
        self._session, self._named = session, named
        self._collections: tuple[int, ...] | None = collections
        """None: the model alone; (): all of them."""
        self._chat_id = 0
        self._model = session.model()
        self._any_documents = False
        self._library = ChatLibrary(session, _read)
        self._files = ChatFiles(session)
        self._temporary: TemporaryTalk | None = None
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "/help": lambda _: say(HELP),
            "/add": self._add,
            "/attach": self._attach,
            "/files": lambda _: self._files.show(self._chat_id),
            "/detach": lambda words: self._files.detach(words, self._chat_id),
            "/move": self._move,
            "/samples": lambda _: self._add([str(SAMPLES)], SAMPLE_COLLECTION),
            "/collections": self._list_collections,
            "/in": self._choose_collection,
            "/alone": self._alone,
            "/assistant": self._choose_assistant,
            "/prompt": self._ask_prompt,
            "/model": self._choose_model,
            "/new": self._new,
            "/temporary": self._begin_temporary,
        }

    def run(self) -> None:
        """Until the input ends or /quit."""
        stays = (
            "Everything stays on this computer." if self._model.origin != "server" else "What you ask is sent there."
        )
        say(f"Inhouse with {shown_name(self._model)}. {stays} /help shows what you can type.")
        first = self._library.first()
        if not self._named:
            self._ask_where(first)
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
        if self._temporary is not None and name in ("/attach", "/detach", "/move"):
            raise NO_FILES
        self._commands[name](words)

    def _ask(self, question: str) -> None:
        """The core stores the question before the answer begins, and the answer in whatever state it ends."""
        collections = self._collections if self._has_documents() else None
        if self._temporary is not None:
            say_answer(self._temporary.ask(question, collections, self._library.assistant_id))
            say()
            return
        place = self._shown_collection(collections)
        self._keep_collection(place)
        where: Where = "everywhere" if collections == () else "collection"
        if collections is None and not self._files.any:
            where = "nowhere"
        call = AskInChat(
            text=question,
            chat_id=self._chat_id,
            collection_id=place,
            where=where,
            collections=collections or (),
            assistant_id=self._library.assistant_id,
        )
        asked = self._session.call(call)
        assert isinstance(asked, ChatAsked)
        self._chat_id = asked.chat.id
        answer = self._follow(asked.answer.id)
        say_answer(answer)
        if hint := self._hint(question, collections):
            tell(hint)
        say()

    def _hint(self, question: str, collections: tuple[int, ...] | None) -> str:
        """The command that does what a conversation cannot, where the question fits one."""
        offered = self._session.call(Offers(text=question, chat_id=self._chat_id, collections=collections))
        assert isinstance(offered, Offered)
        offer = next(iter(offered.offers), None)
        if offer is None or offer.kind not in ("compare", "table"):
            return ""
        if offer.kind == "compare":
            return f"Side by side: inhouse compare {shlex.join(offer.names)}" if not offer.attached else ""
        names = {item.id: item.name for item in self._session.collections()}
        where = names.get(collections[0], "") if collections else ""
        asks = shlex.join(["--collection", where, "--field", offer.field])
        return f"All {offer.count:,} documents: inhouse table NAME {asks}"

    def _follow(self, turn_id: int) -> Answer:
        """Show an answer until it is whole; Ctrl C stops it, and what has come stays."""
        draft, door = Draft(), self._session.door
        finished: list[Answer] = []

        def heard(data: Data) -> bool:
            if getattr(data, "turn_id", 0) == turn_id:
                self._show(data, draft)
            if isinstance(data, AnswerFinished) and data.turn.id == turn_id:
                finished.append(data.turn.answer or Answer(text=data.turn.text))
            return bool(finished)

        try:
            door.listen(heard)
        except KeyboardInterrupt:
            self._session.call(StopAnswer(turn_id=turn_id))
            if not finished:
                door.listen(heard)
        finally:
            self._session.progress.clear()
        draft.take_back()
        return finished[0]

    def _show(self, data: Data, draft: Draft) -> None:
        progress = self._session.progress
        if isinstance(data, AnswerGrew):
            progress.clear()
            if data.thinking:
                progress.show("Thinking…")
            else:
                draft.add(data.text)
        elif isinstance(data, AnswerMoved) and data.note:
            progress.show(data.note)
        elif isinstance(data, AnswerMoved) and data.stage == "loading":
            progress.show("Loading the model…")
        elif isinstance(data, AnswerMoved) and data.stage == "summarising":
            progress.show(f"Summarising… {data.fraction:.0%}")
        elif isinstance(data, AnswerMoved) and data.stage in ("searching", "reading"):
            progress.show("Searching your documents…" if data.stage == "searching" else f"Reading… {data.fraction:.0%}")
        elif isinstance(data, AnswerFailed):
            tell(str(error_of(data.failure)))

    def _has_documents(self) -> bool:
        """Before the first document there is nothing to answer from, so the model answers alone, and that is said."""
        if self._collections is None or self._any_documents or self._files.any:
            return True
        self._any_documents = any(item.documents for item in self._session.collections())
        if not self._any_documents:
            tell("There are no documents yet, so the model answers alone. /add PATH or /samples adds some.")
        return self._any_documents

    def _shown_collection(self, collections: tuple[int, ...] | None) -> int:
        """The one collection that the window asks when it opens this chat, 0 for the model alone.

        The window knows no several and no all: of several it asks the first, of all the one that new chats ask, or
        the first that holds something.
        """
        if collections is None:
            return 0
        if collections:
            return collections[0]
        ids = [item.id for item in self._session.collections() if item.documents]
        default = self._session.settings.get(DEFAULT_COLLECTION)
        return default if default in ids else next(iter(ids), 0)

    def _keep_collection(self, collection_id: int) -> None:
        if self._chat_id:
            self._session.call(SetChatCollection(chat_id=self._chat_id, collection_id=collection_id))

    def _add(self, words: list[str], collection: str | None = None) -> None:
        if not words:
            raise AppError("Name a file or a folder.", "For example: /add report.pdf")
        if collection is None and self._collections:
            named = {item.id: item.name for item in self._session.collections()}
            collection = named.get(self._collections[0])
        documents.add(argparse.Namespace(paths=words, collection=collection, json=False, force=False), self._session)

    def _attach(self, words: list[str]) -> None:
        place = self._shown_collection(self._collections)
        fresh = not self._chat_id
        self._chat_id = self._files.attach(words, self._chat_id, place)
        if fresh and self._library.keep(self._chat_id):
            self._keep_collection(place)

    def _move(self, words: list[str]) -> None:
        name = self._files.move(words, self._chat_id)
        if self._collections is None:
            self._choose_collection([name])

    def _list_collections(self, words: list[str]) -> None:
        documents.list_collections(self._session, " ".join(words), as_json=False)

    def _choose_collection(self, words: list[str]) -> None:
        name = " ".join(words)
        self._collections = tuple(item.id for item in self._session.collections([name])) if name else ()
        self._keep_collection(self._shown_collection(self._collections))
        say(f"Answers come from “{name}” now." if name else "Answers come from all collections now.")

    def _alone(self, words: list[str]) -> None:
        self._collections = None
        self._keep_collection(0)
        alone = "This chat answers from its own files alone now." if self._files.any else ""
        say(alone or "The model answers alone now, without documents.")

    def _choose_assistant(self, words: list[str]) -> None:
        """One with a collection of its own has it asked."""
        self._ask_where(self._library.choose(words, self._chat_id))

    def _ask_where(self, chosen: Assistant | None) -> None:
        place = self._library.place(chosen) if chosen is not None else None
        if place is not None:
            self._collections = (place,) if place else None

    def _ask_prompt(self, words: list[str]) -> None:
        place = self._shown_collection(self._collections)
        if question := self._library.question(words, place, shown_name(self._model)):
            say(f"> {question}")
            self._ask(question)

    def _choose_model(self, words: list[str]) -> None:
        if not words:
            models.command(argparse.Namespace(action=None, json=False), self._session)
            return
        models.command(argparse.Namespace(action="use", name=" ".join(words), json=False), self._session)
        self._model = self._session.model()

    def _new(self, words: list[str]) -> None:
        ended = self._temporary is not None
        self._chat_id, self._files.any, self._temporary = 0, False, None
        say("The temporary chat is gone. A new chat begins." if ended else "A new chat begins.")
        self._ask_where(self._library.first())

    def _begin_temporary(self, words: list[str]) -> None:
        self._chat_id, self._files.any = 0, False
        self._temporary = TemporaryTalk(self._session)
        say(BEGINS)

    def hear(self, data: Data) -> None:
        """What the core tells every door."""
        if self._temporary is not None:
            self._temporary.hear(data)


def command(args: argparse.Namespace, session: Session) -> int:
    """Talk until the user leaves."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 -- line editing and history, where the system has it
    session.door.on_broadcast = lambda _: None  # so that the core tells it of answers
    default = session.settings.get(DEFAULT_COLLECTION)
    chosen = tuple(item.id for item in session.collections(args.collection)) if args.collection else ()
    if not chosen and default in [item.id for item in session.collections()]:
        chosen = (default,)
    repl = Repl(session, chosen, named=bool(args.collection))
    session.door.on_broadcast = repl.hear
    repl.run()
    session.choose(FIRST_RUN_DONE, True)
    return 0


def _read(prompt: str = "> ") -> str | None:
    """The next line; None where the input has ended. Ctrl C clears the line, as in a shell."""
    try:
        return input(prompt if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
    except KeyboardInterrupt:
        tell("")
        return ""
