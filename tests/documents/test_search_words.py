"""What full text finds: file names, compounds, part numbers, phrases; three passages of a document; the new index.

The vectors are another embedder's than the one in use, so that words alone decide.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from documents_helpers import set_back

from app.documents import rewording
from app.documents.matrix import Matrix
from app.documents.migrations import MIGRATIONS
from app.documents.scope import scope_of
from app.documents.search import NOWHERE, RENEWING, Searcher
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.text import words
from app.text.parsed import Block, Parsed
from app.text.passages import Piece
from app.types import Filter, SearchResult
from app.workers.calls.documents import Search

VECTOR = np.zeros(384, np.float32)
VECTOR[0] = 1.0
IN_USE = Identity("another", "", "", "", "mean", "float32", 384, 256)


class World:
    """A store with a short way to fill and to search it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "documents.db", folder / "backups")
        self.store.use(IN_USE)
        self.collection = self.store.create_collection("c")

    def put(self, path: str, *paragraphs: str, kind: str = "text", title: str = "", modified: float = 0.0) -> int:
        text, pieces = "", []
        for paragraph in paragraphs:
            pieces.append(Piece(len(text), len(text) + len(paragraph), None, title, title, 10))
            text += paragraph + "\n"
        sha = hashlib.sha256(f"{path}{text}".encode()).hexdigest()
        parsed = Parsed(kind, text, (Block("paragraph", 0, len(text)),), sha256=sha, size=len(text), title=title)
        vectors = [VECTOR.astype("<f4").tobytes()] * len(pieces)
        return self.store.put(NewDocument(self.collection, path, parsed, "m/1", (0, modified), pieces, vectors))

    def search(self, query: str, k: int = 8, *, trace: bool = False, within: list[int] | None = None) -> SearchResult:
        searcher = Searcher(self.store, Matrix(self.store))
        return searcher.search(query, VECTOR, [self.collection], k, documents=within, trace=trace)

    def texts(self, query: str, k: int = 8) -> list[str]:
        return [passage.text for passage in self.search(query, k).passages]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_a_year_in_a_file_name_is_found(world: World) -> None:
    for year in (2024, 2025, 2026):
        world.put(f"/f/Prices-{year}.md", "A night in the guest house costs 80 euros.", "Breakfast is 12 euros.")
    found = world.search("Prices 2025").passages
    assert {passage.document for passage in found[:2]} == {"Prices-2025.md"}
    world.put("/f/PriceList_2027.md", "Dinner is 20 euros.")
    assert world.search("price list 2027").passages[0].document == "PriceList_2027.md"


def test_forms_of_a_word_are_found_in_the_language_of_the_passage(world: World) -> None:
    world.put("/f/a.txt", "Die Häuser des Unternehmens stehen in der Stadt.")
    world.put("/f/b.txt", "The policies of the company are in the handbook.")
    world.put("/f/c.txt", "والمدرسة في المدينة من أقدم المدارس")
    assert world.texts("Wo steht das Haus?")[0].startswith("Die Häuser")
    assert world.texts("policy of companies")[0].startswith("The policies")
    assert world.texts("مدرسة") == ["والمدرسة في المدينة من أقدم المدارس"]


def test_compounds_find_their_parts_and_parts_their_compounds(world: World) -> None:
    world.put("/f/a.txt", "Die Kosten einer Reise werden mit dem Beleg erstattet.")
    world.put("/f/b.txt", "Der Urlaubsantrag ist bei der Leitung zu stellen und wird von ihr geprüft.")
    world.put("/f/c.txt", "Ein Antrag auf Urlaub ist nicht nötig, wenn der Betrieb geschlossen ist.")
    assert world.texts("Reisekosten")[0].startswith("Die Kosten einer Reise")
    assert set(world.texts("Urlaub")) >= {world.texts("Urlaubsantrag")[0]}
    assert any(text.startswith("Ein Antrag") for text in world.texts("Urlaubsantrag"))


def test_part_numbers_go_first(world: World) -> None:
    for number in range(30):
        world.put(
            f"/f/{number}.txt", f"Pump XJ-44{number:02}/A: the order number of the pump XJ and its part B is here."
        )
    world.put("/f/it.txt", "A gasket fits. " * 30 + "See XJ-4410/B.")
    assert "See XJ-4410/B" in world.texts("Which pump has the order number XJ-4410/B?")[0]
    assert "See XJ-4410/B" in world.texts("xj4410b")[0]


def test_quoted_phrases_go_first_and_what_stands_nowhere_is_said(world: World) -> None:
    for number in range(10):
        world.put(f"/f/{number}.txt", f"A working remote employee {number} works on remote work. Remote work works.")
    world.put("/f/it.txt", "Much is said here about other matters. " * 10 + "Then: employee works remote.")
    result = world.search("remote work “Employee works remote”")
    assert result.passages[0].document == "it.txt" and not result.note
    result = world.search('remote "works employee remote"')
    assert result.passages and result.note == NOWHERE.format("works employee remote")
    world.put("/f/zh.txt", "一九七三年石油危机爆发")
    assert world.search("「石油危机」").note == "" and world.search("「危石」").note == NOWHERE.format("危石")


def test_three_passages_of_a_document_unless_it_is_asked_about(world: World) -> None:
    one = world.put("/f/one.txt", *(f"Holiday rule number {n} stands in this part." for n in range(6)))
    world.put("/f/far.txt", "A holiday is somewhere else in a long text about other matters. " * 5)
    assert [passage.document for passage in world.search("holiday rule", 5).passages] == ["one.txt"] * 5
    for n in range(6, 9):
        world.put(f"/f/{n}.txt", f"Holiday rule number {n} stands in that part.")
    first = [passage.document for passage in world.search("holiday rule", 5).passages]
    assert first.count("one.txt") == 3
    alone = world.search("holiday rule", 5, within=[one]).passages
    assert [passage.document for passage in alone] == ["one.txt"] * 5


def test_a_filter_read_from_the_question(world: World) -> None:
    prices = world.put("/f/sales/Price list 2025.pdf", "A pump costs 80 euros.", kind="pdf", modified=1_700_000_000.0)
    policy = world.put("/f/staff/Travel policy.md", "A hotel may cost 180 euros.", kind="markdown")

    def asked(query: str, wanted: Filter | None = None) -> tuple[int, ...] | None:
        return scope_of(world.store, Search(query=query, filter=wanted or Filter())).documents

    assert asked("What does a pump cost in the 2025 price list?") == (prices,)
    other = world.put("/f/sales/Prices-2024.md", "A pump cost 70 euros.", kind="markdown")
    assert asked("What did a pump cost in Prices 2024?") == (other,)
    assert asked("What does the Travel policy say about hotels?") is None
    assert asked("What may a hotel cost according to the travel policy?") == (policy,)
    assert asked("Fasse Travel policy.md zusammen") == (policy,)
    assert asked("Was kostet ein Hotel, nur in PDF-Dateien?") == (prices,)
    assert asked("hotels in the folder staff") == (policy,)
    assert asked("prices in documents since 2023") == (prices,)
    assert asked("How do I save a file in PDF?") is None
    assert asked("hotel", Filter(folder="sales")) == (prices, other)
    assert asked("hotel", Filter(kinds=("md",), folder="staff")) == (policy,)
    assert asked("hotel", Filter(since=1_600_000_000.0, until=1_800_000_000.0)) == (prices,)
    assert asked("hotel", Filter(documents=(policy,), kinds=("pdf",))) == ()
    found = world.search("euros", within=[policy]).passages
    assert [passage.document for passage in found] == ["Travel policy.md"]


def test_a_trace_tells_where_a_passage_comes_from(world: World) -> None:
    world.put("/f/a.txt", "Part AB-1234 of the pump.", "Another part of the pump.")
    assert world.search("pump").trace is None
    trace = world.search("part AB-1234", 1, trace=True).trace
    assert trace is not None and trace.codes == ("ab1234",) and set(trace.terms) >= {"part", "1234"}
    assert [(each.outcome, each.by_words, each.exact) for each in trace.candidates] == [
        ("shown", 1, 1), ("beyond the last", 2, 0)
    ]  # fmt: skip
    assert set(trace.steps_ms) == {"question", "words", "meaning", "ranking"}


def _as_version_4(path: Path) -> None:
    """Make of an index what version 4 wrote."""
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("DROP TABLE word_counts")
        db.execute("DROP TABLE words")
        db.execute("""CREATE VIRTUAL TABLE words USING fts5(scope, context, body, content='', columnsize=1,
            tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '.,'")""")
        db.execute("CREATE VIRTUAL TABLE word_counts USING fts5vocab(words, row)")
        db.execute("DELETE FROM meta WHERE key LIKE 'words%'")
        db.execute("UPDATE documents SET recipe = recipe || '/1'")
        set_back(db, 5)
        db.execute("PRAGMA user_version = 4")
    db.close()


def test_an_older_index_gets_its_full_text_anew_after_a_copy(tmp_path: Path) -> None:
    old = World(tmp_path)
    old.put("/f/Prices-2025.md", "Die Häuser kosten viel und sind in der Stadt.")
    old.store.close()
    _as_version_4(tmp_path / "documents.db")
    store = Store(tmp_path / "documents.db", tmp_path / "backups")
    assert store.version == len(MIGRATIONS) and len(list((tmp_path / "backups").iterdir())) == 1
    assert store.best_words(f"body : {words.terms('Haus', 'de')[0]}", 5) == [1]
    assert store.best_words("name : 2025", 5) == [1]
    assert store.db.execute("SELECT recipe FROM documents").fetchone()[0] == "m/1"
    store.remove([1])
    store.db.execute("INSERT INTO words(words) VALUES ('integrity-check')")
    assert not store.term_counts(["haus"])
    store.close()


def test_a_large_index_is_filled_beside_other_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    for n in range(5):
        world.put(f"/f/{n}.txt", f"A giraffe number {n}.")
    world.store.close()
    monkeypatch.setattr(rewording, "AT_ONCE", 0)
    monkeypatch.setattr(rewording, "BATCH", 2)
    monkeypatch.setattr(words, "VERSION", words.VERSION + 1)
    world.store = store = Store(tmp_path / "documents.db", tmp_path / "backups")
    store.use(IN_USE)
    assert rewording.waiting(store) == 5
    steps = rewording.steps(store)
    next(steps)
    assert len(store.best_words("giraff", 9)) == 2 and world.search("giraffe").note == RENEWING
    store.remove([1, 4])  # one that is in it, one that waits
    world.put("/f/new.txt", "A giraffe is new.")
    list(steps)
    assert rewording.waiting(store) == 0 and len(store.best_words("giraff", 9)) == 4
    assert store.term_counts(["giraff"]) == {"giraff": 4} and store.mean_terms() == 4
    store.db.execute("INSERT INTO words(words) VALUES ('integrity-check')")
    store.close()
