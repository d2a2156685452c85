"""Gathers what a run trains on: its rows as token ids, replay of what the base knows, and what is left out."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.types import Message
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.spec import Example, Preference, RunSpec
from trainer.spec.recipes import Rows
from trainer.train import lessons, replay, selection
from trainer.train.chat import Encoded, encode_chat, encode_text
from trainer.train.objective import Unit
from trainer.train.remembered import Remembered

LONGEST_EXAMPLE, LONGEST_TEXT = 2048, 512
"""Tokens of an example, and of a piece of plain text, unless the specification says otherwise."""
REPLAYED, MOST_REPLAYED = 0.5, 6
"""Replayed questions for each question of the data, unless the specification says otherwise; how often each at most."""
READ_ALONG = 128
"""Tokens of a piece of text that is read beside the answers."""
NAMED, NAMED_CHARACTERS = 3, 60
"""How many of the examples that the template refuses are named, and with how much of their question."""
ALL_MASKED = "All examples are masked: there is nothing for the model to learn."


@dataclass(frozen=True)
class Gathered:
    """What a run trains on, and what it stops by. `shown` are examples whose answers are shown while it learns."""

    train: list[Unit]
    validation: list[Unit]
    shown: Sequence[Example] = ()


class Gathering:
    """Encodes the rows of one run; `counts` and `warnings` say what became of them."""

    def __init__(
        self, context: Context, tokenizer: Any, base: Remembered | None, longest: int, stage: str = "train"
    ) -> None:
        """Prepare.

        Args:
            context: the run.
            tokenizer: of the base.
            base: answers the general questions of replay; None replays nothing.
            longest: tokens that the base takes.
            stage: whose folder keeps what the base answered.
        """
        self.context, self.spec, self._stage = context, context.spec, stage
        self.tokenizer, self._base, self._longest = tokenizer, base, longest
        self.counts: dict[str, int] = {}
        self.warnings: list[str] = []

    def gather(self) -> Gathered:
        """The units to train on and to stop by.

        Raises:
            TrainerError: nothing is left to train on, or an answer is not one of the labels.
        """
        return ROWS[self.spec.training.rows](self)

    def read_along(self, units: Sequence[Unit]) -> list[Unit]:
        """Pieces of the taught documents as plain text: who only answers in short unlearns to write whole sentences."""
        if not self.spec.training.reads_along or not self.spec.data.inputs:
            return []
        wanted = self.spec.replay.reading * sum(len(example.ids) for unit in units for example in unit)
        texts = [text for text in selection.read_texts(self.context) if text.split == "train"]
        pieces = [e for t in texts for e in encode_text(self.tokenizer, t.id, t.text, READ_ALONG)]
        random.Random(self.spec.seed).shuffle(pieces)
        chosen = pieces[: round(wanted / READ_ALONG)]
        self.counts["texts"] = len(chosen)
        return [(piece,) for piece in chosen]

    # --- by the kind of rows ------------------------------------------------------------------------------------------

    def examples(self) -> Gathered:
        """Conversations whose answers are learned."""
        examples = selection.read_examples(self.context)
        taught, validation = selection.choose(examples, self.spec.seed)
        if self.spec.training.needs_labels:
            selection.check_labels([*taught, *validation], selection.labels_of(self.spec, examples))
        if len(taught) < selection.FEW:
            self._warn(f"Only {len(taught)} examples: expect the model to learn them, and little more.")
        train_units = self.encode(taught, "train")
        for name, made in lessons.beside_examples(self.context, taught).items():
            train_units += self.encode(made, name)
        units = self.encode(validation, "validation") if validation else []
        coded = {unit[0].id for unit in units or train_units}
        shown = [e for e in (validation if units else taught) if e.id in coded]
        return Gathered([*train_units, *self._replay(train_units)], units, shown)

    def texts(self) -> Gathered:
        """Plain texts of which every token is learned."""
        train, validation = selection.choose_texts(self.context)
        length = min(self.spec.hyper.max_length or LONGEST_TEXT, self._longest)
        units: list[Unit] = [(e,) for t in train for e in encode_text(self.tokenizer, t.id, t.text, length)]
        held: list[Unit] = [(e,) for t in validation for e in encode_text(self.tokenizer, t.id, t.text, length)]
        self.counts |= {"train": len(units), "validation": len(held), "documents": len(train)}
        if self.tokenizer.chat_template:
            units += self._replay(units)
        return Gathered(units, held)

    def preferences(self) -> Gathered:
        """Pairs of a better and a worse answer."""
        train, validation = selection.choose_preferences(self.context)
        units, held = self._encode_pairs(train, "train"), self._encode_pairs(validation, "validation")
        self.counts |= {"train": len(units), "validation": len(held)}
        if len(units) < selection.FEW:
            self._warn(f"Only {len(units)} pairs: expect little change.")
        return Gathered(units, held)

    # --- as token ids -------------------------------------------------------------------------------------------------

    def encode(self, examples: Sequence[Example], name: str) -> list[Unit]:
        """Encode examples; those too long, without an answer or refused by the template are counted and left out.

        Args:
            examples: conversations.
            name: what they are counted as: "train", "validation" or "replay".

        Raises:
            TrainerError: none of those to train on is left.
        """
        limit = min(self.spec.hyper.max_length or LONGEST_EXAMPLE, self._longest)
        units: list[Unit] = []
        failed: dict[str, TrainerError] = {}
        refused: list[Example] = []
        long = 0
        for example in examples:
            try:
                coded = encode_chat(self.tokenizer, example.id, example.messages, _last_only(example))
            except TrainerError as error:
                if error.code not in ("masked", "template"):
                    raise
                failed[error.code] = error
                refused += [example] if error.code == "template" else []
                continue
            if len(coded.ids) > limit:
                long += 1
                continue
            units.append((_without_end(coded) if example.reason == replay.CUT else coded,))
        self.counts[name] = len(units)
        if long:
            self.counts["too_long"] = self.counts.get("too_long", 0) + long
            self._warn(f"{long} examples are longer than {limit} tokens and were left out.")
        self._name_refused(refused)
        if not units and name == "train":
            raise _nothing_left(failed, limit)
        if "masked" in failed:
            masked = len(examples) - len(units) - long - len(refused)
            self._warn(f"{masked} examples have no answer to learn and were left out.")
        return units

    def _encode_pairs(self, pairs: Sequence[Preference], name: str) -> list[Unit]:
        """Encode pairs; those that the template refuses are counted and left out."""
        units: list[Unit] = []
        failed: TrainerError | None = None
        refused: list[Preference] = []
        system = selection.instructions(self.spec)
        for pair in pairs:
            asked = selection.with_system(pair.messages, system)
            better, worse = Message("assistant", pair.chosen), Message("assistant", pair.rejected)
            try:
                chosen = encode_chat(self.tokenizer, f"{pair.id}+", (*asked, better), last_only=True)
                rejected = encode_chat(self.tokenizer, f"{pair.id}-", (*asked, worse), last_only=True)
            except TrainerError as error:
                if error.code != "template":
                    raise
                failed = error
                refused.append(pair)
                continue
            units.append((chosen, rejected))
        self._name_refused(refused)
        if failed and not units and name == "train":
            raise failed
        return units

    def _replay(self, learned: Sequence[Unit]) -> list[Unit]:
        """General questions, so often that what they hold is `REPLAYED` of what is learned."""
        if self._base is None:
            return []

        def progress(done: int, total: int) -> None:
            self.context.progress(self._stage, done, total, "questions", "Asking the model general questions")
            self.context.heed_pause(self._stage)  # all of them may take minutes

        examples = replay.build(
            self.spec.replay,
            selection.instructions(self.spec),
            self._base,
            self.tokenizer,
            self.context.stage(self._stage) / replay.FILE,
            self.spec.seed,
            selection.held_out_questions(self.context) if self.spec.replay.earlier else [],
            progress,
        )
        units = self.encode(examples, "replay") if examples else []
        return units * times_replayed(self.spec, len(learned), len(units))

    def _name_refused(self, refused: Sequence[Example | Preference]) -> None:
        if not refused:
            return
        self.counts["refused"] = self.counts.get("refused", 0) + len(refused)
        named = ", ".join(map(_named, refused[:NAMED])) + (", …" if len(refused) > NAMED else "")
        self._warn(f"Examples that the model's template refuses were left out ({len(refused)}): {named}.")

    def _warn(self, message: str) -> None:
        self.warnings.append(message)
        self.context.notice(message)


ROWS: dict[Rows, Callable[[Gathering], Gathered]] = {
    "examples": Gathering.examples,
    "texts": Gathering.texts,
    "preferences": Gathering.preferences,
}
"""How the rows of a recipe become units."""


def times_replayed(spec: RunSpec, learned: int, questions: int) -> int:
    """How often each general question is replayed in one time through the data."""
    share = REPLAYED if spec.replay.share is None else spec.replay.share
    return max(1, min(round(share * learned / max(1, questions)), MOST_REPLAYED))


def _nothing_left(failed: Mapping[str, TrainerError], limit: int) -> TrainerError:
    """Why no example is left; the template's own complaint comes first, since it holds for the whole model."""
    if "template" in failed:
        return failed["template"]
    if "masked" in failed:
        hint = "Check that the examples have answers."
        return TrainerError(ALL_MASKED, hint, failed["masked"].detail, "masked")
    return TrainerError(f"All examples are longer than {limit} tokens.", "Shorten them.", code="too-long")


def _named(row: Example | Preference) -> str:
    if row.source.row:
        return f"line {row.source.row} of “{row.source.document}”"
    asked = next((message.content for message in row.messages if message.role == "user"), row.id)
    return f"“{asked[:NAMED_CHARACTERS]}”"


def _last_only(example: Example) -> bool:
    """Earlier answers are learned in a person's own conversations alone: of a chat only the last one was approved."""
    return example.origin != "file"


def _without_end(coded: Encoded) -> Encoded:
    """An answer that was cut off must not teach the model to stop there."""
    last = max(i for i, target in enumerate(coded.targets) if target)
    targets = tuple(target and i != last for i, target in enumerate(coded.targets))
    return Encoded(coded.id, coded.ids, targets)
