"""Lets llama.cpp write a model file in a smaller form."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import llama_cpp

from app.errors import AppError, NoSpace
from app.llama import bindings

Form = Literal["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"]
FILE_TYPES: dict[Form, int] = {
    "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}
"""Form → llama.cpp's number for it, which is also the GGUF key `general.file_type`."""
_Q8_0 = 8
"""ggml's type number of an 8-bit tensor."""


def quantize(source: Path, out: Path, form: Form, threads: int, in_8_bits: Sequence[str] = ()) -> None:
    """Write `source` in another form; the file appears under its name only when it is whole.

    Args:
        source: a GGUF; an already quantized one is taken too.
        out: the file to write.
        form: rows that do not divide by 256 fall back by themselves from a K-quant to a plain kind.
        threads: cores to use.
        in_8_bits: names of tensors that are kept in 8 bits whatever the form.

    Raises:
        NoSpace: the disk is full.
        AppError: llama.cpp refuses.
    """
    bindings.start()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = FILE_TYPES[form]
    parameters.nthread = threads
    parameters.allow_requantize = True
    patterns = (llama_cpp.llama_model_tensor_override * (len(in_8_bits) + 1))()  # the last one, empty, ends the list
    for entry, name in zip(patterns, in_8_bits, strict=False):
        entry.pattern, entry.type = f"^{re.escape(name)}$".encode(), _Q8_0
    if in_8_bits:
        parameters.tt_overrides = patterns
    part = out.with_name(out.name + ".part")
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(part).encode(), parameters)
    if status:
        free = shutil.disk_usage(out.parent).free
        part.unlink(missing_ok=True)
        if free < source.stat().st_size:
            raise NoSpace("The disk is full.", "Free some space, and try again.", str(out))
        detail = f"status {status}\n{bindings.last_errors()}"
        raise AppError(f"The model cannot be written as {form}.", "Choose another kind.", detail)
    with part.open("rb+") as content:
        os.fsync(content.fileno())
    part.replace(out)
