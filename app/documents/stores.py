"""What the documents child has open: the index, its caches and the lock that says whose it is."""

from __future__ import annotations

import contextlib

import msgspec

from app.documents.matrix import Matrix
from app.documents.presentations import Presentations
from app.documents.removal import Removal
from app.documents.search import Searcher
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.errors import AppError, Busy, Damaged, NoSpace
from app.files import hold, is_writable
from app.paths import Home

READ_ONLY = "Your data folder can only be read here: you can search and ask, but not add or remove documents."


class Opened(msgspec.Struct, frozen=True):
    """The index with what stands round it."""

    store: Store
    matrix: Matrix
    vectors: Vectors
    searcher: Searcher
    removal: Removal


class Stores:
    """Opens at the first need, and anew after a request met damage: that examines the file and salvages it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.presentations = Presentations(home.cache / "slides")
        self._lock = contextlib.ExitStack()
        self._locked = False
        self._opened: Opened | None = None
        self._said = False

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    def open(self, *, alone: bool) -> Opened:
        """What is open; `alone` says that nobody else uses it, so that a damaged index may be closed.

        Where the folder cannot be written the index is opened to be read only: without the lock, a migration or Chroma.

        Raises:
            Busy: another process works on the same data folder.
            NewerData, NoSpace: the index cannot be opened.
        """
        if self._opened is not None and self._opened.store.suspect and alone:
            self._close_index()
        if self._opened is None:
            store = self._open_store()
            matrix = Matrix(store)
            vectors = Vectors(self._home.vectors, store, rest=store.read_only)
            searcher = Searcher(store, matrix, vectors)
            removal = Removal(self._home, store, matrix, vectors, self.presentations)
            self._opened = Opened(store, matrix, vectors, searcher, removal)
        return self._opened

    def _open_store(self) -> Store:
        try:
            self._take_lock()
            return Store(self._home.documents_db, self._home.backups)
        except NoSpace:
            if not self._home.documents_db.exists():
                raise
            refused = contextlib.suppress(NoSpace, Damaged)  # why it could not be written says more
            with refused:
                return Store(self._home.documents_db, self._home.backups, read_only=True)
            raise

    def _take_lock(self) -> None:
        if self._locked:
            return
        busy = Busy(
            "Another Inhouse is using the documents.",
            "Please close the other window, or wait until its command has ended.",
        )
        if not is_writable(self._home.root):
            raise NoSpace(
                "Inhouse cannot write to its data folder.",
                "Please check the folder's permissions and the disk's free space.",
                str(self._home.root),
            )
        self._lock.callback(hold(self._home.root / "documents.lock", busy).release)
        self._locked = True

    def note(self) -> str:
        """What the user should be told about the index; once."""
        opened = self._opened
        if opened is None:
            return ""
        if opened.store.read_only:
            said, self._said = self._said, True
            return "" if said else READ_ONLY
        return opened.store.note()

    def met_damage(self) -> None:
        """A request met damage in the index."""
        if self._opened is not None:
            self._opened.store.suspect = True

    def purge(self) -> None:
        """Leave nothing in any file of what was removed or replaced. Cheap where nothing was."""
        opened = self._opened
        if opened is not None and not opened.store.read_only and opened.store.purge_due():
            opened.vectors.forget()
            opened.store.purge()
            self.presentations.sweep(opened.store)

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        self.presentations.close()
        self._close_index()
        self._lock.close()
        self._locked = False

    def _close_index(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.vectors.close()
            opened.store.close()


def health_of(store: Store) -> str:
    """ "ok", or what is wrong with the index."""
    try:
        store.check()
    except AppError as error:
        return error.detail or error.message
    return "ok, but it can only be read here" if store.read_only else "ok"
