"""The training component: installed from a folder and from an index, killed and resumed, refused, repaired, removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from every_line import killed_at_each_line
from training_bundle import IndexServer, TrainingBundle, make_bundle, make_wheel

from app import frozen
from app.errors import AppError, Busy, NoSpace
from app.finetune.component import Component, Source, Unfinished
from app.finetune.component_install import Cancelled, Installer, uv_environment
from app.finetune.component_lock import find_lock
from app.finetune.component_words import uv_failed
from app.finetune.trainer_command import (
    COMPONENT,
    missing_libraries,
    require_trainer,
    trainer_command,
    trainer_environment,
)
from app.paths import Home


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainingBundle]:
    made = make_bundle(tmp_path)
    monkeypatch.delenv("INHOUSE_TRAINER", raising=False)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def installer(place: Home, bundle: TrainingBundle, source: Source | None = None) -> Installer:
    where = source or Source(kind="folder", place=str(bundle.wheels))
    return Installer(Component(place), bundle.lock(), where, os.environ)


def mirror(index: IndexServer) -> Source:
    return Source(kind="mirror", place=index.address)


def module(place: Home, name: str) -> Path:
    """The file of an installed library."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return Component(place).folder / "lib" / version / "site-packages" / f"{name}.py"


def test_a_folder_of_wheels_becomes_what_the_trainer_runs_on(bundle: TrainingBundle, place: Home) -> None:
    assert missing_libraries(place) == (COMPONENT,)
    with pytest.raises(AppError, match=r"not installed on this computer yet.*inhouse training install"):
        require_trainer(place)
    work = installer(place, bundle)
    work.install()
    require_trainer(place)
    assert not Component(place).cache.exists() and Component(place).unfinished() is None
    said = subprocess.run(
        trainer_command(place, "run", "RUN.json"),
        env=trainer_environment(place),
        capture_output=True,
        text=True,
        check=True,
    )
    name, file, *rest = said.stdout.split()
    assert (name, rest) == ("torch", ["run", "RUN.json"]) and Path(file) == module(place, "torch")
    assert not (bundle.root / "source" / "__pycache__").exists()  # nothing is written into the bundle


def test_it_goes_on_where_the_application_was_moved(
    bundle: TrainingBundle, place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer(place, bundle).install()
    moved = bundle.root.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("INHOUSE_BUNDLE", str(moved))
    command = trainer_command(place, "plan")
    said = subprocess.run(command, env=trainer_environment(place), capture_output=True, text=True, check=True)
    assert said.stdout.startswith("torch ")


def test_a_mirror_is_asked_and_nothing_else(bundle: TrainingBundle, place: Home) -> None:
    with IndexServer(bundle.wheels) as index:
        work = installer(place, bundle, mirror(index))
        work.install()
    assert sorted(index.asked) == sorted(wheel.name for wheel in bundle.lock().wheels)
    assert not missing_libraries(place)


def test_a_kill_keeps_what_has_come_and_ends_uv_with_the_next_one(bundle: TrainingBundle, place: Home) -> None:
    program = (
        "import os, sys; from app.finetune.component import *; from app.finetune.component_install import *;"
        "from app.finetune.component_lock import *; from app.paths import Home; from pathlib import Path;"
        "Installer(Component(Home(Path(sys.argv[1]))), find_lock('cpu'),"
        "Source(kind='mirror', place=sys.argv[2]), os.environ).install()"
    )
    component = Component(place)
    with IndexServer(bundle.wheels, stalls="peft") as index:
        child = subprocess.Popen([sys.executable, "-c", program, str(place.root), index.address])
        assert index.stalled.wait(60)
        wait_until(lambda: len(list((component.cache / "wheels-v8").rglob("*.http"))) >= 4 or len(index.asked) == 5)
        time.sleep(0.5)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert component.marker() is None and missing_libraries(place) == (COMPONENT,)
        unfinished = component.unfinished()
        assert unfinished == Unfinished(source=mirror(index), backend="cpu")
        assert component.installer_file.exists()  # uv goes on without its core
        index.stalls, before = "", list(index.asked)
        installer(place, bundle, unfinished.source).install()
        assert before.count("peft") == 1 and index.asked[len(before) :] == ["peft"]  # the four others had come
    assert not missing_libraries(place)


def test_another_file_of_the_same_name_is_refused(bundle: TrainingBundle, place: Home) -> None:
    lock = bundle.lock()
    path = make_wheel(bundle.wheels, "peft", "NAME = 'evil'\n")
    assert path.stat().st_size == next(wheel.bytes for wheel in lock.wheels if wheel.name == "peft")
    with pytest.raises(
        AppError, match="“peft” is not the file that this version of Inhouse was tested with"
    ) as refused:
        installer(place, bundle).install()
    assert str(bundle.wheels) in refused.value.hint and "Hash mismatch" in refused.value.detail
    assert Component(place).marker() is None and not module(place, "peft").exists()


def test_what_a_folder_lacks_is_named_before_anything_is_touched(bundle: TrainingBundle, place: Home) -> None:
    (bundle.wheels / "gguf-1.0-py3-none-any.whl").unlink()
    (bundle.wheels / "peft-1.0-py3-none-any.whl").write_bytes(b"half of it")
    with pytest.raises(AppError, match=r"lacks 2 of 5 wheels.*peft-1\.0-py3-none-any\.whl, gguf-1\.0"):
        installer(place, bundle).install()
    assert Component(place).unfinished() is None


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"lacks": "gguf"}, "“gguf” in the version that Inhouse needs is not in the mirror 127.0.0.1"),
        ({"status": 500}, "The mirror 127.0.0.1 does not answer"),
    ],
)
def test_what_a_mirror_does_wrong_is_said(
    bundle: TrainingBundle, place: Home, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object], sentence: str
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with IndexServer(bundle.wheels, **fault) as index, pytest.raises(AppError, match=sentence):  # type: ignore[arg-type]
        installer(place, bundle, mirror(index)).install()
    assert Component(place).unfinished() is not None


def test_a_password_in_an_address_is_never_shown(
    bundle: TrainingBundle, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    source = Source(kind="mirror", place="http://name:secret@127.0.0.1:9/simple")
    with pytest.raises(AppError, match=r"The mirror 127\.0\.0\.1 does not answer") as failed:
        installer(place, bundle, source).install()
    assert "secret" not in f"{failed.value} {failed.value.detail}"


def test_a_full_disk_is_said_before_and_in_between(
    bundle: TrainingBundle, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(NoSpace, match=r"Training needs 0\.30 GB on the disk, and 0\.00 GB are free"):
        installer(place, bundle).install()
    monkeypatch.undo()
    for name, value in bundle.environment.items():
        monkeypatch.setenv(name, value)
    uv = bundle.root / "uv"
    real = uv.resolve()
    uv.unlink()
    uv.write_text(
        f'#!/bin/sh\n[ "$1" = venv ] && exec {real} "$@"\necho "No space left on device (os error 28)"; exit 2\n'
    )
    uv.chmod(0o755)
    with pytest.raises(NoSpace, match="The disk is full"):
        installer(place, bundle).install()
    assert Component(place).marker() is None and Component(place).unfinished() is not None


def test_a_library_that_does_not_load_is_not_installed(bundle: TrainingBundle, place: Home) -> None:
    bundle.write({"torch": "raise ImportError('libgomp.so.1: cannot open shared object file')\n"})
    with pytest.raises(AppError, match="does not load") as failed:
        installer(place, bundle).install()
    assert "libgomp" in failed.value.detail and missing_libraries(place) == (COMPONENT,)


def test_repair_fetches_what_is_damaged_and_nothing_else(bundle: TrainingBundle, place: Home) -> None:
    with IndexServer(bundle.wheels) as index:
        installer(place, bundle, mirror(index)).install()
        assert installer(place, bundle, mirror(index)).repair() == 0
        index.asked.clear()
        module(place, "gguf").write_text("NAME = 'gguF'\n", encoding="utf-8")  # as long as before
        module(place, "peft").unlink()
        assert installer(place, bundle, mirror(index)).repair() == 2
        assert sorted(index.asked) == ["gguf", "peft"]
    assert module(place, "gguf").read_text("utf-8") == "NAME = 'gguf'\n" and module(place, "peft").exists()
    assert not missing_libraries(place)


def test_another_version_of_the_list_is_another_component(bundle: TrainingBundle, place: Home) -> None:
    installer(place, bundle).install()
    bundle.write(version="2.0")
    assert missing_libraries(place) == (COMPONENT,)
    installer(place, bundle).install()
    assert not missing_libraries(place) and not Component(place).part.exists()
    assert find_lock("cpu") is not None and find_lock("cuda") is None


def test_removal_leaves_nothing(bundle: TrainingBundle, place: Home) -> None:
    installer(place, bundle).install()
    installer(place, bundle).remove()
    left = [path.name for path in place.components.iterdir()]
    assert left in ([], ["lock"]) and missing_libraries(place) == (COMPONENT,)


def test_two_at_once_and_a_cancel(bundle: TrainingBundle, place: Home) -> None:
    with IndexServer(bundle.wheels, stalls="gguf") as index:
        first = installer(place, bundle, mirror(index))
        ended: list[BaseException] = []

        def run() -> None:
            try:
                first.install()
            except AppError as error:
                ended.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert index.stalled.wait(60)
        with pytest.raises(Busy, match="being installed already"):
            installer(place, bundle).install()
        with pytest.raises(Busy):
            installer(place, bundle).remove()
        first.cancel()
        thread.join(30)
    assert isinstance(ended[0], Cancelled) and Component(place).unfinished() is not None


def test_a_kill_at_any_line_of_the_change_leaves_a_whole_one(bundle: TrainingBundle, place: Home) -> None:
    component, lock = Component(place), bundle.lock()
    unfinished = Unfinished(source=Source(), backend="cpu")

    def change() -> None:
        component.begin(unfinished)
        component.part.mkdir(parents=True)
        (component.part / "new").touch()
        component.settle(lock)

    def old_one() -> None:
        component.remove()
        change()
        (component.folder / "new").rename(component.folder / "old")

    old_one()
    for _ in killed_at_each_line(("app/finetune/component.py",), change):
        component.sweep()
        assert component.marker() is not None
        assert len({"old", "new"} & {each.name for each in component.folder.iterdir()}) == 1
        old_one()
    old_one()
    for _ in killed_at_each_line(("app/finetune/component.py",), component.remove):
        assert component.marker() is None or (component.folder / "old").exists()
        old_one()


def test_uv_is_told_of_proxy_and_certificates_and_of_nothing_else() -> None:
    said = {"HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "/ca.pem", "UV_DEFAULT_INDEX": "https://mirror/simple"}
    env = uv_environment({**said, "UV_TARGET": "/tmp", "PYTHONPATH": "/x", "UV_INDEX_M_PASSWORD": "p"})
    assert env == {**said, "UV_INDEX_M_PASSWORD": "p"}


def wait_until(true: object, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_folder_of_wheels_needs_no_authorities(
    bundle: TrainingBundle, place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minimal Debian has no ca-certificates; uv then builds no client where it is to read the system's."""
    real, told = frozen.uv(), tmp_path / "told"
    assert real is not None
    spy = tmp_path / "uv"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {told}\nexec {real.absolute()} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setattr(frozen, "uv", lambda: spy)
    installer(place, bundle).install()
    assert len(told.read_text().splitlines()) >= 2 and "--system-certs" not in told.read_text()
    Installer(Component(place), bundle.lock(), Source(kind="folder", place=""), os.environ).remove()
    with IndexServer(bundle.wheels) as index:
        installer(place, bundle, mirror(index)).install()
    assert "--system-certs" in told.read_text(), "an address is trusted as the system trusts"


def test_a_system_without_authorities_is_said() -> None:
    said = (
        "error: failed to build HTTP client\n  cause: unexpected error: No CA certificates were loaded from the system"
    )
    error = uv_failed(said, Source(kind="index"))
    assert "no list of authorities" in error.message and "ca-certificates" in error.hint and error.detail == said
