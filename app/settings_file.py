"""settings.json: its version and what was chosen, whatever the choices mean; no crash or second window breaks it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.files import locked, set_aside, write_atomic
from app.paths import Home
from app.policy import Value

log = logging.getLogger(__name__)

Migration = Callable[[dict[str, Value]], dict[str, Value]]
DROP = object()
"""In the place of a value: the choice is taken back."""
DAMAGED = "Your settings could not be read, so the defaults are used for now."


def encode(values: Mapping[str, Value], version: int) -> bytes:
    """The file as it is stored."""
    document = {"version": version, "values": dict(sorted(values.items()))}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def decode(raw: bytes) -> tuple[int, dict[str, Value]]:
    """Its version and its values.

    Raises:
        ValueError: anything that is not ours (UnicodeDecodeError and JSONDecodeError are kinds of it).
    """
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("not an object")
    version, values = document.get("version"), document.get("values")
    if type(version) is not int or version < 1 or not isinstance(values, dict):
        raise ValueError("no version or no values")
    return version, values


class SettingsFile:
    """What this user chose, by key, as it is on the disk."""

    def __init__(self, home: Home, migrations: Sequence[Migration], usable: Callable[[str, Value], bool]) -> None:
        """`usable` says of a key and a value that was read whether it is taken."""
        self._file, self._backups = home.settings_file, home.backups
        self._migrations, self._usable = migrations, usable
        self._newest = self._version = len(migrations) + 1
        self.values: dict[str, Value] = {}
        self.note = ""
        """A sentence for the user about what went wrong while reading, or ""."""
        self.read_only = False
        """True where a newer Inhouse wrote the file: changes then last until the program ends."""
        self.load()

    def change(self, changes: Mapping[str, Any]) -> None:
        """Values by key, or DROP; the file is read again under a lock, so that another window's change is not undone.

        Raises:
            NoSpace: it could not be stored; it holds until the program ends.
        """
        self.values = _merged(self.values, changes)
        if self.read_only:
            return
        with locked(self._file.with_suffix(".lock")):
            self.load()
            if self.read_only:
                return
            self._back_up()
            self.values = _merged(self.values, changes)
            write_atomic(self._file, encode(self.values, self._newest))
            self._version = self._newest

    def load(self) -> None:
        """Read it; what is damaged is set aside."""
        try:
            raw = self._file.read_bytes()
        except FileNotFoundError:
            self.values = {}
            return
        except OSError as error:
            self._say(DAMAGED, error)
            self.read_only = True
            return
        try:
            version, values = decode(raw)
        except ValueError as error:
            self._replace_broken(error)
            return
        self._take(version, values)

    def _replace_broken(self, error: ValueError) -> None:
        try:
            kept = set_aside(self._file)
        except OSError as problem:
            self.read_only = True
            self._say(DAMAGED, problem)
            return
        self.values = {}
        self._say(f"Your settings file was damaged. It is kept as “{kept.name}”, and the defaults are used.", error)

    def _take(self, version: int, values: dict[str, Value]) -> None:
        self._version = version
        if version > self._newest:
            self.read_only = True
            self.note = "A newer Inhouse wrote your settings. They are used as far as possible; changes are not kept."
        for migrate in self._migrations[version - 1 :]:
            values = migrate(values)
        self.values = {key: value for key, value in values.items() if self._usable(key, value)}

    def _back_up(self) -> None:
        """Keep the file of an older version, just before it is written over for the first time. Raises NoSpace."""
        if self._version < self._newest:
            target = self._backups / f"settings-v{self._version}-{time.strftime('%Y%m%d-%H%M%S')}.json"
            write_atomic(target, self._file.read_bytes())

    def _say(self, text: str, error: Exception) -> None:
        self.note = text
        log.info("%s (%s)", text, error)


def _merged(values: Mapping[str, Value], changes: Mapping[str, Any]) -> dict[str, Value]:
    return {key: value for key, value in {**values, **changes}.items() if value is not DROP}
