"""`python -m trainer bench prefer MODEL.gguf PAIRS.jsonl`: our DPO beside TRL's DPOTrainer, each in its own process.

Same model, adapter (r = 16 on all linear layers), precision, pairs, steps, rate and its course, beta. Reported are the
accuracy on the pairs that are marked as held out (by both measures of `trainer.evaluate.preferring`), trained tokens a
second of processor time (both sequences of a pair, padding not counted; the reference's pass costs time too), and the
highest memory. One thread each, so that a busy machine changes the wall clock and not the figure.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from app.llama.rules import rules
from app.types import Message
from trainer.spec import HELD_OUT, BaseModel, Preference, read_lines

if TYPE_CHECKING:
    from trl import DPOConfig

    from trainer.train.chat import Encoded

PER_STEP = 4
"""Pairs a step."""
RATE, BETA, RANK = 2e-4, 0.1, 16
SEED = 17


class Measured(Struct, frozen=True):
    """What one side says. Accuracies are shares of the held-out pairs: relative to the base, and plain (a token for a
    token)."""

    side: str
    relative: float
    plain: float
    plain_before: float
    pairs: int
    steps: int
    tokens_per_cpu_s: float
    seconds: float
    peak_bytes: int


def measure(side: str, folder: Path, pairs: Path, epochs: int) -> Measured:
    """Train in this process, then examine."""
    import torch

    from trainer.train import base
    from trainer.train.memory import process_peak

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rows = list(read_lines(pairs, Preference))
    learned, held = [p for p in rows if p.split == "train"], [p for p in rows if p.split == HELD_OUT]
    tokenizer = base.load_tokenizer(folder)
    before, started = time.process_time(), time.monotonic()
    sides: dict[str, Callable[[Path, Any, Sequence[Preference], int], tuple[Any, Any]]] = {"ours": _ours, "trl": _trl}
    model, without = sides[side](folder, tokenizer, learned, epochs)
    took, seconds, peak = time.process_time() - before, time.monotonic() - started, process_peak()
    tokens = epochs * sum(len(e.ids) for pair in learned for e in encoded(tokenizer, pair))
    tuned = [scored(model, tokenizer, pair) for pair in held]
    with without():
        plain = [scored(model, tokenizer, pair) for pair in held]
    lifted = [(new[0][0] - old[0][0]) - (new[1][0] - old[1][0]) > 0 for new, old in zip(tuned, plain, strict=True)]
    return Measured(
        side=side,
        relative=_share(lifted),
        plain=_share([better[1] > worse[1] for better, worse in tuned]),
        plain_before=_share([better[1] > worse[1] for better, worse in plain]),
        pairs=len(held),
        steps=epochs * -(-len(learned) // PER_STEP),
        tokens_per_cpu_s=round(tokens / took, 1),
        seconds=round(seconds, 1),
        peak_bytes=peak,
    )


def _share(marks: Sequence[bool]) -> float:
    return round(sum(marks) / max(1, len(marks)), 3)


def encoded(tokenizer: Any, pair: Preference) -> tuple[Encoded, Encoded]:
    """Both sequences of a pair, as the recipe encodes them."""
    from trainer.train.chat import encode_chat

    asked = (Message("system", rules(grounded=False)), *pair.messages)
    better, worse = Message("assistant", pair.chosen), Message("assistant", pair.rejected)
    return (
        encode_chat(tokenizer, f"{pair.id}+", (*asked, better), last_only=True),
        encode_chat(tokenizer, f"{pair.id}-", (*asked, worse), last_only=True),
    )


def scored(model: Any, tokenizer: Any, pair: Preference) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of the better and the worse answer: (log-probability in nats, the same a token), by the model's plain forward."""
    import torch

    found = []
    for sequence in encoded(tokenizer, pair):
        ids = torch.tensor([sequence.ids])
        with torch.inference_mode():
            said = model(input_ids=ids, use_cache=False).logits[0, :-1].float().log_softmax(-1)
        each = said.gather(1, ids[0, 1:, None])[:, 0][torch.tensor(sequence.targets[1:])]
        found.append((float(each.sum()), float(each.mean())))
    return found[0], found[1]


def _ours(folder: Path, tokenizer: Any, pairs: Sequence[Preference], epochs: int) -> tuple[Any, Any]:
    import contextlib

    import torch

    from trainer.train import base, lora, shared_prefix
    from trainer.train.batches import plan_epoch
    from trainer.train.choose import learning_rate
    from trainer.train.objective import PreferenceObjective, in_batches, reference_losses

    shared_prefix.register()
    model = base.load_model(folder, torch.bfloat16)
    layers = lora.add_lora(model, RANK, 2.0 * RANK, SEED)
    model.set_attn_implementation(shared_prefix.NAME)
    here = torch.device("cpu")
    units = [encoded(tokenizer, pair) for pair in pairs]
    lora.set_enabled(layers, False)
    objective = PreferenceObjective(reference_losses(model, units, here), BETA)
    lora.set_enabled(layers, True)
    parameters = lora.parameters(layers)
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    lengths = [sum(len(e.ids) for e in unit) for unit in units]
    plans = [step for epoch in range(epochs) for step in plan_epoch(lengths, PER_STEP, epoch, SEED)]
    model.train()
    for number, chosen in enumerate(plans):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(number, len(plans), RATE, 0.05)
        step = [units[n] for n in chosen]
        for batch, examples in in_batches(model, step, here):
            (objective.total(model, batch, examples) / len(step)).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    model.set_attn_implementation("sdpa")
    model.eval()

    @contextlib.contextmanager
    def without() -> Any:
        lora.set_enabled(layers, False)
        yield
        lora.set_enabled(layers, True)

    return model, without


def _trl(folder: Path, tokenizer: Any, pairs: Sequence[Preference], epochs: int) -> tuple[Any, Any]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from trl import DPOTrainer

    from trainer.train import base

    system = {"role": "system", "content": rules(grounded=False)}
    rows = [
        {
            "prompt": [system, *({"role": turn.role, "content": turn.content} for turn in pair.messages)],
            "chosen": [{"role": "assistant", "content": pair.chosen}],
            "rejected": [{"role": "assistant", "content": pair.rejected}],
        }
        for pair in pairs
    ]
    with tempfile.TemporaryDirectory() as out:
        trainer = DPOTrainer(
            model=base.load_model(folder, torch.bfloat16),
            args=_trl_settings(out, epochs, epochs * -(-len(pairs) // PER_STEP)),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
        )
        trainer.train()
    model = trainer.model
    model.eval()
    return model, model.disable_adapter


def _trl_settings(out: str, epochs: int, steps: int) -> DPOConfig:
    """What is as `_ours` has it; the rest as TRL has it by itself."""
    from trl import DPOConfig

    return DPOConfig(
        output_dir=out,
        beta=BETA,
        per_device_train_batch_size=PER_STEP,
        num_train_epochs=epochs,
        learning_rate=RATE,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=max(1, round(steps * 0.05)),
        adam_beta2=0.99,
        weight_decay=0.0,
        bf16=True,
        use_cpu=True,
        gradient_checkpointing=False,  # the default gives speed away for memory
        save_strategy="no",
        logging_steps=10,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        seed=SEED,
    )


def main(arguments: list[str] | None = None) -> int:
    """`bench prefer MODEL.gguf PAIRS.jsonl` for both; `ours` or `trl` with the unpacked folder is one side."""
    parser = argparse.ArgumentParser(prog="trainer bench prefer", description=__doc__)
    parser.add_argument("what", choices=("prefer", "ours", "trl"))
    parser.add_argument("path", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    chosen = parser.parse_args(arguments)
    if chosen.what != "prefer":
        found = measure(chosen.what, chosen.path, chosen.pairs, chosen.epochs)
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return 0
    from trainer.train import base

    with tempfile.TemporaryDirectory() as cache:
        folder = base.ensure_folder(BaseModel(path=str(chosen.path)), Path(cache))
        for side in ("trl", "ours"):
            command = [sys.executable, "-m", "trainer.train.bench_preference", side, str(folder), str(chosen.pairs)]
            done = subprocess.run([*command, "--epochs", str(chosen.epochs)], check=True, capture_output=True)
            sys.stdout.write(done.stdout.splitlines()[-1].decode() + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
