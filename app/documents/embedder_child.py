"""The disposable process that reads an embedder of a stranger, writes it in the form that is used, and tries it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import psutil

from app.documents.backends import load_embedder
from app.documents.embedder_import import Order, Word
from app.documents.llama_embedder import FILE
from app.documents.proof import PAIRS, prove
from app.embedder.embedders import MANIFEST, Kind, Manifest, sha256_of
from app.embedder.graph import Precision, write_embedder, write_words
from app.embedder.identity import Identity
from app.embedder.prepared import GRAPH, TOKENIZER
from app.embedder.sentence_folder import SentenceModel, read_sentence_folder, weights_of
from app.errors import AppError, BadFile
from app.files import write_atomic
from app.llama.embedding import EmbeddingModel
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.workers.offline import forbid_network

MEMORY_FACTOR = 4
"""Bytes of memory a byte of float32 weights: the file, the weights, a graph of each precision."""
LEAST_ALIKE = 0.98
"""Cosine of vectors of 7 bits to those of float32 from which the smaller graph is taken."""
TOKENS = 1024
"""The most that a GGUF embedder is given to read: passages are shorter."""
GRAPH_BYTES = 2_000_000_000
"""A graph in float32 may not be larger: that is what its format holds."""

Say = Callable[[str], object]


def main() -> int:
    """One order on stdin, words on stdout."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    forbid_network()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()

    def say(word: Word) -> None:
        out.write(msgspec.json.encode(word) + b"\n")

    try:
        say(Word(made=write(order, lambda step: say(Word(step=step)))))
    except BadFile as error:
        say(Word(failed=(error.message, error.hint, error.detail, error.code)))
    except AppError as error:
        say(Word(failed=(error.message, error.hint, error.detail, "damaged")))
    except MemoryError as error:
        say(Word(failed=(*_too_big(), repr(error), "memory")))
    except OSError as error:
        say(
            Word(
                failed=("The embedder could not be written.", "Free some disk space and try again.", str(error), "disk")
            )
        )
    except (ValueError, KeyError, RuntimeError) as error:
        say(Word(failed=("This embedder cannot be used.", "Choose another one.", repr(error), "damaged")))
    return 0


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def write(order: Order, say: Say) -> Manifest:
    """Write the embedder with its manifest.

    Raises:
        BadFile: it cannot be used; the message says why.
        OSError: it cannot be read or written.
    """
    source, folder = Path(order.source), Path(order.folder)
    if not source.exists():
        raise BadFile(f"“{source.name}” is not there.", "Check the name.", code="missing")
    make, kind = (_from_folder, "sentence-transformers") if source.is_dir() else (_from_gguf, "gguf")
    identity = make(order, source, folder, say)
    say("Trying it")
    kinds: dict[str, Kind] = {"gguf": "gguf", "sentence-transformers": "sentence-transformers"}
    background = prove(load_embedder(kinds[kind], folder, identity))
    manifest = Manifest(
        name=_shown(order, source),
        kind=kinds[kind],
        identity=identity,
        background=background,
        bytes=sum(path.stat().st_size for path in folder.iterdir()),
        made_at=time.time(),
    )
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    write_atomic(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest


def _from_folder(order: Order, source: Path, folder: Path, say: Say) -> Identity:
    weights = weights_of(source)
    _check_memory(MEMORY_FACTOR * 2 * weights.stat().st_size)
    say("Reading the weights")
    model = read_sentence_folder(source)
    write_words(model.state, folder)
    model.tokenizer.save(str(folder / TOKENIZER), pretty=False)
    say("Writing it")
    precision = _write_graph(model, folder, _identity(order, source, model, "float32"))
    return _identity(order, source, model, precision)


def _write_graph(model: SentenceModel, folder: Path, identity: Identity) -> Precision:
    """The graph in 7 bits where its vectors are those of float32, which is tried, or else in float32."""
    write_embedder(model.state, model.shape, folder / GRAPH)
    words = model.state["embeddings.word_embeddings.weight"].size
    if 4 * (sum(values.size for values in model.state.values()) - words) > GRAPH_BYTES:
        return "int8"
    texts = [text for pair in PAIRS for text in pair]
    small = load_embedder("sentence-transformers", folder, identity).encode(texts)
    whole, kept = folder / "float32.onnx", folder / "int8.onnx"
    write_embedder(model.state, model.shape, whole, "float32")
    (folder / GRAPH).replace(kept)
    whole.replace(folder / GRAPH)
    large = load_embedder("sentence-transformers", folder, identity).encode(texts)
    if float(np.einsum("ij,ij->i", small, large).min()) < LEAST_ALIKE:
        kept.unlink()
        return "float32"
    kept.replace(folder / GRAPH)
    return "int8"


def _identity(order: Order, source: Path, model: SentenceModel, precision: str) -> Identity:
    return Identity(
        name=_slug(_shown(order, source)),
        sha256=sha256_of(model.weights),
        query=model.query if order.query is None else order.query,
        passage=model.passage if order.passage is None else order.passage,
        pooling=model.shape.pooling,
        precision=precision,
        dimensions=model.dimensions,
        tokens=model.tokens,
    )


def _from_gguf(order: Order, source: Path, folder: Path, say: Say) -> Identity:
    header = read_header(source)
    if header.files > 1:
        raise BadFile(
            f"{header.path.name} is the first of {header.files} files of an embedder.",
            "Choose one in a single file.",
            code="split",
        )
    pooling = _check_gguf(header)
    _check_memory(int(1.2 * header.file_bytes))
    say("Copying it")
    shutil.copyfile(source, folder / FILE)
    say("Loading it")
    tokens = min(TOKENS, header.context_trained or TOKENS)
    model = EmbeddingModel(folder / FILE, tokens, 1)
    return Identity(
        name=_slug(_shown(order, source)),
        sha256=sha256_of(folder / FILE),
        query=order.query or "",
        passage=order.passage or "",
        pooling=model.pooling or pooling,
        precision=header.quantization,
        dimensions=model.dimensions,
        tokens=tokens,
    )


def _check_gguf(header: GgufHeader) -> str:
    """The kind of pooling that the file names; raises BadFile where it is none of an embedder."""
    key = f"{header.architecture}.pooling_type"
    named = {1: "mean", 2: "cls", 3: "last"}
    if header.kind != "model" or key not in header.metadata:
        raise BadFile(
            f"{header.path.name} is not an embedder: it does not say how it pools.",
            "Choose an embedding model; chat models are imported on the Models page.",
            header.kind,
            "kind",
        )
    pooling = header.number(key, -1)
    if pooling not in named:
        raise BadFile(
            f"{header.path.name} pools in a way that is not known here.",
            "Choose another embedder.",
            f"{key} = {pooling}",
            "pooling",
        )
    return named[pooling]


def _check_memory(needed: int) -> None:
    free = psutil.virtual_memory().available
    if needed > free:
        message, hint = _too_big()
        raise BadFile(message, hint, f"{needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free", "memory")


def _too_big() -> tuple[str, str]:
    return "This embedder is too big for this computer’s memory.", "Close other programs, or choose a smaller one."


def _shown(order: Order, source: Path) -> str:
    return " ".join(order.name.split())[:60] or source.resolve().stem[:60] or "embedder"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", name).strip("-.") or "embedder"
