"""The embedder: passages and questions as vectors of length 1. The only importer of sentence_transformers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import AppError
from app.packages import EMBEDDER, package_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was trained to read, its two marker tokens included (sentence_bert_config.json)."""

BATCH_TOKENS = 4096
"""Tokens of a batch, padding included: large enough for full speed, small enough for a short step."""


def model_folder() -> Path:
    """Where the embedder's package keeps its files. The package itself is not imported.

    Raises:
        AppError: the package is not installed.
    """
    folder = package_folder(EMBEDDER)
    if folder is None:
        raise AppError("The part of Inhouse that reads documents is missing.", "Please install Inhouse again.")
    return folder / "model"


class Counter:
    """The embedder's own tokens, without loading the embedder: the measure for the size of passages."""

    def __init__(self) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text stands (code points), the marker tokens left out."""
        offsets: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets

    def count(self, text: str) -> int:
        """How many tokens a text has, the marker tokens left out."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def fertility(self, text: str) -> float:
        """Tokens a word: up to 1.4 in English, which the embedder knows; 2 in German, 4 in Arabic, more in Chinese."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        pieces: int = sum(token[0].isalnum() or token.startswith(("##", "[UNK")) for token in encoding.tokens)
        return pieces / max(1, len(re.findall(r"\w+", text)))


class Embedder:
    """Loads the model at once (seconds, half a gigabyte): make it when it is needed, not before."""

    def __init__(self) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(str(model_folder()), device="cpu", local_files_only=True)
        self._model.max_seq_length = MAX_TOKENS
        self._model.eval()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (len(texts) × 384, float32, length 1), in the order given."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts), batch_size=len(texts) or 1, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    def plain_encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`SentenceTransformer.encode` as it comes, its default batch included: the reference of the bench."""
        vectors: NDArray[np.float32] = self._model.encode(list(texts), show_progress_bar=False)
        return vectors


def batches(lengths: Sequence[int], budget: int = BATCH_TOKENS) -> list[list[int]]:
    """Indices of texts in batches of like length: each batch times its longest text is within the budget."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    made: list[list[int]] = []
    room = 0
    for index in order:
        if room <= 0:
            made.append([])
            room = max(1, budget // max(1, lengths[index]))
        made[-1].append(index)
        room -= 1
    return made
