"""Do answers with documents keep to them, and were the passages about the question? Without a judge model.

Faithfulness is the share of an answer's claims that the passages support (Es, James, Espinosa-Anke, Schockaert, "RAGAS:
Automated Evaluation of Retrieval Augmented Generation", 2023). There a model finds and checks the claims; here they are
the claims that the chat checks before it cites, by the same rules, but for the embedder's word.

Contextual relevancy is the share of the statements in the passages that are relevant to the question (the definition of
DeepEval's metric of that name). There a model says which; here a statement is relevant when it holds two of the
question's terms, or half of them where there are fewer than four.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.text.citations import cite, claims, clean
from app.text.sentences import sentence_texts
from app.text.support import FEWEST, by_words, holds, numbers_of, stem, words_of
from app.text.words import query_terms, terms
from app.types import Passage, Support


def faithfulness(answer: str, passages: Sequence[Passage]) -> float | None:
    """Claims that the chat could cite by all claims, 0 to 1; None where nothing is claimed."""
    text = clean(answer)
    stated = claims(text)
    if not stated:
        return None
    cited = cite(text, stated, [_backing(claim.text, passages) for claim in stated], passages)
    return 1 - len(cited.unsupported) / len(stated)


def _backing(claim: str, passages: Sequence[Passage]) -> Support:
    """The passage that says a claim; one of a bare value ("30 days.") must have its numbers and every word of it."""
    own = {stem(word) for word in words_of(claim)}
    if len(own) >= FEWEST or not numbers_of(claim):
        return by_words(claim, passages)
    for n, passage in enumerate(passages, 1):
        if own <= {stem(word) for word in words_of(passage.text)} and holds(claim, passage):
            return Support(n=n, score=1.0)
    return Support(n=None, score=0.0)


def relevancy(question: str, passages: Sequence[Passage]) -> float:
    """Relevant statements by all statements of the passages, 0 to 1; 0 where there are none."""
    asked = set(query_terms(question))
    least = 2 if len(asked) >= 4 else max(1, len(asked) / 2)
    stated = [s for passage in passages for line in passage.text.splitlines() for s in sentence_texts(line)]
    if not stated:
        return 0.0
    return sum(len(asked & set(terms(statement))) >= least for statement in stated) / len(stated)
