"""The stages that make a model: it reads, it learns to answer, and it becomes a file that is held against it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers.utils.logging import disable_progress_bar

from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.publish import release
from trainer.scratch import corpus, model_file, network
from trainer.spec import BaseModel, Control, Example, Hyper, write_json
from trainer.train import base, choose, device, selection
from trainer.train.answer import answer
from trainer.train.chat import encode_prompt
from trainer.train.gather import Gathering
from trainer.train.loop import Outcome, Task, Training
from trainer.train.objective import Unit, in_batches
from trainer.train.samples import Prompt, Samples, chat_prompt, ended

SAMPLES, BEGUN, CONTINUED = 3, 8, 24
"""Samples, the words that a text is begun with, and the tokens that the model goes on with."""
ANSWERED = 40
KEPT = "adapter"
"""Folder of the best weights in a training's stage, as the loop calls it."""


def pretrain(context: Context) -> Summary:
    """Read the corpus from weights by chance, and keep what foretells the watched text best."""
    setup = _Setup(context)
    reading = corpus.read(context, setup.tokenizer)
    setup.load(None)
    hyper = network.reading_hyper(context.spec.hyper, context.spec.scratch, setup.parameters, setup.precision)
    begun = [_begun(text) for text in reading.shown if len(text.split()) > 2 * BEGUN][:SAMPLES]
    outcome = setup.training("pretrain", reading.learned, reading.watched, hyper, setup.continued(begun))
    counts = {"pieces": len(reading.learned), "watched": len(reading.watched)}
    setup.write("pretrain", outcome, hyper, counts, [])
    if outcome.stopped == "user":  # the reading alone is ended: what it learned is still taught to answer
        write_json(context.run / "control.json", Control())
    return {"steps": outcome.position.step, "parameters": setup.parameters, "stopped": outcome.stopped}


def train(context: Context) -> Summary:
    """Teach the model that has read to answer in conversations, and keep the best."""
    setup = _Setup(context)
    shutil.rmtree(context.stage("pretrain") / "checkpoints", ignore_errors=True)  # it has ended: nothing goes on there
    gathering = Gathering(context, setup.tokenizer, None, context.spec.scratch.context)
    taught, watched = corpus.conversations(context)
    if not (rows := [*taught, *corpus.general(context)]):
        hint = "Approve some questions, or install a model that writes general answers."
        raise TrainerError("There is no conversation to learn from.", hint, code="no-examples")
    units = gathering.encode(rows, "train")
    held = gathering.encode(watched, "validation") if watched else []
    setup.load(context.stage("pretrain") / KEPT)
    lengths = [len(unit[0].ids) for unit in units]
    chosen = choose.choose(
        msgspec.structs.replace(context.spec.hyper, precision=setup.precision),
        context.spec.training,
        sum(lengths) / len(lengths),
        max(lengths),
        context.spec.scratch.context,
        setup.parameters,
    )
    shown = (watched or taught)[:SAMPLES]
    outcome = setup.training("train", units, held, chosen, setup.answered(shown))
    setup.write("train", outcome, chosen, gathering.counts, gathering.warnings)
    return {"steps": outcome.position.step, "best_step": outcome.position.best_step, "stopped": outcome.stopped}


def export(context: Context) -> Summary:
    """Write the model as GGUF, check that llama.cpp splits text and foretells it as torch does, and quantize it."""
    folder = context.stage("train") / KEPT
    out = context.stage("export")
    checked = out / "checked.gguf"
    model_file.write(folder, checked, context.spec.name or context.spec.id)
    made = BaseModel(path=str(folder), name=context.spec.name or context.spec.id, gguf=str(checked))
    report = base.check(made, folder, context.threads)
    write_json(context.stage("base") / "report.json", report)
    return release.write_files(context, checked.replace, report.parameters)


def gate(context: Context) -> Summary:
    """Hold every file against the trained model; there is no base whose losses could excuse one."""
    return release.gate_files(context, context.stage("train") / KEPT, None, None)


def _begun(text: str) -> tuple[str, str]:
    """The first words of a text, and what follows them."""
    words = text.split()
    return " ".join(words[:BEGUN]), " ".join(words[BEGUN : 3 * BEGUN])


class _Setup:
    """Device, precision, words and model of one of the two trainings."""

    def __init__(self, context: Context) -> None:
        torch.manual_seed(context.spec.seed)
        torch.set_num_threads(context.threads)
        disable_progress_bar()
        self._context = context
        here = device.devices(context.spec.limits)
        self.device, self.place = device.torch_device(here[0], here), here[0].name
        given = context.spec.hyper.precision
        fastest = "bf16" if self.device.type == "cuda" else choose.exact_precisions()[0]
        self.precision = fastest if given in ("auto", "nf4") else given
        self.tokenizer = base.load_tokenizer(context.stage("corpus") / corpus.TOKENIZER)
        self.model: Any = None

    def load(self, folder: Path | None) -> None:
        """The model of a folder; new weights without one."""
        if folder is None:
            ids = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
            config = network.config_of(self._context.spec.scratch, len(self.tokenizer), *ids)
            model = network.new_model(config, self._context.spec.seed)
        else:
            model = base.load_model(folder, torch.float32)
        self.model = network.ready(model, self.device)

    @property
    def parameters(self) -> int:
        """Weights, the table of words counted once."""
        return sum(part.numel() for part in self.model.parameters())

    def training(
        self, stage: str, learned: Sequence[Unit], watched: Sequence[Unit], hyper: Hyper, samples: Samples
    ) -> Outcome:
        """Train in the house's loop, which goes on where it was killed."""
        task = Task(
            model=self.model,
            weights=network.WholeModel(self.model, self.tokenizer),
            batches=lambda units, tokens: in_batches(self.model, units, self.device, tokens),
            objective=network.EveryToken(self.device, self.precision),
            train=learned,
            validation=watched,
            hyper=hyper,
            samples=samples,
            device=self.device,
        )
        return Training(self._context, task, self._context.stage(stage)).run()

    def write(
        self, stage: str, outcome: Outcome, hyper: Hyper, counts: dict[str, int], warnings: Sequence[str]
    ) -> None:
        """The stage's result."""
        result = outcome.result(hyper, counts, warnings)
        result = msgspec.structs.replace(result, adapter=f"{stage}/{KEPT}", device=self.place)
        write_json(self._context.stage(stage) / "result.json", result)

    def continued(self, begun: Sequence[tuple[str, str]]) -> Samples:
        """How the model goes on with the beginnings of texts."""
        return self._asked([(start, rest, self._ids(start)) for start, rest in begun], self._ids, CONTINUED)

    def answered(self, examples: Sequence[Example]) -> Samples:
        """How the model answers these questions."""
        shown = [(e.question, e.answer, encode_prompt(self.tokenizer, selection.until_answer(e))) for e in examples]
        return self._asked(shown, lambda question: chat_prompt(self._context, self.tokenizer, question), ANSWERED)

    def _ids(self, text: str) -> Prompt:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _asked(self, shown: Sequence[tuple[str, str, Prompt]], prompt: Callable[[str], Prompt], limit: int) -> Samples:
        room = self._context.spec.scratch.context
        limit = min(limit, room // 2)

        def say(prompts: Sequence[Prompt]) -> list[str]:
            return ended(answer(self.model, self.tokenizer, [each[: room - limit] for each in prompts], limit))

        return Samples(self._context, shown, self._context.sample().question, prompt, say)
