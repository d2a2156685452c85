"""Which words of the documents should be tokens: long ones that come often and cost many, and what that would save.

A word becomes a token the way its vocabulary makes tokens: by merges of byte pairs behind all that there are, its
pieces from left to right. So text without it is cut as before, and whoever knows the merges cuts text with it alike.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from trainer.context import Context
from trainer.errors import TrainerError
from trainer.train import selection

OFTEN, LONG, PIECES = 3, 5, 3
"""A word is worth a token from so many times, letters and pieces on."""
LONGEST = 40
"""Letters of a word."""
LOOKED_AT = 2_000_000
"""Characters that are counted; of larger data a draw of its texts says enough."""
PAGE = 2500
"""Characters of a page."""
OFFERED = 200
"""Words that the gain is told for where none are wished for."""
WORTH = 0.05
"""Share of all tokens from which on it is advised."""
SEED = 5
Merge = tuple[str, str]


@dataclass
class Words:
    """New tokens of a vocabulary, in the order in which they are numbered, and what they save."""

    chosen: list[str] = field(default_factory=list)
    """As people read them; one that comes with and without a space before it can be there twice."""
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Each new token, also those on the way to a word, with the old ones that it is made of."""
    merges: list[Merge] = field(default_factory=list)
    before: float = 0.0
    """Tokens of a page."""
    after: float = 0.0

    @property
    def saved(self) -> float:
        """Share of the tokens."""
        return 1 - self.after / self.before if self.before else 0.0

    @property
    def advised(self) -> bool:
        """Whether it is worth it."""
        return self.saved >= WORTH


def of_run(context: Context, tokenizer: Any) -> Words:
    """The words of a run's documents and examples, as far as these are learned from.

    Raises:
        TrainerError: the vocabulary is of a kind that no merges can be added to.
    """
    wanted = context.spec.prepare.domain_words or OFFERED
    texts = selection.choose_texts(context)[0] if _has_texts(context) else []
    taught = selection.read_examples(context) if context.spec.training.rows == "examples" else []
    said = [m.content for e in taught if e.split == "train" and selection.is_usable(e) for m in e.messages[1:]]
    return choose(tokenizer, [*(text.text for text in texts), *said], wanted)


def _has_texts(context: Context) -> bool:
    if context.spec.training.rows == "texts":
        return True
    path = context.run / "split" / "texts.jsonl"
    return path.exists() and any(text.split == "train" for text in selection.read_texts(context))


def choose(tokenizer: Any, texts: Iterable[str], wanted: int) -> Words:
    """The words that save most, at most so many.

    Raises:
        TrainerError: see `of_run`.
    """
    backend = tokenizer.backend_tokenizer
    if not can_grow(tokenizer):
        raise TrainerError(
            "The vocabulary of this model takes no domain words.", "Train without them, or choose another model.",
            type(backend.model).__name__, "words",
        )  # fmt: skip
    counts: Counter[str] = Counter()
    characters = 0
    for text in _some(texts):
        characters += len(text)
        counts.update(piece for piece, _ in backend.pre_tokenizer.pre_tokenize_str(text))
    pieces = {word: tuple(token.value for token in backend.model.tokenize(word)) for word in counts}
    readable = {word: backend.decoder.decode([word]) for word in counts}
    worth = [w for w, count in counts.items() if count >= OFTEN and _is_word(readable[w]) and len(pieces[w]) >= PIECES]
    worth.sort(key=lambda word: (-counts[word] * (len(pieces[word]) - 1), word))
    found = Words()
    ranks: dict[Merge, int] = {}
    known = set(tokenizer.get_vocab())
    for word in worth[:wanted]:
        found.chosen.append(readable[word].strip())
        _make(found, ranks, pieces[word], known)
    pages = max(characters / PAGE, 1e-9)
    found.before = sum(count * len(pieces[word]) for word, count in counts.items()) / pages
    found.after = sum(count * len(_merged(pieces[word], ranks)) for word, count in counts.items()) / pages
    return found


def _some(texts: Iterable[str]) -> list[str]:
    drawn = list(texts)
    random.Random(SEED).shuffle(drawn)
    ends = accumulate(map(len, drawn))
    return [text for text, end in zip(drawn, ends, strict=True) if end - len(text) < LOOKED_AT]


def can_grow(tokenizer: Any) -> bool:
    """Whether it is a vocabulary of byte pairs with spaces in the words, as GPT-2's and most since."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or type(backend.model).__name__ != "BPE" or backend.pre_tokenizer is None:
        return False
    return not backend.model.byte_fallback and backend.pre_tokenizer.pre_tokenize_str("a b")[-1][0].startswith("Ġ")


def _is_word(text: str) -> bool:
    """Letters alone, perhaps behind a space: figures and signs are no terms."""
    word = text.strip()
    written = word.islower() or word.isupper() or word.istitle()  # else it is a key or a number in letters
    return LONG <= len(word) <= LONGEST and word.isalpha() and written


def _make(found: Words, ranks: dict[Merge, int], pieces: Sequence[str], known: set[str]) -> None:
    """Merges from left to right, behind those that there are, until the word is one token."""
    left = _merged(pieces, ranks)
    origin = _origins(found, pieces, left)
    while len(left) > 1:
        first, second = left[0], left[1]
        ranks[first, second] = len(ranks)
        found.merges.append((first, second))
        whole = first + second
        origin = [origin[0] + origin[1], *origin[2:]]
        if whole not in known and whole not in found.tokens:
            found.tokens[whole] = origin[0]
        left = [whole, *left[2:]]


def _origins(found: Words, pieces: Sequence[str], left: Sequence[str]) -> list[tuple[str, ...]]:
    """The old pieces behind each of the merged ones."""
    rest = list(pieces)
    origins: list[tuple[str, ...]] = []
    for token in left:
        taken: list[str] = []
        while "".join(taken) != token:
            taken.append(rest.pop(0))
        origins.append(tuple(taken))
    return origins


def _merged(pieces: Sequence[str], ranks: dict[Merge, int]) -> list[str]:
    """Pieces after the new merges, the earliest first, as a byte-pair vocabulary applies them."""
    left = list(pieces)
    while ranks and len(left) > 1:
        best = min(range(len(left) - 1), key=lambda n: ranks.get((left[n], left[n + 1]), len(ranks)))
        if (left[best], left[best + 1]) not in ranks:
            break
        left[best : best + 2] = [left[best] + left[best + 1]]
    return left
