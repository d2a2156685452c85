"""What the list of models says of each: how it would run here, by the file that lies there now."""

from __future__ import annotations

from pathlib import Path

import pytest
from arch_gguf import Sizes, write_model
from core_world import FakeClock
from tiny_gguf import write_split, write_tiny
from tiny_projector import write_tiny_projector

from app.core import fits
from app.core.fits import Fits
from app.gui.hardware import fit_of
from app.hub import Fitted
from app.llama.gguf_reader import read_header
from app.llama.needs import projector_bytes
from app.llama.planner import Device
from app.paths import Home
from app.settings import CONTEXT_LENGTH, Settings
from app.types import InstalledModel, ModelInfo

GIB = 1 << 30
SHAPE = Sizes(layers=32, hidden=4096, heads=32, kv_heads=8, head=128, wide=14336, context=131072)
LOADED = ModelInfo(
    path="/m/old.gguf", name="Old", architecture="llama", quantization="Q4_K_M", parameters=1, file_bytes=1,
    context=4096, context_trained=8192, backend="CPU", device="Processor", gpu_layers=0, layers=1, has_template=True,
    load_ms=1.0, memory_bytes=20 * GIB,
)  # fmt: skip


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    """Of seven billion weights in 16 bits, hollow."""
    path = write_model(tmp_path_factory.mktemp("large") / "large.gguf", "llama", SHAPE, hollow=True)
    return InstalledModel(id="large", name="Large", path=str(path), file_bytes=path.stat().st_size)


def desk(tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, free: int) -> Fits:
    monkeypatch.setattr(fits, "machine", lambda gpus: [Device("This computer", "cpu", 64 * GIB, free), *gpus])
    settings = Settings(Home(tmp_path / "home"))
    settings.set(CONTEXT_LENGTH, 4096)
    return Fits(FakeClock(), settings, lambda: told.append("known"))


def test_size_first_and_then_the_header(tmp_path: Path, large: InstalledModel, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    found = desk(tmp_path, told, monkeypatch, 32 * GIB)
    far = InstalledModel(id="far", name="Far", path="", file_bytes=0, origin="server", address="https://host/v1")
    first = found.of([large, far], None)
    assert set(first) == {"large"} and "By the size of the file" in first["large"].why[-1] and told == ["known"]
    exact = found.of([large, far], None)["large"]
    assert (exact.kind, exact.context) == ("cpu", 4096) and len(told) == 1
    cache = 4096 * 32 * 8 * 128 * 2 * 2
    assert 0 < exact.needs_bytes - large.file_bytes - cache < 200 << 20
    found.gpus = (Device("Card", "gpu", 24 * GIB, 24 * GIB),)
    assert found.of([large], None)["large"].text.startswith("Fits your GPU: ")


def test_all_files_of_a_model_and_its_projector_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = desk(tmp_path, [], monkeypatch, 32 * GIB)
    parts, one = write_split(tmp_path / "set"), write_tiny(tmp_path / "one.gguf")
    eyes = write_tiny_projector(tmp_path / "mmproj.gguf")
    whole = InstalledModel(id="one", name="One", path=str(one), file_bytes=1)
    split = InstalledModel(id="set", name="Set", path=str(parts[0]), file_bytes=1)
    seeing = InstalledModel(id="seeing", name="Seeing", path=str(parts[0]), file_bytes=1, projector=str(eyes))
    found.of([whole, split, seeing], None)
    needs = {key: fit.needs_bytes for key, fit in found.of([whole, split, seeing], None).items()}
    assert needs["set"] == needs["one"] and needs["seeing"] == needs["set"] + projector_bytes(read_header(eyes))
    parts[2].unlink()
    assert "By the size of the file" in found.of([split], None)["set"].why[-1]


def test_a_file_that_is_no_model_has_its_size_and_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    found = desk(tmp_path, told, monkeypatch, 32 * GIB)
    path = tmp_path / "odd.gguf"
    path.write_bytes(b"GGUF")
    odd = InstalledModel(id="odd", name="Odd", path=str(path), file_bytes=5 * GIB)
    gone = InstalledModel(id="gone", name="Gone", path=str(tmp_path / "gone.gguf"), file_bytes=5 * GIB)
    assert {each.kind for each in found.of([odd, gone], None).values()} == {"cpu"} and not told
    write_model(path, "mamba2")
    found.of([odd, gone], None)
    assert told == ["known"], "another file lies there now"
    assert any("does not grow" in why for why in found.of([odd], None)["odd"].why)


def test_the_loaded_model_makes_room_in_the_sum_but_not_beside_it(
    tmp_path: Path, large: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk(tmp_path, [], monkeypatch, 6 * GIB)
    found.of([large], LOADED)
    assert found.of([large], LOADED)["large"].context == 4096
    assert not found.beside(large, LOADED)
    monkeypatch.setattr(fits, "machine", lambda gpus: [Device("This computer", "cpu", 64 * GIB, 40 * GIB), *gpus])
    assert found.beside(large, LOADED)


def test_a_row_says_what_the_planner_says(large: InstalledModel) -> None:
    kinds = {
        "gpu": ("Fits your GPU: 5.1 of 8.0 GB", "success"),
        "part": ("Partly on your GPU, slower: 20 of 33 layers", "warning"),
        "large": ("Too large: needs 24.0 GB", "danger"),
        "unknown": ("Unknown: its memory cannot be told", "warning"),
    }
    for kind, (text, colour) in kinds.items():
        shown = fit_of(large, Fitted(kind=kind, text=text))  # type: ignore[arg-type]
        assert (shown.text, shown.kind, shown.possible) == (text, colour, kind != "large")
    for text, colour in (("Fits memory: 5.1 of 16.0 GB", "success"), ("Runs on the processor, slower", "warning")):
        assert fit_of(large, Fitted(kind="cpu", text=text)).kind == colour
