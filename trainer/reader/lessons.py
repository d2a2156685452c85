"""What the reader learns from in a company: reviewed questions, each beside passages that search found for it.

The passage that holds the answer teaches where it stands. Passages that search finds as well and that do not hold it
are the hard negatives: what the reader gets to see, and must not fall for. Others are read as the reader read them
before, so that its scores keep their scale: `app.documents.weigh` is fitted to it.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.text import words
from app.text.evidence import Piece, heading_of, pieces_of_passage
from app.text.support import numbers_of
from app.types import Passage
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.reader.examples import Example
from trainer.spec import FOUND, Found, read_lines
from trainer.train.selection import is_usable, read_examples, read_texts

PHRASINGS = 3
"""Phrasings of a fact that are learned."""
HARD, HARDEST = 2, 5
"""Hard negatives a question, drawn from the first passages without the answer."""
STATED = 0.75
"""The share of an answer's words that a sentence or row must have to state it, beside all of its numbers."""
SHORT = 12
"""Words of an answer that is looked for to the letter; a longer one is a sentence itself."""
FEW = 5
WATCHED = 20
"""Below so many questions none is watched to stop by: the loss of five says nothing, and they are better taught."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Asked:
    """A question with what search finds for it; `gold` is the passage, and the sentence or row in it, that answers."""

    id: str
    group: str
    question: str
    answer: str
    passages: tuple[Passage, ...]
    gold: tuple[Passage, Piece] | None = None

    @property
    def document(self) -> str:
        """Where the answer stands, "" where no passage holds it."""
        return self.gold[0].document if self.gold else ""

    def without(self) -> tuple[Passage, ...]:
        """The passages that do not hold the answer, best first."""
        return tuple(each for each in self.passages if not any(states(p, each, self.answer) for p in pieces(each)))


@dataclass(frozen=True)
class Lesson:
    """A question beside a passage. Not `taught`: it is read as before."""

    example: Example
    exact: bool = True
    taught: bool = True


@dataclass(frozen=True)
class Material:
    """The questions of a run: learned from, watched, and the exam, which are those of documents that were kept out.

    `by_document` is False where no document could be kept out; the exam then asks what was learned in other words.
    """

    train: list[Asked] = field(default_factory=list)
    validation: list[Asked] = field(default_factory=list)
    exam: list[Asked] = field(default_factory=list)
    by_document: bool = True
    lost: int = 0
    """Questions for which search finds no passage with the answer."""


def gather(context: Context) -> Material:
    """
    Raises:
        TrainerError: what search finds is not there, or next to nothing is left to learn from.
    """
    path = context.run / FOUND
    if not path.exists():
        raise TrainerError("What search finds for the questions is missing.", "Start the training again.", str(path))
    found = {row.id: row.passages for row in read_lines(path, Found)}
    kept = {text.name for text in read_texts(context) if text.held_out}
    made, held = Material(), list[Asked]()
    lost = 0
    for example in read_examples(context):
        if example.excluded or example.id not in found:
            continue
        source = example.source.document if example.source.document_id is not None else ""
        asked = ask(example.id, example.group, example.question, example.answer, found[example.id], source)
        if asked.document in kept or source in kept:
            made.exam.append(asked)
        elif asked.gold is None:
            lost += 1
        elif example.held_out:
            held.append(asked)
        elif not is_usable(example):
            continue
        elif example.split == "validation":
            made.validation.append(asked)
        else:
            made.train.append(asked)
    watched = _few_phrasings(made.validation, 1)
    if len(watched) < WATCHED:
        made.train.extend(made.validation)
        watched = []
    train = [_apart(asked, kept) for asked in _few_phrasings(made.train, PHRASINGS)]
    if len(train) < FEW:
        hint = "Approve more questions, or check that their answers stand in the documents of the collection."
        raise TrainerError(
            f"Search finds the answer to {len(train)} of these questions only.", hint, code="no-examples"
        )
    by_document = bool(made.exam)
    return Material(
        train=train,
        validation=[_apart(asked, kept) for asked in watched],
        exam=_few_phrasings(made.exam or held, 1),
        by_document=by_document,
        lost=lost,
    )


def ask(id: str, group: str, question: str, answer: str, passages: Sequence[Passage], document: str = "") -> Asked:
    """A question with the sentence that answers it: of `document` where that is known, and else the one that has most
    of the question's words."""
    terms = set(words.query_terms(question))

    def nearness(passage: Passage, piece: Piece) -> tuple[bool, int]:
        said = set(words.terms(f"{heading_of(passage)} {piece.before} {piece.text}"))
        return passage.document == document, len(terms & said)

    holding = [(passage, piece) for passage in passages for piece in pieces(passage) if states(piece, passage, answer)]
    gold = max(holding, key=lambda pair: nearness(*pair), default=None)
    return Asked(id, group or id, question, answer, tuple(passages), gold)


def pieces(passage: Passage) -> list[Piece]:
    """Its sentences and rows."""
    return pieces_of_passage(passage)


def states(piece: Piece, passage: Passage, answer: str) -> bool:
    """Whether a sentence or row says this answer: to the letter, or nearly all of its words and all of its numbers."""
    said, wanted = _plain(piece.text), _plain(answer)
    if not wanted.strip():
        return False
    if wanted in said:
        return True
    if len(wanted.split()) < FEW or not numbers_of(answer) <= numbers_of(piece.text):
        return False
    asked = set(words.terms(answer))
    known = set(words.terms(f"{heading_of(passage)} {piece.text}"))
    own = set(words.terms(piece.text))
    return len(asked & known) >= STATED * len(asked) and len(asked & own) >= len(asked) / 2


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _few_phrasings(questions: Sequence[Asked], most: int) -> list[Asked]:
    """Phrasings of a fact are no questions of their own: so many of each at most."""
    groups: dict[str, list[Asked]] = defaultdict(list)
    for asked in questions:
        groups[asked.group].append(asked)
    return [asked for group in groups.values() for asked in group[:most]]


def _apart(asked: Asked, kept: set[str]) -> Asked:
    """Without the passages of documents that are kept out."""
    passages = tuple(each for each in asked.passages if each.document not in kept)
    return Asked(asked.id, asked.group, asked.question, asked.answer, passages, asked.gold)


def lessons(questions: Sequence[Asked], seed: int) -> list[Lesson]:
    """Of each question the passage that answers, hard negatives, and one that is read as before.

    Where search finds too few, other questions' passages of the same document stand in.
    """
    draw = random.Random(seed)
    pool: dict[str, dict[int, Passage]] = defaultdict(dict)
    for asked in questions:
        for passage in asked.passages:
            pool[passage.document][passage.id] = passage
    return [lesson for asked in questions for lesson in _lessons_of(asked, pool[asked.document], draw)]


def _lessons_of(asked: Asked, pool: dict[int, Passage], draw: random.Random) -> Iterator[Lesson]:
    assert asked.gold is not None
    yield _answered(asked, *asked.gold)
    others = list(asked.without())
    if len(others) <= HARD:
        known = {each.id for each in asked.passages}
        spare = Asked(asked.id, "", asked.question, asked.answer, tuple(p for p in pool.values() if p.id not in known))
        others += draw.sample(spare.without(), min(len(spare.without()), HARD + 1 - len(others)))
    hard = draw.sample(others[:HARDEST], min(HARD, len(others)))
    for passage in hard:
        yield Lesson(_example(asked, passage, None))
    rest = [each for each in others if each not in hard]
    if rest:
        yield Lesson(_example(asked, draw.choice(rest), None), taught=False)


def _answered(asked: Asked, passage: Passage, piece: Piece) -> Lesson:
    """The answer to the letter where it stands so in the sentence, else the whole sentence or row."""
    sentence = passage.text[piece.start : piece.end]
    at = sentence.casefold().find(asked.answer.casefold().strip().rstrip("."))
    length = len(asked.answer.strip().rstrip("."))
    if (
        at >= 0
        and len(sentence) == len(sentence.casefold())
        and len(asked.answer.split()) <= SHORT
        and length < len(sentence) - 1
    ):
        return Lesson(_example(asked, passage, (piece.start + at, piece.start + at + length)))
    return Lesson(_example(asked, passage, (piece.start, piece.end)), exact=False)


def _example(asked: Asked, passage: Passage, answer: tuple[int, int] | None) -> Example:
    return Example(asked.question, heading_of(passage), passage.text, answer)
