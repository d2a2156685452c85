"""Tries a build of llama.cpp in a process of its own, which may crash or hang, and says why it cannot be used."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import msgspec

from app.errors import AppError
from app.paths import Home
from app.runtimes import BUILT_IN, VARIABLE, VISION_VARIABLE, folder_of, variables
from app.spawn import NO_CONSOLE, child_command, child_environment
from app.workers.calls.runtimes import RuntimeTried, TryRuntime

LIMIT_S = 180.0
"""A first start of CUDA compiles for the card, and a disk may be slow."""
KEPT = 4000

MISSING = (
    (r"libcuda\.so|nvcuda\.dll", "NVIDIA’s driver", "Install NVIDIA’s driver, then restart the computer."),
    (
        r"libcudart|libcublas|cudart64|cublas64",
        "CUDA’s own libraries",
        "Put libcudart, libcublas and libcublasLt beside the others, or install the CUDA toolkit.",
    ),
    (
        r"libvulkan|vulkan-1",
        "the Vulkan loader of the graphics driver",
        "Install the driver of the card; on Debian and Ubuntu also the package libvulkan1.",
    ),
    (r"libamdhip|librocblas|libhipblas", "AMD’s ROCm", "Install ROCm, or use a Vulkan runtime."),
    (r"libsycl|libze_loader|libmkl", "Intel’s oneAPI", "Install oneAPI, or use a Vulkan runtime."),
    (r"libgomp|libomp", "the library for several cores", "Install libgomp1 (Debian, Ubuntu) or libgomp."),
)
"""What the loader names → what that is, and what to do."""


def try_runtime(home: Home, runtime_id: str, model: str = "", folder: Path | None = None) -> RuntimeTried:
    """Load a runtime, or the libraries in `folder`, and say what it is; with `model` it writes a token with that file.

    Raises:
        AppError: it does not load, does not fit the binding, or cannot compute.
    """
    place = folder or (None if runtime_id == BUILT_IN else folder_of(home, runtime_id))
    if place is not None and not place.is_dir():
        raise AppError("The files of this runtime are gone.", "Remove it, and add it again.", str(place))
    env = child_environment(home)
    if runtime_id == BUILT_IN:
        env = {name: value for name, value in env.items() if name not in (VARIABLE, VISION_VARIABLE)}
    env.update(variables(place), GGML_NO_BACKTRACE="1")
    order = msgspec.json.encode(TryRuntime(id=runtime_id, model=model)) + b"\n"
    try:
        ended = subprocess.run(
            child_command("--child", "runtime"),
            input=order, capture_output=True, env=env, timeout=LIMIT_S, check=False, creationflags=NO_CONSOLE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise AppError(
            f"This runtime said nothing for {LIMIT_S:.0f} seconds.",
            "Restart the computer if the graphics driver was updated, or use another runtime.",
        ) from error
    except OSError as error:
        raise AppError("The trial of this runtime could not be started.", "Try again.", str(error)) from error
    try:
        tried = msgspec.json.decode(ended.stdout, type=RuntimeTried)
    except msgspec.MsgspecError as error:
        raise refusal(ended.returncode, ended.stderr.decode("utf-8", "replace")) from error
    if tried.misfit:
        raise _other_version(tried.misfit)
    return tried


def refusal(code: int, said: str) -> AppError:
    """Why a process that was to load a runtime ended without an answer: from its exit status and its last lines."""
    detail = said.strip()[-KEPT:]
    for shape, what, advice in MISSING:
        if re.search(rf"(?:{shape})[^\n]*(?:cannot open|not found|could not be found|image not found)", detail):
            return AppError(f"This runtime needs {what}, which is not on this computer.", advice, detail)
    glibc = re.search(r"version `(GLIBC(?:XX)?_[0-9.]+)' not found", detail)
    if glibc:
        return AppError(
            f"This runtime was built for a newer system ({glibc[1]}).", "Build it on a system like this one.", detail
        )
    symbol = re.search(r"(?:undefined symbol|symbol not found|function)[: ']+'?_?(\w+)", detail)
    if symbol:
        return _other_version(f"{symbol[1]} is missing\n{detail}")
    if code == -signal.SIGILL or code in (0xC000001D, -0x3FFFFFE3):
        return AppError(
            "This runtime was built for another processor.", "Build it with “make runtime … PORTABLE=1”.", detail
        )
    if re.search(
        r"wrong ELF class|invalid ELF header|not a valid Win32|incompatible architecture|file too short", detail
    ):
        return AppError("This runtime was built for another system, or is damaged.", "Get one for this system.", detail)
    if code < 0 and os.name == "posix":
        return AppError(
            f"This runtime crashes ({signal.Signals(-code).name}).",
            "Update the driver of the card, or use another runtime.",
            detail,
        )
    last = detail.rsplit("\n", 1)[-1][:200]
    return AppError("This runtime does not load.", "Use another one.", detail or last or f"exit status {code}")


def _other_version(detail: str) -> AppError:
    return AppError(
        "This runtime is of another version of llama.cpp than Inhouse’s.",
        "Build it from the same source: “make runtime BACKEND=…”.",
        detail,
    )
