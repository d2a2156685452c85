"""`python -m trainer bench memory`: the plan's memory beside what training really took, for models of random weights.

Each shape is written and trained two steps in processes of their own, by the parts that a run trains with. On the
processor the peak is the process's resident one, on a card what torch held at most (`--device cuda`); both without
what a process takes before it has a model (in the plan `PROCESS_BYTES`), which would hide errors of small models.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils.logging import disable_progress_bar

from app.llama.memory import LEAST_BATCH, PROCESS_BYTES, RANK, live_bytes, training_bytes
from app.llama.teaching import Precision
from trainer.errors import TrainerError
from trainer.train import base, lora, shared_prefix, smaller
from trainer.train.bench import Figure, step
from trainer.train.chat import Encoded
from trainer.train.loss import shares_prefix
from trainer.train.memory import process_peak
from trainer.train.shapes import shape_of_config

WITHIN = 0.1
"""How far the plan may be from the measured peak."""
STEPS = 2
"""Each of one batch: the first leaves the optimizer's moments behind."""


@dataclass(frozen=True)
class Case:
    """A model of random weights, and how it is trained."""

    name: str
    kind: str
    hidden: int
    wide: int
    layers: int
    heads: int
    keys: int
    vocabulary: int
    longest: int
    """Tokens of an example."""
    precision: Precision = "bf16"
    checkpointing: bool = False
    tied: bool = True
    """Whether the head is the table of words."""

    def config(self) -> Any:
        """As transformers knows it."""
        return AutoConfig.for_model(
            self.kind,
            hidden_size=self.hidden,
            intermediate_size=self.wide,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.keys,
            head_dim=self.hidden // self.heads,
            vocab_size=self.vocabulary,
            max_position_embeddings=max(2048, self.longest),
            tie_word_embeddings=self.tied,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )

    def planned(self, device: str = "cpu") -> int:
        """Bytes by the plan, without those of a process without a model; on a card those that torch counts itself."""
        shape = shape_of_config(self.config())
        if device == "cuda":
            return live_bytes(shape, self.precision, self.longest, checkpointing=self.checkpointing)
        return training_bytes(shape, self.precision, self.longest, checkpointing=self.checkpointing) - PROCESS_BYTES


FIT = (
    Case("starter, 512 tokens", "llama", 576, 1536, 30, 9, 3, 49152, 512),
    Case("starter, float32", "llama", 576, 1536, 30, 9, 3, 49152, 512, "fp32"),
    Case("wide and shallow, activations twice", "llama", 1024, 2816, 6, 16, 4, 32000, 1024, "bf16", True),
    Case("wide and shallow, 4 bits", "llama", 1024, 2816, 6, 16, 4, 32000, 512, "nf4"),
    Case("Qwen2's form, 1,024 tokens", "qwen2", 640, 3456, 10, 10, 2, 100000, 1024),
    Case("Qwen3's form, 2,048 tokens, activations twice", "qwen3", 512, 1536, 16, 8, 4, 64000, 2048, "bf16", True),
    Case("deep and narrow, float32, 700 tokens", "llama", 384, 1024, 32, 6, 2, 32000, 700, "fp32"),
    Case("Mistral's form, 4 bits, activations twice", "mistral", 896, 2560, 8, 14, 2, 48000, 1024, "nf4", True),
    Case("Phi-3's form, logits of all tokens", "phi3", 512, 1408, 12, 8, 8, 32064, 768),
)
"""Shapes that the sums of app.llama.memory were made with: traced, and their constants measured."""
REPORT = (
    Case("8,000 words, own head, a key a query, 256 tokens", "llama", 768, 2048, 12, 12, 12, 8192, 256, tied=False),
    Case("Qwen2's form, 152,000 words, 384 tokens", "qwen2", 512, 2048, 14, 8, 2, 151936, 384),
    Case("float32, own head, 1,500 tokens", "llama", 512, 1408, 10, 8, 4, 32000, 1500, "fp32", tied=False),
    Case("Qwen3's form, 4 bits, own head", "qwen3", 768, 2304, 10, 12, 4, 100352, 1024, "nf4", tied=False),
    Case("Mistral's form, 1,536 tokens, activations twice", "mistral", 640, 1792, 20, 10, 5, 48000, 1536, "bf16", True),
    Case("float32, activations twice, 600 tokens", "llama", 448, 1216, 24, 7, 7, 16000, 600, "fp32", True, tied=False),
    Case("Phi-3's form, 2,048 tokens", "phi3", 448, 1280, 10, 7, 7, 20000, 2048),
)
"""Shapes that had no part in them: what is reported."""
CASES = {case.name: case for case in (*FIT, *REPORT)}


def write(case: Case, folder: Path, vocabulary: int = 0) -> None:
    """The model in 16 bits, as a Hugging Face folder; `vocabulary` is a tokenizer's, in place of the case's own."""
    torch.manual_seed(1)
    disable_progress_bar()
    case = replace(case, vocabulary=vocabulary or case.vocabulary)
    model = AutoModelForCausalLM.from_config(case.config(), dtype=torch.bfloat16)
    model.save_pretrained(folder)


def one_step(case: Case, model: Any, device: torch.device) -> Callable[[], object]:
    """Put an adapter on a model as the case has it trained; → what takes one step of its fullest batch."""
    parameters = lora.parameters(lora.add_lora(model, RANK, 32.0, 1))
    if shares_prefix(model):
        model.set_attn_implementation(shared_prefix.NAME)
    if case.checkpointing:
        smaller.enable_checkpointing(model)
    model.train()
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)
    units = [(each,) for each in examples(case)]
    return lambda: step(model, optimizer, parameters, units, device)


def measure(case: Case, folder: Path, device: str) -> int:
    """Train a few steps in this process; → its highest memory in bytes, as the module says."""
    shared_prefix.register()
    before = process_peak()
    four_bit = case.precision == "nf4"
    model = base.load_model(folder, base.DTYPES[case.precision], device, four_bit)
    once = one_step(case, model, torch.device(device))
    for _ in range(STEPS):
        once()
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    return process_peak() - before


def examples(case: Case) -> list[Encoded]:
    """A batch as full as a training's fullest: examples of random words, a third of each its answer."""
    chance = random.Random(1)
    count = -(-LEAST_BATCH // case.longest)
    length = max(LEAST_BATCH, case.longest) // count
    learned = tuple(at >= length * 2 // 3 for at in range(length))
    words = range(3, case.vocabulary)
    return [Encoded(f"e{n}", tuple(chance.choices(words, k=length)), learned) for n in range(count)]


def compare(case: Case, device: str = "cpu") -> Figure:
    """Write and train it in processes of their own, and hold the plan against the peak."""
    with tempfile.TemporaryDirectory() as folder:
        in_child(write, case, Path(folder))
        peak = int(in_child(measure, case, Path(folder), device))
    planned = case.planned(device)
    off = abs(planned / peak - 1)
    name, target = f"planned memory, {case.name}", f"within {WITHIN:.0%}"
    return Figure(name, planned, "bytes", peak, round(planned / peak, 3), target, off <= WITHIN)


def in_child(work: Callable[..., Any], *given: Any) -> Any:
    """What it returns, computed in a process whose memory is its own.

    Raises:
        TrainerError: it ended without an answer, for want of memory most likely.
    """
    here: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    mine, theirs = here.Pipe(duplex=False)
    child = here.Process(target=_answer, args=(theirs, work, given))
    child.start()
    theirs.close()
    try:
        return mine.recv()
    except EOFError:
        hint = "Close other programs and measure again."
        raise TrainerError("A measurement ended without a result.", hint, f"{work.__name__}: {given[0].name}") from None
    finally:
        child.join()


def _answer(answers: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    answers.send(work(*given))


def main(arguments: list[str] | None = None) -> int:
    """`bench memory` for the shapes that are reported, `--fit` for the others."""
    parser = argparse.ArgumentParser(prog="trainer bench memory", description=__doc__)
    parser.add_argument("what", choices=("memory",))
    parser.add_argument("--case", default="", choices=("", *CASES), help="one shape, by its name")
    parser.add_argument("--fit", action="store_true", help="the shapes that the plan's sums were made with")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", action="store_true", help="JSON lines, which it prints anyway")
    chosen = parser.parse_args(arguments)
    for case in [CASES[chosen.case]] if chosen.case else FIT if chosen.fit else REPORT:
        sys.stdout.write(msgspec.json.encode(compare(case, chosen.device)).decode() + "\n")
        sys.stdout.flush()
    return 0
