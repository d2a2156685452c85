"""The key that programs must show: one line in a file that only this user can read."""

from __future__ import annotations

import secrets

from app.files import PRIVATE_FILE, write_atomic
from app.paths import Home

KEY_BYTES = 32
SHORTEST = 32
"""Characters; a shorter line is a damaged file."""
PREFIX = "inhouse-"
"""So that a key that got somewhere by mistake can be recognised there."""


class ApiKey:
    """Makes the key at the first need, and keeps it until someone wants a new one."""

    def __init__(self, home: Home) -> None:
        self._file = home.root / "api.key"
        self._value = ""

    @property
    def value(self) -> str:
        """The key.

        Raises:
            NoSpace: it cannot be stored.
        """
        if not self._value:
            self._value = self._read() or self.renew()
        return self._value

    def renew(self) -> str:
        """Another key; the old one is worth nothing from now on.

        Raises:
            NoSpace: it cannot be stored; the old one holds.
        """
        value = PREFIX + secrets.token_urlsafe(KEY_BYTES)
        write_atomic(self._file, value.encode() + b"\n")
        self._value = value
        return value

    def _read(self) -> str:
        """What is stored, "" where nothing usable is."""
        try:
            found = self._file.read_text(encoding="ascii").strip()
            if self._file.stat().st_mode & 0o077:
                self._file.chmod(PRIVATE_FILE)
        except (OSError, UnicodeDecodeError):
            return ""
        return found if len(found) >= SHORTEST else ""
