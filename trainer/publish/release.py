"""The export and gate stages: which files a run gives out, and only after each has been checked."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from app.types import Message
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.publish import export as exporting
from trainer.publish import gate as gating
from trainer.spec import BaseReport, ExportedFile, ExportResult, GateResult, read_json, write_json
from trainer.train import base, selection
from trainer.train.chat import Encoded, encode_chat, encode_text
from trainer.train.grown import base_of

TEXT_TOKENS = 256
"""Of a piece of plain text that the gate measures on."""


def export(context: Context) -> Summary:
    """Write the adapter, and the merged model in each kind that was asked for."""
    spec = context.spec
    report = read_json(context.stage("base") / "report.json", BaseReport)
    adapter = context.stage("train") / "adapter"
    source = _graft(context)
    files: tuple[ExportedFile, ...] = ()
    if not spec.grows:  # an adapter changes what a base has, and cannot bring it new tokens
        context.progress("export", 0, len(spec.export.quantizations) + 2, "files", "Writing the adapter")
        small = context.stage("export") / f"{_file_stem(spec.name or spec.id)}.adapter.gguf"
        exporting.write_adapter(source, adapter, small)
        files = (exporting.describe(small, "adapter", ""),)
    return write_files(
        context, lambda out: exporting.write_merged(source, adapter, out), report.parameters, files=files
    )


def write_files(
    context: Context,
    write: Callable[[Path], object],
    parameters: int,
    *,
    files: tuple[ExportedFile, ...] = (),
) -> Summary:
    """Write the whole model in each kind that was asked for, and the stage's result.

    Args:
        context: the run.
        write: writes the model in F16 under this path.
        parameters: its weights, by which a kind is recommended.
        files: what was written before.
    """
    started = time.monotonic()
    folder, spec = context.stage("export"), context.spec
    kinds = [*spec.export.quantizations] or (["Q8_0"] if spec.grows else [])
    stem = _file_stem(spec.name or spec.id)
    best = exporting.recommend(kinds, parameters) if kinds else ""
    if kinds:
        context.progress("export", 1, len(kinds) + 2, "files", "Merging" if files else "Writing the model")
        merged = folder / f"{stem}.F16.gguf"
        write(merged)
        for number, kind in enumerate(kinds, 2):
            context.progress("export", number, len(kinds) + 2, "files", f"Writing {kind}")
            out = folder / f"{stem}.{kind}.gguf"
            if kind != "F16":
                exporting.quantize(merged, out, kind, context.threads)
            files = (*files, exporting.describe(out, kind, best))
        if "F16" not in kinds and not spec.export.keep_f16:
            merged.unlink()
    result = ExportResult(files=files, seconds=round(time.monotonic() - started, 2))
    write_json(folder / "result.json", result)
    return {"files": len(files), "bytes": sum(file.bytes for file in files)}


def gate(context: Context) -> Summary:
    """Hold every exported file against the trained model; what fails is not offered."""
    source = base.ensure_folder(base_of(context), context.cache)
    return gate_files(context, source, context.stage("train") / "adapter", _graft(context))


def gate_files(context: Context, source: Path, adapter: Path | None, graft: Path | None) -> Summary:
    """Hold every exported file against the model of a folder with its adapter; `graft` is the base's own file.

    Raises:
        TrainerError: no file says what the model says.
    """
    started = time.monotonic()
    torch.set_num_threads(context.threads)
    export_folder, folder = context.stage("export"), context.stage("gate")
    exported = read_json(export_folder / "result.json", ExportResult)
    texts = gating.sample(_gate_texts(context, base.load_tokenizer(source)))
    context.progress("gate", 0, len(exported.files) + 1, "files", "Asking the trained model")
    known = gating.reference(source, adapter, texts)
    gc.collect()
    checked = []
    for number, file in enumerate(exported.files, 1):
        context.progress("gate", number, len(exported.files) + 1, "files", f"Checking {file.quantization or 'adapter'}")
        plain = graft if file.kind == "adapter" else None
        if graft and file.kind == "model" and gating.needs_comparison(file.quantization):
            plain = folder / f"base.{file.quantization}.gguf"
            exporting.quantize(graft, plain, file.quantization, context.threads)  # type: ignore[arg-type]
        checked.append(gating.check(file, export_folder, graft, plain, known, context.threads))
        if plain not in (None, graft):
            plain.unlink()
    result = GateResult(files=tuple(checked), tokens=known.tokens, seconds=round(time.monotonic() - started, 2))
    write_json(folder / "result.json", result)
    failed = [file for file in checked if not file.passed]
    for bad in failed:
        context.notice(f"“{bad.path}” is not offered. {bad.reason}", "Choose another of the files.")
    if len(failed) == len(checked):
        raise TrainerError(
            "None of the exported files says what the trained model says.",
            "Your current model stays as it is. Please report this.",
            "; ".join(f"{file.path}: KL {file.kl:.4f}" for file in failed),
            "gate",
        )
    return {"passed": len(checked) - len(failed), "failed": len(failed)}


def _graft(context: Context) -> Path:
    """The GGUF that the export is grafted on."""
    file = base_of(context).file
    if not file:
        hint = "Import the folder as a model, which makes a GGUF of it."
        raise TrainerError("A model folder alone cannot be exported.", hint, code="no-gguf")
    return Path(file)


def _file_stem(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip("-.")
    return kept[:60] or "model"


def _gate_texts(context: Context, tokenizer: Any) -> Iterator[Encoded]:
    """Plain text that ships with the trainer, then held-out conversations in the model's template."""
    spec = context.spec
    yield from encode_text(tokenizer, "parity", base.PARITY_TEXT, TEXT_TOKENS)
    if spec.training.rows == "texts":
        taught, held = selection.choose_texts(context)
        for text in (*held, *taught):
            yield from encode_text(tokenizer, text.id, text.text, TEXT_TOKENS)
    elif spec.training.rows == "preferences":
        for pair in selection.choose_preferences(context)[0]:
            asked = selection.with_system(pair.messages, selection.instructions(spec))
            yield from _encoded(tokenizer, pair.id, (*asked, Message("assistant", pair.chosen)))
    else:
        examples = [e for e in selection.read_examples(context) if e.answer.strip()]
        held_out = [e for e in examples if (e.held_out or e.split == "validation")]
        for example in held_out or examples:
            yield from _encoded(tokenizer, example.id, example.messages)


def _encoded(tokenizer: Any, key: str, turns: Sequence[Message]) -> list[Encoded]:
    """The conversation, or nothing where the model's template refuses it: training has left it out and said so."""
    try:
        return [encode_chat(tokenizer, key, turns)]
    except TrainerError:
        return []
