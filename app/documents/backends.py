"""The table of embedders by kind. llama.cpp is imported only where a GGUF embedder is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from app.documents.embed import Embedder, Vectorizer
from app.embedder.embedders import Kind
from app.embedder.identity import Identity
from app.paths import home
from app.runtimes import leave

Load = Callable[[Path, Identity, int], Vectorizer]


def _graph(folder: Path, identity: Identity, threads: int) -> Vectorizer:
    return Embedder(folder, identity, threads)


def _llama(folder: Path, identity: Identity, threads: int) -> Vectorizer:
    try:
        from app.documents.llama_embedder import LlamaEmbedder
    except (
        RuntimeError,
        AttributeError,
        OSError,
    ) as error:  # a runtime whose driver has gone
        if not leave(home(), "embedder", str(error)):
            raise
        from app.documents.llama_embedder import LlamaEmbedder

    return LlamaEmbedder(folder, identity, threads)


BACKENDS: dict[Kind, Load] = {"shipped": _graph, "sentence-transformers": _graph, "gguf": _llama}


def load_embedder(kind: Kind, folder: Path, identity: Identity, *, behind: bool = False) -> Vectorizer:
    """Load an embedder; `behind` other work it takes half of the cores.

    Raises:
        AppError, OSError, ValueError, RuntimeError: its files are damaged or gone.
    """
    cores = psutil.cpu_count(logical=False) or 1
    return BACKENDS[kind](folder, identity, max(1, cores // 2) if behind else cores)
