"""What a cosine of another embedder is worth in those of the one that comes along, to which search is fitted.

Each embedder has its own usual cosine of a question and a passage that does not answer it, and its own spread of these.
Both are measured on the documents: sentences of theirs as questions, against the passages of others. A cosine then
counts as the one that lies as many standard deviations from the usual.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.embedder.embedders import Background
from app.text.sentences import sentences

TYPICAL, SPREAD = 0.74, 0.022
"""Mean and standard deviation of a question's cosines with passages of all kinds, by the embedder that comes along."""

ASKED, HELD = 48, 1000
"""Sentences of the documents that stand for questions, and passages that these are held against."""
FEWEST = 8
"""Passages below which a collection says nothing of what is usual."""
LEAST_SPREAD = 1e-3


def like_shipped(cosines: NDArray[np.float32], background: Background) -> NDArray[np.float32]:
    """The same cosines as the embedder that comes along would give; what is not known (0, or below −1) stays."""
    known = (cosines != 0) & (cosines > -1.5)
    lifted = TYPICAL + SPREAD / background.spread * (cosines - background.mean)
    scaled: NDArray[np.float32] = np.where(known, np.maximum(lifted, 1e-6), cosines).astype(np.float32)
    return scaled


def moments(cosines: NDArray[np.float32], others: NDArray[np.bool_], passages: int = 0) -> Background:
    """`cosines` are questions × passages, `others` those that do not belong together."""
    rows = [row[mask].astype(np.float64) for row, mask in zip(cosines, others, strict=True) if mask.sum() > 1]
    mean = float(np.mean([row.mean() for row in rows]))
    spread = float(np.sqrt(np.mean([row.var() for row in rows])))
    return Background(mean=mean, spread=max(spread, LEAST_SPREAD), passages=passages)


def questions_of(texts: Sequence[str]) -> list[str]:
    """A sentence from the middle of each text."""
    found = ([text[start:end] for start, end in sentences(text)] or [text] for text in texts)
    return [listed[len(listed) // 2] for listed in found]


def due(background: Background | None, passages: int) -> bool:
    """Whether the documents have become so many more that they are to be measured again."""
    return background is not None and passages >= max(FEWEST, 2 * background.passages)


def measured(
    asked: Sequence[int], owners: Sequence[int], cosines: NDArray[np.float32], passages: int
) -> Background | None:
    """`asked` and `owners`: the documents of the questions and of the passages; `cosines`: questions × passages;
    `passages`: of the whole index.

    None where there is too little to say.
    """
    if len(owners) < FEWEST or len(set(owners)) < 2:
        return None
    return moments(cosines, np.asarray(asked)[:, None] != np.asarray(owners)[None], passages)
