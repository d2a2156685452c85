"""Watched folders: what is new, changed, moved or gone on disk is so in the index, and nothing is lost by mistake."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import msgspec
import pytest
from damage import overwrite

from app.documents import looking, scanning
from app.errors import AppError
from app.workers.calls.documents import Add, Added, DeleteCollection, Remove, Removed
from app.workers.calls.folders import (
    ChangeFolder,
    Changes,
    Folder,
    FolderKept,
    FollowFolder,
    ListChanges,
    ListTrash,
    Restored,
    RestoreDocuments,
    Rules,
    ScanFolder,
    Scanned,
    Trash,
)

pytestmark = pytest.mark.real


class Watched:
    """A folder that is followed, and the core's part in it."""

    def __init__(self, documents, folder: Path, collection: str = "Policies", rules: Rules | None = None) -> None:
        self.documents, self.path = documents, folder
        self.collection_id = documents.collection(collection)
        kept = documents.ask(FollowFolder(path=str(folder), collection_id=self.collection_id, rules=rules or Rules()))
        assert isinstance(kept, FolderKept)
        self.folder: Folder = kept.folder

    def scan(self, **options: bool) -> Scanned:
        scanned = self.documents.ask(ScanFolder(folder_id=self.folder.id, **options))
        assert isinstance(scanned, Scanned)
        self.folder = scanned.folder
        return scanned

    def follow(self, **options: bool) -> Scanned:
        """Two looks, as far apart as a file needs to settle, and what is due is read."""
        first, scanned = self.scan(**options), self.scan(**options)
        done = {key: getattr(first, key) + getattr(scanned, key) for key in ("moved", "trashed", "restored", "dropped")}
        scanned = msgspec.structs.replace(scanned, **done)
        if scanned.due:
            added = self.documents.ask(Add(paths=scanned.due, collection_id=self.collection_id))
            assert isinstance(added, Added)
        return scanned

    def names(self) -> dict[str, int]:
        return {each.name: each.id for each in self.documents.listed() if each.passages}

    def trash(self) -> list[str]:
        found = self.documents.ask(ListTrash(collection_id=self.collection_id))
        assert isinstance(found, Trash)
        return [each.document.name for each in found.documents]

    def changes(self) -> list[tuple[str, str]]:
        found = self.documents.ask(ListChanges(since=time.time() - 3600))
        assert isinstance(found, Changes)
        return sorted((each.kind, each.name) for each in found.changes)


@pytest.fixture(autouse=True)
def _settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look settles: the clock of the tests is the number of looks."""
    monkeypatch.setattr(scanning, "SETTLE_S", 0.0)


@pytest.fixture
def watched(documents, policies: Path) -> Watched:
    found = Watched(documents, policies)
    found.follow()
    return found


def found(watched: Watched, query: str) -> list[str]:
    return [passage.document for passage in watched.documents.search(query, k=3).passages]


def test_what_is_there_is_read_and_then_nothing_is_due(watched: Watched) -> None:
    assert set(watched.names()) == {"travel.md", "canteen.txt", "phones.csv"}
    again = watched.follow()
    assert (again.due, again.unsettled, again.files) == ((), 0, 3)
    assert watched.changes() == [("added", name) for name in sorted(watched.names())]


def test_a_new_and_a_changed_file_are_due_once_they_have_settled(watched: Watched) -> None:
    (watched.path / "new.md").write_text("# Parking\n\nA parking space costs 45 euros.\n")
    (watched.path / "canteen.txt").write_text("Dinner is served at seven. The canteen closes at 20:00.")
    first = watched.scan()
    assert first.due == () and first.unsettled == 2
    (watched.path / "new.md").write_text(
        "# Parking\n\nA parking space costs 45 euros a month.\n"
    )  # still being written
    second = watched.scan()
    assert [Path(path).name for path in second.due] == ["canteen.txt"] and second.unsettled == 1
    watched.follow()
    assert "new.md" in found(watched, "parking space")
    assert ("changed", "canteen.txt") in watched.changes() and ("added", "new.md") in watched.changes()


def test_a_moved_file_keeps_its_id_and_is_not_read_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    before = watched.names()
    (watched.path / "old").mkdir()
    (watched.path / "travel.md").rename(watched.path / "old" / "journeys.md")
    scanned = watched.follow()
    assert scanned.moved == 1 and scanned.due == () and scanned.trashed == 0
    assert watched.names()["journeys.md"] == before["travel.md"]
    assert found(watched, "hotel limit in Vienna")[0] == "journeys.md"
    assert "journeys.md" in found(watched, "journeys"), "the full text knows the new name"
    assert ("moved", "journeys.md") in watched.changes()
    assert watched.follow().due == ()


def test_a_name_that_changes_its_case_only_is_a_move(watched: Watched) -> None:
    before = watched.names()["travel.md"]
    (watched.path / "travel.md").rename(watched.path / "Travel.MD")
    assert watched.follow().moved == 1
    assert watched.names()["Travel.MD"] == before


def test_a_deleted_file_lies_in_the_trash_and_comes_back_without_being_read(watched: Watched) -> None:
    id_ = watched.names()["travel.md"]
    (watched.path / "travel.md").unlink()
    assert watched.scan().trashed == 0, "it may be there again in a moment"
    assert watched.scan().trashed == 1
    assert "travel.md" not in found(watched, "hotel limit in Vienna") and watched.trash() == ["travel.md"]
    assert "travel.md" not in watched.names() and ("removed", "travel.md") in watched.changes()
    restored = watched.documents.ask(RestoreDocuments(ids=(id_,)))
    assert restored == Restored(ids=(id_,)) and watched.trash() == []
    assert found(watched, "hotel limit in Vienna")[0] == "travel.md"
    assert watched.follow().trashed == 0, "who takes it back wants it, though its file is gone"
    assert watched.names()["travel.md"] == id_


def test_a_file_that_comes_back_leaves_the_trash_by_itself(watched: Watched) -> None:
    id_, text = watched.names()["travel.md"], (watched.path / "travel.md").read_text()
    (watched.path / "travel.md").unlink()
    watched.follow()
    (watched.path / "elsewhere.md").write_text(text)
    scanned = watched.follow()
    assert scanned.restored == 1 and scanned.due == () and watched.names()["elsewhere.md"] == id_


def test_deleted_and_made_again_between_two_looks_is_a_change(watched: Watched) -> None:
    id_ = watched.names()["travel.md"]
    (watched.path / "travel.md").unlink()
    watched.scan()
    (watched.path / "travel.md").write_text("# Travel\n\nThe limit in Graz is 140 euros.\n")
    scanned = watched.follow()
    assert scanned.trashed == 0 and watched.names()["travel.md"] == id_
    assert found(watched, "limit in Graz")[0] == "travel.md"


def test_a_file_replaced_as_a_whole_is_a_change(watched: Watched) -> None:
    id_ = watched.names()["travel.md"]
    (watched.path / "travel.md.tmp").write_text("# Travel\n\nThe limit in Linz is 130 euros.\n")
    assert watched.scan().unsettled == 0, "temporary files are nobody's business"
    (watched.path / "travel.md.tmp").replace(watched.path / "travel.md")
    watched.follow()
    assert watched.names()["travel.md"] == id_ and found(watched, "limit in Linz")[0] == "travel.md"


def test_removed_for_good_leaves_no_byte_and_no_name(watched: Watched, data_folder: Path) -> None:
    (watched.path / "travel.md").unlink()
    watched.follow()
    trashed = watched.documents.ask(ListTrash())
    assert isinstance(trashed, Trash)
    removed = watched.documents.ask(Remove(ids=(trashed.documents[0].document.id,)))
    assert isinstance(removed, Removed) and removed.traces == 0 and removed.documents == 1
    assert watched.trash() == [] and not [each for each in watched.changes() if each[1] == "travel.md"]


def test_what_a_person_takes_out_is_not_brought_back_until_it_is_added_by_hand(watched: Watched) -> None:
    watched.documents.remove("canteen.txt")
    assert watched.follow().due == () and "canteen.txt" not in watched.names()
    with sqlite3.connect(watched.documents.home / "documents.db") as db:
        assert not [row for row in db.execute("SELECT * FROM excluded") if b"canteen" in bytes(row[1])]
    db.close()
    watched.documents.add(watched.path / "canteen.txt")
    (watched.path / "canteen.txt").write_text("The canteen is closed on Sundays.")
    assert len(watched.follow().due) == 1


def test_an_unreachable_folder_keeps_its_documents_and_says_since_when(watched: Watched) -> None:
    before, elsewhere = watched.names(), watched.path.with_name("unmounted")
    watched.path.rename(elsewhere)
    began = time.time()
    assert watched.follow().folder.absence == "gone"
    since = watched.folder.since
    assert began - 1 <= since <= time.time() and watched.names() == before and watched.trash() == []
    watched.path.mkdir()  # the place where a drive is mounted, without the drive
    assert watched.follow().folder.absence == "emptied" and watched.folder.since == since
    (watched.path / "other.md").write_text("# Another drive\n\nIt was mounted at the same place.\n")
    assert watched.follow().folder.absence == "emptied" and watched.names() == before
    (watched.path / "other.md").unlink()
    watched.path.rmdir()
    elsewhere.rename(watched.path)
    back = watched.follow()
    assert back.folder.absence == "" and back.folder.since == 0 and back.due == () and watched.names() == before


def test_everything_gone_is_a_deletion_once_a_person_says_so(watched: Watched) -> None:
    for path in watched.path.iterdir():
        path.unlink()
    assert watched.follow().folder.absence == "emptied"
    assert watched.scan(confirmed=True).trashed == 3 and watched.names() == {} and watched.folder.absence == ""


def test_a_folder_that_may_not_be_listed_is_no_deletion(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run as root, whom no permission stops: the system's answer is played."""
    inner = watched.path / "inner"
    inner.mkdir()
    (inner / "deep.md").write_text("# Deep\n\nA rule that lies deep.\n")
    watched.follow()
    listing = os.scandir

    def refused(path: object):
        if str(path) == str(inner):
            raise PermissionError(13, "no", str(path))
        return listing(path)

    monkeypatch.setattr(looking.os, "scandir", refused)
    assert watched.follow().trashed == 0 and "deep.md" in watched.names()


def test_unmounted_in_the_middle_of_a_look(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    before, listing = watched.names(), os.scandir

    def vanishes(path: object):
        entries = listing(path)
        if watched.path.exists() and calls.append(path) is None and len(calls) == 2:
            watched.path.rename(watched.path.with_name("gone"))
        return entries

    calls: list[object] = []
    monkeypatch.setattr(looking.os, "scandir", vanishes)
    watched.scan()
    monkeypatch.setattr(looking.os, "scandir", listing)
    assert watched.follow().folder.absence == "gone" and watched.names() == before


def test_a_server_that_does_not_answer_blocks_nobody(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    listing, answer = os.scandir, threading.Event()
    monkeypatch.setattr(looking, "STALL_S", 0.05)

    def hangs(path: object):
        answer.wait(20)
        return listing(path)

    monkeypatch.setattr(looking.os, "scandir", hangs)
    assert watched.scan().folder.absence == "silent"
    assert watched.scan().folder.absence == "silent", "no second thread waits for it"
    answer.set()
    monkeypatch.setattr(looking.os, "scandir", listing)
    monkeypatch.setattr(looking, "STALL_S", 20)
    until = time.monotonic() + 10
    while watched.scan().folder.absence and time.monotonic() < until:
        time.sleep(0.01)
    assert len(watched.names()) == 3


def test_rules_leave_out_and_take_out(watched: Watched) -> None:
    (watched.path / "drafts").mkdir()
    (watched.path / "drafts" / "one.md").write_text("# Draft\n\nThis is a draft about parking.\n")
    (watched.path / "large.txt").write_text("A large one. " * 100_000)
    (watched.path / ".hidden.md").write_text("# Hidden\n\nNobody sees this one.\n")
    (watched.path / "film.mp4").write_bytes(b"a film")
    rules = Rules(ignore=("drafts/", "*.csv", "# a comment", "!phones.csv"), largest_mb=1)
    watched.documents.ask(ChangeFolder(folder_id=watched.folder.id, rules=rules))
    scanned = watched.follow()
    assert (
        scanned.due == ()
        and scanned.skipped == 2
        and set(watched.names()) == {"travel.md", "canteen.txt", "phones.csv"}
    )
    watched.documents.ask(ChangeFolder(folder_id=watched.folder.id, rules=Rules(ignore=("*.csv",))))
    (watched.path / "large.txt").unlink()
    scanned = watched.follow()
    assert watched.trash() == ["phones.csv"] and {Path(path).name for path in scanned.due} == {"one.md"}
    with pytest.raises(AppError, match="too many rules"):
        watched.documents.ask(ChangeFolder(folder_id=watched.folder.id, rules=Rules(ignore=("x" * 300,))))
        watched.scan()


def test_a_loop_of_links_and_a_link_to_a_folder_within(watched: Watched) -> None:
    (watched.path / "round").symlink_to(watched.path, target_is_directory=True)
    (watched.path / "nowhere.md").symlink_to(watched.path / "missing.md")
    (watched.path / "real").mkdir()
    (watched.path / "real" / "inside.md").write_text("# Inside\n\nIt is found once.\n")
    (watched.path / "again").symlink_to(watched.path / "real", target_is_directory=True)
    scanned = watched.follow()
    assert [Path(path).parent.name for path in scanned.due] == ["real"] and scanned.files == 4


def test_a_folder_within_another_is_followed_by_its_own_rules(watched: Watched) -> None:
    inner = watched.path / "inner"
    inner.mkdir()
    (inner / "deep.md").write_text("# Deep\n\nA rule that lies deep.\n")
    own = Watched(watched.documents, inner)
    watched.documents.ask(ChangeFolder(folder_id=watched.folder.id, rules=Rules(ignore=("inner/",))))
    assert watched.follow().due == () and len(own.follow().due) == 1
    assert watched.follow().trashed == 0 and "deep.md" in watched.names()
    (inner / "deep.md").rename(watched.path / "deep.md")
    id_ = watched.names()["deep.md"]
    own.follow()
    assert watched.follow().moved + watched.follow().restored <= 1 and watched.names()["deep.md"] == id_


def test_two_collections_follow_the_same_folder(watched: Watched) -> None:
    other = Watched(watched.documents, watched.path, collection="Others")
    assert len(other.follow().due) == 3
    (watched.path / "travel.md").unlink()
    assert watched.follow().trashed == 1 and other.follow().trashed == 1
    assert watched.trash() == other.trash() == ["travel.md"]


def test_a_collection_takes_its_trash_along(watched: Watched) -> None:
    (watched.path / "travel.md").unlink()
    watched.follow()
    removed = watched.documents.ask(DeleteCollection(collection_id=watched.collection_id))
    assert isinstance(removed, Removed) and removed.documents == 3 and removed.traces == 0
    with sqlite3.connect(watched.documents.home / "documents.db") as db:
        for table in ("documents", "folders", "trash", "changes", "seen", "collections"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    db.close()


def test_a_clock_that_jumps_settles_nothing_and_hides_nothing(watched: Watched) -> None:
    path = watched.path / "future.md"
    path.write_text("# Future\n\nSaved by a computer whose clock is wrong.\n")
    os.utime(path, (4_000_000_000, 4_000_000_000))
    assert watched.scan().unsettled == 1 and len(watched.follow().due) == 1
    os.utime(path, (1_000, 1_000))
    assert [Path(each).name for each in watched.follow().due] == ["future.md"]
    assert watched.follow().due == ()


def test_a_failed_file_is_not_tried_again_until_it_changes(watched: Watched) -> None:
    bad = watched.path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7 cut off")
    assert len(watched.follow().due) == 1 and ("failed", "bad.pdf") in watched.changes()
    assert watched.follow().due == ()
    bad.write_bytes(b"%PDF-1.7 cut off elsewhere")
    assert len(watched.follow().due) == 1
    bad.unlink()
    assert (
        watched.follow().dropped == 1 and watched.trash() == [] and "bad.pdf" not in [e[1] for e in watched.changes()]
    )


def test_our_own_data_is_never_followed(documents, tmp_path: Path) -> None:
    documents.collection("Policies")
    with pytest.raises(AppError, match="keeps its own data"):
        documents.ask(FollowFolder(path=str(documents.home), collection_id=1))
    with pytest.raises(AppError, match="is not a folder"):
        documents.ask(FollowFolder(path=str(tmp_path / "none"), collection_id=1))


def test_a_damaged_index_is_filled_again_from_the_folder(watched: Watched) -> None:
    """What is salvaged knows which folder is followed, so that what was lost is read anew."""
    rules = Rules(ignore=("*.bak",))
    watched.documents.ask(ChangeFolder(folder_id=watched.folder.id, rules=rules))
    watched.documents.close()
    overwrite("texts")(watched.documents.home / "documents.db")
    watched.documents.restart()
    assert watched.documents.note()
    watched.follow()
    assert watched.folder.rules == rules and set(watched.names()) == {"travel.md", "canteen.txt", "phones.csv"}
    assert watched.follow().due == () and watched.folder.absence == ""
