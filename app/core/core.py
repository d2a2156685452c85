"""The one owner of a data folder: stores, children and everything under way. Doors call it and hear what happens.

It knows neither sockets nor asyncio: `server.py` connects doors to it, and a test can connect one by hand.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from app.chats.store import ChatStore
from app.core import policing
from app.core import protocol as p
from app.core.answers import Answers
from app.core.api import ApiDesk
from app.core.arena import ArenaDesk
from app.core.attachments import Attachments
from app.core.auditing import AuditDesk
from app.core.bench import BenchDesk
from app.core.catalogue import CatalogueDesk
from app.core.chat_files import ChatFilesDesk
from app.core.chats import Chats
from app.core.children import MakeChild, MakeRemote
from app.core.clock import Clock
from app.core.completions import Completions
from app.core.component import ComponentDesk
from app.core.documents import DocumentsDesk
from app.core.doorway import MakeServer, no_server
from app.core.downloads import DownloadsDesk
from app.core.embedders import EmbeddersDesk
from app.core.folder_models import FolderModelsDesk
from app.core.folders import FoldersDesk
from app.core.heads import HeadsDesk
from app.core.house import Desk, Handler, House
from app.core.kept_chats import KeptChats
from app.core.library import LibraryDesk
from app.core.model_text import ModelTextDesk
from app.core.models import ModelsDesk
from app.core.offers import OffersDesk
from app.core.pictures import Pictures
from app.core.projects import ProjectsDesk
from app.core.questions import Questions
from app.core.readers import ReadersDesk
from app.core.remote.model import remote_models
from app.core.removal import Removals
from app.core.reply import Door, Reply
from app.core.requests import ControlWord
from app.core.retention import Retention
from app.core.runtimes import RuntimesDesk
from app.core.shares import SharesDesk
from app.core.summaries import Summaries
from app.core.tables import TablesDesk
from app.core.takeout import TakeOutDesk
from app.core.trainer import Trainer
from app.core.training import TrainingDesk
from app.core.updating import UpdatesDesk
from app.core.vector_server import VectorServerDesk
from app.core.word_shares import WordShares
from app.errors import AppError
from app.extraction.store import TableStore
from app.models.registry import Registry
from app.models.server_keys import ServerKeys
from app.paths import Home
from app.rules import MASK
from app.settings import Settings
from app.workers.message import Call, Data, Done

log = logging.getLogger(__name__)


class Core:
    """Hands each call to the part that answers it, and tells every door what changed."""

    def __init__(
        self,
        home: Home,
        make_child: MakeChild,
        clock: Clock,
        trainer: Trainer | None = None,
        load_api: Callable[[], MakeServer] = no_server,
        make_remote: MakeRemote | None = None,
    ) -> None:
        """Open the stores; starts no process. `trainer` and `make_remote` are played in tests; `load_api` imports what
        programs connect to, when it is turned on.

        Raises:
            AppError: the data of this user cannot be opened, in words to show.
        """
        self.settings = Settings(home)
        self.registry = Registry(home)
        self.store = ChatStore(home.chats_db, home.backups)
        self.store.recover()
        tables = TableStore(home.tables_db, home.backups)
        self.doors: list[Door] = []
        self.keep_running = False
        self._open: dict[tuple[int, int], Reply] = {}
        self._tables_note = tables.note
        keys = ServerKeys(home)
        house = House(
            home=home,
            settings=self.settings,
            registry=self.registry,
            store=self.store,
            tables=tables,
            clock=clock,
            make_child=make_child,
            make_remote=make_remote or remote_models(keys),
            keys=keys,
            tell=self.tell,
        )
        self._desks = self._build_desks(house, trainer, load_api)
        self._handlers: dict[type[Call], Handler] = {
            p.Hello: self._hello,
            p.KeepRunning: self._keep_running,
            p.SettingsChanged: self._settings_changed,
        }
        for desk in self._desks:
            self._handlers.update(desk.handlers())

    def _build_desks(
        self, house: House, trainer: Trainer | None, load_api: Callable[[], MakeServer]
    ) -> tuple[Desk, ...]:
        """The desks, each with those that it asks, and who gives way to whom."""
        self.models = ModelsDesk(house)
        self.documents = DocumentsDesk(house)
        embedders = EmbeddersDesk(house, self.documents)
        catalogue, downloads = CatalogueDesk(house), DownloadsDesk(house, self.models, embedders)
        model_folders = FolderModelsDesk(house, self.models)
        self.tables = TablesDesk(house, self.documents)
        kept = KeptChats(house, self.models)
        removals = Removals(house, self.documents, self.tables, kept)
        folders = FoldersDesk(house, self.documents, removals)
        shares = SharesDesk(house, self.documents, removals)
        attachments = Attachments(house, self.documents, removals)
        pictures = Pictures(house, self.models, self.documents)
        self.library = LibraryDesk(house, self.documents)
        self.answers = Answers(house, self.models, self.documents, attachments, kept, self.library)
        self.audit = AuditDesk(house, self.answers)
        questions = Questions(house, self.models, self.documents, attachments, pictures, self.library)
        summaries = Summaries(self.documents)
        offers = OffersDesk(house, self.documents, attachments)
        chats = Chats(house, self.models, self.answers, attachments, self.library, kept, pictures)
        retention = Retention(house, chats, self.audit)
        shares_of_words = WordShares(house, self.models, self.library)
        chat_files = ChatFilesDesk(house, self.models, self.documents)
        projects = ProjectsDesk(house, attachments)
        takeout = TakeOutDesk(house, self.documents, self.tables, self.library)
        readers, heads = ReadersDesk(house, self.documents), HeadsDesk(house, self.documents)
        vectors = VectorServerDesk(house, self.documents)
        model_text = ModelTextDesk(house, self.documents)
        self.updates = UpdatesDesk(house)
        self.runtimes = RuntimesDesk(house, self.models, self.documents, self.updates)
        training = TrainingDesk(house, self.models, self.documents, readers, trainer)
        component = ComponentDesk(house, lambda: training.trains or model_folders.is_busy)
        completions = Completions(house, self.models)
        attachments.settled.connect(lambda *_: self.documents.list.recount())  # a photo may be among them
        for asked in (self.answers, questions, completions):
            self.documents.recognising.gives_way_to(lambda asked=asked: asked.is_busy)  # type: ignore[misc]
        for waited_for in (self.answers, questions, summaries, self.tables):
            shares.gives_way_to(lambda asked=waited_for: asked.is_busy)  # type: ignore[misc]
        self.api = ApiDesk(house, self, load_api)
        return (
            self.models, model_folders, catalogue, downloads, self.documents, self.tables, self.answers, questions,
            summaries, offers, chats, chat_files, projects, removals, attachments, readers, heads, embedders, vectors,
            self.runtimes, folders, shares, training, component, completions, pictures, self.library, shares_of_words,
            model_text, takeout, retention, self.audit, self.updates, BenchDesk(self.models),
            ArenaDesk(house, self.models, self.documents), self.api,
        )  # fmt: skip

    # --- doors --------------------------------------------------------------------------------------------------------

    def call(self, door: Door, key: int, call: Call) -> None:
        """A door asks for something."""
        reply = Reply(door, key, self._ended, call)
        self._open[id(door), key] = reply
        handler = self._handlers.get(type(call))
        if handler is None:
            reply.failed(AppError("Inhouse cannot do this.", "Update Inhouse.", type(call).__name__))
            return
        try:
            self._follow_policy()
            policing.check(call, self.settings.policy)
            handler(call, reply)
        except AppError as error:
            reply.failed(error)

    def _follow_policy(self) -> None:
        """What the company decides counts from the next call on, in every door."""
        masked = self.settings.policy.rule(MASK)
        if self.settings.follow_policy():
            self.tell(p.SettingsRead())
            if self.settings.policy.rule(MASK) and not masked:
                self.documents.child.restart()  # which then looks at every collection

    def control(self, door: Door, key: int, word: ControlWord) -> None:
        """A door wants a request of its own cancelled, paused or resumed; one that has ended is let be."""
        reply = self._open.get((id(door), key))
        if reply is not None:
            reply.take(word)

    def leave(self, door: Door) -> None:
        """A door is gone. What it asked for alone is stopped; answers in chats and adds go on."""
        if door in self.doors:
            self.doors.remove(door)
        for reply in [each for each in self._open.values() if each.door is door]:
            reply.take("cancel")

    def tell(self, data: Data) -> None:
        """Tell every door that listens."""
        self.audit.told(data)
        frame = p.DoorFrame(0, "event", data)  # type: ignore[arg-type]
        for door in list(self.doors):
            if door.hears:
                door.send(frame)

    @property
    def busy(self) -> bool:
        """Whether something goes on that must not end with its door."""
        return self.keep_running or any(desk.is_busy for desk in self._desks)

    def stop(self) -> None:
        """Keep what is under way and end the children."""
        for desk in reversed(self._desks):
            desk.stop()
        self.store.purge()
        self.store.close()

    def _ended(self, reply: Reply) -> None:
        self._open.pop((id(reply.door), reply.key), None)
        self.audit.ended(reply)

    # --- calls of its own ---------------------------------------------------------------------------------------------

    def _hello(self, call: p.Hello, reply: Reply) -> None:
        if call.version != p.VERSION:
            raise AppError(
                "Another version of Inhouse is running with this data folder.", "Close it, then start this one again."
            )
        if self.updates.makes_way_for(call.program):
            return
        door = reply.door
        door.kind, door.hears = call.door, call.events
        if door not in self.doors:
            self.doors.append(door)
        stores = (self.settings, self.store, self.registry, self.documents.list, self.library)
        notes = (*(each.note for each in stores), self._tables_note)
        reply.done(
            p.Welcome(
                version=p.VERSION,
                pid=os.getpid(),
                notes=(*(note for note in notes if note), *self.runtimes.problems()),
                engine=self.models.engine_state(),
                switching=self.models.switching(),
                models=self.models.listed(),
                adding=self.documents.add_state(),
                answers=self.answers.under_way(),
            )
        )

    def _keep_running(self, call: p.KeepRunning, reply: Reply) -> None:
        self.keep_running = call.on
        reply.done(Done())

    def _settings_changed(self, call: p.SettingsChanged, reply: Reply) -> None:
        self.settings.reload()
        self.documents.list.recount()  # pages may be recognised from now on
        for door in self.doors:
            if door is not reply.door and door.hears:
                door.send(p.DoorFrame(0, "event", p.SettingsRead()))
        reply.done(Done())
