"""What llama.cpp itself says that it takes: run as a program with a JSON list of models and contexts, in a process that
may die. It prints a list of {"weights", "cache", "compute"}, in bytes; null where it would not load one.

A hollow file is only measured, not read (`no_alloc`); its caches are then those of llama.cpp's sums.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from typing import TypedDict

MIB = 1 << 20


class Case(TypedDict, total=False):
    """A model and the context that is made of it; the defaults are the engine's."""

    path: str
    context: int
    eight_bits: bool
    sequences: int
    whole_windows: bool
    hollow: bool


def measured(cases: list[Case]) -> list[dict[str, float] | None]:
    """Ask llama.cpp in another process, once for all."""
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(cases)], capture_output=True, check=True, text=True, timeout=120
    )
    found: list[dict[str, float] | None] = json.loads(done.stdout)
    return found


def _measure(case: Case, lines: list[str]) -> dict[str, float] | None:
    import llama_cpp.llama_cpp as c

    lines.clear()
    of_model = c.llama_model_default_params()
    of_model.n_gpu_layers = 0
    of_model.no_alloc = case.get("hollow", False)
    of_model.load_mode = c.LLAMA_LOAD_MODE_NONE if of_model.no_alloc else c.LLAMA_LOAD_MODE_MMAP
    model = c.llama_model_load_from_file(case["path"].encode(), of_model)
    if not model:
        return None
    params = c.llama_context_default_params()
    params.n_ctx = case.get("context", 4096)
    params.n_batch = params.n_ubatch = min(512, params.n_ctx)
    params.n_seq_max = params.n_outputs_max = case.get("sequences", 9)
    params.kv_unified = True
    params.swa_full = case.get("whole_windows", True)
    params.type_k = params.type_v = c.GGML_TYPE_Q8_0 if case.get("eight_bits") else c.GGML_TYPE_F16
    context = c.llama_init_from_model(model, params)
    weights = float(c.llama_model_size(model))
    if context:
        c.llama_free(context)
    c.llama_model_free(model)
    if not context:
        return None
    return {"weights": weights, "cache": _sum(lines, r"cells.*"), "compute": _sum(lines, r"(?:compute|output) buffer")}


def _sum(lines: list[str], kind: str) -> float:
    """Of "… size = 12.34 MiB" in the lines of this kind; caches name their cells behind the sum, buffers before it."""
    total = 0.0
    for line in lines:
        found = re.search(r"size = +([\d.]+) MiB", line)
        if found is not None and re.search(kind, line):
            total += float(found.group(1)) * MIB
    return total


def main() -> None:
    """Measure what the first argument lists."""
    import llama_cpp.llama_cpp as c

    lines: list[str] = []

    @c.llama_log_callback  # type: ignore[untyped-decorator]
    def said(_level: int, text: bytes, _user: object) -> None:
        lines.append(text.decode("utf-8", "replace"))

    c.llama_log_set(said, ctypes.c_void_p(0))
    c.llama_backend_init()
    print(json.dumps([_measure(case, lines) for case in json.loads(sys.argv[1])]))


if __name__ == "__main__":
    main()
