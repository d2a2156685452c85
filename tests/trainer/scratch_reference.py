"""A plain PyTorch training of the same shape: transformers' own Llama, its attention, its loss, torch's own optimizer.

It shares with the product the text as token ids and the order of the steps, and nothing of how a step is computed.
`python tests/trainer/scratch_reference.py RUN` holds a whole run's curve against it.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

from trainer.context import Context
from trainer.scratch import corpus
from trainer.spec import RunSpec, TrainResult, read_json
from trainer.train import base
from trainer.train.batches import plan_epoch

PADDED = -100


def reference(
    context: Context, steps: int, at: Collection[int], *, short: bool = False
) -> tuple[dict[int, float], dict[int, float]]:
    """Train for `steps`, in float32 or with products in bfloat16; → (smoothed training loss, held-out loss) by step."""
    shape = context.spec.scratch
    result = read_json(context.run / "pretrain" / "result.json", TrainResult)
    hyper, planned = result.hyper, result.planned_steps
    tokenizer = base.load_tokenizer(context.run / "corpus" / "tokenizer")
    reading = corpus.read(context, tokenizer)
    torch.manual_seed(context.spec.seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=shape.hidden, intermediate_size=shape.wide,
            num_hidden_layers=shape.layers, num_attention_heads=shape.heads, max_position_embeddings=shape.context,
            rms_norm_eps=1e-5, tie_word_embeddings=True,
            # the row of a token that pads learns nothing as an input: without this the curves part by 12 % in the end
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    )  # fmt: skip
    rate = hyper.learning_rate or 0.0
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=hyper.weight_decay)
    pieces = [unit[0].ids for unit in reading.learned]
    mean = sum(map(len, pieces)) / len(pieces)
    per_step = max(1, min(len(pieces), round((hyper.batch_tokens or 0) / mean)))
    per_epoch = math.ceil(len(pieces) / per_step)
    order: list[list[int]] = []
    smooth, train, watched = 0.0, {}, {}
    for step in range(steps):
        if step % per_epoch == 0:
            order = plan_epoch([len(piece) for piece in pieces], per_step, step // per_epoch, context.spec.seed)
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, planned, rate, hyper.warmup)
        model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            value = _loss(model, [pieces[i] for i in order[step % per_epoch]])
        value.backward()
        now = value.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        smooth = now if step == 0 else 0.9 * smooth + 0.1 * now
        if step + 1 in at:
            train[step + 1] = smooth
            watched[step + 1] = _held_out(model, [unit[0].ids for unit in reading.watched], short)
    return train, watched


def _rate(step: int, planned: int, peak: float, warmup: float) -> float:
    rise = max(1, round(planned * warmup))
    if step < rise:
        return peak * (step + 1) / rise
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, planned - rise)))))


def _loss(model: LlamaForCausalLM, rows: list[tuple[int, ...]]) -> torch.Tensor:
    """Mean over the tokens of all rows, which are padded to one length."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    labels = torch.tensor([[*row, *[PADDED] * (width - len(row))] for row in rows])
    logits = model(input_ids=ids, attention_mask=(labels != PADDED).long(), use_cache=False).logits
    return cross_entropy(logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=PADDED)


@torch.no_grad()
def _held_out(model: LlamaForCausalLM, rows: list[tuple[int, ...]], short: bool) -> float:
    model.eval()
    total = count = 0.0
    for row in rows:
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            total += float(_loss(model, [row])) * (len(row) - 1)
        count += len(row) - 1
    return total / count


def main(run: Path) -> int:
    """Print both curves and their largest difference; the product's own target is 3 %."""
    result = read_json(run / "pretrain" / "result.json", TrainResult)
    context = Context(read_json(run / "run.json", RunSpec), run, lambda _: None)
    started = time.monotonic()
    train, watched = reference(
        context, result.steps, [point.step for point in result.curve], short=result.precision == "bf16"
    )
    print(f"reference: {result.tokens / (time.monotonic() - started):.0f} tokens/s; ours {result.tokens_per_s:.0f}")
    worst = 0.0
    for point in result.curve:
        assert point.heldout is not None
        ours, other = (point.train, point.heldout), (train[point.step], watched[point.step])
        apart = max(abs(a / b - 1) for a, b in zip(ours, other, strict=True))
        worst = max(worst, apart)
        print(f"step {point.step}: ours {ours[0]:.3f} {ours[1]:.3f}, plain {other[0]:.3f} {other[1]:.3f}, {apart:.2%}")
    print(f"largest difference {worst:.2%}")
    return 0 if worst <= 0.03 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
