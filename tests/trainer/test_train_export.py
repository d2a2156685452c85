"""What is exported is what was trained; and when it is not, the gate says so."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from tiny import write_tiny

from trainer.errors import TrainerError, from_os_error
from trainer.publish import export, gate
from trainer.spec import BaseModel, ExportedFile
from trainer.train import base, lora
from trainer.train.chat import encode_text

FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The tiny model, an adapter that changes it strongly, and what torch then says."""
    home = tmp_path_factory.mktemp("export")
    file = write_tiny(home / "tiny.gguf")
    folder = base.ensure_folder(BaseModel(path=str(file)), home / "cache")
    layers = lora.add_lora(base.load_model(folder, torch.float32), 4, 8.0, seed=2)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b.normal_(std=0.06, generator=generator)
    lora.save_adapter(home / "adapter", lora.state(layers), 4, 8.0, str(folder))
    tokenizer = base.load_tokenizer(folder)
    known = gate.reference(
        folder, home / "adapter", gate.sample(encode_text(tokenizer, "parity", base.PARITY_TEXT, 256))
    )
    return {"home": home, "file": file, "adapter": home / "adapter", "known": known}


def _judge(made: dict[str, Any], path: Path, kind: str, plain: Path | None = None) -> Any:
    file = ExportedFile(
        path=path.name, kind="adapter" if not kind else "model", quantization=kind, bytes=path.stat().st_size
    )
    return gate.check(file, path.parent, made["file"], plain, made["known"], threads=1)


def test_adapter_changes_the_model_enough_to_be_told(made: dict[str, Any]) -> None:
    known = made["known"]
    assert gate.divergence(known.tuned[0], known.plain[0]) > 0.1


def test_adapter_and_merged_model_say_what_was_trained(made: dict[str, Any]) -> None:
    adapter, merged = made["home"] / "a.gguf", made["home"] / "m.gguf"
    export.write_adapter(made["file"], made["adapter"], adapter)
    export.write_merged(made["file"], made["adapter"], merged)
    judged = [_judge(made, adapter, ""), _judge(made, merged, "F16")]
    assert all(file.passed and file.kl < 1e-3 for file in judged), judged


@pytest.mark.parametrize("kind", ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M"])
def test_each_quantization_loses_no_more_than_the_base_does(made: dict[str, Any], kind: Any) -> None:
    merged, out, plain = (made["home"] / f"{name}.gguf" for name in ("m", kind, "plain-" + kind))
    export.write_merged(made["file"], made["adapter"], merged)
    export.quantize(merged, out, kind, 1)
    export.quantize(made["file"], plain, kind, 1)
    judged = _judge(made, out, kind, plain)
    assert judged.passed, judged
    assert out.stat().st_size < merged.stat().st_size


@pytest.mark.parametrize("kind", ["", "F16"])
def test_forgotten_permutation_is_caught(made: dict[str, Any], kind: str) -> None:
    out = made["home"] / f"wrong{kind}.gguf"
    write = export.write_merged if kind else export.write_adapter
    write(made["file"], made["adapter"], out, permute=False)
    judged = _judge(made, out, kind)
    assert not judged.passed
    assert judged.kl > gate.LIMIT
    assert "does not say what the trained model says" in judged.reason


def test_changed_template_is_caught(made: dict[str, Any]) -> None:
    other = write_tiny(made["home"] / "other.gguf", template="{{ messages[0].content }}")
    judged = _judge(made, other, "F16")
    assert not judged.passed
    assert "tokenizer.chat_template" in judged.reason


def test_graft_keeps_every_key_of_the_base(made: dict[str, Any]) -> None:
    out = made["home"] / "keys.gguf"
    export.write_merged(made["file"], made["adapter"], out)
    mine, theirs = (
        {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items() if not name.startswith("GGUF.")}
        for path in (out, made["file"])
    )
    mine.pop("general.file_type"), theirs.pop("general.file_type")
    assert mine == theirs


@pytest.mark.parametrize(
    ("measured", "lost", "passed", "limit"),
    [
        (gate.NO_NUMBER, gate.NO_NUMBER, False, gate.LIMIT),  # it was 1.5e9, and let everything through
        (0.02, gate.NO_NUMBER, False, gate.LIMIT),
        (gate.NO_NUMBER, gate.NO_NUMBER / 1.2, False, gate.LOSS_FACTOR * gate.NO_NUMBER / 1.2),
        (0.009, gate.NO_NUMBER, True, gate.LIMIT),
        (0.02, 0.015, True, gate.LOSS_FACTOR * 0.015),
    ],
)
def test_what_is_not_finite_never_passes(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch, measured: float, lost: float, passed: bool, limit: float
) -> None:
    plain = made["home"] / "plain.gguf"
    monkeypatch.setattr(gate, "_measure", lambda model, *_: lost if model == plain else measured)
    judged = _judge(made, made["file"], "Q4_K_M", plain)
    assert (judged.passed, judged.limit) == (passed, pytest.approx(limit))


def test_a_measure_that_is_not_finite_is_told_as_such(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "divergence", lambda *_: float("nan"))
    judged = _judge(made, made["file"], "Q4_K_M", made["file"])
    assert (judged.kl, judged.base_kl, judged.limit, judged.passed) == (
        gate.NO_NUMBER,
        gate.NO_NUMBER,
        gate.LIMIT,
        False,
    )


@contextmanager
def _no_file_above(size: int) -> Iterator[None]:
    """What a full disk does to a write: it takes a part. (The limit is the process's own.)"""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("missing", [1000, 100_000])
@pytest.mark.parametrize("write", [export.write_merged, export.write_adapter])
def test_a_file_that_finds_no_room_is_noticed_and_gives_its_room_back(
    made: dict[str, Any], tmp_path: Path, write: Any, missing: int
) -> None:
    out = tmp_path / "out.gguf"
    write(made["file"], made["adapter"], out)
    size = out.stat().st_size
    out.unlink()
    with pytest.raises(OSError) as error, _no_file_above(max(1, size - missing)):
        write(made["file"], made["adapter"], out)
    assert error.value.errno == errno.EFBIG and not list(tmp_path.iterdir())


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("count", [100, 1_000_000])
def test_a_full_disk_is_called_so(count: int) -> None:
    """Numpy's own `tofile` gives an OSError without a number for the second, and none for the first."""
    with pytest.raises(OSError) as error, FULL.open("wb", buffering=0) as full:
        np.arange(float(count)).view(export.Whole).tofile(full)
    said = from_os_error(error.value)
    assert said.code == "disk-full" and said.message == "The disk is full." and "Free some space" in said.hint


def test_adapter_of_another_model_is_refused(made: dict[str, Any], tmp_path: Path) -> None:
    tensors, rank, alpha = lora.read_adapter(made["adapter"])
    strange = {name.replace("layers.1", "layers.7"): value for name, value in tensors.items()}
    lora.save_adapter(tmp_path / "strange", strange, rank, alpha, "x")
    with pytest.raises(TrainerError, match="does not fit"):
        export.write_merged(made["file"], tmp_path / "strange", tmp_path / "out.gguf")


def test_small_models_are_recommended_more_bits() -> None:
    kinds = ("Q4_K_M", "Q8_0")
    assert export.recommend(kinds, 135_000_000) == "Q8_0"
    assert export.recommend(kinds, 3_000_000_000) == "Q4_K_M"
