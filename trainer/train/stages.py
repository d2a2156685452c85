"""The base and train stages: the base is checked, then everything that training needs is handed to the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import torch

from app.llama.memory import checking_bytes
from trainer.context import Context, Summary
from trainer.spec import BaseReport, Example, Hyper, TrainResult, WordsResult, read_json, write_json
from trainer.spec.recipes import Objective as Aim
from trainer.train import (
    amounts,
    base,
    brought,
    choose,
    device,
    found,
    fused,
    launch,
    lora,
    replay,
    rows,
    selection,
    several,
    shapes,
    shared_prefix,
    smaller,
)
from trainer.train.answer import answer
from trainer.train.chat import check_template, encode_prompt
from trainer.train.gather import Gathered, Gathering
from trainer.train.grown import base_of
from trainer.train.loop import Task
from trainer.train.loss import shares_prefix
from trainer.train.objective import (
    Likelihood,
    Objective,
    PreferenceObjective,
    in_batches,
    reference_losses,
    teacher_targets,
)
from trainer.train.remembered import Remembered
from trainer.train.samples import Prompt, Samples, chat_prompt, ended

SAMPLES, SAMPLE_TOKENS = 4, 40
"""Examples whose answers are shown while the model learns, and tokens of such an answer."""


def check_base(context: Context) -> Summary:
    """Check the base before anything is made of the data; where the memory that is free now does not hold it, that
    waits for the training, which is planned and may have the chat's memory."""
    waits = context.spec.data.inputs and not (context.run / "reviewed").exists()
    if waits and checking_bytes(shapes.shape_of(context.spec.base)) > psutil.virtual_memory().available:
        return {"checked": False}
    return _check(context)


def _check(context: Context) -> Summary:
    """Unpack the base and check that torch and llama.cpp agree on it."""
    context.progress("base", 0, 2, note="Reading the model")
    folder = base.ensure_folder(context.spec.base, context.cache)
    context.progress("base", 1, 2, note="Checking the model")
    if context.spec.training.rows != "texts":
        check_template(base.load_tokenizer(folder))
    report = base.check(context.spec.base, folder, context.threads)
    write_json(context.stage("base") / "report.json", report)
    return {"name": report.name, "parameters": report.parameters, "kl": -1.0 if report.kl is None else report.kl}


def train(context: Context) -> Summary:
    """Train the adapter and keep the best: with all the processes that a launcher started, or on all cards that hold
    it, else here."""
    if brought.is_there(context):
        return brought.take(context)
    found.hand_over(context)
    group = several.here()
    count = _processes(context) if group.size == 1 else 1
    if count > 1:
        if not (context.stage("base") / "report.json").exists():
            _check(context)
        if launch.train(context, count):
            return _summary(read_json(context.stage("train") / "result.json", TrainResult))
        context.notice(f"{count} processes could not train together, so one does.", "What they said is in the log.")
    group.call(context)
    return taught(context, group)


def _processes(context: Context) -> int:
    spec, here = context.spec, device.devices(context.spec.limits)
    if spec.limits.processes is not None or len(here) < 3:  # one card and the processor, or less
        return spec.limits.processes or 1
    decided = device.decide(spec, shapes.shape_of(spec.base), amounts.of_run(context).longest, here)
    return launch.processes(decided, here)


def taught(context: Context, group: several.Group) -> Summary:
    """The part of one process."""
    setup = ready(found.applied(context), group)
    outcome, task = smaller.run(context, setup.task())
    result = outcome.result(task.hyper, setup.gathering.counts, setup.gathering.warnings)
    if group.first:
        write_json(context.stage("train") / "result.json", msgspec.structs.replace(result, device=setup.place))
    return _summary(result)


def ready(context: Context, group: several.Group, stage: str = "train") -> Setup:
    """The checked base in torch, for a stage that trains."""
    torch.manual_seed(context.spec.seed)
    torch.set_num_threads(context.threads)
    if group.first and not (context.stage("base") / "report.json").exists():
        _check(context)
    group.say(None)  # the others wait for the base
    shared_prefix.register()
    return Setup(context, group, stage)


def _summary(result: TrainResult) -> Summary:
    return {
        "steps": result.steps,
        "best_step": result.best_step,
        "stopped": result.stopped,
        "tokens_per_s": round(result.tokens_per_s, 1),
    }


class Setup:
    """The base in torch with its adapter, the data, and the objective of the recipe."""

    def __init__(self, context: Context, group: several.Group, stage: str) -> None:
        self._context, self.spec, self._group, self._stage = context, context.spec, group, stage
        self._report = read_json(context.stage("base") / "report.json", BaseReport)
        self._base, self._words = base_of(context), context.run / "words" / "result.json"
        source = base.ensure_folder(self._base, context.cache)
        here = device.devices(self.spec.limits)
        longest = amounts.of_run(context).longest
        decided = group.say(device.decide(self.spec, shapes.shape_of(self.spec.base), longest, here))
        self.device = device.torch_device(decided.device, here) if group.size == 1 else group.device(decided.device)
        self.place = decided.device.name if group.size == 1 else f"{group.size} × {decided.device.name}"
        self._chosen = device.with_teaching(self.spec.hyper, decided, longest)
        context.progress(stage, 0, 1, note=f"Loading the model for {decided.device.name}")
        self._tokenizer = base.load_tokenizer(source)
        dtype, four_bit = base.DTYPES[decided.precision], decided.precision == "nf4"
        self.model = base.load_model(source, dtype, str(self.device), four_bit)
        fused.use(self.model, self.device)
        asked = Remembered(self.model, self._tokenizer, self._remembers(decided.precision))
        self.gathering = Gathering(context, self._tokenizer, asked, self._report.context, stage)

    def _remembers(self, precision: str) -> Path | None:
        """Where the answers of this base are kept; one with new words is of this run alone."""
        if self.spec.grows:
            return None
        return self._context.cache / f"answers-{self._report.sha256[:16]}-{precision}-{self.device.type}.jsonl"

    def tells(self, note: str, unit: str) -> Callable[[int, int], None]:
        """For work before the first step: says how far it is, and stands still where the person pauses."""

        def progress(done: int, total: int) -> None:
            self._context.progress(self._stage, done, total, unit, note)
            self._context.heed_pause(self._stage)

        return progress

    def task(self) -> Task:
        """Everything that the loop needs."""
        gathered = self.gathering.gather()
        hyper = self._hyper(gathered)
        self.layers = layers = lora.add_lora(self.model, hyper.rank, hyper.alpha or hyper.rank, self.spec.seed)
        if shares_prefix(self.model):
            self.model.set_attn_implementation(shared_prefix.NAME)
        if hyper.checkpointing:
            smaller.enable_checkpointing(self.model)
        lora.set_enabled(layers, False)
        samples = self._samples(gathered.shown[:SAMPLES], layers)
        objective = OBJECTIVES[self.spec.training.objective](self, gathered, hyper)
        lora.set_enabled(layers, True)
        self._group.split(self.model, lora.parameters(layers))
        return Task(
            model=self.model,
            weights=self._weights(layers),
            batches=lambda units, tokens: in_batches(self.model, units, self.device, tokens),
            objective=objective,
            train=gathered.train,
            validation=gathered.validation,
            hyper=hyper,
            samples=samples,
            device=self.device,
            along=self.gathering.read_along(gathered.train),
            group=self._group,
        )

    def _weights(self, layers: dict[str, lora.LoraLinear]) -> lora.Adapter:
        if not self.spec.grows:
            return lora.Adapter(layers, self._base.path)
        new = read_json(self._words, WordsResult).tokens
        return rows.GrownAdapter(layers, self._base.path, self.model, new)

    def _hyper(self, gathered: Gathered) -> Hyper:
        lengths = [sum(len(example.ids) for example in unit) for unit in gathered.train]
        return choose.choose(
            self._chosen,
            self.spec.training,
            sum(lengths) / len(lengths),
            max(len(example.ids) for unit in gathered.train for example in unit),
            self._report.context,
            self._report.parameters,
        )

    def _samples(self, examples: Sequence[Example], layers: dict[str, lora.LoraLinear]) -> Samples:
        """While the adapter is off: the model's answers before it learns are asked for here."""
        shown = [(e.question, e.answer, encode_prompt(self._tokenizer, selection.until_answer(e))) for e in examples]

        def untaught(prompts: Sequence[Prompt]) -> list[str]:
            lora.set_enabled(layers, False)
            try:
                return self._ask(prompts)
            finally:
                lora.set_enabled(layers, True)

        return Samples(
            self._context,
            shown,
            self._group.say(self._context.sample().question),
            lambda question: chat_prompt(self._context, self._tokenizer, question),
            self._ask,
            None if self.spec.grows else untaught,  # rows of new words learn, too
        )

    def _ask(self, prompts: Sequence[Prompt]) -> list[str]:
        return ended(answer(self.model, self._tokenizer, prompts, SAMPLE_TOKENS))


def _likelihood(setup: Setup, gathered: Gathered, _hyper: Hyper) -> Objective:
    """Learned tokens likely; of what the base answered itself, all that it held for likely is kept."""
    own = list({unit[0].id: unit for unit in gathered.train if unit[0].id.startswith(replay.OWN)}.values())
    note = "Noting what the model knows"
    known = teacher_targets(setup.model, own, setup.device, setup.tells(note, "answers")) if own else {}
    return Likelihood(known, setup.spec.replay.weight)


def _preference(setup: Setup, gathered: Gathered, hyper: Hyper) -> Objective:
    units = [*gathered.train, *gathered.validation]
    tells = setup.tells("Reading the pairs before training", "pairs")
    return PreferenceObjective(reference_losses(setup.model, units, setup.device, tells), hyper.beta)


OBJECTIVES: dict[Aim, Callable[[Setup, Gathered, Hyper], Any]] = {
    "likelihood": _likelihood,
    "preference": _preference,
}
"""What a recipe trains towards; made while the adapter is off, since the base is what it is held against."""
