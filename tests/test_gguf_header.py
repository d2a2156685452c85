"""Model files from strangers: what is damaged is refused in words, whatever the damage."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import gguf
import pytest

from app.errors import BadFile
from app.llama.gguf_header import FILE_TYPES, GgufHeader
from app.llama.gguf_reader import BLOCKS, read_header, read_header_from
from app.llama.gguf_source import NEXT_BYTES


def small_model(path: Path, **keys: int) -> Path:
    """A GGUF of one layer written by the gguf package, a second implementation of the format."""
    import numpy as np

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(keys.get("block_count", 1))
    writer.add_embedding_length(keys.get("embedding_length", 32))
    writer.add_context_length(256)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_file_type(0)
    writer.add_token_list(["a", "b", "c"])
    writer.add_token_types([1] * keys.get("types", 3))
    writer.add_eos_token_id(keys.get("eos", 2))
    writer.add_tensor("token_embd.weight", np.zeros((3, 32), dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.zeros(32, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def refuse(path: Path) -> BadFile:
    with pytest.raises(BadFile) as caught:
        read_header(path)
    assert caught.value.message and caught.value.hint
    return caught.value


def test_starter_is_described(starter: Path) -> None:
    header = read_header(starter)
    reader = gguf.GGUFReader(starter)
    assert header.tensor_bytes == {str(each.name): int(each.n_bytes) for each in reader.tensors}
    assert header.tensors == len(reader.tensors)
    assert header.parameters == sum(int(t.n_elements) for t in reader.tensors)
    assert (header.architecture, header.quantization, header.layers, header.context_trained) == (
        "llama",
        "Q4_1",
        30,
        8192,
    )
    assert header.vocabulary == 49152
    assert "<|im_start|>" in header.template


def test_tables_agree_with_the_gguf_package() -> None:
    sizes = {int(kind): size for kind, size in gguf.constants.GGML_QUANT_SIZES.items()}
    assert {kind: sizes[kind] for kind in BLOCKS if kind in sizes} == BLOCKS
    known = {int(kind) for kind in gguf.LlamaFileType}
    assert set(FILE_TYPES) <= known


def test_small_model_of_another_writer(tmp_path: Path) -> None:
    header = read_header(small_model(tmp_path / "tiny.gguf"))
    assert (header.name, header.tensors, header.parameters) == ("tiny", 2, 4 * 32)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"G", "not-gguf"),
        (b"PK\x03\x04" + bytes(100), "not-gguf"),
        (b"GGUF", "truncated"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(100), "unsupported"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(100), "unsupported"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "damaged"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62), "damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sIQ", 3, 0, 1, 1, b"k", 8, 1 << 40), "damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 9, 2), "damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, 3_000_000), "truncated"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "damaged"),
    ],
)
def test_hostile_beginnings(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert refuse(path).code == code


def test_folder_and_missing_file(tmp_path: Path) -> None:
    assert refuse(tmp_path).code == "unreadable"
    assert refuse(tmp_path / "none.gguf").code == "missing"


@pytest.mark.parametrize("keys", [{"block_count": 0}, {"embedding_length": 0}, {"types": 2}, {"eos": 7}])
def test_nonsense_is_refused(tmp_path: Path, keys: dict[str, int]) -> None:
    assert refuse(small_model(tmp_path / "bad.gguf", **keys)).code == "damaged"


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    whole = small_model(tmp_path / "tiny.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    # The last tensor ends with the file, but for the writer's padding.
    for size in [*range(1, len(whole) - 32, 7), len(whole) - 33]:
        path.write_bytes(whole[:size])
        refuse(path)


def test_starter_cut_short_is_named(starter: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with starter.open("rb") as file:
        path.write_bytes(file.read(4 << 20))
    error = refuse(path)
    assert error.code == "truncated" and "cut off" in error.message


def test_mutations_never_raise_anything_else(tmp_path: Path) -> None:
    whole = small_model(tmp_path / "tiny.gguf").read_bytes()
    path = tmp_path / "mutated.gguf"
    draw = random.Random(7)
    refused = 0
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            data[draw.randrange(len(whole) - 500)] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
        path.write_bytes(data)
        try:
            assert isinstance(read_header(path), GgufHeader)
        except BadFile as error:
            assert error.message
            refused += 1
    assert refused > 300


class Counted:
    """A file far away: what was asked of it is counted."""

    def __init__(self, path: Path) -> None:
        self._path, self.size, self.asked = path, path.stat().st_size, [(0, 0)]

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def test_a_header_far_away_costs_its_own_length(starter: Path) -> None:
    source = Counted(starter)
    far, near = read_header_from(source, starter.name), read_header(starter)
    assert (far.metadata, far.tensor_bytes, far.name) == (near.metadata, near.tensor_bytes, near.name)
    weights = sum(near.tensor_bytes.values())
    header = source.size - weights
    fetched = sum(length for _, length in source.asked)
    assert header <= fetched < header + NEXT_BYTES and fetched < source.size / 20
    assert len(source.asked) < 5


def test_a_far_file_that_stops_or_lies_is_refused(starter: Path) -> None:
    class Cut(Counted):
        def read(self, offset: int, length: int) -> bytes:
            return super().read(offset, min(length, max(0, 300_000 - offset)))

    with pytest.raises(OSError, match="byte 300000"):
        read_header_from(Cut(starter), "cut.gguf")

    class Endless:
        size = 1 << 40

        def read(self, offset: int, length: int) -> bytes:
            start = b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, 4_000_000)
            return (start + bytes(length))[:length] if offset == 0 else struct.pack("<Q", 56) * (length // 8 + 1)

    with pytest.raises(BadFile):
        read_header_from(Endless(), "endless.gguf")
