"""How much a run learns from, and how much its comparison reads: tokens counted from words, before any tokenizer."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from trainer.context import Context
from trainer.evaluate import blind, exams, preferring
from trainer.prepare import own
from trainer.spec import HELD_OUT, Example, Preference
from trainer.train import gather, lessons, selection

WORDS_TO_TOKENS = 1.4  # English, GPT-2-like vocabularies; the plan must not load a tokenizer for large data
TEMPLATE_TOKENS = 35  # a chat template's own tokens an example
REPLAY_QUESTIONS = 690  # that ship, each once more as it could be typed


class Amount(NamedTuple):
    """What is gone through once; tokens are estimated from words."""

    tokens: int
    longest: int
    """Tokens of the longest example."""
    rows: int
    given: int
    """Of these, those that a person or a file gave or approved."""


def of_run(context: Context) -> Amount:
    """What a run learns from."""
    spec = context.spec
    if spec.training.rows == "texts":
        texts = selection.choose_texts(context)[0]
        counts = [round(len(t.text.split()) * WORDS_TO_TOKENS) for t in texts]
        pieces = sum(-(-n // 512) for n in counts)
        return Amount(sum(counts), min(512, max(counts)), pieces, pieces)
    if spec.training.rows == "preferences":
        pairs = selection.choose_preferences(context)[0]
        lengths = [pair_tokens(pair) for pair in pairs]
        return Amount(sum(lengths), max(lengths), len(pairs), len(pairs))
    train, _ = selection.choose(selection.read_examples(context), spec.seed)
    made = lessons.beside_examples(context, train).values()
    lengths = [example_tokens(example) for example in (*train, *chain(*made))]
    tokens = sum(lengths)
    if spec.replay.enabled:
        tokens += (
            gather.times_replayed(spec, len(lengths), REPLAY_QUESTIONS)
            * REPLAY_QUESTIONS
            * (TEMPLATE_TOKENS + spec.replay.max_new_tokens)
        )
    along = 1 + (spec.replay.reading if spec.training.reads_along and spec.data.inputs else 0.0)
    return Amount(round(tokens * along), max(lengths), len(lengths), len(train))


def pair_tokens(pair: Preference) -> int:
    """Of both sequences, each with its question."""
    asked = TEMPLATE_TOKENS + sum(words(turn.content) for turn in pair.messages)
    return words(pair.chosen) + words(pair.rejected) + 2 * asked


def words(text: str) -> int:
    """Tokens of a text, from its words."""
    return round(len(text.split()) * WORDS_TO_TOKENS)


def example_tokens(example: Example) -> int:
    """Of all its turns, in a chat template."""
    return TEMPLATE_TOKENS + sum(words(turn.content) for turn in example.messages)


GENERATED = 3
"""A token that is written costs as much as so many that are read: few are written at once."""
CLOSED_TOKENS, SHOWN_TOKENS = 25 + 20 * GENERATED, 600 + 30 * GENERATED
"""Of a question without passages, whose instructions are read once for all, and of one with them."""


def compared(context: Context) -> int:
    """Tokens that a comparison reads on each of its two models; together they cost what a trained one does, since that
    is read forward and backward."""
    spec = context.spec
    examples = selection.read_examples(context) if spec.training.rows == "examples" else []
    texts = selection.read_texts(context) if spec.data.inputs or spec.data.texts else []
    cases = exams.build(examples, texts, "", spec.seed)
    wanted = [case for case in cases if case.exam in spec.training.exams]
    asked = len(own.questions(spec)) if "own" in spec.training.exams else 0
    asked += sum(e.held_out for e in examples) if spec.training.needs_labels else 0
    shown = sum(bool(case.shown) for case in wanted)
    said = (len(wanted) - shown + asked) * CLOSED_TOKENS + shown * SHOWN_TOKENS
    return said + (_held_pairs(context) if spec.training.rows == "preferences" else 0)


def _held_pairs(context: Context) -> int:
    """Pairs that were kept out: both answers are read behind their question, and some questions are answered."""
    held = [pair for pair in selection.read_preferences(context) if pair.split == HELD_OUT][: preferring.MOST]
    read = sum(pair_tokens(pair) for pair in held)
    return read + min(len(held), blind.PAIRS) * (TEMPLATE_TOKENS + exams.LONG * GENERATED)
