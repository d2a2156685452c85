"""`python -m trainer bench card MODEL.gguf`: what a CUDA card trains, on a model of 1.1 billion random weights.

Tokens a second and memory beside plain TRL + PEFT + bitsandbytes (NF4, both without gradient checkpointing), then the
plan's memory beside the measured one for the shapes of `bench memory`. The tokenizer is that of MODEL.gguf.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import torch

from app.packages import is_installed
from trainer.spec import BaseModel
from trainer.train import base, memory_bench
from trainer.train.bench import Figure, beside

ONE_BILLION = memory_bench.Case("1.1B", "llama", 2048, 5632, 22, 32, 4, 49152, 512, "nf4")
"""TinyLlama's shape with the starter's words."""
TARGETS = 1.5, 0.7
"""Tokens a second at least, and memory at most, as shares of plain TRL's."""
STEPS = 12


def write(case: memory_bench.Case, model: Path, folder: Path) -> None:
    """The shape as a folder with random weights and the tokenizer of a model."""
    with tempfile.TemporaryDirectory() as cache:
        tokenizer = base.load_tokenizer(base.ensure_folder(BaseModel(path=str(model)), Path(cache)))
    memory_bench.write(case, folder, len(tokenizer))
    tokenizer.save_pretrained(folder)


def figures(model: Path, on_card: bool = True, case: memory_bench.Case = ONE_BILLION) -> Iterator[Figure]:
    """One after the other, as they are measured."""
    with tempfile.TemporaryDirectory() as folder:
        memory_bench.in_child(write, case, model, Path(folder))
        what = f"{case.name} in 4 bits" + (", liger-kernel" if is_installed("liger_kernel") else "")
        yield from beside(Path(folder), STEPS, what, TARGETS, on_card)
    for each in memory_bench.REPORT:
        yield memory_bench.compare(each, "cuda" if on_card else "cpu")


def main(arguments: list[str] | None = None) -> int:
    """Each figure as a JSON line; 2 where there is no card."""
    parser = argparse.ArgumentParser(prog="trainer bench card", description=__doc__)
    parser.add_argument("what", choices=("card",))
    parser.add_argument("model", type=Path)
    parser.add_argument("--json", action="store_true", help="JSON lines, which it prints anyway")
    chosen = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        sys.stderr.write(
            "PyTorch sees no CUDA card here (its build for the processor sees none). Nothing was measured.\n"
        )
        return 2
    for figure in figures(chosen.model):
        sys.stdout.write(msgspec.json.encode(figure).decode() + "\n")
        sys.stdout.flush()
    return 0
