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

from app.llama.memory import LEAST_BATCH, PROCESS_BYTES, training_bytes
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
            tie_word_embeddings=True,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )

    def planned(self) -> int:
        """Bytes by the plan, without those of a process without a model."""
        shape = shape_of_config(self.config())
        return training_bytes(shape, self.precision, self.longest, checkpointing=self.checkpointing) - PROCESS_BYTES


FITTED = (
    Case("starter, 512 tokens", "llama", 576, 1536, 30, 9, 3, 49152, 512),
    Case("starter, float32", "llama", 576, 1536, 30, 9, 3, 49152, 512, "fp32"),
    Case("wide and shallow, activations twice", "llama", 1024, 2816, 6, 16, 4, 32000, 1024, "bf16", True),
    Case("wide and shallow, 4 bits", "llama", 1024, 2816, 6, 16, 4, 32000, 512, "nf4"),
)
"""Shapes that the sums of app.llama.memory were fitted on."""
JUDGED = (
    Case("Qwen2's form, 1,024 tokens", "qwen2", 640, 3456, 10, 10, 2, 100000, 1024),
    Case("Qwen3's form, 2,048 tokens, activations twice", "qwen3", 512, 1536, 16, 8, 4, 64000, 2048, "bf16", True),
    Case("deep and narrow, float32, 700 tokens", "llama", 384, 1024, 32, 6, 2, 32000, 700, "fp32"),
    Case("Mistral's form, 4 bits, activations twice", "mistral", 896, 2560, 8, 14, 2, 48000, 1024, "nf4", True),
    Case("Phi-3's form, logits of all tokens", "phi3", 512, 1408, 12, 8, 8, 32064, 768),
)
"""Shapes that nothing was fitted on: what is reported."""
CASES = {case.name: case for case in (*FITTED, *JUDGED)}


def write(case: Case, folder: Path, vocabulary: int = 0) -> None:
    """The model in 16 bits, as a Hugging Face folder; `vocabulary` is a tokenizer's, in place of the case's own."""
    torch.manual_seed(1)
    disable_progress_bar()
    case = replace(case, vocabulary=vocabulary or case.vocabulary)
    model = AutoModelForCausalLM.from_config(case.config(), dtype=torch.bfloat16)
    model.save_pretrained(folder)


def measure(case: Case, folder: Path, device: str) -> int:
    """Train a few steps in this process; → its highest memory in bytes, as the module says."""
    shared_prefix.register()
    before = process_peak()
    four_bit = case.precision == "nf4"
    model = base.load_model(folder, base.DTYPES[case.precision], device, four_bit)
    parameters = lora.parameters(lora.add_lora(model, 16, 32.0, 1))
    if shares_prefix(model):
        model.set_attn_implementation(shared_prefix.NAME)
    if case.checkpointing:
        smaller.enable_checkpointing(model)
    model.train()
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)
    chance = random.Random(1)
    count = max(1, LEAST_BATCH // case.longest)
    for _ in range(STEPS):
        step(model, optimizer, parameters, [(_made(case, chance),) for _ in range(count)], torch.device(device))
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    return process_peak() - before


def _made(case: Case, chance: random.Random) -> Encoded:
    """An example of random words, a third of which is the answer."""
    ids = tuple(chance.randrange(3, case.vocabulary) for _ in range(case.longest))
    return Encoded("e", ids, tuple(at >= case.longest * 2 // 3 for at in range(case.longest)))


def compare(case: Case, device: str = "cpu") -> Figure:
    """Write and train it in processes of their own, and hold the plan against the peak."""
    with tempfile.TemporaryDirectory() as folder:
        in_child(write, case, Path(folder))
        peak = int(in_child(measure, case, Path(folder), device))
    planned = case.planned()
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
    """`bench memory` for the shapes that are judged, `--fitted` for the others."""
    parser = argparse.ArgumentParser(prog="trainer bench memory", description=__doc__)
    parser.add_argument("what", choices=("memory",))
    parser.add_argument("--case", default="", choices=("", *CASES), help="one shape, by its name")
    parser.add_argument("--fitted", action="store_true", help="the shapes that the plan was fitted on")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", action="store_true", help="JSON lines, which it prints anyway")
    chosen = parser.parse_args(arguments)
    for case in [CASES[chosen.case]] if chosen.case else FITTED if chosen.fitted else JUDGED:
        sys.stdout.write(msgspec.json.encode(compare(case, chosen.device)).decode() + "\n")
        sys.stdout.flush()
    return 0
