"""One embedder for all tests of the index: loading it takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from documents_helpers import SAMPLES

from app.documents.parse_process import Parser
from app.documents.warm import Warm
from app.documents.worker import DocumentsRole
from app.paths import Home
from app.types import Document, SearchResult
from app.workers.calls.documents import (
    Add,
    Added,
    CheckHealth,
    CollectionMade,
    Collections,
    CreateCollection,
    Health,
    ListCollections,
    ListDocuments,
    Remove,
    Removed,
    Search,
    Searched,
)
from app.workers.calls.documents import (
    Documents as Listed,
)
from app.workers.protocol import AnyCall, AnyData

Run = Callable[[AnyCall], AnyData]


@pytest.fixture(scope="session")
def warm() -> Warm:
    loading = Warm()
    loading.start()
    return loading


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    """One reading process for all tests: a role would start one each."""
    shared = Parser()
    yield shared
    shared.close()


class Documents:
    """A role with a short way to ask it."""

    def __init__(self, home: Path, warm: Warm, parser: Parser) -> None:
        self.home = home
        self.warm = warm
        self.parser = parser
        self.events: list[AnyData] = []
        self.role = self._role()

    def _role(self) -> DocumentsRole:
        role = DocumentsRole(Home(self.home), self.warm)
        role._spare = self.parser if not self.parser._closed else None
        return role

    def close(self) -> None:
        if self.role._spare is self.parser:
            self.role._spare = None
        self.role.close()

    def ask(self, call: AnyCall) -> AnyData:
        self.events = []
        steps = self.role.handle(call)
        while True:
            try:
                self.events.append(next(steps))
            except StopIteration as stop:
                return stop.value

    def add(self, *paths: Path, collection: str = "Policies", force: bool = False) -> Added:
        collection_id = self.collection(collection)
        added = self.ask(Add(paths=tuple(map(str, paths)), collection_id=collection_id, force=force))
        assert isinstance(added, Added)
        return added

    def collection(self, name: str) -> int:
        """The id of the collection of this name, made where it is missing."""
        made = self.ask(CreateCollection(name=name))
        assert isinstance(made, CollectionMade)
        return made.collection.id

    def listed(self, collection: str = "Policies") -> tuple[Document, ...]:
        found = self.ask(ListDocuments(collection_id=self.collection(collection)))
        assert isinstance(found, Listed)
        return found.documents

    def remove(self, *names: str, collection: str = "Policies") -> Removed:
        removed = self.ask(Remove(ids=tuple(each.id for each in self.listed(collection) if each.name in names)))
        assert isinstance(removed, Removed)
        return removed

    def health(self) -> dict[str, str]:
        found = self.ask(CheckHealth())
        assert isinstance(found, Health)
        return found.stores

    def note(self) -> str:
        found = self.ask(ListCollections())
        assert isinstance(found, Collections)
        return found.note

    def search(
        self, query: str, *collections: str, k: int = 8, highlight: bool = False, trace: bool = False
    ) -> SearchResult:
        ids = tuple(map(self.collection, collections))
        found = self.ask(Search(query=query, collections=ids, k=k, highlight=highlight, trace=trace))
        assert isinstance(found, Searched)
        return found.result

    def idle(self) -> None:
        for _ in self.role.background():
            pass

    def restart(self) -> None:
        self.close()
        self.role = self._role()


@pytest.fixture
def documents(data_folder: Path, warm: Warm, parser: Parser) -> Iterator[Documents]:
    made = Documents(data_folder, warm, parser)
    yield made
    made.close()


@pytest.fixture(scope="session")
def sampled_home(warm: Warm, parser: Parser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the four samples, read once: reading them takes longer than most tests."""
    home = tmp_path_factory.mktemp("sampled") / "home"
    made = Documents(home, warm, parser)
    made.add(*SAMPLES)
    made.close()
    return home


@pytest.fixture
def sampled(data_folder: Path, sampled_home: Path, warm: Warm, parser: Parser) -> Iterator[Documents]:
    """A role over a copy of ``sampled_home``."""
    shutil.copytree(sampled_home, data_folder)
    made = Documents(data_folder, warm, parser)
    yield made
    made.close()


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder with three small documents."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "travel.md").write_text(
        "# Travel policy\n\n## Hotels\n\nThe hotel limit in Vienna is 180 euros a night. Breakfast is included.\n\n"
        "## Trains\n\nFirst class is allowed on journeys above four hours.\n",
        encoding="utf-8",
    )
    (folder / "canteen.txt").write_text("Lunch is served at noon. The canteen closes at 14:30.", encoding="utf-8")
    (folder / "phones.csv").write_text("desk,extension\nTravel desk,4711\nIT desk,4712\n", encoding="utf-8")
    return folder
