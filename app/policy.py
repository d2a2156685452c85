"""What a company has set for everybody on a computer: a file that its users cannot write.

`policy.json` in the system's folder for Inhouse (Linux: /etc/xdg/Inhouse, Windows: C:\\ProgramData\\Inhouse, macOS:
/Library/Application Support/Inhouse): {"version": 1, "by": "IT service", "values": {"offline": true}, "reasons":
{"offline": "…"}}. `values` has settings and rules by key, `reasons` a sentence for each, which people read in Settings.
With a `seal`, the sum of all else, no letter of it can change unseen. docs/policy.md is for those who write one.

A file that is there and cannot be read, or says something that this version does not know, closes everything that it
does not clearly open: whoever damages it gains nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import platformdirs

from app.errors import AppError, NotAllowed
from app.rules import Rule, T

log = logging.getLogger(__name__)

Value = str | int | float | bool | None
FILE = "policy.json"
VERSION = 1
MOST = 200
"""Characters of a reason that are shown."""
LARGEST = 4 << 20
"""Bytes of a policy."""
NAMED = "INHOUSE_POLICY"
"""Names another file, where the system's folder has none: what is there cannot be turned off by a variable."""
SEAL = "seal"
PARTS = ("version", "by", "values", "reasons", SEAL)


class Decided(Protocol):
    """A setting or a rule, as a policy sets it."""

    def accept(self, value: Any) -> Any:
        """The value as it is used. Raises AppError."""
        ...


@dataclass(frozen=True)
class Policy:
    """What is decided, and what people are told about it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """By key, those that are closed because it cannot be read among them."""
    closed: frozenset[str] = frozenset()
    """Keys of those."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    """Who has set it: "IT service"."""
    file: Path | None = None
    """Where it is; None where there is none."""
    problems: tuple[str, ...] = ()
    """Sentences about what of it cannot be read."""
    mark: tuple[int, ...] = ()
    """Of the file as it was read: another one says that it was written anew."""

    def why(self, key: str) -> str:
        """ "Set by IT service. Models come from the software centre."; "" where people choose themselves."""
        if key not in self.values:
            return ""
        if key in self.closed:
            return "Closed, since the company's policy cannot be read."
        return f"Set by {self.by or 'your company'}. {self.reasons.get(key, '')}".strip()

    def rule(self, rule: Rule[T]) -> T:
        """What holds of a rule."""
        value: T = self.values.get(rule.key, rule.open)
        return value

    def require(self, rule: Rule[Any], allowed: bool, what: str) -> None:
        """
        Raises:
            NotAllowed: it is not allowed by this rule; `what` as in "does not allow exports".
        """
        if not allowed:
            hint = "The company's policy cannot be read: tell your IT." if rule.key in self.closed else ""
            raise NotAllowed(
                f"Your company does not allow {what}.",
                hint or self.reasons.get(rule.key) or "Ask your IT, if you need it.",
            )

    @property
    def problem(self) -> str:
        """A sentence for everybody; "" where all is well."""
        if not self.problems:
            return ""
        return (
            f"Your company's policy cannot be read ({self.problems[0].rstrip('.')}), so all that it may close is "
            "closed. Tell your IT: “inhouse policy” says more."
        )


class NotReadable(Exception):
    """The sentence says what is wrong with the file as a whole."""


def policy_file() -> Path:
    """Where it is, or would be."""
    file = system_folder() / FILE
    named = os.environ.get(NAMED, "")
    return Path(named) if named and not _exists(file) else file


def system_folder() -> Path:
    """The system's folder for Inhouse. No variable of the user moves it: XDG_CONFIG_DIRS names other folders also on
    desktops that set it themselves."""
    if sys.platform in ("win32", "darwin"):
        return Path(platformdirs.site_config_dir("Inhouse", appauthor=False))
    return Path("/etc/xdg/Inhouse")


def _exists(file: Path) -> bool:
    """Also where it cannot be looked at, or is a link that leads nowhere."""
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def mark_of(file: Path) -> tuple[int, ...]:
    """Another one once the file was written anew, taken away or put there."""
    try:
        found = file.stat()
    except OSError:
        return (int(_exists(file)),)
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def read_policy(known: Mapping[str, Decided], safe: Mapping[str, Any], file: Path | None = None) -> Policy:
    """The policy of this computer; one without values where there is none.

    `known` has all settings and rules by key, `safe` what those that a policy may close are then.
    """
    file = file or policy_file()
    mark = mark_of(file)
    if not _exists(file):
        return Policy(mark=mark)
    try:
        document = parse(_bytes(file))
    except NotReadable as error:
        log.warning("The company's policy cannot be read: %s", error)
        return Policy(dict(safe), closed=frozenset(safe), file=file, problems=(str(error),), mark=mark)
    values, problems = _values(document, known)
    closed: frozenset[str] = frozenset()
    if problems:
        log.warning("The company's policy has %d values that this version cannot use", len(problems))
        closed = frozenset(safe) - frozenset(values)
        values = {**safe, **values}
    reasons = {key: text.strip()[:MOST] for key, text in document.get("reasons", {}).items() if isinstance(text, str)}
    by = document.get("by", "").strip()[:MOST]
    return Policy(values, closed, reasons, by, file, tuple(problems), mark)


def _values(document: Mapping[str, Any], known: Mapping[str, Decided]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems = []
    for key, value in document.get("values", {}).items():
        if key not in known:
            problems.append(f"“{key[:80]}” is nothing that this version of Inhouse knows.")
            continue
        try:
            values[key] = known[key].accept(value)
        except AppError as error:
            problems.append(error.message)
    return values, problems


def _bytes(file: Path) -> bytes:
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise NotReadable(error.strerror or "it cannot be opened") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotReadable("it is no file")
    with os.fdopen(handle, "rb") as opened:
        try:
            raw = opened.read(LARGEST + 1)
        except OSError as error:
            raise NotReadable(error.strerror or "it cannot be read") from error
    if len(raw) > LARGEST:
        raise NotReadable("it is too large")
    return raw


def parse(raw: bytes, *, sealed: bool = True) -> dict[str, Any]:
    """The document, whose form is right and whose seal, if it has one and that counts, holds.

    Raises:
        NotReadable: with what is wrong.
    """
    try:
        document = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"it is no JSON that can be read: {str(error)[:120]}") from error
    if not isinstance(document, dict):
        raise NotReadable("it is no object in braces")
    for key in document:
        if key not in PARTS:
            raise NotReadable(f"“{key[:80]}” is no part of a policy")
    if type(document.get("version")) is not int:
        raise NotReadable("it does not say its “version”")
    if document["version"] != VERSION:
        raise NotReadable(f"its version {document['version']} is another one than the {VERSION} of this Inhouse")
    if not isinstance(document.get("by", ""), str):
        raise NotReadable("“by” has to be a text")
    for part in ("values", "reasons"):
        if not isinstance(document.get(part, {}), dict):
            raise NotReadable(f"“{part}” has to be an object in braces")
    if sealed and SEAL in document and document[SEAL] != seal_of(document):
        raise NotReadable("it was changed after it was sealed")
    return document


def seal_of(document: Mapping[str, Any]) -> str:
    """The SHA-256 sum of all but the seal, whatever its line breaks and order."""
    rest = {key: value for key, value in document.items() if key != SEAL}
    said = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large")
    return value
