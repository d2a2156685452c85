"""Which examples train: the approved ones of the training split, after the person's decisions, some kept to stop by."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from app.llama.rules import rules
from app.types import Message
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.prepare import own
from trainer.spec import EXCLUDED, Example, Preference, ReviewDecision, RunSpec, TextDocument, read_lines

FEW = 5
MOST_LABELS = 60
"""More different answers than this are no labels."""
VALIDATION_SHARE = 0.06
VALIDATION_MOST = 48


def data_file(context: Context, given: str, name: str) -> Path:
    """A data file named in the specification, or what the split stage wrote."""
    path = Path(given) if given else context.run / "split" / name
    if not path.exists():
        raise TrainerError(f"“{path.name}” is missing.", "Put it back, or start a new run.", str(path), "missing")
    return path


def decide(examples: Iterable[Example], review: Path, approve_above: float | None) -> list[Example]:
    """Apply a review (the last decision of an id counts) and the standing approval by quality."""
    decisions = _read_decisions(review)
    kept = []
    for example in examples:
        decision = decisions.get(example.id)
        if decision is None:
            good = approve_above is not None and (example.quality or 0.0) >= approve_above
            kept.append(replace(example, approved=example.approved or good))
            continue
        changed = replace(example, approved=decision.decision != "reject")
        if decision.messages is not None:
            changed = replace(changed, messages=decision.messages, edited=True)
        if decision.split is not None:
            changed = replace(changed, split=decision.split)
        elif decision.decision == "reject":
            changed = replace(changed, split=EXCLUDED, reason="rejected")
        kept.append(changed)
    return kept


def read_examples(context: Context) -> list[Example]:
    """All examples of a run, whatever their split, with the person's decisions applied; compare reads these too."""
    path = data_file(context, context.spec.data.examples, "examples.jsonl")
    spec = context.spec
    examples = decide(read_lines(path, Example), context.run / "review.jsonl", spec.prepare.approve_above)
    examples = own.kept_apart(context, examples)
    return [replace(e, messages=with_system(e.messages, instructions(spec))) for e in examples]


def instructions(spec: RunSpec) -> str:
    """The system message before each example: the run's own, or else the one that the chat begins with."""
    return rules(grounded=False) if spec.data.system is None else spec.data.system


def with_system(messages: tuple[Message, ...], system: str) -> tuple[Message, ...]:
    """A conversation with a system message before it, unless it has one of its own or there is none."""
    return messages if not system or messages[0].role == "system" else (Message("system", system), *messages)


def until_answer(example: Example) -> tuple[Message, ...]:
    """The conversation up to its last answer."""
    last = max(i for i, message in enumerate(example.messages) if message.role == "assistant")
    return example.messages[:last]


def held_out_questions(context: Context) -> list[str]:
    """The exam's questions, which nothing that trains may hold; none where a run has no examples."""
    given = context.spec.data.examples
    path = Path(given) if given else context.run / "split" / "examples.jsonl"
    examples = read_examples(context) if path.exists() else []
    return [e.question for e in [*examples, *own.questions(context.spec)] if e.held_out]


def is_usable(example: Example) -> bool:
    """Whether it may train: a person approved it, or it needs nobody's word."""
    return example.approved or example.origin in ("person", "file", "replay")


def choose(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Training and validation examples.

    Validation is what the data marks so; else some phrasings are taken from facts that keep at least two others in
    training, so that no fact goes untaught. The held-out questions are never looked at here: they are the exam.

    Raises:
        TrainerError: nothing is approved.
    """
    usable = [e for e in examples if is_usable(e)]
    train = [e for e in usable if e.split == "train"]
    validation = [e for e in usable if e.split == "validation"]
    if not train:
        raise TrainerError(
            "No example is approved for training.", "Approve some under Review, or add examples.", code="no-examples"
        )
    if validation:
        return train, validation[:VALIDATION_MOST]
    taken = {e.id for e in _spare(train, seed)}
    return [e for e in train if e.id not in taken], [e for e in train if e.id in taken]


def labels_of(spec: RunSpec, examples: Iterable[Example]) -> tuple[str, ...]:
    """The labels of a run: those that it names, or else the different answers of its examples, sorted.

    Raises:
        TrainerError: there are fewer than two, or so many that they are no labels.
    """
    found = spec.data.labels or tuple(sorted({e.answer.strip() for e in examples if not e.excluded} - {""}))
    if len(set(found)) < 2:
        raise TrainerError("Sorting needs at least two labels.", "Name the labels, then start again.", code="labels")
    if not spec.data.labels and len(found) > MOST_LABELS:
        hint = "Use a file whose label column holds one of a few labels, or name the labels."
        raise TrainerError(f"The data holds {len(found)} different labels.", hint, code="labels")
    return found


def check_labels(examples: Iterable[Example], labels: Sequence[str]) -> None:
    """Sorting has a fixed set of answers.

    Raises:
        TrainerError: an answer is not one of the labels; its line is named.
    """
    for example in examples:
        if example.answer.strip() not in labels:
            where = f" (line {example.source.row})" if example.source.row else ""
            message = f"“{example.answer.strip()[:60]}”{where} is not one of the labels."
            raise TrainerError(message, "Correct the answer, or add the label.", example.id, "labels")


def _spare(train: Sequence[Example], seed: int) -> list[Example]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in train:
        groups[example.group or example.id].append(example)
    wanted = min(VALIDATION_MOST, max(4, round(len(train) * VALIDATION_SHARE)))
    chance = random.Random(seed)
    rich = [group for group in groups.values() if len(group) >= 3]
    if rich:
        chance.shuffle(rich)
        return [chance.choice(group) for group in rich[:wanted]]
    if len(train) < 4 * FEW:
        return []
    return chance.sample(list(train), min(wanted, len(train) // 10 or 1))


def read_texts(context: Context) -> list[TextDocument]:
    """All documents of a run, whatever their split."""
    return list(read_lines(data_file(context, context.spec.data.texts, "texts.jsonl"), TextDocument))


def choose_texts(context: Context) -> tuple[list[TextDocument], list[TextDocument]]:
    """Documents to read and documents to stop by.

    Raises:
        TrainerError: there is no text.
    """
    decisions = _decisions(context)
    texts = [_placed(text, decisions.get(text.id)) for text in read_texts(context)]
    train = [t for t in texts if t.split == "train" and t.text.strip()]
    if not train:
        raise TrainerError("There is no text to read.", "Choose a collection with documents.", code="no-examples")
    return train, [t for t in texts if t.split in ("validation",)]


def _decisions(context: Context) -> dict[str, ReviewDecision]:
    return _read_decisions(context.run / "review.jsonl")


def _read_decisions(review: Path) -> dict[str, ReviewDecision]:
    """The last word of the person on each line that they decided about."""
    return {d.id: d for d in read_lines(review, ReviewDecision)} if review.exists() else {}


def _placed(text: TextDocument, decision: ReviewDecision | None) -> TextDocument:
    if decision is None:
        return text
    left_out = decision.decision == "reject"
    return replace(text, split=EXCLUDED if left_out else decision.split or text.split)


def _decided(pair: Preference, decision: ReviewDecision | None) -> Preference:
    if decision is None:
        return replace(pair, approved=pair.approved or pair.origin in ("person", "file", "feedback"))
    chosen = decision.messages[-1].content if decision.messages else pair.chosen
    messages = decision.messages[:-1] if decision.messages else pair.messages
    approved = decision.decision != "reject"
    split = decision.split or pair.split
    return replace(pair, messages=messages, chosen=chosen, approved=approved, split=split)


def read_preferences(context: Context) -> list[Preference]:
    """The approved pairs of a run, whatever their split, after the person's decisions; compare reads these too."""
    path = data_file(context, context.spec.data.preferences, "preferences.jsonl")
    decisions = _decisions(context)
    pairs = [_decided(pair, decisions.get(pair.id)) for pair in read_lines(path, Preference)]
    return [pair for pair in pairs if pair.approved]


def choose_preferences(context: Context) -> tuple[list[Preference], list[Preference]]:
    """Pairs to learn from and pairs to stop by.

    Raises:
        TrainerError: no pair is approved.
    """
    pairs = read_preferences(context)
    train = [p for p in pairs if p.split == "train"]
    if not train:
        raise TrainerError(
            "No pair of answers is approved.", "Rate and correct some answers first.", code="no-examples"
        )
    return train, [p for p in pairs if p.split == "validation"]
