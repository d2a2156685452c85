"""What only a company decides: each rule declared once, with what holds where no policy speaks of it, and where the
policy cannot be read. A user has no say in them, so they are no settings; docs/policy.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from app.errors import AppError

T = TypeVar("T")

Names = tuple[str, ...] | None
"""A list of what is allowed: () is nothing, None whatever a person likes."""
MOST_NAMES = 10_000
HOST = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?"
)
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Rule(Generic[T]):
    """One thing that a company may close, or ask for."""

    key: str
    open: T
    """What holds where no policy speaks of it."""
    safe: T
    """What holds where the policy cannot be read: never more than any policy would allow."""
    label: str
    help: str
    """What it does, for the people who write the policy and for those who meet it."""
    read: Callable[[object], Any] = field(repr=False)
    """The value as it is used; raises ValueError with what it has to be."""
    schema: dict[str, Any] = field(repr=False)
    """As JSON Schema, for docs/policy.md."""

    def accept(self, value: object) -> Any:
        """The value as it is used.

        Raises:
            AppError: it is none that this rule can have.
        """
        try:
            return self.read(value)
        except ValueError as error:
            raise AppError(f"“{self.key}” has to be {error}.", "See docs/policy.md.") from error


# --- what values look like ------------------------------------------------------------------------------------------


def _switch(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


def _list(value: object, fits: Callable[[str], bool], of: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_NAMES or not all(isinstance(each, str) for each in value):
        raise ValueError(f"a list of {of}")
    wrong = next((each for each in value if not fits(each)), None)
    if wrong is not None:
        raise ValueError(f"a list of {of}, not “{wrong[:80]}”")
    return tuple(dict.fromkeys(value))


def _digests(value: object) -> tuple[str, ...]:
    return _list(value, lambda each: DIGEST.fullmatch(each) is not None, "SHA-256 sums in small hexadecimal digits")


def _hosts(value: object) -> tuple[str, ...]:
    return _list(
        value,
        lambda each: HOST.fullmatch(each) is not None,
        "hosts in small letters: “models.example”, “*.example:8000”",
    )


def _folders(value: object) -> tuple[str, ...]:
    return _list(value, _is_folder, "absolute folders, or such that begin with “~/”")


def _is_folder(text: str) -> bool:
    """Whole paths without “..”, of either kind of system: one policy may be laid on all of a company's computers."""
    path = text.removeprefix("~") if text == "~" or text.startswith(("~/", "~\\")) else text
    parts = {*PurePosixPath(path).parts, *PureWindowsPath(path).parts}
    whole = path != text or PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()
    return whole and ".." not in parts and "\0" not in text


def _days(value: object) -> int:
    if type(value) is not int or not 1 <= value <= 36_500:
        raise ValueError("a number of days from 1 to 36500")
    return value


def _address(value: object) -> str:
    if not isinstance(value, str) or len(value) > 500:
        raise ValueError("an https address")
    parts = urlsplit(value)  # ValueError of its own for half an address of IPv6
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an https address")
    return value.rstrip("/")


def _level(value: object) -> str:
    if value not in LOG_LEVELS:
        raise ValueError("one of " + ", ".join(f"“{each}”" for each in LOG_LEVELS))
    return str(value)


SWITCH = {"type": "boolean"}
LOG_LEVELS = ("error", "warning", "info", "debug")


def _names(pattern: str) -> dict[str, Any]:
    return {"type": "array", "maxItems": MOST_NAMES, "items": {"type": "string", "pattern": pattern}}


# --- the rules ------------------------------------------------------------------------------------------------------

EXPORTS: Rule[bool] = Rule(
    "exports", True, False, "Exports",
    "Chats, tables, lists, collections, models and redacted copies may be saved as files or published in a folder. "
    "What stands on the screen can still be copied from there.", _switch, SWITCH,
)  # fmt: skip
TRAINING: Rule[bool] = Rule(
    "training", True, False, "Fine-tuning",
    "Models, readers and sorters may be taught, trained elsewhere and brought back.", _switch, SWITCH,
)  # fmt: skip
HUB: Rule[str] = Rule(
    "hub", "", "", "Model hub",
    "The mirror that models are looked up at and fetched from, in place of the public hub. To close it altogether set "
    "“offline”.", _address, {"type": "string", "pattern": "^https://[^/?#]+[^?#]*$", "maxLength": 500},
)  # fmt: skip
SERVERS: Rule[Names] = Rule(
    "servers", None, (), "Company servers",
    "The hosts that models may answer on, and that vectors may be kept at; an empty list is none. “*.example” is every "
    "host below it, and a port counts where one is named.",
    _hosts, _names(r"^(\*\.)?[a-z0-9_\[\]:.-]+$"),
)  # fmt: skip
MODELS: Rule[Names] = Rule(
    "models", None, (), "Models",
    "The SHA-256 sums of the files that may answer: weights, adapters and projectors. The one that comes along always "
    "may, those on “servers” follow that rule.", _digests, _names("^[0-9a-f]{64}$"),
)  # fmt: skip
EMBEDDERS: Rule[Names] = Rule(
    "embedders", None, (), "Embedders",
    "The sums of the embedders that may read documents, as “inhouse embedder --json” shows them. The one that comes "
    "along always may.", _digests, _names("^[0-9a-f]{64}$"),
)  # fmt: skip
FOLDERS: Rule[Names] = Rule(
    "folders", None, (), "Folders",
    "Where documents may come from: files that are added, attached or followed lie in one of these folders, links "
    "followed to where they lead. An empty list is none; what is indexed already stays.",
    _folders, _names(r"^(~|~[/\\].*|/.*|[A-Za-z]:[/\\].*|\\\\.*)$"),
)  # fmt: skip
CHAT_DAYS: Rule[int | None] = Rule(
    "chat_days", None, None, "Chats are kept",
    "So many days after its last message a chat is deleted for good. Where the policy cannot be read nothing is "
    "deleted, since that cannot be undone.", _days, {"type": "integer", "minimum": 1, "maximum": 36_500},
)  # fmt: skip
MASK: Rule[bool] = Rule(
    "mask_personal_data", False, True, "Personal data",
    "Every document is looked through for personal data as it is read, and what is found is masked, before anything "
    "is indexed or taught (docs/personal.md). Those that were indexed before are read anew.", _switch, SWITCH,
)  # fmt: skip
API_NETWORK: Rule[bool] = Rule(
    "api_network", True, False, "Other computers",
    "The API may listen where other computers reach it. Whether it may be on at all is “api_enabled”.", _switch, SWITCH,
)  # fmt: skip
LOG_LEVEL: Rule[str] = Rule(
    "log_level", "info", "info", "Log",
    "What is written into the log, which never holds contents.", _level, {"enum": list(LOG_LEVELS)},
)  # fmt: skip

RULES: tuple[Rule[Any], ...] = (
    EXPORTS, TRAINING, HUB, SERVERS, MODELS, EMBEDDERS, FOLDERS, CHAT_DAYS, MASK, API_NETWORK, LOG_LEVEL,
)  # fmt: skip


def covers(hosts: Names, host: str, port: int | None) -> bool:
    """Whether a list of hosts names this one."""
    if hosts is None:
        return True
    for each in hosts:
        name, colon, number = each.rpartition(":") if re.search(r":\d+$", each) else (each, "", "")
        if colon and str(port or "") != number:
            continue
        if name == host or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False


def resolved(folders: Names) -> tuple[Path, ...] | None:
    """The folders of a list as they are on this computer, where links lead; None where any may be."""
    return None if folders is None else tuple(Path(each).expanduser().resolve() for each in folders)


def lies_below(folders: tuple[Path, ...] | None, path: Path) -> bool:
    """Whether a file or folder lies in one of these, or is one; where links lead is what counts."""
    if folders is None:
        return True
    real = path.expanduser().resolve()
    return any(real.is_relative_to(each) for each in folders)
