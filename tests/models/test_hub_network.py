"""What a company puts between its computers and a hub, a proxy and its own authority; and a disk that fills midway."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer, Repo
from hub_world import FILE, REPO, SIZE, model_file
from huggingface_hub import constants
from huggingface_hub.utils._http import close_session
from own_authority import server_context
from proxy_server import ProxyServer
from worker_client import Client

from app.errors import AppError, NoSpace
from app.models import fetching, transfer
from app.models.worker import ModelsRole
from app.paths import Home, home
from app.types import InstalledModel
from app.workers.calls.models import CatalogueRead, FetchFile, ModelInstalled, ReadCatalogue

HUB, STORE = "hub.example", "store.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return model_file(tmp_path / FILE)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the computer of the test itself has set."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[HubServer, Path]]:
    """A hub whose certificate a company's authority has signed, and the certificate of that."""
    (tmp_path / "tls").mkdir()
    context, authority = server_context(tmp_path / "tls", HUB, STORE)
    with HubServer(context) as hub:
        yield hub, authority


def fetched(key: str = "a") -> InstalledModel:
    """By a models process that starts with the environment as it is now."""
    with Client("models", home()) as client:
        done = client.call(FetchFile(id=key, repo=REPO, file=FILE))
    assert isinstance(done, ModelInstalled)
    return done.model


def through(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> ProxyServer:
    """A proxy that alone knows the names of the hub and of the other host."""
    hub.named = (HUB, STORE)
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    return ProxyServer(dict(zip(hub.named, hub.ports, strict=True)))


def test_a_proxy_hands_plain_requests_on(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer() as hub, through(hub, monkeypatch) as proxy:
        (tmp_path / "list.json").write_bytes(b'{"version": 1, "models": []}')
        hub.repos[REPO] = Repo({FILE: file, "list.json": tmp_path / "list.json"})
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert Path(fetched().path).read_bytes() == file.read_bytes() and hub.sent == SIZE
        assert {("HEAD", HUB), ("GET", HUB), ("GET", STORE)} <= set(proxy.asked)
        with Client("models", home()) as client:
            read = client.call(ReadCatalogue(source=f"{hub.address}/{REPO}/resolve/main/list.json"))
        assert isinstance(read, CatalogueRead)


def test_a_proxy_tunnels_to_a_hub_with_a_companys_certificate(
    file: Path, tls: tuple[HubServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, authority = tls
    hub.repos[REPO] = Repo({FILE: file})
    with through(hub, monkeypatch) as proxy:
        proxy.key = "Basic " + base64.b64encode(b"ada:secret").decode()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(AppError, match="wants a name and a password") as caught:
            fetched()
        assert "HTTPS_PROXY" in caught.value.hint
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:secret@127.0.0.1:{proxy.port}")
        assert Path(fetched().path).read_bytes() == file.read_bytes() and hub.sent == SIZE
        assert {("CONNECT", HUB), ("CONNECT", STORE)} <= set(proxy.asked)
        del proxy.hosts[STORE]
        with pytest.raises(AppError, match=f"proxy does not let this computer reach {HUB}") as caught:
            hub.repos[REPO] = Repo({FILE: model_file(file.with_name("other.gguf"), seed=5)})
            fetched("b")
        assert "import it from a stick" in caught.value.hint


def test_an_own_authority_is_trusted_once_it_is_named(
    file: Path, tls: tuple[HubServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, authority = tls
    hub.repos[REPO] = Repo({FILE: file})
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    with pytest.raises(AppError, match="is not trusted: this computer does not know who vouches for it") as caught:
        fetched()
    assert "SSL_CERT_FILE" in caught.value.hint and hub.sent == 0
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert Path(fetched().path).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SSL_CERT_FILE", "/nowhere/company.pem", "SSL_CERT_FILE names “/nowhere/company.pem”"),
        ("SSL_CERT_FILE", os.devnull, "certificates that this computer is to trust cannot be read"),
        ("HTTPS_PROXY", "gopher://proxy.example", "is no address of one"),
    ],
)
def test_what_it_has_set_wrongly_is_said(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    monkeypatch.setenv(name, value)
    with pytest.raises(AppError, match=said) as caught:
        fetched()
    assert "IT" in caught.value.hint


# --- a disk that fills midway -----------------------------------------------------------------------------------------


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The library read what the tests' environment says when it was imported."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield
    close_session()


@pytest.mark.usefixtures("in_this_process")
def test_a_disk_that_fills_midway_keeps_what_came(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the seam, where no small disk can be had: the write that the system refuses after a megabyte."""
    with HubServer() as hub:
        hub.repos[REPO] = Repo({FILE: file})
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        with monkeypatch.context() as full:
            full.setattr(transfer, "_write", _filling(1 << 20))
            with pytest.raises(NoSpace, match="could not be saved") as caught:
                _step(FetchFile(id="a", repo=REPO, file=FILE))
        assert "Free some disk space" in caught.value.hint and "No space left" in caught.value.detail
        part = home().models / "downloads" / "a" / "model" / f"{FILE}.part"
        assert part.read_bytes() == file.read_bytes()[: 1 << 20]
        hub.sent = 0
        assert Path(_step(FetchFile(id="a", repo=REPO, file=FILE)).path).read_bytes() == file.read_bytes()
        assert hub.sent == SIZE - (1 << 20)


def _filling(room: int) -> object:
    """Writes as much as there is room for, and then what the system says of a full disk."""
    write = transfer._write

    def filled(out: object, piece: bytes) -> None:
        nonlocal room
        write(out, piece[:room])  # type: ignore[arg-type]
        if len(piece) > room:
            raise OSError(28, "No space left on device")
        room -= len(piece)

    return filled


def _step(call: FetchFile, place: Home | None = None) -> InstalledModel:
    steps = ModelsRole(place or home()).handle(call)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            assert isinstance(stop.value, ModelInstalled)
            return stop.value.model


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, where this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder), capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no small disk can be made here")
    try:
        yield folder
    finally:
        subprocess.run(("umount", folder), check=True)


@pytest.mark.usefixtures("in_this_process")
def test_a_real_disk_that_is_full_is_said_and_goes_on_with_more_room(
    file: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have filled it since the room was asked for."""
    place = Home(small_disk / "home")
    monkeypatch.setattr(fetching, "check_room", lambda *_: None)
    with HubServer() as hub:
        hub.repos[REPO] = Repo({FILE: file})
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        with pytest.raises(NoSpace, match="could not be saved"):
            _step(FetchFile(id="a", repo=REPO, file=FILE), place)
        kept = (place.models / "downloads" / "a" / "model" / f"{FILE}.part").stat().st_size
        assert 1 << 20 < kept < 2 << 20
        subprocess.run(("mount", "-o", "remount,size=16m", small_disk), check=True)
        hub.sent = 0
        assert Path(_step(FetchFile(id="a", repo=REPO, file=FILE), place).path).read_bytes() == file.read_bytes()
        assert hub.sent == SIZE - kept
