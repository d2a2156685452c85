"""What is asked about newer versions: what a company offers, and that one be put beside the version in use."""

from __future__ import annotations

from app.release_feed import Feed, Release, RuntimeBuild
from app.workers.message import Call, Data


class ReadFeed(Call, frozen=True):
    """Read what is offered in a folder or at an address; → FeedRead."""

    source: str


class TakeRelease(Call, frozen=True):
    """Put a newer version beside the one in use, from a file (`path`), or the one that `source` offers;
    → FetchProgress…, Unpacked…, ReleaseTaken. What was fetched of one that is broken off stays."""

    path: str = ""
    source: str = ""
    release: Release | None = None


class FetchRuntime(Call, frozen=True):
    """Fetch a build of llama.cpp and bring it in as AddRuntime does; → FetchProgress…, CopyProgress…, RuntimeAdded."""

    source: str
    build: RuntimeBuild
    name: str = ""


class FeedRead(Data, frozen=True):
    feed: Feed


class Unpacked(Data, frozen=True):
    """How far its archive was read, in bytes; all of it: it is tried."""

    done: int
    total: int


class ReleaseTaken(Data, frozen=True):
    """It counts from the next start on. `checked`: a hash was there to compare its file with."""

    version: str
    checked: bool


Calls = ReadFeed | TakeRelease | FetchRuntime

Answers = FeedRead | Unpacked | ReleaseTaken
