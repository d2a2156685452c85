"""What the documents child has open: the index, its caches and the lock that says whose it is."""

from __future__ import annotations

import contextlib

import msgspec

from app.documents import vector_queue
from app.documents.codes import Codes
from app.documents.matrix import Matrix
from app.documents.presentations import Presentations
from app.documents.removal import Removal
from app.documents.search import Searcher
from app.documents.server_vectors import ServerVectors
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.errors import AppError, Busy, Damaged, NoSpace
from app.files import hold, is_writable
from app.paths import Home
from app.vector_server import VectorServer, read

READ_ONLY = "Your data folder can only be read here: you can search and ask, but not add or remove documents."


class Opened(msgspec.Struct, frozen=True):
    """The index with what stands round it."""

    store: Store
    matrix: Matrix
    vectors: Vectors | ServerVectors
    codes: Codes
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
        self._server = read(home.vector_server)

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
            self._opened = self._around(store, Matrix(store))
        return self._opened

    def _around(self, store: Store, matrix: Matrix) -> Opened:
        vectors: Vectors | ServerVectors = Vectors(self._home.vectors, store, rest=store.read_only)
        if self._server is not None:
            vectors.forget()  # what Chroma holds here is of no use beside a server
            vectors = ServerVectors(self._server, store, rest=store.read_only)
        elif not store.read_only:
            vector_queue.end(store)
        codes = Codes(self._home.signs, store)
        searcher = Searcher(store, matrix, vectors, codes)
        removal = Removal(self._home, store, matrix, vectors, codes, self.presentations)
        return Opened(store, matrix, vectors, codes, searcher, removal)

    def serve(self, server: VectorServer | None, key: str) -> Opened:
        """Keep vectors on this server, or on none, from here on. Requests under way go on without one."""
        opened = self.open(alone=False)
        if server != self._server:
            self._server = server
            opened.vectors.close()
            self._opened = opened = self._around(opened.store, opened.matrix)
        if isinstance(opened.vectors, ServerVectors):
            opened.vectors.use(key)
        return opened

    def _open_store(self) -> Store:
        try:
            self._take_lock()
            store = Store(self._home.documents_db, self._home.backups)
            store.mask_as_required()
            return store
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
            opened.codes.forget()
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
