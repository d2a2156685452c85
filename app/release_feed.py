"""What a company offers in the place that its updates come from: `latest.json`, a list of releases and of builds of
llama.cpp, which `packaging/latest.py` writes. Read as a stranger's: nothing in it is a path, and nothing is believed
before its hash agrees.
"""

from __future__ import annotations

import platform
import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from app.company import is_loopback
from app.errors import AppError, BadFile
from app.files import write_atomic
from app.packages import own_version
from app.paths import Home
from app.updates import number_of

FEED, LOOKED = "latest.json", "updates.json"
VERSION = 1
LIMIT_BYTES = 1 << 20
MOST_BYTES = 16 << 30
"""Of a file that is offered."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,4}")
SHA256 = re.compile(r"[0-9a-f]{64}")


class Release(Struct, frozen=True, kw_only=True):
    """An archive of Inhouse."""

    version: str
    system: str
    file: str
    bytes: int
    sha256: str
    built: int = 0  # seconds since 1970
    notes: str = ""


class RuntimeBuild(Struct, frozen=True, kw_only=True):
    """An archive with a build of llama.cpp."""

    backend: str
    system: str
    llama: str
    file: str
    bytes: int
    sha256: str


class Feed(Struct, frozen=True, kw_only=True):
    """All that is offered, for whatever system."""

    version: int = VERSION
    releases: tuple[Release, ...] = ()
    runtimes: tuple[RuntimeBuild, ...] = ()


class Looked(Struct, frozen=True, kw_only=True):
    """What the last look at a source gave; kept in the cache folder."""

    source: str = ""  # as the setting has it
    at: float = 0.0  # seconds since 1970
    feed: Feed = Feed()
    problem: str = ""  # why it gave nothing; the feed is then the one of before


class _Version(Struct, frozen=True):
    version: int


def own_number() -> str:
    """The version in use; "0" where nothing says it in numbers."""
    version = own_version()
    return version if NUMBER.fullmatch(version) else "0"


def this_system() -> str:
    """ "linux-x86_64", as release.json has it."""
    return f"{platform.system().lower()}-{platform.machine().lower()}"


def parse_feed(raw: bytes, name: str) -> Feed:
    """The list that was read; `name` is the place that a person knows.

    Raises:
        BadFile: it is no such list, is for a newer Inhouse, or one of its entries cannot be so.
    """
    ask = "Ask who keeps the updates in your company. Nothing was changed."
    wrong = BadFile(f"The list of updates in {name} cannot be used.", ask)
    if len(raw) > LIMIT_BYTES:
        wrong.detail = "it is too long"
        raise wrong
    try:
        if msgspec.json.decode(raw, type=_Version).version > VERSION:
            raise BadFile(f"The list of updates in {name} is for a newer Inhouse.", ask, code="newer")
        feed = msgspec.json.decode(raw, type=Feed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        wrong.detail = str(error)
        raise wrong from error
    entries: list[Release | RuntimeBuild] = [*feed.releases, *feed.runtimes]
    for each in entries:
        if reason := _impossible(each):
            raise BadFile(f"The list of updates in {name} has an entry that cannot be used: {reason}.", ask)
    return feed


def newest(feed: Feed, here: str, system: str = "") -> Release | None:
    """The newest release for this system (or the one that is named) that is newer than version `here`."""
    found = [
        each
        for each in feed.releases
        if each.system == (system or this_system()) and number_of(each.version) > number_of(here)
    ]
    return max(found, key=lambda each: number_of(each.version), default=None)


def runtimes_for(feed: Feed, system: str = "") -> tuple[RuntimeBuild, ...]:
    """The builds of llama.cpp for this system, in the list's order."""
    return tuple(each for each in feed.runtimes if each.system == (system or this_system()))


def read_looked(home: Home) -> Looked:
    """What is known of what is offered; nothing where nobody has looked."""
    try:
        return msgspec.json.decode((home.cache / LOOKED).read_bytes(), type=Looked)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Looked()


def keep_looked(home: Home, looked: Looked) -> None:
    """Raises NoSpace."""
    write_atomic(home.cache / LOOKED, msgspec.json.encode(looked))


def check_source(text: str) -> str:
    """The place of updates: an absolute path, or an address without the slash at its end.

    Raises:
        AppError: it is neither, or an address that anybody on the way could answer for.
    """
    source = text.strip()
    if "://" not in source:
        if not Path(source).expanduser().is_absolute():
            raise AppError(f"Updates cannot come from “{source}”.", "Name a folder with its whole path, or an address.")
        return str(Path(source).expanduser())
    try:
        parts = urlsplit(source)
        host = parts.hostname or ""
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise AppError(f"“{source}” is no address.", "It looks like https://updates.example/inhouse.")
    if parts.scheme == "http" and not is_loopback(host):
        raise AppError(
            "Updates come by https only: with http, anybody on the way could send another program.",
            "Ask your IT for the https address, or for a folder on a network drive.",
        )
    return source.rstrip("/")


def is_address(source: str) -> bool:
    """Whether a network is asked for it."""
    return "://" in source


def place_of(source: str) -> str:
    """As a person reads it: the host of an address, else the folder."""
    return urlsplit(source).netloc.rpartition("@")[2] if is_address(source) else f"“{source}”"


def _impossible(each: Release | RuntimeBuild) -> str:
    """What is wrong with an entry; "" where nothing is."""
    if not NAME.fullmatch(each.file) or ".." in each.file:
        return f"“{each.file[:80]}” is no plain file name"
    if not 0 < each.bytes <= MOST_BYTES:
        return f"{each.bytes} bytes of “{each.file}”"
    if not SHA256.fullmatch(each.sha256):
        return f"the hash of “{each.file}”"
    if isinstance(each, Release) and not NUMBER.fullmatch(each.version):
        return f"“{each.version[:80]}” is no version"
    return ""
