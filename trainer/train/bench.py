"""`python -m trainer bench train`: this trainer beside a plain TRL SFTTrainer, each in a process of its own.

Same model, adapter (PEFT, r = 16 on all linear layers), precision, examples (sequence 512) and batch. Reported are
trained tokens a second, counted alike (every token of the examples, padding not), and the process's highest memory.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from app.types import Message
from trainer.spec import BaseModel

if TYPE_CHECKING:
    from trl import SFTConfig

SEQUENCE = 512
PER_STEP = 4
SPEED_TARGET = 2.0
MEMORY_TARGET = 0.6


class Figure(Struct, frozen=True):
    """One line of a benchmark, beside its reference of the same run."""

    figure: str
    value: float
    unit: str
    reference: float
    ratio: float
    target: str
    ok: bool


class Measured(Struct, frozen=True):
    """What one side says."""

    tokens_per_s: float
    peak_bytes: int
    loss: float


def conversations(count: int, words: int, seed: int = 7) -> list[tuple[Message, Message]]:
    """Question and answer pairs of mixed lengths that fill a sequence of 512 at most; the answer is a third of it."""
    chance = random.Random(seed)
    vocabulary = ("the", "river", "house", "letter", "market", "winter", "garden", "engine", "paper", "morning")

    def text(size: int) -> str:
        return " ".join(chance.choice(vocabulary) for _ in range(size))

    pairs = []
    for _ in range(count):
        size = chance.randint(words // 4, words)
        pairs.append((Message("user", text(size * 2 // 3)), Message("assistant", text(size // 3))))
    return pairs


def measure(side: str, folder: Path, steps: int, on_card: bool = False) -> Measured:
    """Train a few steps in this process and say how fast it went; on a card with weights of 4 bits."""
    sides: dict[str, Callable[[Path, int, bool], Measured]] = {"ours": _ours, "trl": _trl}
    return sides[side](folder, steps, on_card)


def _peak(on_card: bool) -> int:
    import torch

    from trainer.train.memory import process_peak

    return int(torch.cuda.max_memory_allocated()) if on_card else process_peak()


def _ours(folder: Path, steps: int, on_card: bool) -> Measured:
    import torch

    from trainer.spec import Hyper
    from trainer.train import base, fused, lora, shared_prefix
    from trainer.train.chat import encode_chat
    from trainer.train.optimizer import adamw

    shared_prefix.register()
    device = torch.device("cuda" if on_card else "cpu")
    model, tokenizer = base.load_model(folder, torch.bfloat16, str(device), on_card), base.load_tokenizer(folder)
    fused.use(model, device)
    parameters = lora.parameters(lora.add_lora(model, 16, 32.0, 1))
    model.set_attn_implementation(shared_prefix.NAME)
    model.train()
    optimizer = adamw(parameters, Hyper(precision="nf4" if on_card else "bf16"))
    for group in optimizer.param_groups:
        group["lr"] = 1e-4
    coded = [encode_chat(tokenizer, "", pair) for pair in conversations(PER_STEP * (steps + 1), SEQUENCE - 60)]
    tokens, started, value = 0, 0.0, 0.0
    for number in range(steps + 1):
        if number == 1:  # the first step warms up
            started = time.perf_counter()
            tokens = 0
        units = [(e,) for e in coded[number * PER_STEP : (number + 1) * PER_STEP]]
        read, value = step(model, optimizer, parameters, units, device)
        tokens += read
    return Measured(tokens / (time.perf_counter() - started), _peak(on_card), value)


def step(model: Any, optimizer: Any, parameters: list[Any], units: list[Any], device: Any) -> tuple[int, float]:
    """A step of training as the loop takes it; → tokens and loss."""
    import torch

    from trainer.train.objective import Likelihood, in_batches

    objective, tokens, value = Likelihood(), 0, 0.0
    weight = objective.weight(units)
    for batch, examples in in_batches(model, units, device):
        part = objective.total(model, batch, examples) / weight
        part.backward()
        value += float(part.detach())
        tokens += batch.tokens
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return tokens, value


def _trl(folder: Path, steps: int, on_card: bool) -> Measured:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTTrainer

    from trainer.train import base

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Takes the time from the end of the first step."""

        started = ended = 0.0

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.ended = time.perf_counter()
            self.started = self.started or self.ended

    pairs = conversations(PER_STEP * (steps + 1), SEQUENCE - 60)
    rows = [{"messages": [{"role": turn.role, "content": turn.content} for turn in pair]} for pair in pairs]
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        trainer = SFTTrainer(
            model=base.load_model(folder, torch.bfloat16, "cuda" if on_card else "cpu", on_card),
            args=_trl_settings(out, steps, on_card),
            train_dataset=Dataset.from_list(rows),
            processing_class=base.load_tokenizer(folder),
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
            callbacks=[clock],
        )
        trainer.train()
    logged = [entry for entry in trainer.state.log_history if "num_tokens" in entry and "loss" in entry]
    tokens = float(logged[-1]["num_tokens"]) - float(logged[0]["num_tokens"])
    return Measured(tokens / (clock.ended - clock.started), _peak(on_card), float(logged[-1]["loss"]))


def _trl_settings(out: str, steps: int, on_card: bool) -> SFTConfig:
    """What is as `_ours` has it; the rest as TRL has it by itself."""
    from trl import SFTConfig

    return SFTConfig(
        output_dir=out,
        max_length=SEQUENCE,
        per_device_train_batch_size=PER_STEP,
        max_steps=steps + 1,
        learning_rate=1e-4,
        bf16=True,
        use_cpu=not on_card,
        gradient_checkpointing=False,  # the default gives speed away for memory
        save_strategy="no",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        model_init_kwargs=None,
    )


def compare(model: Path, steps: int = 6) -> list[Figure]:
    """Run both sides, each in a fresh process, and hold them against each other."""
    from trainer.train import base

    with tempfile.TemporaryDirectory() as cache:
        folder = base.ensure_folder(BaseModel(path=str(model)), Path(cache))
        return beside(folder, steps, "sequence 512", (SPEED_TARGET, MEMORY_TARGET))


def beside(folder: Path, steps: int, what: str, targets: tuple[float, float], on_card: bool = False) -> list[Figure]:
    """Both sides on a Hugging Face folder. `targets`: speed at least, memory at most, as shares of plain TRL's."""
    found = {side: _in_process(side, folder, steps, on_card) for side in ("trl", "ours")}
    ours, trl, (fast, small) = found["ours"], found["trl"], targets
    speed, memory = ours.tokens_per_s / trl.tokens_per_s, ours.peak_bytes / trl.peak_bytes
    rates = round(ours.tokens_per_s, 1), round(trl.tokens_per_s, 1)
    return [
        Figure(
            f"trained tokens/s, {what}",
            rates[0],
            "tokens/s",
            rates[1],
            round(speed, 3),
            f"≥ {fast}",
            speed >= fast,
        ),
        Figure(
            f"peak memory of training, {what}",
            ours.peak_bytes,
            "bytes",
            trl.peak_bytes,
            round(memory, 3),
            f"≤ {small}",
            memory <= small,
        ),
    ]


def _in_process(side: str, folder: Path, steps: int, on_card: bool) -> Measured:
    command = [sys.executable, "-m", "trainer.train.bench", side, str(folder), "--steps", str(steps)]
    done = subprocess.run([*command, *(["--card"] if on_card else [])], check=True, capture_output=True)
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Measured)


def main(arguments: list[str] | None = None) -> int:
    """`bench train MODEL.gguf` for both; `bench ours|trl FOLDER` is one side, for the other."""
    parser = argparse.ArgumentParser(prog="trainer bench", description=__doc__)
    parser.add_argument("what", choices=("train", "ours", "trl"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--card", action="store_true", help="on a CUDA card, with weights of 4 bits")
    parser.add_argument("--json", action="store_true", help="JSON lines, which it prints anyway")
    chosen = parser.parse_args(arguments)
    if chosen.what == "train":
        figures = compare(chosen.path, chosen.steps)
        for figure in figures:
            sys.stdout.write(msgspec.json.encode(figure).decode() + "\n")
        return 0
    found = measure(chosen.what, chosen.path, chosen.steps, chosen.card)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
