"""The base and train stages: everything that training needs is gathered here, then handed to the loop."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psutil
import torch

from app.types import Message
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.spec import BaseReport, Example, Hyper, Preference, TrainResult, read_json, write_json
from trainer.train import base, choose, lora, replay, selection, shared_prefix
from trainer.train.answer import answer
from trainer.train.chat import Encoded, encode_chat, encode_prompt, encode_text
from trainer.train.loop import Samples, Task, Training
from trainer.train.loss import shares_prefix
from trainer.train.memory import process_peak
from trainer.train.objective import Answers, Objective, Preferences, Unit, base_costs, base_opinions

READ_ALONG = 128
"""Tokens of a piece of text that is read beside the answers."""
SAMPLES = 4
SAMPLE_TOKENS = 40
NAMED, NAMED_CHARACTERS = 3, 60
"""How many of the examples that the template refuses are named, and with how much of their question."""
ALL_MASKED = "All examples are masked: there is nothing for the model to learn."


def check_base(context: Context) -> Summary:
    """Unpack the base and hold torch against llama.cpp on it."""
    context.progress("base", 0, 2, note="Reading the model")
    folder = base.ensure_folder(context.spec.base, context.cache)
    context.progress("base", 1, 2, note="Checking the model")
    report = base.check(context.spec.base, folder, context.threads)
    write_json(context.stage("base") / "report.json", report)
    return {"name": report.name, "parameters": report.parameters, "kl": -1.0 if report.kl is None else report.kl}


def train(context: Context) -> Summary:
    """Train the adapter and keep the best."""
    torch.manual_seed(context.spec.seed)
    torch.set_num_threads(context.threads)
    shared_prefix.register()
    run = _Run(context)
    outcome = Training(context, run.task, run.folder).run()
    position = outcome.position
    result = TrainResult(
        adapter="train/adapter",
        steps=position.step,
        planned_steps=outcome.planned,
        best_step=position.best_step or position.step,
        stopped=outcome.stopped,
        train_loss=position.running_loss,
        heldout_loss=position.best_loss,
        heldout_before=position.before_loss,
        curve=position.curve,
        examples=run.counts,
        tokens=position.tokens,
        tokens_per_s=position.tokens / max(position.seconds, 1e-9),
        seconds=position.seconds,
        peak_memory_bytes=max(outcome.peak, process_peak()),
        precision=str(run.task.hyper.precision),
        hyper=run.task.hyper,
        warnings=tuple(run.warnings),
    )
    write_json(run.folder / "result.json", result)
    return {
        "steps": result.steps,
        "best_step": result.best_step,
        "stopped": result.stopped,
        "tokens_per_s": round(result.tokens_per_s, 1),
    }


class _Run:
    """Everything that training needs, gathered once: model, data, replay, objective."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.spec = context.spec
        self.folder = context.stage("train")
        self.counts: dict[str, int] = {}
        self.warnings: list[str] = []
        self.report = read_json(context.stage("base") / "report.json", BaseReport)
        source = base.ensure_folder(self.spec.base, context.cache)
        self.device = torch.device(_device(self.spec.limits.device))
        self.tokenizer = base.load_tokenizer(source)
        available = self.spec.limits.memory_bytes or int(psutil.virtual_memory().available)
        parameters = self.report.parameters
        self.precision = choose.precision(self.spec.hyper.precision, parameters, available, self.device.type)
        self.model = base.load_model(source, base.DTYPES[self.precision], str(self.device), self.precision == "nf4")
        self.task = self._task()

    def _task(self) -> Task:
        train, validation, questions = self._data()
        lengths = [sum(len(e.ids) for e in unit) for unit in train]
        hyper = self.spec.hyper
        hyper = choose.choose(
            _with_precision(hyper, self.precision),
            self.spec.recipe,
            sum(lengths) / len(lengths),
            max(len(e.ids) for unit in train for e in unit),
            self.report.context,
            self.report.parameters,
        )
        before = self._ask(questions)
        layers = lora.add_lora(self.model, hyper.rank, hyper.alpha or hyper.rank, self.spec.seed)
        if shares_prefix(self.model):
            self.model.set_attn_implementation(shared_prefix.NAME)
        if hyper.checkpointing:
            self.model.gradient_checkpointing_enable({"use_reentrant": False})
            self.model.enable_input_require_grads()
        lora.set_enabled(layers, False)
        objective: Objective
        if self.spec.recipe == "prefer":
            objective = Preferences(base_costs(self.model, [*train, *validation], self.device), hyper.beta)
        else:
            kept = [unit for unit in train if unit[0].id.startswith(replay.OWN)]
            objective = Answers(base_opinions(self.model, kept, self.device) if kept else {})
        lora.set_enabled(layers, True)
        samples = self._samples(questions, before)
        along = self._along(train)
        return Task(self.model, layers, objective, train, validation, hyper, samples, self.device, along)

    def _data(self) -> tuple[list[Unit], list[Unit], list[Example]]:
        if self.spec.recipe == "read":
            return self._texts()
        if self.spec.recipe == "prefer":
            return self._pairs()
        taught, validation = selection.choose(selection.read_examples(self.context), self.spec.seed)
        if self.spec.recipe == "classify":
            selection.check_labels([*taught, *validation], self.spec.data.labels)
        if len(taught) < selection.FEW:
            self._warn(f"Only {len(taught)} examples: expect the model to learn them, and little more.")
        train_units = self._encode(taught, "train")
        units = self._encode(validation, "validation") if validation else []
        coded = {unit[0].id for unit in units or train_units}
        questions = [e for e in (validation if units else taught) if e.id in coded]
        return [*train_units, *self._replay()], units, questions[:SAMPLES]

    def _encode(self, examples: Sequence[Example], name: str) -> list[Unit]:
        """Encode examples; those too long, without an answer or refused by the template are counted and left out.

        Raises:
            TrainerError: none of those to train on is left.
        """
        limit = min(self.spec.hyper.max_length or 2048, self.report.context)
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

    def _name_refused(self, refused: Sequence[Example | Preference]) -> None:
        if not refused:
            return
        self.counts["refused"] = self.counts.get("refused", 0) + len(refused)
        named = ", ".join(map(_named, refused[:NAMED])) + (", …" if len(refused) > NAMED else "")
        self._warn(f"Examples that the model's template refuses were left out ({len(refused)}): {named}.")

    def _replay(self) -> list[Unit]:
        def progress(done: int, total: int) -> None:
            self.context.progress("train", done, total, "questions", "Asking the model general questions")

        kept = self.folder / "replay.jsonl"
        spec = self.spec
        kept_out = selection.held_out_questions(self.context) if spec.replay.earlier else []
        system, model = selection.instructions(spec), self.model
        examples = replay.build(spec.replay, system, model, self.tokenizer, kept, spec.seed, kept_out, progress)
        if not examples:
            return []
        return self._encode(examples, "replay")

    def _along(self, units: Sequence[Unit]) -> list[Unit]:
        """Pieces of the taught documents as plain text: who only answers in short unlearns to write whole sentences."""
        if self.spec.recipe != "teach" or not self.spec.data.inputs:
            return []
        wanted = self.spec.replay.reading * sum(len(example.ids) for unit in units for example in unit)
        texts = [text for text in selection.read_texts(self.context) if text.split == "train"]
        pieces = [e for t in texts for e in encode_text(self.tokenizer, t.id, t.text, READ_ALONG)]
        random.Random(self.spec.seed).shuffle(pieces)
        chosen = pieces[: round(wanted / READ_ALONG)]
        self.counts["texts"] = len(chosen)
        return [(piece,) for piece in chosen]

    def _texts(self) -> tuple[list[Unit], list[Unit], list[Example]]:
        train, validation = selection.choose_texts(self.context)
        length = min(self.spec.hyper.max_length or 512, self.report.context)
        units: list[Unit] = [(e,) for t in train for e in encode_text(self.tokenizer, t.id, t.text, length)]
        held: list[Unit] = [(e,) for t in validation for e in encode_text(self.tokenizer, t.id, t.text, length)]
        self.counts |= {"train": len(units), "validation": len(held), "documents": len(train)}
        if self.tokenizer.chat_template:
            units += self._replay()
        return units, held, []

    def _pairs(self) -> tuple[list[Unit], list[Unit], list[Example]]:
        train, validation = selection.choose_preferences(self.context)

        units, held = self._encode_pairs(train, "train"), self._encode_pairs(validation, "validation")
        self.counts |= {"train": len(units), "validation": len(held)}
        if len(units) < selection.FEW:
            self._warn(f"Only {len(units)} pairs: expect little change.")
        return units, held, []

    def _encode_pairs(self, pairs: Sequence[Preference], name: str) -> list[Unit]:
        """Encode pairs; those that the template refuses are counted and left out."""
        units: list[Unit] = []
        failed: TrainerError | None = None
        refused: list[Preference] = []
        system = selection.instructions(self.spec)
        for pair in pairs:
            asked = selection.with_system(pair.messages, system)
            good, bad = Message("assistant", pair.chosen), Message("assistant", pair.rejected)
            try:
                chosen = encode_chat(self.tokenizer, f"{pair.id}+", (*asked, good), last_only=True)
                rejected = encode_chat(self.tokenizer, f"{pair.id}-", (*asked, bad), last_only=True)
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

    def _ask(self, examples: Sequence[Example]) -> list[str]:
        if not examples:
            return []
        prompts = [encode_prompt(self.tokenizer, _until_answer(e)) for e in examples]
        return [text for text, _ in answer(self.model, self.tokenizer, prompts, SAMPLE_TOKENS)]

    def _samples(self, examples: Sequence[Example], before: Sequence[str]) -> Samples:
        def ask() -> list[tuple[str, str, str, str]]:
            now = self._ask(examples)
            return [(e.question, e.answer, was, says) for e, was, says in zip(examples, before, now, strict=True)]

        return ask

    def _warn(self, message: str) -> None:
        self.warnings.append(message)
        self.context.notice(message)


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
    asked = next((turn.content for turn in row.messages if turn.role == "user"), row.id)
    return f"“{asked[:NAMED_CHARACTERS]}”"


def _until_answer(example: Example) -> tuple[Message, ...]:
    last = max(i for i, turn in enumerate(example.messages) if turn.role == "assistant")
    return example.messages[:last]


def _last_only(example: Example) -> bool:
    """Earlier answers are learned in a person's own conversations alone: of a chat only the last one was approved."""
    return example.origin != "file"


def _without_end(coded: Encoded) -> Encoded:
    """An answer that was cut off must not teach the model to stop there."""
    last = max(i for i, target in enumerate(coded.targets) if target)
    targets = tuple(target and i != last for i, target in enumerate(coded.targets))
    return Encoded(coded.id, coded.ids, targets)


def _device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return wanted


def _with_precision(hyper: Hyper, precision: Any) -> Hyper:
    return msgspec.structs.replace(hyper, precision=precision)
