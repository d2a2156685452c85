"""The disposable process that loads a build of llama.cpp which nobody has tried yet, and says what it is.

Importing this loads the libraries that `LLAMA_CPP_LIB_PATH` names; where they do not load, Python's own last line on
stderr says why, and `app/models/runtime_trial.py` puts that into words.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec

from app.engine.probe import probe
from app.llama import bindings as llama
from app.llama.library import library_backends, library_devices, library_version, misfit
from app.workers.calls.engine import Probe, Probed
from app.workers.calls.runtimes import RuntimeTried, TryRuntime
from app.workers.offline import forbid_network
from app.workers.roles import Steps

ALL_LAYERS = 999


def main() -> int:
    """One order on stdin, what was found on stdout. What goes wrong is the last line on stderr."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    forbid_network()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=TryRuntime)
    out.write(msgspec.json.encode(look(order)) + b"\n")
    out.close()
    sys.stdout.flush()
    os._exit(0)  # some drivers crash while they are unloaded, which says nothing about the answer


def look(order: TryRuntime) -> RuntimeTried:
    """What this process runs on; with a model, whether it can compute with it.

    Raises:
        AppError: llama.cpp cannot compute with the model.
    """
    wrong = misfit()  # before the first call that would write into a structure of ours
    if wrong:
        return RuntimeTried(version=library_version(), backends=(), devices=(), misfit=wrong)
    llama.start()
    found = library_devices()
    said = RuntimeTried(version=library_version(), backends=library_backends(), devices=found)
    if not order.model:
        return said
    layers = ALL_LAYERS if llama.can_offload() and any(device.is_gpu for device in found) else 0
    started = time.perf_counter()
    probed = _end_of(probe(Probe(path=order.model), layers))
    took = (time.perf_counter() - started) * 1000
    return msgspec.structs.replace(
        said, text=probed.text, gpu=layers > 0, load_ms=took - probed.token_ms, token_ms=probed.token_ms
    )


def _end_of(steps: Steps) -> Probed:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            probed: Probed = end.value
            return probed
