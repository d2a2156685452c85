"""Tables on disk: every row is whole, nothing of a removed document comes back, and damage costs what was damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import AppError, NewerData
from app.extraction.records import Cell, Row, Table
from app.extraction.sheet import sheet_of
from app.extraction.store import TableStore
from app.paths import Home, home
from app.text.fields.field import Template, make_field
from app.types import Passage

NOTICE = make_field("Notice period")
TESTS = Path(__file__).parents[1]


@pytest.fixture
def place() -> Home:
    return home()


@pytest.fixture
def store(place: Home) -> TableStore:
    return TableStore(place.tables_db, place.backups)


def table(store: TableStore, collection_id: int = 4) -> Table:
    return store.keep(Table(name="Terms", collection_id=collection_id, fields=(NOTICE,)))


def row(document_id: int, text: str = "The notice period is three months.") -> Row:
    passage = Passage(
        id=1, document_id=document_id, document="a.pdf", path="/f/a.pdf", collection="C", page=3, start=0,
        end=len(text), text=text, best=(0, len(text)),
    )  # fmt: skip
    cell = Cell(text="three months", passage=passage, chance=0.97)
    return Row(document_id=document_id, document=f"{document_id}.pdf", path="/f/a.pdf", cells={NOTICE.key: cell})


def test_tables_and_rows_are_there_after_opening_again(store: TableStore, place: Home) -> None:
    kept = table(store)
    assert store.keep_row(kept.id, row(1)) and store.keep_row(kept.id, row(2))
    store.close()
    again = TableStore(place.tables_db, place.backups)
    assert again.tables(4) == [again.table(kept.id)] and not again.tables(5)
    assert again.rows(kept.id) == {1: row(1), 2: row(2)}
    again.close()


def test_what_was_being_filled_is_interrupted(store: TableStore, place: Home) -> None:
    kept = store.keep(Table(name="Terms", collection_id=4, fields=(NOTICE,), phase="running"))
    store.close()
    again = TableStore(place.tables_db, place.backups)
    assert again.table(kept.id).phase == "interrupted"
    again.close()


def test_a_removed_document_goes_and_does_not_come_back_and_leaves_no_bytes(store: TableStore, place: Home) -> None:
    kept = table(store)
    store.keep_row(kept.id, row(1, "The zymurgy plan."))
    store.keep_row(kept.id, row(2))
    store.forget([1])
    assert not store.keep_row(kept.id, row(1, "The zymurgy plan."))  # it was being read meanwhile
    assert set(store.rows(kept.id)) == {2}
    store.close()
    assert not [file for file in place.root.rglob("*") if file.is_file() and b"zymurgy" in file.read_bytes()]


def test_a_removed_collection_takes_its_tables_along(store: TableStore) -> None:
    gone, stays = table(store), table(store, 5)
    store.keep_row(gone.id, row(1))
    store.forget([], [4])
    assert store.tables() == [stays] and not store.rows(gone.id)
    with pytest.raises(AppError, match="not there any more"):
        store.table(gone.id)
    assert not store.keep_row(gone.id, row(1))
    store.close()


def test_rows_of_documents_that_left_the_collection_go(store: TableStore) -> None:
    kept = table(store)
    for n in (1, 2, 3):
        store.keep_row(kept.id, row(n))
    store.keep_only(kept.id, [2, 3])
    assert set(store.rows(kept.id)) == {2, 3}
    store.close()


def test_own_templates_are_kept_by_their_key(store: TableStore) -> None:
    store.keep_template(Template(key="leases", name="Leases", fields=(NOTICE,), own=True))
    store.keep_template(Template(key="leases", name="Leases 2", fields=(NOTICE,), own=True))
    assert [each.name for each in store.templates()] == ["Leases 2"]
    store.delete_template("leases")
    assert store.templates() == ()
    store.close()


def test_a_newer_file_is_left_alone(store: TableStore, place: Home) -> None:
    with store._use() as db:
        db.execute("PRAGMA user_version = 99")
    store.close()
    before = place.tables_db.read_bytes()
    with pytest.raises(NewerData):
        TableStore(place.tables_db, place.backups)
    assert place.tables_db.read_bytes() == before


def test_a_damaged_file_gives_back_what_can_be_read(store: TableStore, place: Home) -> None:
    kept = table(store)
    for n in range(1, 60):
        store.keep_row(kept.id, row(n, "x" * 900))
    store.forget([60])
    store.close()
    data = bytearray(place.tables_db.read_bytes())
    data[:100] = bytes(100)  # the header: SQLite finds nothing any more
    place.tables_db.write_bytes(bytes(data))
    again = TableStore(place.tables_db, place.backups)
    assert "could be read" in again.note
    assert set(again.rows(kept.id)) == set(range(1, 60))
    assert not again.keep_row(kept.id, row(60)), "what was removed stays so"
    again.close()


KILLS = """
import shutil, sys
from pathlib import Path
from app.extraction.records import Cell, Row, Table
from app.extraction.store import TableStore
from app.paths import Home
from app.text.fields.field import make_field
from every_line import killed_at_each_line

home = Home(Path(sys.argv[1]))
told = home.root.with_suffix(".told")
FILES = ("app/extraction/store.py", "app/extraction/records.py", "app/database/opening.py")
field = make_field("Notice period")

def row(n):
    return Row(document_id=n, document=str(n), cells={field.key: Cell(text=f"{n} months")})

def fill():
    store = TableStore(home.tables_db, home.backups)
    table = next(iter(store.tables()), None) or Table(name="T", collection_id=1, fields=(field,))
    table = store.keep(table)
    for n in range(1, 5):
        if n not in store.rows(table.id) and store.keep_row(table.id, row(n)):
            with told.open("a") as file:
                file.write(f"{n}\\n")
    store.forget([2])
    with told.open("a") as file:
        file.write("-2\\n")
    store.close()

deaths = 0
for line in killed_at_each_line(FILES, fill):
    deaths += 1
    said = [int(each) for each in told.read_text().split()] if told.exists() else []
    if home.tables_db.exists():
        store = TableStore(home.tables_db, home.backups)
        assert not store.note, store.note
        tables = store.tables()
        assert len(tables) <= 1
        there = set(store.rows(tables[0].id)) if tables else set()
        assert {n for n in said if n > 0} - {2} <= there, (line, said, there)
        assert -2 not in said or 2 not in there, line
        store.close()
    else:
        assert not said
print(deaths)
"""


def test_a_kill_at_any_line_loses_no_row_that_was_told(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "home")],
        env={"PYTHONPATH": f"{TESTS.parent}:{TESTS}", "PATH": ""}, capture_output=True, text=True, timeout=250,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 60


def test_the_sheet_links_values_to_their_page_and_says_where_they_stand() -> None:
    two = make_field("Fee")
    made = sheet_of(Table(name="T", collection_id=1, fields=(NOTICE, two)), [row(1)])
    assert made.columns == ("Document", "Notice period", "Fee", "Notice period: source", "Fee: source")
    assert made.rows == (("1.pdf", "three months", "not stated", "page 3: The notice period is three months.", ""),)
    assert made.links == {(0, 0): "file:///f/a.pdf", (0, 1): "file:///f/a.pdf#page=3"}
