"""What comes out: the adapter as a GGUF, and the merged model by graft and quantization.

Graft: every key of the base's GGUF is copied as it stands (tokenizer, template, rope), the low-rank product is added to
the dequantized tensors, and llama.cpp quantizes the result. Nothing is converted, so nothing is lost on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from app.llama import quantize as quantizing
from app.llama.gguf_reader import read_header
from app.llama.quantize import FILE_TYPES, Form
from trainer.errors import TrainerError
from trainer.spec import ExportedFile
from trainer.train import lora

Array = NDArray[np.float32]
PERMUTED = {"llama"}
"""Architectures whose GGUF stores the rows of q and k in another order than Hugging Face (llama.cpp's conversion
script permutes them for its older rotary code); qwen2, qwen3, gemma and phi3 are stored as they are."""
K_ROW = 256
"""A K-quant packs this many weights of a row; llama.cpp writes rows of other lengths in plain kinds."""
SMALL = 1_000_000_000  # parameters below which 4 bits are felt
REASONS: dict[str, str] = {
    "F16": "As trained, and the largest.",
    "Q8_0": "Says the same as the trained model at half the size.",
    "Q6_K": "Hardly to be told from the trained model.",
    "Q5_K_M": "A little smaller, with little lost.",
    "Q4_K_M": "The smallest and fastest; small models lose some accuracy.",
}


class Factors:
    """The adapter by the GGUF's tensor names, with rows as the GGUF has them."""

    def __init__(self, folder: Path, reader: gguf.GGUFReader, permute: bool = True) -> None:
        tensors, self.rank, self.alpha = lora.read_adapter(folder)
        self.architecture = str(reader.get_field("general.architecture").contents())
        names = _name_map(self.architecture, _number(reader, f"{self.architecture}.block_count"))
        heads = _number(reader, f"{self.architecture}.attention.head_count")
        kv_heads = _number(reader, f"{self.architecture}.attention.head_count_kv", heads)
        self.pairs: dict[str, tuple[Array, Array]] = {}
        for key in sorted(tensors):  # safetensors hands them out in another order each time
            if not key.endswith(".lora_A.weight"):
                continue
            module = key.removeprefix(lora.PREFIX).removesuffix(".lora_A.weight")
            name = names.get_name(module + ".weight", try_suffixes=(".weight",))
            if name is None:
                raise TrainerError("The adapter does not fit this model.", "Train again.", module, "adapter")
            b = tensors[key.replace(".lora_A.", ".lora_B.")].float().numpy()
            if permute and self.architecture in PERMUTED:
                if module.endswith("q_proj"):
                    b = permute_rows(b, heads)
                elif module.endswith("k_proj"):
                    b = permute_rows(b, kv_heads)
            self.pairs[name] = (tensors[key].float().numpy(), b)

    def delta(self, name: str) -> Array | None:
        """What is added to a weight (out, in): B·A·alpha/r; None for a tensor without adapter."""
        if name not in self.pairs:
            return None
        a, b = self.pairs[name]
        result: Array = (b @ a) * np.float32(self.alpha / self.rank)
        return result


def permute_rows(weight: Array, heads: int) -> Array:
    """Hugging Face's order of rotary rows to the GGUF's: the two halves of each head are interleaved."""
    rows = weight.shape[0]
    result: Array = weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)
    return np.ascontiguousarray(result)


def _name_map(architecture: str, layers: int) -> Any:
    for kind, name in gguf.MODEL_ARCH_NAMES.items():
        if name == architecture:
            return gguf.get_tensor_name_map(kind, layers)
    raise TrainerError(f"Models of the kind “{architecture}” cannot be exported.", "Choose another base.", code="arch")


def _number(reader: gguf.GGUFReader, key: str, default: int = 0) -> int:
    field = reader.get_field(key)
    return default if field is None else int(field.contents())


def write_adapter(base: Path, adapter: Path, out: Path, permute: bool = True) -> None:
    """The adapter as a GGUF that llama.cpp applies to the loaded base."""
    reader = gguf.GGUFReader(base)
    factors = Factors(adapter, reader, permute)
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, factors.architecture)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", factors.alpha)
    for name, (a, b) in factors.pairs.items():
        writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(a).view(Whole))
        writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(b).view(Whole))
    with written(writer, part, out):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def write_merged(base: Path, adapter: Path, out: Path, permute: bool = True) -> None:
    """The merged model in F16 by graft; norms and other vectors stay as they are in the base.

    Raises:
        TrainerError: a tensor of the adapter is not in the base.
        OSError: the disk is full, or does not take it.
    """
    reader = gguf.GGUFReader(base)
    factors = Factors(adapter, reader, permute)
    missing = factors.pairs.keys() - {tensor.name for tensor in reader.tensors}
    if missing:
        raise TrainerError("The adapter does not fit this model.", "Train again.", ", ".join(sorted(missing)))
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, factors.architecture)
    _copy_keys(reader, writer)
    matrices = [tensor for tensor in reader.tensors if len(tensor.shape) > 1]
    for tensor in reader.tensors:
        shape = tuple(int(n) for n in reversed(tensor.shape))
        dtype = np.float16 if len(shape) > 1 else np.float32
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        writer.add_tensor_info(tensor.name, shape, np.dtype(dtype), size)
    with written(writer, part, out):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in reader.tensors:
            writer.write_tensor_data(_merged(tensor, factors, tensor in matrices))


def _merged(tensor: Any, factors: Factors, matrix: bool) -> NDArray[Any]:
    shape = tuple(int(n) for n in reversed(tensor.shape))
    values = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(shape).astype(np.float32)
    delta = factors.delta(tensor.name)
    if delta is not None:
        values = values + delta
    return np.ascontiguousarray(values.astype(np.float16 if matrix else np.float32)).view(Whole)


def _copy_keys(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    """Copy every key; the file type alone changes. The architecture is already there."""
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind = field.types[0]
        value = FILE_TYPES["F16"] if name == "general.file_type" else field.contents()
        writer.add_key_value(name, value, kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)


class Whole(np.ndarray[Any, Any]):
    """An array that the file's own `write` puts into a file, as a GGUFWriter asks for it.

    On a full disk numpy's `tofile` says only how many items it wrote, without the number that tells what is wrong, and
    of the last 4 KB it does not even notice.
    """

    def tofile(self, fid: Any, sep: str = "", format: str = "%s") -> None:
        fid.write(self.data)


@contextmanager
def written(writer: gguf.GGUFWriter, part: Path, out: Path) -> Iterator[None]:
    """What is written inside takes its name when it is whole; when it cannot be, its room is given back."""
    try:
        yield
        writer.close()
        with part.open("rb+") as content:
            os.fsync(content.fileno())
    except OSError:
        with suppress(OSError):  # what is left in its buffer finds no room either
            writer.close()
        part.unlink(missing_ok=True)
        raise
    part.replace(out)


def quantize(source: Path, out: Path, form: Form, threads: int) -> None:
    """Write a model file in another form, with care for what small models would lose.

    Raises:
        AppError: llama.cpp refuses; NoSpace where the disk is full.
    """
    quantizing.quantize(source, out, form, threads, _in_8_bits(source, form))


def _in_8_bits(source: Path, form: Form) -> list[str]:
    """Tensors that lose too much as llama.cpp would write them, and are kept in 8 bits.

    Rows that do not divide by 256 fall back from K-quants to plain ones. Of these Q5_1 is unsound for a tuned model:
    its activations carry a sum in 16 bits. And the values of attention are felt most. Measured on the taught starter
    (KL, all tokens): Q5_K_M 0.61, Q4_K_M 0.152, and 0.116 with the values of attention in 8 bits, for 1 MB more.
    """
    if form not in ("Q4_K_M", "Q5_K_M"):
        return []
    fallen = [t.name for t in gguf.GGUFReader(source).tensors if len(t.shape) > 1 and int(t.shape[0]) % K_ROW]
    return [name for name in fallen if form == "Q5_K_M" or "attn_v" in name]


def read_template(path: Path) -> dict[str, str]:
    """The chat template and everything that says how text is split and ends, by key; the lists of tokens aside."""
    metadata = read_header(path).metadata
    return {
        key: str(value)
        for key, value in metadata.items()
        if key.startswith("tokenizer.") and not isinstance(value, list)
    }


def describe(path: Path, kind: str, recommended: str) -> ExportedFile:
    """One exported file, with what a person wants to know when choosing."""
    if kind == "adapter":
        reason = "Swaps into the loaded model at once."
        return ExportedFile(path=path.name, kind="adapter", quantization="", bytes=path.stat().st_size, reason=reason)
    best = kind == recommended
    return ExportedFile(
        path=path.name,
        kind="model",
        quantization=kind,
        bytes=path.stat().st_size,
        recommended=best,
        reason=REASONS[kind],
    )


def recommend(kinds: Iterable[str], parameters: int) -> str:
    """Small models feel every bit: Q8_0 for them; from a billion parameters on Q4_K_M is the usual choice."""
    order = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "F16"]
    if parameters >= SMALL:
        order = ["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"]
    offered = set(kinds)
    return next(kind for kind in order if kind in offered)
