"""How well both models read text that was kept out: bits a byte, and whether the difference is more than chance.

The interval is of a paired bootstrap, which is too narrow for few units (of one it is a point). So the exact sign-flip
test stands beside it, and the verdict counts reading only where that says p < 0.05: never below six units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.llama.sequences import Sequences
from trainer.evaluate.asking import SideBySide
from trainer.evaluate.statistics import bootstrap, sign_flip
from trainer.spec import Reading, TextDocument

PIECE, MOST_PIECES = 256, 16
FEW = 6
"""With fewer documents than this a draw of documents says nothing, and passages are drawn instead."""


def read(models: SideBySide, texts: Sequence[TextDocument], seed: int) -> Reading | None:
    """Compare both models on held-out documents, in bits a byte; None where there are none."""
    pieces = _pieces(models.models["base"].sequences, texts)
    if not pieces:
        return None
    texts_of = [(tokens, models.models["base"].sequences.detokenize(tokens[1:])) for _, tokens, _ in pieces]
    usual = models.models["base"].sequences.model.vocabulary

    def read_by(model: Sequences) -> list[float]:
        """Of the same bytes, whatever the tokens: a model with domain words cuts the text otherwise."""
        if model.model.vocabulary == usual:
            return [bits(model, tokens) for tokens, _ in texts_of]
        return [bits(model, [tokens[0], *model.tokenize(text)]) for tokens, text in texts_of]

    base, tuned = models.both(lambda _, model: read_by(model.sequences))
    documents = sorted({document for document, _, _ in pieces})
    whole = len(documents) >= FEW
    keys = [document if whole else n for n, (document, _, _) in enumerate(pieces)]
    sums = {key: [0.0, 0.0, 0.0] for key in keys}
    for key, one, other, (_, _, size) in zip(keys, base, tuned, pieces, strict=True):
        for place, value in enumerate((one, other, size)):
            sums[key][place] += value
    columns = list(zip(*sums.values(), strict=True))
    difference, interval = bootstrap(columns[0], columns[1], columns[2], seed)
    size = sum(columns[2])
    return Reading(
        base=sum(columns[0]) / size,
        tuned=sum(columns[1]) / size,
        difference=difference,
        interval=interval,
        documents=len(documents),
        bytes=int(size),
        unit="document" if whole else "passage",
        p=sign_flip([other - one for one, other in zip(columns[0], columns[1], strict=True)]),
    )


def _pieces(model: Sequences, texts: Sequence[TextDocument]) -> list[tuple[int, list[int], int]]:
    """(document, tokens, bytes that are predicted): as many from each document, from its beginning."""
    found: list[tuple[int, list[int], int]] = []
    each = max(1, MOST_PIECES // max(1, len(texts)))
    for number, text in enumerate(texts[:MOST_PIECES]):
        tokens = model.tokenize(text.text)
        for start in range(0, min(len(tokens), each * PIECE), PIECE):
            piece = tokens[start : start + PIECE]
            size = len(model.detokenize(piece[1:]).encode())
            if len(piece) > 16 and size:
                found.append((number, piece, size))
    return found


def bits(model: Sequences, tokens: Sequence[int]) -> float:
    """Bits that a model needs for all tokens but the first."""
    logits = model.logits(tokens)[:-1]
    top = logits.max(axis=1, keepdims=True)
    norm = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    chosen = logits[np.arange(len(logits)), np.asarray(tokens[1:])]
    return float((norm - chosen).sum(dtype=np.float64) / np.log(2))
