"""Builds of llama.cpp: taken out of hostile archives, tried in processes that may die, chosen, explained."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import llama_cpp
import pytest

from app.errors import AppError
from app.llama import library
from app.models.cards import installed_cards
from app.models.runtime_archive import Taken, take
from app.models.runtime_trial import refusal, try_runtime
from app.models.runtimes import Runtimes
from app.paths import Home
from app.runtimes import (
    BUILT_IN,
    VARIABLE,
    Card,
    Chosen,
    Device,
    Runtime,
    environment,
    note_failure,
    read_chosen,
    why_no_more,
)

OWN = Path(llama_cpp.__file__).parent / "lib"
"""The libraries of the build that comes along: a sound runtime."""
RTX = Card(vendor="NVIDIA", name="NVIDIA GeForce RTX 3060", driver="nvidia")
OPEN_DRIVER = Card(vendor="NVIDIA", name="NVIDIA GeForce RTX 3060", driver="nouveau")
RADEON = Card(vendor="AMD", name="AMD Radeon RX 7600", driver="amdgpu")
CUDA = Device(kind="CUDA", name="NVIDIA GeForce RTX 3060", is_gpu=True, free=10, total=12)
CPU = Device(kind="CPU", name="A processor", is_gpu=False, free=1, total=1)


def taken(source: Path, folder: Path) -> Taken:
    folder.mkdir()
    steps = take(source, folder)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Taken = end.value
            return found


def tar_of(path: Path, files: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


def test_only_libraries_beside_llama_are_taken_and_no_driver(tmp_path: Path) -> None:
    source = tmp_path / "runtime.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name in ("build/bin/libllama.so", "build/bin/libggml.so.0", "build/bin/libvulkan.so.1", "build/bin/run.sh"):
            archive.writestr(name, name)
        archive.writestr("../../outside.so", "x")
        archive.writestr("build/other/libggml-evil.so", "x")
    found = taken(source, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["libggml.so.0", "libllama.so"]
    assert found.left_out == ("libvulkan.so.1",)
    assert (tmp_path / "out" / "libllama.so").read_text() == "build/bin/libllama.so"
    assert not (tmp_path.parent / "outside.so").exists()


def test_links_stay_among_the_files(tmp_path: Path) -> None:
    sound = tar_of(tmp_path / "a.tar.gz", {"libllama.so.0": b"x"}, {"libllama.so": "libllama.so.0"})
    taken(sound, tmp_path / "a")
    assert (tmp_path / "a" / "libllama.so").read_bytes() == b"x"
    for name, target in (("out", "../../etc/passwd"), ("abs", "/etc/passwd"), ("self", "libllama.so")):
        leading = tar_of(tmp_path / f"{name}.tgz", {"libggml.so": b"x"}, {"libllama.so": target})
        with pytest.raises(AppError, match="leads"):
            taken(leading, tmp_path / name)
        assert not list((tmp_path / name).iterdir())


def test_what_is_no_runtime_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "cut.tar.gz").write_bytes(
        tar_of(tmp_path / "w.tar.gz", {"libllama.so": bytes(range(256)) * 99}).read_bytes()[:80]
    )
    tar_of(tmp_path / "other.tar.gz", {"readme.txt": b"x"})
    (tmp_path / "folder").mkdir()
    for name in ("text.zip", "cut.tar.gz", "other.tar.gz", "folder", "absent.zip"):
        with pytest.raises(AppError) as caught:
            taken(tmp_path / name, tmp_path / f"out-{name}")
        assert name in caught.value.message and caught.value.hint
    monkeypatch.setattr("app.models.runtime_archive.MOST_BYTES", 10)
    big = tar_of(tmp_path / "big.tar.gz", {"libllama.so": b"x" * 50})
    with pytest.raises(AppError, match="far more"):
        taken(big, tmp_path / "out-big")


@pytest.mark.real
def test_a_runtime_is_added_chosen_and_removed(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    runtimes = Runtimes(place)
    runtime = added(runtimes, OWN, "Mine")
    assert (runtime.name, runtime.backends, runtime.warning) == ("Mine", ("CPU",), "")
    assert runtime.devices and not runtime.devices[0].is_gpu
    assert [each.id for each in runtimes.all()] == [runtime.id]
    runtimes.choose("engine", "mine")
    assert environment(place, "engine")[VARIABLE] == str(place.runtimes / runtime.id / "lib")
    assert environment(place, "documents") == {} and environment(place, "models") == {}
    with pytest.raises(AppError, match="in use"):
        runtimes.remove("Mine")
    note_failure(place, "engine", "It broke.")
    assert environment(place, "engine") == {}
    runtimes.choose("engine", BUILT_IN)
    runtimes.remove("Mine")
    assert not runtimes.all() and not list(place.runtimes.iterdir())


@pytest.mark.real
def test_one_that_does_not_load_leaves_nothing(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    broken = tmp_path / "broken"
    shutil.copytree(OWN, broken)
    (broken / "libllama.so").write_bytes(b"\x7fELF nothing")
    with pytest.raises(AppError, match="another system, or is damaged"):
        added(Runtimes(place), broken, "")
    assert not list(place.runtimes.iterdir())
    with pytest.raises(AppError, match="files of this runtime are gone"):
        try_runtime(place, "gone")


def added(runtimes: Runtimes, source: Path, name: str) -> Runtime:
    steps = runtimes.bring_in(source, name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Runtime = end.value
            return made


def test_what_was_half_added_or_removed_by_hand_is_no_runtime(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("could not be read")
    place = Home(tmp_path)
    for name in (".new-123/lib", "half/lib"):
        (place.runtimes / name).mkdir(parents=True)
    Runtimes(place).sweep()
    assert not list(place.runtimes.iterdir())
    place.runtimes_file.write_text('{"engine": {"id": "gone"}}')
    assert Runtimes(place).chosen() == {"engine": Chosen(id="gone", failed="Its files are gone."), "embedder": Chosen()}
    place.runtimes_file.write_text("{")
    assert read_chosen(place)["engine"] == Chosen()


@pytest.mark.parametrize(
    ("code", "said", "wanted"),
    [
        (1, "OSError: libcuda.so.1: cannot open shared object file: No such file or directory", "NVIDIA’s driver"),
        (1, "libvulkan.so.1: cannot open shared object file: No such file or directory", "Vulkan loader"),
        (1, "libcublas.so.13: cannot open shared object file: No such file or directory", "CUDA’s own libraries"),
        (1, "/lib/libm.so.6: version `GLIBC_2.38' not found (required by libggml.so)", "newer system"),
        (1, "AttributeError: /x/libllama.so: undefined symbol: llama_model_n_layer", "another version"),
        (-4, "", "another processor"),
        (-11, "", "crashes (SIGSEGV)"),
        (1, "something else", "does not load"),
    ],
)
def test_why_a_runtime_does_not_load_is_said(code: int, said: str, wanted: str) -> None:
    error = refusal(code, f"Traceback\n{said}\n")
    assert wanted in error.message and error.hint


def test_a_structure_of_another_size_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.misfit() == ""
    monkeypatch.setitem(library.STRUCTURES, "llama_context_default_params", llama_cpp.llama_model_params)
    if library.platform.machine() in ("x86_64", "AMD64"):
        assert "llama_context_default_params" in library.misfit()


@pytest.mark.parametrize(
    ("devices", "cards", "backends", "wanted"),
    [
        ([CPU], [], ["CPU"], "No graphics card was found: the processor computes."),
        ([CPU], [RTX], ["CPU"], "has no GPU backend. Add one under Runtimes."),
        ([CUDA, CPU], [RTX], ["CUDA", "CPU"], "Models run on NVIDIA GeForce RTX 3060 (CUDA)."),
        ([CPU], [OPEN_DRIVER], ["CUDA", "CPU"], "NVIDIA's own driver (now: nouveau)"),
        ([CPU], [RADEON], ["CUDA", "CPU"], "use a Vulkan runtime"),
        ([CUDA], [RTX, RADEON], ["CUDA"], "Not used by this build: AMD Radeon RX 7600."),
    ],
)  # fmt: skip
def test_what_is_used_and_why_not_more(
    devices: list[Device], cards: list[Card], backends: list[str], wanted: str
) -> None:
    assert wanted in why_no_more(devices, cards, backends)


def test_cards_are_named_without_a_driver(tmp_path: Path) -> None:
    def device(slot: str, **files: str) -> Path:
        folder = tmp_path / "sys/bus/pci/devices" / slot
        folder.mkdir(parents=True)
        for name, text in {"class": "0x030000", **files}.items():
            (folder / name).write_text(text + "\n")
        return folder

    device("0000:01:00.0", vendor="0x10de", device="0x2504")
    driven = device("0000:02:00.0", vendor="0x1002", device="0x7480")
    (tmp_path / "drivers/amdgpu").mkdir(parents=True)
    (driven / "driver").symlink_to(tmp_path / "drivers/amdgpu")
    device("0000:03:00.0", vendor="0x8086", device="0x1234", **{"class": "0x020000"})  # a network card
    names = tmp_path / "usr/share/misc/pci.ids"
    names.parent.mkdir(parents=True)
    names.write_text("1002  AMD\n\t7480  Navi 33 [Radeon RX 7600]\n10de  NVIDIA\n\t2504  GA106 [GeForce RTX 3060]\n")
    assert installed_cards(tmp_path, "linux") == (
        Card(vendor="NVIDIA", name="NVIDIA GeForce RTX 3060"),
        RADEON,
    )
    assert installed_cards(tmp_path / "nothing", "linux") == ()
