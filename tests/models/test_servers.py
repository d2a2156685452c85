"""Addresses of servers as people type them, and keys that only their owner can read."""

from __future__ import annotations

import json
import stat

import keyring.backend
import keyring.errors
import pytest

from app.errors import AppError
from app.models.model_files import is_missing
from app.models.registry import Registry
from app.models.server_keys import ServerKeys
from app.models.servers import clean_address, host_of, is_encrypted, shown_name
from app.paths import home
from app.types import InstalledModel


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://models.example/v1", "https://models.example/v1"),
        ("  https://models.example/v1/ ", "https://models.example/v1"),
        ("models.example:8000/v1", "https://models.example:8000/v1"),
        ("localhost:8080/v1", "http://localhost:8080/v1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://models.example/v1/chat/completions", "http://models.example/v1"),
        ("https://models.example/v1/models", "https://models.example/v1"),
    ],
)
def test_an_address_is_stored_without_what_people_add(typed: str, address: str) -> None:
    assert clean_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "   ", "ftp://models.example", "https://", "https://[::1", "https://a b/v1", "https://x:port/v1"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(AppError, match="not the address"):
        clean_address(typed)


def test_a_password_belongs_into_the_key() -> None:
    with pytest.raises(AppError, match="password") as caught:
        clean_address("https://me:secret@models.example/v1")
    assert "secret" not in f"{caught.value} {caught.value.detail}"


def test_only_what_leaves_this_computer_needs_encryption() -> None:
    assert is_encrypted("https://models.example/v1") and is_encrypted("http://127.0.0.1:80/v1")
    assert not is_encrypted("http://models.example/v1") and not is_encrypted("http://10.0.0.7:8000/v1")


def served(registry: Registry) -> InstalledModel:
    return registry.install(
        InstalledModel(
            name="Large", path="", file_bytes=0, origin="server", address="http://models.example:8000/v1", served_as="l"
        )
    )


def test_a_served_model_is_listed_without_a_file() -> None:
    registry = Registry(home())
    model = served(registry)
    assert (
        shown_name(model) == "Large, computed on models.example:8000" == f"Large, computed on {host_of(model.address)}"
    )
    assert not is_missing(model)
    assert registry.use("Large") == registry.active() == model
    assert registry.remove(model.id) == model and registry.active() != model


class Ring(keyring.backend.KeyringBackend):
    """A system's keyring: it keeps, it is locked, or it takes nothing."""

    priority = 5.0  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.full = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked or self.full:
            raise keyring.errors.PasswordSetError("no")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("none")
        del self.kept[service, username]


class PlainFile(Ring):
    """One that writes what it is given where everyone can read it."""

    priority = 0.5  # type: ignore[assignment]


def test_a_key_is_in_the_keyring_where_there_is_one() -> None:
    ring = Ring()
    keys = ServerKeys(home(), ring)
    keys.set("m1", "sk-1")
    assert ring.kept == {("Inhouse", "m1"): "sk-1"} and not home().server_keys.exists()
    assert keys.get("m1") == "sk-1" and keys.get("m2") == ""
    keys.set("m1", "sk-2")
    assert keys.get("m1") == "sk-2"
    keys.set("m1", "")
    assert ring.kept == {} and keys.get("m1") == ""
    ring.locked = True
    with pytest.raises(AppError, match="did not give"):
        keys.get("m1")


@pytest.mark.parametrize("ring", [None, PlainFile(), Ring()])
def test_where_no_keyring_takes_it_a_file_does_that_only_its_owner_reads(ring: Ring | None) -> None:
    if ring is not None:
        ring.full = True
    keys = ServerKeys(home(), ring)
    keys.set("m1", "sk-1")
    keys.set("m2", "sk-2")
    assert stat.S_IMODE(home().server_keys.stat().st_mode) == 0o600
    assert json.loads(home().server_keys.read_text()) == {"m1": "sk-1", "m2": "sk-2"}
    assert ServerKeys(home(), ring).get("m1") == "sk-1"
    keys.forget("m1")
    assert (keys.get("m1"), keys.get("m2")) == ("", "sk-2")
    keys.forget("m2")
    assert not home().server_keys.exists()


def test_a_key_moves_into_a_keyring_that_takes_it_at_last() -> None:
    ring = Ring()
    ring.full = True
    keys = ServerKeys(home(), ring)
    keys.set("m1", "sk-1")
    ring.full = False
    keys.set("m1", "sk-2")
    assert keys.get("m1") == "sk-2" and not home().server_keys.exists()


def test_a_damaged_file_of_keys_costs_the_keys_and_nothing_else() -> None:
    home().root.mkdir(parents=True)
    home().server_keys.write_text("{")
    keys = ServerKeys(home())
    assert keys.get("m1") == ""
    keys.set("m1", "sk-1")
    assert keys.get("m1") == "sk-1"
