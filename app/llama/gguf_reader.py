"""Reads and checks the header of a GGUF file, so that a damaged or hostile one never reaches llama.cpp.

Layout and limits: the GGUF specification (ggml, docs/gguf.md), versions 2 and 3, little-endian.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from math import prod
from pathlib import Path

from app.errors import BadFile
from app.llama.gguf_header import GgufHeader, Value, check_sense
from app.llama.gguf_parts import joined, other_parts
from app.llama.gguf_source import Prefix, Source
from app.llama.split_files import part_missing, parts_of

MAX_KEYS = 4096
MAX_KEY_BYTES = 1024
MAX_STRING_BYTES = 64 << 20
MAX_TENSORS = 65_536
MAX_TENSOR_NAME = 256
MAX_DIMENSIONS = 4
MAX_ITEMS = 4_000_000
KEPT_ITEMS = 4096
"""Longer arrays (tokens, merges) are checked and counted, not kept."""

_STRING, _ARRAY = 8, 9
_SCALARS: dict[int, str] = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}

BLOCKS: dict[int, tuple[int, int]] = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 40),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
    40: (64, 36),
    41: (128, 18),
}
"""ggml type → (weights a block, bytes a block); gguf.constants.GGML_QUANT_SIZES says the same."""

GET_ANOTHER = "Copy or download the file again, or choose another model file."


def read_header(path: Path) -> GgufHeader:
    """Read and check a GGUF header: every count, length and offset lies inside the file.

    Of a model in several files `path` is the first; the others are read too, beside it, and the header is that of all.

    Raises:
        BadFile: not a GGUF file, damaged, cut off, or of a form that cannot be used; `code` says which:
            "missing", "empty", "not-gguf", "unsupported", "split", "truncated", "damaged".
    """
    return _whole(_read_file(path), lambda name: _read_file(path.with_name(name)))


def read_header_from(source: Source, name: str, others: Callable[[str], Source] | None = None) -> GgufHeader:
    """As `read_header`, of a file that is somewhere else: only its beginning is asked for, never the weights.

    `others` gives the other files of a model in several, by their names.

    Raises:
        BadFile: as `read_header`. What a source raises goes through.
    """

    def read(name: str) -> GgufHeader:
        if others is None:
            raise BadFile(f"{name} is not there.", GET_ANOTHER, code="missing")
        return _read_source(others(name), name)

    return _whole(_read_source(source, name), read)


def _whole(header: GgufHeader, read: Callable[[str], GgufHeader]) -> GgufHeader:
    """The checked header of all files of a model."""
    names = other_parts(header)
    if names:
        header = joined(header, [read(name) for name in names])
    check_sense(header, lambda detail: BadFile(f"{header.path.name} is damaged.", GET_ANOTHER, detail))
    return header


def _read_file(path: Path) -> GgufHeader:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size == 0:
                raise BadFile(f"{path.name} is empty.", GET_ANOTHER, code="empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Reader(path, data, size, lambda _: None).read()
    except FileNotFoundError:
        names = parts_of(path.name)
        if len(names) > 1 and any(path.with_name(name).is_file() for name in names):
            raise part_missing(path.name, len(names)) from None
        raise BadFile(f"{path.name} is not there any more.", "Choose the file again.", code="missing") from None
    except (OSError, ValueError) as error:
        raise BadFile(
            f"{path.name} cannot be read.", "Check that it is a file you may open.", str(error), code="unreadable"
        ) from error


def read_projector(path: Path) -> GgufHeader:
    """The header of the part by which a model sees.

    Raises:
        BadFile: as `read_header`, or it is something else ("kind").
    """
    header = read_header(path)
    if not header.is_projector:
        raise BadFile(f"{path.name} does not let a model see.", "Choose its mmproj file.", header.kind, code="kind")
    return header


def _read_source(source: Source, name: str) -> GgufHeader:
    if source.size == 0:
        raise BadFile(f"{name} is empty.", GET_ANOTHER, code="empty")
    prefix = Prefix(source)
    return _Reader(Path(name), prefix.data, prefix.size, prefix.need).read()


class _Reader:
    """A cursor over the file that refuses to step past its end. `need` is told up to where it is about to read."""

    def __init__(
        self,
        path: Path,
        data: mmap.mmap | bytearray,
        size: int,
        need: Callable[[int], None],
    ) -> None:
        self.path, self.data, self.size, self.at = path, data, size, 0
        self.need = need
        self.lengths: dict[str, int] = {}

    def damaged(self, detail: str) -> BadFile:
        return BadFile(f"{self.path.name} is damaged.", GET_ANOTHER, f"{detail} (at byte {self.at})")

    def truncated(self, detail: str) -> BadFile:
        message = f"{self.path.name} is cut off: the end of the file is missing."
        return BadFile(message, GET_ANOTHER, f"{detail} (at byte {self.at} of {self.size})", code="truncated")

    def unsupported(self, detail: str) -> BadFile:
        message = f"{self.path.name} is a kind of model file that this version does not know."
        return BadFile(message, "Choose a GGUF file of version 2 or 3.", detail, code="unsupported")

    def unpack(self, form: str) -> int | float | bool:
        size = struct.calcsize(form)
        if self.at + size > self.size:
            raise self.truncated("a number")
        self.need(self.at + size)
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += size
        if not isinstance(value, int | float | bool):
            raise self.damaged("a number")
        return value

    def count(self, limit: int, what: str) -> int:
        value = int(self.unpack("<Q"))
        if value > limit:
            raise self.damaged(f"{value} {what}, more than {limit}")
        return value

    def string(self, limit: int, what: str) -> str:
        length = int(self.unpack("<Q"))
        if length > limit:
            raise self.damaged(f"{what} of {length} bytes")
        if self.at + length > self.size:
            raise self.truncated(what)
        self.need(self.at + length)
        raw = bytes(self.data[self.at : self.at + length])
        self.at += length
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.damaged(f"{what} is not text") from error

    def read(self) -> GgufHeader:
        version = self.magic()
        tensor_count = self.count(MAX_TENSORS, "tensors")
        key_count = self.count(MAX_KEYS, "keys")
        metadata = self.keys(key_count)
        tensor_bytes, shapes = self.tensor_table(tensor_count, metadata)
        return GgufHeader(
            path=self.path,
            file_bytes=self.size,
            version=version,
            metadata=metadata,
            lengths=self.lengths,
            tensors=tensor_count,
            parameters=sum(prod(shape) for shape in shapes.values()),
            tensor_bytes=tensor_bytes,
            tensor_shapes=shapes,
        )

    def magic(self) -> int:
        self.need(4)
        if self.data[:4] != b"GGUF":
            hint = "Choose a file that ends in .gguf."
            raise BadFile(f"{self.path.name} is not a GGUF model file.", hint, code="not-gguf")
        self.at = 4
        version = int(self.unpack("<I"))
        if version not in (2, 3):
            raise self.unsupported(f"version {version:#x}")
        return version

    def keys(self, count: int) -> dict[str, Value]:
        metadata: dict[str, Value] = {}
        for _ in range(count):
            key = self.string(MAX_KEY_BYTES, "a key")
            if not key or key in metadata or key in self.lengths:
                raise self.damaged(f"the key {key!r} twice or empty")
            kind = int(self.unpack("<I"))
            if kind == _ARRAY:
                items = self.array(key)
                if items is not None:
                    metadata[key] = items
            else:
                metadata[key] = self.scalar(kind)
        return metadata

    def scalar(self, kind: int) -> int | float | bool | str:
        if kind == _STRING:
            return self.string(MAX_STRING_BYTES, "a value")
        if kind not in _SCALARS:
            raise self.damaged(f"a value of the unknown kind {kind}")
        return self.unpack(_SCALARS[kind])

    def array(self, key: str) -> list[int] | list[float] | None:
        """Step over an array; short ones of numbers are returned. Arrays of arrays are refused, as by llama.cpp."""
        kind = int(self.unpack("<I"))
        length = self.count(MAX_ITEMS, "items in an array")
        self.lengths[key] = length
        if kind == _STRING:
            self.skip_strings(length)
            return None
        if kind not in _SCALARS:
            raise self.damaged(f"an array of the kind {kind}")
        form = _SCALARS[kind]
        size = struct.calcsize(form) * length
        if self.at + size > self.size:
            raise self.truncated("an array")
        start, self.at = self.at, self.at + size
        if length > KEPT_ITEMS:
            return None
        self.need(self.at)
        return list(struct.unpack_from(f"<{length}{form[1]}", self.data, start))

    def skip_strings(self, length: int) -> None:
        read, data, at, last, have = struct.Struct("<Q").unpack_from, self.data, self.at, self.size - 8, len(self.data)
        for _ in range(length):
            if at > last:
                raise self.truncated("an array of texts")
            if at + 8 > have:
                self.need(at + 8)
                have = len(data)
            (size,) = read(data, at)
            at += 8 + size
        if at > self.size:
            raise self.truncated("an array of texts")
        self.at = at

    def tensor_table(self, count: int, metadata: dict[str, Value]) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
        """The bytes and the shapes of all tensors by name; each lies inside the file and none overlap."""
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20 or alignment & (alignment - 1):
            raise self.damaged(f"alignment {alignment}")
        sizes: dict[str, int] = {}
        shapes: dict[str, tuple[int, ...]] = {}
        spans: list[tuple[int, int, str]] = []
        for _ in range(count):
            name, shape, size, offset = self.tensor()
            if name in sizes or offset % alignment:
                raise self.damaged(f"the tensor {name!r} twice or at an odd place")
            sizes[name], shapes[name] = size, shape
            spans.append((offset, size, name))
        start = -(-self.at // alignment) * alignment
        self.check_spans(start, sorted(spans))
        return sizes, shapes

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        """One row of the table: name, shape as ggml has it (the row's length first), bytes, offset."""
        name = self.string(MAX_TENSOR_NAME, "a tensor's name")
        dimensions = int(self.unpack("<I"))
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise self.damaged(f"{dimensions} dimensions in {name!r}")
        shape = tuple(int(self.unpack("<Q")) for _ in range(dimensions))
        kind, offset = int(self.unpack("<I")), int(self.unpack("<Q"))
        if kind not in BLOCKS:
            raise self.unsupported(f"tensor {name!r} of type {kind}")
        per_block, block_bytes = BLOCKS[kind]
        weights = prod(shape)
        if not all(shape) or weights >= 1 << 48 or shape[0] % per_block:
            raise self.damaged(f"shape {shape} of {name!r}")
        return name, shape, weights // per_block * block_bytes, offset

    def check_spans(self, start: int, spans: list[tuple[int, int, str]]) -> None:
        end = 0
        for offset, size, name in spans:
            if offset < end:
                raise self.damaged(f"the tensor {name!r} overlaps another")
            end = offset + size
            if start + end > self.size:
                raise self.truncated(f"the tensor {name!r} ends at byte {start + end}")
