"""The reader: where in a passage a question is answered, and how sure that is.

The embedder's own network, with a small adapter, reads question and passage together (`trainer/reader` trains it;
resources/reader/card.md tells on what). As in Devlin et al. (2019), each token is weighed as the start and as the end
of the answer, and the first token stands for "no answer here".
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.embed import batches
from app.paths import RESOURCES
from app.text.sentences import sentences
from app.types import Passage, Reading

FOLDER = RESOURCES / "reader"
QUESTION_TOKENS, WINDOW, STRIDE = 64, 320, 192
"""Longest question; tokens of a passage that are read at once; how far the next window of a long one begins."""
LONGEST_ANSWER = 30
"""Tokens of an answer, as in training."""
TOKENS_AT_ONCE = 2048
"""Of a batch, padding included: other requests get their turn after each."""
START, END, PAD = 0, 2, 1
"""Marker tokens of the XLM-RoBERTa vocabulary."""
CHANCE = (1.0, 0.0)
"""Slope and intercept."""


class Manifest(msgspec.Struct, frozen=True):
    """reader.json: what the adapter belongs to."""

    version: int
    base: str  # SHA-256 of the embedder's weights that it was trained on
    rank: int
    first_layer: int  # layers below it are the embedder's own


class Candidate(NamedTuple):
    """A sentence that may hold the answer: its span, the answer's span (code points in the passage), and how much more
    likely it is than "no answer here" (natural log of the odds)."""

    score: float
    sentence: tuple[int, int]
    answer: tuple[int, int]


class _Window(NamedTuple):
    """A stretch of one passage behind the question."""

    passage: int
    ids: list[int]
    first: int  # token of `ids` where the passage begins
    offsets: list[tuple[int, int]]  # code points in the passage, one a token; before 0: its heading


class Reader:
    """Shares the embedding table with the embedder's network; holds its own encoder (21 million parameters)."""

    def __init__(self, network: Any, tokenizer: Any, folder: Path = FOLDER) -> None:
        """
        Args:
            network: the embedder's transformers.BertModel.
            tokenizer: its tokenizers.Tokenizer, without truncation and padding.
        """
        import torch
        from safetensors.torch import load_file

        self._torch = torch
        self._tokenizer = tokenizer
        manifest = msgspec.json.decode((folder / "reader.json").read_bytes(), type=Manifest)
        weights = {name: part.float() for name, part in load_file(folder / "reader.safetensors").items()}
        self._dtype = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
        self._network: Any = copy.deepcopy(network, {id(network.embeddings): network.embeddings}).eval()
        with torch.inference_mode():
            _apply(self._network.encoder, weights, manifest)
        self._network.encoder.to(self._dtype)
        self._weight: NDArray[np.float32] = weights["answer.weight"].numpy()  # its bias is the first token's too

    def read(self, question: str, passages: Sequence[Passage]) -> Generator[None, None, tuple[Reading, ...]]:
        """Yield after each batch; return the sentences that may answer, best first."""
        asked = self._tokenizer.encode(f"query: {question}", add_special_tokens=False).ids[:QUESTION_TOKENS]
        windows = [window for n, passage in enumerate(passages) for window in self._windows(n, asked, passage)]
        found: list[list[Candidate]] = [[] for _ in passages]
        for batch in batches([len(window.ids) for window in windows], TOKENS_AT_ONCE):
            chosen = [windows[index] for index in batch]
            for window, logits in zip(chosen, self._logits(chosen), strict=True):
                found[window.passage] += _candidates(window, logits, passages[window.passage].text)
            yield
        flat = [(each, n) for n, one in enumerate(found, 1) for each in _once(one)]
        flat.sort(key=lambda pair: -pair[0].score)
        return tuple(
            Reading(n=n, sentence=one.sentence, start=one.answer[0], end=one.answer[1], chance=chance(one.score))
            for one, n in flat
        )

    def _windows(self, number: int, asked: list[int], passage: Passage) -> Iterator[_Window]:
        before = f"{_heading(passage)}. "
        encoding = self._tokenizer.encode(before + passage.text, add_special_tokens=False)
        head = [START, *asked, END, END]
        for at in range(0, max(1, len(encoding.ids) - (WINDOW - STRIDE)), STRIDE):
            part = slice(at, at + WINDOW)
            offsets = [(a - len(before), b - len(before)) for a, b in encoding.offsets[part]]
            yield _Window(number, [*head, *encoding.ids[part], END], len(head), offsets)

    def _logits(self, windows: Sequence[_Window]) -> Iterator[NDArray[np.float32]]:
        """Of each window the weights (tokens × 2) of its tokens as start and as end of the answer, beside the first
        token's, which stands for no answer."""
        torch = self._torch
        ids = torch.full((len(windows), max(len(window.ids) for window in windows)), PAD)
        mask = torch.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = torch.tensor(window.ids)
            mask[row, : len(window.ids)] = 1
        with torch.inference_mode(), torch.autocast("cpu", self._dtype, enabled=self._dtype == torch.bfloat16):
            hidden = self._network(input_ids=ids, attention_mask=mask).last_hidden_state.float().numpy()
        for window, row in zip(windows, hidden, strict=True):
            logits = row @ self._weight.T
            yield logits[window.first : len(window.ids) - 1] - logits[0]


def _apply(encoder: Any, weights: dict[str, Any], manifest: Manifest) -> None:
    """Add the adapter's product to each linear layer, and put its own normalisation in place."""
    for number, layer in enumerate(encoder.layer[manifest.first_layer :], manifest.first_layer):
        for name, part in _parts(layer).items():
            key = f"layer.{number}.{name}"
            if f"{key}.a" in weights:
                part.weight += weights[f"{key}.b"] @ weights[f"{key}.a"]
            else:
                part.weight.copy_(weights[f"{key}.weight"])
                part.bias.copy_(weights[f"{key}.bias"])


def _parts(layer: Any) -> dict[str, Any]:
    """The trained parts of a layer of BERT by our names."""
    return {
        "query": layer.attention.self.query,
        "key": layer.attention.self.key,
        "value": layer.attention.self.value,
        "attended": layer.attention.output.dense,
        "attended_norm": layer.attention.output.LayerNorm,
        "inner": layer.intermediate.dense,
        "outer": layer.output.dense,
        "outer_norm": layer.output.LayerNorm,
    }


def _candidates(window: _Window, logits: NDArray[np.float32], text: str) -> Iterator[Candidate]:
    """Each sentence with the sum of all answers that lie in it, and the best of them."""
    spans = logits[:, :1].astype(np.float64) + logits[:, 1]
    lengths = np.arange(len(spans)) - np.arange(len(spans))[:, None]
    spans[(lengths < 0) | (lengths > LONGEST_ANSWER)] = -np.inf
    for left, right in sentences(text):
        inside = [i for i, (a, b) in enumerate(window.offsets) if a >= left and b <= right and b > a]
        if not inside:
            continue
        first, past = inside[0], inside[-1] + 1
        part = spans[first:past, first:past]
        at, till = divmod(int(part.argmax()), past - first)
        answer = (window.offsets[first + at][0], window.offsets[first + till][1])
        yield Candidate(float(np.logaddexp.reduce(part, axis=None)), (left, right), answer)


def _once(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
    """Each sentence once: windows overlap."""
    best: dict[tuple[int, int], Candidate] = {}
    for candidate in candidates:
        known = best.get(candidate.sentence)
        if known is None or candidate.score > known.score:
            best[candidate.sentence] = candidate
    return best.values()


def _heading(passage: Passage) -> str:
    """What the passage is about, as the reader is told: its headings, or else the document's name."""
    return passage.heading or re.sub(r"[-_\s]+", " ", PurePath(passage.document).stem).strip()


def chance(score: float) -> float:
    """A logistic fit on readings of articles that were not trained on (docs/retrieval.md)."""
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, CHANCE[0] * score + CHANCE[1])))), 4)
