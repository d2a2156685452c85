"""Do answers with documents keep to them, and were the passages about the question? Without a judge model.

Faithfulness is the share of an answer's claims that the passages support (Es, James, Espinosa-Anke, Schockaert, "RAGAS:
Automated Evaluation of Retrieval Augmented Generation", 2023). There a model finds and checks the claims; here a claim
is a sentence, and it is supported when all its values stand in one passage with at least 60 % of its telling words.

Contextual relevancy is the share of the statements in the passages that are relevant to the question (the definition of
DeepEval's metric of that name). There a model says which; here a statement is relevant when it holds two of the
question's telling words, or half of them where there are fewer than four.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trainer.evaluate.metrics import refuses, telling
from trainer.prepare import values
from trainer.prepare.bm25 import terms
from trainer.prepare.passages import sentences

SUPPORT = 0.6


def claims(answer: str) -> list[str]:
    """What an answer states: its sentences without citations; refusals and questions state nothing."""
    bare = re.sub(r"\s*\[\d{1,2}\]", "", answer)
    found = [sentence for line in bare.splitlines() for sentence in sentences(line)]
    return [s for s in found if len(s.split()) >= 2 and not refuses(s) and not s.endswith("?")] or (
        [bare.strip()] if bare.strip() and not refuses(bare) else []
    )


def supported(claim: str, passages: Sequence[str]) -> bool:
    """Whether one passage holds a claim's values and most of its words."""
    said, words = values.find(claim), telling(claim)
    for passage in passages:
        if values.without(said, values.find(passage)):
            continue
        if not words or len(words & set(terms(passage))) >= SUPPORT * len(words):
            return True
    return False


def faithfulness(answer: str, passages: Sequence[str]) -> float | None:
    """Supported claims by all claims; None where nothing is claimed."""
    stated = claims(answer)
    return sum(supported(claim, passages) for claim in stated) / len(stated) if stated else None


def relevancy(question: str, passages: Sequence[str]) -> float:
    """Relevant statements by all statements of the passages; 0 where there are none."""
    words = telling(question)
    least = 2 if len(words) >= 4 else max(1, len(words) / 2)
    stated = [s for passage in passages for line in passage.splitlines() for s in sentences(line)]
    if not stated:
        return 0.0
    return sum(len(words & set(terms(statement))) >= least for statement in stated) / len(stated)
