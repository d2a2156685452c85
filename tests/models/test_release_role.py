"""A newer version from a company's place, a folder or a server: whole and what the list says, or not at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session, constants
from update_world import UpdateServer, offer, write_version

from app.errors import AppError, BadFile, Busy, NoSpace
from app.models import release_source, transfer
from app.models.worker import ModelsRole
from app.paths import home
from app.release_feed import newest
from app.updates import CURRENT, FETCHED, alone
from app.workers.calls.models import FetchProgress
from app.workers.calls.updates import FeedRead, ReadFeed, ReleaseTaken, TakeRelease, Unpacked
from app.workers.message import Call

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder form is Linux's")
FILL = 6 << 20


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The library read what the tests' environment says when it was imported; and nobody waits for a lost network."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(transfer, "WAITS_S", (0.0, 0.0))
    yield
    close_session()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1.0 is installed and runs."""
    folder = write_version(tmp_path / "apps", "1.0")
    monkeypatch.setenv("INHOUSE_BUNDLE", str(folder / "_internal"))
    return folder


def stepped(call: Call, look: Callable[[Any], object] = lambda _: None) -> Any:
    steps = ModelsRole(home()).handle(call)  # type: ignore[arg-type]
    while True:
        try:
            look(next(steps))
        except StopIteration as end:
            return end.value


def asked(source: object) -> TakeRelease:
    read = stepped(ReadFeed(source=str(source)))
    assert isinstance(read, FeedRead)
    release = newest(read.feed, "1.0")
    assert release is not None
    return TakeRelease(source=str(source), release=release)


def left(here: Path) -> list[str]:
    return sorted(path.name for path in here.parent.iterdir())


def test_from_a_folder_it_is_copied_checked_and_counts_next(here: Path, tmp_path: Path) -> None:
    offer(tmp_path / "source", tmp_path / "made", "1.2", fill=FILL)
    seen: list[Any] = []
    taken = stepped(asked(tmp_path / "source"), seen.append)
    assert taken == ReleaseTaken(version="1.2", checked=True)
    assert any(isinstance(each, FetchProgress) and each.checking for each in seen)
    whole = [each for each in seen if isinstance(each, Unpacked)]
    assert whole[-1].done == whole[-1].total
    assert (here.parent / CURRENT).resolve().name == "Inhouse-1.2"
    assert left(here) == ["Inhouse-1.0", "Inhouse-1.2", "current", "previous"]
    with pytest.raises(BadFile, match="there already"):
        stepped(asked(tmp_path / "source"))


def test_from_a_server_it_goes_on_where_it_was_broken_off(here: Path, tmp_path: Path) -> None:
    archive = offer(tmp_path / "source", tmp_path / "made", "1.2", fill=FILL)
    with UpdateServer(tmp_path / "source") as server:
        server.cuts = [2 << 20, 0, 0, 0]
        with pytest.raises(AppError, match="was lost"):
            stepped(asked(server.address))
        (part,) = here.parent.glob(f"{FETCHED}*")
        assert part.stat().st_size == 2 << 20 and not (here.parent / CURRENT).exists()
        server.cuts, server.ranges = [], []
        assert stepped(asked(server.address)).version == "1.2"
        assert server.ranges == [f"bytes={2 << 20}-"] and archive.stat().st_size > 3 << 20
    assert left(here) == ["Inhouse-1.0", "Inhouse-1.2", "current", "previous"]


@pytest.mark.parametrize("step", [1, 3, 6, 8])
def test_who_stops_at_any_step_can_go_on(here: Path, tmp_path: Path, step: int) -> None:
    offer(tmp_path / "source", tmp_path / "made", "1.2", fill=FILL)
    steps = ModelsRole(home()).handle(asked(tmp_path / "source"))
    for _ in range(step):
        next(steps)
    steps.close()
    assert not (here.parent / CURRENT).exists()
    assert stepped(asked(tmp_path / "source")).version == "1.2"
    assert left(here) == ["Inhouse-1.0", "Inhouse-1.2", "current", "previous"]


def test_what_is_not_what_the_list_says_changes_nothing(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    cases: dict[str, dict[str, Any]] = {
        "check sum is another": {"sha256": "0" * 64},
        "is version 1.2 instead of 1.3": {"version": "1.3"},
        "is not in the folder": {"file": "other.tar.zst"},
    }
    for count, (reason, said) in enumerate(cases.items()):
        offer(source, tmp_path / f"made{count}", "1.2", said)
        with pytest.raises(BadFile, match=reason):
            stepped(asked(source))
    archive = offer(source, tmp_path / "made", "1.2", fill=FILL)
    call = asked(source)
    archive.write_bytes(archive.read_bytes() + b"more")  # it is another one since the list was read
    with pytest.raises(BadFile, match="check sum"):
        stepped(call)
    with UpdateServer(source) as server, pytest.raises(BadFile, match="check sum"):
        stepped(asked(server.address))
    call = asked(source)
    source.rename(tmp_path / "gone")
    with pytest.raises(AppError, match="cannot be read"):
        stepped(call)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "gone").rename(source)
    offer(source, tmp_path / "again", "1.2")
    monkeypatch.setattr(transfer, "_write", full)
    with pytest.raises(NoSpace):
        stepped(asked(source))
    monkeypatch.undo()
    assert [name for name in left(here) if not name.startswith(FETCHED)] == ["Inhouse-1.0"]
    assert sum(path.stat().st_size for path in here.parent.glob(f"{FETCHED}*")) == 0, "nothing wrong is kept"


def test_a_source_that_goes_away_midway_is_gone_on_with(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path / "source", tmp_path / "made", "1.2", fill=FILL)
    pieces, broken = release_source._Folder._pieces, 0

    def breaking(self: Any, file: Any, start: int) -> Iterator[bytes]:
        nonlocal broken
        for count, piece in enumerate(pieces(self, file, start)):
            if count == 2 and broken < 2:
                broken += 1
                raise transfer.Interrupted(AppError("The folder is away."))
            yield piece

    monkeypatch.setattr(release_source._Folder, "_pieces", breaking)
    assert stepped(asked(tmp_path / "source")).version == "1.2" and broken == 2


def test_a_list_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    source = tmp_path / "source"
    with pytest.raises(AppError, match="cannot be read"):
        stepped(ReadFeed(source=str(source)))
    source.mkdir()
    with pytest.raises(AppError, match=r"no list of updates \(latest.json\)"):
        stepped(ReadFeed(source=str(source)))
    with UpdateServer(source) as server:
        with pytest.raises(AppError, match="has no file at this address"):
            stepped(ReadFeed(source=server.address))
        (source / "latest.json").write_text(json.dumps({"version": 9}))
        with pytest.raises(BadFile, match="for a newer Inhouse"):
            stepped(ReadFeed(source=server.address))
        server.moved = "https://elsewhere.example/latest.json"
        with pytest.raises(AppError, match="refused"):
            stepped(ReadFeed(source=server.address))


def test_only_one_takes_a_version_at_a_time(here: Path, tmp_path: Path) -> None:
    offer(tmp_path / "source", tmp_path / "made", "1.2")
    with alone(here.parent), pytest.raises(Busy, match="taken already"):
        stepped(asked(tmp_path / "source"))
