"""The build of llama.cpp that this process runs on: its version, its devices, and whether the binding fits it."""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import llama_cpp.llama_cpp as c

from app.llama import bindings
from app.llama.bindings import devices, ggml_function
from app.runtimes import Device

KINDS = {"MTL": "Metal", "HIP": "ROCm"}
"""ggml's names that nobody else uses."""
ROOM = 4096
"""Bytes that no structure of llama.cpp reaches."""
STRUCTURES = {
    "llama_model_default_params": c.llama_model_params,
    "llama_context_default_params": c.llama_context_params,
    "llama_model_quantize_default_params": c.llama_model_quantize_params,
}
"""Functions that give out a structure, and what the binding believes it to be."""


def library_version() -> str:
    """llama.cpp's version with its commit: "0.5.0-dev (0c1e570)"; "" where a build does not say."""
    parts = []
    for name in ("llama_version", "ggml_commit"):
        try:
            said = ggml_function(name, ctypes.c_char_p)()
        except (AttributeError, FileNotFoundError):
            continue
        parts.append((said or b"").decode("utf-8", "replace").removesuffix("-dirty"))
    return f"{parts[0]} ({parts[1]})" if len(parts) == 2 else "".join(parts)


def library_backends() -> tuple[str, ...]:
    """What it was built for, whether or not this computer has such a device: ("CUDA", "CPU")."""
    get = ggml_function("ggml_backend_reg_get", ctypes.c_void_p, ctypes.c_size_t)
    name = ggml_function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
    count = ggml_function("ggml_backend_reg_count", ctypes.c_size_t)()
    names = [(name(get(index)) or b"").decode("utf-8", "replace") for index in range(count)]
    return tuple(dict.fromkeys(KINDS.get(each, each) for each in names))


def library_devices() -> tuple[Device, ...]:
    """Every device that it sees now, the processor included."""
    return tuple(map(seen_as, devices()))


def seen_as(device: bindings.Device) -> Device:
    """A device as it is told to others."""
    return Device(
        kind=KINDS.get(device.backend, device.backend),
        name=device.description,
        is_gpu=device.is_gpu,
        free=device.free,
        total=device.total,
        integrated=device.integrated,
    )


def misfit() -> str:
    """Where the binding's idea of a structure is not this build's: which one; "" where all fit.

    A larger one would be written over what lies behind it. llama.cpp is given a buffer of ours, filled once with each
    of two patterns: what it writes is the same in both. On x86 a structure is returned through a pointer that is handed
    over like a first argument; elsewhere it is not, and the trial with one token has to do.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ""
    for name, structure in STRUCTURES.items():
        expected, written = ctypes.sizeof(structure), _written(name)
        if not expected - ctypes.sizeof(ctypes.c_void_p) < written <= expected:
            return f"{name} gives {written} bytes, and the binding expects {expected}"
    return ""


def _written(name: str) -> int:
    """How many bytes a function that returns a structure writes."""
    function: Any = c._lib[name]
    function.restype, function.argtypes = None, [ctypes.c_void_p]
    buffers = [ctypes.create_string_buffer(bytes([fill]) * ROOM, ROOM) for fill in (0xA5, 0x5A)]
    for buffer in buffers:
        function(buffer)
    first, second = (buffer.raw for buffer in buffers)
    return max((at + 1 for at in range(ROOM) if first[at] == second[at]), default=0)
