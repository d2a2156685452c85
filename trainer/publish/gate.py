"""Is the exported file the model that was trained? Measured on held-out text, in llama.cpp against torch.

The reference is the trained model in float32: what the export should say, free of the training's own rounding. A file
may differ from it by a small fixed amount, or by what the base itself loses through the same quantization. Measured is
what a model says: plain text, and answers. What it would write in place of a question is never asked for, nor trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.llama.sequences import Sequences
from trainer.publish.export import read_template
from trainer.spec import ExportedFile, GateFile
from trainer.train import base, lora, rows
from trainer.train.chat import Encoded
from trainer.train.divergence import Logits, divergence

LIMIT = 0.01  # nats a token; F16 gives 0.00002
LOSS_FACTOR = 1.5
"""Of what the base itself loses in that form; a few hundred tokens say it no better. llama.cpp rounds activations to 8
bits with every quantized weight, so that even Q8_0 loses some thousandths."""

NO_NUMBER = 1e9
"""Stands for a divergence that is not finite, which JSON cannot hold."""


@dataclass(frozen=True)
class Reference:
    """What the trained model and the base say on some texts: a list of (measured tokens, vocabulary) logits each."""

    texts: Sequence[Encoded]
    tuned: Sequence[Logits]
    plain: Sequence[Logits]

    @property
    def tokens(self) -> int:
        """Positions measured."""
        return sum(len(logits) for logits in self.tuned)


def reference(folder: Path, adapter: Path | None, texts: Sequence[Encoded]) -> Reference:
    """Ask the trained model and the base, in torch and float32 (bfloat16 where float32 would not fit).

    A model without an adapter has no base but itself.
    """
    model = base.load_model(folder, base.checking_dtype(folder))
    plain = [_said(text, base.torch_logits(model, list(text.ids))) for text in texts]
    if adapter is None:
        return Reference(texts, plain, plain)
    tensors, rank, alpha = lora.read_adapter(adapter)
    layers = lora.add_lora(model, rank, alpha, seed=0)
    lora.load_state(layers, tensors)
    rows.put_rows(model, rows.read_rows(adapter))
    tuned = [_said(text, base.torch_logits(model, list(text.ids))) for text in texts]
    return Reference(texts, tuned, plain)


def _said(text: Encoded, logits: Logits) -> Logits:
    """The rows from which a token that the model says is drawn: each stands one before its token."""
    said: Logits = logits[:-1][np.array(text.targets[1:])]
    return said


def check(
    file: ExportedFile, folder: Path, base_file: Path | None, plain_file: Path | None, known: Reference, threads: int
) -> GateFile:
    """Judge one exported file.

    Args:
        file: what to judge; its path is relative to `folder`.
        base_file: the GGUF of the base; None for a model that was made from nothing.
        plain_file: the base quantized in the same way, where the kind is judged by what the base loses; else None.
        known: what torch says.
        threads: cores to use.
    """
    path = folder / file.path
    model, adapter = (base_file, path) if base_file and file.kind == "adapter" else (path, None)
    wrong = _differs(path, base_file) if base_file and file.kind == "model" else ""
    divergent = _measure(model, adapter, known.texts, known.tuned, threads)
    lost = _measure(plain_file, None, known.texts, known.plain, threads) if plain_file else None
    limit = LIMIT if lost is None or lost >= NO_NUMBER else max(LIMIT, LOSS_FACTOR * lost)
    if not wrong and (divergent >= NO_NUMBER or not divergent <= limit):
        wrong = "It does not say what the trained model says."
    return GateFile(path=file.path, passed=not wrong, kl=divergent, limit=limit, base_kl=lost, reason=wrong)


def _measure(
    model: Path, adapter: Path | None, texts: Sequence[Encoded], wanted: Sequence[Logits], threads: int
) -> float:
    context = max(512, max(len(text.ids) for text in texts))
    total = count = 0.0
    with Sequences(model, adapter, sequences=1, cells=context, threads=threads, gpu=False) as llama:
        for text, logits in zip(texts, wanted, strict=True):
            total += divergence(logits, _said(text, llama.logits(text.ids))) * len(logits)
            count += len(logits)
    result = total / count
    return result if np.isfinite(result) else NO_NUMBER


def _differs(path: Path, base_file: Path) -> str:
    """Template and special tokens must be the base's own."""
    mine, theirs = read_template(path), read_template(base_file)
    names = [name for name in theirs if mine.get(name) != theirs[name]]
    return f"Its {', '.join(sorted(names))} differ from the base's." if names else ""


def needs_comparison(kind: str) -> bool:
    """Whether a kind of merged model is judged by what the base loses by it; F16 has no excuse."""
    return kind != "F16"


def sample(texts: Iterable[Encoded], most: int = 400, each: int = 512) -> list[Encoded]:
    """The first texts, up to `most` measured tokens together and `each` tokens a text."""
    found: list[Encoded] = []
    for text in texts:
        short = Encoded(text.id, text.ids[:each], text.targets[:each])
        if any(short.targets[1:]):
            found.append(short)
        if sum(text.learned for text in found) >= most:
            break
    return found
