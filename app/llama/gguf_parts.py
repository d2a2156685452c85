"""The headers of a model in several files, put together: the first has the keys of all, each the tensors in it.

The keys are those of llama.cpp's gguf-split, and the checks those of its loader (llama-model-loader.cpp).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.errors import BadFile
from app.llama.gguf_header import GgufHeader
from app.llama.split_files import parts_of

NUMBER, TENSORS = "split.no", "split.tensors.count"
TOGETHER = "Get all files of the model again, from one place."


def other_parts(header: GgufHeader) -> tuple[str, ...]:
    """The names of the files that belong to this first one; () for a model of one file.

    Raises:
        BadFile: it is not the first one, or its name does not agree with what it holds; "split".
    """
    name, count, number = header.path.name, header.files, header.number(NUMBER) + 1
    names = parts_of(name)
    if number > 1:
        message = f"{name} is file {number} of {count} of a model, which is loaded by its first one."
        raise BadFile(message, f"Choose {names[0]} instead.", code="split")
    if count == len(names) and name == names[0]:
        return names[1:]
    if count > 1:
        message = f"{name} is the first of {count} files of a model, and its name does not say so."
        hint = f"Give the files their names back: they end in -00001-of-{count:05}.gguf and so on."
    elif header.kind != "model":
        return ()
    else:
        message = f"{name} is a whole model, and its name says that it is one file of {len(names)}."
        hint = "Give it another name, then choose it again."
    raise BadFile(message, hint, code="split")


def joined(first: GgufHeader, others: Sequence[GgufHeader]) -> GgufHeader:
    """The header of all files.

    Raises:
        BadFile: one of them is of another model, or they are not all of it; "split".
    """
    sizes, shapes = dict(first.tensor_bytes), dict(first.tensor_shapes)
    for number, part in enumerate(others, 1):
        if (part.number(NUMBER, -1), part.files) != (number, first.files):
            message = f"{part.path.name} is not file {number + 1} of {first.files} of this model."
            raise BadFile(message, TOGETHER, f"{NUMBER} = {part.number(NUMBER, -1)}", code="split")
        if twice := sizes.keys() & part.tensor_bytes.keys():
            raise BadFile(f"{part.path.name} belongs to another model.", TOGETHER, f"twice: {min(twice)}", code="split")
        sizes |= part.tensor_bytes
        shapes |= part.tensor_shapes
    stated = first.number(TENSORS, len(sizes))
    if stated != len(sizes):
        message = f"The files of {first.path.name} are not all of one model."
        raise BadFile(message, TOGETHER, f"{len(sizes)} tensors, {stated} stated", code="split")
    return replace(
        first,
        file_bytes=first.file_bytes + sum(part.file_bytes for part in others),
        tensors=len(sizes),
        parameters=first.parameters + sum(part.parameters for part in others),
        tensor_bytes=sizes,
        tensor_shapes=shapes,
    )
