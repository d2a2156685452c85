"""A GGUF embedder: llama.cpp reads, the prefixes are its manifest's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.embedder.identity import Identity
from app.llama.embedding import EmbeddingModel

FILE = "model.gguf"


class LlamaEmbedder:
    """Loads at once."""

    def __init__(self, folder: Path, identity: Identity, threads: int) -> None:
        """
        Raises:
            AppError: llama.cpp would not load it.
        """
        self.identity = identity
        self._model = EmbeddingModel(folder / FILE, identity.tokens, threads)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Vectorizer` says."""
        return self._model.vectors([self.identity.passage + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Vectorizer` says."""
        return self._model.vectors([self.identity.query + text for text in texts])
