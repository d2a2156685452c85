"""Keys of the company's servers: in the system's keyring where there is one, else in a file that only its owner reads.

A keyring may ask its user to unlock it, so call this beside the loop that others wait for.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from app.errors import AppError
from app.files import locked, write_atomic
from app.paths import Home

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)

SERVICE = "Inhouse"
TRUSTED = 1.0
"""keyring's own line between stores of the system and those that write plain text."""


class ServerKeys:
    """By model id. A key is never in the list of models, the settings or the log."""

    def __init__(self, home: Home, ring: KeyringBackend | None = None) -> None:
        """`ring`: the system's keyring, unless a test brings one."""
        self._file, self._lock = home.server_keys, home.root / "server-keys.lock"
        self._ring = ring

    def get(self, model_id: str) -> str:
        """The key of a model's server, "" where it has none.

        Raises:
            AppError: the keyring does not give it.
        """
        kept = self._kept().get(model_id)
        ring = self._keyring()
        if kept is not None or ring is None:
            return kept or ""
        from keyring.errors import KeyringError

        try:
            return ring.get_password(SERVICE, model_id) or ""
        except KeyringError as error:
            raise AppError(
                "The keyring of this computer did not give the server's key.", "Unlock it, then try again.", str(error)
            ) from error

    def set(self, model_id: str, key: str) -> None:
        """Keep a key; "" forgets it. Raises NoSpace."""
        self.forget(model_id)
        if key and not self._hand_over(model_id, key):
            self._change(lambda keys: {**keys, model_id: key})

    def forget(self, model_id: str) -> None:
        """Nothing of it stays. Raises NoSpace."""
        if model_id in self._kept():
            self._change(lambda keys: {each: key for each, key in keys.items() if each != model_id})
        ring = self._keyring()
        if ring is not None:
            from keyring.errors import KeyringError

            with contextlib.suppress(KeyringError):  # it has none of this model
                ring.delete_password(SERVICE, model_id)

    def _hand_over(self, model_id: str, key: str) -> bool:
        """Whether the keyring took it."""
        ring = self._keyring()
        if ring is None:
            return False
        from keyring.errors import KeyringError

        try:
            ring.set_password(SERVICE, model_id, key)
        except KeyringError as error:
            log.info("The keyring did not take a key, so the file does: %s", error)
            return False
        return True

    def _keyring(self) -> KeyringBackend | None:
        """The keyring; None where there is none, or only one that hides nothing."""
        if self._ring is None:
            with contextlib.suppress(ImportError):
                import keyring  # here: only who has added a server needs it, and not every computer has it

                self._ring = keyring.get_keyring()
        ring = self._ring
        return ring if ring is not None and ring.priority >= TRUSTED else None

    def _kept(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            log.info("The file of keys could not be read: %s", error)
            return {}

    def _change(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        with locked(self._lock):
            keys = change(self._kept())
            if keys:
                write_atomic(self._file, msgspec.json.encode(keys))
            else:
                self._file.unlink(missing_ok=True)
