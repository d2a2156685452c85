"""What a new model reads: the documents, the examples as text, and general answers that an installed model writes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import AppError
from app.types import Message
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.evaluate.chat_model import ChatModel, turn_of
from trainer.scratch import vocabulary
from trainer.spec import Example, RunSpec, TextDocument, read_lines, write_lines
from trainer.train import base, replay, selection
from trainer.train.chat import encode_text
from trainer.train.objective import Unit

GENERAL, TEXTS = "general.jsonl", "texts.jsonl"
SEQUENCES = 16
KEPT_OUT = 0.1
"""Share of the pieces of text that are watched where no document was kept out."""
LEAST_TOKENS = 200
TOKENIZER = "tokenizer"


@dataclass(frozen=True)
class Reading:
    """Pieces of text to learn and to watch; `shown` are the watched texts themselves."""

    learned: list[Unit]
    watched: list[Unit]
    shown: list[str]


def run(context: Context) -> Summary:
    """Write the general answers and the texts to read, and train the tokenizer on what is learned.

    Raises:
        TrainerError: there is hardly any text.
    """
    folder = context.stage("corpus")
    general = _general(context, folder / GENERAL)
    texts = [*documents(context), *map(as_text, [*conversations(context)[0], *general])]
    learned = [text.text for text in texts if text.split == "train"]
    context.progress("corpus", 1, 2, note="Learning the words")
    words = vocabulary.train(learned, context.spec.scratch.vocabulary)
    vocabulary.save(words, folder / TOKENIZER)
    tokenizer = base.load_tokenizer(folder / TOKENIZER)
    tokens = sum(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in learned)
    if tokens < LEAST_TOKENS:
        hint = "Choose a collection with more text, or a file with more answers."
        raise TrainerError("There is hardly any text to learn from.", hint, f"{tokens} tokens", "no-examples")
    write_lines(folder / TEXTS, texts)
    return {
        "tokens": tokens,
        "vocabulary": len(tokenizer),
        "bytes_a_token": round(vocabulary.bytes_a_token(tokenizer, learned), 2),
        "general": len(general),
    }


def read(context: Context, tokenizer: Any) -> Reading:
    """The corpus in pieces. Documents that were kept out are watched; where there are none, a tenth of the pieces."""
    texts = list(read_lines(context.stage("corpus") / TEXTS, TextDocument))
    taught = [text for text in texts if text.split == "train"]
    kept = [text for text in texts if text.split in ("validation", "unseen")]
    learned, watched = _pieces(context, tokenizer, taught), _pieces(context, tokenizer, kept)
    if not watched and len(learned) > 1:
        random.Random(context.spec.seed).shuffle(learned)
        count = max(1, round(KEPT_OUT * len(learned)))
        watched, learned = learned[:count], learned[count:]
    return Reading(learned, watched, [text.text for text in kept or taught])


def _pieces(context: Context, tokenizer: Any, texts: Sequence[TextDocument]) -> list[Unit]:
    length = context.spec.scratch.context
    return [(piece,) for text in texts for piece in encode_text(tokenizer, text.id, text.text, length)]


def documents(context: Context) -> list[TextDocument]:
    given = context.spec.data
    return [text for text in selection.read_texts(context) if text.text.strip()] if given.inputs or given.texts else []


def conversations(context: Context) -> tuple[list[Example], list[Example]]:
    """Examples to learn and to watch; none where nothing is approved, since general answers teach how to chat."""
    given = context.spec.data
    examples = selection.read_examples(context) if given.examples or given.inputs else []
    if not any(e.split == "train" and selection.is_usable(e) for e in examples):
        return [], []
    return selection.choose(examples, context.spec.seed)


def as_text(example: Example) -> TextDocument:
    said = [message.content.strip() for message in example.messages if message.role != "system"]
    return TextDocument(id=example.id, text="\n".join(said))


def general(context: Context) -> list[Example]:
    """The general answers of this run's corpus."""
    return list(read_lines(context.stage("corpus") / GENERAL, Example))


def asked(spec: RunSpec) -> int:
    """How many general questions the installed model answers for a new one; none without a model."""
    return spec.scratch.general if spec.base.path and spec.replay.enabled else 0


def _general(context: Context, kept: Path) -> list[Example]:
    """The shipped general questions, answered by the installed model; none without one, or where it cannot be asked."""
    spec = context.spec
    model = Path(spec.base.path)
    if kept.exists():
        return list(read_lines(kept, Example))
    found: list[Example] = []
    if asked(spec):
        try:
            found = _ask(context, model)
        except AppError as error:
            context.notice(f"“{spec.base.name or model.name}” could not write general answers. {error.message}")
    write_lines(kept, found)
    return found


def _ask(context: Context, model: Path) -> list[Example]:
    spec, limit = context.spec, context.spec.scratch.answer_tokens
    path = Path(spec.replay.questions) if spec.replay.questions else replay.QUESTIONS
    questions = _spread(replay.general_questions(path), spec.scratch.general)

    def progress(done: int) -> None:
        context.progress("corpus", done, len(questions), "answers", "Asking the installed model general questions")

    with ChatModel(model, sequences=SEQUENCES, threads=context.threads) as chat:
        asks = [chat.ask(turn_of([Message("user", question)]), limit) for question in questions]
        said = chat.sequences.answers(asks, progress)
    system = selection.instructions(spec)
    return [
        Example(
            id=f"{replay.OWN}{number}",
            messages=selection.with_system((Message("user", question), Message("assistant", text.strip())), system),
            origin="replay",
            approved=True,
        )
        for number, (question, text) in enumerate(zip(questions, map(_whole, said), strict=True))
        if text
    ]


def _spread(questions: Sequence[str], most: int) -> list[str]:
    """At most so many, from beginning to end: they stand ordered by kind, and each kind keeps its share."""
    count = min(most, len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]


def _whole(text: str) -> str:
    """An answer up to its last whole sentence, since one that was cut off must not teach to stop there."""
    text = text.strip()
    end = max(text.rfind(mark) for mark in ".!?\n")
    return text[: end + 1].strip()
